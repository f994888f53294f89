// SPDX-License-Identifier: MIT
/*
 * The planar way. Each component is decoded at a DCT scale, only as far as the crop needs, and resampled
 * once, on its own, to what the cell takes: for a 4:2:0 canvas luma to the cell's size and chroma to half of
 * it. No RGB and no upsampling in between. Colours that are not sRGB's YCbCr (a foreign profile, CMYK, RGB)
 * are converted after that, at the cell's size, and so is orientation.
 *
 * Example: 4000 × 2250 into 256 × 256, cover. The crop is 2250 × 2250, 8.8 times the cell; at 1/4 it still
 * has 2.2 times the cell's size, at 1/8 only 1.1. So: decode at 1/4, then Lanczos 3 from 562.5 to 256.
 */
#include "image/jpeg_cell.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/orient.h"
#include "image/resample.h"

/* The job in the file's own orientation. */
struct stored_view {
    struct orient_box box; /* full-size stored pixels */
    uint32_t out_width_px, out_height_px;
    struct jpeg_request request;
};

/*
 * How many times the cell's size a decode must keep for its DCT scale not to show after Lanczos 3. Measured
 * on photos as PSNR against a full-size decode, for the reader that does worse: at 1/8 and 1/4, 1.6 times
 * gives 41 dB and 2 times 44; 1/2 keeps more of each block, 1.5 times gives 43. Below 40 dB the difference
 * begins to be seen.
 */
static double room_needed(uint32_t denominator, enum tess_resample resample)
{
    if (resample == TESS_RESAMPLE_FAST)
        return 1;
    return denominator == 2 ? 1.5 : 1.75;
}

static uint32_t choose_denominator(const struct jpeg_cell *cell, const struct stored_view *view)
{
    double ratio = fmin(view->box.width / view->out_width_px, view->box.height / view->out_height_px);
    for (uint32_t denominator = 8; denominator > 1; denominator /= 2) {
        if (ratio / denominator >= room_needed(denominator, cell->resample))
            return denominator;
    }
    return 1;
}

static struct stored_view view_of(const struct jpeg_cell *cell)
{
    const struct jpeg_header *header = cell->header;
    const struct fit *fit = &cell->fit;
    const struct orient_box upright = {fit->crop_x, fit->crop_y, fit->crop_width, fit->crop_height};
    const bool swap = orient_swaps(header->orientation);
    struct stored_view view = {
        .box = orient_box_to_stored(&upright, header->orientation, header->width_px, header->height_px),
        .out_width_px = swap ? fit->place_height_px : fit->place_width_px,
        .out_height_px = swap ? fit->place_width_px : fit->place_height_px,
    };
    view.request = (struct jpeg_request){
        .bytes = cell->bytes,
        .size_bytes = cell->size_bytes,
        .header = header,
        .denominator = choose_denominator(cell, &view),
        .x0_px = (uint32_t)fmax(floor(view.box.x), 0),
        .y0_px = (uint32_t)fmax(floor(view.box.y), 0),
        .x1_px = (uint32_t)fmin(ceil(view.box.x + view.box.width), header->width_px),
        .y1_px = (uint32_t)fmin(ceil(view.box.y + view.box.height), header->height_px),
        .full_chroma = cell->layout != PICTURE_YCC420,
        .stop = cell->stop,
    };
    return view;
}

uint64_t jpeg_cell_peak_bytes(const struct jpeg_cell *cell)
{
    const struct stored_view view = view_of(cell);
    const uint32_t width = view.out_width_px, height = view.out_height_px;
    /* Component planes, black, RGB twice for YCCK, and an oriented copy. */
    const uint64_t pictures =
        picture_bytes(PICTURE_YCC444, width, height) + picture_bytes(PICTURE_GREY, width, height) +
        2 * picture_bytes(PICTURE_RGB, width, height) + picture_bytes(PICTURE_YCC444, height, width);
    return jpeg_reader_for(&view.request)->peak_bytes(&view.request) + pictures +
           resample_axis_peak_bytes(view.box.width, width) +
           resample_axis_peak_bytes(view.box.height, height) + (uint64_t)width * 4 + 64 * 1024;
}

/* The samples of a plane that the box covers, along one axis, counted from the first that is there. */
static struct resample_span span_of(double start_px, double length_px, double scale, uint32_t origin,
                                    uint32_t there, uint32_t whole)
{
    struct resample_span span = {.start = start_px * scale, .length = length_px * scale};
    uint32_t end = origin + there < whole ? origin + there : whole;
    span.low = (uint32_t)fmax(floor(span.start + 1e-6), origin);
    span.high = (uint32_t)fmin(ceil(span.start + span.length - 1e-6), end);
    if (span.low >= end)
        span.low = end - 1;
    if (span.high <= span.low)
        span.high = span.low + 1;
    span.start -= origin;
    span.low -= origin;
    span.high -= origin;
    return span;
}

