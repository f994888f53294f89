// SPDX-License-Identifier: MIT
/*
 * Container lengths, before a library believes them: a file of 57 bytes may claim a chunk of 2 GB, and a
 * small TIFF may name the same bytes four thousand times. Only what claims more than there is *and* makes a
 * library allocate or loop by it is refused. What a decoder finds out by itself at no cost (a picture that is
 * cut short) is left to it, and what lies behind the picture does not matter: whatever other programs show is
 * let pass.
 *
 *   PNG    chunks before the pixels lie within the file
 *   WebP   chunks before the pixels lie within the file
 *   TIFF   directories, in chains and overlapping, cost a bounded number of steps and bytes
 *   HEIF   boxes lie within the box around them (AVIF likewise); an item is no larger than the file, a
 *          picture that is derived from others no larger than its size box says
 *   GIF    has no length beyond a byte's; gif_frames.h looks whether it is whole
 *   JPEG   has none beyond two bytes'
 *
 * Pure functions of the bytes, without allocations; linear in the file's size.
 */
#ifndef IMAGE_LENGTHS_H
#define IMAGE_LENGTHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

#include "image/sniff.h"

/* TESS_OK, or TESS_ERR_CORRUPT with what claims too much, and where. */
enum tess_status lengths_check(enum image_kind kind, const uint8_t *bytes, size_t size_bytes,
                               struct tess_error *error);

/*
 * Whether an ICC profile's tables are as long as they claim: a profile of 1 KB with a table of 255 × 255 ×
 * 255 makes a colour library allocate and fill 100 MB before it gives up. One that is not can only be
 * ignored.
 */
bool lengths_icc_fit(const uint8_t *profile, size_t size_bytes);

/* The formats' own checks; for lengths_check(). */
enum tess_status lengths_png(const uint8_t *bytes, size_t size_bytes, struct tess_error *error);
enum tess_status lengths_webp(const uint8_t *bytes, size_t size_bytes, struct tess_error *error);
enum tess_status lengths_tiff(const uint8_t *bytes, size_t size_bytes, struct tess_error *error);
enum tess_status lengths_heif(const uint8_t *bytes, size_t size_bytes, struct tess_error *error);

/* "<format>: the <part> <name> at byte <at> claims <claimed> bytes, and <left> are left"; TESS_ERR_CORRUPT.
 */
struct lengths_claim {
    const char *format, *part;
    const uint8_t *name; /* four bytes of the file, shown if they are letters */
    size_t at;
    uint64_t claimed, left;
};
enum tess_status lengths_refuse(const struct lengths_claim *claim, struct tess_error *error);

#endif
