// SPDX-License-Identifier: MIT
#include "image/resample_kernels.h"

#include <string.h>

enum {
    MIDDLE_SHIFT = RESAMPLE_WEIGHT_BITS - RESAMPLE_MIDDLE_BITS,
    MIDDLE_HALF = 1 << (MIDDLE_SHIFT - 1),
    FINAL_SHIFT = RESAMPLE_WEIGHT_BITS + RESAMPLE_MIDDLE_BITS,
    FINAL_HALF = 1 << (FINAL_SHIFT - 1)
};

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void sum_columns(const uint8_t *source, size_t stride_bytes, const int16_t *weights, uint32_t taps,
                        uint32_t from, uint32_t width, int16_t *middle)
{
    for (uint32_t x = from; x < width; x++) {
        int32_t sum = MIDDLE_HALF;
        for (uint32_t k = 0; k < taps; k++)
            sum += weights[k] * source[k * stride_bytes + x];
        middle[x] = (int16_t)clamp(sum >> MIDDLE_SHIFT, INT16_MIN, INT16_MAX);
    }
}

static void sum_rows_portable(const uint8_t *source, size_t stride_bytes, const int16_t *weights,
                              uint32_t taps, uint32_t width, int16_t *middle)
{
    sum_columns(source, stride_bytes, weights, taps, 0, width, middle);
}

static void filter_row_portable(const int16_t *middle, const uint32_t *first, const int16_t *weights,
                                uint32_t padded_taps, uint32_t count, uint8_t *target)
{
    for (uint32_t i = 0; i < count; i++, weights += padded_taps) {
        int32_t sum = FINAL_HALF;
        for (uint32_t k = 0; k < padded_taps; k++)
            sum += weights[k] * middle[first[i] + k];
        target[i] = (uint8_t)clamp(sum >> FINAL_SHIFT, 0, 255);
    }
}

const struct resample_kernels resample_kernels_portable = {sum_rows_portable, filter_row_portable};

#ifdef __SSE2__

#include <emmintrin.h>

enum { COLUMNS = 16 }; /* one register of bytes */

/* Four sums of 32 bits for 16 columns of bytes. */
struct column_sums {
    __m128i quarter[4];
};

/* Adds two rows at once: bytes of both are interleaved, so that one multiply-add takes a sample of each. */
static inline void add_two_rows(struct column_sums *sums, __m128i upper, __m128i lower,
                                __m128i pair_of_weights)
{
    const __m128i zero = _mm_setzero_si128();
    const __m128i left = _mm_unpacklo_epi8(upper, lower), right = _mm_unpackhi_epi8(upper, lower);
    const __m128i samples[4] = {_mm_unpacklo_epi8(left, zero), _mm_unpackhi_epi8(left, zero),
                                _mm_unpacklo_epi8(right, zero), _mm_unpackhi_epi8(right, zero)};
    for (int i = 0; i < 4; i++)
        sums->quarter[i] = _mm_add_epi32(sums->quarter[i], _mm_madd_epi16(samples[i], pair_of_weights));
}

static __m128i pair_of(int16_t even, int16_t odd)
{
    return _mm_set1_epi32((int32_t)((uint32_t)(uint16_t)even | (uint32_t)(uint16_t)odd << 16));
}

static inline __m128i load_bytes(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

static inline void store_words(int16_t *to, __m128i words)
{
    _mm_storeu_si128((__m128i *)(void *)to, words);
}

static void sum_rows_sse2(const uint8_t *source, size_t stride_bytes, const int16_t *weights, uint32_t taps,
                          uint32_t width, int16_t *middle)
{
    uint32_t x = 0;
    for (; x + COLUMNS <= width; x += COLUMNS) {
        const __m128i half = _mm_set1_epi32(MIDDLE_HALF);
        struct column_sums sums = {{half, half, half, half}};
        const uint8_t *row = source + x;
        uint32_t k = 0;
        for (; k + 2 <= taps; k += 2, row += 2 * stride_bytes)
            add_two_rows(&sums, load_bytes(row), load_bytes(row + stride_bytes),
                         pair_of(weights[k], weights[k + 1]));
        if (k < taps)
            add_two_rows(&sums, load_bytes(row), _mm_setzero_si128(), pair_of(weights[k], 0));
        for (int i = 0; i < 4; i++)
            sums.quarter[i] = _mm_srai_epi32(sums.quarter[i], MIDDLE_SHIFT);
        store_words(middle + x, _mm_packs_epi32(sums.quarter[0], sums.quarter[1]));
        store_words(middle + x + 8, _mm_packs_epi32(sums.quarter[2], sums.quarter[3]));
    }
    sum_columns(source, stride_bytes, weights, taps, x, width, middle);
}

static inline __m128i load_words(const int16_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

/* Four partial sums of one target sample. */
static inline __m128i partial_sums(const int16_t *middle, const int16_t *weights, uint32_t padded_taps)
{
    __m128i sum = _mm_setzero_si128();
    for (uint32_t k = 0; k < padded_taps; k += RESAMPLE_TAPS_MULTIPLE)
        sum = _mm_add_epi32(sum, _mm_madd_epi16(load_words(middle + k), load_words(weights + k)));
    return sum;
}

/* Adds up four registers of partial sums to one register of four sums: a transpose. */
static inline __m128i gather_sums(__m128i a, __m128i b, __m128i c, __m128i d)
{
    const __m128i ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    const __m128i cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    return _mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd));
}

static void filter_row_sse2(const int16_t *middle, const uint32_t *first, const int16_t *weights,
                            uint32_t padded_taps, uint32_t count, uint8_t *target)
{
    uint32_t i = 0;
    for (; i + 4 <= count; i += 4, weights += 4 * (size_t)padded_taps) {
        __m128i sums =
            gather_sums(partial_sums(middle + first[i], weights, padded_taps),
                        partial_sums(middle + first[i + 1], weights + padded_taps, padded_taps),
                        partial_sums(middle + first[i + 2], weights + 2 * padded_taps, padded_taps),
                        partial_sums(middle + first[i + 3], weights + 3 * padded_taps, padded_taps));
        sums = _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(FINAL_HALF)), FINAL_SHIFT);
        const __m128i words = _mm_packs_epi32(sums, sums);
        const int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
        memcpy(target + i, &four, sizeof four);
    }
    filter_row_portable(middle, first + i, weights, padded_taps, count - i, target + i);
}

static const struct resample_kernels kernels_sse2 = {sum_rows_sse2, filter_row_sse2};

const struct resample_kernels *resample_kernels_best(void)
{
    return &kernels_sse2;
}

#else

const struct resample_kernels *resample_kernels_best(void)
{
    return &resample_kernels_portable;
}

#endif
