// SPDX-License-Identifier: MIT
/*
 * What kind of image some bytes are, by their first bytes alone: never by a name, never by a guess.
 *
 * The kinds that tessera reads come first; the others are known only so that a refusal can say what the file
 * is. The store asks before it accepts an upload; the decoder asks to choose its reader, so that a library's
 * own guessing (and with it its rarely used readers) never sees hostile bytes.
 */
#ifndef IMAGE_SNIFF_H
#define IMAGE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_kind {
    IMAGE_UNKNOWN,
    /* read */
    IMAGE_JPEG,
    IMAGE_PNG,
    IMAGE_WEBP,
    IMAGE_GIF,
    IMAGE_TIFF,
    IMAGE_HEIF,
    IMAGE_AVIF,
    /* recognised and refused */
    IMAGE_SVG,
    IMAGE_PDF,
    IMAGE_POSTSCRIPT,
    IMAGE_BMP,
    IMAGE_ICO,
    IMAGE_JXL,
    IMAGE_JP2,
    IMAGE_PSD,
    IMAGE_PNM,
    IMAGE_EXR,
    IMAGE_HDR,
    IMAGE_RAW,  /* a camera's raw file that a TIFF reader would misread (CR2) or cannot read (CR3) */
    IMAGE_VIDEO /* MP4 and its relatives */
};

enum {
    IMAGE_KIND_COUNT = IMAGE_VIDEO + 1,
    SNIFF_BYTES = 1024 /* no more than the first so many are looked at */
};

enum image_kind sniff_kind(const uint8_t *bytes, size_t size_bytes);

/* True for the kinds that tessera reads. */
bool sniff_is_read(enum image_kind kind);

/* "JPEG", "Photoshop"; extension without the dot ("jpg"); media type ("image/jpeg"). Static storage, never
 * NULL; IMAGE_UNKNOWN is "unknown", "bin" and "application/octet-stream". */
const char *sniff_name(enum image_kind kind);
const char *sniff_extension(enum image_kind kind);
const char *sniff_media_type(enum image_kind kind);

/* The kind that tessera reads and that has this extension ("jpg", without the dot) or media type
 * ("image/jpeg"), in any case of letters; IMAGE_UNKNOWN: none. */
enum image_kind sniff_kind_of_extension(const char *extension);
enum image_kind sniff_kind_of_media_type(const char *media_type);

#endif
