// SPDX-License-Identifier: MIT
/*
 * Huffman lookup tables of the fast JPEG reader, and the bit access that goes with them.
 *
 * Four kinds of tables, indexed by the next 12 bits if not said otherwise:
 *   DC    one code: how many bits code and difference take, and the difference's size.
 *   one   one AC code: bits of code and value, size of the value, how far it moves in zigzag order.
 *   value the same with the value itself, by 13 bits: they hold 98 of 100 codes with their values (12: 94).
 *   skip  as many whole AC symbols as start within 12 bits: bits they take and how far they move, so that a
 *         block's end is found several symbols at a time. Values are not looked at.
 * Codes longer than 12 bits are rare; fast_long_symbol() walks the code lengths for them.
 *
 * Example, the standard luma AC table: bits 00 1 | 01 0 | 1010 … are (run 0, size 1), (0, 1), end of block:
 * the `skip` entry says 10 bits, 2 coefficients and end of block in one lookup.
 */
#ifndef IMAGE_JPEG_FAST_TABLES_H
#define IMAGE_JPEG_FAST_TABLES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "image/jpeg_fast_frame.h"

enum {
    FAST_LOOKUP_BITS = 12,
    FAST_LOOKUP_SIZE = 1 << FAST_LOOKUP_BITS,
    FAST_PEEK_SHIFT = 64 - FAST_LOOKUP_BITS,
    FAST_VALUE_BITS = 13,
    FAST_VALUE_SIZE = 1 << FAST_VALUE_BITS,
    FAST_VALUE_SHIFT = 64 - FAST_VALUE_BITS,

    /*
     * `skip` entries: bits << 8 | advance. A block's position k (index of the last coefficient read, 0 after
     * the DC) stays below 63 until it ends, at exactly 63 or by an end-of-block code. SKIP_END is so large
     * that adding it to a k up to 62 is told apart from an overrun: 128..190 is a proper end. SKIP_NONE
     * (no bits; a code that is too long or none at all) lands at 64..126: an overrun too, which sends the
     * decoder to the symbol-by-symbol path.
     */
    FAST_SKIP_END = 128,
    FAST_SKIP_NONE = 64,

    /* Packed symbols (DC and `one`): bits | size << 5 | advance << 9; 0 means no such code in 12 bits. */
    FAST_SIZE_SHIFT = 5,
    FAST_ADVANCE_SHIFT = 9,
    FAST_BITS_MASK = 31,
    FAST_SIZE_MASK = 15,
    FAST_ADVANCE_END = 64 /* end of block */
};

/* Canonical code: symbol of a code of n bits = symbols[code + first[n]]. */
struct fast_codes {
    uint32_t limit[17]; /* 16-bit left-aligned codes below this have at most n bits */
    int32_t first[17];
    uint8_t symbols[256];
};

struct fast_dc_table {
    uint16_t one[FAST_LOOKUP_SIZE];
    struct fast_codes codes;
};

struct fast_ac_table {
    uint16_t skip[FAST_LOOKUP_SIZE];
    uint32_t value[FAST_VALUE_SIZE]; /* bits | advance << 8 | value << 16; 0: more than 13 bits, or none */
    uint16_t one[FAST_LOOKUP_SIZE];
    struct fast_codes codes;
};

struct fast_tables {
    struct fast_dc_table dc[FAST_TABLE_SLOTS];
    struct fast_ac_table ac[FAST_TABLE_SLOTS];
};

/* Fills the slots that the frame's scan uses; `value` only if values are wanted. */
void fast_tables_fill(const struct fast_frame *frame, bool values, struct fast_tables *tables);

/* The packed symbol at the head of `bits`, of any length; 0 when no code begins like that. */
uint32_t fast_long_dc(const struct fast_dc_table *table, uint64_t bits);
uint32_t fast_long_ac(const struct fast_ac_table *table, uint64_t bits);

/* An entry like those of `value`, for a code and value of any length; an end of block where there is no code.
 */
uint32_t fast_long_value(const struct fast_ac_table *table, uint64_t bits);

/* At least 57 bits from bit position `bit` on, left-aligned. Reads 8 bytes. */
static inline uint64_t fast_peek(const uint8_t *data, uint64_t bit)
{
    uint64_t word;
    memcpy(&word, data + (bit >> 3), sizeof word);
    return be64toh(word) << (bit & 7);
}

static inline uint32_t fast_dc_symbol(const struct fast_dc_table *table, uint64_t bits)
{
    uint32_t symbol = table->one[bits >> FAST_PEEK_SHIFT];
    return __builtin_expect(symbol != 0, 1) ? symbol : fast_long_dc(table, bits);
}

static inline uint32_t fast_ac_symbol(const struct fast_ac_table *table, uint64_t bits)
{
    uint32_t symbol = table->one[bits >> FAST_PEEK_SHIFT];
    return __builtin_expect(symbol != 0, 1) ? symbol : fast_long_ac(table, bits);
}

/* The value that follows the symbol's code: positive when its first bit is 1, else counted up from below. */
static inline int32_t fast_value(uint32_t symbol, uint64_t bits)
{
    uint32_t size = symbol >> FAST_SIZE_SHIFT & FAST_SIZE_MASK;
    uint64_t after_code = bits << ((symbol & FAST_BITS_MASK) - size);
    int32_t value = (int32_t)(after_code >> 1 >> (63 - size));
    int32_t below = (1 << size) - 1;
    return value - (below & ((int32_t)(after_code >> 63) - 1));
}

#endif
