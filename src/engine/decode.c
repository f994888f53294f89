// SPDX-License-Identifier: MIT
#include "engine/decode.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/blame.h"
#include "image/cell.h"

static enum tess_status render(const struct decode_config *config, const struct cell *cell,
                               struct picture *tile_out, struct tess_error *error)
{
    enum tess_status status = budget_reserve_until(config->budget, BUDGET_PIXELS, cell->peak_bytes,
                                                   "decoding the image", config->stop, error);
    if (status != TESS_OK)
        return status;
    if (cell->by_libvips)
        status = blame_beforehand(cell->peak_bytes, 0, error);
    if (status == TESS_OK)
        status = cell_render(cell, tile_out, error);
    budget_release(config->budget, BUDGET_PIXELS, cell->peak_bytes);
    return status;
}

/* What all workers may hold at the same time if they decode what this one does. */
static uint64_t at_once_bytes(const struct decode_config *config, const struct cell *cell)
{
    const uint64_t most = budget_share_bytes(config->budget, BUDGET_PIXELS);
    const uint64_t bytes = cell->peak_bytes * config->workers;
    return bytes < most ? bytes : most;
}

enum tess_status decode_cell(const struct decode_config *config, const struct bytes *bytes,
                             struct picture *tile_out, struct tess_error *error)
{
    const struct tess_grid_options *options = config->options;
    const struct cell_request request = {.bytes = bytes->data,
                                         .size_bytes = bytes->size,
                                         .fit = {.cell_width_px = config->plan->tile_width_px,
                                                 .cell_height_px = config->plan->tile_height_px,
                                                 .fit = options->fit,
                                                 .gravity = options->gravity,
                                                 .no_enlarge = options->no_enlarge},
                                         .layout = config->plan->layout,
                                         .resample = options->resample,
                                         .background = options->background,
                                         .max_pixels = config->limits->max_input_pixels,
                                         .max_scans = config->limits->max_scans,
                                         .profiles = config->profiles,
                                         .stop = config->stop};
    struct cell cell;
    enum tess_status status = cell_prepare(&request, &cell, error);
    if (status == TESS_OK) {
        status = render(config, &cell, tile_out, error);
        cell_clear(&cell);
    }
    return cell.by_libvips ? blame_libvips(status, at_once_bytes(config, &cell), config->workers, error)
                           : status;
}

/* Two diagonals, about a twentieth of the shorter side thick. */
static void cross_out(const struct picture *rgb, struct tess_colour colour)
{
    const int64_t width = rgb->width_px, height = rgb->height_px;
    const int64_t shorter = width < height ? width : height;
    const int64_t reach = (shorter / 20 + 1) * shorter;
    for (int64_t y = 0; y < height; y++) {
        uint8_t *pixel = rgb->planes[0].data + (size_t)y * rgb->planes[0].stride_bytes;
        for (int64_t x = 0; x < width; x++, pixel += 3) {
            int64_t falling = x * height - y * width, rising = (width - 1 - x) * height - y * width;
            if (llabs(falling) < reach || llabs(rising) < reach) {
                pixel[0] = colour.red;
                pixel[1] = colour.green;
                pixel[2] = colour.blue;
            }
        }
    }
}

static enum tess_status draw_placeholder(const struct decode_config *config, struct picture *tile_out,
                                         struct tess_error *error)
{
    const struct plan *plan = config->plan;
    const struct tess_colour ground = {0x46, 0x4A, 0x50}, cross = {0x8A, 0x90, 0x98};
    struct picture rgb;
    enum tess_status status =
        picture_init(&rgb, PICTURE_RGB, plan->tile_width_px, plan->tile_height_px, error);
    if (status != TESS_OK)
        return status;
    colour_fill(&rgb, ground);
    status = stop_check(config->stop, error); /* a large cell takes seconds */
    if (status == TESS_OK)
        cross_out(&rgb, cross);
    if (status == TESS_OK && plan->layout == PICTURE_RGB) {
        *tile_out = rgb;
        return TESS_OK;
    }
    if (status == TESS_OK)
        status = stop_check(config->stop, error);
    if (status == TESS_OK)
        status = colour_convert(&rgb, plan->layout, tile_out, error);
    picture_clear(&rgb);
    return status;
}

enum tess_status decode_placeholder(const struct decode_config *config, struct picture *tile_out,
                                    struct tess_error *error)
{
    const struct plan *plan = config->plan;
    uint64_t peak_bytes = picture_bytes(PICTURE_RGB, plan->tile_width_px, plan->tile_height_px);
    if (plan->layout != PICTURE_RGB)
        peak_bytes += picture_bytes(plan->layout, plan->tile_width_px, plan->tile_height_px);
    enum tess_status status = budget_reserve_until(config->budget, BUDGET_PIXELS, peak_bytes,
                                                   "the picture of a failed cell", config->stop, error);
    if (status != TESS_OK)
        return status;
    status = draw_placeholder(config, tile_out, error);
    budget_release(config->budget, BUDGET_PIXELS, peak_bytes);
    return status;
}
