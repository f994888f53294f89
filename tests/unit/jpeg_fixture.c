// SPDX-License-Identifier: MIT
#include "jpeg_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/error.h"
#include "image/jpeg_fast_block.h"
#include "image/jpeg_guard.h"

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 16;
}

static uint8_t sample_of(enum jpeg_content content, uint32_t x, uint32_t y, int channel, uint32_t *seed)
{
    switch (content) {
    case CONTENT_FLAT:
        return (uint8_t)(40 + 70 * channel);
    case CONTENT_SMOOTH:
        return (uint8_t)(x * 3 + y * 2 + (uint32_t)channel * 60 + (random_next(seed) & 7));
    case CONTENT_NOISE:
        return (uint8_t)random_next(seed);
    case CONTENT_HARSH:
    default:
        return random_next(seed) & 1 ? 255 : 0;
    }
}

static void write_rows(struct jpeg_compress_struct *cinfo, const struct jpeg_recipe *recipe)
{
    uint32_t seed = recipe->width_px * 31 + recipe->height_px;
    uint8_t *row = malloc((size_t)recipe->width_px * (size_t)recipe->components);
    if (!row)
        abort();
    for (uint32_t y = 0; y < recipe->height_px; y++) {
        uint8_t *to = row;
        for (uint32_t x = 0; x < recipe->width_px; x++)
            for (int c = 0; c < recipe->components; c++)
                *to++ = sample_of(recipe->content, x, y, c, &seed);
        (void)jpeg_write_scanlines(cinfo, &row, 1);
    }
    free(row);
}

struct jpeg_file jpeg_file_make(const struct jpeg_recipe *recipe)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &size);
    cinfo.image_width = recipe->width_px;
    cinfo.image_height = recipe->height_px;
    cinfo.input_components = recipe->components;
    cinfo.in_color_space = recipe->components == 1   ? JCS_GRAYSCALE
                           : recipe->components == 3 ? JCS_RGB
                                                     : JCS_CMYK;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, recipe->quality, TRUE);
    cinfo.comp_info[0].h_samp_factor = recipe->h_samp;
    cinfo.comp_info[0].v_samp_factor = recipe->v_samp;
    cinfo.optimize_coding = recipe->optimised;
    cinfo.restart_interval = recipe->restart_interval;
    if (recipe->progressive)
        jpeg_simple_progression(&cinfo);
    jpeg_start_compress(&cinfo, TRUE);
    write_rows(&cinfo, recipe);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    /* Exactly as large as it is, so that a read beyond the end does not go unseen. */
    uint8_t *exact = malloc(size);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    free(data);
    return (struct jpeg_file){exact, size};
}

void bits_put(struct bit_writer *writer, uint32_t value, unsigned count)
{
    for (unsigned i = count; i-- > 0; writer->bit_count++)
        if (value >> i & 1)
            writer->bytes[writer->bit_count / 8] |= (uint8_t)(0x80 >> writer->bit_count % 8);
}

/* The scan of a one-component file begins behind its SOS segment of 8 bytes. */
static size_t scan_start(const struct jpeg_file *file)
{
    for (size_t at = 2; at + 10 < file->size;
         at += 2 + ((size_t)file->data[at + 2] << 8 | file->data[at + 3]))
        if (file->data[at + 1] == 0xDA)
            return at + 10;
    abort();
}

struct jpeg_file jpeg_file_by_hand(uint32_t width_px, const struct bit_writer *bits)
{
    const struct jpeg_recipe recipe = {width_px, 8, 1, 1, 1, 50, CONTENT_FLAT, false, false, 0};
    struct jpeg_file model = jpeg_file_make(&recipe);
    struct bit_writer padded = *bits;
    while (padded.bit_count % 8 != 0)
        bits_put(&padded, 1, 1);
    size_t size = scan_start(&model);
    uint8_t *data = malloc(size + 2 * padded.bit_count / 8 + 2);
    if (!data)
        abort();
    memcpy(data, model.data, size);
    for (size_t i = 0; i < padded.bit_count / 8; i++) {
        data[size++] = padded.bytes[i];
        if (padded.bytes[i] == 0xFF)
            data[size++] = 0;
    }
    data[size++] = 0xFF;
    data[size++] = 0xD9;
    free(model.data);
    return (struct jpeg_file){data, size};
}

bool jpeg_file_header(const struct jpeg_file *file, struct jpeg_header *header)
{
    const struct jpeg_limits limits = {100000000, 100};
    memset(header, 0, sizeof *header);
    return jpeg_header_read(file->data, file->size, &limits, header, NULL) == TESS_OK;
}

struct jpeg_request jpeg_file_request(const struct jpeg_file *file, const struct jpeg_header *header,
                                      uint32_t denominator)
{
    return (struct jpeg_request){file->data,       file->size,        header, denominator, 0, 0,
                                 header->width_px, header->height_px, false,  NULL};
}

/* Across setjmp. */
struct reference {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_guard guard;
    struct jpeg_planes *planes;
};

static void make_block(const JCOEF *coefs, const UINT16 *quant, uint32_t size, uint8_t *to, size_t stride)
{
    int16_t kept[16] = {0}, factors[16] = {0};
    for (uint32_t v = 0; v < size; v++)
        for (uint32_t u = 0; u < size; u++) {
            kept[v * size + u] = coefs[8 * v + u];
            factors[v * size + u] = (int16_t)quant[8 * v + u];
        }
    if (size == 1)
        fast_idct1(kept[0], factors[0], to);
    else if (size == 2)
        fast_idct2(kept, factors, to, stride);
    else
        fast_idct4_plain(kept, factors, to, stride);
}

