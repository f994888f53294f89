// SPDX-License-Identifier: MIT
#include "image/jpeg_fast.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/jpeg_fast_paint.h"

static bool scale_fits(const struct jpeg_request *request)
{
    return request->denominator == 2 || request->denominator == 4 || request->denominator == 8;
}

/* Parses the frame; false where file or region are not for this reader. */
static bool frame_of(const struct jpeg_request *request, struct fast_frame *frame)
{
    const struct jpeg_header *header = request->header;
    return !header->progressive && fast_frame_parse(request->bytes, request->size_bytes, frame) &&
           request->x0_px < request->x1_px && request->x1_px <= frame->width_px &&
           request->y0_px < request->y1_px && request->y1_px <= frame->height_px &&
           header->width_px == frame->width_px && header->height_px == frame->height_px &&
           header->component_count == frame->component_count;
}

static bool fast_accepts(const struct jpeg_request *request)
{
    struct fast_frame frame;
    return scale_fits(request) && frame_of(request, &frame);
}

static uint64_t fast_peak_bytes(const struct jpeg_request *request)
{
    struct fast_frame frame;
    if (!scale_fits(request) || !frame_of(request, &frame))
        return 0;
    return fast_layout_make(&frame, request).plane_bytes + fast_scan_peak_bytes(&frame) +
           sizeof(struct fast_tables);
}

static enum tess_status read_frame(const struct jpeg_request *request, const struct fast_frame *frame,
                                   struct fast_tables *tables, struct jpeg_planes *planes,
                                   struct tess_error *error)
{
    const struct fast_layout layout = fast_layout_make(frame, request);
    uint8_t *memory = malloc(layout.plane_bytes);
    if (!memory)
        return error_set(error, TESS_ERR_MEMORY, "no memory for %llu bytes of decoded JPEG",
                         (unsigned long long)layout.plane_bytes);
    fast_layout_planes(frame, &layout, memory, planes);
    planes->memory = memory;
    fast_tables_fill(frame, request->denominator < 8 || request->full_chroma, tables);
    struct fast_painter painter;
    fast_painter_init(&painter, frame, tables, &layout, planes);
    const struct fast_sink sink = fast_painter_sink(&painter);
    return fast_scan_run(frame, tables, (uint64_t)layout.mcu_y1 * frame->mcus_across, &sink, error);
}

static enum tess_status fast_read(const struct jpeg_request *request, struct jpeg_planes *planes_out,
                                  struct tess_error *error)
{
    memset(planes_out, 0, sizeof *planes_out);
    struct fast_frame frame;
    if (!scale_fits(request) || !frame_of(request, &frame))
        return error_set(error, TESS_ERR_UNSUPPORTED, "JPEG: not a file for the fast reader");
    struct fast_tables *tables = malloc(sizeof *tables);
    if (!tables)
        return error_set(error, TESS_ERR_MEMORY, "no memory to decode a JPEG");
    enum tess_status status = read_frame(request, &frame, tables, planes_out, error);
    free(tables);
    if (status != TESS_OK)
        jpeg_planes_clear(planes_out);
    return status;
}

const struct jpeg_reader jpeg_fast_reader = {
    .name = "fast", .accepts = fast_accepts, .peak_bytes = fast_peak_bytes, .read = fast_read};

static void pass_restart(void *context)
{
    (void)context;
}

static void pass_batch(void *context, const struct fast_batch *batch)
{
    (void)context;
    (void)batch;
}

enum tess_status jpeg_fast_check(const struct jpeg_request *request, struct tess_error *error)
{
    static const struct fast_sink nobody = {.restart = pass_restart, .take = pass_batch};
    struct fast_frame frame;
    if (!frame_of(request, &frame))
        return TESS_OK;
    struct fast_tables *tables = malloc(sizeof *tables);
    if (!tables)
        return error_set(error, TESS_ERR_MEMORY, "no memory to check a JPEG");
    fast_tables_fill(&frame, false, tables);
    enum tess_status status = fast_scan_run(
        &frame, tables, (uint64_t)fast_layout_end_row(&frame, request) * frame.mcus_across, &nobody, error);
    free(tables);
    return status;
}

uint64_t jpeg_fast_check_peak_bytes(const struct jpeg_request *request)
{
    struct fast_frame frame;
    return frame_of(request, &frame) ? fast_scan_peak_bytes(&frame) + sizeof(struct fast_tables) : 0;
}
