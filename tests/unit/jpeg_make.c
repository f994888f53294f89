// SPDX-License-Identifier: MIT
#include "jpeg_make.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "image/colour.h"

void made_clear(struct made_jpeg *jpeg)
{
    free(jpeg->data);
    memset(jpeg, 0, sizeof *jpeg);
}

/* The least EXIF there is: one tag. */
static void write_orientation(struct jpeg_compress_struct *cinfo, uint8_t orientation)
{
    const uint8_t exif[] = {'E',  'x', 'i', 'f', 0, 0, 'I', 'I', 42,          0, 8, 0, 0, 0, 1, 0,
                            0x12, 1,   3,   0,   1, 0, 0,   0,   orientation, 0, 0, 0, 0, 0, 0, 0};
    jpeg_write_marker(cinfo, JPEG_APP0 + 1, exif, sizeof exif);
}

struct recipe {
    uint32_t width_px, height_px;
    int h_samp, v_samp;
    uint8_t orientation;
    void (*pixel)(const struct recipe *recipe, uint32_t x, uint32_t y, uint8_t rgb[3]);
    uint32_t spot_x_px, spot_y_px;
    uint8_t flat[3];
};

static struct made_jpeg encode(const struct recipe *recipe)
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
    cinfo.input_components = 3;
    cinfo.in_color_space = JCS_RGB;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, 95, TRUE);
    cinfo.comp_info[0].h_samp_factor = recipe->h_samp;
    cinfo.comp_info[0].v_samp_factor = recipe->v_samp;
    jpeg_start_compress(&cinfo, TRUE);
    if (recipe->orientation != 1)
        write_orientation(&cinfo, recipe->orientation);
    uint8_t *row = malloc((size_t)recipe->width_px * 3);
    assert_non_null(row);
    for (uint32_t y = 0; y < recipe->height_px; y++) {
        for (uint32_t x = 0; x < recipe->width_px; x++)
            recipe->pixel(recipe, x, y, row + (size_t)3 * x);
        (void)jpeg_write_scanlines(&cinfo, &row, 1);
    }
    free(row);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    /* Exactly as large as it is, so that a read beyond the end shows under a sanitizer. */
    struct made_jpeg jpeg = {malloc(size), size, recipe->orientation};
    assert_non_null(jpeg.data);
    memcpy(jpeg.data, data, size);
    free(data);
    return jpeg;
}

static uint8_t byte_of(double value)
{
    return (uint8_t)fmin(fmax(value, 0), 255);
}

/* Large, middling and fine waves, of less and less strength, as in photos (about 1/f); colours vary slowly.
 */
static void photo_pixel(const struct recipe *recipe, uint32_t x, uint32_t y, uint8_t rgb[3])
{
    (void)recipe;
    double light = 125 + 45 * sin(x * 0.011 + 0.4) * cos(y * 0.013) + 22 * sin(x * 0.051 - y * 0.043) +
                   10 * sin(x * 0.21 + y * 0.17) + 5 * cos(x * 0.53 - y * 0.61) +
                   2.5 * sin(x * 1.3 + y * 1.1);
    rgb[0] = byte_of(light + 20 * sin(x * 0.009 + y * 0.004));
    rgb[1] = byte_of(light);
    rgb[2] = byte_of(light - 20 * cos(y * 0.01 - x * 0.006));
}

static void spot_pixel(const struct recipe *recipe, uint32_t x, uint32_t y, uint8_t rgb[3])
{
    double away = hypot((double)x - recipe->spot_x_px, (double)y - recipe->spot_y_px);
    bool inside = away < recipe->height_px / 5.0;
    memset(rgb, inside && (x / 4 + y / 4) % 2 ? 250 : inside ? 10 : 90, 3);
    if (inside)
        rgb[2] = 60; /* colour draws attention */
}

static void flat_pixel(const struct recipe *recipe, uint32_t x, uint32_t y, uint8_t rgb[3])
{
    (void)x;
    (void)y;
    memcpy(rgb, recipe->flat, 3);
}

struct made_jpeg made_photo(uint32_t width_px, uint32_t height_px, int h_samp, int v_samp,
                            uint8_t orientation)
{
    const struct recipe recipe = {width_px, height_px, h_samp, v_samp, orientation, photo_pixel, 0, 0, {0}};
    return encode(&recipe);
}

struct made_jpeg made_spot(uint32_t width_px, uint32_t height_px, uint32_t x_px, uint32_t y_px)
{
    const struct recipe recipe = {width_px, height_px, 2, 2, 1, spot_pixel, x_px, y_px, {0}};
    return encode(&recipe);
}

struct made_jpeg made_flat(uint32_t width_px, uint32_t height_px, uint8_t red, uint8_t green, uint8_t blue)
{
    const struct recipe recipe = {width_px, height_px, 2, 2, 1, flat_pixel, 0, 0, {red, green, blue}};
    return encode(&recipe);
}

struct picture made_decode(const struct made_jpeg *jpeg)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct picture rgb;
    cinfo.err = jpeg_std_error(&errors); /* ends the program on an error, which is as good as failing */
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, jpeg->data, jpeg->size);
    (void)jpeg_read_header(&cinfo, TRUE);
    cinfo.out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(&cinfo);
    assert_int_equal(picture_init(&rgb, PICTURE_RGB, cinfo.output_width, cinfo.output_height, NULL), TESS_OK);
    while (cinfo.output_scanline < cinfo.output_height) {
        uint8_t *row = rgb.planes[0].data + cinfo.output_scanline * rgb.planes[0].stride_bytes;
        (void)jpeg_read_scanlines(&cinfo, &row, 1);
    }
    (void)jpeg_finish_decompress(&cinfo);
    assert_int_equal(errors.num_warnings, 0);
    jpeg_destroy_decompress(&cinfo);
    return rgb;
}

struct picture made_to_rgb(const struct picture *ycc)
{
    struct picture full, rgb;
    const uint32_t shift = ycc->layout == PICTURE_YCC420 ? 1 : 0;
    assert_int_equal(picture_init(&full, PICTURE_YCC444, ycc->width_px, ycc->height_px, NULL), TESS_OK);
    assert_int_equal(picture_init(&rgb, PICTURE_RGB, ycc->width_px, ycc->height_px, NULL), TESS_OK);
    for (uint32_t p = 0; p < 3; p++)
        for (uint32_t y = 0; y < ycc->height_px; y++)
            for (uint32_t x = 0; x < ycc->width_px; x++)
                full.planes[p].data[y * full.planes[p].stride_bytes + x] =
                    ycc->planes[p]
                        .data[(y >> (p ? shift : 0)) * ycc->planes[p].stride_bytes + (x >> (p ? shift : 0))];
    colour_ycc_to_rgb(&full, &rgb);
    picture_clear(&full);
    return rgb;
}
