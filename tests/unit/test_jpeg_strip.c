// SPDX-License-Identifier: MIT
/*
 * A picture encoded in strips is, byte by byte, the JPEG that libjpeg makes of the whole with the same
 * settings, and decodes without a warning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "image/colour.h"
#include "image/jpeg_strip.h"
#include "torture.h"

enum { MCU_PX = 16 };

struct file {
    uint8_t *data;
    size_t size;
};

static uint32_t round_up(uint32_t value)
{
    return (value + MCU_PX - 1) / MCU_PX * MCU_PX;
}

/* Room for the padding, which holds rubbish; the picture itself is smooth with some noise. */
static struct picture make_picture(enum picture_layout layout, uint32_t width, uint32_t height)
{
    struct picture picture;
    uint32_t seed = width * 7 + height;
    assert_int_equal(picture_init(&picture, layout, round_up(width), round_up(height), NULL), TESS_OK);
    memset(picture.memory, 0xEE, picture_bytes(layout, round_up(width), round_up(height)));
    const struct picture view = picture_view(&picture, 0, 0, width, height);
    for (uint32_t p = 0; p < 3; p++) {
        for (uint32_t y = 0; y < view.planes[p].height_px; y++) {
            for (uint32_t x = 0; x < view.planes[p].width_px; x++) {
                seed = seed * 1664525U + 1013904223U;
                view.planes[p].data[y * view.planes[p].stride_bytes + x] =
                    (uint8_t)(128 + (x * (p + 1) + y) % 97 - 48 + (seed >> 28));
            }
        }
    }
    return picture;
}

static void append(struct file *file, const uint8_t *data, size_t size)
{
    uint8_t *grown = realloc(file->data, file->size + size);
    assert_non_null(grown);
    memcpy(grown + file->size, data, size);
    file->data = grown;
    file->size += size;
}

/* All strips of a picture, joined. */
static struct file encode_strips(const struct picture *picture, uint32_t width, uint32_t height,
                                 uint8_t quality)
{
    struct file file = {0};
    const uint32_t count = (height + JPEG_STRIP_ROWS_PX - 1) / JPEG_STRIP_ROWS_PX;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t top = i * JPEG_STRIP_ROWS_PX;
        uint32_t rows = height - top < JPEG_STRIP_ROWS_PX ? height - top : JPEG_STRIP_ROWS_PX;
        struct picture view = picture_view(picture, 0, top, round_up(width), round_up(rows));
        const struct jpeg_strip strip = {&view, width, rows, i, count, height, quality};
        uint8_t *data = NULL;
        size_t size = 0;
        struct tess_error error = {0};
        if (jpeg_strip_encode(&strip, &data, &size, &error) != TESS_OK)
            fail_msg("%s", error.message);
        append(&file, data, size);
        free(data);
    }
    return file;
}

/* The whole by libjpeg, from 4:2:0 planes whose padding repeats the last column and row. */
static struct file encode_whole(const struct picture *picture, uint32_t width, uint32_t height, int quality)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &size);
    cinfo.image_width = width;
    cinfo.image_height = height;
    cinfo.input_components = 3;
    cinfo.in_color_space = JCS_YCbCr;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, quality, TRUE);
    cinfo.raw_data_in = TRUE;
    cinfo.restart_in_rows = 1;
    jpeg_start_compress(&cinfo, TRUE);
    const uint32_t wide = round_up(width);
    uint8_t *rows = malloc((size_t)3 * MCU_PX * wide);
    assert_non_null(rows);
    for (uint32_t top = 0; top < height; top += MCU_PX) {
        JSAMPROW lines[3][MCU_PX];
        JSAMPARRAY planes[3] = {lines[0], lines[1], lines[2]};
        for (uint32_t p = 0; p < 3; p++) {
            uint32_t shift = p ? 1 : 0, valid = (width + shift) >> shift, most = (height + shift) >> shift;
            for (uint32_t y = 0; y < (uint32_t)MCU_PX >> shift; y++) {
                uint32_t from = (top >> shift) + y < most ? (top >> shift) + y : most - 1;
                lines[p][y] = rows + (size_t)(p * MCU_PX + y) * wide;
                const uint8_t *line = picture->planes[p].data + from * picture->planes[p].stride_bytes;
                for (uint32_t x = 0; x < wide >> shift; x++)
                    lines[p][y][x] = line[x < valid ? x : valid - 1];
            }
        }
        (void)jpeg_write_raw_data(&cinfo, planes, MCU_PX);
    }
    free(rows);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return (struct file){data, size};
}

static void assert_same_bytes(const struct file *strips, const struct file *whole)
{
    assert_int_equal(strips->size, whole->size);
    assert_memory_equal(strips->data, whole->data, whole->size);
}

