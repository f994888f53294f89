// SPDX-License-Identifier: MIT
/*
 * Any colours to 8-bit sRGB, at the cell's size, where it costs little.
 *
 * An embedded profile is followed (relative colorimetric with black point compensation, as browsers and
 * photo programs do). A profile that is damaged or belongs to another kind of pixels is ignored, as
 * everywhere: then, and without one, the pixels' own kind decides (grey and RGB count as sRGB, CMYK as
 * libvips' generic press, 16 bit as sRGB of more digits, LAB as it is).
 */
#include "image/vips_inside.h"

static int convert(VipsImage *in, VipsImage **out)
{
    int failed = -1;
    if (vips_image_get_typeof(in, VIPS_META_ICC_NAME))
        failed = vips_icc_transform(in, out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE,
                                    "black_point_compensation", TRUE, "depth", 8, NULL);
    vips_error_clear(); /* also where it worked: libvips notes a profile that it passed over */
    return failed ? vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, NULL) : 0;
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

int colour_flatten_to_srgb(VipsImage *in, struct tess_colour background, const struct stop *stop,
                           VipsImage **out)
{
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 10);
    VipsArrayDouble *colour =
        vips_array_double_newv(3, (double)background.red, (double)background.green, (double)background.blue);
    const int bands = colour_band_count(in);
    int failed = vips_extract_band(in, &t[0], 0, "n", bands < in->Bands ? bands : in->Bands, NULL) ||
                 convert(t[0], &t[1]) || vips_cast_uchar(t[1], &t[2], NULL);
    if (!failed && in->Bands > bands)
        failed = alpha_8_bit(in, bands, &t[3], &t[6]) || vips_bandjoin2(t[2], t[6], &t[7], NULL) ||
                 vips_flatten(t[7], &t[8], "background", colour, NULL);
    else if (!failed)
        t[8] = g_object_ref(t[2]);
    if (!failed)
        failed = (*out = stop_or_compute(t[8], stop)) == NULL;
    if (!failed && ((*out)->Bands != 3 || (*out)->BandFmt != VIPS_FORMAT_UCHAR)) {
        vips_error("tessera", "pixels are not supported");
        g_clear_object(out);
        failed = 1;
    }
    vips_area_unref(VIPS_AREA(colour));
    g_object_unref(scope);
    return failed ? -1 : 0;
}
