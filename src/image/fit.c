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
