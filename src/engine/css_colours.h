// SPDX-License-Identifier: MIT
/* The 148 colour names of CSS. */
#ifndef ENGINE_CSS_COLOURS_H
#define ENGINE_CSS_COLOURS_H

#include <stdbool.h>

#include <tessera/options.h>

/* Finds a name, upper or lower case. False, and *colour_out as it was, when CSS knows no such colour. */
bool css_colour_find(const char *name, struct tess_colour *colour_out);

#endif
