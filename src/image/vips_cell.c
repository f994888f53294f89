// SPDX-License-Identifier: MIT
/*
 * One image into one cell.
 *
 * Header, limit, geometry (fit.h, of the upright image), the window in stored coordinates, shrink on load,
 * cut and scale, turn upright, sRGB, flatten, cell: in this order.
 *
 * Turning, colours and flattening work on the scaled window, in memory. Rows below the window are not
 * decoded, so damage there goes unseen, as in the JPEG path.
 *
 * ATTENTION and ENTROPY need the whole image, at the size that fit_analyse() says; turned upright and made
 * sRGB, libvips chooses the window in that.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "image/vips_inside.h"

/* Upright to stored: EXIF 5..8 swap the axes; then the mirrored ones count from the other end. */
static struct vips_window to_stored(const struct vips_window *upright, const struct vips_input *input)
{
    const int o = input->orientation;
    const bool swap = o >= 5, from_right = o == 2 || o == 3 || o == 7 || o == 8;
    const bool from_bottom = o == 3 || o == 4 || o == 6 || o == 7;
    struct vips_window w = *upright;
    if (swap)
        w = (struct vips_window){upright->y, upright->x, upright->height, upright->width};
    if (from_right)
        w.x = input->stored_width_px - (w.x + w.width);
    if (from_bottom)
        w.y = input->stored_height_px - (w.y + w.height);
    return w;
}

/* Decodes `window` (upright, of the full-size image) and scales it to width × height, upright, in memory. */
static enum tess_status decode_window(struct vips_input *input, const struct vips_load_request *request,
                                      const struct vips_window *window, uint32_t width_px, uint32_t height_px,
                                      VipsImage **out, struct tess_error *error)
{
    const struct vips_window stored = to_stored(window, input);
    const bool swap = input->orientation >= 5;
    const int across = (int)(swap ? height_px : width_px), down = (int)(swap ? width_px : height_px);
    enum tess_status status = input_shrink(input, fmin(stored.width / across, stored.height / down), error);
    if (status != TESS_OK)
        return status;
    const double scale_x = (double)input->image->Xsize / input->stored_width_px;
    const double scale_y = (double)input->image->Ysize / input->stored_height_px;
    const struct vips_scaling scaling = {
        .window = {stored.x * scale_x, stored.y * scale_y, stored.width * scale_x, stored.height * scale_y},
        .out_width_px = across,
        .out_height_px = down,
        .background = request->background,
        .is_premultiplied = input->is_premultiplied};
    VipsImage *scaled = NULL;
    if (scale_window(input->image, &scaling, input->stop, &scaled))
        return words_fail(error, TESS_ERR_CORRUPT, "%s is damaged or cut short", sniff_name(input->kind));
    /* An orientation that is no such thing (0, 9) was read as 1; autorot would read the tag itself. */
    vips_image_set_int(scaled, VIPS_META_ORIENTATION, input->orientation);
    int failed = vips_autorot(scaled, out, NULL);
    g_object_unref(scaled);
    return failed ? words_fail(error, TESS_ERR_INTERNAL, "turning the image failed") : TESS_OK;
}

static enum tess_status to_srgb(VipsImage *in, const struct vips_load_request *request, VipsImage **out,
                                struct tess_error *error)
{
    const struct colour_target target = {request->background, request->profiles, request->stop};
    return colour_flatten_to_srgb(in, &target, out, error);
}

static void fill(const struct picture *rgb, struct tess_colour colour)
{
    const struct plane *plane = &rgb->planes[0];
    for (uint32_t y = 0; y < rgb->height_px; y++) {
        uint8_t *row = plane->data + y * plane->stride_bytes;
        for (uint32_t x = 0; x < rgb->width_px; x++) {
            row[3 * x] = colour.red;
            row[3 * x + 1] = colour.green;
            row[3 * x + 2] = colour.blue;
        }
    }
}

/* The cell from its image, which is in memory and of the place's size. */
static enum tess_status make_cell(VipsImage *image, const struct vips_load_request *request,
                                  const struct fit *fit, struct picture *rgb_out, struct tess_error *error)
{
    const struct fit_request *asked = &request->fit;
    enum tess_status status =
        picture_init(rgb_out, PICTURE_RGB, asked->cell_width_px, asked->cell_height_px, error);
    if (status != TESS_OK)
        return status;
    if (fit->place_width_px < asked->cell_width_px || fit->place_height_px < asked->cell_height_px)
        fill(rgb_out, request->background);
    const struct plane *plane = &rgb_out->planes[0];
    const uint8_t *rows = vips_image_get_data(image);
    const size_t row_bytes = 3 * (size_t)fit->place_width_px;
    for (uint32_t y = 0; y < fit->place_height_px; y++)
        memcpy(plane->data + (fit->place_y_px + y) * plane->stride_bytes + 3 * (size_t)fit->place_x_px,
               rows + y * row_bytes, row_bytes);
    return TESS_OK;
}

