// SPDX-License-Identifier: MIT
/* Numbers in files: big-endian and little-endian. The caller has made sure that the bytes are there. */
#ifndef IMAGE_NUMBERS_H
#define IMAGE_NUMBERS_H

#include <stdint.h>

/* A number of 0 to 8 bytes, the first the most significant. */
static inline uint64_t number_be(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline uint64_t number_le(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

#endif
