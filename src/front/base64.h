// SPDX-License-Identifier: MIT
/* Base64 (RFC 4648, section 4), taken apart strictly: the standard alphabet, padded, in one piece. */
#ifndef FRONT_BASE64_H
#define FRONT_BASE64_H

#include <stddef.h>

/*
 * The decoded bytes, for free(), with a NUL behind them that *size_out does not count. NULL when the text is
 * no base64: another character (white space too), a length that is no multiple of 4, padding anywhere but at
 * the end, bits that are set behind the last byte. Pure.
 */
char *base64_decode(const char *text, size_t size, size_t *size_out);

#endif
