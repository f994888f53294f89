// SPDX-License-Identifier: MIT
#include "engine/caption.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "engine/blame.h"
#include "image/colour.h"
#include "image/vips_module.h"

enum { CAPTION_MAX_BYTES = 4096, FONT_THREADS = 4 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

enum tess_status caption_expand(const char *template_text, const char *source, uint64_t number,
                                struct bytes *text_out)
{
    enum tess_status status = TESS_OK;
    bytes_init(text_out, CAPTION_MAX_BYTES);
    for (const char *at = template_text; status == TESS_OK && *at; at++) {
        if (at[0] == '%' && at[1] == 'f')
            status = bytes_append_text(text_out, base_name(source));
        else if (at[0] == '%' && at[1] == 'n')
            status = bytes_append_format(text_out, "%llu", (unsigned long long)number);
        else if (at[0] == '%' && at[1] == '%')
            status = bytes_append(text_out, "%", 1);
        else
            status = bytes_append(text_out, at, 1);
        if (at[0] == '%' && (at[1] == 'f' || at[1] == 'n' || at[1] == '%'))
            at++;
    }
    if (status == TESS_ERR_LIMIT)
        status = TESS_OK; /* far more than any tile shows */
    if (status != TESS_OK)
        bytes_clear(text_out);
    return status;
}

/* Black on light, white on dark: by luma. */
static struct tess_colour ink_for(struct tess_colour background)
{
    uint8_t ycc[3];
    colour_to_ycc(background, ycc);
    return ycc[0] > 140 ? (struct tess_colour){0x10, 0x10, 0x10} : (struct tess_colour){0xF0, 0xF0, 0xF0};
}

static uint8_t mix(uint8_t under, uint8_t over, uint8_t coverage)
{
    return (uint8_t)((under * (255 - coverage) + over * coverage + 127) / 255);
}

static void blend(const struct picture *mask, struct tess_colour under, struct tess_colour over,
                  struct picture *rgb)
{
    for (uint32_t y = 0; y < rgb->height_px; y++) {
        const uint8_t *coverage = mask->planes[0].data + y * mask->planes[0].stride_bytes;
        uint8_t *pixel = rgb->planes[0].data + y * rgb->planes[0].stride_bytes;
        for (uint32_t x = 0; x < rgb->width_px; x++, pixel += 3) {
            pixel[0] = mix(under.red, over.red, coverage[x]);
            pixel[1] = mix(under.green, over.green, coverage[x]);
            pixel[2] = mix(under.blue, over.blue, coverage[x]);
        }
    }
}

/* Pango looks for fonts, the first time, on threads that it cannot do without: it ends the process instead.
 */
static enum tess_status write_text(const struct vips_ops *vips, const struct vips_text_request *request,
                                   struct picture *mask_out, struct tess_error *error)
{
    static atomic_bool has_fonts;
    enum tess_status status = TESS_OK;
    if (!atomic_load(&has_fonts))
        status = blame_beforehand(0, FONT_THREADS, error);
    if (status == TESS_OK)
        status = blame_libvips(vips->text(request, mask_out, error), 0, 1, error);
    if (status == TESS_OK)
        atomic_store(&has_fonts, true);
    return status;
}

enum tess_status caption_render(const char *text, enum caption_kind kind, uint32_t width_px,
                                uint32_t height_px, struct tess_colour background, enum picture_layout layout,
                                struct picture *picture_out, struct tess_error *error)
{
    const struct vips_text_request request = {
        .text = text, .width_px = width_px, .height_px = height_px, .shrink = kind == CAPTION_TITLE};
    const struct vips_ops *vips;
    struct picture mask = {0}, rgb = {0};
    enum tess_status status = vips_module_get(&vips, error);
    if (status == TESS_OK)
        status = write_text(vips, &request, &mask, error);
    if (status == TESS_OK)
        status = picture_init(&rgb, PICTURE_RGB, width_px, height_px, error);
    if (status == TESS_OK) {
        blend(&mask, background, ink_for(background), &rgb);
        if (layout == PICTURE_RGB) {
            *picture_out = rgb;
            memset(&rgb, 0, sizeof rgb);
        } else {
            status = colour_convert(&rgb, layout, picture_out, error);
        }
    }
    picture_clear(&mask);
    picture_clear(&rgb);
    return status;
}
