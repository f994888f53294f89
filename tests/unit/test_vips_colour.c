// SPDX-License-Identifier: MIT
/* Colours of all kinds come out as the sRGB that the formulas of their colour spaces give. */
#include "vips_fixture.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>

static double srgb_encode(double linear)
{
    linear = fmin(1, fmax(0, linear));
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static double srgb_decode(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

/* Linear light through a 3 × 3 matrix, and on to 8-bit sRGB. */
static struct rgb through(const double matrix[3][3], const double linear[3])
{
    double out[3];
    for (int i = 0; i < 3; i++)
        out[i] =
            255 * srgb_encode(matrix[i][0] * linear[0] + matrix[i][1] * linear[1] + matrix[i][2] * linear[2]);
    return (struct rgb){(int)lround(out[0]), (int)lround(out[1]), (int)lround(out[2])};
}

/* Any size that is not the image's, so that resampling is in the way. */
static struct rgb middle_of(struct blob *blob, struct tess_colour background)
{
    struct vips_load_request request = fixture_request(blob, 10, 10);
    request.background = background;
    struct picture picture = fixture_load(&request);
    struct rgb colour = pixel_at(&picture, 5, 5);
    picture_clear(&picture);
    blob_clear(blob);
    return colour;
}

static const struct tess_colour black = {0, 0, 0};

static struct blob flat(const char *suffix, VipsInterpretation interpretation, VipsBandFormat format,
                        const double *values, int bands)
{
    return fixture_encode(fixture_flat(40, 30, interpretation, format, values, bands), suffix);
}

static VipsImage *with_profile(VipsImage *image, const void *data, size_t size)
{
    VipsImage *copy = NULL;
    assert_int_equal(vips_copy(image, &copy, NULL), 0);
    vips_image_set_blob_copy(copy, VIPS_META_ICC_NAME, data, size);
    g_object_unref(image);
    return copy;
}

static VipsImage *with_lcms_profile(VipsImage *image, cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;
    assert_true(cmsSaveProfileToMem(profile, NULL, &size));
    uint8_t *data = g_malloc(size);
    assert_true(cmsSaveProfileToMem(profile, data, &size));
    VipsImage *result = with_profile(image, data, size);
    g_free(data);
    (void)cmsCloseProfile(profile);
    return result;
}

static VipsImage *with_builtin_profile(VipsImage *image, const char *name)
{
    VipsBlob *profile = NULL;
    size_t size = 0;
    assert_int_equal(vips_profile_load(name, &profile, NULL), 0);
    const void *data = vips_blob_get(profile, &size);
    VipsImage *result = with_profile(image, data, size);
    vips_area_unref(VIPS_AREA(profile));
    return result;
}

static void plain_rgb_in_every_format(void **state)
{
    (void)state;
    static const struct {
        const char *suffix;
        int tolerance;
    } formats[] = {{".png", 0},        {".png[palette]", 1}, {".png[interlace]", 0}, {".tif", 0},
                   {".tif[tile]", 0},  {".gif", 2},          {".jpg[Q=95]", 2},      {".webp[lossless]", 0},
                   {".webp[Q=95]", 4}, {".avif[Q=95]", 4}};
    const double values[] = {180, 100, 60};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct blob blob = flat(formats[i].suffix, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, values, 3);
        assert_colour(middle_of(&blob, black), (struct rgb){180, 100, 60}, formats[i].tolerance);
    }
}

static void sixteen_bit(void **state)
{
    (void)state;
    const double values[] = {180 * 257, 100 * 257, 60 * 257, 65535};
    struct blob blob = flat(".png", VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT, values, 3);
    assert_colour(middle_of(&blob, black), (struct rgb){180, 100, 60}, 1);
    blob = flat(".png", VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT, values, 4);
    assert_colour(middle_of(&blob, black), (struct rgb){180, 100, 60}, 1);
    blob = flat(".tif", VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT, values, 3);
    assert_colour(middle_of(&blob, black), (struct rgb){180, 100, 60}, 1);
    blob = flat(".png", VIPS_INTERPRETATION_GREY16, VIPS_FORMAT_USHORT, values, 1);
    assert_colour(middle_of(&blob, black), (struct rgb){180, 180, 180}, 1);
}

static void grey_and_its_alpha(void **state)
{
    (void)state;
    const double values[] = {100, 128};
    struct blob blob = flat(".png", VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, values, 1);
    assert_colour(middle_of(&blob, black), (struct rgb){100, 100, 100}, 0);
    blob = flat(".jpg[Q=95]", VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, values, 1);
    assert_colour(middle_of(&blob, black), (struct rgb){100, 100, 100}, 2);
    blob = flat(".png", VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, values, 2);
    /* 100 · 128/255 + background · 127/255 */
    assert_colour(middle_of(&blob, (struct tess_colour){0, 200, 255}), (struct rgb){50, 150, 177}, 1);
    const double wide[] = {100 * 257, 128 * 257};
    blob = flat(".png", VIPS_INTERPRETATION_GREY16, VIPS_FORMAT_USHORT, wide, 2);
    assert_colour(middle_of(&blob, (struct tess_colour){0, 200, 255}), (struct rgb){50, 150, 177}, 1);
}

static void one_bit(void **state)
{
    (void)state;
    const double white[] = {255}, dark[] = {0};
    struct blob blob = flat(".png[bitdepth=1]", VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, white, 1);
    assert_colour(middle_of(&blob, black), (struct rgb){255, 255, 255}, 0);
    blob = flat(".tif[bitdepth=1]", VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, white, 1);
    assert_colour(middle_of(&blob, black), (struct rgb){255, 255, 255}, 0);
    blob =
        flat(".tif[bitdepth=1,compression=ccittfax4]", VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, dark, 1);
    assert_colour(middle_of(&blob, black), (struct rgb){0, 0, 0}, 0);
}

static void display_p3(void **state)
{
    (void)state;
    static const double to_srgb[3][3] = {
        {1.22494, -0.22494, 0}, {-0.04206, 1.04206, 0}, {-0.01964, -0.07864, 1.09828}};
    const double values[] = {180, 100, 60};
    const double linear[] = {srgb_decode(180 / 255.0), srgb_decode(100 / 255.0), srgb_decode(60 / 255.0)};
    struct rgb expected = through(to_srgb, linear);
    assert_true(expected.red > 185); /* or the test would prove nothing */
    static const char *const suffixes[] = {".png", ".jpg[Q=97]", ".webp[lossless]", ".tif"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        VipsImage *image = fixture_flat(40, 30, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, values, 3);
        struct blob blob = fixture_encode(with_builtin_profile(image, "p3"), suffixes[i]);
        assert_colour(middle_of(&blob, black), expected, 2);
    }
}

static cmsHPROFILE adobe_rgb(void)
{
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
    cmsToneCurve *curve = cmsBuildGamma(NULL, 563 / 256.0);
    cmsToneCurve *curves[] = {curve, curve, curve};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
    cmsFreeToneCurve(curve);
    assert_non_null(profile);
    return profile;
}

static void adobe_rgb_8_and_16_bit_and_with_alpha(void **state)
{
    (void)state;
    static const double to_srgb[3][3] = {{1.39836, -0.39836, 0}, {0, 1, 0}, {0, -0.04293, 1.04293}};
    const double gamma = 563 / 256.0;
    const double linear[] = {pow(150 / 255.0, gamma), pow(120 / 255.0, gamma), pow(60 / 255.0, gamma)};
    const double values[] = {150, 120, 60, 255}, wide[] = {150 * 257, 120 * 257, 60 * 257};
    struct rgb expected = through(to_srgb, linear);
    VipsImage *image = fixture_flat(40, 30, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, values, 3);
    struct blob blob = fixture_encode(with_lcms_profile(image, adobe_rgb()), ".png");
    assert_colour(middle_of(&blob, black), expected, 2);
    image = fixture_flat(40, 30, VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT, wide, 3);
    blob = fixture_encode(with_lcms_profile(image, adobe_rgb()), ".png");
    assert_colour(middle_of(&blob, black), expected, 2);
    image = fixture_flat(40, 30, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, values, 4);
    blob = fixture_encode(with_lcms_profile(image, adobe_rgb()), ".png");
    assert_colour(middle_of(&blob, black), expected, 2);
}

static void grey_profile(void **state)
{
    (void)state;
    const double values[] = {128};
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1);
    cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
    cmsFreeToneCurve(curve);
    VipsImage *image = fixture_flat(40, 30, VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, values, 1);
    struct blob blob = fixture_encode(with_lcms_profile(image, profile), ".png");
    int light = (int)lround(255 * srgb_encode(128 / 255.0));
    assert_colour(middle_of(&blob, black), (struct rgb){light, light, light}, 2);
}

