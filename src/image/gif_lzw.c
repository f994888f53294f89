// SPDX-License-Identifier: MIT
#include "image/gif_lzw.h"

enum { MAX_CODE_BITS = 12, CODES = 1 << MAX_CODE_BITS };

/* Bits out of blocks, the least significant first. */
struct code_reader {
    const uint8_t *at, *end;
    size_t block_left;
    uint32_t bits;
    unsigned bit_count;
};

static bool read_code(struct code_reader *reader, unsigned width, uint32_t *code_out)
{
    while (reader->bit_count < width) {
        if (reader->at == reader->end)
            return false;
        if (reader->block_left == 0) {
            reader->block_left = *reader->at++;
            if (reader->block_left == 0)
                return false; /* the terminator */
            continue;
        }
        reader->bits |= (uint32_t)*reader->at++ << reader->bit_count;
        reader->bit_count += 8;
        reader->block_left--;
    }
    *code_out = reader->bits & ((1U << width) - 1);
    reader->bits >>= width;
    reader->bit_count -= width;
    return true;
}

bool gif_lzw_fills(const uint8_t *blocks, size_t size_bytes, unsigned literal_bits, uint64_t pixels)
{
    if (literal_bits < 2 || literal_bits > 8)
        return false;
    struct code_reader reader = {.at = blocks, .end = blocks + size_bytes};
    const uint32_t clear = 1U << literal_bits;
    uint16_t lengths[CODES]; /* pixels a code makes, those that exist */
    for (uint32_t code = 0; code < clear; code++)
        lengths[code] = 1;
    uint32_t next = clear + 2, code, previous = CODES; /* CODES: none since the last clear code */
    unsigned width = literal_bits + 1;
    uint64_t made = 0;
    while (made < pixels && read_code(&reader, width, &code)) {
        if (code == clear) {
            next = clear + 2;
            width = literal_bits + 1;
            previous = CODES;
            continue;
        }
        if (code == clear + 1 || code > next || (code == next && (previous == CODES || next == CODES)))
            return false;
        if (previous == CODES && code > clear)
            return false;
        if (previous != CODES && next < CODES) {
            lengths[next] = (uint16_t)(lengths[previous] + 1);
            next++;
            if (next == 1U << width && width < MAX_CODE_BITS)
                width++;
        } else if (code >= next) {
            return false;
        }
        made += lengths[code];
        previous = code;
    }
    return made >= pixels;
}