static void make_plane(struct reference *reference, jvirt_barray_ptr array, int index, uint32_t size)
{
    jpeg_component_info *component = &reference->cinfo.comp_info[index];
    struct jpeg_plane *plane = &reference->planes->planes[index];
    for (JDIMENSION y = 0; y < component->height_in_blocks; y++) {
        JBLOCKARRAY rows =
            reference->cinfo.mem->access_virt_barray((j_common_ptr)&reference->cinfo, array, y, 1, FALSE);
        for (JDIMENSION x = 0; x < component->width_in_blocks; x++)
            make_block(rows[0][x], component->quant_table->quantval, size,
                       plane->data + (y * plane->stride_bytes + x) * size, plane->stride_bytes);
    }
}

static uint32_t scaled(uint32_t full_px, uint32_t samp, uint32_t max_samp, uint32_t size)
{
    return (uint32_t)ceil((double)full_px * samp * size / (8.0 * max_samp));
}

/* One plane as large as its blocks, at `size` samples a block's side. */
static struct jpeg_plane plane_of(const struct jpeg_decompress_struct *cinfo, int index, uint32_t size)
{
    const jpeg_component_info *component = &cinfo->comp_info[index];
    const uint32_t h = (uint32_t)component->h_samp_factor, v = (uint32_t)component->v_samp_factor;
    const uint32_t max_h = (uint32_t)cinfo->max_h_samp_factor, max_v = (uint32_t)cinfo->max_v_samp_factor;
    return (struct jpeg_plane){.stride_bytes = component->width_in_blocks * size,
                               .width_px = component->width_in_blocks * size,
                               .height_px = component->height_in_blocks * size,
                               .whole_width_px = scaled(cinfo->image_width, h, max_h, size),
                               .whole_height_px = scaled(cinfo->image_height, v, max_v, size),
                               .scale_x = (double)h * size / (8.0 * max_h),
                               .scale_y = (double)v * size / (8.0 * max_v)};
}

static void make_planes(struct reference *reference, const struct jpeg_request *request)
{
    struct jpeg_decompress_struct *cinfo = &reference->cinfo;
    jpeg_mem_src(cinfo, request->bytes, request->size_bytes);
    (void)jpeg_read_header(cinfo, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(cinfo);
    struct jpeg_planes *planes = reference->planes;
    size_t offsets[JPEG_MAX_COMPONENTS] = {0};
    size_t total = 1;
    planes->count = (uint32_t)cinfo->num_components;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const bool halved = 2 * component->h_samp_factor == cinfo->max_h_samp_factor &&
                            2 * component->v_samp_factor == cinfo->max_v_samp_factor;
        const bool doubled = request->full_chroma && halved && request->denominator > 2;
        planes->planes[i] = plane_of(cinfo, i, 8 / request->denominator * (doubled ? 2 : 1));
        offsets[i] = total;
        total += planes->planes[i].stride_bytes * planes->planes[i].height_px;
    }
    planes->memory = malloc(total);
    if (!planes->memory)
        abort();
    for (int i = 0; i < cinfo->num_components; i++) {
        planes->planes[i].data = planes->memory + offsets[i];
        make_plane(reference, arrays[i], i, planes->planes[i].width_px / cinfo->comp_info[i].width_in_blocks);
    }
}

bool jpeg_file_reference(const struct jpeg_request *request, struct jpeg_planes *planes)
{
    struct reference *reference = calloc(1, sizeof *reference);
    if (!reference)
        abort();
    memset(planes, 0, sizeof *planes);
    reference->planes = planes;
    reference->cinfo.err = jpeg_guard_init(&reference->guard, NULL);
    jpeg_create_decompress(&reference->cinfo);
    bool good = false;
    if (setjmp(reference->guard.escape) == 0) {
        make_planes(reference, request);
        good = true;
    }
    jpeg_destroy_decompress(&reference->cinfo);
    free(reference);
    if (!good)
        jpeg_planes_clear(planes);
    return good;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool plane_matches(const struct jpeg_plane *region, const struct jpeg_plane *whole)
{
    if (region->whole_width_px != whole->whole_width_px ||
        region->whole_height_px != whole->whole_height_px || fabs(region->scale_x - whole->scale_x) > 1e-9 ||
        fabs(region->scale_y - whole->scale_y) > 1e-9 || region->origin_x_px >= whole->whole_width_px ||
        region->origin_y_px >= whole->whole_height_px)
        return false;
    uint32_t width = smaller(region->width_px, whole->whole_width_px - region->origin_x_px);
    uint32_t height = smaller(region->height_px, whole->whole_height_px - region->origin_y_px);
    for (uint32_t y = 0; y < height; y++)
        if (memcmp(region->data + y * region->stride_bytes,
                   whole->data + (y + region->origin_y_px) * whole->stride_bytes + region->origin_x_px,
                   width) != 0)
            return false;
    return true;
}

bool jpeg_planes_match(const struct jpeg_planes *region, const struct jpeg_planes *whole)
{
    bool match = region->count == whole->count;
    for (uint32_t i = 0; match && i < region->count; i++)
        match = plane_matches(&region->planes[i], &whole->planes[i]);
    return match;
}

bool jpeg_planes_cover(const struct jpeg_planes *planes, const struct jpeg_request *request)
{
    for (uint32_t i = 0; i < planes->count; i++) {
        const struct jpeg_plane *plane = &planes->planes[i];
        if (plane->origin_x_px > request->x0_px * plane->scale_x ||
            plane->origin_y_px > request->y0_px * plane->scale_y ||
            plane->origin_x_px + plane->width_px < request->x1_px * plane->scale_x ||
            plane->origin_y_px + plane->height_px < request->y1_px * plane->scale_y)
            return false;
    }
    return true;
}
