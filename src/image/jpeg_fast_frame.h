// SPDX-License-Identifier: MIT
/*
 * What the fast JPEG reader must know before the first entropy-coded bit: frame, tables, where the scan
 * starts.
 *
 * fast_frame_parse() accepts only what the fast reader decodes (see jpeg_fast.h) and says nothing about why
 * it declines a file: the general reader takes over and has the words for it.
 */
#ifndef IMAGE_JPEG_FAST_FRAME_H
#define IMAGE_JPEG_FAST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAST_MAX_COMPONENTS = 3,
    FAST_MAX_MCU_BLOCKS = 10, /* the standard's limit for an interleaved scan */
    FAST_TABLE_SLOTS = 4,
    FAST_MAX_DC_SIZE = 11, /* bits of a difference in 8-bit files; larger sizes are declined */
    FAST_MAX_AC_SIZE = 10
};

/* A Huffman table as the file has it. */
struct fast_huffman {
    bool present;
    uint8_t counts[17];   /* codes of each length, 1..16 */
    uint8_t symbols[256]; /* in order of code */
};

struct fast_component {
    uint8_t h_samp, v_samp; /* 1 or 2; of a lone component always 1 (its MCU is one block) */
    uint8_t quant_slot, dc_slot, ac_slot;
};

struct fast_frame {
    uint32_t width_px, height_px;
    uint32_t component_count; /* 1 or 3 */
    struct fast_component components[FAST_MAX_COMPONENTS];
    uint8_t max_h_samp, max_v_samp;
    uint32_t mcus_across, mcus_down;
    uint32_t mcu_blocks;                          /* blocks in an MCU */
    uint8_t block_component[FAST_MAX_MCU_BLOCKS]; /* which component each of them belongs to */
    uint32_t restart_interval;                    /* MCUs; 0: none */
    bool quant_present[FAST_TABLE_SLOTS];
    uint16_t quant[FAST_TABLE_SLOTS][64]; /* zigzag order */
    struct fast_huffman dc[FAST_TABLE_SLOTS], ac[FAST_TABLE_SLOTS];
    const uint8_t *scan; /* borrowed from the file: the first entropy-coded byte */
    size_t scan_bytes;   /* to the end of the file */
};

/* False: not for the fast reader (of another kind, or damaged). `frame_out` borrows `bytes`. */
bool fast_frame_parse(const uint8_t *bytes, size_t size_bytes, struct fast_frame *frame_out);

/* For parsing: fills slots 0 and 1 with the standard's own tables where the file has none, as in Motion JPEG.
 */
void fast_frame_add_usual_tables(struct fast_frame *frame);

#endif
