// SPDX-License-Identifier: MIT
/*
 * The kinds that libvips writes. Each is a small recipe: an image made from the photo, and the file name with
 * the options of libvips' savers in brackets.
 */
#include "sample_kinds.h"

#include <stdio.h>
#include <string.h>

#include <vips/vips.h>

enum { GIF_FRAMES = 12, GIF_WIDTH_PX = 320, TIFF_PAGES = 3 };

/* Writes and drops the image; NULL (a recipe that failed) counts as a failure. */
static bool save(const char *folder, const char *name, VipsImage *image)
{
    char path[4096];
    bool good = image != NULL && kinds_path(folder, name, path, sizeof path) &&
                vips_image_write_to_file(image, path, NULL) == 0;
    if (!good) {
        const bool missing = strstr(vips_error_buffer(), "is not a known file format") != NULL ||
                             strstr(vips_error_buffer(), "Unsupported compression") != NULL;
        (void)fprintf(stderr, "make-photos: %s %s: %s", missing ? "skipped" : "cannot write", name,
                      vips_error_buffer());
        vips_error_clear();
        good = missing;
    }
    if (image != NULL)
        g_object_unref(image);
    return good;
}

static VipsImage *photo_image(const struct photo *photo)
{
    VipsImage *wrapped =
        vips_image_new_from_memory(photo->rgb, (size_t)photo->width_px * photo->height_px * 3,
                                   (int)photo->width_px, (int)photo->height_px, 3, VIPS_FORMAT_UCHAR);
    VipsImage *image = NULL;
    if (wrapped != NULL)
        (void)vips_copy(wrapped, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    g_clear_object(&wrapped);
    return image;
}

static VipsImage *grey_image(VipsImage *image)
{
    VipsImage *grey = NULL;
    (void)vips_colourspace(image, &grey, VIPS_INTERPRETATION_B_W, NULL);
    return grey;
}

/* Transparent towards the corners, half-way soft: what a cut-out or a vignette looks like. */
static VipsImage *with_alpha(VipsImage *image)
{
    VipsImage *stage[5] = {0};
    VipsImage *joined = NULL;
    const double width = vips_image_get_width(image);
    const double height = vips_image_get_height(image);
    if (vips_xyz(&stage[0], (int)width, (int)height, NULL) == 0 &&
        vips_linear(stage[0], &stage[1], (double[]){2.0 / width, 2.0 / height}, (double[]){-1.0, -1.0}, 2,
                    NULL) == 0 &&
        vips_multiply(stage[1], stage[1], &stage[2], NULL) == 0 &&
        vips_bandmean(stage[2], &stage[3], NULL) == 0 &&
        vips_linear1(stage[3], &stage[4], -900.0, 560.0, "uchar", TRUE, NULL) == 0)
        (void)vips_bandjoin2(image, stage[4], &joined, NULL);
    for (int i = 0; i < 5; i++)
        g_clear_object(&stage[i]);
    return joined;
}

/* 16 bits a sample, over the whole range. */
static VipsImage *sixteen_bit(VipsImage *image)
{
    VipsImage *wide = NULL;
    VipsImage *tagged = NULL;
    if (vips_linear1(image, &wide, 257.0, 0.0, NULL) == 0) {
        VipsImage *whole = NULL;
        const VipsInterpretation as =
            vips_image_get_bands(image) < 3 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16;
        if (vips_cast_ushort(wide, &whole, NULL) == 0)
            (void)vips_copy(whole, &tagged, "interpretation", as, NULL);
        g_clear_object(&whole);
        g_object_unref(wide);
    }
    return tagged;
}

/* Pages one below the other, as libvips keeps animations: the photo, then its negative, so that only the
 * first page shows what the other kinds show. */
static VipsImage *pages(VipsImage *image, int count)
{
    VipsImage *negative = NULL;
    VipsImage *list[GIF_FRAMES] = {image};
    VipsImage *stacked = NULL;
    VipsImage *tagged = NULL;
    if (vips_invert(image, &negative, NULL) == 0) {
        for (int i = 1; i < count; i++)
            list[i] = negative;
        if (vips_arrayjoin(list, &stacked, count, "across", 1, NULL) == 0 &&
            vips_copy(stacked, &tagged, NULL) == 0) {
            vips_image_set_int(tagged, VIPS_META_PAGE_HEIGHT, vips_image_get_height(image));
            vips_image_set_int(tagged, "loop", 0);
        }
    }
    g_clear_object(&stacked);
    g_clear_object(&negative);
    return tagged;
}

static bool write_png(const char *folder, VipsImage *image)
{
    VipsImage *grey = grey_image(image);
    VipsImage *alpha = with_alpha(image);
    bool good = grey != NULL && alpha != NULL;
    if (good) {
        good = save(folder, "png-rgb.png[compression=3]", g_object_ref(image));
        good = save(folder, "png-interlaced.png[compression=3,interlace]", g_object_ref(image)) && good;
        good = save(folder, "png-palette.png[palette,colours=256]", g_object_ref(image)) && good;
        good = save(folder, "png-grey.png[compression=3]", g_object_ref(grey)) && good;
        good = save(folder, "png-alpha.png[compression=3]", g_object_ref(alpha)) && good;
        good = save(folder, "png-palette-alpha.png[palette]", g_object_ref(alpha)) && good;
        good = save(folder, "png-grey-alpha.png[compression=3]", with_alpha(grey)) && good;
        good = save(folder, "png-16-bit.png[compression=3]", sixteen_bit(image)) && good;
        good = save(folder, "png-16-bit-grey.png[compression=3]", sixteen_bit(grey)) && good;
    }
    g_clear_object(&alpha);
    g_clear_object(&grey);
    return good;
}

static bool write_web(const char *folder, VipsImage *image)
{
    VipsImage *alpha = with_alpha(image);
    VipsImage *small = NULL;
    bool good = alpha != NULL && vips_thumbnail_image(image, &small, GIF_WIDTH_PX, NULL) == 0;
    if (good) {
        good = save(folder, "webp-lossy.webp[Q=85,effort=2]", g_object_ref(image));
        good = save(folder, "webp-lossless.webp[lossless,effort=1]", g_object_ref(image)) && good;
        good = save(folder, "webp-alpha.webp[Q=85,effort=2]", g_object_ref(alpha)) && good;
        good = save(folder, "webp-animated.webp[Q=70,effort=1]", pages(small, 4)) && good;
        good = save(folder, "gif-still.gif", g_object_ref(small)) && good;
        good = save(folder, "gif-animated.gif[effort=3]", pages(small, GIF_FRAMES)) && good;
        good = save(folder, "gif-alpha.gif", with_alpha(small)) && good;
        good = save(folder, "avif.avif[Q=75,effort=1]", g_object_ref(image)) && good;
        good = save(folder, "avif-alpha.avif[Q=75,effort=1]", g_object_ref(alpha)) && good;
        good = save(folder, "heif.heic[Q=80,compression=hevc]", g_object_ref(image)) && good;
    }
    g_clear_object(&small);
    g_clear_object(&alpha);
    return good;
}

static bool write_tiff(const char *folder, VipsImage *image)
{
    bool good = save(folder, "tiff.tif[compression=lzw,predictor=horizontal]", g_object_ref(image));
    good = save(folder, "tiff-tiled.tif[compression=deflate,tile]", g_object_ref(image)) && good;
    good = save(folder, "tiff-jpeg.tif[compression=jpeg,Q=90,tile]", g_object_ref(image)) && good;
    good = save(folder, "tiff-pages.tif[compression=deflate]", pages(image, TIFF_PAGES)) && good;
    return save(folder, "tiff-16-bit.tif[compression=deflate,predictor=horizontal]", sixteen_bit(image)) &&
           good;
}

bool kinds_write_others(const char *folder, const struct photo *photo)
{
    VipsImage *image = photo_image(photo);
    if (image == NULL) {
        (void)fprintf(stderr, "make-photos: %s", vips_error_buffer());
        return false;
    }
    bool good = write_png(folder, image);
    good = write_web(folder, image) && good;
    good = write_tiff(folder, image) && good;
    g_object_unref(image);
    return good;
}
