// SPDX-License-Identifier: MIT
/*
 * Disarming PNG before libpng sees it.
 *
 * libpng inflates each zTXt and iTXt chunk it meets, up to 8 MB each and 1000 of them: a file of a few
 * megabytes makes it hold gigabytes of text that nobody asked for. So a file with text chunks is copied
 * without them (a memcpy of the compressed file, and only for such files). What remains inflates to bounded
 * sizes: the pixels, which the header's limit bounds, and one colour profile, which libpng bounds.
 *
 * libvips before 8.15 does not look for EXIF in a PNG, so its orientation is read here too.
 *
 * The copy's size is the file's at most, which vips_peak.c counts.
 */
#include <string.h>

#include "base/error.h"
#include "image/exif.h"
#include "image/vips_inside.h"

enum { SIGNATURE_BYTES = 8, CHUNK_EXTRA_BYTES = 12 /* length, type, CRC */, IHDR_BYTES = 13 };

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_text(const uint8_t *type)
{
    return memcmp(type, "tEXt", 4) == 0 || memcmp(type, "zTXt", 4) == 0 || memcmp(type, "iTXt", 4) == 0;
}

/* The whole chunk at `at`, cut where the file ends. 0 at the end. */
static size_t chunk_bytes(const uint8_t *bytes, size_t size, size_t at)
{
    if (size - at < CHUNK_EXTRA_BYTES)
        return size - at;
    size_t whole = (size_t)big_endian(bytes + at) + CHUNK_EXTRA_BYTES;
    return whole < size - at ? whole : size - at;
}

/* What the chunks before the pixels' end hold that matters here. */
struct chunks {
    bool has_text;
    int orientation; /* of the eXIf chunk; 1 without one */
};

static struct chunks look_through(const uint8_t *bytes, size_t size)
{
    struct chunks chunks = {.orientation = 1};
    for (size_t at = SIGNATURE_BYTES, step; at < size; at += step) {
        step = chunk_bytes(bytes, size, at);
        if (step < CHUNK_EXTRA_BYTES)
            break;
        const uint8_t *type = bytes + at + 4;
        chunks.has_text = chunks.has_text || is_text(type);
        if (memcmp(type, "eXIf", 4) == 0)
            chunks.orientation = exif_orientation(type + 4, step - CHUNK_EXTRA_BYTES);
    }
    return chunks;
}

static enum tess_status copy_without_text(struct vips_input *input, struct tess_error *error)
{
    const uint8_t *bytes = input->bytes;
    const size_t size = input->size_bytes;
    bytes_init(&input->filtered, size);
    enum tess_status status = bytes_reserve(&input->filtered, size);
    if (status == TESS_OK)
        status = bytes_append(&input->filtered, bytes, SIGNATURE_BYTES);
    for (size_t at = SIGNATURE_BYTES, step; status == TESS_OK && at < size; at += step) {
        step = chunk_bytes(bytes, size, at);
        if (size - at < 8 || !is_text(bytes + at + 4))
            status = bytes_append(&input->filtered, bytes + at, step);
    }
    if (status != TESS_OK)
        return error_set(error, status, "no memory for a copy of %zu bytes", size);
    input->bytes = input->filtered.data;
    input->size_bytes = input->filtered.size;
    return TESS_OK;
}

enum tess_status png_guard(struct vips_input *input, uint64_t max_pixels, struct tess_error *error)
{
    const uint8_t *ihdr = input->bytes + SIGNATURE_BYTES;
    if (input->size_bytes < SIGNATURE_BYTES + CHUNK_EXTRA_BYTES + IHDR_BYTES ||
        memcmp(ihdr + 4, "IHDR", 4) != 0)
        return error_set(error, TESS_ERR_CORRUPT, "the PNG header is damaged or cut short");
    uint32_t width_px = big_endian(ihdr + 8), height_px = big_endian(ihdr + 12);
    if (max_pixels && (uint64_t)width_px * height_px > max_pixels)
        return error_limit(error, "max-pixels", "%u x %u pixels are more than the limit of %llu", width_px,
                           height_px, (unsigned long long)max_pixels);
    const struct chunks chunks = look_through(input->bytes, input->size_bytes);
    input->orientation = chunks.orientation;
    return chunks.has_text ? copy_without_text(input, error) : TESS_OK;
}
