// SPDX-License-Identifier: MIT
/*
 * The scan as a sequence of MCUs: where each of their blocks begins, in order, handed out in batches.
 */
#ifndef IMAGE_JPEG_FAST_SCAN_H
#define IMAGE_JPEG_FAST_SCAN_H

#include <stdint.h>

#include <tessera/status.h>

#include "image/jpeg_fast_tables.h"

/* Consecutive MCUs. Valid during the call only. */
struct fast_batch {
    const uint8_t *data;        /* what the positions are relative to; for fast_peek() */
    const uint32_t *block_bits; /* mcu_count times frame->mcu_blocks: where the blocks' DC codes begin */
    uint32_t mcu_count;
};

struct fast_sink {
    void *context;
    void (*restart)(void *context); /* a new restart interval: DC predictions begin at 0 */
    void (*take)(void *context, const struct fast_batch *batch);
};

/*
 * Hands the first `mcu_count` MCUs to the sink; every one of their blocks is complete and its codes are
 * valid. TESS_ERR_CORRUPT when the data ends or is damaged before, TESS_ERR_MEMORY.
 */
enum tess_status fast_scan_run(const struct fast_frame *frame, const struct fast_tables *tables,
                               uint64_t mcu_count, const struct fast_sink *sink, struct tess_error *error);

/* The most that fast_scan_run() allocates. */
uint64_t fast_scan_peak_bytes(const struct fast_frame *frame);

#endif
