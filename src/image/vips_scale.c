// SPDX-License-Identifier: MIT
/*
 * Cutting a window out of an image and scaling it to whole pixels, top to bottom, without holding the image.
 *
 * Where a side shrinks, the window is rounded to whole source pixels about its own centre and goes through
 * vips_resize (box by whole factors, then Lanczos 3 for the last factor of two or more). Where a side grows,
 * half a pixel would show: the window keeps its fraction and goes through a bicubic vips_affine, after the
 * part that is needed has been brought into memory, where it is smaller than the result. Example: 1 × 20000
 * as cover in 100 × 100 asks for the window 0, 9999.5, 1 × 1; rows 9996..10003 are cut out and enlarged a
 * hundredfold; nothing is ever 2,000,000 pixels high.
 *
 * Colours of clear pixels must not bleed, so nothing is scaled with its transparency beside it. Where the
 * colours are sRGB's already, each pixel is flattened before it is scaled, which is exact and fast. Where a
 * profile must be followed first, which happens at the cell's size, the image is premultiplied for scaling;
 * that differs where Lanczos overshoots beyond opaque and clear.
 */
#include <math.h>

#include "image/vips_inside.h"

/* Pixels beside the window that the bicubic kernel looks at. */
enum { CUBIC_MARGIN_PX = 3 };

/* One side of the window: whole source pixels [start, start + length), and where in them the result begins.
 */
struct side {
    int start, length;
    double lead; /* fraction of a pixel, and the margin, between `start` and the window; growing sides only */
    double scale; /* result pixels per source pixel */
    bool grows;
};

/*
 * vips_resize puts the result's centre on the window's. So of the two whole lengths around `length` the one
 * is taken that lets the centre stay within a quarter of a pixel. Example: 150.5 + 900 becomes 150 + 901.
 */
static void shrink_side(double start, double length, int whole, int out, struct side *side)
{
    const int64_t twice_centre = llround(2 * start + length);
    int64_t pixels = llround(length);
    if ((twice_centre - pixels) % 2 != 0)
        pixels += (double)pixels < length || pixels <= out ? 1 : -1;
    side->length = (int)CLAMP(pixels, 1, whole);
    side->start = (int)CLAMP((twice_centre - side->length) / 2, 0, whole - side->length);
    side->scale = fmin(1, (double)out / side->length);
}

static struct side side_of(double start, double length, int whole, int out)
{
    struct side side = {.grows = out > length};
    if (side.grows) {
        double first = fmax(0, floor(start) - CUBIC_MARGIN_PX);
        double last = fmin(whole, ceil(start + length) + CUBIC_MARGIN_PX);
        side.start = (int)first;
        side.length = (int)(last - first);
        side.lead = start - first;
        side.scale = out / length;
    } else {
        shrink_side(start, length, whole, out, &side);
    }
    return side;
}

static int shrink_sides(VipsImage *in, const struct side *x, const struct side *y, VipsImage **out)
{
    double across = x->grows ? 1 : x->scale, down = y->grows ? 1 : y->scale;
    if (across == 1 && down == 1)
        return vips_copy(in, out, NULL);
    return vips_resize(in, out, across, "vscale", down, "kernel", VIPS_KERNEL_LANCZOS3, NULL);
}

/* `in` is in memory. Result pixel centre c + 0.5 shows source position (c + 0.5) / scale + lead. */
static int grow_sides(VipsImage *in, const struct side *x, const struct side *y, int out_width_px,
                      int out_height_px, VipsImage **out)
{
    VipsArrayInt *area = vips_array_int_newv(4, 0, 0, out_width_px, out_height_px);
    VipsInterpolate *cubic = vips_interpolate_new("bicubic");
    int failed =
        !cubic || vips_affine(in, out, x->grows ? x->scale : 1, 0, 0, y->grows ? y->scale : 1, "interpolate",
                              cubic, "oarea", area, "idx", x->grows ? 0.5 - x->lead : 0, "idy",
                              y->grows ? 0.5 - y->lead : 0, "odx", x->grows ? -0.5 : 0.0, "ody",
                              y->grows ? -0.5 : 0.0, "extend", VIPS_EXTEND_COPY, "premultiplied", TRUE, NULL);
    g_clear_object(&cubic);
    vips_area_unref(VIPS_AREA(area));
    return failed ? -1 : 0;
}

/* Rounding inside vips_resize may leave a side one short or over: cut or repeat the last row or column. */
static int exact_sides(VipsImage *in, int width_px, int height_px, VipsImage **out)
{
    if (in->Xsize == width_px && in->Ysize == height_px)
        return vips_copy(in, out, NULL);
    return vips_embed(in, out, 0, 0, width_px, height_px, "extend", VIPS_EXTEND_COPY, NULL);
}

static int colour_bands(const VipsImage *image)
{
    switch (image->Type) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
        return 1;
    case VIPS_INTERPRETATION_CMYK:
        return 4;
    default:
        return 3;
    }
}

/* LABQ is packed and must be opened up; kinds of pixels that a file only claims are corrected; what comes
 * after colour and one alpha (a TIFF's spots and masks) is dropped. */
