// SPDX-License-Identifier: MIT
/* Transparency, in every format and at every size, as the picture that is flattened first and scaled then. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "heif_fixture.h"

enum { WIDTH = 480, HEIGHT = 360 };

static const struct tess_colour background = {200, 40, 20};
static const uint32_t tiles[] = {16, 32, 64, 100, 256};

/* Thin dark bars and soft discs; what is clear is white underneath, as many programs leave it. */
static uint8_t *cut_out(void)
{
    uint8_t *rgba = malloc(4 * WIDTH * HEIGHT);
    assert_non_null(rgba);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *pixel = rgba + 4 * ((size_t)y * WIDTH + (size_t)x);
            double radius = hypot(x % 120 - 60, y % 120 - 60);
            double alpha =
                y < HEIGHT / 2 ? (x % 16 < 8 ? 255 : 0) : 255 * fmin(1, fmax(0, (58 - radius) / 12));
            bool is_clear = alpha == 0;
            pixel[0] = is_clear ? 255 : (uint8_t)(20 + x / 8);
            pixel[1] = is_clear ? 255 : 30;
            pixel[2] = is_clear ? 255 : (uint8_t)(60 + y / 4);
            pixel[3] = (uint8_t)lround(alpha);
        }
    return rgba;
}

static VipsImage *image_of(const uint8_t *rgba)
{
    VipsImage *plain =
        vips_image_new_from_memory_copy(rgba, 4 * WIDTH * HEIGHT, WIDTH, HEIGHT, 4, VIPS_FORMAT_UCHAR);
    VipsImage *image = NULL;
    assert_int_equal(vips_copy(plain, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), 0);
    g_object_unref(plain);
    return image;
}

static void assert_all_tiles(const char *what, const struct blob *blob, VipsImage *full)
{
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        struct vips_load_request request = fixture_request(blob, tiles[i], tiles[i]);
        request.fit.fit = TESS_FIT_FILL;
        request.background = background;
        struct picture picture = fixture_load(&request);
        double psnr = psnr_of_flattened(&picture, full, background);
        print_message("%s at %u: %.1f dB\n", what, tiles[i], psnr);
        if (psnr < 40)
            fail_msg("%s at %u: %.1f dB", what, tiles[i], psnr);
        picture_clear(&picture);
    }
}

/* The reference is what libvips' loader decodes at full size: lossy formats have lost something by then. */
static void every_format_is_flattened_then_scaled(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".png",
                                           ".png[interlace]",
                                           ".webp[lossless]",
                                           ".webp[Q=80]",
                                           ".gif",
                                           ".tif",
                                           ".tif[compression=lzw,tile]",
                                           ".avif[Q=80,effort=0]",
                                           ".heic[Q=80,compression=hevc]"};
    uint8_t *rgba = cut_out();
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct blob blob = fixture_encode(image_of(rgba), suffixes[i]);
        VipsImage *full = vips_image_new_from_buffer(blob.data, blob.size, "", NULL);
        assert_non_null(full);
        assert_all_tiles(suffixes[i], &blob, full);
        g_object_unref(full);
        blob_clear(&blob);
    }
    free(rgba);
}

static uint8_t *premultiplied(const uint8_t *rgba)
{
    uint8_t *copy = malloc(4 * WIDTH * HEIGHT);
    assert_non_null(copy);
    for (size_t i = 0; i < (size_t)4 * WIDTH * HEIGHT; i++)
        copy[i] = i % 4 == 3 ? rgba[i] : (uint8_t)lround(rgba[i] * rgba[i / 4 * 4 + 3] / 255.0);
    return copy;
}

static void premultiplied_heif_is_what_it_was_before(void **state)
{
    (void)state;
    uint8_t *rgba = cut_out(), *rows = premultiplied(rgba);
    VipsImage *full = image_of(rgba);
    struct heif_recipe recipe = {.format = heif_compression_AV1,
                                 .bands = 4,
                                 .width_px = WIDTH,
                                 .height_px = HEIGHT,
                                 .rows = rows,
                                 .is_premultiplied = true};
    struct blob blob = heif_make(&recipe);
    assert_all_tiles("AVIF, prem", &blob, full);
    blob_clear(&blob);
    recipe.is_premultiplied = false;
    recipe.rows = rgba;
    blob = heif_make(&recipe);
    assert_all_tiles("AVIF, straight", &blob, full);
    blob_clear(&blob);
    g_object_unref(full);
    free(rows);
    free(rgba);
}

