// SPDX-License-Identifier: MIT
/*
 * Putting right what a GIF lacks behind its last pixel, before libnsgif sees it; gif_frames.h says why.
 *
 * Nothing is changed in a file that ends as it should.
 *
 * The copy's size is the file's and two bytes at most, which vips_peak.c counts.
 */
#include "base/error.h"
#include "image/gif_frames.h"
#include "image/vips_inside.h"

enum { TAIL_BYTES = 2 /* no further block; the trailer */ };

static const uint8_t tail[TAIL_BYTES] = {0x00, 0x3B};

/* A copy of the first `size` bytes that ends with the last `tail_bytes` of a proper end. */
static enum tess_status copy_ended(struct vips_input *input, size_t size, size_t tail_bytes,
                                   struct tess_error *error)
{
    bytes_init(&input->filtered, size + tail_bytes);
    enum tess_status status = bytes_reserve(&input->filtered, size + tail_bytes);
    if (status == TESS_OK)
        status = bytes_append(&input->filtered, input->bytes, size);
    if (status == TESS_OK)
        status = bytes_append(&input->filtered, tail + TAIL_BYTES - tail_bytes, tail_bytes);
    if (status != TESS_OK)
        return error_set(error, status, "no memory for a copy of %zu bytes", size);
    input->bytes = input->filtered.data;
    input->size_bytes = input->filtered.size;
    return TESS_OK;
}

enum tess_status gif_guard(struct vips_input *input, struct tess_error *error)
{
    const struct gif_frames frames = gif_frames_walk(input->bytes, input->size_bytes);
    if (frames.end == GIF_IS_CUT)
        return error_set(error, TESS_ERR_CORRUPT,
                         "GIF is cut short: it ends before the last pixel of picture %u", frames.pictures);
    if (frames.end == GIF_ENDS_AT_BLOCK)
        return copy_ended(input, frames.whole_bytes, 1, error);
    if (frames.end != GIF_ENDS_IN_PIXELS)
        return TESS_OK;
    const size_t cut_at = frames.last_block_at;
    const size_t left = cut_at ? input->size_bytes - cut_at - 1 : 0;
    /* A block of which nothing is there is left out, one that is cut made as long as it is. */
    enum tess_status status = copy_ended(input, input->size_bytes - (cut_at && left == 0 ? 1 : 0), 2, error);
    if (status == TESS_OK && cut_at && left > 0)
        input->filtered.data[cut_at] = (uint8_t)left;
    return status;
}
