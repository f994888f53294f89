// SPDX-License-Identifier: MIT
/*
 * Is it UTF-8? As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 * And text from outside as one line of it, for messages.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_valid(const char *text, size_t size);

/* The same, and without control characters (U+0000–U+001F, U+007F, U+0080–U+009F). */
bool utf8_printable(const char *text, size_t size);

/*
 * The longest beginning of `text` that has at most `most` bytes and does not end within a character (as far
 * as it is UTF-8): its length in bytes.
 */
size_t utf8_prefix(const char *text, size_t size, size_t most);

/*
 * Writes `text` into out[room], room > 64, as one terminated line of valid UTF-8. Control characters, line
 * and paragraph separators, marks that turn the reading direction around and bytes that are no UTF-8 become
 * \xNN. A character that was begun and not ended, as "%.9s" leaves one, becomes "…". Of what is too long "…"
 * replaces the middle, so that a long path leaves the reason behind it readable. `text` may not overlap
 * `out`. Returns the length.
 */
size_t utf8_line(const char *text, char *out, size_t room);

#endif
