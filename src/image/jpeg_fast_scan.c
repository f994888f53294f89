// SPDX-License-Identifier: MIT
/*
 * Four walkers in one scan, without restart markers.
 *
 * A window of the scan is cut into four parts of equal size. The first walker begins where an MCU is known to
 * begin; the others begin anywhere, and at first find nonsense. Huffman codes fall into step again by
 * themselves, also as to position within a block and within an MCU: after 200 bytes of a photo on average,
 * 1,400 at most in 400 tries. It is never assumed: a walker's blocks are taken over from the first MCU on
 * that begins at exactly the bit where the part before it, known to be right, has an MCU begin. From there
 * both would read the same codes. If there is no such MCU, or a walker had to stop early, the walk goes on
 * alone.
 *
 *     part 0                    | part 1                    | part 2 …
 *     M....M...M.....M...M....M.|..M...M                       the truth, walked on into part 1
 *                               |?.?....?..M...M....M...M...   walker 1: out of step, then in step: joined at
 * M
 */
#include "image/jpeg_fast_scan.h"

#include <stdlib.h>

#include "base/error.h"
#include "image/jpeg_fast_source.h"
#include "image/jpeg_fast_walk.h"

enum {
    PART_BYTES = 32 * 1024,    /* a window and its positions fit in the second-level cache */
    PART_MIN_BYTES = 2 * 1024, /* below that, falling into step takes too large a share */
    PART_BLOCKS = 16 * 1024,   /* positions kept for a part: enough from 16 bits a block on */
    WINDOW_BYTES = FAST_WALKERS * PART_BYTES + FAST_MCU_MAX_BYTES,
    MARKER_RST0 = 0xD0
};

_Static_assert((int)FAST_SOURCE_MARGIN >= (int)FAST_MCU_MAX_BYTES + 16, "an MCU may run past the data's end");

struct scan {
    const struct fast_sink *sink;
    struct tess_error *error;
    struct fast_source source;
    struct fast_walk walk;
    uint32_t *positions;    /* FAST_WALKERS + 1 times PART_BLOCKS; the last are for walking alone */
    uint64_t bit;           /* in the window: where the next MCU begins */
    uint64_t interval_mcus; /* still to come, up to the next restart marker or the end */
    uint64_t done_mcus;
};

static enum tess_status fail(const struct scan *scan, const char *what)
{
    return error_set(scan->error, TESS_ERR_CORRUPT, "JPEG: %s after %llu MCUs", what,
                     (unsigned long long)scan->done_mcus);
}

/* Hands out MCUs that are known to be right, no more than are wanted; the last ends at end_bit. */
static enum tess_status hand_out(struct scan *scan, const uint32_t *positions, uint32_t mcu_count,
                                 uint64_t end_bit)
{
    if (mcu_count > scan->interval_mcus) {
        mcu_count = (uint32_t)scan->interval_mcus;
        end_bit = positions[mcu_count * scan->walk.mcu_blocks];
    }
    if (end_bit > 8 * (uint64_t)scan->source.size)
        return fail(scan, "the data ends");
    const struct fast_batch batch = {scan->source.data, positions, mcu_count};
    scan->sink->take(scan->sink->context, &batch);
    scan->interval_mcus -= mcu_count;
    scan->done_mcus += mcu_count;
    scan->bit = end_bit;
    return TESS_OK;
}

/* One after the other, up to the first MCU that begins at end_bit or later. */
static enum tess_status walk_alone(struct scan *scan, uint64_t end_bit)
{
    uint32_t *positions = scan->positions + FAST_WALKERS * PART_BLOCKS;
    const uint32_t mcu_blocks = scan->walk.mcu_blocks;
    enum tess_status status = TESS_OK;
    while (status == TESS_OK && scan->bit < end_bit && scan->interval_mcus > 0) {
        uint64_t bit = scan->bit;
        uint32_t count = 0;
        while (bit < end_bit && count < scan->interval_mcus && (count + 1) * mcu_blocks <= PART_BLOCKS) {
            bit = fast_walk_mcu(&scan->walk, bit, positions + (size_t)count * mcu_blocks);
            if (bit == 0)
                return fail(scan, "damaged data (no such Huffman code, or too many coefficients)");
            count++;
        }
        status = hand_out(scan, positions, count, bit);
    }
    return status;
}

