// SPDX-License-Identifier: MIT
#include "vips_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct rgb quarter_colours[4] = {{200, 30, 40}, {30, 180, 60}, {40, 60, 200}, {230, 220, 90}};

void blob_clear(struct blob *blob)
{
    g_free(blob->data);
    blob->data = NULL;
    blob->size = 0;
}

const struct vips_ops *fixture_ops(void)
{
    struct tess_error error = {0};
    const struct vips_ops *ops = vips_module(&error);
    if (!ops)
        fail_msg("%s", error.message);
    return ops;
}

static struct colour_profiles *profiles; /* of all tests of a group */

int fixture_setup(void **state)
{
    (void)state;
    struct tess_error error = {0};
    if (!vips_module(&error))
        (void)fprintf(stderr, "%s\n", error.message);
    profiles = colour_profiles_create();
    return profiles && vips_module(NULL) && VIPS_INIT("") == 0 ? 0 : -1;
}

int fixture_teardown(void **state)
{
    (void)state;
    colour_profiles_destroy(profiles);
    return 0;
}

VipsImage *fixture_flat(int width_px, int height_px, VipsInterpretation interpretation, VipsBandFormat format,
                        const double *values, int bands)
{
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 4);
    VipsImage *image = NULL;
    double ones[8];
    for (int i = 0; i < bands; i++)
        ones[i] = 1;
    if (vips_black(&t[0], width_px, height_px, "bands", bands, NULL) ||
        vips_linear(t[0], &t[1], ones, values, bands, NULL) || vips_cast(t[1], &t[2], format, NULL) ||
        vips_copy(t[2], &t[3], "interpretation", interpretation, NULL) ||
        !(image = vips_image_copy_memory(t[3])))
        fail_msg("%s", vips_error_buffer());
    g_object_unref(scope);
    return image;
}

static VipsImage *image_of(const uint8_t *rgb, int width_px, int height_px)
{
    VipsImage *plain = vips_image_new_from_memory_copy(rgb, 3 * (size_t)width_px * (size_t)height_px,
                                                       width_px, height_px, 3, VIPS_FORMAT_UCHAR);
    VipsImage *image = NULL;
    assert_non_null(plain);
    assert_int_equal(vips_copy(plain, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), 0);
    g_object_unref(plain);
    return image;
}

VipsImage *fixture_quarters(int width_px, int height_px)
{
    uint8_t *rgb = malloc(3 * (size_t)width_px * (size_t)height_px);
    assert_non_null(rgb);
    for (int y = 0; y < height_px; y++)
        for (int x = 0; x < width_px; x++) {
            struct rgb colour = quarter_colours[(2 * y >= height_px) * 2 + (2 * x >= width_px)];
            uint8_t *pixel = rgb + 3 * ((size_t)y * (size_t)width_px + (size_t)x);
            pixel[0] = (uint8_t)colour.red;
            pixel[1] = (uint8_t)colour.green;
            pixel[2] = (uint8_t)colour.blue;
        }
    VipsImage *image = image_of(rgb, width_px, height_px);
    free(rgb);
    return image;
}

VipsImage *fixture_photo(int width_px, int height_px)
{
    uint8_t *rgb = malloc(3 * (size_t)width_px * (size_t)height_px);
    uint32_t random = 12345;
    assert_non_null(rgb);
    for (int y = 0; y < height_px; y++)
        for (int x = 0; x < width_px; x++)
            for (int band = 0; band < 3; band++) {
                random = random * 1664525 + 1013904223;
                double wave = sin(x * 0.011 + band) * cos(y * 0.017) + 0.4 * sin((x + 2 * y) * 0.21 + band);
                double noise = (random >> 16) % 13 - 6.0;
                rgb[3 * ((size_t)y * (size_t)width_px + (size_t)x) + (size_t)band] =
                    (uint8_t)fmin(255, fmax(0, 128 + 70 * wave + noise));
            }
    VipsImage *image = image_of(rgb, width_px, height_px);
    free(rgb);
    return image;
}

struct blob fixture_encode(VipsImage *image, const char *suffix)
{
    void *data = NULL;
    size_t size = 0;
    assert_non_null(image);
    if (vips_image_write_to_buffer(image, suffix, &data, &size, NULL))
        fail_msg("encoding %s: %s", suffix, vips_error_buffer());
    g_object_unref(image);
    return (struct blob){data, size};
}

