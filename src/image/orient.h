// SPDX-License-Identifier: MIT
/* EXIF orientation, applied where it is cheap: to a picture that already has its tile's size. */
#ifndef IMAGE_ORIENT_H
#define IMAGE_ORIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/fit.h"
#include "image/picture.h"

/* Orientations 5 to 8 swap width and height. */
bool orient_swaps(uint8_t orientation);

/*
 * Turns `stored` upright into `upright` (initialised here, the caller's to clear; all layouts but 4:2:0 with
 * odd sides). `orientation` is 1..8. TESS_ERR_MEMORY.
 */
enum tess_status orient_picture(const struct picture *stored, uint8_t orientation, struct picture *upright,
                                struct tess_error *error);

/* A rectangle in an image of fractional size. */
struct orient_box {
    double x, y, width, height;
};

/* The stored place of a box that is given in upright coordinates; width and height are those of the stored
 * image. */
struct orient_box orient_box_to_stored(const struct orient_box *upright, uint8_t orientation,
                                       double stored_width, double stored_height);

#endif
