// SPDX-License-Identifier: MIT
/*
 * The 4-point IDCT, from its definition: with s(u) = √2 · cos(u·π/8), sample x of a row of coefficients F is
 *
 *     F0 + s(1)·F1 + F2 + s(3)·F3     F0 + s(3)·F1 − F2 − s(1)·F3     and, mirrored, the same with −F1, −F3
 *
 * and the two passes together are 8 times too large. Fixed point: factors times 2^13; two fraction bits are
 * kept between the passes, where values are limited to 16 bits (data of a sane encoder stays far below).
 */
#include "image/jpeg_fast_block.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    ONE = 1 << 13,
    S1 = 10703, /* √2 · cos(π/8) · 2^13 */
    S3 = 4433,  /* √2 · cos(3π/8) · 2^13 */
    FIRST_SHIFT = 13 - 2,
    SECOND_SHIFT = 13 + 2 + 3
};

/*
 * Zigzag index to place. Behind the last coefficient that is kept there is only the spare place, 0; two
 * symbols may lead there from the index behind it, 64 further each.
 */
enum { LAST2 = 4, LAST4 = 24, PLACES = LAST4 + 1 + 2 * FAST_ADVANCE_END + 1 };
static const uint8_t places2[PLACES] = {1, 2, 3, 0, 4};
static const uint8_t places4[PLACES] = {1, 2, 5, 9, 6,  3,  4, 7, 10, 13, 0, 14, 11,
                                        8, 0, 0, 0, 12, 15, 0, 0, 0,  0,  0, 16};

