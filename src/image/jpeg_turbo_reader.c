// SPDX-License-Identifier: MIT
/*
 * The JPEG reader for every file: libjpeg-turbo with raw (planar) output.
 *
 * Raw output comes in rows of MCUs, each component at its own size. For 4:2:0 at 1/2 and below libjpeg
 * decodes chroma at twice the DCT scale of luma (jdmaster.c), so its planes come out as large as luma's; we
 * take whatever size it says. Rows above the region are decoded into a scratch row (raw output cannot skip
 * them), rows below are never read.
 *
 * In baseline data libjpeg-turbo does not notice all damage: far from a marker it takes codes that do not
 * exist for zeros, and never minds coefficients behind a block's last. So that a file is not damaged at one
 * scale and fine at another, files whose small sizes the fast reader reads are checked by it first: 13 % of a
 * full-size decode's instructions.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/jpeg_fast.h"
#include "image/jpeg_guard.h"
#include "image/jpeg_reader.h"
#include "image/jpeg_source.h"

enum { MAX_ROWS_PER_IMCU = 4 * DCTSIZE, ROW_ALIGN_BYTES = 64 };

/* All that lives across libjpeg's longjmp, so that no local is clobbered by it. */
struct turbo_read {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_guard guard;
    struct jpeg_source source;
    struct jpeg_progress_mgr progress;
    const struct jpeg_request *request;
    struct jpeg_planes planes;
    uint8_t *scratch; /* one row, for rows that nobody wants */
    uint32_t first_imcu, imcu_count;
    JSAMPROW rows[JPEG_MAX_COMPONENTS][MAX_ROWS_PER_IMCU];
};

static uint32_t dct_size_of(const jpeg_component_info *component)
{
#if JPEG_LIB_VERSION >= 70
    return (uint32_t)component->DCT_v_scaled_size;
#else
    return (uint32_t)component->DCT_scaled_size;
#endif
}

static uint32_t imcu_height_px(const struct jpeg_header *header)
{
    return (uint32_t)header->max_v_samp * DCTSIZE;
}

static bool turbo_accepts(const struct jpeg_request *request)
{
    (void)request;
    return true;
}

static uint64_t turbo_peak_bytes(const struct jpeg_request *request)
{
    const struct jpeg_header *header = request->header;
    const uint64_t imcu_px = imcu_height_px(header);
    const uint64_t padded_width_px = header->width_px + (uint64_t)header->max_h_samp * DCTSIZE;
    const uint64_t region_rows_px = request->y1_px - request->y0_px + 2 * imcu_px;
    uint64_t total = 0;
    for (uint32_t i = 0; i < header->component_count; i++) {
        /* A component with fewer samples may be decoded at a larger scale, up to the densest one's size. */
        total += (padded_width_px / request->denominator + DCTSIZE + ROW_ALIGN_BYTES) *
                 (region_rows_px / request->denominator + 2 * DCTSIZE);
        if (header->multiple_scans) /* every coefficient of the file, two bytes each */
            total += padded_width_px * header->h_samp[i] / header->max_h_samp *
                     (header->height_px + imcu_px) * header->v_samp[i] / header->max_v_samp * sizeof(JCOEF);
    }
    total += 256 * 1024; /* libjpeg's own tables and row buffers */
    const uint64_t check_bytes = jpeg_fast_check_peak_bytes(request);
    return total > check_bytes ? total : check_bytes;
}

/* Allocates the planes for the iMCU rows of the region; their sizes are known once libjpeg has chosen its
 * scales. */
static enum tess_status lay_out_planes(struct turbo_read *read, struct tess_error *error)
{
    const struct jpeg_header *header = read->request->header;
    size_t offsets[JPEG_MAX_COMPONENTS], total = 0, widest = 0;
    read->planes.count = header->component_count;
    for (uint32_t i = 0; i < read->planes.count; i++) {
        const jpeg_component_info *component = &read->cinfo.comp_info[i];
        struct jpeg_plane *plane = &read->planes.planes[i];
        uint32_t dct = dct_size_of(component);
        uint32_t imcu_rows = (uint32_t)component->v_samp_factor * dct;
        plane->stride_bytes = ((size_t)component->width_in_blocks * dct + ROW_ALIGN_BYTES - 1) /
                              ROW_ALIGN_BYTES * ROW_ALIGN_BYTES;
        plane->origin_x_px = 0;
        plane->origin_y_px = read->first_imcu * imcu_rows;
        plane->width_px = component->downsampled_width;
        plane->height_px = read->imcu_count * imcu_rows;
        plane->whole_width_px = component->downsampled_width;
        plane->whole_height_px = component->downsampled_height;
        plane->scale_x = (double)component->h_samp_factor * dct / (header->max_h_samp * DCTSIZE);
        plane->scale_y = (double)component->v_samp_factor * dct / (header->max_v_samp * DCTSIZE);
        offsets[i] = total;
        total += plane->stride_bytes * plane->height_px;
        if (plane->stride_bytes > widest)
            widest = plane->stride_bytes;
    }
    assert(total > 0);
    read->planes.memory = malloc(total + widest);
    if (!read->planes.memory)
        return error_set(error, TESS_ERR_MEMORY, "no memory for %zu bytes of decoded JPEG", total + widest);
    for (uint32_t i = 0; i < read->planes.count; i++)
        read->planes.planes[i].data = read->planes.memory + offsets[i];
    read->scratch = read->planes.memory + total;
    return TESS_OK;
}

