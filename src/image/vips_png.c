// SPDX-License-Identifier: MIT
/*
 * Disarming PNG before libpng sees it. The lengths of what stands before the pixels are sound by now
 * (lengths.h).
 *
 * libpng inflates each zTXt and iTXt chunk it meets, up to 8 MB each and 1000 of them: a file of a few
 * megabytes makes it hold gigabytes of text that nobody asked for. Palettes to choose from (sPLT), scales
 * (pCAL, sCAL) and EXIF it holds as well. So a file with such chunks is copied without them (a memcpy of the
 * compressed file, and only for such files). What remains inflates to bounded sizes: the pixels, which the
 * header's limit bounds, and one colour profile, which libpng bounds. A chunk behind the pixels that is cut
 * off is left out too.
 *
 * EXIF counts where it stands before the pixels, as browsers have it. libvips before 8.15 does not look for
 * it, and later ones need not: its orientation is read here.
 *
 * The copy's size is the file's at most, which vips_peak.c counts.
 */
#include <string.h>

#include "base/error.h"
#include "image/exif.h"
#include "image/numbers.h"
#include "image/vips_inside.h"

enum { SIGNATURE_BYTES = 8, CHUNK_EXTRA_BYTES = 12 /* length, type, CRC */, IHDR_BYTES = 13 };

static bool is_unwanted(const uint8_t *type)
{
    static const char unwanted[][5] = {"tEXt", "zTXt", "iTXt", "sPLT", "pCAL", "sCAL", "eXIf"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        if (memcmp(type, unwanted[i], 4) == 0)
            return true;
    return false;
}

/* The whole chunk at `at`, cut where the file ends. 0 at the end. */
static size_t chunk_bytes(const uint8_t *bytes, size_t size, size_t at)
{
    if (size - at < CHUNK_EXTRA_BYTES)
        return size - at;
    size_t whole = (size_t)number_be(bytes + at, 4) + CHUNK_EXTRA_BYTES;
    return whole < size - at ? whole : size - at;
}

/* What matters here of a file's chunks. */
struct chunks {
    bool has_unwanted;
    int orientation;     /* of the first eXIf chunk before the pixels; 1 without one */
    size_t usable_bytes; /* without what is cut off behind the pixels */
};

static struct chunks look_through(const uint8_t *bytes, size_t size)
{
    struct chunks chunks = {.orientation = 1, .usable_bytes = size};
    bool pixels_seen = false, exif_seen = false;
    for (size_t at = SIGNATURE_BYTES, step; at < size; at += step) {
        step = chunk_bytes(bytes, size, at);
        if (step < CHUNK_EXTRA_BYTES)
            break;
        const uint8_t *type = bytes + at + 4;
        const bool pixels = memcmp(type, "IDAT", 4) == 0;
        if (pixels_seen && !pixels && number_be(bytes + at, 4) + CHUNK_EXTRA_BYTES > size - at) {
            chunks.usable_bytes = at;
            break;
        }
        pixels_seen = pixels_seen || pixels;
        chunks.has_unwanted = chunks.has_unwanted || is_unwanted(type);
        if (!pixels_seen && !exif_seen && memcmp(type, "eXIf", 4) == 0) {
            chunks.orientation = exif_orientation(type + 4, step - CHUNK_EXTRA_BYTES);
            exif_seen = true;
        }
    }
    return chunks;
}

static enum tess_status copy_without_unwanted(struct vips_input *input, struct tess_error *error)
{
    const uint8_t *bytes = input->bytes;
    const size_t size = input->size_bytes;
    bytes_init(&input->filtered, size);
    enum tess_status status = bytes_reserve(&input->filtered, size);
    if (status == TESS_OK)
        status = bytes_append(&input->filtered, bytes, SIGNATURE_BYTES);
    for (size_t at = SIGNATURE_BYTES, step; status == TESS_OK && at < size; at += step) {
        step = chunk_bytes(bytes, size, at);
        if (size - at < 8 || !is_unwanted(bytes + at + 4))
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
    const uint32_t width_px = (uint32_t)number_be(ihdr + 8, 4);
    const uint32_t height_px = (uint32_t)number_be(ihdr + 12, 4);
    if (max_pixels && (uint64_t)width_px * height_px > max_pixels)
        return error_limit(error, "max-pixels", "%u x %u pixels are more than the limit of %llu", width_px,
                           height_px, (unsigned long long)max_pixels);
    const struct chunks chunks = look_through(input->bytes, input->size_bytes);
    input->orientation = chunks.orientation;
    input->size_bytes = chunks.usable_bytes;
    return chunks.has_unwanted ? copy_without_unwanted(input, error) : TESS_OK;
}
