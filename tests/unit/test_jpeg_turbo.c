// SPDX-License-Identifier: MIT
/*
 * The reader for every JPEG against libjpeg's ordinary decode to scanlines, which repeats chroma samples
 * where planes are smaller; regions against the whole; files that are cut, and files with more behind them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "countdown.h"
#include "image/jpeg_reader.h"
#include "jpeg_make.h"
#include "torture.h"

static uint32_t pick(uint32_t *seed, uint32_t least, uint32_t most)
{
    *seed = *seed * 1664525U + 1013904223U;
    return least + (*seed >> 8) % (most - least + 1);
}

struct recipe {
    uint32_t width, height;
    int components, h_samp, v_samp;
    bool progressive;
};

static struct made_jpeg encode(const struct recipe *recipe)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    uint8_t row[4096], *rows = row;
    uint32_t seed = recipe->width;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &size);
    cinfo.image_width = recipe->width;
    cinfo.image_height = recipe->height;
    cinfo.input_components = recipe->components;
    cinfo.in_color_space = recipe->components == 1   ? JCS_GRAYSCALE
                           : recipe->components == 3 ? JCS_YCbCr
                                                     : JCS_CMYK;
    jpeg_set_defaults(&cinfo);
    cinfo.comp_info[0].h_samp_factor = recipe->h_samp;
    cinfo.comp_info[0].v_samp_factor = recipe->v_samp;
    if (recipe->progressive)
        jpeg_simple_progression(&cinfo);
    jpeg_start_compress(&cinfo, TRUE);
    for (uint32_t y = 0; y < recipe->height; y++) {
        for (uint32_t x = 0; x < recipe->width * (uint32_t)recipe->components; x++)
            row[x] = (uint8_t)(100 + x / 3 % 50 + y % 60 + pick(&seed, 0, 31));
        (void)jpeg_write_scanlines(&cinfo, &rows, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    struct made_jpeg jpeg = {malloc(size), size, 1};
    assert_non_null(jpeg.data);
    memcpy(jpeg.data, data, size);
    free(data);
    return jpeg;
}

/* Packed samples of the whole picture at its scale. The caller frees them. */
static uint8_t *decode_plainly(const struct made_jpeg *jpeg, uint32_t denominator, uint32_t *width_out,
                               uint32_t *height_out)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, jpeg->data, jpeg->size);
    (void)jpeg_read_header(&cinfo, TRUE);
    cinfo.out_color_space = cinfo.jpeg_color_space;
    cinfo.scale_num = 1;
    cinfo.scale_denom = denominator;
    cinfo.do_fancy_upsampling = FALSE;
    (void)jpeg_start_decompress(&cinfo);
    *width_out = cinfo.output_width;
    *height_out = cinfo.output_height;
    const size_t row_bytes = (size_t)cinfo.output_width * (size_t)cinfo.num_components;
    uint8_t *samples = malloc(row_bytes * cinfo.output_height);
    assert_non_null(samples);
    while (cinfo.output_scanline < cinfo.output_height) {
        uint8_t *row = samples + cinfo.output_scanline * row_bytes;
        (void)jpeg_read_scanlines(&cinfo, &row, 1);
    }
    (void)jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
    return samples;
}

struct opened {
    struct jpeg_header header;
    struct jpeg_request request;
};

static void open_file(const struct made_jpeg *jpeg, uint32_t denominator, struct opened *opened)
{
    const struct jpeg_limits limits = {100000000, 100};
    assert_int_equal(jpeg_header_read(jpeg->data, jpeg->size, &limits, &opened->header, NULL), TESS_OK);
    opened->request = (struct jpeg_request){.bytes = jpeg->data,
                                            .size_bytes = jpeg->size,
                                            .header = &opened->header,
                                            .denominator = denominator,
                                            .x1_px = opened->header.width_px,
                                            .y1_px = opened->header.height_px};
}

