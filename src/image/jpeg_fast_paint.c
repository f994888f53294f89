// SPDX-License-Identifier: MIT
/*
 * By now every block's position is known and its codes have been checked, so blocks no longer wait for each
 * other: outside the region only the DC difference is read (the next prediction needs it), inside no more
 * coefficients than the scale keeps.
 */
#include "image/jpeg_fast_paint.h"

#include <string.h>

static uint32_t divide_up(uint64_t value, uint32_t by)
{
    return (uint32_t)((value + by - 1) / by);
}

/* Chroma that is halved both ways comes at twice the scale on request, which makes it as large as luma. */
static uint32_t block_px_of(const struct fast_frame *frame, uint32_t component,
                            const struct jpeg_request *request)
{
    uint32_t block_px = 8 / request->denominator;
    const struct fast_component *c = &frame->components[component];
    bool halved = frame->max_h_samp == 2 * c->h_samp && frame->max_v_samp == 2 * c->v_samp;
    return request->full_chroma && halved && block_px < 4 ? 2 * block_px : block_px;
}

static uint32_t plane_width(const struct fast_frame *frame, const struct fast_layout *layout,
                            uint32_t component)
{
    return (layout->mcu_x1 - layout->mcu_x0) * frame->components[component].h_samp *
           layout->block_px[component];
}

static uint32_t plane_height(const struct fast_frame *frame, const struct fast_layout *layout,
                             uint32_t component)
{
    return (layout->mcu_y1 - layout->mcu_y0) * frame->components[component].v_samp *
           layout->block_px[component];
}

/*
 * Other readers take rows as the whole file's sampling makes them, also where a lone component makes MCUs of
 * one block, and all must find the same damage.
 */
uint32_t fast_layout_end_row(const struct fast_frame *frame, const struct jpeg_request *request)
{
    const uint32_t rows = request->header->max_v_samp > frame->max_v_samp ? request->header->max_v_samp : 1;
    const uint32_t end = divide_up(request->y1_px, 8U * frame->max_v_samp * rows) * rows;
    return end < frame->mcus_down ? end : frame->mcus_down;
}

struct fast_layout fast_layout_make(const struct fast_frame *frame, const struct jpeg_request *request)
{
    const uint32_t mcu_width = 8U * frame->max_h_samp;
    const uint32_t mcu_height = 8U * frame->max_v_samp;
    struct fast_layout layout = {.mcu_x0 = request->x0_px / mcu_width,
                                 .mcu_y0 = request->y0_px / mcu_height,
                                 .mcu_x1 = divide_up(request->x1_px, mcu_width),
                                 .mcu_y1 = fast_layout_end_row(frame, request)};
    for (uint32_t c = 0; c < frame->component_count; c++) {
        layout.block_px[c] = block_px_of(frame, c, request);
        layout.plane_bytes += (uint64_t)plane_width(frame, &layout, c) * plane_height(frame, &layout, c);
    }
    return layout;
}

void fast_layout_planes(const struct fast_frame *frame, const struct fast_layout *layout, uint8_t *memory,
                        struct jpeg_planes *planes_out)
{
    memset(planes_out, 0, sizeof *planes_out);
    planes_out->count = frame->component_count;
    for (uint32_t i = 0; i < frame->component_count; i++) {
        const struct fast_component *component = &frame->components[i];
        struct jpeg_plane *plane = &planes_out->planes[i];
        const uint32_t across = component->h_samp * layout->block_px[i]; /* samples an MCU */
        const uint32_t down = component->v_samp * layout->block_px[i];
        plane->data = memory;
        plane->width_px = plane_width(frame, layout, i);
        plane->height_px = plane_height(frame, layout, i);
        plane->stride_bytes = plane->width_px;
        plane->origin_x_px = layout->mcu_x0 * across;
        plane->origin_y_px = layout->mcu_y0 * down;
        plane->whole_width_px = divide_up((uint64_t)frame->width_px * across, 8U * frame->max_h_samp);
        plane->whole_height_px = divide_up((uint64_t)frame->height_px * down, 8U * frame->max_v_samp);
        plane->scale_x = (double)across / (8.0 * frame->max_h_samp);
        plane->scale_y = (double)down / (8.0 * frame->max_v_samp);
        memory += plane->stride_bytes * plane->height_px;
    }
}

void fast_painter_init(struct fast_painter *painter, const struct fast_frame *frame,
                       const struct fast_tables *tables, const struct fast_layout *layout,
                       const struct jpeg_planes *planes)
{
    memset(painter, 0, sizeof *painter);
    painter->frame = frame;
    painter->tables = tables;
    painter->layout = *layout;
    size_t *offset = painter->block_offset;
    for (uint32_t i = 0; i < frame->component_count; i++) {
        const struct fast_component *component = &frame->components[i];
        const struct jpeg_plane *plane = &planes->planes[i];
        const uint32_t block_px = layout->block_px[i];
        painter->components[i].plane = plane->data;
        painter->components[i].stride_bytes = plane->stride_bytes;
        painter->components[i].block_px = block_px;
        painter->components[i].mcu_step_x = component->h_samp * block_px;
        painter->components[i].mcu_step_y = component->v_samp * block_px * plane->stride_bytes;
        painter->components[i].dc = &tables->dc[component->dc_slot];
        painter->components[i].ac = &tables->ac[component->ac_slot];
        fast_block_quant(frame->quant[component->quant_slot], block_px, painter->components[i].quant);
        for (uint32_t y = 0; y < component->v_samp; y++)
            for (uint32_t x = 0; x < component->h_samp; x++)
                *offset++ = (y * plane->stride_bytes + x) * block_px;
    }
}

