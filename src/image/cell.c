// SPDX-License-Identifier: MIT
#include "image/cell.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "image/jpeg_cell.h"
#include "image/orient.h"
#include "image/vips_module.h"

static bool looks_like_jpeg(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

static void upright_size(const struct jpeg_header *header, uint32_t *width_px, uint32_t *height_px)
{
    bool swap = orient_swaps(header->orientation);
    *width_px = swap ? header->height_px : header->width_px;
    *height_px = swap ? header->width_px : header->height_px;
}

/*
 * The layout that the part and its background are put together in. At odd offsets 4:2:0 chroma would straddle
 * the border, so then it is done at full chroma, and halved whole.
 */
static enum picture_layout working_layout(const struct cell_request *request, const struct fit *fit)
{
    const bool odd =
        ((fit->place_x_px | fit->place_y_px | fit->place_width_px | fit->place_height_px) & 1) != 0;
    const bool full = fit->place_width_px == request->fit.cell_width_px &&
                      fit->place_height_px == request->fit.cell_height_px;
    return request->layout == PICTURE_YCC420 && odd && !full ? PICTURE_YCC444 : request->layout;
}

static struct jpeg_cell jpeg_cell_of(const struct cell *cell, const struct fit *fit,
                                     enum picture_layout layout)
{
    const struct cell_request *request = &cell->request;
    return (struct jpeg_cell){.bytes = request->bytes,
                              .size_bytes = request->size_bytes,
                              .header = &cell->header,
                              .fit = *fit,
                              .layout = layout,
                              .resample = request->resample,
                              .profiles = request->profiles,
                              .stop = request->stop};
}

/* The JPEG as the cell shows it, but for where content decides the crop. */
static struct jpeg_cell placed_jpeg(const struct cell *cell)
{
    struct fit fit;
    uint32_t width, height;
    upright_size(&cell->header, &width, &height);
    fit_compute(width, height, &cell->request.fit, &fit);
    return jpeg_cell_of(cell, &fit, working_layout(&cell->request, &fit));
}

/* The whole JPEG, as smartcrop looks at it. */
static struct jpeg_cell analysed_jpeg(const struct cell *cell, struct fit_analysis *analysis_out)
{
    uint32_t width, height;
    upright_size(&cell->header, &width, &height);
    fit_analyse(width, height, &cell->request.fit, analysis_out);
    const struct fit fit = {.crop_width = width,
                            .crop_height = height,
                            .place_width_px = analysis_out->width_px,
                            .place_height_px = analysis_out->height_px};
    return jpeg_cell_of(cell, &fit, PICTURE_RGB);
}

static enum tess_status prepare_jpeg(struct cell *cell, struct tess_error *error)
{
    const struct cell_request *request = &cell->request;
    const struct jpeg_limits limits = {request->max_pixels, request->max_scans};
    enum tess_status status =
        jpeg_header_read(request->bytes, request->size_bytes, &limits, &cell->header, error);
    if (status != TESS_OK)
        return status;
    uint32_t width, height;
    upright_size(&cell->header, &width, &height);
    cell->smart_crop = cell->by_libvips = fit_is_smart(width, height, &request->fit);
    const struct jpeg_cell placed = placed_jpeg(cell);
    cell->peak_bytes = jpeg_cell_peak_bytes(&placed);
    if (cell->smart_crop) {
        struct fit_analysis analysis;
        const struct jpeg_cell whole = analysed_jpeg(cell, &analysis);
        const uint64_t whole_bytes = jpeg_cell_peak_bytes(&whole);
        cell->peak_bytes = whole_bytes > cell->peak_bytes ? whole_bytes : cell->peak_bytes;
    }
    return TESS_OK;
}

static enum tess_status prepare_other(struct cell *cell, struct tess_error *error)
{
    const struct cell_request *request = &cell->request;
    const struct vips_ops *vips;
    uint32_t width = 0, height = 0;
    enum tess_status status = vips_module_get(&vips, error);
    if (status == TESS_OK)
        status = vips->probe(request->bytes, request->size_bytes, &width, &height, &cell->peak_bytes, error);
    if (status == TESS_OK && (uint64_t)width * height > request->max_pixels)
        status = error_limit(error, "max-pixels", "%u x %u pixels are more than the limit max-pixels of %llu",
                             width, height, (unsigned long long)request->max_pixels);
    return status;
}

enum tess_status cell_prepare(const struct cell_request *request, struct cell *cell_out,
                              struct tess_error *error)
{
    memset(cell_out, 0, sizeof *cell_out);
    cell_out->request = *request;
    cell_out->is_jpeg = looks_like_jpeg(request->bytes, request->size_bytes);
    cell_out->by_libvips = !cell_out->is_jpeg;
    if (request->size_bytes == 0)
        return error_set(error, TESS_ERR_NOT_IMAGE, "empty file");
    enum tess_status status =
        cell_out->is_jpeg ? prepare_jpeg(cell_out, error) : prepare_other(cell_out, error);
    /* The cell itself, once full and once in its own layout. */
    cell_out->peak_bytes +=
        2 * picture_bytes(PICTURE_YCC444, request->fit.cell_width_px, request->fit.cell_height_px);
    if (status != TESS_OK)
        cell_clear(cell_out);
    return status;
}

void cell_clear(struct cell *cell)
{
    jpeg_header_clear(&cell->header);
}

/* Takes `part` (cleared here in any case) to `layout`. */
static enum tess_status to_layout(struct picture *part, enum picture_layout layout,
                                  struct picture *picture_out, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    if (part->layout == layout) {
        *picture_out = *part;
    } else {
        status = colour_convert(part, layout, picture_out, error);
        picture_clear(part);
    }
    return status;
}

/* Puts the part on the cell's background. */
static enum tess_status compose(const struct cell_request *request, const struct fit *fit,
                                struct picture *part, struct picture *picture_out, struct tess_error *error)
{
    const struct fit_request *cell = &request->fit;
    struct picture converted = {0}, whole = {0};
    if (fit->place_width_px == cell->cell_width_px && fit->place_height_px == cell->cell_height_px)
        return to_layout(part, request->layout, picture_out, error);
    const enum picture_layout layout = working_layout(request, fit);
    enum tess_status status = to_layout(part, layout, &converted, error);
    if (status == TESS_OK)
        status = picture_init(&whole, layout, cell->cell_width_px, cell->cell_height_px, error);
    if (status == TESS_OK) {
        colour_fill(&whole, request->background);
        picture_blit(&converted, &whole, fit->place_x_px, fit->place_y_px);
        status = to_layout(&whole, request->layout, picture_out, error);
    }
    picture_clear(&converted);
    return status;
}

/* Shows the fit's part of the JPEG. */
static enum tess_status render_placed(const struct cell *cell, const struct jpeg_cell *jpeg,
                                      struct picture *picture_out, struct tess_error *error)
{
    struct picture part;
    enum tess_status status = jpeg_cell_render(jpeg, &part, error);
    return status == TESS_OK ? compose(&cell->request, &jpeg->fit, &part, picture_out, error) : status;
}

/* The cell's window of the whole picture, which has the cell's scale. */
static enum tess_status cut(const struct cell_request *request, const struct picture *whole, uint32_t x,
                            uint32_t y, struct picture *picture_out, struct tess_error *error)
{
    const struct fit_request *fit = &request->fit;
    const struct picture view = picture_view(whole, x, y, fit->cell_width_px, fit->cell_height_px);
    struct picture window;
    enum tess_status status =
        picture_init(&window, PICTURE_RGB, fit->cell_width_px, fit->cell_height_px, error);
    if (status != TESS_OK)
        return status;
    picture_blit(&view, &window, 0, 0);
    return to_layout(&window, request->layout, picture_out, error);
}

/* Renders the whole, lets smartcrop choose in it, and cuts; what is to be enlarged is rendered again for it.
 */
static enum tess_status render_smart(const struct cell *cell, struct picture *picture_out,
                                     struct tess_error *error)
{
    const struct cell_request *request = &cell->request;
    const struct vips_ops *vips;
    struct fit_analysis analysis;
    struct jpeg_cell jpeg = analysed_jpeg(cell, &analysis);
    struct picture whole = {0};
    uint32_t x = 0, y = 0, width, height;
    enum tess_status status = vips_module_get(&vips, error);
    if (status == TESS_OK)
        status = jpeg_cell_render(&jpeg, &whole, error);
    if (status == TESS_OK)
        status = vips->smart_crop(&whole, analysis.window_width_px, analysis.window_height_px,
                                  request->fit.gravity, &x, &y, error);
    if (status == TESS_OK && analysis.scale < 1)
        status = cut(request, &whole, x, y, picture_out, error);
    picture_clear(&whole);
    if (status != TESS_OK || analysis.scale < 1)
        return status;
    upright_size(&cell->header, &width, &height);
    jpeg = placed_jpeg(cell);
    fit_choose(width, height, &request->fit, &analysis, x, y, &jpeg.fit);
    return render_placed(cell, &jpeg, picture_out, error);
}

static enum tess_status render_jpeg(const struct cell *cell, struct picture *picture_out,
                                    struct tess_error *error)
{
    if (cell->smart_crop)
        return render_smart(cell, picture_out, error);
    const struct jpeg_cell jpeg = placed_jpeg(cell);
    return render_placed(cell, &jpeg, picture_out, error);
}

static enum tess_status render_other(const struct cell *cell, struct picture *picture_out,
                                     struct tess_error *error)
{
    const struct cell_request *request = &cell->request;
    const struct vips_load_request load = {.bytes = request->bytes,
                                           .size_bytes = request->size_bytes,
                                           .fit = request->fit,
                                           .max_pixels = request->max_pixels,
                                           .background = request->background,
                                           .profiles = request->profiles,
                                           .stop = request->stop};
    const struct vips_ops *vips;
    struct picture rgb;
    enum tess_status status = vips_module_get(&vips, error);
    if (status == TESS_OK)
        status = vips->load_cell(&load, &rgb, error);
    return status == TESS_OK ? to_layout(&rgb, request->layout, picture_out, error) : status;
}

enum tess_status cell_render(const struct cell *cell, struct picture *picture_out, struct tess_error *error)
{
    memset(picture_out, 0, sizeof *picture_out);
    enum tess_status status =
        cell->is_jpeg ? render_jpeg(cell, picture_out, error) : render_other(cell, picture_out, error);
    /* A decoder that was stopped calls the image damaged. */
    const enum tess_status stopped = status == TESS_OK ? TESS_OK : stop_check(cell->request.stop, error);
    return stopped == TESS_OK ? status : stopped;
}