/* Points libjpeg at where iMCU row `imcu` goes: its place in the planes, or the scratch row. */
static void aim_rows(struct turbo_read *read, uint32_t imcu, JSAMPARRAY arrays[JPEG_MAX_COMPONENTS])
{
    bool wanted = imcu >= read->first_imcu;
    for (uint32_t i = 0; i < read->planes.count; i++) {
        const jpeg_component_info *component = &read->cinfo.comp_info[i];
        const struct jpeg_plane *plane = &read->planes.planes[i];
        uint32_t count = (uint32_t)component->v_samp_factor * dct_size_of(component);
        for (uint32_t row = 0; row < count; row++) {
            size_t at = (size_t)(imcu - read->first_imcu) * count + row;
            read->rows[i][row] = wanted ? plane->data + at * plane->stride_bytes : read->scratch;
        }
        arrays[i] = read->rows[i];
    }
}

/* Called for every row of MCUs, of each scan where there are several: a hundred take a while. */
static void on_progress(j_common_ptr cinfo)
{
    struct turbo_read *read = cinfo->client_data;
    enum tess_status status = stop_check(read->request->stop, read->guard.error);
    if (status != TESS_OK)
        jpeg_guard_leave(&read->guard, status);
}

static enum tess_status read_region(struct turbo_read *read, struct tess_error *error)
{
    struct jpeg_decompress_struct *cinfo = &read->cinfo;
    const struct jpeg_request *request = read->request;
    jpeg_create_decompress(cinfo);
    cinfo->client_data = read;
    read->progress.progress_monitor = on_progress;
    cinfo->progress = &read->progress;
    jpeg_source_set(cinfo, &read->source, request->bytes, request->size_bytes,
                    request->header->mislabelled_at);
    (void)jpeg_read_header(cinfo, TRUE);
    cinfo->scale_num = 1;
    cinfo->scale_denom = request->denominator;
    cinfo->out_color_space = cinfo->jpeg_color_space;
    cinfo->raw_data_out = TRUE;
    cinfo->do_fancy_upsampling = FALSE;
    cinfo->dct_method = JDCT_ISLOW;
    (void)jpeg_start_decompress(cinfo); /* reads all scans where there are several */
    if (jpeg_has_multiple_scans(cinfo) && !jpeg_source_is_whole(cinfo))
        return error_set(error, TESS_ERR_CORRUPT, "JPEG ends before its last scan");

    const uint32_t imcu_px = imcu_height_px(request->header);
    read->first_imcu = request->y0_px / imcu_px;
    const uint32_t end_imcu = (request->y1_px + imcu_px - 1) / imcu_px;
    read->imcu_count = end_imcu - read->first_imcu;
    enum tess_status status = lay_out_planes(read, error);
    for (uint32_t imcu = 0; status == TESS_OK && imcu < end_imcu; imcu++) {
        JSAMPARRAY arrays[JPEG_MAX_COMPONENTS];
        aim_rows(read, imcu, arrays);
        if (jpeg_read_raw_data(cinfo, arrays, MAX_ROWS_PER_IMCU) == 0)
            status = error_set(error, TESS_ERR_CORRUPT, "JPEG ends before its last row");
    }
    return status;
}

static enum tess_status turbo_read(const struct jpeg_request *request, struct jpeg_planes *planes_out,
                                   struct tess_error *error)
{
    memset(planes_out, 0, sizeof *planes_out);
    enum tess_status status = jpeg_fast_check(request, error);
    if (status != TESS_OK)
        return status;
    struct turbo_read *read = calloc(1, sizeof *read);
    if (!read)
        return error_set(error, TESS_ERR_MEMORY, "no memory to decode a JPEG");
    read->request = request;
    read->cinfo.err = jpeg_guard_init(&read->guard, error);
    if (setjmp(read->guard.escape))
        status = read->guard.status;
    else
        status = read_region(read, error);
    jpeg_destroy_decompress(&read->cinfo);
    if (status == TESS_OK)
        *planes_out = read->planes;
    else
        jpeg_planes_clear(&read->planes);
    free(read);
    return status;
}

const struct jpeg_reader jpeg_turbo_reader = {
    .name = "libjpeg-turbo", .accepts = turbo_accepts, .peak_bytes = turbo_peak_bytes, .read = turbo_read};