/* A press has no formula: its white is white, its black dark, its inks the right way round. */
static void assert_cmyk(const char *suffix, bool profile)
{
    static const double inks[5][4] = {
        {0, 0, 0, 0}, {0, 0, 0, 255}, {255, 0, 0, 0}, {0, 255, 0, 0}, {0, 0, 255, 0}};
    struct rgb got[5];
    for (int i = 0; i < 5; i++) {
        VipsImage *image = fixture_flat(40, 30, VIPS_INTERPRETATION_CMYK, VIPS_FORMAT_UCHAR, inks[i], 4);
        struct blob blob = fixture_encode(profile ? with_builtin_profile(image, "cmyk") : image, suffix);
        got[i] = middle_of(&blob, black);
    }
    assert_colour(got[0], (struct rgb){255, 255, 255}, 3);
    assert_colour(got[1], (struct rgb){25, 25, 25}, 25);
    assert_true(got[2].red < 60 && got[2].green > 120 && got[2].blue > 180);  /* cyan */
    assert_true(got[3].red > 180 && got[3].green < 60 && got[3].blue > 80);   /* magenta */
    assert_true(got[4].red > 220 && got[4].green > 200 && got[4].blue < 100); /* yellow */
}

static void cmyk_with_and_without_profile(void **state)
{
    (void)state;
    assert_cmyk(".tif", true);
    assert_cmyk(".tif", false);
    assert_cmyk(".jpg[Q=97]", true);
    assert_cmyk(".jpg[Q=97]", false);
}

