// SPDX-License-Identifier: MIT
/* Sides from any bytes: nothing beyond them is read, whatever lengths they claim. */
#include "fuzz.h"

#include "image/hevc_size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    uint32_t width_px = 0, height_px = 0;
    (void)hevc_is_sps(copy, size);
    if (hevc_sps_size(copy, size, &width_px, &height_px))
        FUZZ_ASSERT(size > 14); /* the shortest that says them */
    free(copy);
    return 0;
}