static int plain_bands(VipsImage *in, VipsImage **t, VipsImage **out)
{
    if (vips_image_decode(in, &t[0]) ||
        vips_copy(t[0], &t[1], "interpretation", vips_image_guess_interpretation(t[0]), NULL))
        return -1;
    int wanted = colour_bands(t[1]) + 1;
    if (t[1]->Bands <= wanted)
        return vips_copy(t[1], out, NULL);
    return vips_extract_band(t[1], out, 0, "n", wanted, NULL);
}

static int shrink_and_grow(VipsImage *in, const struct side *x, const struct side *y, int out_width_px,
                           int out_height_px, const struct stop *stop, VipsImage **out)
{
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 5);
    int failed = vips_extract_area(in, &t[0], x->start, y->start, x->length, y->length, NULL) ||
                 shrink_sides(t[0], x, y, &t[1]);
    if (!failed && (x->grows || y->grows)) {
        t[2] = stop_or_compute(t[1], stop);
        failed = !t[2] || grow_sides(t[2], x, y, x->grows ? out_width_px : t[2]->Xsize,
                                     y->grows ? out_height_px : t[2]->Ysize, &t[3]);
    } else if (!failed) {
        t[3] = g_object_ref(t[1]);
    }
    failed = failed || exact_sides(t[3], out_width_px, out_height_px, out);
    g_object_unref(scope);
    return failed ? -1 : 0;
}

/* Whether the background's colour means the same in this image. */
static bool is_srgb(const VipsImage *image)
{
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME))
        return false;
    return image->Type == VIPS_INTERPRETATION_sRGB || image->Type == VIPS_INTERPRETATION_B_W ||
           image->Type == VIPS_INTERPRETATION_RGB16 || image->Type == VIPS_INTERPRETATION_GREY16;
}

/* Grey and alpha as three equal bands and alpha: the background need not be grey. */
static int grey_as_rgb(VipsImage *in, VipsImage **t, VipsImage **out)
{
    if (colour_bands(in) == 3)
        return vips_copy(in, out, NULL);
    const VipsInterpretation rgb =
        in->Type == VIPS_INTERPRETATION_GREY16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    if (vips_extract_band(in, &t[0], 0, NULL) || vips_extract_band(in, &t[1], 1, NULL))
        return -1;
    VipsImage *bands[] = {t[0], t[0], t[0], t[1]};
    return vips_bandjoin(bands, &t[2], 4, NULL) || vips_copy(t[2], out, "interpretation", rgb, NULL);
}

static int flatten(VipsImage *in, const struct vips_scaling *scaling, VipsImage **t, VipsImage **out)
{
    const struct tess_colour colour = scaling->background;
    const double unit =
        in->Type == VIPS_INTERPRETATION_RGB16 || in->Type == VIPS_INTERPRETATION_GREY16 ? 257 : 1;
    VipsArrayDouble *background =
        vips_array_double_newv(3, unit * colour.red, unit * colour.green, unit * colour.blue);
    int failed =
        (scaling->is_premultiplied ? vips_unpremultiply(in, &t[0], NULL) : vips_copy(in, &t[0], NULL)) ||
        grey_as_rgb(t[0], t + 3, &t[1]) ||
        vips_flatten(t[1], &t[2], "background", background, "max_alpha", 255 * unit, NULL);
    /* Unpremultiplied, it is of floats. */
    failed = failed || (t[2]->BandFmt == in->BandFmt
                            ? vips_copy(t[2], out, NULL)
                            : vips_rint(t[2], &t[6], NULL) || vips_cast(t[6], out, in->BandFmt, NULL));
    vips_area_unref(VIPS_AREA(background));
    return failed ? -1 : 0;
}

static int scale_weighed(VipsImage *in, const struct vips_scaling *scaling, const struct side *x,
                         const struct side *y, const struct stop *stop, VipsImage **t, VipsImage **out)
{
    return (scaling->is_premultiplied ? vips_copy(in, &t[0], NULL) : vips_premultiply(in, &t[0], NULL)) ||
           shrink_and_grow(t[0], x, y, scaling->out_width_px, scaling->out_height_px, stop, &t[1]) ||
           vips_unpremultiply(t[1], &t[2], NULL) || vips_rint(t[2], &t[3], NULL) ||
           vips_cast(t[3], out, in->BandFmt, NULL);
}

int scale_window(VipsImage *in, const struct vips_scaling *scaling, const struct stop *stop, VipsImage **out)
{
    const struct vips_window *window = &scaling->window;
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 12);
    const struct side x = side_of(window->x, window->width, in->Xsize, scaling->out_width_px);
    const struct side y = side_of(window->y, window->height, in->Ysize, scaling->out_height_px);
    int failed = plain_bands(in, t, &t[2]);
    const bool is_transparent = !failed && t[2]->Bands > colour_bands(t[2]);
    if (is_transparent && !is_srgb(t[2])) {
        failed = scale_weighed(t[2], scaling, &x, &y, stop, t + 3, &t[11]);
    } else if (!failed) {
        failed = (is_transparent ? flatten(t[2], scaling, t + 3, &t[10]) : vips_copy(t[2], &t[10], NULL)) ||
                 shrink_and_grow(t[10], &x, &y, scaling->out_width_px, scaling->out_height_px, stop, &t[11]);
    }
    failed = failed || (*out = stop_or_compute(t[11], stop)) == NULL;
    g_object_unref(scope);
    return failed ? -1 : 0;
}
