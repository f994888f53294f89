// SPDX-License-Identifier: MIT
/* The orientation in a TIFF structure: never outside 1 to 8, whatever the offsets in it say. */
#include "fuzz.h"

#include "image/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    uint8_t orientation = exif_orientation(copy, size);
    FUZZ_ASSERT(orientation >= 1 && orientation <= 8);
    free(copy);
    return 0;
}
