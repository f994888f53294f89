// SPDX-License-Identifier: MIT
/* The fixed conversions, in 16-bit fixed point: the same bytes everywhere. Profiles are in colour_profile.c.
 */
#include "image/colour.h"

#include <string.h>

#include "base/error.h"

enum { FIX_BITS = 16, FIX_HALF = 1 << (FIX_BITS - 1) };

#define FIX(x) ((int32_t)((x) * (1 << FIX_BITS) + 0.5))

static uint8_t to_byte(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void rgb_to_ycc(int32_t red, int32_t green, int32_t blue, uint8_t *y, uint8_t *cb, uint8_t *cr)
{
    const int32_t centre = (128 << FIX_BITS) + FIX_HALF - 1; /* 255.5 must not round up to 256 */
    *y = (uint8_t)((FIX(0.299) * red + FIX(0.587) * green + FIX(0.114) * blue + FIX_HALF) >> FIX_BITS);
    *cb =
        to_byte((-FIX(0.168735892) * red - FIX(0.331264108) * green + FIX(0.5) * blue + centre) >> FIX_BITS);
    *cr = to_byte((FIX(0.5) * red - FIX(0.418687589) * green - FIX(0.081312411) * blue + centre) >> FIX_BITS);
}

void colour_to_ycc(struct tess_colour colour, uint8_t ycc_out[3])
{
    rgb_to_ycc(colour.red, colour.green, colour.blue, &ycc_out[0], &ycc_out[1], &ycc_out[2]);
}

void colour_ycc_to_rgb(const struct picture *ycc, struct picture *rgb)
{
    for (uint32_t row = 0; row < ycc->height_px; row++) {
        const uint8_t *y = ycc->planes[0].data + row * ycc->planes[0].stride_bytes;
        const uint8_t *cb = ycc->planes[1].data + row * ycc->planes[1].stride_bytes;
        const uint8_t *cr = ycc->planes[2].data + row * ycc->planes[2].stride_bytes;
        uint8_t *out = rgb->planes[0].data + row * rgb->planes[0].stride_bytes;
        for (uint32_t x = 0; x < ycc->width_px; x++, out += 3) {
            int32_t blue = cb[x] - 128, red = cr[x] - 128;
            out[0] = to_byte(y[x] + ((FIX(1.402) * red + FIX_HALF) >> FIX_BITS));
            out[1] =
                to_byte(y[x] + ((-FIX(0.344136286) * blue - FIX(0.714136286) * red + FIX_HALF) >> FIX_BITS));
            out[2] = to_byte(y[x] + ((FIX(1.772) * blue + FIX_HALF) >> FIX_BITS));
        }
    }
}

void colour_rgb_to_ycc(const struct picture *rgb, struct picture *ycc)
{
    for (uint32_t row = 0; row < rgb->height_px; row++) {
        const uint8_t *in = rgb->planes[0].data + row * rgb->planes[0].stride_bytes;
        uint8_t *y = ycc->planes[0].data + row * ycc->planes[0].stride_bytes;
        uint8_t *cb = ycc->planes[1].data + row * ycc->planes[1].stride_bytes;
        uint8_t *cr = ycc->planes[2].data + row * ycc->planes[2].stride_bytes;
        for (uint32_t x = 0; x < rgb->width_px; x++, in += 3)
            rgb_to_ycc(in[0], in[1], in[2], &y[x], &cb[x], &cr[x]);
    }
}

static void halve_plane(const struct plane *full, const struct plane *half)
{
    for (uint32_t row = 0; row < half->height_px; row++) {
        const uint8_t *upper = full->data + (size_t)(2 * row) * full->stride_bytes;
        const uint8_t *lower = 2 * row + 1 < full->height_px ? upper + full->stride_bytes : upper;
        uint8_t *out = half->data + row * half->stride_bytes;
        uint32_t pairs = full->width_px / 2;
        for (uint32_t x = 0; x < pairs; x++) {
            int sum = upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1];
            out[x] = (uint8_t)((sum + 2) / 4);
        }
        if (pairs < half->width_px)
            out[pairs] = (uint8_t)((upper[2 * pairs] + lower[2 * pairs] + 1) / 2);
    }
}

void colour_halve_chroma(const struct picture *full, struct picture *halved)
{
    const struct plane *from = &full->planes[0], *to = &halved->planes[0];
    for (uint32_t row = 0; row < full->height_px; row++)
        memcpy(to->data + row * to->stride_bytes, from->data + row * from->stride_bytes, full->width_px);
    halve_plane(&full->planes[1], &halved->planes[1]);
    halve_plane(&full->planes[2], &halved->planes[2]);
}

void colour_cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++, cmyk += 4, rgb += 3) {
        int32_t light = 255 - cmyk[3];
        for (int channel = 0; channel < 3; channel++)
            rgb[channel] = (uint8_t)(((255 - cmyk[channel]) * light + 127) / 255);
    }
}

static void fill_rgb(const struct plane *plane, struct tess_colour colour)
{
    for (uint32_t x = 0; x < plane->width_px; x++) {
        plane->data[x * 3] = colour.red;
        plane->data[x * 3 + 1] = colour.green;
        plane->data[x * 3 + 2] = colour.blue;
    }
    for (uint32_t row = 1; row < plane->height_px; row++)
        memcpy(plane->data + row * plane->stride_bytes, plane->data, (size_t)plane->width_px * 3);
}

void colour_fill(const struct picture *picture, struct tess_colour colour)
{
    uint8_t ycc[3];
    if (picture->width_px == 0 || picture->height_px == 0)
        return;
    if (picture->layout == PICTURE_RGB) {
        fill_rgb(&picture->planes[0], colour);
        return;
    }
    colour_to_ycc(colour, ycc);
    for (uint32_t i = 0; i < 3; i++) {
        const struct plane *plane = &picture->planes[i];
        for (uint32_t row = 0; row < plane->height_px; row++)
            memset(plane->data + row * plane->stride_bytes, ycc[i], plane->width_px);
    }
}

enum tess_status colour_convert(const struct picture *picture, enum picture_layout layout,
                                struct picture *converted, struct tess_error *error)
{
    const bool to_420_from_rgb = picture->layout == PICTURE_RGB && layout == PICTURE_YCC420;
    struct picture full = {0};
    enum tess_status status = TESS_OK;
    if (picture->layout == layout || (picture->layout != PICTURE_RGB && picture->layout != PICTURE_YCC444))
        return error_set(error, TESS_ERR_INTERNAL, "no conversion from layout %d to %d", (int)picture->layout,
                         (int)layout);
    if (to_420_from_rgb)
        status = colour_convert(picture, PICTURE_YCC444, &full, error);
    if (status == TESS_OK)
        status = picture_init(converted, layout, picture->width_px, picture->height_px, error);
    if (status == TESS_OK) {
        if (layout == PICTURE_RGB)
            colour_ycc_to_rgb(picture, converted);
        else if (layout == PICTURE_YCC444)
            colour_rgb_to_ycc(picture, converted);
        else
            colour_halve_chroma(to_420_from_rgb ? &full : picture, converted);
    }
    picture_clear(&full);
    return status;
}