static void lab(void **state)
{
    (void)state;
    const double values[] = {53.24, 80.09, 67.20}; /* sRGB's red, by definition (D65) */
    struct blob blob = flat(".tif", VIPS_INTERPRETATION_LAB, VIPS_FORMAT_FLOAT, values, 3);
    assert_colour(middle_of(&blob, black), (struct rgb){255, 0, 0}, 3);
}

static VipsImage *with_grey_profile(VipsImage *image)
{
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1);
    cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
    cmsFreeToneCurve(curve);
    return with_lcms_profile(image, profile);
}

static VipsImage *with_garbage(VipsImage *image)
{
    char garbage[4096];
    memset(garbage, 0x5A, sizeof garbage);
    return with_profile(image, garbage, sizeof garbage);
}

static VipsImage *with_cmyk_profile(VipsImage *image)
{
    return with_builtin_profile(image, "cmyk");
}

static VipsImage *with_rgb_profile(VipsImage *image)
{
    return with_lcms_profile(image, adobe_rgb());
}

/* Pixels of every kind, with every profile that is not for them, in every format: as without a profile. */
static void damaged_and_foreign_profiles_are_ignored(void **state)
{
    (void)state;
    typedef VipsImage *(*profile_of)(VipsImage * image);
    static const double rgb[] = {180, 100, 60, 255}, wide[] = {180 * 257, 100 * 257, 60 * 257},
                        grey[] = {90, 255}, inks[] = {20, 120, 40, 30}, lab_red[] = {53.24, 80.09, 67.20};
    static const struct {
        VipsInterpretation type;
        VipsBandFormat format;
        const double *values;
        int bands;
        profile_of profiles[4];
        const char *suffixes[8];
    } kinds[] = {{VIPS_INTERPRETATION_sRGB,
                  VIPS_FORMAT_UCHAR,
                  rgb,
                  3,
                  {with_garbage, with_grey_profile, with_cmyk_profile},
                  {".tif", ".tif[tile]", ".png", ".webp[lossless]", ".webp", ".avif", ".jpg"}},
                 {VIPS_INTERPRETATION_sRGB,
                  VIPS_FORMAT_UCHAR,
                  rgb,
                  4,
                  {with_garbage, with_grey_profile, with_cmyk_profile},
                  {".tif", ".png", ".webp[lossless]", ".webp", ".avif"}},
                 {VIPS_INTERPRETATION_RGB16,
                  VIPS_FORMAT_USHORT,
                  wide,
                  3,
                  {with_garbage, with_grey_profile, with_cmyk_profile},
                  {".tif", ".png"}},
                 {VIPS_INTERPRETATION_B_W,
                  VIPS_FORMAT_UCHAR,
                  grey,
                  1,
                  {with_garbage, with_rgb_profile, with_cmyk_profile},
                  {".tif", ".png", ".jpg"}},
                 {VIPS_INTERPRETATION_B_W,
                  VIPS_FORMAT_UCHAR,
                  grey,
                  2,
                  {with_garbage, with_rgb_profile, with_cmyk_profile},
                  {".tif", ".png"}},
                 {VIPS_INTERPRETATION_CMYK,
                  VIPS_FORMAT_UCHAR,
                  inks,
                  4,
                  {with_garbage, with_rgb_profile, with_grey_profile},
                  {".tif", ".jpg"}},
                 {VIPS_INTERPRETATION_LAB,
                  VIPS_FORMAT_FLOAT,
                  lab_red,
                  3,
                  {with_garbage, with_rgb_profile, with_grey_profile, with_cmyk_profile},
                  {".tif"}}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (int s = 0; s < 8 && kinds[i].suffixes[s]; s++) {
            struct blob plain =
                flat(kinds[i].suffixes[s], kinds[i].type, kinds[i].format, kinds[i].values, kinds[i].bands);
            const struct rgb expected = middle_of(&plain, black);
            for (int p = 0; p < 4 && kinds[i].profiles[p]; p++) {
                VipsImage *image =
                    fixture_flat(40, 30, kinds[i].type, kinds[i].format, kinds[i].values, kinds[i].bands);
                struct blob blob = fixture_encode(kinds[i].profiles[p](image), kinds[i].suffixes[s]);
                assert_colour(middle_of(&blob, black), expected, 0);
            }
        }
    assert_string_equal(vips_error_buffer(), "");
}

static void transparency_is_flattened(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".png", ".webp[lossless]", ".tif", ".png[interlace]"};
    const double half[] = {255, 0, 0, 128}, clear[] = {255, 0, 0, 0};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct blob blob = flat(suffixes[i], VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, half, 4);
        assert_colour(middle_of(&blob, (struct tess_colour){0, 0, 255}), (struct rgb){128, 0, 127}, 1);
        blob = flat(suffixes[i], VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, clear, 4);
        assert_colour(middle_of(&blob, (struct tess_colour){10, 20, 30}), (struct rgb){10, 20, 30}, 0);
    }
    struct blob blob = flat(".gif", VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, clear, 4);
    assert_colour(middle_of(&blob, (struct tess_colour){10, 20, 30}), (struct rgb){10, 20, 30}, 0);
}

