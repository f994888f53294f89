// SPDX-License-Identifier: MIT
/*
 * One image file to the pixels of one cell.
 *
 * In two steps, so that memory can be reserved in between: cell_prepare() looks at the header, checks the
 * limits and says how much decoding will take; cell_render() decodes. A JPEG goes the planar way
 * (jpeg_cell.c), everything else through libvips.
 */
#ifndef IMAGE_CELL_H
#define IMAGE_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include "image/colour.h"
#include "image/fit.h"
#include "image/jpeg_reader.h"
#include "image/picture.h"
#include <tessera/options.h>

struct cell_request {
    const uint8_t *bytes; /* borrowed until after cell_render() */
    size_t size_bytes;
    struct fit_request fit;
    enum picture_layout layout; /* of the result: PICTURE_YCC420, PICTURE_YCC444 or PICTURE_RGB */
    enum tess_resample resample;
    struct tess_colour background;
    uint64_t max_pixels; /* "max-pixels" */
    uint32_t max_scans;  /* "max-scans" */
    struct colour_profiles *profiles;
    const struct stop *stop; /* NULL: nothing ends it early */
};

/* A cell between its two steps. Private to cell*.c but for peak_bytes and by_libvips. */
struct cell {
    struct cell_request request;
    uint64_t peak_bytes; /* what cell_render() allocates at most, its result included */
    bool by_libvips;     /* which does not tell want of memory or threads from a damaged image; also set when
                            cell_prepare() has failed */
    bool is_jpeg;
    bool smart_crop;           /* JPEG: content decides where it is cut */
    struct jpeg_header header; /* JPEG only */
};

/*
 * TESS_ERR_NOT_IMAGE, _CORRUPT, _UNSUPPORTED, _LIMIT ("max-pixels", "max-scans"), _MEMORY, _IO (libvips is
 * needed and cannot be loaded). On success the caller clears the cell. Thread-safe.
 */
enum tess_status cell_prepare(const struct cell_request *request, struct cell *cell_out,
                              struct tess_error *error);

/* Renders to exactly cell_width × cell_height pixels of the layout; the caller clears *picture_out. Errors as
 * above, and what request.stop says: a large cell takes seconds. */
enum tess_status cell_render(const struct cell *cell, struct picture *picture_out, struct tess_error *error);

void cell_clear(struct cell *cell);

#endif
