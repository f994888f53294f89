// SPDX-License-Identifier: MIT
/*
 * What a TIFF is made of, and who reads that right.
 *
 * TIFF is a family: libvips reads its usual members and misreads others without a word (samples of 32 bits
 * come out as bands, YCbCr as RGB); libtiff has a reader of its own for most of those. Which is which was
 * found with files of every form (tests/unit/test_tiff.c); what neither reads is refused by its name.
 */
#ifndef IMAGE_TIFF_FORM_H
#define IMAGE_TIFF_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the first directory, with libtiff's values (COMPRESSION_…, PHOTOMETRIC_… and so on). */
struct tiff_form {
    uint16_t bits, sample_format, samples, photometric, planar, compression, ink_set;
    bool tiled;
    bool alpha;         /* the first sample after the colours is one */
    bool premultiplied; /* and the colours are multiplied by it */
    bool codec_missing; /* libtiff was built without this compression */
    bool libtiff_reads; /* its RGBA reader says so */
    bool has_range;     /* SMinSampleValue and SMaxSampleValue are there and make sense */
    double low, high;   /* then */
};

enum tiff_route {
    TIFF_USUAL,  /* by libvips, as they are */
    TIFF_SCALED, /* by libvips, whose values then are brought to 16 bits */
    TIFF_RGBA,   /* by libtiff's RGBA reader */
    TIFF_REFUSED
};

enum tiff_route tiff_route(const struct tiff_form *form);

/* Samples that are colour; 0 for colours that are not read. */
unsigned tiff_colours(const struct tiff_form *form);

/* What a refused one is: "12-bit samples". */
void tiff_name(const struct tiff_form *form, char *name, size_t size);

/* What floating-point samples hold, counted over a whole picture. */
struct tiff_census {
    uint64_t counted, negative, above_1, above_255,
        above_65535; /* infinite and undefined ones are not counted */
    double least, most;
};

/* The values that stand for black and white, where the file does not say and samples are floating-point. */
void tiff_float_range(const struct tiff_census *census, double *low_out, double *high_out);

#endif
