// SPDX-License-Identifier: MIT
/* The one thing that tessera wants from EXIF: which way up the picture is. */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/*
 * The orientation (1..8) in a TIFF structure: what follows "Exif\0\0" in a JPEG's APP1 (those six bytes may
 * be there too, as some programs write them into WebP), a PNG's eXIf chunk, or a TIFF file itself, BigTIFF
 * included. Written as a BYTE, SHORT or LONG; only the first directory counts. Anything missing, out of range
 * or malformed is 1: a picture is never refused for its EXIF. Source: TIFF 6.0, section 2; EXIF 2.3, tag
 * 0x0112; the BigTIFF proposal.
 */
uint8_t exif_orientation(const uint8_t *bytes, size_t size_bytes);

#endif
