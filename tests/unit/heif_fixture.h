// SPDX-License-Identifier: MIT
/* HEIC and AVIF files as libvips does not write them, made with libheif's encoders; losslessly coded AVIF is
 * exact where nothing else is said. */
#ifndef TESTS_HEIF_FIXTURE_H
#define TESTS_HEIF_FIXTURE_H

#include <libheif/heif.h>

#include "vips_fixture.h"

struct heif_recipe {
    enum heif_compression_format format; /* heif_compression_AV1 or _HEVC */
    int bands;                           /* 1 grey, 3 RGB, 4 RGBA */
    int width_px, height_px;
    const uint8_t *rows;   /* packed; grey of limited range is 16 to 235 */
    bool is_limited_range; /* grey only: what the boxes and the bitstream say of it */
    bool is_premultiplied; /* what the file says of its alpha */
    const void *icc;       /* NULL: none */
    size_t icc_size;
    int orientation;    /* 0 or 1: none; as irot and imir */
    int rotation_place; /* among the properties: 0 as libheif puts it, 1 first (before the size), 2 last */
    const void *units;  /* in front of the coded ones, in heif_make_grid() only; NULL: none */
    size_t units_size;
    uint8_t exif_orientation;            /* 0: no EXIF */
    const struct heif_recipe *thumbnail; /* NULL: none; it may be of anything */
};

struct blob heif_make(const struct heif_recipe *recipe);

/* A grid of columns × rows times the same tile, whose size box and table say so; without alpha and EXIF. */
struct blob heif_make_grid(const struct heif_recipe *tile, int columns, int rows);

/* The first size box ("ispe") of these sides says others instead. */
void heif_lie_about_size(struct blob *blob, uint32_t width_px, uint32_t height_px, uint32_t said_width_px,
                         uint32_t said_height_px);

#endif
