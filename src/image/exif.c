// SPDX-License-Identifier: MIT
#include "image/exif.h"

#include <stdbool.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, IFD_ENTRY_BYTES = 12 };

static uint32_t read_u16(const uint8_t *at, bool big_endian)
{
    return big_endian ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

static uint32_t read_u32(const uint8_t *at, bool big_endian)
{
    return big_endian ? read_u16(at, true) << 16 | read_u16(at + 2, true)
                      : read_u16(at + 2, false) << 16 | read_u16(at, false);
}

uint8_t exif_orientation(const uint8_t *tiff, size_t size_bytes)
{
    if (size_bytes < 8)
        return 1;
    bool big_endian = tiff[0] == 'M' && tiff[1] == 'M';
    bool little_endian = tiff[0] == 'I' && tiff[1] == 'I';
    if ((!big_endian && !little_endian) || read_u16(tiff + 2, big_endian) != 42)
        return 1;
    /* Only IFD 0 counts, so a chain of IFDs that loops is never followed. */
    size_t offset = read_u32(tiff + 4, big_endian);
    if (offset > size_bytes - 2)
        return 1;
    uint32_t count = read_u16(tiff + offset, big_endian);
    offset += 2;
    for (uint32_t i = 0; i < count && size_bytes - offset >= IFD_ENTRY_BYTES;
         i++, offset += IFD_ENTRY_BYTES) {
        const uint8_t *entry = tiff + offset;
        if (read_u16(entry, big_endian) != TAG_ORIENTATION)
            continue;
        uint32_t value = read_u16(entry + 8, big_endian);
        bool sound = read_u16(entry + 2, big_endian) == TYPE_SHORT && value >= 1 && value <= 8;
        return sound ? (uint8_t)value : 1;
    }
    return 1;
}
