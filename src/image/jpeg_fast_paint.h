// SPDX-License-Identifier: MIT
/*
 * From the positions of blocks to samples in planes: only the region's blocks, each component at its scale.
 */
#ifndef IMAGE_JPEG_FAST_PAINT_H
#define IMAGE_JPEG_FAST_PAINT_H

#include "image/jpeg_fast_block.h"
#include "image/jpeg_fast_scan.h"
#include "image/jpeg_reader.h"

/* Which MCUs a request needs, and at how many samples a side each component's blocks are made. */
struct fast_layout {
    uint32_t mcu_x0, mcu_y0, mcu_x1, mcu_y1; /* end excluded */
    uint32_t block_px[FAST_MAX_COMPONENTS];  /* 1, 2 or 4 */
    uint64_t plane_bytes;                    /* of all planes together */
};

struct fast_painter {
    const struct fast_frame *frame;
    const struct fast_tables *tables;
    struct fast_layout layout;
    struct {
        uint8_t *plane;
        size_t mcu_step_x, mcu_step_y; /* bytes from one MCU to the next */
        uint32_t block_px;
        const struct fast_dc_table *dc;
        const struct fast_ac_table *ac;
        int16_t quant[16];
        uint32_t dc_prediction; /* wraps; only its low 16 bits count */
        size_t stride_bytes;
    } components[FAST_MAX_COMPONENTS];
    size_t block_offset[FAST_MAX_MCU_BLOCKS]; /* of a block within its MCU, in its plane */
    uint32_t mcu_x, mcu_y;                    /* the next MCU */
    /* Blocks of 4 × 4 samples wait until there are two of them. */
    uint32_t pending_count;
    struct fast_block pending[2];
    int16_t pending_coefs[2][FAST_BLOCK_COEFS];
    const int16_t *pending_quant[2];
    uint8_t *pending_to[2];
    size_t pending_stride_bytes[2];
};

/* The row of MCUs behind the last that the request needs. */
uint32_t fast_layout_end_row(const struct fast_frame *frame, const struct jpeg_request *request);

struct fast_layout fast_layout_make(const struct fast_frame *frame, const struct jpeg_request *request);

/* Planes as the layout has them, in one block of memory (`memory` of layout.plane_bytes, not taken over). */
void fast_layout_planes(const struct fast_frame *frame, const struct fast_layout *layout, uint8_t *memory,
                        struct jpeg_planes *planes_out);

void fast_painter_init(struct fast_painter *painter, const struct fast_frame *frame,
                       const struct fast_tables *tables, const struct fast_layout *layout,
                       const struct jpeg_planes *planes);

/* The painter's side of a fast_scan_run(). */
struct fast_sink fast_painter_sink(struct fast_painter *painter);

#endif
