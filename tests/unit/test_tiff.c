// SPDX-License-Identifier: MIT
/*
 * TIFF of every form that libtiff writes: shown as it is meant, or refused by its name. Never a third way.
 *
 * Unsigned samples of up to 16 bits are compared with libtiff's own reader where it speaks, grey and RGB of
 * all formats with the values that were written.
 */
#include "tiff_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/tiff_form.h"

enum { PIXELS = TIFF_WIDTH_PX * TIFF_HEIGHT_PX, TOLERANCE = 3 };

struct colours {
    struct rgb pixels[PIXELS];
};

/* False where it was refused, then by its name. */
static bool load(const struct tiff_recipe *recipe, const struct blob *blob, struct colours *got)
{
    struct vips_load_request request = fixture_request(blob, TIFF_WIDTH_PX, TIFF_HEIGHT_PX);
    struct picture picture;
    struct tess_error error = {0};
    char words[200];
    tiff_describe(recipe, words, sizeof words);
    if (fixture_ops()->load_cell(&request, &picture, &error) != TESS_OK) {
        if (error.status != TESS_ERR_UNSUPPORTED || strncmp(error.message, "TIFF with ", 10) != 0 ||
            !strstr(error.message, " is not supported"))
            fail_msg("%s: %s", words, error.message);
        return false;
    }
    for (int i = 0; i < PIXELS; i++)
        got->pixels[i] = pixel_at(&picture, (uint32_t)i % TIFF_WIDTH_PX, (uint32_t)i / TIFF_WIDTH_PX);
    picture_clear(&picture);
    return true;
}

static void compare(const struct tiff_recipe *recipe, const struct colours *got,
                    const struct colours *expected, int tolerance)
{
    char words[200];
    tiff_describe(recipe, words, sizeof words);
    for (int i = 0; i < PIXELS; i++) {
        const struct rgb a = got->pixels[i], b = expected->pixels[i];
        if (abs(a.red - b.red) > tolerance || abs(a.green - b.green) > tolerance ||
            abs(a.blue - b.blue) > tolerance)
            fail_msg("%s: pixel %d is %d,%d,%d and should be %d,%d,%d", words, i, a.red, a.green, a.blue,
                     b.red, b.green, b.blue);
    }
}

static double quantised(const struct tiff_recipe *recipe, double value)
{
    const double most = pow(2, recipe->bits) - 1;
    return recipe->sample_format == SAMPLEFORMAT_IEEEFP ? value : floor(value * most + 0.5) / most;
}

/* Grey and RGB on black, by the values that were written. */
static void expect_light(const struct tiff_recipe *recipe, struct colours *expected)
{
    for (int i = 0; i < PIXELS; i++) {
        const int x = i % TIFF_WIDTH_PX, y = i / TIFF_WIDTH_PX;
        const double cover = recipe->extra == NO_EXTRA ? 1 : quantised(recipe, tiff_value(x, y, 5));
        int channels[3];
        for (int c = 0; c < 3; c++) {
            double value = quantised(recipe, tiff_value(x, y, tiff_colour_count(recipe) == 1 ? 0 : c));
            if (recipe->photometric == PHOTOMETRIC_MINISWHITE)
                value = 1 - value;
            channels[c] = (int)lround(255 * value * cover);
        }
        expected->pixels[i] = (struct rgb){channels[0], channels[1], channels[2]};
    }
}

static bool expect_libtiffs(const struct blob *blob, struct colours *expected)
{
    static uint32_t raster[PIXELS];
    if (!tiff_read_rgba(blob, raster))
        return false;
    for (int i = 0; i < PIXELS; i++)
        expected->pixels[i] =
            (struct rgb){(int)TIFFGetR(raster[i]), (int)TIFFGetG(raster[i]), (int)TIFFGetB(raster[i])};
    return true;
}

