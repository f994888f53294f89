// SPDX-License-Identifier: MIT
/* How an image sits in its cell: pure geometry, shared by the JPEG path and the libvips path. */
#ifndef IMAGE_FIT_H
#define IMAGE_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include <tessera/options.h>

/* What a cell asks of an image. */
struct fit_request {
    uint32_t cell_width_px, cell_height_px;
    enum tess_fit fit;
    enum tess_gravity gravity; /* ATTENTION and ENTROPY count as CENTRE here */
    bool no_enlarge;           /* contain only */
};

/*
 * The part of the (upright) image that is shown, in its pixels, and where it lands in the cell. Example: 4000
 * × 2250 into 100 × 100, cover, centre: crop 875,0 2250 × 2250; place 0,0 100 × 100. Contain: crop all; place
 * 0,22 100 × 56.
 */
struct fit {
    double crop_x, crop_y, crop_width, crop_height;                   /* image pixels, within the image */
    uint32_t place_x_px, place_y_px, place_width_px, place_height_px; /* within the cell, at least 1 × 1 */
};

void fit_compute(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request,
                 struct fit *fit_out);

/*
 * Whether content decides where an image is cut (ATTENTION and ENTROPY, cover). An image that is more than
 * FIT_SMART_STRETCH times as long as its cell is cut at the centre instead: looking at all of it would cost
 * more memory than there is to choose for a strip of 1 × 20000.
 */
enum { FIT_SMART_STRETCH = 16 };
bool fit_is_smart(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request);

/*
 * Where the content is looked at: the whole (upright) image, scaled so that the window has the cell's size,
 * but never enlarged. The same for every format and reader, or they would cut the same picture differently.
 */
struct fit_analysis {
    double scale; /* analysis pixels per image pixel, at most 1 */
    uint32_t width_px, height_px, window_width_px, window_height_px;
};

void fit_analyse(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request,
                 struct fit_analysis *analysis_out);

/* The fit that shows the window whose corner in the analysis was chosen. */
void fit_choose(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request,
                const struct fit_analysis *analysis, uint32_t x_px, uint32_t y_px, struct fit *fit_out);

#endif
