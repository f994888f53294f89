// SPDX-License-Identifier: MIT
#include "image/jpeg_fast_tables.h"

static void codes_fill(const struct fast_huffman *huffman, struct fast_codes *codes)
{
    uint32_t code = 0;
    int32_t index = 0;
    codes->limit[0] = 0;
    codes->first[0] = 0;
    for (int length = 1; length <= 16; length++) {
        codes->first[length] = index - (int32_t)code;
        code += huffman->counts[length];
        index += huffman->counts[length];
        codes->limit[length] = code << (16 - length);
        code <<= 1;
    }
    memcpy(codes->symbols, huffman->symbols, sizeof codes->symbols);
}

/* Length of the code that `bits` begins with, 0 when there is none; its symbol to *symbol_out. */
static uint32_t code_length(const struct fast_codes *codes, uint64_t bits, uint8_t *symbol_out)
{
    uint32_t head = (uint32_t)(bits >> 48);
    for (uint32_t length = 1; length <= 16; length++)
        if (head < codes->limit[length]) {
            int32_t index = (int32_t)(head >> (16 - length)) + codes->first[length];
            *symbol_out = codes->symbols[index & 255];
            return length;
        }
    return 0;
}

static uint32_t pack(uint32_t code_bits, uint32_t size, uint32_t advance)
{
    return (code_bits + size) | size << FAST_SIZE_SHIFT | advance << FAST_ADVANCE_SHIFT;
}

static uint32_t pack_dc(uint32_t length, uint8_t symbol)
{
    return pack(length, symbol, 0);
}

static uint32_t pack_ac(uint32_t length, uint8_t symbol)
{
    uint32_t run = symbol >> 4;
    uint32_t size = symbol & 15U;
    /* Only (15, 0) is a run without a value; the other sizes of 0 end the block, as libjpeg has it. */
    bool end = size == 0 && run != 15;
    return pack(length, size, end ? (uint32_t)FAST_ADVANCE_END : run + 1);
}

uint32_t fast_long_dc(const struct fast_dc_table *table, uint64_t bits)
{
    uint8_t symbol = 0;
    uint32_t length = code_length(&table->codes, bits, &symbol);
    return length == 0 ? 0 : pack_dc(length, symbol);
}

uint32_t fast_long_ac(const struct fast_ac_table *table, uint64_t bits)
{
    uint8_t symbol = 0;
    uint32_t length = code_length(&table->codes, bits, &symbol);
    return length == 0 ? 0 : pack_ac(length, symbol);
}

static uint32_t pack_value(uint32_t symbol, uint64_t bits)
{
    return (symbol & FAST_BITS_MASK) | symbol >> FAST_ADVANCE_SHIFT << 8 |
           (uint32_t)fast_value(symbol, bits) << 16;
}

uint32_t fast_long_value(const struct fast_ac_table *table, uint64_t bits)
{
    uint32_t symbol = fast_ac_symbol(table, bits);
    return symbol == 0 ? FAST_ADVANCE_END << 8 : pack_value(symbol, bits);
}

/* Every code of up to 12 bits, in order, fills the run of entries that begin with it. */
static void one_fill(const struct fast_huffman *huffman, bool ac, uint16_t one[FAST_LOOKUP_SIZE])
{
    memset(one, 0, FAST_LOOKUP_SIZE * sizeof one[0]);
    uint32_t at = 0;
    uint32_t index = 0;
    for (uint32_t length = 1; length <= FAST_LOOKUP_BITS; length++)
        for (uint32_t i = 0; i < huffman->counts[length]; i++, index++) {
            uint8_t symbol = huffman->symbols[index];
            uint16_t packed = (uint16_t)(ac ? pack_ac(length, symbol) : pack_dc(length, symbol));
            for (uint32_t run = 1U << (FAST_LOOKUP_BITS - length); run > 0; run--)
                one[at++] = packed;
        }
}

/* All symbols whose codes lie within the 12 bits of `window`; the last one's value may reach beyond. */
static uint16_t skip_entry(const uint16_t one[FAST_LOOKUP_SIZE], uint32_t window)
{
    uint32_t used = 0;
    uint32_t advance = 0;
    bool end = false;
    while (used < FAST_LOOKUP_BITS && !end) {
        uint32_t symbol = one[window << used & (FAST_LOOKUP_SIZE - 1)];
        uint32_t bits = symbol & FAST_BITS_MASK;
        uint32_t code_bits = bits - (symbol >> FAST_SIZE_SHIFT & FAST_SIZE_MASK);
        uint32_t step = symbol >> FAST_ADVANCE_SHIFT;
        if (symbol == 0 || used + code_bits > FAST_LOOKUP_BITS)
            break;
        end = step == FAST_ADVANCE_END;
        if (!end && advance + step > 63)
            break;
        advance += end ? 0 : step;
        used += bits;
    }
    if (used == 0)
        return FAST_SKIP_NONE;
    return (uint16_t)(used << 8 | (end ? (uint32_t)FAST_SKIP_END : 0) | advance);
}

static void value_fill(struct fast_ac_table *table)
{
    for (uint32_t window = 0; window < FAST_VALUE_SIZE; window++) {
        uint32_t symbol = table->one[window >> (FAST_VALUE_BITS - FAST_LOOKUP_BITS)];
        bool fits = symbol != 0 && (symbol & FAST_BITS_MASK) <= FAST_VALUE_BITS;
        table->value[window] = fits ? pack_value(symbol, (uint64_t)window << FAST_VALUE_SHIFT) : 0;
    }
}

static void ac_fill(const struct fast_huffman *huffman, bool values, struct fast_ac_table *table)
{
    codes_fill(huffman, &table->codes);
    one_fill(huffman, true, table->one);
    for (uint32_t window = 0; window < FAST_LOOKUP_SIZE; window++)
        table->skip[window] = skip_entry(table->one, window);
    if (values)
        value_fill(table);
}

void fast_tables_fill(const struct fast_frame *frame, bool values, struct fast_tables *tables)
{
    bool dc_done[FAST_TABLE_SLOTS] = {false};
    bool ac_done[FAST_TABLE_SLOTS] = {false};
    for (uint32_t c = 0; c < frame->component_count; c++) {
        uint32_t dc_slot = frame->components[c].dc_slot;
        uint32_t ac_slot = frame->components[c].ac_slot;
        if (!dc_done[dc_slot]) {
            codes_fill(&frame->dc[dc_slot], &tables->dc[dc_slot].codes);
            one_fill(&frame->dc[dc_slot], false, tables->dc[dc_slot].one);
        }
        if (!ac_done[ac_slot])
            ac_fill(&frame->ac[ac_slot], values, &tables->ac[ac_slot]);
        dc_done[dc_slot] = ac_done[ac_slot] = true;
    }
}
