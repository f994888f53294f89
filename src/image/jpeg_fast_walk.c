// SPDX-License-Identifier: MIT
/*
 * Validity. A block's position k stays below 63 until the block ends; how `skip` entries are made (see
 * jpeg_fast_tables.h) folds "reached 63", "end of block", "overrun" and "no such code" into one test, k
 * >= 63. Whatever is not plainly a proper end is walked again symbol by symbol: a block that really ends
 * within a lookup (the entry then holds symbols of the next one), codes of more than 12 bits, and damage.
 */
#include "image/jpeg_fast_walk.h"

#include <string.h>

void fast_walk_init(struct fast_walk *walk, const struct fast_frame *frame, const struct fast_tables *tables)
{
    memset(walk, 0, sizeof *walk);
    walk->mcu_blocks = frame->mcu_blocks;
    for (uint32_t b = 0; b < frame->mcu_blocks; b++) {
        const struct fast_component *component = &frame->components[frame->block_component[b]];
        walk->dc[b] = &tables->dc[component->dc_slot];
        walk->ac[b] = &tables->ac[component->ac_slot];
    }
}

static inline bool ended_properly(uint32_t k)
{
    return k == 63 || k - FAST_SKIP_END <= 62;
}

/* From position k of a block to its end. The bit behind it, or 0. */
static __attribute__((noinline)) uint64_t finish_block(const struct fast_walk *walk, uint32_t block,
                                                       uint64_t bit, uint32_t k)
{
    const struct fast_ac_table *table = walk->ac[block];
    while (k < 63) {
        uint64_t word = fast_peek(walk->data, bit);
        uint32_t entry = table->skip[word >> FAST_PEEK_SHIFT];
        uint32_t next_k = k + (entry & 255);
        if (next_k < 63 || ended_properly(next_k)) {
            bit += entry >> 8;
            k = next_k;
            continue;
        }
        uint32_t symbol = fast_ac_symbol(table, word);
        if (symbol == 0)
            return 0;
        bit += symbol & FAST_BITS_MASK;
        k += symbol >> FAST_ADVANCE_SHIFT;
        if (symbol >> FAST_ADVANCE_SHIFT == FAST_ADVANCE_END)
            break;
        if (k > 63)
            return 0;
    }
    return bit;
}

/* Bits of the DC code and difference at `bit`; 0 when there is no such code. */
static inline uint32_t dc_bits(const struct fast_walk *walk, uint32_t block, uint64_t bit)
{
    return fast_dc_symbol(walk->dc[block], fast_peek(walk->data, bit)) & FAST_BITS_MASK;
}

static uint64_t walk_block(const struct fast_walk *walk, uint32_t block, uint64_t bit)
{
    uint32_t dc = dc_bits(walk, block, bit);
    return dc == 0 ? 0 : finish_block(walk, block, bit + dc, 0);
}

uint64_t fast_walk_mcu(const struct fast_walk *walk, uint64_t bit, uint32_t *block_bits)
{
    for (uint32_t b = 0; b < walk->mcu_blocks; b++) {
        block_bits[b] = (uint32_t)bit;
        bit = walk_block(walk, b, bit);
        if (bit == 0)
            return 0;
    }
    return bit;
}

/* One walker, kept in registers as far as they go: within block `block` at `bit`, position k. */
struct walker {
    uint64_t bit;
    uint32_t k;
    uint32_t block;
    const uint16_t *skip;                 /* NULL: between two MCUs, at the stretch's end */
    uint32_t *out, *out_begin, *out_last; /* out_last: no MCU begins behind it */
    uint64_t end_bit;
};

/* The first place from `bit` on where an MCU could begin, if only by its DC code. */
static uint64_t resume_bit(const struct fast_walk *walk, uint64_t bit, uint64_t end_bit)
{
    while (bit < end_bit && dc_bits(walk, 0, bit) == 0)
        bit++;
    return bit;
}

