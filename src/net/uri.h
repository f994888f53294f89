// SPDX-License-Identifier: MIT
/*
 * Percent-encoding as RFC 3986 and AWS define it: everything but A-Z a-z 0-9 - . _ ~ becomes %XX in upper
 * case. '+' is a plus sign, never a space. Pure.
 */
#ifndef NET_URI_H
#define NET_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include <tessera/status.h>

/* Appends the encoding of `size` bytes; '/' stays as it is with keep_slash. TESS_ERR_LIMIT or
 * TESS_ERR_MEMORY. */
enum tess_status uri_encode(struct bytes *out, const char *text, size_t size, bool keep_slash);

/* Appends the decoded bytes. TESS_ERR_INVALID when a '%' is not followed by two hex digits. */
enum tess_status uri_decode(struct bytes *out, const char *text, size_t size);

#endif
