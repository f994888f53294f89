// SPDX-License-Identifier: MIT
/* Where libvips' smartcrop would cut. */
#include "base/error.h"
#include "image/vips_inside.h"

int smart_corner(VipsImage *in, int width_px, int height_px, enum tess_gravity gravity, int *x_px_out,
                 int *y_px_out)
{
    VipsImage *cut = NULL;
    if (vips_smartcrop(
            in, &cut, width_px, height_px, "interesting",
            gravity == TESS_GRAVITY_ENTROPY ? VIPS_INTERESTING_ENTROPY : VIPS_INTERESTING_ATTENTION, NULL))
        return -1;
    /* The cut image remembers where its source's origin lies. */
    *x_px_out = -cut->Xoffset;
    *y_px_out = -cut->Yoffset;
    g_object_unref(cut);
    return 0;
}

/* A view if rows are packed, a packed copy otherwise: libvips knows no strides. */
static VipsImage *image_of(const struct picture *rgb)
{
    const struct plane *plane = &rgb->planes[0];
    const int width = (int)rgb->width_px, height = (int)rgb->height_px;
    if (plane->stride_bytes == 3 * (size_t)rgb->width_px)
        return vips_image_new_from_memory(plane->data, plane->stride_bytes * rgb->height_px, width, height, 3,
                                          VIPS_FORMAT_UCHAR);
    /* libvips takes bytes at any width: read the rows with their padding as one band, cut it off, fold to
     * three. */
    VipsImage *scope = vips_image_new();
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 3);
    VipsImage *image = NULL;
    t[0] = vips_image_new_from_memory(plane->data, plane->stride_bytes * rgb->height_px,
                                      (int)plane->stride_bytes, height, 1, VIPS_FORMAT_UCHAR);
    if (t[0] && !vips_extract_area(t[0], &t[1], 0, 0, 3 * width, height, NULL) &&
        !vips_bandfold(t[1], &t[2], "factor", 3, NULL))
        image = vips_image_copy_memory(t[2]);
    g_object_unref(scope);
    return image;
}

enum tess_status smart_crop(const struct picture *rgb, uint32_t width_px, uint32_t height_px,
                            enum tess_gravity gravity, uint32_t *x_px_out, uint32_t *y_px_out,
                            struct tess_error *error)
{
    int x = 0, y = 0;
    if (rgb->layout != PICTURE_RGB || width_px == 0 || height_px == 0 || width_px > rgb->width_px ||
        height_px > rgb->height_px)
        return error_set(error, TESS_ERR_INTERNAL, "no window of %u x %u in a picture of %u x %u", width_px,
                         height_px, rgb->width_px, rgb->height_px);
    VipsImage *plain = image_of(rgb), *srgb = NULL;
    int failed = !plain || vips_copy(plain, &srgb, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
                 smart_corner(srgb, (int)width_px, (int)height_px, gravity, &x, &y);
    g_clear_object(&srgb);
    g_clear_object(&plain);
    if (failed)
        return words_fail(error, TESS_ERR_INTERNAL, "choosing the crop failed");
    *x_px_out = (uint32_t)x;
    *y_px_out = (uint32_t)y;
    return TESS_OK;
}