static inline __attribute__((always_inline)) void enter_block(struct walker *walker,
                                                              const struct fast_walk *walk, uint32_t dc)
{
    *walker->out++ = (uint32_t)walker->bit;
    walker->bit += dc;
    walker->k = 0;
    walker->skip = walk->ac[walker->block]->skip;
}

/* No code fits: begin anew. True when that is where the stretch ends. */
static inline __attribute__((always_inline)) bool restart(struct walker *walker, const struct fast_walk *walk,
                                                          uint64_t bit)
{
    walker->out = walker->out_begin;
    walker->block = 0;
    walker->skip = NULL;
    walker->bit = resume_bit(walk, bit, walker->end_bit);
    if (walker->bit >= walker->end_bit)
        return true;
    enter_block(walker, walk, dc_bits(walk, 0, walker->bit));
    return false;
}

/*
 * Up to three lookups: the third looks at bits 45..56 of the 57 that one fetch is sure to give. An entry's
 * bits and advance are added up at once.
 */
static inline __attribute__((always_inline)) bool step(struct walker *walker, const struct fast_walk *walk)
{
    const uint64_t word = fast_peek(walk->data, walker->bit);
    uint32_t sum = walker->k + walker->skip[word >> FAST_PEEK_SHIFT];
    if ((sum & 255) < 63)
        sum += walker->skip[word << (sum >> 8 & 63) >> FAST_PEEK_SHIFT];
    if ((sum & 255) < 63)
        sum += walker->skip[word << (sum >> 8 & 63) >> FAST_PEEK_SHIFT];
    const uint32_t bits = sum >> 8;
    const uint32_t k = sum & 255;
    if (k < 63) {
        walker->bit += bits;
        walker->k = k;
        return false;
    }
    uint64_t bit = walker->bit + bits;
    if (__builtin_expect(!ended_properly(k), 0)) {
        bit = finish_block(walk, walker->block, walker->bit, walker->k);
        if (bit == 0)
            return restart(walker, walk, walker->bit + 1);
    }
    walker->bit = bit;
    if (++walker->block == walk->mcu_blocks) {
        walker->block = 0;
        if (bit >= walker->end_bit || walker->out > walker->out_last) {
            walker->skip = NULL;
            return true;
        }
    }
    uint32_t dc = dc_bits(walk, walker->block, bit);
    if (__builtin_expect(dc == 0, 0))
        return restart(walker, walk, bit + 1);
    enter_block(walker, walk, dc);
    return false;
}

static bool start(struct walker *walker, const struct fast_walk *walk, const struct fast_stretch *stretch)
{
    walker->out = walker->out_begin = stretch->block_bits;
    walker->out_last = stretch->block_bits + stretch->block_room - walk->mcu_blocks;
    walker->end_bit = stretch->end_bit;
    return restart(walker, walk, stretch->bit);
}

/* A walker that was left within an MCU goes back to where that MCU begins. */
static void stop(const struct walker *walker, struct fast_stretch *stretch)
{
    uint32_t blocks = (uint32_t)(walker->out - walker->out_begin);
    stretch->block_count = blocks - (walker->skip ? walker->block + 1 : 0);
    stretch->bit = walker->skip ? stretch->block_bits[stretch->block_count] : walker->bit;
}

void fast_walk_stretches(const struct fast_walk *walk, struct fast_stretch stretches[FAST_WALKERS])
{
    struct walker a, b, c, d;
    bool over = start(&a, walk, &stretches[0]);
    over |= start(&b, walk, &stretches[1]);
    over |= start(&c, walk, &stretches[2]);
    over |= start(&d, walk, &stretches[3]);
    while (!over)
        over = step(&a, walk) || step(&b, walk) || step(&c, walk) || step(&d, walk);
    stop(&a, &stretches[0]);
    stop(&b, &stretches[1]);
    stop(&c, &stretches[2]);
    stop(&d, &stretches[3]);
}
