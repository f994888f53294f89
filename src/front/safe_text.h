// SPDX-License-Identifier: MIT
/*
 * Text from outside (file names, grid ids, messages that quote them) made safe to show.
 *
 * A terminal obeys what is written to it: a file called "\e]0;..." could retitle the window or worse. What
 * goes to a terminal therefore passes text_for_terminal(); what goes into JSON passes text_for_json().
 */
#ifndef FRONT_SAFE_TEXT_H
#define FRONT_SAFE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The UTF-8 character at `text`, which ends at text + size: its length in bytes and code point, or 0 when the
 * bytes are not well-formed UTF-8 (overlong, surrogate, beyond U+10FFFF, cut).
 */
size_t utf8_decode(const char *text, size_t size, uint32_t *point_out);

/* A copy, of one line, with control characters (also C1), bidirectional overrides and broken UTF-8 as \xNN.
 */
char *text_for_terminal(const char *text);

/* A copy with each byte of broken UTF-8 replaced by U+FFFD. */
char *text_for_json(const char *text);

/*
 * Printed JSON with DEL, C1 controls and bidirectional overrides as \u escapes: the same JSON, harmless to a
 * terminal. (C0 controls never appear raw in JSON.)
 */
char *json_for_terminal(const char *json);

#endif
