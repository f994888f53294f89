// SPDX-License-Identifier: MIT
/*
 * Where blocks begin: walking over the Huffman codes of a scan without looking at their values.
 *
 * A Huffman decoder waits: each lookup needs the bits that the one before has left. Four walkers that take
 * turns, each in a part of the data of its own, fill the waiting times: 5.2 ms a photo of 3 MB instead of
 * 9.3 for one alone. jpeg_fast_scan.c finds parts for them and proves their results right.
 */
#ifndef IMAGE_JPEG_FAST_WALK_H
#define IMAGE_JPEG_FAST_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "image/jpeg_fast_tables.h"

enum {
    FAST_WALKERS = 4,
    /*
     * The longest MCU: 10 blocks of a DC (16 + 11 bits) and 63 AC symbols (16 + 10), plus one lookup too
     * many. A walk that began within the data reads at most so far beyond its end, and FAST_SOURCE_MARGIN is
     * made for it.
     */
    FAST_MCU_MAX_BYTES = (FAST_MAX_MCU_BLOCKS * (27 + 63 * 26) + 64) / 8
};

/* What all walkers share: the tables of each block of an MCU, and the data. */
struct fast_walk {
    const uint8_t *data;
    uint32_t mcu_blocks;
    const struct fast_dc_table *dc[FAST_MAX_MCU_BLOCKS];
    const struct fast_ac_table *ac[FAST_MAX_MCU_BLOCKS];
};

/*
 * A stretch of MCUs. In: `bit` where it begins, `end_bit`, room for `block_room` positions. The walk ends at
 * the first MCU that begins at end_bit or later, or for which there is no room. Out: `bit` where that MCU
 * begins, and the positions of all blocks before it.
 */
struct fast_stretch {
    uint64_t bit, end_bit;
    uint32_t *block_bits;
    uint32_t block_count, block_room;
};

void fast_walk_init(struct fast_walk *walk, const struct fast_frame *frame, const struct fast_tables *tables);

/*
 * Walks one MCU from `bit` and stores where its blocks begin. Where the next one begins, or 0: no code fits,
 * or a run leads out of a block.
 */
uint64_t fast_walk_mcu(const struct fast_walk *walk, uint64_t bit, uint32_t *block_bits);

/*
 * Walks four stretches at once, until the first of them is through; the others are left where they are. A
 * stretch need not begin at an MCU: the walk falls into step by itself after a few hundred bits, and whoever
 * calls must check from where on. Where no code fits, a stretch begins anew behind it, without the blocks
 * found before: so those of a stretch follow from each other without a gap.
 */
void fast_walk_stretches(const struct fast_walk *walk, struct fast_stretch stretches[FAST_WALKERS]);

#endif