struct blob fixture_from_bytes(const void *bytes, size_t size)
{
    struct blob blob = {g_malloc(size ? size : 1), size};
    memcpy(blob.data, bytes, size);
    return blob;
}

struct vips_load_request fixture_request(const struct blob *blob, uint32_t width_px, uint32_t height_px)
{
    return (struct vips_load_request){.bytes = blob->data,
                                      .size_bytes = blob->size,
                                      .fit = {.cell_width_px = width_px,
                                              .cell_height_px = height_px,
                                              .fit = TESS_FIT_COVER,
                                              .gravity = TESS_GRAVITY_CENTRE},
                                      .max_pixels = 100000000,
                                      .profiles = profiles};
}

struct picture fixture_load(const struct vips_load_request *request)
{
    struct picture picture;
    struct tess_error error = {0};
    enum tess_status status = fixture_ops()->load_cell(request, &picture, &error);
    if (status != TESS_OK)
        fail_msg("%s: %s", tess_status_name(status), error.message);
    assert_int_equal(picture.layout, PICTURE_RGB);
    assert_int_equal(picture.width_px, request->fit.cell_width_px);
    assert_int_equal(picture.height_px, request->fit.cell_height_px);
    return picture;
}

struct tess_error fixture_load_failing(const struct vips_load_request *request)
{
    struct picture picture;
    struct tess_error error = {0};
    enum tess_status status = fixture_ops()->load_cell(request, &picture, &error);
    assert_int_not_equal(status, TESS_OK);
    assert_int_equal(status, error.status);
    assert_null(picture.memory);
    assert_true(strlen(error.message) > 0);
    assert_null(strpbrk(error.message, "\r\n\t"));
    assert_true(g_utf8_validate(error.message, -1, NULL));
    return error;
}

static VipsImage *flattened(VipsImage *full, struct tess_colour background)
{
    VipsImage *flat = NULL, *srgb = NULL;
    VipsArrayDouble *colour =
        vips_array_double_newv(3, (double)background.red, (double)background.green, (double)background.blue);
    assert_int_equal(vips_colourspace(full, &srgb, VIPS_INTERPRETATION_sRGB, NULL), 0);
    if (vips_image_hasalpha(srgb))
        assert_int_equal(vips_flatten(srgb, &flat, "background", colour, NULL), 0);
    else
        flat = g_object_ref(srgb);
    vips_area_unref(VIPS_AREA(colour));
    g_object_unref(srgb);
    return flat;
}

double psnr_of_flattened(const struct picture *cell, VipsImage *full, struct tess_colour background)
{
    VipsImage *flat = flattened(full, background), *bytes = NULL, *small = NULL;
    size_t size = 0;
    double sum = 0;
    assert_int_equal(vips_cast_uchar(flat, &bytes, NULL), 0);
    assert_int_equal(vips_resize(bytes, &small, (double)cell->width_px / full->Xsize, "vscale",
                                 (double)cell->height_px / full->Ysize, "kernel", VIPS_KERNEL_LANCZOS3, NULL),
                     0);
    assert_int_equal(small->Xsize, cell->width_px);
    assert_int_equal(small->Ysize, cell->height_px);
    uint8_t *expected = vips_image_write_to_memory(small, &size);
    for (uint32_t y = 0; y < cell->height_px; y++)
        for (uint32_t i = 0; i < 3 * cell->width_px; i++) {
            double off = (double)cell->planes[0].data[y * cell->planes[0].stride_bytes + i] -
                         expected[(size_t)y * 3 * cell->width_px + i];
            sum += off * off;
        }
    g_free(expected);
    g_object_unref(small);
    g_object_unref(bytes);
    g_object_unref(flat);
    sum /= 3.0 * cell->width_px * cell->height_px;
    return sum == 0 ? 99 : 10 * log10(255.0 * 255 / sum);
}

struct rgb pixel_at(const struct picture *picture, uint32_t x, uint32_t y)
{
    const uint8_t *pixel = picture->planes[0].data + y * picture->planes[0].stride_bytes + 3 * (size_t)x;
    return (struct rgb){pixel[0], pixel[1], pixel[2]};
}

void assert_colour(struct rgb got, struct rgb expected, int tolerance)
{
    if (abs(got.red - expected.red) > tolerance || abs(got.green - expected.green) > tolerance ||
        abs(got.blue - expected.blue) > tolerance)
        fail_msg("colour is %d,%d,%d and should be %d,%d,%d +- %d", got.red, got.green, got.blue,
                 expected.red, expected.green, expected.blue, tolerance);
}