/* Every sample of the region that libjpeg's scanlines hold is in the planes. */
static void assert_region(const struct jpeg_request *request, const struct jpeg_planes *planes,
                          const uint8_t *expected, uint32_t width, uint32_t height)
{
    const uint32_t denominator = request->denominator;
    for (uint32_t i = 0; i < planes->count; i++) {
        const struct jpeg_plane *plane = &planes->planes[i];
        const uint32_t across = (uint32_t)lround(1 / (denominator * plane->scale_x));
        const uint32_t down = (uint32_t)lround(1 / (denominator * plane->scale_y));
        assert_int_equal(plane->whole_width_px, (width + across - 1) / across);
        assert_int_equal(plane->whole_height_px, (height + down - 1) / down);
        for (uint32_t y = request->y0_px / denominator; y * denominator < request->y1_px; y++) {
            for (uint32_t x = request->x0_px / denominator; x * denominator < request->x1_px; x++) {
                const uint32_t column = x / across, row = y / down;
                assert_true(column >= plane->origin_x_px && column < plane->origin_x_px + plane->width_px);
                assert_true(row >= plane->origin_y_px && row < plane->origin_y_px + plane->height_px);
                assert_int_equal(plane->data[(row - plane->origin_y_px) * plane->stride_bytes + column -
                                             plane->origin_x_px],
                                 expected[((size_t)y * width + x) * planes->count + i]);
            }
        }
    }
}

static void regions_hold_what_libjpeg_decodes(void **state)
{
    (void)state;
    static const struct recipe recipes[] = {{161, 93, 3, 2, 2, false}, {161, 93, 3, 2, 1, false},
                                            {97, 130, 3, 1, 2, false}, {64, 64, 3, 1, 1, true},
                                            {33, 47, 1, 1, 1, false},  {50, 41, 4, 1, 1, false},
                                            {90, 70, 3, 2, 2, true},   {1, 1, 3, 2, 2, false},
                                            {15, 200, 3, 4, 1, false}, {40, 9, 3, 1, 4, false}};
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        struct made_jpeg jpeg = encode(&recipes[i]);
        for (uint32_t denominator = 1; denominator <= 8; denominator *= 2) {
            uint32_t width, height;
            uint8_t *expected = decode_plainly(&jpeg, denominator, &width, &height);
            struct opened opened;
            open_file(&jpeg, denominator, &opened);
            for (int round = 0; round < 8; round++) {
                struct jpeg_request request = opened.request;
                struct jpeg_planes planes;
                if (round > 0) {
                    request.x0_px = pick(&seed, 0, recipes[i].width - 1);
                    request.y0_px = pick(&seed, 0, recipes[i].height - 1);
                    request.x1_px = pick(&seed, request.x0_px + 1, recipes[i].width);
                    request.y1_px = pick(&seed, request.y0_px + 1, recipes[i].height);
                }
                assert_true(jpeg_turbo_reader.accepts(&request));
                assert_int_equal(jpeg_turbo_reader.read(&request, &planes, NULL), TESS_OK);
                assert_region(&request, &planes, expected, width, height);
                jpeg_planes_clear(&planes);
            }
            jpeg_header_clear(&opened.header);
            free(expected);
        }
        made_clear(&jpeg);
    }
}

static enum tess_status read_part(const struct made_jpeg *jpeg, const struct jpeg_request *whole, size_t size)
{
    uint8_t *part = malloc(size ? size : 1);
    struct jpeg_request request = *whole;
    struct jpeg_planes planes;
    struct tess_error error = {0};
    assert_non_null(part);
    memcpy(part, jpeg->data, size);
    request.bytes = part;
    request.size_bytes = size;
    enum tess_status status = jpeg_turbo_reader.read(&request, &planes, &error);
    assert_int_equal(error.status, status);
    assert_true(status == TESS_OK || (!planes.memory && error.message[0]));
    jpeg_planes_clear(&planes);
    free(part);
    return status;
}

