// SPDX-License-Identifier: MIT
/*
 * Markers of a baseline file, up to and including the start of its only scan.
 *
 * Strict on purpose: an odd order, unknown markers, tables that hold impossible codes: all of that is
 * declined, so that one place (the general reader) decides what such a file is worth, and the code behind
 * this one may rely on what it reads here. Only what is harmless and seen in earnest is let pass as libjpeg
 * does: bytes between segments, segments to be skipped whose length is too small to be one, a scan's
 * progressive parameters, and files without Huffman tables.
 */
#include "image/jpeg_fast_frame.h"

#include <string.h>

enum {
    MARKER_SOF0 = 0xC0, /* baseline */
    MARKER_SOF1 =
        0xC1, /* extended sequential; with 8 bits and Huffman codes the same thing, with more tables */
    MARKER_DHT = 0xC4,
    MARKER_SOI = 0xD8,
    MARKER_SOS = 0xDA,
    MARKER_DQT = 0xDB,
    MARKER_DRI = 0xDD,
    MARKER_APP0 = 0xE0,
    MARKER_APP15 = 0xEF,
    MARKER_COM = 0xFE
};

/* The bytes of one marker's segment, after its length. */
struct segment {
    const uint8_t *at;
    size_t left;
};

static uint32_t be16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static bool parse_quant(struct segment segment, struct fast_frame *frame)
{
    while (segment.left > 0) {
        uint8_t head = *segment.at++;
        segment.left--;
        uint32_t slot = head & 15;
        size_t width = (size_t)(head >> 4) + 1;
        if (slot >= FAST_TABLE_SLOTS || width > 2 || segment.left < 64 * width)
            return false;
        for (int i = 0; i < 64; i++, segment.at += width) {
            frame->quant[slot][i] = (uint16_t)(width == 2 ? be16(segment.at) : *segment.at);
            if (frame->quant[slot][i] > INT16_MAX)
                return false;
        }
        frame->quant_present[slot] = true;
        segment.left -= 64 * width;
    }
    return true;
}

/* Codes are given out in order, each one longer than or as long as the last: they must not run out. */
static bool codes_fit(const uint8_t counts[17])
{
    uint32_t used = 0; /* of the 65,536 16-bit codes */
    for (int length = 1; length <= 16; length++)
        used += (uint32_t)counts[length] << (16 - length);
    return used <= 65536;
}

static bool symbols_sane(const struct fast_huffman *table, uint32_t count, bool ac)
{
    for (uint32_t i = 0; i < count; i++)
        if (ac ? (table->symbols[i] & 15) > FAST_MAX_AC_SIZE : table->symbols[i] > FAST_MAX_DC_SIZE)
            return false;
    return true;
}

static bool parse_huffman(struct segment segment, struct fast_frame *frame)
{
    while (segment.left > 0) {
        if (segment.left < 17 || segment.at[0] > 0x1F || (segment.at[0] & 15) >= FAST_TABLE_SLOTS)
            return false;
        bool ac = segment.at[0] >> 4;
        struct fast_huffman *table = &(ac ? frame->ac : frame->dc)[segment.at[0] & 15];
        memset(table, 0, sizeof *table);
        memcpy(table->counts + 1, segment.at + 1, 16);
        uint32_t count = 0;
        for (int length = 1; length <= 16; length++)
            count += table->counts[length];
        if (count > 256 || segment.left < 17 + count || !codes_fit(table->counts))
            return false;
        memcpy(table->symbols, segment.at + 17, count);
        if (!symbols_sane(table, count, ac))
            return false;
        table->present = true;
        segment.at += 17 + count;
        segment.left -= 17 + count;
    }
    return true;
}

static void lay_out_mcu(struct fast_frame *frame)
{
    frame->mcu_blocks = 0;
    for (uint32_t c = 0; c < frame->component_count; c++) {
        uint32_t blocks = (uint32_t)frame->components[c].h_samp * frame->components[c].v_samp;
        for (uint32_t b = 0; b < blocks && frame->mcu_blocks < FAST_MAX_MCU_BLOCKS; b++)
            frame->block_component[frame->mcu_blocks++] = (uint8_t)c;
    }
    uint32_t mcu_width = 8U * frame->max_h_samp;
    uint32_t mcu_height = 8U * frame->max_v_samp;
    frame->mcus_across = (frame->width_px + mcu_width - 1) / mcu_width;
    frame->mcus_down = (frame->height_px + mcu_height - 1) / mcu_height;
}

