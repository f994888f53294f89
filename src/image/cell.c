// SPDX-License-Identifier: MIT
#include "image/cell.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "image/jpeg_cell.h"
#include "image/orient.h"
#include "image/vips_module.h"

/* An elongated image, scaled to cover the cell before smartcrop, must not become a monster; beyond this the
 * centre will do. */
enum { SMART_CROP_MAX_STRETCH = 16 };

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

/* The fit for rendering a JPEG: for smartcrop the whole image at the size that covers the cell. */
static struct fit_request fit_of(const struct cell *cell)
{
    struct fit_request fit = cell->request.fit;
    if (cell->smart_crop) {
        uint32_t width, height;
        upright_size(&cell->header, &width, &height);
        double scale = fmax((double)fit.cell_width_px / width, (double)fit.cell_height_px / height);
        fit.cell_width_px = (uint32_t)fmax(round(width * scale), fit.cell_width_px);
        fit.cell_height_px = (uint32_t)fmax(round(height * scale), fit.cell_height_px);
        fit.fit = TESS_FIT_FILL;
    }
    return fit;
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

static struct jpeg_cell jpeg_cell_of(const struct cell *cell)
{
    const struct cell_request *request = &cell->request;
    struct jpeg_cell jpeg = {.bytes = request->bytes,
                             .size_bytes = request->size_bytes,
                             .header = &cell->header,
                             .resample = request->resample,
                             .profiles = request->profiles,
                             .stop = request->stop};
    const struct fit_request fit = fit_of(cell);
    uint32_t width, height;
    upright_size(&cell->header, &width, &height);
    fit_compute(width, height, &fit, &jpeg.fit);
    jpeg.layout = cell->smart_crop ? PICTURE_RGB : working_layout(request, &jpeg.fit);
    return jpeg;
}

static bool wants_smart_crop(const struct cell *cell)
{
    const struct fit_request *fit = &cell->request.fit;
    if (fit->fit != TESS_FIT_COVER || fit->gravity < TESS_GRAVITY_ATTENTION)
        return false;
    uint32_t width, height;
    upright_size(&cell->header, &width, &height);
    double across = (double)width / fit->cell_width_px, down = (double)height / fit->cell_height_px;
    return fmax(across, down) / fmin(across, down) <= SMART_CROP_MAX_STRETCH;
}

static enum tess_status prepare_jpeg(struct cell *cell, struct tess_error *error)
{
    const struct cell_request *request = &cell->request;
    const struct jpeg_limits limits = {request->max_pixels, request->max_scans};
    enum tess_status status =
        jpeg_header_read(request->bytes, request->size_bytes, &limits, &cell->header, error);
    if (status != TESS_OK)
        return status;
    cell->smart_crop = wants_smart_crop(cell);
    const struct jpeg_cell jpeg = jpeg_cell_of(cell);
    cell->peak_bytes = jpeg_cell_peak_bytes(&jpeg);
    return TESS_OK;
}

static enum tess_status prepare_other(struct cell *cell, struct tess_error *error)
{
    const struct cell_request *request = &cell->request;
    const struct vips_ops *vips = vips_module(error);
    if (!vips)
        return TESS_ERR_IO;
    uint32_t width, height;
    enum tess_status status =
        vips->probe(request->bytes, request->size_bytes, &width, &height, &cell->peak_bytes, error);
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

/* Cuts the cell's window out of the whole picture where smartcrop wants it. */
static enum tess_status cut_smartly(const struct cell_request *request, struct picture *whole,
                                    struct picture *picture_out, struct tess_error *error)
{
    const struct fit_request *fit = &request->fit;
    const struct vips_ops *vips = vips_module(error);
    uint32_t x = 0, y = 0;
    enum tess_status status =
        vips ? vips->smart_crop(whole, fit->cell_width_px, fit->cell_height_px, fit->gravity, &x, &y, error)
             : TESS_ERR_IO;
    struct picture window = {0};
    if (status == TESS_OK)
        status = picture_init(&window, PICTURE_RGB, fit->cell_width_px, fit->cell_height_px, error);
    if (status == TESS_OK) {
        const struct picture view = picture_view(whole, x, y, fit->cell_width_px, fit->cell_height_px);
        picture_blit(&view, &window, 0, 0);
        status = to_layout(&window, request->layout, picture_out, error);
    }
    picture_clear(whole);
    return status;
}

static enum tess_status render_jpeg(const struct cell *cell, struct picture *picture_out,
                                    struct tess_error *error)
{
    const struct jpeg_cell jpeg = jpeg_cell_of(cell);
    struct picture part;
    enum tess_status status = jpeg_cell_render(&jpeg, &part, error);
    if (status != TESS_OK)
        return status;
    if (cell->smart_crop)
        return cut_smartly(&cell->request, &part, picture_out, error);
    return compose(&cell->request, &jpeg.fit, &part, picture_out, error);
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
    const struct vips_ops *vips = vips_module(error);
    struct picture rgb;
    enum tess_status status = vips ? vips->load_cell(&load, &rgb, error) : TESS_ERR_IO;
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
