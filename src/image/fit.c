// SPDX-License-Identifier: MIT
#include "image/fit.h"

#include <math.h>

/* Where the free space goes: 0 all after, 0.5 both sides, 1 all before. */
struct lean {
    double x, y;
};

static struct lean lean_of(enum tess_gravity gravity)
{
    switch (gravity) {
    case TESS_GRAVITY_NORTH:
        return (struct lean){0.5, 0};
    case TESS_GRAVITY_NORTH_EAST:
        return (struct lean){1, 0};
    case TESS_GRAVITY_EAST:
        return (struct lean){1, 0.5};
    case TESS_GRAVITY_SOUTH_EAST:
        return (struct lean){1, 1};
    case TESS_GRAVITY_SOUTH:
        return (struct lean){0.5, 1};
    case TESS_GRAVITY_SOUTH_WEST:
        return (struct lean){0, 1};
    case TESS_GRAVITY_WEST:
        return (struct lean){0, 0.5};
    case TESS_GRAVITY_NORTH_WEST:
        return (struct lean){0, 0};
    case TESS_GRAVITY_CENTRE:
    case TESS_GRAVITY_ATTENTION:
    case TESS_GRAVITY_ENTROPY:
        break;
    }
    return (struct lean){0.5, 0.5};
}

static uint32_t scaled_side(double side, double scale, uint32_t most)
{
    double result = round(side * scale);
    if (result < 1)
        return 1;
    return result > most ? most : (uint32_t)result;
}

void fit_compute(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request,
                 struct fit *fit_out)
{
    const double width = image_width_px, height = image_height_px;
    const double scale_x = request->cell_width_px / width, scale_y = request->cell_height_px / height;
    const struct lean lean = lean_of(request->gravity);
    struct fit fit = {.crop_width = width,
                      .crop_height = height,
                      .place_width_px = request->cell_width_px,
                      .place_height_px = request->cell_height_px};

    if (request->fit == TESS_FIT_COVER) {
        double scale = fmax(scale_x, scale_y);
        fit.crop_width = fmin(width, request->cell_width_px / scale);
        fit.crop_height = fmin(height, request->cell_height_px / scale);
        fit.crop_x = (width - fit.crop_width) * lean.x;
        fit.crop_y = (height - fit.crop_height) * lean.y;
    } else if (request->fit == TESS_FIT_CONTAIN) {
        double scale = fmin(scale_x, scale_y);
        if (request->no_enlarge)
            scale = fmin(scale, 1);
        fit.place_width_px = scaled_side(width, scale, request->cell_width_px);
        fit.place_height_px = scaled_side(height, scale, request->cell_height_px);
        fit.place_x_px = (uint32_t)((request->cell_width_px - fit.place_width_px) * lean.x);
        fit.place_y_px = (uint32_t)((request->cell_height_px - fit.place_height_px) * lean.y);
    }
    *fit_out = fit;
}

bool fit_is_smart(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request)
{
    const double across = (double)image_width_px / request->cell_width_px;
    const double down = (double)image_height_px / request->cell_height_px;
    return request->fit == TESS_FIT_COVER &&
           (request->gravity == TESS_GRAVITY_ATTENTION || request->gravity == TESS_GRAVITY_ENTROPY) &&
           fmax(across, down) <= FIT_SMART_STRETCH * fmin(across, down);
}

void fit_analyse(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request,
                 struct fit_analysis *analysis_out)
{
    const double cover = fmax((double)request->cell_width_px / image_width_px,
                              (double)request->cell_height_px / image_height_px);
    struct fit_analysis analysis = {.scale = fmin(cover, 1)};
    /* 1 where the image is larger than its cell, less where it is to be enlarged. */
    const double share = analysis.scale / cover;
    analysis.width_px = scaled_side(image_width_px, analysis.scale, image_width_px);
    analysis.height_px = scaled_side(image_height_px, analysis.scale, image_height_px);
    analysis.window_width_px = scaled_side(request->cell_width_px, share, analysis.width_px);
    analysis.window_height_px = scaled_side(request->cell_height_px, share, analysis.height_px);
    *analysis_out = analysis;
}

void fit_choose(uint32_t image_width_px, uint32_t image_height_px, const struct fit_request *request,
                const struct fit_analysis *analysis, uint32_t x_px, uint32_t y_px, struct fit *fit_out)
{
    fit_compute(image_width_px, image_height_px, request, fit_out);
    /* One of the crop's sides is the image's. */
    fit_out->crop_x = fmin(x_px / analysis->scale, image_width_px - fit_out->crop_width);
    fit_out->crop_y = fmin(y_px / analysis->scale, image_height_px - fit_out->crop_height);
}
