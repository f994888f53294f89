// SPDX-License-Identifier: MIT
#include "image/hevc_size.h"

enum { HEADER_BYTES = 2, TYPE_SPS = 33, PROFILE_BITS = 88, LEVEL_BITS = 8, MAX_SUB_LAYERS = 7 };

/* Bits of a unit, most significant first, without the bytes that keep start codes out of it. */
struct bits {
    const uint8_t *bytes;
    size_t size_bytes, at_byte;
    unsigned at_bit, zeros;
    bool has_ended;
};

static uint32_t read_bit(struct bits *bits)
{
    if (bits->at_bit == 0 && bits->zeros >= 2 && bits->at_byte < bits->size_bytes &&
        bits->bytes[bits->at_byte] == 3) {
        bits->at_byte++;
        bits->zeros = 0;
    }
    if (bits->at_byte >= bits->size_bytes) {
        bits->has_ended = true;
        return 0;
    }
    const uint8_t byte = bits->bytes[bits->at_byte];
    const uint32_t bit = byte >> (7 - bits->at_bit) & 1;
    if (++bits->at_bit == 8) {
        bits->at_bit = 0;
        bits->at_byte++;
        bits->zeros = byte == 0 ? bits->zeros + 1 : 0;
    }
    return bit;
}

static uint32_t read_bits(struct bits *bits, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 1 | read_bit(bits);
    return value;
}

/* Exp-Golomb, ue(v), up to 32 bits. */
static uint32_t read_golomb(struct bits *bits)
{
    unsigned zeros = 0;
    while (!bits->has_ended && read_bit(bits) == 0)
        if (++zeros > 31) {
            bits->has_ended = true;
            return 0;
        }
    return (uint32_t)((UINT64_C(1) << zeros) - 1 + read_bits(bits, zeros));
}

static void skip_bits(struct bits *bits, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)read_bit(bits);
}

static void skip_profile_tier_level(struct bits *bits, uint32_t sub_layers)
{
    bool has_profile[MAX_SUB_LAYERS] = {false}, has_level[MAX_SUB_LAYERS] = {false};
    skip_bits(bits, PROFILE_BITS + LEVEL_BITS);
    for (uint32_t i = 0; i < sub_layers; i++) {
        has_profile[i] = read_bit(bits);
        has_level[i] = read_bit(bits);
    }
    for (uint32_t i = sub_layers; sub_layers > 0 && i < 8; i++)
        skip_bits(bits, 2);
    for (uint32_t i = 0; i < sub_layers; i++)
        skip_bits(bits, (has_profile[i] ? PROFILE_BITS : 0U) + (has_level[i] ? LEVEL_BITS : 0U));
}

bool hevc_is_base_layer(const uint8_t *unit, size_t size_bytes)
{
    return size_bytes >= HEADER_BYTES && ((unit[0] & 1) << 5 | unit[1] >> 3) == 0;
}

bool hevc_is_sps(const uint8_t *unit, size_t size_bytes)
{
    return size_bytes > HEADER_BYTES && (unit[0] >> 1 & 0x3F) == TYPE_SPS;
}

bool hevc_sps_size(const uint8_t *unit, size_t size_bytes, uint32_t *width_px_out, uint32_t *height_px_out)
{
    struct bits bits = {.bytes = unit, .size_bytes = size_bytes, .at_byte = HEADER_BYTES};
    skip_bits(&bits, 4); /* the video parameter set */
    const uint32_t sub_layers = read_bits(&bits, 3);
    skip_bits(&bits, 1);
    if (sub_layers >= MAX_SUB_LAYERS)
        return false;
    skip_profile_tier_level(&bits, sub_layers);
    (void)read_golomb(&bits);    /* its number */
    if (read_golomb(&bits) == 3) /* 4:4:4 */
        skip_bits(&bits, 1);
    *width_px_out = read_golomb(&bits);
    *height_px_out = read_golomb(&bits);
    return !bits.has_ended;
}
