// SPDX-License-Identifier: MIT
/* The fixed conversions, against ITU-T T.871's formulas in doubles. Profiles are in test_colour_profile.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/colour.h"
#include "torture.h"

static double clamped(double value)
{
    return fmin(fmax(value, 0), 255);
}

static bool near(double expected, int got)
{
    return fabs(clamped(expected) - got) <= 1.0;
}

static struct picture make(enum picture_layout layout, uint32_t width, uint32_t height)
{
    struct picture picture;
    assert_int_equal(picture_init(&picture, layout, width, height, NULL), TESS_OK);
    return picture;
}

static uint8_t *at(const struct picture *picture, uint32_t plane, uint32_t x, uint32_t y)
{
    return picture->planes[plane].data + y * picture->planes[plane].stride_bytes + x;
}

/* Every red and green in steps, every blue: 256 pixels a row. */
static void rgb_becomes_ycc(void **state)
{
    (void)state;
    struct picture rgb = make(PICTURE_RGB, 256, 1), ycc = make(PICTURE_YCC444, 256, 1);
    for (int red = 0; red < 256; red += 5) {
        for (int green = 0; green < 256; green += 5) {
            for (int blue = 0; blue < 256; blue++) {
                uint8_t *pixel = at(&rgb, 0, 3 * (uint32_t)blue, 0);
                pixel[0] = (uint8_t)red;
                pixel[1] = (uint8_t)green;
                pixel[2] = (uint8_t)blue;
            }
            colour_rgb_to_ycc(&rgb, &ycc);
            for (int blue = 0; blue < 256; blue++) {
                double y = 0.299 * red + 0.587 * green + 0.114 * blue;
                assert_true(near(y, *at(&ycc, 0, (uint32_t)blue, 0)));
                assert_true(near((blue - y) / 1.772 + 128, *at(&ycc, 1, (uint32_t)blue, 0)));
                assert_true(near((red - y) / 1.402 + 128, *at(&ycc, 2, (uint32_t)blue, 0)));
            }
        }
    }
    picture_clear(&rgb);
    picture_clear(&ycc);
}

static void ycc_becomes_rgb(void **state)
{
    (void)state;
    struct picture rgb = make(PICTURE_RGB, 256, 1), ycc = make(PICTURE_YCC444, 256, 1);
    for (int cb = 0; cb < 256; cb += 3) {
        for (int cr = 0; cr < 256; cr += 3) {
            for (uint32_t y = 0; y < 256; y++) {
                *at(&ycc, 0, y, 0) = (uint8_t)y;
                *at(&ycc, 1, y, 0) = (uint8_t)cb;
                *at(&ycc, 2, y, 0) = (uint8_t)cr;
            }
            colour_ycc_to_rgb(&ycc, &rgb);
            for (int y = 0; y < 256; y++) {
                const uint8_t *pixel = at(&rgb, 0, 3 * (uint32_t)y, 0);
                assert_true(near(y + 1.402 * (cr - 128), pixel[0]));
                assert_true(near(y - 0.114 * 1.772 / 0.587 * (cb - 128) - 0.299 * 1.402 / 0.587 * (cr - 128),
                                 pixel[1]));
                assert_true(near(y + 1.772 * (cb - 128), pixel[2]));
            }
        }
    }
    picture_clear(&rgb);
    picture_clear(&ycc);
}

