// SPDX-License-Identifier: MIT
/* The one thing that tessera wants from EXIF: which way up the picture is. */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/*
 * The orientation (1..8) in the TIFF structure `tiff` (what follows "Exif\0\0" in a JPEG's APP1). Anything
 * missing, out of range or malformed is 1: a picture is never refused for its EXIF. Source: TIFF 6.0, section
 * 2; EXIF 2.3, tag 0x0112.
 */
uint8_t exif_orientation(const uint8_t *tiff, size_t size_bytes);

#endif