/* The forms of grey and RGB that neither reader gets right. All others must be shown. */
static bool may_be_refused(const struct tiff_recipe *recipe)
{
    const bool is_grey = recipe->photometric != PHOTOMETRIC_RGB,
               is_planar = recipe->planar == PLANARCONFIG_SEPARATE;
    const bool is_unsigned = recipe->sample_format == SAMPLEFORMAT_UINT,
               has_extra = recipe->extra != NO_EXTRA;
    if (recipe->bits == 12 || recipe->bits == 64)
        return true;
    if (recipe->bits < 8)
        return !is_unsigned || !is_grey || has_extra || (is_planar && recipe->tiled);
    if (is_planar && recipe->tiled)
        return !is_unsigned || recipe->bits > (is_grey ? 8 : 16) || (is_grey && has_extra);
    if (is_planar && is_grey && has_extra)
        return true;
    if (recipe->extra == EXTRASAMPLE_ASSOCALPHA)
        return recipe->photometric == PHOTOMETRIC_MINISWHITE || recipe->sample_format == SAMPLEFORMAT_INT ||
               (is_unsigned && recipe->bits == 32) || (is_grey && recipe->compression == COMPRESSION_JPEG);
    return is_grey && has_extra && recipe->tiled && recipe->compression == COMPRESSION_JPEG;
}

static void check_light(const struct tiff_recipe *recipe, int *shown)
{
    struct blob blob = tiff_make(recipe);
    static struct colours got, expected;
    char words[200];
    tiff_describe(recipe, words, sizeof words);
    if (!blob.data)
        return;
    if (load(recipe, &blob, &got)) {
        expect_light(recipe, &expected);
        compare(recipe, &got, &expected, recipe->compression == COMPRESSION_JPEG ? 16 : TOLERANCE);
        ++*shown;
    } else if (!may_be_refused(recipe)) {
        fail_msg("%s: is refused", words);
    }
    blob_clear(&blob);
}

static const uint16_t compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                        COMPRESSION_PACKBITS, COMPRESSION_JPEG};

static bool is_written(const struct tiff_recipe *recipe)
{
    const bool is_float = recipe->sample_format == SAMPLEFORMAT_IEEEFP;
    const bool has_predictor =
        recipe->compression == COMPRESSION_LZW || recipe->compression == COMPRESSION_ADOBE_DEFLATE;
    if (recipe->predictor != PREDICTOR_NONE &&
        (!has_predictor || (recipe->predictor == PREDICTOR_FLOATINGPOINT) != is_float))
        return false;
    if (recipe->compression == COMPRESSION_JPEG &&
        (recipe->bits != 8 || recipe->sample_format != SAMPLEFORMAT_UINT))
        return false;
    return is_float ? recipe->bits >= 32 : recipe->bits <= 32;
}

/* Every way to store one kind of samples. */
static void each_storage(struct tiff_recipe recipe,
                         void (*check)(const struct tiff_recipe *recipe, int *shown), int *shown)
{
    for (size_t c = 0; c < sizeof compressions / sizeof compressions[0]; c++)
        for (uint16_t planar = PLANARCONFIG_CONTIG; planar <= PLANARCONFIG_SEPARATE; planar++)
            for (uint16_t predictor = PREDICTOR_NONE; predictor <= PREDICTOR_FLOATINGPOINT; predictor++)
                for (int tiled = 0; tiled < 2; tiled++) {
                    recipe.compression = compressions[c];
                    recipe.planar = planar;
                    recipe.predictor = predictor;
                    recipe.tiled = tiled != 0;
                    if (is_written(&recipe))
                        check(&recipe, shown);
                }
}

