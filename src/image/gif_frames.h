// SPDX-License-Identifier: MIT
/*
 * A walk over a GIF's blocks, without decoding: whether the file is whole, and if it merely lacks what stands
 * behind the last pixel (the block that ends them, the trailer), where to put it.
 *
 * Decoders cannot be asked: libnsgif calls a picture cut that lacks only these two bytes, and once they are
 * there, one that lacks half its pixels whole.
 */
#ifndef IMAGE_GIF_FRAMES_H
#define IMAGE_GIF_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gif_end {
    GIF_ENDS,           /* as it should, or in a way that is a decoder's to judge */
    GIF_ENDS_AT_BLOCK,  /* behind a whole picture, or in an extension behind it: the trailer is missing */
    GIF_ENDS_IN_PIXELS, /* all pixels are there: the terminator and the trailer are missing */
    GIF_IS_CUT          /* pixels are missing, or there is no picture */
};

struct gif_frames {
    enum gif_end end;
    uint32_t pictures;    /* that begin */
    size_t whole_bytes;   /* GIF_ENDS_AT_BLOCK: up to where all blocks are whole */
    size_t last_block_at; /* GIF_ENDS_IN_PIXELS: the length byte of the block that is cut; 0: none is */
};

struct gif_frames gif_frames_walk(const uint8_t *bytes, size_t size_bytes);

#endif