/* The truth has come to where this stretch lies: takes over what it has found, as soon as both agree. */
static enum tess_status join(struct scan *scan, const struct fast_stretch *stretch)
{
    const uint32_t mcu_blocks = scan->walk.mcu_blocks;
    enum tess_status status = TESS_OK;
    for (uint32_t at = 0; status == TESS_OK && scan->interval_mcus > 0;) {
        while (at < stretch->block_count && stretch->block_bits[at] < scan->bit)
            at += mcu_blocks;
        if (at >= stretch->block_count)
            break;
        if (stretch->block_bits[at] == scan->bit)
            return hand_out(scan, stretch->block_bits + at, (stretch->block_count - at) / mcu_blocks,
                            stretch->bit);
        status = walk_alone(scan, scan->bit + 1);
    }
    return status;
}

static enum tess_status walk_together(struct scan *scan, uint64_t end_bit)
{
    struct fast_stretch stretches[FAST_WALKERS];
    const uint64_t part_bits = (end_bit - scan->bit) / FAST_WALKERS;
    for (uint32_t i = 0; i < FAST_WALKERS; i++)
        stretches[i] = (struct fast_stretch){.bit = scan->bit + i * part_bits,
                                             .end_bit = scan->bit + (i + 1) * part_bits,
                                             .block_bits = scan->positions + (size_t)i * PART_BLOCKS,
                                             .block_room = PART_BLOCKS};
    fast_walk_stretches(&scan->walk, stretches);
    enum tess_status status = TESS_OK;
    for (uint32_t i = 0; status == TESS_OK && scan->interval_mcus > 0 && i < FAST_WALKERS; i++) {
        status = join(scan, &stretches[i]);
        if (status == TESS_OK)
            status = walk_alone(scan, stretches[i].end_bit);
    }
    return status;
}

static enum tess_status walk_window(struct scan *scan)
{
    fast_source_advance(&scan->source, scan->bit >> 3);
    scan->bit &= 7;
    uint64_t end_byte = scan->source.size;
    if (!scan->source.complete)
        end_byte -= FAST_MCU_MAX_BYTES; /* what begins before that is here as a whole */
    uint64_t end_bit = 8 * end_byte;
    if (scan->bit >= end_bit)
        return fail(scan, "the data ends");
    if (end_bit - scan->bit < 8 * (uint64_t)FAST_WALKERS * PART_MIN_BYTES)
        return walk_alone(scan, end_bit);
    return walk_together(scan, end_bit);
}

static enum tess_status run(struct scan *scan, uint32_t restart_interval, uint64_t mcu_count)
{
    for (uint8_t marker = MARKER_RST0;; marker = MARKER_RST0 | ((marker + 1) & 7)) {
        scan->interval_mcus = mcu_count - scan->done_mcus;
        if (restart_interval != 0 && restart_interval < scan->interval_mcus)
            scan->interval_mcus = restart_interval;
        scan->bit = 0;
        while (scan->interval_mcus > 0) {
            enum tess_status status = walk_window(scan);
            if (status != TESS_OK)
                return status;
        }
        if (scan->done_mcus == mcu_count)
            return TESS_OK;
        if (!fast_source_pass_marker(&scan->source, marker))
            return fail(scan, "no restart marker, or a wrong one,");
        scan->sink->restart(scan->sink->context);
    }
}

static size_t window_bytes(const struct fast_frame *frame)
{
    size_t largest = WINDOW_BYTES;
    return frame->scan_bytes < largest ? frame->scan_bytes + 1 : largest;
}

uint64_t fast_scan_peak_bytes(const struct fast_frame *frame)
{
    return window_bytes(frame) + FAST_SOURCE_MARGIN + (FAST_WALKERS + 1) * PART_BLOCKS * sizeof(uint32_t);
}

enum tess_status fast_scan_run(const struct fast_frame *frame, const struct fast_tables *tables,
                               uint64_t mcu_count, const struct fast_sink *sink, struct tess_error *error)
{
    struct scan scan = {.sink = sink, .error = error};
    fast_walk_init(&scan.walk, frame, tables);
    scan.positions = malloc((FAST_WALKERS + 1) * PART_BLOCKS * sizeof *scan.positions);
    enum tess_status status = TESS_ERR_MEMORY;
    if (scan.positions &&
        fast_source_init(&scan.source, frame->scan, frame->scan_bytes, window_bytes(frame))) {
        scan.walk.data = scan.source.data;
        status = run(&scan, frame->restart_interval, mcu_count);
    } else {
        (void)error_set(error, status, "no memory to decode a JPEG");
    }
    fast_source_clear(&scan.source);
    free(scan.positions);
    return status;
}
