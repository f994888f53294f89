// SPDX-License-Identifier: MIT
/* JPEGs for tests of cells and jobs: photo-like, of any sampling and orientation; and libjpeg's plain decode.
 */
#ifndef TESTS_JPEG_MAKE_H
#define TESTS_JPEG_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "image/picture.h"

/* A file in memory. */
struct made_jpeg {
    uint8_t *data;
    size_t size;
    uint8_t orientation;
};

void made_clear(struct made_jpeg *jpeg);

/* Gradients, soft shapes and fine texture; quality 95. h and v are luma's sampling; orientation 1 has no
 * EXIF. */
struct made_jpeg made_photo(uint32_t width_px, uint32_t height_px, int h_samp, int v_samp,
                            uint8_t orientation);

/* A flat ground with a textured spot of a fifth of the height around (x, y). */
struct made_jpeg made_spot(uint32_t width_px, uint32_t height_px, uint32_t x_px, uint32_t y_px);

/* One colour all over, given as RGB. */
struct made_jpeg made_flat(uint32_t width_px, uint32_t height_px, uint8_t red, uint8_t green, uint8_t blue);

/* Decodes whole, as libjpeg does by default, to RGB; as stored. Fails the test on an error or a warning. */
struct picture made_decode(const struct made_jpeg *jpeg);

/* YCC420 or YCC444 to RGB; chroma is repeated. */
struct picture made_to_rgb(const struct picture *ycc);

#endif