static void grey_and_rgb_of_every_form(void **state)
{
    (void)state;
    static const uint16_t bits[] = {1, 2, 4, 8, 12, 16, 32, 64},
                          extras[] = {NO_EXTRA, EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_ASSOCALPHA};
    int shown = 0;
    for (uint16_t format = SAMPLEFORMAT_UINT; format <= SAMPLEFORMAT_IEEEFP; format++)
        for (size_t b = 0; b < sizeof bits / sizeof bits[0]; b++)
            for (uint16_t photometric = PHOTOMETRIC_MINISWHITE; photometric <= PHOTOMETRIC_RGB; photometric++)
                for (size_t e = 0; e < sizeof extras / sizeof extras[0]; e++)
                    each_storage((struct tiff_recipe){.sample_format = format,
                                                      .bits = bits[b],
                                                      .photometric = photometric,
                                                      .extra = extras[e],
                                                      .high = 1},
                                 check_light, &shown);
    assert_true(shown > 500); /* or the files are not what they should be */
}

static void check_by_libtiff(const struct tiff_recipe *recipe, int *shown)
{
    static struct colours got, expected;
    const bool is_small = recipe->bits < 8 && recipe->tiled;
    struct blob blob = tiff_make(recipe);
    char words[200];
    tiff_describe(recipe, words, sizeof words);
    if (!blob.data)
        return;
    const bool is_read = expect_libtiffs(&blob, &expected), is_shown = load(recipe, &blob, &got);
    /* Less than 8 bits in tiles are libvips' alone to read, and not in planes. */
    if (is_shown != is_read && !is_small)
        fail_msg("%s: %s", words, is_shown ? "is shown, but not by libtiff" : "is refused");
    if (is_shown && is_read)
        compare(recipe, &got, &expected, TOLERANCE);
    *shown += is_shown;
    blob_clear(&blob);
}

static void ycbcr_and_palettes(void **state)
{
    (void)state;
    int shown = 0;
    for (uint16_t subsampling = 1; subsampling <= 2; subsampling++) {
        const struct tiff_recipe recipe = {.sample_format = SAMPLEFORMAT_UINT,
                                           .bits = 8,
                                           .photometric = PHOTOMETRIC_YCBCR,
                                           .extra = NO_EXTRA,
                                           .subsampling = subsampling,
                                           .high = 1};
        each_storage(recipe, check_by_libtiff, &shown);
    }
    assert_true(shown > 10);
    for (uint16_t bits = 1; bits <= 8; bits *= 2)
        each_storage((struct tiff_recipe){.sample_format = SAMPLEFORMAT_UINT,
                                          .bits = bits,
                                          .photometric = PHOTOMETRIC_PALETTE,
                                          .extra = NO_EXTRA,
                                          .high = 1},
                     check_by_libtiff, &shown);
    assert_true(shown > 30);
}

/* A press has no formula: however it is stored, it looks as 8 bits together in strips do. */
static void check_cmyk(const struct tiff_recipe *recipe, int *shown)
{
    static struct colours got, plain;
    struct tiff_recipe usual = *recipe;
    usual.compression = COMPRESSION_NONE;
    usual.planar = PLANARCONFIG_CONTIG;
    usual.predictor = PREDICTOR_NONE;
    usual.tiled = false;
    usual.extra = NO_EXTRA;
    struct blob blob = tiff_make(recipe), reference = tiff_make(&usual);
    assert_non_null(reference.data);
    if (blob.data && load(recipe, &blob, &got)) {
        assert_true(load(&usual, &reference, &plain));
        for (int i = 0; i < PIXELS; i++) {
            const double cover = recipe->extra == NO_EXTRA
                                     ? 1
                                     : quantised(recipe, tiff_value(i % TIFF_WIDTH_PX, i / TIFF_WIDTH_PX, 5));
            struct rgb *pixel = &plain.pixels[i];
            *pixel = (struct rgb){(int)(pixel->red * cover), (int)(pixel->green * cover),
                                  (int)(pixel->blue * cover)};
        }
        /* libtiff's own reader, for planes in tiles, takes inks as they are. */
        if (!(recipe->planar == PLANARCONFIG_SEPARATE && recipe->tiled))
            compare(recipe, &got, &plain, recipe->compression == COMPRESSION_JPEG ? 24 : 5);
        ++*shown;
    }
    if (blob.data)
        blob_clear(&blob);
    blob_clear(&reference);
}

