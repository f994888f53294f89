// SPDX-License-Identifier: MIT
/*
 * Entropy-coded bytes without their stuffing, a window at a time.
 *
 * In a scan every data byte 0xFF is followed by a 0, so that markers can be found. The window holds the bytes
 * as the Huffman decoder wants them, so that it can fetch 8 at any position without a test; copying them
 * 16 at a time costs 2 % of the decoding. The window is small enough to stay in the second-level cache, and
 * nothing is read from the file beyond what the decoder asks for.
 */
#ifndef IMAGE_JPEG_FAST_SOURCE_H
#define IMAGE_JPEG_FAST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Bytes that can be read, though not relied upon, behind the data: one MCU that has run past the end. */
    FAST_SOURCE_MARGIN = 4096
};

struct fast_source {
    const uint8_t *at, *end; /* the file */
    uint8_t *data;           /* owned; capacity + FAST_SOURCE_MARGIN bytes */
    size_t capacity, size;
    bool complete;  /* the data goes up to a marker, or to the end of the file */
    uint8_t marker; /* if complete: that marker, 0 at the end of the file */
};

bool fast_source_init(struct fast_source *source, const uint8_t *bytes, size_t size, size_t capacity);
void fast_source_clear(struct fast_source *source);

/* Forgets the first `used` bytes (at most size) and fills the window up again. */
void fast_source_advance(struct fast_source *source, size_t used);

/* Drops what is left before the marker and, if it is `marker`, goes on behind it with an empty window. */
bool fast_source_pass_marker(struct fast_source *source, uint8_t marker);

#endif
