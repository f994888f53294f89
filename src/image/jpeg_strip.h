// SPDX-License-Identifier: MIT
/*
 * One JPEG, encoded in strips by several threads.
 *
 * A restart interval of one row of MCUs resets the DC predictions, so a strip of whole MCU rows can be
 * encoded alone, and the strips' scans joined by restart markers are the scan of the whole (ITU-T T.81,
 * sections E.1.4 and F.1.1.5.1). Restart markers count modulo 8; a strip of 8 MCU rows uses RST0 to RST6
 * inside, so RST7 always stands between strips and nothing has to be renumbered.
 *
 *     strip 0                           strip 1                    last strip
 *     SOI … SOF SOS row RST0 … row  RST7  row RST0 … RST6 row  RST7  row … row EOI
 *
 * The result is baseline, 4:2:0, with the standard Huffman tables, and does not depend on who encoded what.
 */
#ifndef IMAGE_JPEG_STRIP_H
#define IMAGE_JPEG_STRIP_H

#include <stddef.h>
#include <stdint.h>

#include "image/picture.h"

enum {
    JPEG_STRIP_ROWS_PX = 128, /* 8 rows of 16 × 16 MCUs */
    JPEG_STRIP_ALIGN_PX = 16, /* a strip's picture is as wide as the grid rounded up to this, so that there is
                                 room for padding */
    JPEG_MAX_SIDE_PX = 65500  /* libjpeg's own limit, below the format's 65535 */
};

struct jpeg_strip {
    /*
     * YCC420 or YCC444, at least width_px rounded up to JPEG_STRIP_ALIGN_PX wide and height_px rounded up
     * likewise high. The padding's content does not matter; it is overwritten.
     */
    struct picture *pixels;
    uint32_t width_px, height_px; /* what counts of it; height is JPEG_STRIP_ROWS_PX but for the last strip */
    uint32_t index, count;        /* which strip this is, and how many the picture has */
    uint32_t whole_height_px;     /* of the picture */
    uint8_t quality;              /* 1..100 */
};

/*
 * Encodes one strip to its share of the file. *data_out (malloc) is the caller's to free. TESS_ERR_MEMORY,
 * TESS_ERR_INTERNAL. Thread-safe for distinct pictures.
 */
enum tess_status jpeg_strip_encode(const struct jpeg_strip *strip, uint8_t **data_out, size_t *size_bytes_out,
                                   struct tess_error *error);

#endif
