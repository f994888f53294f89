// SPDX-License-Identifier: MIT
/*
 * Shared by the files of tessera-vips.so; nobody else includes it. Names begin with the file (input_… is in
 * vips_input.c): libvips owns the prefix vips_.
 *
 * Every function here that fails leaves libvips' error buffer empty and its words in the struct tess_error.
 */
#ifndef IMAGE_VIPS_INSIDE_H
#define IMAGE_VIPS_INSIDE_H

#include <vips/vips.h>

#include "base/bytes.h"
#include "image/colour.h"
#include "image/sniff.h"
#include "image/tiff_form.h"
#include "image/vips_module.h"

/*
 * An image whose header has been read and whose pixels have not. `stored` is as in the file; `upright` has
 * the EXIF orientation applied to its sides.
 */
struct vips_input {
    const uint8_t *bytes; /* borrowed, or filtered.data */
    size_t size_bytes;
    struct bytes filtered; /* a PNG without what libpng need not hold; a GIF with a proper end */
    enum image_kind kind;
    VipsImage *image; /* owned */
    uint32_t stored_width_px, stored_height_px;
    uint32_t upright_width_px, upright_height_px;
    int orientation; /* 1..8 */
    struct {
        struct tiff_form form;
        enum tiff_route route;
        uint64_t block_bytes; /* of a strip or tile, decoded */
    } tiff;                   /* TIFF only */
    struct heif_file *heif;   /* HEIF and AVIF only */
    bool is_premultiplied;    /* the image's alpha; known when it is decoded */
    const struct stop *stop;  /* NULL: none; set before anything is decoded */
};

/* Reads the header: TESS_ERR_NOT_IMAGE, _UNSUPPORTED, _CORRUPT, _LIMIT ("max-pixels"; 0 is no limit),
 * _MEMORY. Only on success there is something to clear. */
enum tess_status input_open(struct vips_input *input, const uint8_t *bytes, size_t size_bytes,
                            uint64_t max_pixels, struct tess_error *error);
void input_clear(struct vips_input *input);

/*
 * Before any pixel is asked for, once: what must be decoded whole before its sides are known for sure (HEIF,
 * AVIF) is, and stored_* and upright_* are what they really are; of a TIFF the samples become those that are
 * meant. Other kinds stay as they are. TESS_ERR_CORRUPT, _UNSUPPORTED, _MEMORY.
 */
enum tess_status input_decode(struct vips_input *input, struct tess_error *error);

/*
 * Opens the file again so that decoding yields less than all pixels but at least `factor` times fewer per
 * side (a JPEG's DCT scale, a WebP's scaler). Where that does not pay, nothing happens. The sides of
 * input->image tell what became of it; stored_* and upright_* stay.
 */
enum tess_status input_shrink(struct vips_input *input, double factor, struct tess_error *error);

/* PNG: checks the sides before libpng allocates by them, leaves out what nobody needs, reads the orientation.
 * TESS_ERR_CORRUPT, _LIMIT, _MEMORY. */
enum tess_status png_guard(struct vips_input *input, uint64_t max_pixels, struct tess_error *error);

/* GIF: puts behind the last pixel what is missing there. TESS_ERR_CORRUPT, _MEMORY. */
enum tess_status gif_guard(struct vips_input *input, struct tess_error *error);

/* HEIF and AVIF, see vips_heif.c: the header, which sets input->image to its sides and kind without pixels;
 * the pixels; what heif_open() began is undone by heif_close() only, also where it failed. */
enum tess_status heif_open(struct vips_input *input, struct tess_error *error);
enum tess_status heif_decode(struct vips_input *input, struct tess_error *error);
void heif_close(struct vips_input *input);
/* Pixels that are decoded, which are more than those that are shown where the file says to crop. */
uint64_t heif_coded_pixels(const struct vips_input *input);

/* TIFF: reads the first directory; the image then has no pixels yet, or not those that are meant, until
 * tiff_decode() is called, once. TESS_ERR_CORRUPT, _UNSUPPORTED (by its name), _MEMORY. */
enum tess_status tiff_open(struct vips_input *input, struct tess_error *error);
enum tess_status tiff_decode(struct vips_input *input, struct tess_error *error);

/* Bytes that decoding holds at its peak, by the kind's own way of decoding; see vips_peak.c. */
uint64_t input_peak_bytes(const struct vips_input *input);

/*
 * The rectangle [x, x + width) × [y, y + height) of `in`, scaled to exactly out_width × out_height, in
 * memory. Transparency is flattened on `background` before, where the image's colours are sRGB's; else it
 * weighs the colours while they are scaled, and is still there after it, not premultiplied.
 */
struct vips_window {
    double x, y, width, height;
};
struct vips_scaling {
    struct vips_window window;
    int out_width_px, out_height_px;
    struct tess_colour background;
    bool is_premultiplied; /* `in` is */
};
int scale_window(VipsImage *in, const struct vips_scaling *scaling, const struct stop *stop, VipsImage **out);

/* What colours are converted with. */
struct colour_target {
    struct tess_colour background; /* under what is transparent */
    struct colour_profiles *profiles;
    const struct stop *stop; /* NULL: none */
};

/* sRGB, 8 bit, 3 bands, no transparency, from any image that input_open() gives; `in` is in memory.
 * TESS_ERR_UNSUPPORTED, _MEMORY. */
enum tess_status colour_flatten_to_srgb(VipsImage *in, const struct colour_target *target, VipsImage **out,
                                        struct tess_error *error);

/* libvips' words for what failed just now: one line of UTF-8. The buffer is empty afterwards. */
struct vips_words {
    char text[320];
};
void words_take(struct vips_words *words_out);

/* TESS_ERR_UNSUPPORTED where libvips' words say so and `otherwise` is _CORRUPT, else `otherwise`;
 * "<what>: <words>". */
enum tess_status words_fail(struct tess_error *error, enum tess_status otherwise, const char *format, ...)
    TESS_PRINTF(3, 4);

enum tess_status cell_load(const struct vips_load_request *request, struct picture *rgb_out,
                           struct tess_error *error);
enum tess_status cell_probe(const uint8_t *bytes, size_t size_bytes, uint32_t *width_px_out,
                            uint32_t *height_px_out, uint64_t *peak_bytes_out, struct tess_error *error);
enum tess_status smart_crop(const struct picture *rgb, uint32_t width_px, uint32_t height_px,
                            enum tess_gravity gravity, uint32_t *x_px_out, uint32_t *y_px_out,
                            struct tess_error *error);
enum tess_status text_mask(const struct vips_text_request *request, struct picture *mask_out,
                           struct tess_error *error);
enum tess_status save_rows(const struct vips_save_request *request, struct tess_error *error);

/* The image computed, in memory. NULL when that fails, as it does when `stop` (NULL: never) says so. */
VipsImage *stop_or_compute(VipsImage *image, const struct stop *stop);

/* The corner that smartcrop picks for a window of the given size; `in` is in memory. */
int smart_corner(VipsImage *in, int width_px, int height_px, enum tess_gravity gravity, int *x_px_out,
                 int *y_px_out);

#endif
