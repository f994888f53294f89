// SPDX-License-Identifier: MIT
/*
 * One block: its low-frequency coefficients, and from them its samples at 1/8, 1/4 or 1/2.
 *
 * Which coefficients? libjpeg's scaled IDCTs average the full-size samples (a box filter), for which they
 * need coefficients up to the last one. We keep the lowest 1 × 1, 2 × 2 or 4 × 4 and transform them at that
 * size: a band limit at exactly the new sampling rate, and nothing behind zigzag index 4 or 24 is needed.
 * PSNR of a tile of a photo (luma; 2250² to 100, 256, 700 px with Lanczos 3) against full size and Lanczos 3,
 * dB, worst and best of eight photos:
 *
 *             1/8, 100 px     1/4, 256 px     1/2, 700 px
 *   libjpeg   46.8 … 52.3     44.0 … 49.5     41.6 … 47.3
 *   this      47.9 … 52.4     48.1 … 52.3     49.5 … 52.6
 *
 * All arithmetic is on integers and the same in C and SSE2, so that the samples do not depend on the CPU.
 */
#ifndef IMAGE_JPEG_FAST_BLOCK_H
#define IMAGE_JPEG_FAST_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "image/jpeg_fast_tables.h"

/* Where coefficients go: one place for all that a scale does not keep, then those it keeps, row by row. */
enum { FAST_SPARE_PLACE = 0, FAST_DC_PLACE = 1, FAST_BLOCK_COEFS = 17 };

/* The quantization of the coefficients that blocks of size × size samples keep, row by row. */
void fast_block_quant(const uint16_t zigzag[64], uint32_t size, int16_t quant[16]);

/* A block whose DC coefficient has been read. */
struct fast_block {
    const struct fast_ac_table *table;
    uint64_t bit;   /* where the next code begins */
    uint32_t k;     /* zigzag index of the last coefficient read */
    int16_t *coefs; /* FAST_BLOCK_COEFS; all but the DC are 0 at first */
};

static inline uint8_t fast_clamp_sample(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Read the coefficients of a block of 2 × 2 or 4 × 4 samples; or of two blocks at once, which takes less
 * time. */
void fast_block_read2(const struct fast_block *block, const uint8_t *data);
void fast_block_read4(const struct fast_block *block, const uint8_t *data);
void fast_block_read4_pair(const struct fast_block blocks[2], const uint8_t *data);

/* Samples from coefficients row by row, limited to 16 bits after dequantization; `to` is the upper left
 * sample. */
static inline void fast_idct1(int16_t coef, int16_t quant, uint8_t *to)
{
    *to = fast_clamp_sample(((coef * quant + 4) >> 3) + 128);
}

void fast_idct2(const int16_t coefs[4], const int16_t quant[4], uint8_t *to, size_t stride_bytes);
void fast_idct4(const int16_t coefs[16], const int16_t quant[16], uint8_t *to, size_t stride_bytes);

/* fast_idct4 without SSE2: what it must equal. */
void fast_idct4_plain(const int16_t coefs[16], const int16_t quant[16], uint8_t *to, size_t stride_bytes);

#endif
