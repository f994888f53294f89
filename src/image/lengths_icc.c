// SPDX-License-Identifier: MIT
/*
 * ICC profiles (ICC.1:2010): a table of tags, and in the tags tables whose sizes are products of what single
 * bytes say. Tags of other types hold lists that colour libraries read one by one; those end by themselves.
 */
#include <string.h>

#include "image/lengths.h"
#include "image/numbers.h"

enum { HEADER = 128, TAG_ENTRY = 12, MAX_TAGS = 200 /* lcms2 takes 100 */ };

/* A product that stays at the top. */
static uint64_t times(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* lut8Type, lut16Type (sections 10.8 and 10.9): inputs, outputs, one number of grid points for all inputs. */
static bool lut_fits(const uint8_t *tag, size_t size, unsigned sample_bytes)
{
    if (size < 48)
        return false;
    uint64_t entries = tag[9];
    for (unsigned i = 0; i < tag[8]; i++)
        entries = times(entries, tag[10]);
    return times(entries, sample_bytes) <= size - 48;
}

/* lutAToBType, lutBToAType (10.10, 10.11): the table stands where an offset says; grid points for each input.
 */
static bool lut_ab_fits(const uint8_t *tag, size_t size)
{
    if (size < 32)
        return false;
    const uint64_t at = number_be(tag + 24, 4);
    if (at == 0)
        return true;
    if (at > size || size - at < 20 || tag[8] > 16)
        return false;
    uint64_t entries = tag[9];
    for (unsigned i = 0; i < tag[8]; i++)
        entries = times(entries, tag[at + i]);
    return times(entries, tag[at + 16] == 1 ? 1 : 2) <= size - at - 20;
}

static bool tag_fits(const uint8_t *tag, size_t size)
{
    if (size < 12)
        return true; /* too small for any table */
    if (memcmp(tag, "mft1", 4) == 0)
        return lut_fits(tag, size, 1);
    if (memcmp(tag, "mft2", 4) == 0)
        return lut_fits(tag, size, 2);
    if (memcmp(tag, "mAB ", 4) == 0 || memcmp(tag, "mBA ", 4) == 0)
        return lut_ab_fits(tag, size);
    if (memcmp(tag, "curv", 4) == 0)
        return number_be(tag + 8, 4) <= (size - 12) / 2;
    return true;
}

bool lengths_icc_fit(const uint8_t *profile, size_t size_bytes)
{
    if (size_bytes < HEADER + 4)
        return false;
    const uint64_t count = number_be(profile + HEADER, 4);
    if (count > MAX_TAGS || count > (size_bytes - HEADER - 4) / TAG_ENTRY)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *entry = profile + HEADER + 4 + i * TAG_ENTRY;
        const uint64_t at = number_be(entry + 4, 4), size = number_be(entry + 8, 4);
        /* A tag that leads out of the profile is not there, to colour libraries. */
        if (at <= size_bytes && size <= size_bytes - at && !tag_fits(profile + at, (size_t)size))
            return false;
    }
    return true;
}
