// SPDX-License-Identifier: MIT
/* How many pixels GIF's LZW codes make, without making them. */
#ifndef IMAGE_GIF_LZW_H
#define IMAGE_GIF_LZW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether the codes in `blocks` (each a length and that many bytes; the last may be cut, and the terminator
 * missing) make at least `pixels` pixels. `literal_bits` is the image data's first byte, 2 to 8. False for
 * codes that cannot be. Source: GIF89a, appendix F.
 */
bool gif_lzw_fills(const uint8_t *blocks, size_t size_bytes, unsigned literal_bits, uint64_t pixels);

#endif
