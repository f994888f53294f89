// SPDX-License-Identifier: MIT
/*
 * libvips, loaded only when an input or output needs it.
 *
 * libvips brings over a hundred shared libraries and tens of milliseconds of start-up. So the code that calls
 * it is a module of its own (tessera-vips.so: vips_*.c), opened with dlopen() on first use; a job of plain
 * JPEGs never pays. The module exports one symbol, the table below, and nothing in this header knows a
 * libvips type.
 *
 * All functions are thread-safe and block. They take limits as data, block libvips' untrusted loaders, and
 * turn libvips' global error text into the caller's struct tess_error.
 */
#ifndef IMAGE_VIPS_MODULE_H
#define IMAGE_VIPS_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include "image/colour.h"
#include "image/fit.h"
#include "image/picture.h"
#include <tessera/options.h>
#include <tessera/status.h>

struct vips_load_request {
    const uint8_t *bytes; /* borrowed */
    size_t size_bytes;
    struct fit_request fit;           /* gravity ATTENTION and ENTROPY are honoured here */
    uint64_t max_pixels;              /* limit "max-pixels", by the header, before any pixel is decoded */
    struct tess_colour background;    /* flattens transparency; fills around contain */
    struct colour_profiles *profiles; /* remembers embedded profiles; not NULL */
    const struct stop *stop;          /* NULL: none. What it ends has failed, with any status */
};

struct vips_text_request {
    const char *text;             /* UTF-8; never interpreted as markup */
    uint32_t width_px, height_px; /* the box; longer text is ellipsised to one line, centred */
    bool shrink;                  /* but made smaller first, as far as it can be read */
};

/* Pulls and pushes of vips_ops.save(): both return false to abort (their owner knows why). */
struct vips_save_request {
    enum tess_format format; /* PNG, WEBP, AVIF or TIFF */
    uint8_t quality;
    uint32_t width_px, height_px;
    void *context;
    /* Writes the next row_count rows (row_count × 3·width bytes, packed sRGB) to `rows`. Called in order, top
     * to bottom, once per row. */
    bool (*read_rows)(void *context, uint8_t *rows, uint32_t row_count);
    bool (*write)(void *context, const void *data, size_t size);
};

struct vips_ops {
    /*
     * Decodes, turns upright, converts to sRGB, crops, scales and flattens one image of any kind that is
     * allowed (PNG, WebP, GIF, TIFF, HEIF/AVIF, JPEG) into *rgb_out: PICTURE_RGB, exactly cell_width ×
     * cell_height. First page or frame. The caller clears it. TESS_ERR_NOT_IMAGE, _CORRUPT, _LIMIT,
     * _UNSUPPORTED, _MEMORY.
     */
    enum tess_status (*load_cell)(const struct vips_load_request *request, struct picture *rgb_out,
                                  struct tess_error *error);

    /* What load_cell() would read: upright width and height by the header alone, and an estimate of the bytes
     * it will hold at its peak. */
    enum tess_status (*probe)(const uint8_t *bytes, size_t size_bytes, uint32_t *width_px_out,
                              uint32_t *height_px_out, uint64_t *peak_bytes_out, struct tess_error *error);

    /* The corner of the width × height window of `rgb` (PICTURE_RGB) that smartcrop picks. */
    enum tess_status (*smart_crop)(const struct picture *rgb, uint32_t width_px, uint32_t height_px,
                                   enum tess_gravity gravity, uint32_t *x_px_out, uint32_t *y_px_out,
                                   struct tess_error *error);

    /* One line of text as coverage: PICTURE_GREY of exactly the box, 0 clear to 255 full. The caller clears
     * it. */
    enum tess_status (*text)(const struct vips_text_request *request, struct picture *mask_out,
                             struct tess_error *error);

    /* Encodes a picture from rows that it pulls. PNG and TIFF stream; WebP and AVIF hold the whole picture.
     * No metadata is written. Once those two have all rows, libvips 8.14 cannot be stopped. */
    enum tess_status (*save)(const struct vips_save_request *request, struct tess_error *error);
};

/* Address space and descriptors that loading libvips takes. Where there is less of them it is not tried: it
 * would come up without some of its formats, or end the process. */
enum { VIPS_MODULE_BYTES = 320 << 20, VIPS_MODULE_DESCRIPTORS = 4 };

/*
 * The module's table, loading and initialising libvips on the first call (other threads wait). NULL with an
 * error, TESS_ERR_IO or TESS_ERR_MEMORY, when it cannot be loaded. The module stays loaded until the process
 * ends.
 */
const struct vips_ops *vips_module(struct tess_error *error);

/* The same in the form of other calls. */
enum tess_status vips_module_get(const struct vips_ops **ops_out, struct tess_error *error);

/* Begins loading on a thread of its own and returns at once: for callers who know that the module will be
 * needed. */
void vips_module_prefetch(void);

#endif