static void paint_pending(struct fast_painter *painter, const uint8_t *data)
{
    if (painter->pending_count == 2)
        fast_block_read4_pair(painter->pending, data);
    else if (painter->pending_count == 1)
        fast_block_read4(painter->pending, data);
    for (uint32_t i = 0; i < painter->pending_count; i++)
        fast_idct4(painter->pending_coefs[i] + FAST_DC_PLACE, painter->pending_quant[i],
                   painter->pending_to[i], painter->pending_stride_bytes[i]);
    painter->pending_count = 0;
}

static void paint4(struct fast_painter *painter, uint32_t component, const uint8_t *data, uint64_t ac_bit,
                   int16_t dc, uint8_t *to)
{
    const uint32_t i = painter->pending_count++;
    int16_t *coefs = painter->pending_coefs[i];
    memset(coefs, 0, sizeof painter->pending_coefs[i]);
    coefs[FAST_DC_PLACE] = dc;
    painter->pending[i] = (struct fast_block){painter->components[component].ac, ac_bit, 0, coefs};
    painter->pending_quant[i] = painter->components[component].quant;
    painter->pending_to[i] = to;
    painter->pending_stride_bytes[i] = painter->components[component].stride_bytes;
    if (painter->pending_count == 2)
        paint_pending(painter, data);
}

static void paint2(const struct fast_painter *painter, uint32_t component, const uint8_t *data,
                   uint64_t ac_bit, int16_t dc, uint8_t *to)
{
    int16_t coefs[FAST_BLOCK_COEFS] = {[FAST_DC_PLACE] = dc};
    const struct fast_block block = {painter->components[component].ac, ac_bit, 0, coefs};
    fast_block_read2(&block, data);
    fast_idct2(coefs + FAST_DC_PLACE, painter->components[component].quant, to,
               painter->components[component].stride_bytes);
}

/* What reading an MCU's DC coefficients gives: they themselves, and where the AC coefficients begin. */
struct mcu_dcs {
    int16_t dc[FAST_MAX_MCU_BLOCKS];
    uint64_t ac_bit[FAST_MAX_MCU_BLOCKS];
};

static inline void read_dcs(struct fast_painter *painter, const uint8_t *data, const uint32_t *block_bits,
                            struct mcu_dcs *dcs_out)
{
    const struct fast_frame *frame = painter->frame;
    for (uint32_t b = 0; b < frame->mcu_blocks; b++) {
        const uint32_t i = frame->block_component[b];
        const uint64_t word = fast_peek(data, block_bits[b]);
        const uint32_t symbol = fast_dc_symbol(painter->components[i].dc, word);
        painter->components[i].dc_prediction += (uint32_t)fast_value(symbol, word);
        dcs_out->dc[b] = (int16_t)painter->components[i].dc_prediction;
        dcs_out->ac_bit[b] = block_bits[b] + (symbol & FAST_BITS_MASK);
    }
}

static void paint_mcu(struct fast_painter *painter, const uint8_t *data, const struct mcu_dcs *dcs)
{
    const struct fast_frame *frame = painter->frame;
    const size_t x = painter->mcu_x - painter->layout.mcu_x0;
    const size_t y = painter->mcu_y - painter->layout.mcu_y0;
    for (uint32_t b = 0; b < frame->mcu_blocks; b++) {
        const uint32_t i = frame->block_component[b];
        uint8_t *to = painter->components[i].plane + x * painter->components[i].mcu_step_x +
                      y * painter->components[i].mcu_step_y + painter->block_offset[b];
        if (painter->components[i].block_px == 1)
            fast_idct1(dcs->dc[b], painter->components[i].quant[0], to);
        else if (painter->components[i].block_px == 2)
            paint2(painter, i, data, dcs->ac_bit[b], dcs->dc[b], to);
        else
            paint4(painter, i, data, dcs->ac_bit[b], dcs->dc[b], to);
    }
}

static void painter_take(void *context, const struct fast_batch *batch)
{
    struct fast_painter *painter = context;
    const struct fast_layout *layout = &painter->layout;
    const uint32_t *block_bits = batch->block_bits;
    for (uint32_t i = 0; i < batch->mcu_count; i++, block_bits += painter->frame->mcu_blocks) {
        struct mcu_dcs dcs;
        read_dcs(painter, batch->data, block_bits, &dcs);
        if (painter->mcu_y >= layout->mcu_y0 && painter->mcu_x >= layout->mcu_x0 &&
            painter->mcu_x < layout->mcu_x1)
            paint_mcu(painter, batch->data, &dcs);
        if (++painter->mcu_x == painter->frame->mcus_across) {
            painter->mcu_x = 0;
            painter->mcu_y++;
        }
    }
    paint_pending(painter, batch->data);
}

static void painter_restart(void *context)
{
    struct fast_painter *painter = context;
    for (uint32_t i = 0; i < painter->frame->component_count; i++)
        painter->components[i].dc_prediction = 0;
}

struct fast_sink fast_painter_sink(struct fast_painter *painter)
{
    return (struct fast_sink){painter, painter_restart, painter_take};
}
