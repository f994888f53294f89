// SPDX-License-Identifier: MIT
/* Addresses of web images as libcurl's parser reads them, so that what is checked is what it will connect to.
 */
#ifndef NET_WEB_ADDRESS_H
#define NET_WEB_ADDRESS_H

#include <tessera/status.h>

enum { WEB_ADDRESS_MAX_BYTES = 8192, WEB_HOST_MAX_BYTES = 256 };

struct web_address {
    char *url;                     /* owned; whole, without fragment */
    char host[WEB_HOST_MAX_BYTES]; /* in lower case, without a dot at the end; IPv6 in brackets */
};
void web_address_clear(struct web_address *address); /* safe on a zeroed struct */

/*
 * Reads `text`, which may be relative to `base` (NULL: it must be absolute). TESS_ERR_INVALID: malformed, too
 * long, with a user or password in it, or not https. TESS_ERR_UNSUPPORTED without libcurl, TESS_ERR_MEMORY.
 * On success *address_out is the caller's.
 */
enum tess_status web_address_read(const char *base, const char *text, struct web_address *address_out,
                                  struct tess_error *error);

#endif
