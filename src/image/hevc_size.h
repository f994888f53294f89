// SPDX-License-Identifier: MIT
/*
 * How large the pictures of an HEVC bitstream are, by its sequence parameter sets alone: libde265 allocates
 * by them and has no bound of its own that would help.
 */
#ifndef IMAGE_HEVC_SIZE_H
#define IMAGE_HEVC_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a NAL unit (its two header bytes first) is of the base layer, which is the picture; the others (of
 * depth, of alpha, of a second eye) are for who knows their extensions. */
bool hevc_is_base_layer(const uint8_t *unit, size_t size_bytes);

/* Whether a NAL unit (its two header bytes first) is a sequence parameter set. */
bool hevc_is_sps(const uint8_t *unit, size_t size_bytes);

/* The sides of the coded picture by such a unit. False when it is damaged or cut short before it says them.
 * ITU-T H.265, 7.3.2.2.1 and 7.3.3. */
bool hevc_sps_size(const uint8_t *unit, size_t size_bytes, uint32_t *width_px_out, uint32_t *height_px_out);

#endif