static enum tess_status resample_component(const struct jpeg_plane *plane, const struct orient_box *box,
                                           const struct plane *target, const struct stop *stop,
                                           struct tess_error *error)
{
    const struct resample_span across = span_of(box->x, box->width, plane->scale_x, plane->origin_x_px,
                                                plane->width_px, plane->whole_width_px);
    const struct resample_span down = span_of(box->y, box->height, plane->scale_y, plane->origin_y_px,
                                              plane->height_px, plane->whole_height_px);
    struct resample_axis horizontal = {0}, vertical = {0};
    enum tess_status status = resample_axis_init(&horizontal, &across, target->width_px, error);
    if (status == TESS_OK)
        status = resample_axis_init(&vertical, &down, target->height_px, error);
    if (status == TESS_OK)
        status = resample_plane(plane->data, plane->stride_bytes, &horizontal, &vertical, target->data,
                                target->stride_bytes, stop, error);
    resample_axis_clear(&horizontal);
    resample_axis_clear(&vertical);
    return status;
}

/* Grey has no chroma of its own. */
static void fill_plane(const struct plane *plane, uint8_t value)
{
    memset(plane->data, value, plane->stride_bytes * plane->height_px);
}

/* Resamples all components into planes of one picture; a fourth (K) goes to `black`. */
static enum tess_status resample_components(const struct jpeg_planes *planes, const struct orient_box *box,
                                            const struct stop *stop, struct picture *parts,
                                            struct picture *black, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    for (uint32_t i = 0; status == TESS_OK && i < planes->count; i++) {
        const struct plane *target = i < 3 ? &parts->planes[i] : &black->planes[0];
        status = resample_component(&planes->planes[i], box, target, stop, error);
    }
    for (uint32_t i = planes->count; i < 3; i++)
        fill_plane(&parts->planes[i], 128);
    return status;
}

/*
 * Packs one row of the components as lcms2 and colour_cmyk_to_rgb() take them. CMYK and YCCK files hold inks
 * inverted, as Photoshop has always written them; like every other reader we take that for granted, with
 * Adobe's marker or without.
 */
static void pack_row(const struct jpeg_header *header, const struct picture *parts,
                     const struct picture *black, uint32_t row, uint8_t *packed)
{
    const uint8_t *a = parts->planes[0].data + row * parts->planes[0].stride_bytes;
    const uint8_t *b = parts->planes[1].data + row * parts->planes[1].stride_bytes;
    const uint8_t *c = parts->planes[2].data + row * parts->planes[2].stride_bytes;
    if (header->colour == JPEG_GREY) {
        memcpy(packed, a, parts->width_px);
        return;
    }
    if (header->colour == JPEG_RGB) {
        for (uint32_t x = 0; x < parts->width_px; x++, packed += 3) {
            packed[0] = a[x];
            packed[1] = b[x];
            packed[2] = c[x];
        }
        return;
    }
    assert(black->planes[0].data);
    const uint8_t *k = black->planes[0].data + row * black->planes[0].stride_bytes;
    for (uint32_t x = 0; x < parts->width_px; x++, packed += 4) {
        packed[0] = 255 - a[x];
        packed[1] = 255 - b[x];
        packed[2] = 255 - c[x];
        packed[3] = 255 - k[x];
    }
}

/* YCCK is CMY turned into YCbCr as if it were RGB (Adobe TN 5116). */
static enum tess_status unpack_ycck(struct picture *parts, struct tess_error *error)
{
    struct picture rgb;
    enum tess_status status = picture_init(&rgb, PICTURE_RGB, parts->width_px, parts->height_px, error);
    if (status != TESS_OK)
        return status;
    colour_ycc_to_rgb(parts, &rgb);
    for (uint32_t row = 0; row < parts->height_px; row++) {
        const uint8_t *in = rgb.planes[0].data + row * rgb.planes[0].stride_bytes;
        for (uint32_t x = 0; x < parts->width_px; x++, in += 3) {
            for (int i = 0; i < 3; i++)
                parts->planes[i].data[row * parts->planes[i].stride_bytes + x] = 255 - in[i];
        }
    }
    picture_clear(&rgb);
    return TESS_OK;
}