/* Cut after every byte: damage, never grey filling. Only the end marker may be missed. */
static void cut_files_are_damaged(void **state)
{
    (void)state;
    static const struct recipe recipes[] = {{40, 24, 3, 2, 2, false}, {24, 24, 3, 1, 1, true}};
    for (int i = 0; i < 2; i++) {
        struct made_jpeg jpeg = encode(&recipes[i]);
        struct opened opened;
        open_file(&jpeg, 1, &opened);
        for (size_t size = 1; size < jpeg.size - 2; size++) {
            enum tess_status status = read_part(&jpeg, &opened.request, size);
            if (status != TESS_ERR_CORRUPT && !(size < 2 && status == TESS_ERR_NOT_IMAGE))
                fail_msg("cut to %zu of %zu bytes: %s", size, jpeg.size, tess_status_name(status));
            struct jpeg_header header;
            uint8_t *exact = malloc(size);
            assert_non_null(exact);
            memcpy(exact, jpeg.data, size);
            const struct jpeg_limits limits = {100000000, 100};
            status = jpeg_header_read(exact, size, &limits, &header, NULL);
            assert_true(status == TESS_OK || status == TESS_ERR_CORRUPT ||
                        (size < 3 && status == TESS_ERR_NOT_IMAGE));
            jpeg_header_clear(&header);
            free(exact);
        }
        assert_int_equal(read_part(&jpeg, &opened.request, jpeg.size), TESS_OK);
        jpeg_header_clear(&opened.header);
        made_clear(&jpeg);
    }
}

/* What lies below the region is not looked at; what lies behind the file neither. */
static void the_rest_of_the_file_does_not_matter(void **state)
{
    (void)state;
    const struct recipe recipe = {64, 256, 3, 2, 2, false};
    struct made_jpeg jpeg = encode(&recipe);
    struct opened opened;
    open_file(&jpeg, 1, &opened);
    opened.request.y1_px = 64;
    assert_int_equal(read_part(&jpeg, &opened.request, jpeg.size / 2), TESS_OK);
    opened.request.y1_px = 256;
    assert_int_equal(read_part(&jpeg, &opened.request, jpeg.size / 2), TESS_ERR_CORRUPT);
    uint8_t *longer = realloc(jpeg.data, jpeg.size + 600);
    assert_non_null(longer);
    for (size_t i = 0; i < 600; i++)
        longer[jpeg.size + i] = (uint8_t)(i % 3 ? 0xFF : 0xD8 + i % 7);
    jpeg.data = longer;
    jpeg.size += 600;
    assert_int_equal(read_part(&jpeg, &opened.request, jpeg.size), TESS_OK);
    jpeg_header_clear(&opened.header);
    made_clear(&jpeg);
}

/* Flipped bytes in the scan: any outcome but a crash, an internal error, or one without words. */
static void damage_is_survived(void **state)
{
    (void)state;
    uint32_t seed = 77;
    for (int i = 0; i < 2; i++) {
        const struct recipe recipe = {48, 40, 3, 2, 2, i == 1};
        struct made_jpeg jpeg = encode(&recipe);
        for (int round = 0; round < 400; round++) {
            struct made_jpeg hurt = {malloc(jpeg.size), jpeg.size, 1};
            assert_non_null(hurt.data);
            memcpy(hurt.data, jpeg.data, jpeg.size);
            for (uint32_t k = pick(&seed, 1, 4); k > 0; k--)
                hurt.data[pick(&seed, 2, (uint32_t)jpeg.size - 1)] = (uint8_t)pick(&seed, 0, 255);
            struct jpeg_header header;
            const struct jpeg_limits limits = {1000000, 100};
            if (jpeg_header_read(hurt.data, hurt.size, &limits, &header, NULL) == TESS_OK) {
                const struct jpeg_request request = {hurt.data,       hurt.size,        &header, 1,   0, 0,
                                                     header.width_px, header.height_px, true,    NULL};
                enum tess_status status = read_part(&hurt, &request, hurt.size);
                assert_true(status == TESS_OK || status == TESS_ERR_CORRUPT ||
                            status == TESS_ERR_UNSUPPORTED);
                jpeg_header_clear(&header);
            }
            made_clear(&hurt);
        }
        made_clear(&jpeg);
    }
}