/* TIFF 6.0, ExtraSamples: 1 is associated (premultiplied), 2 is not. libvips writes 2. */
static void associated_alpha_of_tiff(void **state)
{
    (void)state;
    static const uint8_t entry[] = {0x52, 0x01, 3, 0, 1, 0, 0, 0, 2, 0};
    uint8_t *rgba = cut_out(), *rows = premultiplied(rgba);
    VipsImage *full = image_of(rgba);
    struct blob blob = fixture_encode(image_of(rows), ".tif");
    uint8_t *at = memmem(blob.data, blob.size, entry, sizeof entry);
    assert_non_null(at);
    at[8] = 1;
    assert_all_tiles("TIFF, associated", &blob, full);
    blob_clear(&blob);
    g_object_unref(full);
    free(rows);
    free(rgba);
}

/* In the bits after the signature 0x2F: width and height of 14 bits each, then whether alpha is used. */
static void clear_alpha_bit(uint8_t *vp8l)
{
    assert_int_equal(vp8l[8], 0x2F);
    assert_true((vp8l[12] & 0x10) != 0);
    vp8l[12] &= (uint8_t)~0x10;
}

static void put_little_endian(uint8_t *at, size_t value, int count)
{
    for (int i = 0; i < count; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A WebP of this chunk and, where `flags` is not 0, a container's header (VP8X) with them before it. */
static struct blob webp_of(const uint8_t *chunk, size_t size, uint8_t flags)
{
    uint8_t head[30] = "RIFF....WEBPVP8X\x0A\0\0";
    const size_t head_bytes = flags ? sizeof head : 12;
    struct blob blob = {g_malloc(head_bytes + size), head_bytes + size};
    put_little_endian(head + 4, blob.size - 8, 4);
    put_little_endian(head + 20, flags, 4);
    put_little_endian(head + 24, WIDTH - 1, 3);
    put_little_endian(head + 27, HEIGHT - 1, 3);
    memcpy(blob.data, head, head_bytes);
    memcpy(blob.data + head_bytes, chunk, size);
    return blob;
}

/* Pixel by pixel at full size; smaller, where libwebp's scaler has its own way with bars as thin as these, no
 * background shows. */
static void assert_same_as(const struct blob *blob, VipsImage *full)
{
    struct vips_load_request request = fixture_request(blob, WIDTH, HEIGHT);
    request.background = background;
    struct picture picture = fixture_load(&request);
    assert_true(psnr_of_flattened(&picture, full, background) > 60);
    picture_clear(&picture);
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        request = fixture_request(blob, tiles[i], tiles[i]);
        request.background = background;
        picture = fixture_load(&request);
        request.background = (struct tess_colour){0, 255, 0};
        struct picture other = fixture_load(&request);
        for (uint32_t at = 0; at < tiles[i]; at++)
            assert_colour(pixel_at(&picture, at, at), pixel_at(&other, at, at), 0);
        picture_clear(&picture);
        picture_clear(&other);
    }
}

/* A hint, says the format; and so it is for all who read with libwebp, browsers first. Its value is what
 * counts, with a container that claims alpha (0x10) or without one. */
static void webp_that_says_alpha_is_unused_is_opaque(void **state)
{
    (void)state;
    uint8_t *rgba = cut_out();
    struct blob blob = fixture_encode(image_of(rgba), ".webp[lossless,strip]");
    uint8_t *vp8l = memmem(blob.data, blob.size, "VP8L", 4);
    assert_non_null(vp8l);
    clear_alpha_bit(vp8l);
    const size_t size = (size_t)(blob.data + blob.size - vp8l);
    struct blob bare = webp_of(vp8l, size, 0), contained = webp_of(vp8l, size, 0x10);
    VipsImage *opaque = vips_image_new_from_buffer(bare.data, bare.size, "", NULL);
    assert_non_null(opaque);
    assert_int_equal(opaque->Bands, 3);
    assert_same_as(&bare, opaque);
    assert_same_as(&contained, opaque);
    blob_clear(&bare);
    blob_clear(&contained);
    blob_clear(&blob);
    g_object_unref(opaque);
    free(rgba);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_flattened_then_scaled),
        cmocka_unit_test(premultiplied_heif_is_what_it_was_before),
        cmocka_unit_test(associated_alpha_of_tiff),
        cmocka_unit_test(webp_that_says_alpha_is_unused_is_opaque),
    };
    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