static bool parse_frame(struct segment segment, struct fast_frame *frame, uint8_t ids[FAST_MAX_COMPONENTS])
{
    if (frame->component_count != 0 || segment.left < 6 || segment.at[0] != 8)
        return false;
    frame->height_px = be16(segment.at + 1);
    frame->width_px = be16(segment.at + 3);
    uint32_t count = segment.at[5];
    if (frame->height_px == 0 || frame->width_px == 0 || (count != 1 && count != 3) ||
        segment.left != 6 + 3 * count)
        return false;
    frame->max_h_samp = frame->max_v_samp = 1;
    uint32_t blocks = 0;
    for (uint32_t c = 0; c < count; c++) {
        const uint8_t *entry = segment.at + 6 + 3 * c;
        struct fast_component *component = &frame->components[c];
        uint8_t h = entry[1] >> 4;
        uint8_t v = entry[1] & 15;
        if (h < 1 || h > 2 || v < 1 || v > 2 || entry[2] >= FAST_TABLE_SLOTS)
            return false;
        ids[c] = entry[0];
        component->h_samp = count == 1 ? 1 : h;
        component->v_samp = count == 1 ? 1 : v;
        component->quant_slot = entry[2];
        frame->max_h_samp = component->h_samp > frame->max_h_samp ? component->h_samp : frame->max_h_samp;
        frame->max_v_samp = component->v_samp > frame->max_v_samp ? component->v_samp : frame->max_v_samp;
        blocks += (uint32_t)component->h_samp * component->v_samp;
    }
    if (blocks > FAST_MAX_MCU_BLOCKS)
        return false;
    frame->component_count = count;
    lay_out_mcu(frame);
    return true;
}

static bool parse_scan(struct segment segment, struct fast_frame *frame,
                       const uint8_t ids[FAST_MAX_COMPONENTS])
{
    uint32_t count = frame->component_count;
    if (count == 0 || segment.left != 4 + 2 * (size_t)count || segment.at[0] != count)
        return false;
    fast_frame_add_usual_tables(frame);
    for (uint32_t c = 0; c < count; c++) {
        const uint8_t *entry = segment.at + 1 + 2 * c;
        struct fast_component *component = &frame->components[c];
        component->dc_slot = entry[1] >> 4;
        component->ac_slot = entry[1] & 15;
        if (entry[0] != ids[c] || component->dc_slot >= FAST_TABLE_SLOTS ||
            component->ac_slot >= FAST_TABLE_SLOTS || !frame->dc[component->dc_slot].present ||
            !frame->ac[component->ac_slot].present || !frame->quant_present[component->quant_slot])
            return false;
    }
    return true; /* the three bytes left are for progressive scans; some phones write nonsense */
}

/* Segments that say nothing about the picture. */
static bool is_skipped(uint8_t marker)
{
    return (marker >= MARKER_APP0 && marker <= MARKER_APP15) || marker == MARKER_COM;
}

static bool parse_segment(uint8_t marker, struct segment segment, struct fast_frame *frame,
                          uint8_t ids[FAST_MAX_COMPONENTS])
{
    switch (marker) {
    case MARKER_SOF0:
    case MARKER_SOF1:
        return parse_frame(segment, frame, ids);
    case MARKER_DHT:
        return parse_huffman(segment, frame);
    case MARKER_DQT:
        return parse_quant(segment, frame);
    case MARKER_DRI:
        if (segment.left != 2)
            return false;
        frame->restart_interval = be16(segment.at);
        return true;
    default:
        return is_skipped(marker);
    }
}

/* From *at to the next marker's code, with at least the length behind it. */
static bool find_marker(const uint8_t *bytes, size_t size_bytes, size_t *at)
{
    do {
        while (*at < size_bytes && bytes[*at] != 0xFF)
            ++*at;
        while (*at < size_bytes && bytes[*at] == 0xFF)
            ++*at;
    } while (*at < size_bytes && bytes[*at] == 0);
    return *at < size_bytes && size_bytes - *at >= 3;
}

bool fast_frame_parse(const uint8_t *bytes, size_t size_bytes, struct fast_frame *frame_out)
{
    memset(frame_out, 0, sizeof *frame_out);
    uint8_t ids[FAST_MAX_COMPONENTS] = {0};
    if (size_bytes < 4 || bytes[0] != 0xFF || bytes[1] != MARKER_SOI)
        return false;
    size_t at = 2;
    while (find_marker(bytes, size_bytes, &at)) {
        uint8_t marker = bytes[at];
        size_t length = be16(bytes + at + 1); /* counts its own two bytes */
        if (length < 2 && is_skipped(marker))
            length = 2;
        if (length < 2 || length > size_bytes - at - 1)
            return false;
        struct segment segment = {bytes + at + 3, length - 2};
        at += 1 + length;
        if (marker == MARKER_SOS) {
            frame_out->scan = bytes + at;
            frame_out->scan_bytes = size_bytes - at;
            return parse_scan(segment, frame_out, ids);
        }
        if (!parse_segment(marker, segment, frame_out, ids))
            return false;
    }
    return false;
}
