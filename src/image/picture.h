// SPDX-License-Identifier: MIT
/*
 * Pixels in memory: up to four 8-bit planes.
 *
 * Layouts and the size of their planes for a picture of w × h pixels (rows × bytes):
 *   PICTURE_GREY     1 plane,  h × w
 *   PICTURE_YCC420   3 planes, h × w, then twice ceil(h/2) × ceil(w/2); BT.601 full range, chroma centred
 * (JFIF) PICTURE_YCC444   3 planes, h × w PICTURE_RGB      1 plane,  h × 3w, interleaved sRGB PICTURE_RGBA 1
 * plane,  h × 4w, interleaved sRGB, alpha straight (not premultiplied) Strides may be larger than the row's
 * bytes.
 */
#ifndef IMAGE_PICTURE_H
#define IMAGE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

enum picture_layout { PICTURE_GREY, PICTURE_YCC420, PICTURE_YCC444, PICTURE_RGB, PICTURE_RGBA };

enum { PICTURE_MAX_PLANES = 4 };

struct plane {
    uint8_t *data;
    size_t stride_bytes;
    uint32_t width_px, height_px; /* of this plane, in its own samples */
};

struct picture {
    enum picture_layout layout;
    uint32_t width_px, height_px;
    uint32_t plane_count;
    struct plane planes[PICTURE_MAX_PLANES];
    uint8_t *memory; /* owned block behind all planes; NULL for a view */
};

/* Allocates planes for w × h pixels, content undefined. TESS_ERR_MEMORY. */
enum tess_status picture_init(struct picture *picture, enum picture_layout layout, uint32_t width_px,
                              uint32_t height_px, struct tess_error *error);
void picture_clear(struct picture *picture); /* safe on a zeroed struct */

/*
 * Copies `source` to (x, y) of `target`, of the same layout. For 4:2:0 x and y are even, and so are the
 * source's sides unless they end with the target's. It must fit.
 */
void picture_blit(const struct picture *source, struct picture *target, uint32_t x_px, uint32_t y_px);

/* A view (memory NULL) of the rectangle within `picture`; for 4:2:0 x and y are even. Valid as long as the
 * picture is. */
struct picture picture_view(const struct picture *picture, uint32_t x_px, uint32_t y_px, uint32_t width_px,
                            uint32_t height_px);

/* Bytes that picture_init() would allocate. */
uint64_t picture_bytes(enum picture_layout layout, uint32_t width_px, uint32_t height_px);

#endif