/* Crop by place: what fit.h computed, decoded straight to its place. */
static enum tess_status load_placed(struct vips_input *input, const struct vips_load_request *request,
                                    const struct fit *fit, VipsImage **out, struct tess_error *error)
{
    const struct vips_window window = {fit->crop_x, fit->crop_y, fit->crop_width, fit->crop_height};
    VipsImage *upright = NULL;
    enum tess_status status =
        decode_window(input, request, &window, fit->place_width_px, fit->place_height_px, &upright, error);
    if (status == TESS_OK)
        status = to_srgb(upright, request, out, error);
    g_clear_object(&upright);
    return status;
}

/* Crop by content: the whole image first, no larger than needed, then the window in it. */
static enum tess_status load_smart(struct vips_input *input, const struct vips_load_request *request,
                                   struct fit *fit, VipsImage **out, struct tess_error *error)
{
    const uint32_t width = input->upright_width_px, height = input->upright_height_px;
    const struct vips_window all = {0, 0, width, height};
    struct fit_analysis analysis;
    VipsImage *upright = NULL, *srgb = NULL;
    int x = 0, y = 0;
    fit_analyse(width, height, &request->fit, &analysis);
    enum tess_status status =
        decode_window(input, request, &all, analysis.width_px, analysis.height_px, &upright, error);
    if (status == TESS_OK)
        status = to_srgb(upright, request, &srgb, error);
    g_clear_object(&upright);
    if (status != TESS_OK)
        return status;
    int failed = smart_corner(srgb, (int)analysis.window_width_px, (int)analysis.window_height_px,
                              request->fit.gravity, &x, &y);
    fit_choose(width, height, &request->fit, &analysis, (uint32_t)x, (uint32_t)y, fit);
    struct vips_scaling scaling = {.window = {x, y, analysis.window_width_px, analysis.window_height_px},
                                   .out_width_px = (int)fit->place_width_px,
                                   .out_height_px = (int)fit->place_height_px};
    if (analysis.scale == 1) /* to be enlarged: by the exact part */
        scaling.window = (struct vips_window){fit->crop_x, fit->crop_y, fit->crop_width, fit->crop_height};
    if (failed || scale_window(srgb, &scaling, request->stop, out))
        status = words_fail(error, TESS_ERR_INTERNAL, "choosing the crop failed");
    g_object_unref(srgb);
    return status;
}

enum tess_status cell_load(const struct vips_load_request *request, struct picture *rgb_out,
                           struct tess_error *error)
{
    struct vips_input input;
    VipsImage *image = NULL;
    struct fit fit;
    memset(rgb_out, 0, sizeof *rgb_out);
    if (request->fit.cell_width_px == 0 || request->fit.cell_height_px == 0)
        return error_set(error, TESS_ERR_INVALID, "a cell of no pixels");
    enum tess_status status =
        input_open(&input, request->bytes, request->size_bytes, request->max_pixels, error);
    if (status != TESS_OK)
        return status;
    input.stop = request->stop;
    status = input_decode(&input, error);
    if (status == TESS_OK) {
        const bool is_smart = fit_is_smart(input.upright_width_px, input.upright_height_px, &request->fit);
        fit_compute(input.upright_width_px, input.upright_height_px, &request->fit, &fit);
        status = is_smart ? load_smart(&input, request, &fit, &image, error)
                          : load_placed(&input, request, &fit, &image, error);
    }
    if (status == TESS_OK)
        status = make_cell(image, request, &fit, rgb_out, error);
    g_clear_object(&image);
    input_clear(&input);
    return status;
}

enum tess_status cell_probe(const uint8_t *bytes, size_t size_bytes, uint32_t *width_px_out,
                            uint32_t *height_px_out, uint64_t *peak_bytes_out, struct tess_error *error)
{
    struct vips_input input;
    enum tess_status status = input_open(&input, bytes, size_bytes, 0, error);
    if (status != TESS_OK)
        return status;
    *width_px_out = input.upright_width_px;
    *height_px_out = input.upright_height_px;
    *peak_bytes_out = input_peak_bytes(&input);
    input_clear(&input);
    return TESS_OK;
}