static int16_t clamp16(int32_t value)
{
    return (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

void fast_block_quant(const uint16_t zigzag[64], uint32_t size, int16_t quant[16])
{
    const uint8_t *places = size == 4 ? places4 : places2;
    memset(quant, 0, 16 * sizeof quant[0]);
    for (uint32_t k = 0; k < 64; k++)
        if (places[k] != FAST_SPARE_PLACE)
            quant[places[k] - FAST_DC_PLACE] = (int16_t)zigzag[k];
}

/*
 * Reads one symbol at the head of *word and moves on. Behind the last coefficient, reading goes on without
 * effect (the spare place takes what comes), so that loops need not end at a block's end and branches on it,
 * which the processor cannot foresee, are few.
 */
static inline void read_symbol(struct fast_block *block, const uint8_t places[PLACES], uint64_t *word)
{
    uint32_t entry = block->table->value[*word >> FAST_VALUE_SHIFT];
    if (__builtin_expect(entry == 0, 0))
        entry = fast_long_value(block->table, *word);
    block->k += entry >> 8 & 255;
    block->coefs[places[block->k]] = (int16_t)(entry >> 16);
    *word <<= entry & 31;
    block->bit += entry & 31;
}

static inline uint32_t limit_k(uint32_t k, uint32_t last)
{
    return k <= last ? k : last + 1;
}

/* No more than four symbols lead to zigzag index 4; a fetch is sure to hold two. */
void fast_block_read2(const struct fast_block *block, const uint8_t *data)
{
    struct fast_block a = *block;
    for (int i = 0; i < 2; i++) {
        uint64_t word = fast_peek(data, a.bit);
        read_symbol(&a, places2, &word);
        read_symbol(&a, places2, &word);
        a.k = limit_k(a.k, LAST2);
    }
}

void fast_block_read4(const struct fast_block *block, const uint8_t *data)
{
    struct fast_block a = *block;
    while (a.k <= LAST4) {
        uint64_t word = fast_peek(data, a.bit);
        read_symbol(&a, places4, &word);
        read_symbol(&a, places4, &word);
    }
}

void fast_block_read4_pair(const struct fast_block blocks[2], const uint8_t *data)
{
    struct fast_block a = blocks[0];
    struct fast_block b = blocks[1];
    while (a.k <= LAST4 || b.k <= LAST4) {
        uint64_t word_a = fast_peek(data, a.bit);
        uint64_t word_b = fast_peek(data, b.bit);
        a.k = limit_k(a.k, LAST4);
        b.k = limit_k(b.k, LAST4);
        read_symbol(&a, places4, &word_a);
        read_symbol(&b, places4, &word_b);
        read_symbol(&a, places4, &word_a);
        read_symbol(&b, places4, &word_b);
    }
}

void fast_idct2(const int16_t coefs[4], const int16_t quant[4], uint8_t *to, size_t stride_bytes)
{
    int32_t middle = clamp16(coefs[0] * quant[0]) + 4 + (128 << 3);
    int32_t across = clamp16(coefs[1] * quant[1]);
    int32_t down = clamp16(coefs[2] * quant[2]);
    int32_t both = clamp16(coefs[3] * quant[3]);
    to[0] = fast_clamp_sample((middle + across + down + both) >> 3);
    to[1] = fast_clamp_sample((middle - across + down - both) >> 3);
    to[stride_bytes] = fast_clamp_sample((middle + across - down - both) >> 3);
    to[stride_bytes + 1] = fast_clamp_sample((middle - across - down + both) >> 3);
}

/* out[i · step] from in[i · step]. */
static void idct4_line(const int16_t *in, int32_t *out, size_t step, int shift)
{
    int32_t even0 = (in[0] + in[2 * step]) * ONE + (1 << (shift - 1));
    int32_t even1 = (in[0] - in[2 * step]) * ONE + (1 << (shift - 1));
    int32_t odd0 = in[step] * S1 + in[3 * step] * S3;
    int32_t odd1 = in[step] * S3 - in[3 * step] * S1;
    out[0] = (even0 + odd0) >> shift;
    out[step] = (even1 + odd1) >> shift;
    out[2 * step] = (even1 - odd1) >> shift;
    out[3 * step] = (even0 - odd0) >> shift;
}

void fast_idct4_plain(const int16_t coefs[16], const int16_t quant[16], uint8_t *to, size_t stride_bytes)
{
    int32_t wide[16];
    int16_t middle[16];
    for (int i = 0; i < 16; i++)
        middle[i] = clamp16(coefs[i] * quant[i]);
    for (size_t column = 0; column < 4; column++)
        idct4_line(middle + column, wide + column, 4, FIRST_SHIFT);
    for (int i = 0; i < 16; i++)
        middle[i] = clamp16(wide[i]);
    for (size_t row = 0; row < 4; row++, to += stride_bytes) {
        idct4_line(middle + 4 * row, wide, 1, SECOND_SHIFT);
        for (int i = 0; i < 4; i++)
            to[i] = fast_clamp_sample(clamp16(wide[i]) + 128);
    }
}

#ifdef __SSE2__

static __m128i dequantize8(const int16_t coefs[8], const int16_t quant[8])
{
    __m128i values = _mm_loadu_si128((const __m128i *)(const void *)coefs);
    __m128i factors = _mm_loadu_si128((const __m128i *)(const void *)quant);
    __m128i low = _mm_mullo_epi16(values, factors);
    __m128i high = _mm_mulhi_epi16(values, factors);
    return _mm_packs_epi32(_mm_unpacklo_epi16(low, high), _mm_unpackhi_epi16(low, high));
}

static __m128i pair(int16_t first, int16_t second)
{
    return _mm_set_epi16(second, first, second, first, second, first, second, first);
}

/* Four lines side by side: rows01 holds inputs 0 and 1 of each, rows23 inputs 2 and 3, and so do the results.
 */
static void idct4_lines(__m128i *rows01, __m128i *rows23, int shift)
{
    const __m128i round = _mm_set1_epi32(1 << (shift - 1));
    __m128i even_in = _mm_unpacklo_epi16(*rows01, *rows23); /* 0, 2 of each line */
    __m128i odd_in = _mm_unpackhi_epi16(*rows01, *rows23);  /* 1, 3 */
    __m128i even0 = _mm_add_epi32(_mm_madd_epi16(even_in, pair(ONE, ONE)), round);
    __m128i even1 = _mm_add_epi32(_mm_madd_epi16(even_in, pair(ONE, -ONE)), round);
    __m128i odd0 = _mm_madd_epi16(odd_in, pair(S1, S3));
    __m128i odd1 = _mm_madd_epi16(odd_in, pair(S3, -S1));
    __m128i line0 = _mm_srai_epi32(_mm_add_epi32(even0, odd0), shift);
    __m128i line1 = _mm_srai_epi32(_mm_add_epi32(even1, odd1), shift);
    __m128i line2 = _mm_srai_epi32(_mm_sub_epi32(even1, odd1), shift);
    __m128i line3 = _mm_srai_epi32(_mm_sub_epi32(even0, odd0), shift);
    *rows01 = _mm_packs_epi32(line0, line1);
    *rows23 = _mm_packs_epi32(line2, line3);
}

static void transpose4(__m128i *rows01, __m128i *rows23)
{
    __m128i a = _mm_unpacklo_epi16(*rows01, *rows23); /* 00 20 01 21 02 22 03 23 */
    __m128i b = _mm_unpackhi_epi16(*rows01, *rows23); /* 10 30 11 31 12 32 13 33 */
    *rows01 = _mm_unpacklo_epi16(a, b);               /* 00 10 20 30 01 11 21 31 */
    *rows23 = _mm_unpackhi_epi16(a, b);
}

void fast_idct4(const int16_t coefs[16], const int16_t quant[16], uint8_t *to, size_t stride_bytes)
{
    __m128i rows01 = dequantize8(coefs, quant);
    __m128i rows23 = dequantize8(coefs + 8, quant + 8);
    idct4_lines(&rows01, &rows23, FIRST_SHIFT);
    transpose4(&rows01, &rows23);
    idct4_lines(&rows01, &rows23, SECOND_SHIFT);
    transpose4(&rows01, &rows23);
    const __m128i middle = _mm_set1_epi16(128);
    __m128i samples = _mm_packus_epi16(_mm_adds_epi16(rows01, middle), _mm_adds_epi16(rows23, middle));
    for (int row = 0; row < 4; row++, to += stride_bytes) {
        int four = _mm_cvtsi128_si32(samples);
        memcpy(to, &four, 4);
        samples = _mm_srli_si128(samples, 4);
    }
}

#else

void fast_idct4(const int16_t coefs[16], const int16_t quant[16], uint8_t *to, size_t stride_bytes)
{
    fast_idct4_plain(coefs, quant, to, stride_bytes);
}

#endif