static void inks(void **state)
{
    (void)state;
    static const uint16_t extras[] = {NO_EXTRA, EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_ASSOCALPHA};
    int shown = 0;
    for (size_t e = 0; e < sizeof extras / sizeof extras[0]; e++)
        each_storage((struct tiff_recipe){.sample_format = SAMPLEFORMAT_UINT,
                                          .bits = 8,
                                          .photometric = PHOTOMETRIC_SEPARATED,
                                          .extra = extras[e],
                                          .high = 1},
                     check_cmyk, &shown);
    assert_true(shown > 20);
}

/* Floating-point samples whose black and white are not 0 and 1. */
static void float_ranges(void **state)
{
    (void)state;
    static const struct {
        double low, high;
        bool say_range;
    } ranges[] = {{0, 255, false}, {0, 65535, false}, {0, 1, true}, {-40, 300, true}, {0.001, 0.002, true}};
    static struct colours got, expected;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct tiff_recipe recipe = {.sample_format = SAMPLEFORMAT_IEEEFP,
                                     .bits = 32,
                                     .photometric = i % 2 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK,
                                     .planar = PLANARCONFIG_CONTIG,
                                     .compression = COMPRESSION_LZW,
                                     .predictor = PREDICTOR_NONE,
                                     .extra = NO_EXTRA,
                                     .low = ranges[i].low,
                                     .high = ranges[i].high,
                                     .say_range = ranges[i].say_range};
        struct blob blob = tiff_make(&recipe);
        assert_true(load(&recipe, &blob, &got));
        expect_light(&recipe, &expected);
        compare(&recipe, &got, &expected, TOLERANCE);
        blob_clear(&blob);
    }
}

/* Measured values, some below zero, fill the range from the least to the greatest; at every cell's size. */
static void measurements_fill_the_range(void **state)
{
    (void)state;
    static struct colours got;
    const struct tiff_recipe recipe = {.sample_format = SAMPLEFORMAT_IEEEFP,
                                       .bits = 32,
                                       .photometric = PHOTOMETRIC_MINISBLACK,
                                       .planar = PLANARCONFIG_CONTIG,
                                       .compression = COMPRESSION_NONE,
                                       .predictor = PREDICTOR_NONE,
                                       .extra = NO_EXTRA,
                                       .low = -900,
                                       .high = 4000};
    struct blob blob = tiff_make(&recipe);
    assert_true(load(&recipe, &blob, &got));
    int least = 255, most = 0;
    for (int i = 0; i < PIXELS; i++) {
        least = got.pixels[i].red < least ? got.pixels[i].red : least;
        most = got.pixels[i].red > most ? got.pixels[i].red : most;
    }
    assert_int_equal(least, 0);
    assert_int_equal(most, 255);
    /* The crop has a part of the values only, and the whole picture's range. */
    struct vips_load_request request = fixture_request(&blob, 1, TIFF_HEIGHT_PX);
    struct picture picture = fixture_load(&request);
    for (uint32_t y = 0; y < TIFF_HEIGHT_PX; y++) {
        const int whole = got.pixels[y * TIFF_WIDTH_PX + TIFF_WIDTH_PX / 2].red;
        assert_true(abs(pixel_at(&picture, 0, y).red - whole) <= 12);
    }
    picture_clear(&picture);
    blob_clear(&blob);
}

