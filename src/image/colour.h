// SPDX-License-Identifier: MIT
/*
 * Colours: between the spaces that files use and the two that grids are built in (YCbCr planes, RGB).
 *
 * YCbCr is JFIF's: BT.601, full range (ITU-T T.871). CMYK without a profile is taken as device CMYK (red =
 * (1−C)(1−K)). Everything here works on pictures that already have a cell's size.
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include "image/picture.h"
#include <tessera/options.h>

/* One sRGB colour as Y, Cb, Cr. */
void colour_to_ycc(struct tess_colour colour, uint8_t ycc_out[3]);

/* PICTURE_YCC444 → PICTURE_RGB and back, same size; both exist already. */
void colour_ycc_to_rgb(const struct picture *ycc, struct picture *rgb);
void colour_rgb_to_ycc(const struct picture *rgb, struct picture *ycc);

/* PICTURE_YCC444 → PICTURE_YCC420 of the same size: chroma is averaged 2 × 2 (an odd last row or column
 * alone). */
void colour_halve_chroma(const struct picture *full, struct picture *halved);

/* Fills a whole picture (or view) of layout YCC420, YCC444 or RGB with one colour. */
void colour_fill(const struct picture *picture, struct tess_colour colour);

/*
 * The same picture in another layout: RGB ↔ YCC444, either → YCC420. `converted` is initialised here and the
 * caller's to clear. TESS_ERR_MEMORY.
 */
enum tess_status colour_convert(const struct picture *picture, enum picture_layout layout,
                                struct picture *converted, struct tess_error *error);

/*
 * Rows of packed CMYK (4 bytes a pixel, 0 means no ink) to RGB, without a profile.
 */
void colour_cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t pixels);

/* The pixels that a profile is asked to convert: of 8 or 16 bits a sample, CMYK with 0 for no ink. */
enum colour_kind { COLOUR_GREY, COLOUR_RGB, COLOUR_CMYK, COLOUR_GREY16, COLOUR_RGB16 };

/*
 * Converts with embedded profiles (lcms2), remembering the last few: a folder of photos mostly shares one.
 * Thread-safe. A profile is built by whoever asks for it first, without holding up those who ask for others.
 */
struct colour_profiles;
struct colour_profiles *colour_profiles_create(void); /* NULL: no memory */
void colour_profiles_destroy(struct colour_profiles *profiles);

/* A larger profile is passed over as a damaged one is: the largest of presses have about 4 MiB. */
enum { COLOUR_PROFILE_MAX_BYTES = 8 << 20 };

/* A profile in use; NULL stands for "is sRGB as it is". */
struct colour_transform;

/*
 * The transform to sRGB for a profile and the file's kind of colour. *transform_out is NULL when the profile
 * is missing, broken, too large, made for another kind of colour, or is sRGB itself (within 2 of 255
 * everywhere): then the pixels are taken as if there were none. To be released. TESS_ERR_MEMORY, and what
 * `stop` (NULL: never) says while another thread builds this profile.
 */
enum tess_status colour_profiles_acquire(struct colour_profiles *profiles, const uint8_t *icc,
                                         size_t icc_size_bytes, enum colour_kind kind,
                                         const struct stop *stop, struct colour_transform **transform_out,
                                         struct tess_error *error);
void colour_profiles_release(struct colour_profiles *profiles, struct colour_transform *transform);

/* Packed rows of the kind's pixels, samples of 16 bits in the machine's byte order, to packed 8-bit RGB.
 * `source` and `rgb` may not overlap. */
void colour_transform_apply(const struct colour_transform *transform, const void *source, uint8_t *rgb,
                            size_t pixels);

#endif
