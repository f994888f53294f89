// SPDX-License-Identifier: MIT
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

#include "image/numbers.h"

enum {
    TAG_ORIENTATION = 0x0112,
    TYPE_BYTE = 1,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    VERSION_TIFF = 42,
    VERSION_BIGTIFF = 43
};

/* A TIFF structure: its bytes, and how numbers are written in it. */
struct tiff_view {
    const uint8_t *bytes;
    size_t size;
    bool big_endian, big_tiff;
};

/* A number of 1 to 8 bytes; the caller has made sure that they are there. */
static uint64_t number(const struct tiff_view *tiff, size_t at, unsigned count)
{
    return tiff->big_endian ? number_be(tiff->bytes + at, count) : number_le(tiff->bytes + at, count);
}

static bool is_there(const struct tiff_view *tiff, uint64_t at, size_t count)
{
    return at <= tiff->size && tiff->size - at >= count;
}

static bool read_version(struct tiff_view *tiff)
{
    if (tiff->size < 8 || tiff->bytes[0] != tiff->bytes[1])
        return false;
    tiff->big_endian = tiff->bytes[0] == 'M';
    if (!tiff->big_endian && tiff->bytes[0] != 'I')
        return false;
    const uint64_t version = number(tiff, 2, 2);
    tiff->big_tiff = version == VERSION_BIGTIFF;
    return version == VERSION_TIFF || (tiff->big_tiff && tiff->size >= 16);
}

/* The first value of the entry at `at`; of several, those that fit into the entry are kept there too. */
static uint8_t value_of(const struct tiff_view *tiff, size_t at)
{
    const unsigned count_bytes = tiff->big_tiff ? 8 : 4;
    const uint64_t type = number(tiff, at + 2, 2);
    const unsigned bytes = type == TYPE_BYTE ? 1 : type == TYPE_SHORT ? 2 : type == TYPE_LONG ? 4 : 0;
    const uint64_t count = number(tiff, at + 4, count_bytes);
    if (bytes == 0 || count == 0 || count > count_bytes / bytes)
        return 1;
    const uint64_t value = number(tiff, at + 4 + count_bytes, bytes);
    return value >= 1 && value <= 8 ? (uint8_t)value : 1;
}

uint8_t exif_orientation(const uint8_t *bytes, size_t size_bytes)
{
    static const char tag[] = "Exif\0"; /* and the array's own NUL: six bytes */
    const size_t skipped = size_bytes >= sizeof tag && memcmp(bytes, tag, sizeof tag) == 0 ? sizeof tag : 0;
    struct tiff_view tiff = {.bytes = bytes + skipped, .size = size_bytes - skipped};
    if (!read_version(&tiff))
        return 1;
    const unsigned head_bytes = tiff.big_tiff ? 8 : 2, entry_bytes = tiff.big_tiff ? 20 : 12;
    /* Only the first directory counts, so a chain of them that loops is never followed. */
    uint64_t at = tiff.big_tiff ? number(&tiff, 8, 8) : number(&tiff, 4, 4);
    if (!is_there(&tiff, at, head_bytes))
        return 1;
    const uint64_t count = number(&tiff, (size_t)at, head_bytes);
    at += head_bytes;
    for (uint64_t i = 0; i < count && is_there(&tiff, at, entry_bytes); i++, at += entry_bytes)
        if (number(&tiff, (size_t)at, 2) == TAG_ORIENTATION)
            return value_of(&tiff, (size_t)at);
    return 1;
}
