// SPDX-License-Identifier: MIT
/* JPEG files of every kind a photo may come in, through libjpeg-turbo. */
#ifndef SAMPLES_SAMPLE_JPEG_H
#define SAMPLES_SAMPLE_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sample_colour {
    SAMPLE_YCC,  /* from RGB: what cameras write */
    SAMPLE_RGB,  /* RGB stored as it is, with an Adobe marker that says so */
    SAMPLE_GREY, /* from one byte a pixel */
    SAMPLE_CMYK, /* from four bytes a pixel */
    SAMPLE_YCCK  /* the same, stored as YCCK */
};

struct sample_style {
    enum sample_colour colour;
    int quality;      /* 1..100 */
    int across, down; /* luma samples per chroma sample: 2, 2 is 4:2:0 */
    bool progressive;
    int restart_rows;   /* 0: none */
    int orientation;    /* EXIF 1..8; 0: no EXIF */
    bool no_adobe;      /* leave out the Adobe marker of CMYK */
    const uint8_t *icc; /* NULL: no profile */
    size_t icc_bytes;
};

/* Writes the file whole or not at all. False, with a line on stderr, on failure. */
bool sample_jpeg_write(const char *path, const struct sample_style *style, const uint8_t *pixels,
                       uint32_t width_px, uint32_t height_px);

/* Puts the bytes into a file of that name, whole or not at all. False, with a line on stderr, on failure. */
bool sample_file_write(const char *path, const void *bytes, size_t size_bytes);

#endif