/* A file in several scans is held whole, as coefficients, whatever is asked of it. */
static void peak_covers_whole_files_in_scans(void **state)
{
    (void)state;
    const struct recipe recipe = {1000, 1000, 3, 1, 1, true};
    struct made_jpeg jpeg = encode(&recipe);
    struct opened opened;
    open_file(&jpeg, 8, &opened);
    assert_true(opened.header.multiple_scans);
    assert_true(jpeg_turbo_reader.peak_bytes(&opened.request) >= UINT64_C(1000) * 1000 * 3 * 2);
    opened.header.progressive = false; /* sequential, each component in a scan of its own */
    assert_true(jpeg_turbo_reader.peak_bytes(&opened.request) >= UINT64_C(1000) * 1000 * 3 * 2);
    opened.header.multiple_scans = false;
    assert_true(jpeg_turbo_reader.peak_bytes(&opened.request) < UINT64_C(1000) * 1000 * 3);
    jpeg_header_clear(&opened.header);
    made_clear(&jpeg);
}

/* Rows are aligned, which a narrow picture's planes consist of for the most part. */
static void peak_covers_rows_of_narrow_files(void **state)
{
    (void)state;
    const struct recipe recipe = {1, 20000, 3, 1, 1, false};
    struct made_jpeg jpeg = encode(&recipe);
    struct opened opened;
    struct jpeg_planes planes;
    uint64_t held = 0;
    open_file(&jpeg, 1, &opened);
    assert_int_equal(jpeg_turbo_reader.read(&opened.request, &planes, NULL), TESS_OK);
    for (uint32_t i = 0; i < planes.count; i++)
        held += (uint64_t)planes.planes[i].stride_bytes * planes.planes[i].height_px;
    assert_true(jpeg_turbo_reader.peak_bytes(&opened.request) >= held);
    jpeg_planes_clear(&planes);
    jpeg_header_clear(&opened.header);
    made_clear(&jpeg);
}

/* Asked for each row of MCUs in each scan: 10 rows, and 10 more for each of the progressive file's. */
static void reading_can_be_stopped(void **state)
{
    (void)state;
    for (int progressive = 0; progressive < 2; progressive++) {
        const struct recipe recipe = {100, 80, 3, 1, 1, progressive};
        struct made_jpeg jpeg = encode(&recipe);
        struct opened opened;
        int asked = -1;
        for (enum tess_status status = TESS_ERR_TIMEOUT; status != TESS_OK;) {
            const struct countdown countdown = {++asked};
            const struct stop stop = countdown_stop(&countdown);
            struct jpeg_planes planes;
            struct tess_error error = {0};
            open_file(&jpeg, 1, &opened);
            opened.request.stop = &stop;
            status = jpeg_turbo_reader.read(&opened.request, &planes, &error);
            if (status == TESS_OK)
                assert_true(countdown.left >= 0);
            else
                assert_string_equal(error.message, "counted down");
            assert_true(status == TESS_OK || status == TESS_ERR_TIMEOUT);
            jpeg_planes_clear(&planes);
            jpeg_header_clear(&opened.header);
        }
        assert_true(asked >= (progressive ? 50 : 10));
        made_clear(&jpeg);
    }
}

static enum tess_status read_once(void *context, struct tess_error *error)
{
    const struct made_jpeg *jpeg = context;
    const struct jpeg_limits limits = {100000000, 100};
    struct jpeg_header header;
    struct jpeg_planes planes = {0};
    enum tess_status status = jpeg_header_read(jpeg->data, jpeg->size, &limits, &header, error);
    if (status != TESS_OK)
        return status;
    const struct jpeg_request request = {jpeg->data, jpeg->size, &header, 2, 0, 0, 40, 24, false, NULL};
    status = jpeg_turbo_reader.read(&request, &planes, error);
    jpeg_planes_clear(&planes);
    jpeg_header_clear(&header);
    return status;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    const struct recipe recipe = {40, 24, 3, 2, 2, false};
    struct made_jpeg jpeg = encode(&recipe);
    /* Three for checking the scan, two for reading it; libjpeg's own are not led there. */
    assert_int_equal(torture_loop(TORTURE_MEMORY, read_once, &jpeg), 5);
    made_clear(&jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_hold_what_libjpeg_decodes),
        cmocka_unit_test(cut_files_are_damaged),
        cmocka_unit_test(the_rest_of_the_file_does_not_matter),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(peak_covers_whole_files_in_scans),
        cmocka_unit_test(reading_can_be_stopped),
        cmocka_unit_test(no_memory_is_an_error),
        cmocka_unit_test(peak_covers_rows_of_narrow_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