static void what_a_census_says(void **state)
{
    (void)state;
    static const struct {
        struct tiff_census census;
        double low, high;
    } cases[] = {{{1000, 0, 0, 0, 0, 0, 1}, 0, 1},
                 {{1000, 20, 49, 10, 5, -2, 9e9}, 0, 1}, /* ringing and highlights */
                 {{1000, 0, 900, 0, 0, 0, 200}, 0, 255},
                 {{1000, 0, 900, 800, 0, 0, 5000}, 0, 65535},
                 {{1000, 0, 900, 900, 100, 3, 9e5}, 3, 9e5},
                 {{1000, 500, 0, 0, 0, -7, 0.5}, -7, 0.5},
                 {{0, 0, 0, 0, 0, 1e300, -1e300}, 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double low, high;
        tiff_float_range(&cases[i].census, &low, &high);
        assert_true(low == cases[i].low && high == cases[i].high);
    }
}

static void assert_refused(struct blob *blob, const char *name)
{
    struct vips_load_request request = fixture_request(blob, 20, 20);
    struct tess_error error = fixture_load_failing(&request);
    char expected[200];
    (void)snprintf(expected, sizeof expected, "TIFF with %s is not supported", name);
    assert_int_equal(error.status, TESS_ERR_UNSUPPORTED);
    assert_string_equal(error.message, expected);
    blob_clear(blob);
}

/* Puts another value for a tag (of type SHORT, in the machine's order) of the only directory. */
static void patch_tag(struct blob *blob, uint16_t tag, uint16_t value)
{
    uint32_t at;
    uint16_t count;
    memcpy(&at, blob->data + 4, sizeof at);
    memcpy(&count, blob->data + at, sizeof count);
    for (uint16_t i = 0; i < count; i++) {
        uint8_t *entry = blob->data + at + 2 + 12 * (size_t)i;
        if (memcmp(entry, &tag, sizeof tag) == 0) {
            memcpy(entry + 8, &value, sizeof value);
            return;
        }
    }
    fail_msg("no tag %u", tag);
}

static void refused_by_name(void **state)
{
    (void)state;
    struct tiff_recipe recipe = {.sample_format = SAMPLEFORMAT_UINT,
                                 .bits = 12,
                                 .photometric = PHOTOMETRIC_MINISBLACK,
                                 .planar = PLANARCONFIG_CONTIG,
                                 .compression = COMPRESSION_NONE,
                                 .predictor = PREDICTOR_NONE,
                                 .extra = NO_EXTRA,
                                 .high = 1};
    struct blob blob = tiff_make(&recipe);
    assert_refused(&blob, "12-bit samples");
    recipe.bits = 8;
    blob = tiff_make(&recipe);
    patch_tag(&blob, TIFFTAG_COMPRESSION, 34712);
    assert_refused(&blob, "JPEG 2000 compression");
    blob = tiff_make(&recipe);
    patch_tag(&blob, TIFFTAG_COMPRESSION, 4711);
    assert_refused(&blob, "compression 4711");
    blob = tiff_make(&recipe);
    patch_tag(&blob, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_CFA);
    assert_refused(&blob, "a camera's raw samples");
    blob = tiff_make(&recipe);
    patch_tag(&blob, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    assert_refused(&blob, "RGB of 1 samples a pixel");
    recipe.photometric = PHOTOMETRIC_CIELAB;
    recipe.extra = EXTRASAMPLE_UNASSALPHA;
    blob = tiff_make(&recipe);
    assert_refused(&blob, "L*a*b*, 8-bit samples, more samples than colours");
    recipe.photometric = PHOTOMETRIC_PALETTE;
    blob = tiff_make(&recipe);
    assert_refused(&blob, "a palette, 8-bit samples, more samples than colours");
    recipe = (struct tiff_recipe){.sample_format = SAMPLEFORMAT_IEEEFP,
                                  .bits = 64,
                                  .photometric = PHOTOMETRIC_RGB,
                                  .planar = PLANARCONFIG_CONTIG,
                                  .compression = COMPRESSION_NONE,
                                  .predictor = PREDICTOR_NONE,
                                  .extra = NO_EXTRA,
                                  .high = 1};
    blob = tiff_make(&recipe);
    assert_refused(&blob, "64-bit floating-point samples");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_and_rgb_of_every_form),
        cmocka_unit_test(ycbcr_and_palettes),
        cmocka_unit_test(inks),
        cmocka_unit_test(float_ranges),
        cmocka_unit_test(measurements_fill_the_range),
        cmocka_unit_test(what_a_census_says),
        cmocka_unit_test(refused_by_name),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