/* Grey stays grey, and black, white and the primaries are where T.871 has them. */
static void known_colours_are_exact(void **state)
{
    (void)state;
    static const struct {
        struct tess_colour rgb;
        uint8_t ycc[3];
    } cases[] = {{{0, 0, 0}, {0, 128, 128}},    {{255, 255, 255}, {255, 128, 128}},
                 {{255, 0, 0}, {76, 85, 255}},  {{0, 255, 0}, {150, 44, 21}},
                 {{0, 0, 255}, {29, 255, 107}}, {{128, 128, 128}, {128, 128, 128}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t ycc[3];
        colour_to_ycc(cases[i].rgb, ycc);
        assert_memory_equal(ycc, cases[i].ycc, 3);
    }
    for (int grey = 0; grey < 256; grey++) {
        uint8_t ycc[3];
        colour_to_ycc((struct tess_colour){(uint8_t)grey, (uint8_t)grey, (uint8_t)grey}, ycc);
        assert_int_equal(ycc[0], grey);
        assert_int_equal(ycc[1], 128);
        assert_int_equal(ycc[2], 128);
    }
}

static void device_cmyk_multiplies(void **state)
{
    (void)state;
    for (int ink = 0; ink < 256; ink += 15) {
        for (int black = 0; black < 256; black++) {
            const uint8_t cmyk[4] = {(uint8_t)ink, 0, 255, (uint8_t)black};
            uint8_t rgb[3];
            colour_cmyk_to_rgb(cmyk, rgb, 1);
            assert_true(near((255.0 - ink) * (255 - black) / 255, rgb[0]));
            assert_int_equal(rgb[1], 255 - black);
            assert_int_equal(rgb[2], 0);
        }
    }
}

static void halving_averages_chroma(void **state)
{
    (void)state;
    for (uint32_t width = 1; width < 8; width++) {
        for (uint32_t height = 1; height < 8; height++) {
            struct picture full = make(PICTURE_YCC444, width, height),
                           half = make(PICTURE_YCC420, width, height);
            for (uint32_t p = 0; p < 3; p++)
                for (uint32_t y = 0; y < height; y++)
                    for (uint32_t x = 0; x < width; x++)
                        *at(&full, p, x, y) = (uint8_t)(p * 50 + y * y * 5 + x * 7);
            colour_halve_chroma(&full, &half);
            for (uint32_t y = 0; y < height; y++)
                assert_memory_equal(at(&half, 0, 0, y), at(&full, 0, 0, y), width);
            for (uint32_t p = 1; p < 3; p++) {
                for (uint32_t y = 0; y < (height + 1) / 2; y++) {
                    for (uint32_t x = 0; x < (width + 1) / 2; x++) {
                        uint32_t right = 2 * x + 1 < width ? 2 * x + 1 : 2 * x;
                        uint32_t below = 2 * y + 1 < height ? 2 * y + 1 : 2 * y;
                        double mean = (*at(&full, p, 2 * x, 2 * y) + *at(&full, p, right, 2 * y) +
                                       *at(&full, p, 2 * x, below) + *at(&full, p, right, below)) /
                                      4.0;
                        assert_true(near(mean, *at(&half, p, x, y)));
                    }
                }
            }
            picture_clear(&full);
            picture_clear(&half);
        }
    }
}

/* A fill covers its view and nothing around it. */
static void fills_keep_to_their_view(void **state)
{
    (void)state;
    static const enum picture_layout layouts[] = {PICTURE_YCC420, PICTURE_YCC444, PICTURE_RGB};
    const struct tess_colour orange = {255, 128, 0};
    uint8_t ycc[3];
    colour_to_ycc(orange, ycc);
    for (size_t i = 0; i < 3; i++) {
        struct picture whole = make(layouts[i], 12, 10);
        memset(whole.memory, 0x11, picture_bytes(layouts[i], 12, 10));
        const struct picture view = picture_view(&whole, 4, 2, 6, 4);
        colour_fill(&view, orange);
        for (uint32_t p = 0; p < whole.plane_count; p++) {
            uint32_t shift = p > 0 && layouts[i] == PICTURE_YCC420 ? 1 : 0;
            uint32_t samples = layouts[i] == PICTURE_RGB ? 3 : 1;
            for (uint32_t y = 0; y < whole.planes[p].height_px; y++) {
                for (uint32_t x = 0; x < whole.planes[p].width_px * samples; x++) {
                    bool inside = x / samples >= 4U >> shift && x / samples < 10U >> shift &&
                                  y >= 2U >> shift && y < 6U >> shift;
                    const uint8_t rgb[3] = {255, 128, 0};
                    uint8_t colour = samples == 3 ? rgb[x % 3] : ycc[p];
                    assert_int_equal(*at(&whole, p, x, y), inside ? colour : 0x11);
                }
            }
        }
        picture_clear(&whole);
    }
    struct picture empty = make(PICTURE_RGB, 0, 5);
    colour_fill(&empty, orange);
    picture_clear(&empty);
}

static void every_conversion_keeps_flat_colours(void **state)
{
    (void)state;
    static const enum picture_layout from[] = {PICTURE_RGB, PICTURE_YCC444, PICTURE_RGB, PICTURE_YCC444};
    static const enum picture_layout to[] = {PICTURE_YCC444, PICTURE_RGB, PICTURE_YCC420, PICTURE_YCC420};
    const struct tess_colour colour = {200, 90, 30};
    for (size_t i = 0; i < 4; i++) {
        struct picture picture = make(from[i], 7, 5), converted;
        struct picture expected = make(to[i], 7, 5);
        colour_fill(&picture, colour);
        colour_fill(&expected, colour);
        assert_int_equal(colour_convert(&picture, to[i], &converted, NULL), TESS_OK);
        assert_int_equal(converted.layout, to[i]);
        for (uint32_t p = 0; p < converted.plane_count; p++)
            for (uint32_t y = 0; y < converted.planes[p].height_px; y++)
                for (uint32_t x = 0; x < converted.planes[p].width_px * (to[i] == PICTURE_RGB ? 3 : 1); x++)
                    assert_true(abs(*at(&converted, p, x, y) - *at(&expected, p, x, y)) <= 1);
        picture_clear(&picture);
        picture_clear(&converted);
        picture_clear(&expected);
    }
}

/* Planes of another size than they are taken for would be read beyond their end. */
static void impossible_conversions_are_refused(void **state)
{
    (void)state;
    static const enum picture_layout from[] = {PICTURE_YCC420, PICTURE_YCC420, PICTURE_GREY, PICTURE_RGB};
    static const enum picture_layout to[] = {PICTURE_YCC444, PICTURE_RGB, PICTURE_YCC444, PICTURE_RGB};
    for (size_t i = 0; i < 4; i++) {
        struct picture picture = make(from[i], 6, 4), converted = {0};
        assert_int_equal(colour_convert(&picture, to[i], &converted, NULL), TESS_ERR_INTERNAL);
        assert_null(converted.memory);
        picture_clear(&picture);
    }
}

static enum tess_status convert_once(void *context, struct tess_error *error)
{
    struct picture converted = {0};
    enum tess_status status = colour_convert(context, PICTURE_YCC420, &converted, error);
    picture_clear(&converted);
    return status;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct picture rgb = make(PICTURE_RGB, 4, 4);
    colour_fill(&rgb, (struct tess_colour){1, 2, 3});
    assert_int_equal(torture_loop(TORTURE_MEMORY, convert_once, &rgb), 2);
    picture_clear(&rgb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rgb_becomes_ycc),
        cmocka_unit_test(ycc_becomes_rgb),
        cmocka_unit_test(known_colours_are_exact),
        cmocka_unit_test(device_cmyk_multiplies),
        cmocka_unit_test(halving_averages_chroma),
        cmocka_unit_test(fills_keep_to_their_view),
        cmocka_unit_test(every_conversion_keeps_flat_colours),
        cmocka_unit_test(impossible_conversions_are_refused),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
