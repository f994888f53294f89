// SPDX-License-Identifier: MIT
/*
 * Our own reader for the common kind of JPEG, read small: baseline, 8 bits, grey or three components with
 * sampling factors of 1 and 2 in one scan, at 1/8, 1/4 or 1/2. It declines everything else, also files whose
 * markers are not quite as they should be; libjpeg-turbo takes those.
 *
 * Reading happens in two steps, window by window: find where the blocks begin (jpeg_fast_scan.c, by far the
 * larger part of the time), then read and transform the coefficients that are needed (jpeg_fast_paint.c).
 *
 * Milliseconds a photo (median of each of eight of 4000 × 2250 and 3.6 MB on average, their middle 2250 ×
 * 2250, one thread), million instructions (mean of one 4:2:2 and one 4:2:0), and the same for libjpeg-turbo's
 * raw output:
 *
 *             this             libjpeg-turbo
 *   1/8       7.7 ms   67 M    25.9 ms   210 M
 *   1/4      10.4 ms   96 M    29.7 ms   333 M
 *   1/2      15.9 ms  136 M    31.9 ms   354 M
 *
 * Full size is left to libjpeg-turbo. Below some 10 KB, building the tables (0.1 ms) makes this the slower
 * one.
 */
#ifndef IMAGE_JPEG_FAST_H
#define IMAGE_JPEG_FAST_H

#include "image/jpeg_reader.h"

extern const struct jpeg_reader jpeg_fast_reader;

/*
 * For a reader that notices less: TESS_ERR_CORRUPT where this one would find the region damaged, whatever the
 * request's scale; TESS_OK also for files that it declines. TESS_ERR_MEMORY.
 */
enum tess_status jpeg_fast_check(const struct jpeg_request *request, struct tess_error *error);

/* The most that jpeg_fast_check() allocates. */
uint64_t jpeg_fast_check_peak_bytes(const struct jpeg_request *request);

#endif
