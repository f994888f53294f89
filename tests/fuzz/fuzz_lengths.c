// SPDX-License-Identifier: MIT
/*
 * The checks of container lengths, of GIF's blocks and of ICC tables: they read nothing outside of the input,
 * come to an end, and say why they refuse.
 */
#include "fuzz.h"

#include "image/gif_frames.h"
#include "image/lengths.h"

static void check(enum image_kind kind, const uint8_t *bytes, size_t size)
{
    struct tess_error error = {.status = TESS_OK};
    const enum tess_status status = lengths_check(kind, bytes, size, &error);
    FUZZ_ASSERT(status == TESS_OK || status == TESS_ERR_CORRUPT);
    FUZZ_ASSERT(error.status == status && (status == TESS_OK) == (error.message[0] == '\0'));
    for (const char *at = error.message; *at; at++)
        FUZZ_ASSERT(*at >= ' ' && *at <= '~');
}

static void check_gif(const uint8_t *bytes, size_t size)
{
    const struct gif_frames frames = gif_frames_walk(bytes, size);
    FUZZ_ASSERT(frames.pictures <= size / 11);
    if (frames.end == GIF_ENDS_AT_BLOCK)
        FUZZ_ASSERT(frames.whole_bytes <= size && frames.pictures > 0);
    if (frames.end == GIF_ENDS_IN_PIXELS)
        FUZZ_ASSERT(frames.last_block_at < size && frames.pictures > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    check(sniff_kind(copy, size), copy, size);
    /* Whatever it is, also as a HEIF and a TIFF: their walks go by offsets. */
    check(IMAGE_HEIF, copy, size);
    check(IMAGE_TIFF, copy, size);
    check_gif(copy, size);
    (void)lengths_icc_fit(copy, size);
    free(copy);
    return 0;
}
