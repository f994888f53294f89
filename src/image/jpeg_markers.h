// SPDX-License-Identifier: MIT
/*
 * A walk over a JPEG's marker segments, without decoding: finds EXIF and ICC pieces and counts scans.
 *
 * libjpeg could save markers for us, but it copies them all, and it cannot say how many scans a file has
 * before it has spent the time on them. The walk copies nothing but the profile and runs at memchr's speed.
 */
#ifndef IMAGE_JPEG_MARKERS_H
#define IMAGE_JPEG_MARKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

/* The largest press profiles are below 3 MiB; the format would allow 16, in every file and outside the memory
 * budget. */
enum { JPEG_ICC_MAX_BYTES = 4 << 20 };

struct jpeg_markers {
    uint8_t sof; /* the frame's marker code (0xC0 baseline, 0xC2 progressive, …); 0 when none was found */
    uint8_t precision; /* bits a sample */
    uint8_t component_count;
    uint32_t width_px, height_px;
    size_t
        mislabelled_at;  /* the code of a frame that says sequential, and whose scans are progressive; or 0 */
    bool multiple_scans; /* progressive, or not all components in the first scan */
    uint32_t scan_count; /* counted no further than max_scans + 1, and only where there are multiple_scans */
    uint8_t orientation; /* EXIF, 1..8 */
    uint8_t *icc;        /* owned by the caller after; NULL when missing or not whole */
    size_t icc_size_bytes;
};

/*
 * Walks the markers. TESS_ERR_NOT_IMAGE without an SOI, TESS_ERR_CORRUPT when no scan was found,
 * TESS_ERR_MEMORY. On failure nothing is owned.
 */
enum tess_status jpeg_markers_walk(const uint8_t *bytes, size_t size_bytes, uint32_t max_scans,
                                   struct jpeg_markers *markers_out, struct tess_error *error);

#endif
