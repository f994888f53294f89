// SPDX-License-Identifier: MIT
/*
 * Any colours to 8-bit sRGB, at the cell's size, where it costs little.
 *
 * An embedded profile is followed (colour_profile.c, as for JPEG). One that is damaged or belongs to another
 * kind of pixels is passed over: then, and without one, the pixels' own kind decides (grey and RGB count as
 * sRGB, CMYK as libvips' generic press, 16 bit as sRGB of more digits, LAB as it is).
 */
#include <string.h>

#include "base/error.h"
#include "image/vips_inside.h"

/* What a profile may be for; false: no kind that has profiles. */
static bool profile_kind(const VipsImage *in, enum colour_kind *kind_out)
{
    static const struct {
        VipsInterpretation type;
        VipsBandFormat format;
        int bands;
        enum colour_kind kind;
    } kinds[] = {{VIPS_INTERPRETATION_B_W, VIPS_FORMAT_UCHAR, 1, COLOUR_GREY},
                 {VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, 3, COLOUR_RGB},
                 {VIPS_INTERPRETATION_CMYK, VIPS_FORMAT_UCHAR, 4, COLOUR_CMYK},
                 {VIPS_INTERPRETATION_GREY16, VIPS_FORMAT_USHORT, 1, COLOUR_GREY16},
                 {VIPS_INTERPRETATION_RGB16, VIPS_FORMAT_USHORT, 3, COLOUR_RGB16}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        *kind_out = kinds[i].kind;
        if (in->Type == kinds[i].type && in->BandFmt == kinds[i].format && in->Bands == kinds[i].bands)
            return true;
    }
    return false;
}

/* Through the transform, row by row: the cell may be large, and its time over. */
static VipsImage *transformed(VipsImage *in, const struct colour_transform *transform,
                              const struct stop *stop)
{
    VipsImage *rgb = vips_image_new_memory();
    VipsPel *line = g_malloc(3 * (size_t)in->Xsize);
    const size_t row_bytes = vips_format_sizeof(in->BandFmt) * (size_t)in->Bands * (size_t)in->Xsize;
    vips_image_init_fields(rgb, in->Xsize, in->Ysize, 3, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1, 1);
    const uint8_t *rows = vips_image_get_data(in);
    int failed = !rows;
    for (int y = 0; !failed && y < in->Ysize; y++) {
        failed = stop_check(stop, NULL) != TESS_OK;
        if (failed)
            continue;
        colour_transform_apply(transform, rows + (size_t)y * row_bytes, line, (size_t)in->Xsize);
        failed = vips_image_write_line(rgb, y, line);
    }
    g_free(line);
    if (failed)
        g_clear_object(&rgb);
    return rgb;
}

/* By the pixels' own kind. libvips must not see the profile that was passed over: it would follow that of
 * CMYK, and lying tables cost it 100 MB before it finds out. */
static VipsImage *without_profile(VipsImage *in)
{
    VipsImage *plain = NULL, *rgb = NULL;
    if (vips_copy(in, &plain, NULL))
        return NULL;
    (void)vips_image_remove(plain, VIPS_META_ICC_NAME);
    (void)vips_colourspace(plain, &rgb, VIPS_INTERPRETATION_sRGB, NULL);
    g_object_unref(plain);
    return rgb;
}

static enum tess_status convert(VipsImage *in, const struct colour_target *target, VipsImage **out,
                                struct tess_error *error)
{
    struct colour_transform *transform = NULL;
    enum colour_kind kind;
    const void *icc = NULL;
    size_t size = 0;
    enum tess_status status = TESS_OK;
    if (profile_kind(in, &kind) && vips_image_get_typeof(in, VIPS_META_ICC_NAME) &&
        !vips_image_get_blob(in, VIPS_META_ICC_NAME, &icc, &size))
        status = colour_profiles_acquire(target->profiles, icc, size, kind, target->stop, &transform, error);
    if (status != TESS_OK)
        return status;
    if (transform)
        *out = transformed(in, transform, target->stop);
    else
        *out = without_profile(in);
    colour_profiles_release(target->profiles, transform);
    if (*out)
        vips_error_clear(); /* also where all went well libvips notes what it passed over */
    return *out ? TESS_OK
                : words_fail(error, TESS_ERR_UNSUPPORTED, "its colours cannot be converted to sRGB");
}

/* 16-bit alpha counts to 65535, that of everything else to 255. */
static int alpha_8_bit(VipsImage *in, int band, VipsImage **t, VipsImage **out)
{
    bool wide = in->Type == VIPS_INTERPRETATION_RGB16 || in->Type == VIPS_INTERPRETATION_GREY16;
    return vips_extract_band(in, &t[0], band, NULL) ||
           vips_linear1(t[0], &t[1], wide ? 255.0 / 65535 : 1, 0, NULL) || vips_rint(t[1], &t[2], NULL) ||
           vips_cast_uchar(t[2], out, NULL);
}

static int colour_band_count(const VipsImage *in)
{
    bool grey = in->Type == VIPS_INTERPRETATION_B_W || in->Type == VIPS_INTERPRETATION_GREY16;
    return grey ? 1 : in->Type == VIPS_INTERPRETATION_CMYK ? 4 : 3;
}

/* `rgb` with the alpha of `in` (its band `bands`) laid on the background. */
static int flatten(VipsImage *in, int bands, VipsImage *rgb, struct tess_colour background, VipsImage **out)
{
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 5);
    VipsArrayDouble *colour =
        vips_array_double_newv(3, (double)background.red, (double)background.green, (double)background.blue);
    int failed = alpha_8_bit(in, bands, &t[0], &t[3]) || vips_bandjoin2(rgb, t[3], &t[4], NULL) ||
                 vips_flatten(t[4], out, "background", colour, NULL);
    vips_area_unref(VIPS_AREA(colour));
    g_object_unref(scope);
    return failed ? -1 : 0;
}

enum tess_status colour_flatten_to_srgb(VipsImage *in, const struct colour_target *target, VipsImage **out,
                                        struct tess_error *error)
{
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 5);
    const int bands = colour_band_count(in);
    enum tess_status status = TESS_OK;
    int failed = vips_extract_band(in, &t[0], 0, "n", bands < in->Bands ? bands : in->Bands, NULL) ||
                 (t[1] = stop_or_compute(t[0], target->stop)) == NULL;
    if (!failed)
        status = convert(t[1], target, &t[2], error);
    if (!failed && status == TESS_OK) {
        failed = vips_cast_uchar(t[2], &t[3], NULL);
        if (!failed && in->Bands > bands)
            failed = flatten(in, bands, t[3], target->background, &t[4]);
        if (!failed)
            failed = (*out = stop_or_compute(t[4] ? t[4] : t[3], target->stop)) == NULL;
        if (!failed && ((*out)->Bands != 3 || (*out)->BandFmt != VIPS_FORMAT_UCHAR)) {
            vips_error("tessera", "pixels are not supported");
            g_clear_object(out);
            failed = -1;
        }
    }
    g_object_unref(scope);
    return failed ? words_fail(error, TESS_ERR_UNSUPPORTED, "its colours cannot be converted to sRGB")
                  : status;
}
