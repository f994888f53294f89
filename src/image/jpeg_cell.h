// SPDX-License-Identifier: MIT
/* A JPEG to the pixels that show in a cell: scale, region, resample, colours, orientation. */
#ifndef IMAGE_JPEG_CELL_H
#define IMAGE_JPEG_CELL_H

#include "base/stop.h"
#include "image/colour.h"
#include "image/fit.h"
#include "image/jpeg_reader.h"
#include "image/picture.h"
#include <tessera/options.h>

struct jpeg_cell {
    const uint8_t *bytes; /* borrowed */
    size_t size_bytes;
    const struct jpeg_header *header;
    struct fit fit; /* in upright coordinates */
    enum tess_resample resample;
    /* The layout that is wanted. The result has it where that costs nothing, else it is PICTURE_YCC444 or
     * PICTURE_RGB. */
    enum picture_layout layout;
    struct colour_profiles *profiles;
    const struct stop *stop; /* NULL: none */
};

/*
 * Renders the shown part: fit.place_width_px × fit.place_height_px, upright, sRGB. The caller clears
 * *part_out. TESS_ERR_CORRUPT, _UNSUPPORTED, _MEMORY, or what `stop` says. Thread-safe.
 */
enum tess_status jpeg_cell_render(const struct jpeg_cell *cell, struct picture *part_out,
                                  struct tess_error *error);

/* What jpeg_cell_render() allocates at most. */
uint64_t jpeg_cell_peak_bytes(const struct jpeg_cell *cell);

#endif
