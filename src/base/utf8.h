// SPDX-License-Identifier: MIT
/* Is it UTF-8? As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_valid(const char *text, size_t size);

/* The same, and without control characters (U+0000–U+001F, U+007F, U+0080–U+009F). */
bool utf8_printable(const char *text, size_t size);

#endif