static void row_to_rgb(const struct jpeg_header *header, const struct colour_transform *transform,
                       const uint8_t *packed, uint8_t *rgb, uint32_t pixels)
{
    if (transform)
        colour_transform_apply(transform, packed, rgb, pixels);
    else if (header->component_count == 4)
        colour_cmyk_to_rgb(packed, rgb, pixels);
    else
        memcpy(rgb, packed, (size_t)pixels * 3);
}

/* Components (at the cell's size) to sRGB. */
static enum tess_status components_to_rgb(const struct jpeg_header *header,
                                          const struct colour_transform *transform, struct picture *parts,
                                          const struct picture *black, struct picture *rgb_out,
                                          struct tess_error *error)
{
    const bool ycc = header->colour == JPEG_YCC, grey = header->colour == JPEG_GREY;
    enum tess_status status = picture_init(rgb_out, PICTURE_RGB, parts->width_px, parts->height_px, error);
    if (status != TESS_OK)
        return status;
    if (ycc || (grey && !transform))
        colour_ycc_to_rgb(parts, rgb_out);
    if ((ycc || grey) && !transform)
        return TESS_OK;
    uint8_t *packed = malloc((size_t)parts->width_px * 4);
    if (!packed)
        return error_set(error, TESS_ERR_MEMORY, "no memory to convert colours");
    if (header->colour == JPEG_YCCK)
        status = unpack_ycck(parts, error);
    for (uint32_t row = 0; status == TESS_OK && row < parts->height_px; row++) {
        uint8_t *rgb = rgb_out->planes[0].data + row * rgb_out->planes[0].stride_bytes;
        if (ycc)
            memcpy(packed, rgb, (size_t)parts->width_px * 3);
        else
            pack_row(header, parts, black, row, packed);
        row_to_rgb(header, transform, packed, rgb, parts->width_px);
    }
    free(packed);
    return status;
}

static enum colour_kind kind_of(enum jpeg_colour colour)
{
    return colour == JPEG_GREY                          ? COLOUR_GREY
           : colour == JPEG_CMYK || colour == JPEG_YCCK ? COLOUR_CMYK
                                                        : COLOUR_RGB;
}

/* Decodes and resamples; what comes out is sRGB in the best layout that the file allows, still as stored. */
static enum tess_status render_stored(const struct jpeg_cell *cell, const struct stored_view *view,
                                      const struct colour_transform *transform, struct picture *stored_out,
                                      struct tess_error *error)
{
    const struct jpeg_header *header = cell->header;
    const bool ycc = (header->colour == JPEG_YCC || header->colour == JPEG_GREY) && !transform;
    const bool even = view->out_width_px % 2 == 0 && view->out_height_px % 2 == 0;
    const enum picture_layout layout =
        ycc && even && cell->layout == PICTURE_YCC420 ? PICTURE_YCC420 : PICTURE_YCC444;
    struct jpeg_planes planes = {0};
    struct picture parts = {0}, black = {0};
    memset(stored_out, 0, sizeof *stored_out);

    enum tess_status status = jpeg_reader_for(&view->request)->read(&view->request, &planes, error);
    if (status == TESS_OK)
        status = picture_init(&parts, layout, view->out_width_px, view->out_height_px, error);
    if (status == TESS_OK && header->component_count == 4)
        status = picture_init(&black, PICTURE_GREY, view->out_width_px, view->out_height_px, error);
    if (status == TESS_OK)
        status = resample_components(&planes, &view->box, cell->stop, &parts, &black, error);
    jpeg_planes_clear(&planes);
    if (status == TESS_OK && (!ycc || cell->layout == PICTURE_RGB)) {
        status = components_to_rgb(header, transform, &parts, &black, stored_out, error);
    } else if (status == TESS_OK) {
        *stored_out = parts;
        memset(&parts, 0, sizeof parts);
    }
    picture_clear(&parts);
    picture_clear(&black);
    if (status != TESS_OK)
        picture_clear(stored_out);
    return status;
}

enum tess_status jpeg_cell_render(const struct jpeg_cell *cell, struct picture *part_out,
                                  struct tess_error *error)
{
    const struct jpeg_header *header = cell->header;
    const struct stored_view view = view_of(cell);
    struct colour_transform *transform = NULL;
    struct picture stored;
    enum tess_status status = colour_profiles_acquire(cell->profiles, header->icc, header->icc_size_bytes,
                                                      kind_of(header->colour), cell->stop, &transform, error);
    if (status != TESS_OK)
        return status;
    status = render_stored(cell, &view, transform, &stored, error);
    colour_profiles_release(cell->profiles, transform);
    if (status != TESS_OK || header->orientation == 1) {
        *part_out = stored;
        return status;
    }
    status = orient_picture(&stored, header->orientation, part_out, error);
    picture_clear(&stored);
    return status;
}
