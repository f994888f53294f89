// SPDX-License-Identifier: MIT
/*
 * The two inner loops of the resampler, in portable C and with SSE2. Both give the same bytes: all sums are
 * exact in 32-bit integers, so their order does not matter.
 */
#ifndef IMAGE_RESAMPLE_KERNELS_H
#define IMAGE_RESAMPLE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    RESAMPLE_WEIGHT_BITS = 14, /* weights are fractions of 1 << 14 */
    RESAMPLE_MIDDLE_BITS = 6,  /* extra bits that samples keep between the passes */
    RESAMPLE_TAPS_MULTIPLE = 8 /* weights and middle rows are padded so that this many can be read at once */
};

struct resample_kernels {
    /*
     * One middle row: for each of `width` columns the weighted sum of `taps` source rows, as int16 with
     * RESAMPLE_MIDDLE_BITS of fraction.
     */
    void (*sum_rows)(const uint8_t *source, size_t stride_bytes, const int16_t *weights, uint32_t taps,
                     uint32_t width, int16_t *middle);

    /*
     * One target row of `count` bytes: each the sum of `padded_taps` (a multiple of RESAMPLE_TAPS_MULTIPLE)
     * weighted middle samples from middle[first[i]] on. `weights` holds count × padded_taps.
     */
    void (*filter_row)(const int16_t *middle, const uint32_t *first, const int16_t *weights,
                       uint32_t padded_taps, uint32_t count, uint8_t *target);
};

extern const struct resample_kernels resample_kernels_portable;

/* The fastest that this processor has. */
const struct resample_kernels *resample_kernels_best(void);

#endif