/* Clear green pixels beside opaque red ones: no green in the mixture. */
static void clear_pixels_do_not_bleed(void **state)
{
    (void)state;
    const double red[] = {255, 0, 0, 255}, green[] = {0, 255, 0, 0};
    VipsImage *left = fixture_flat(51, 60, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, red, 4);
    VipsImage *right = fixture_flat(49, 60, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, green, 4);
    VipsImage *both = NULL;
    assert_int_equal(vips_join(left, right, &both, VIPS_DIRECTION_HORIZONTAL, NULL), 0);
    g_object_unref(left);
    g_object_unref(right);
    struct blob blob = fixture_encode(both, ".png");
    static const uint32_t sizes[] = {7, 33, 250};
    for (size_t i = 0; i < 3; i++) {
        struct vips_load_request request = fixture_request(&blob, sizes[i], sizes[i]);
        request.fit.fit = TESS_FIT_FILL;
        struct picture picture = fixture_load(&request);
        bool mixed = false;
        for (uint32_t x = 0; x < sizes[i]; x++) {
            struct rgb colour = pixel_at(&picture, x, sizes[i] / 2);
            assert_true(colour.green <= 1 && colour.blue == 0);
            mixed = mixed || (colour.red > 20 && colour.red < 235);
        }
        assert_true(mixed);
        picture_clear(&picture);
    }
    blob_clear(&blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_rgb_in_every_format),
        cmocka_unit_test(sixteen_bit),
        cmocka_unit_test(grey_and_its_alpha),
        cmocka_unit_test(one_bit),
        cmocka_unit_test(display_p3),
        cmocka_unit_test(adobe_rgb_8_and_16_bit_and_with_alpha),
        cmocka_unit_test(grey_profile),
        cmocka_unit_test(cmyk_with_and_without_profile),
        cmocka_unit_test(lab),
        cmocka_unit_test(damaged_and_foreign_profiles_are_ignored),
        cmocka_unit_test(transparency_is_flattened),
        cmocka_unit_test(clear_pixels_do_not_bleed),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
