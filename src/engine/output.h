// SPDX-License-Identifier: MIT
/* Where a picture goes: the names of its pages. What may not be written over is <tessera/engine.h>'s
 * tess_output_check(). */
#ifndef ENGINE_OUTPUT_H
#define ENGINE_OUTPUT_H

#include <stdint.h>

/* "grid.jpg" → "grid-3.jpg"; "page%d.jpg" → "page3.jpg". `page` from 0. The caller frees. NULL: no memory. */
char *output_page_name(const char *output, uint32_t page, uint32_t pages);

#endif
