// SPDX-License-Identifier: MIT
/* What kind of image some bytes are; the answer does not change with what comes after the first SNIFF_BYTES.
 */
#include "fuzz.h"

#include "image/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    enum image_kind kind = sniff_kind(copy, size);
    FUZZ_ASSERT((int)kind < IMAGE_KIND_COUNT);
    FUZZ_ASSERT(sniff_name(kind)[0] != '\0' && sniff_extension(kind)[0] != '\0');
    FUZZ_ASSERT(strchr(sniff_media_type(kind), '/'));
    if (size > SNIFF_BYTES)
        FUZZ_ASSERT(sniff_kind(copy, SNIFF_BYTES) == kind);
    free(copy);
    return 0;
}
