// SPDX-License-Identifier: MIT
/*
 * Our own reader for the common kind of JPEG, read small: baseline, 8 bits, grey or three components with
 * sampling factors of 1 and 2 in one scan, at 1/8, 1/4 or 1/2. It declines everything else, also files whose
 * markers are not quite as they should be; libjpeg-turbo takes those.
 *
 * Reading happens in two steps, window by window: find where the blocks begin (jpeg_fast_scan.c, by far the
 * larger part of the time), then read and transform the coefficients that are needed (jpeg_fast_paint.c).
 */
#ifndef IMAGE_JPEG_FAST_H
#define IMAGE_JPEG_FAST_H

#include "image/jpeg_reader.h"

extern const struct jpeg_reader jpeg_fast_reader;

#endif