/* Decodes to YCbCr planes as they are; any warning fails. */
static void assert_decodes(const struct file *file, uint32_t width, uint32_t height)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, file->data, file->size);
    (void)jpeg_read_header(&cinfo, TRUE);
    assert_int_equal(cinfo.image_width, width);
    assert_int_equal(cinfo.image_height, height);
    assert_int_equal(cinfo.num_components, 3);
    assert_int_equal(cinfo.progressive_mode, FALSE);
    assert_int_equal(cinfo.comp_info[0].h_samp_factor, 2);
    assert_int_equal(cinfo.comp_info[0].v_samp_factor, 2);
    (void)jpeg_start_decompress(&cinfo);
    uint8_t *row = malloc((size_t)width * 3);
    assert_non_null(row);
    while (cinfo.output_scanline < cinfo.output_height)
        (void)jpeg_read_scanlines(&cinfo, &row, 1);
    (void)jpeg_finish_decompress(&cinfo);
    assert_int_equal(errors.num_warnings, 0);
    free(row);
    jpeg_destroy_decompress(&cinfo);
}

static const uint32_t sizes[][2] = {{1, 1},    {17, 129}, {16, 128},   {64, 256},   {15, 127},  {33, 257},
                                    {500, 17}, {3, 1500}, {65500, 16}, {16, 65500}, {31, 1025}, {129, 1}};

static void strips_are_the_whole(void **state)
{
    (void)state;
    static const uint8_t qualities[] = {80, 1, 100, 55};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint32_t width = sizes[i][0], height = sizes[i][1];
        struct picture picture = make_picture(PICTURE_YCC420, width, height);
        struct file whole = encode_whole(&picture, width, height, qualities[i % 4]);
        struct file strips = encode_strips(&picture, width, height, qualities[i % 4]);
        assert_same_bytes(&strips, &whole);
        assert_decodes(&strips, width, height);
        free(whole.data);
        free(strips.data);
        picture_clear(&picture);
    }
}

/* Full chroma is halved strip by strip as it would be whole: strips have an even number of rows. */
static void full_chroma_is_halved(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint32_t width = sizes[i][0], height = sizes[i][1];
        struct picture full = make_picture(PICTURE_YCC444, width, height), halved;
        const struct picture view = picture_view(&full, 0, 0, width, height);
        assert_int_equal(colour_convert(&view, PICTURE_YCC420, &halved, NULL), TESS_OK);
        struct file strips = encode_strips(&full, width, height, 80);
        struct file whole = encode_whole(&halved, width, height, 80);
        assert_same_bytes(&strips, &whole);
        free(whole.data);
        free(strips.data);
        picture_clear(&full);
        picture_clear(&halved);
    }
}

/* What is in the padding, and in rows below a short last strip, does not show in the file. */
static void padding_does_not_matter(void **state)
{
    (void)state;
    struct file files[2];
    for (int round = 0; round < 2; round++) {
        struct picture picture, content = make_picture(PICTURE_YCC420, 21, 37);
        assert_int_equal(picture_init(&picture, PICTURE_YCC420, 48, 128, NULL), TESS_OK);
        memset(picture.memory, round ? 0xFF : 0, picture_bytes(PICTURE_YCC420, 48, 128));
        const struct picture view = picture_view(&content, 0, 0, 21, 37);
        for (uint32_t p = 0; p < 3; p++)
            for (uint32_t y = 0; y < view.planes[p].height_px; y++)
                memcpy(picture.planes[p].data + y * picture.planes[p].stride_bytes,
                       view.planes[p].data + y * view.planes[p].stride_bytes, view.planes[p].width_px);
        const struct jpeg_strip strip = {&picture, 21, 37, 0, 1, 37, 80};
        assert_int_equal(jpeg_strip_encode(&strip, &files[round].data, &files[round].size, NULL), TESS_OK);
        picture_clear(&picture);
        picture_clear(&content);
    }
    assert_same_bytes(&files[0], &files[1]);
    free(files[0].data);
    free(files[1].data);
}

static enum tess_status encode_strip(const struct jpeg_strip *strip, struct tess_error *error)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum tess_status status = jpeg_strip_encode(strip, &data, &size, error);
    assert_int_equal(status == TESS_OK, data != NULL);
    free(data);
    return status;
}

static enum tess_status encode_once(void *context, struct tess_error *error)
{
    const struct jpeg_strip strip = {context, 40, 24, 0, 2, 152, 80};
    return encode_strip(&strip, error);
}

static enum tess_status encode_large(void *context, struct tess_error *error)
{
    const struct jpeg_strip strip = {context, 2048, 128, 0, 1, 128, 100};
    return encode_strip(&strip, error);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct picture picture = make_picture(PICTURE_YCC444, 40, 128);
    assert_true(torture_loop(TORTURE_MEMORY, encode_once, &picture) >= 2);
    picture_clear(&picture);
}

/* Of a strip too large for the first piece of memory: the encoder runs out of it when it has written some. */
static void no_memory_to_grow_is_an_error(void **state)
{
    (void)state;
    struct picture picture = make_picture(PICTURE_YCC420, 2048, 128);
    assert_true(torture_loop(TORTURE_MEMORY, encode_large, &picture) >= 4);
    picture_clear(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strips_are_the_whole),          cmocka_unit_test(full_chroma_is_halved),
        cmocka_unit_test(padding_does_not_matter),       cmocka_unit_test(no_memory_is_an_error),
        cmocka_unit_test(no_memory_to_grow_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
