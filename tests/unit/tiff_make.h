// SPDX-License-Identifier: MIT
/* TIFF files of every form that libtiff writes, and what their pixels mean. */
#ifndef TESTS_TIFF_MAKE_H
#define TESTS_TIFF_MAKE_H

#include <tiffio.h>

#include "vips_fixture.h"

enum { TIFF_WIDTH_PX = 60, TIFF_HEIGHT_PX = 44 };

struct tiff_recipe {
    uint16_t sample_format; /* SAMPLEFORMAT_… */
    uint16_t bits;
    uint16_t photometric; /* PHOTOMETRIC_… */
    uint16_t planar;      /* PLANARCONFIG_… */
    uint16_t compression; /* COMPRESSION_… */
    uint16_t predictor;   /* PREDICTOR_… */
    uint16_t extra;       /* EXTRASAMPLE_…, or NO_EXTRA */
    uint16_t subsampling; /* YCbCr: 1 or 2, both ways */
    bool tiled;
    double low, high; /* float: what stands for black and white */
    bool say_range;   /* in SMinSampleValue and SMaxSampleValue */
};

enum { NO_EXTRA = 0xFFFF };

/* The samples of a pixel without alpha. */
int tiff_colour_count(const struct tiff_recipe *recipe);

/* The picture's sample, 0 to 1, and its alpha; smooth, every channel its own way. */
double tiff_value(int x, int y, int channel);

/* The file; its data is NULL where libtiff does not write this form. */
struct blob tiff_make(const struct tiff_recipe *recipe);

/* One line for messages. */
void tiff_describe(const struct tiff_recipe *recipe, char *text, size_t size);

/* What libtiff's own reader makes of it, ABGR, top row first; false where it cannot read it. */
bool tiff_read_rgba(const struct blob *blob, uint32_t *raster);

#endif
