// SPDX-License-Identifier: MIT
/*
 * Images from https:// addresses that somebody else may have chosen: which hosts and addresses are asked is
 * decided here and in the connection itself, so that a request cannot be led to services of our own network
 * (SSRF).
 *
 * Host names are compared after libcurl's own parser has read the address, so that what is checked is what is
 * asked.
 */
#ifndef NET_WEB_H
#define NET_WEB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/stop.h"
#include "net/http.h"

struct web_options {
    const char *allowed_hosts; /* "images.example.com,*.example.org"; NULL: all */
    bool private_addresses;
    uint32_t connect_timeout_ms, stall_timeout_ms; /* 0: as net/http.h */
};

/* Whether a host (lower case) is on the list; "*.b.example" is all below b.example, not itself. Pure. */
bool web_host_allowed(const char *allowed_hosts, const char *host);

/* Whether a text begins like an address for web_get(), in any case of letters: "https://". Pure. */
bool web_is_address(const char *text);

struct web;

/* Takes over `http`, also on failure; copies the options. TESS_ERR_INVALID (the list of hosts),
 * TESS_ERR_MEMORY. */
enum tess_status web_create(const struct web_options *options, struct http *http, struct web **web_out,
                            struct tess_error *error);
void web_destroy(struct web *web); /* NULL is fine; no web_get() may be running */

enum { WEB_MAX_REDIRECTS = 5, WEB_ATTEMPTS = 3 };

/*
 * The body of a 200 answer into `out` (initialised here; empty on failure). Redirects are followed, each
 * looked at like the first address; attempts that failed in passing are repeated with pauses (net/retry.h).
 * TESS_ERR_LIMIT "max-bytes": *size_out is then what it takes, or 0 where that is not known. TESS_ERR_DENIED:
 * not allowed by the options, or 401/403; TESS_ERR_NOT_FOUND: 404/410; TESS_ERR_INVALID: no https address,
 * other 4xx; TESS_ERR_IO, TESS_ERR_TIMEOUT. Messages name the host, never the query. Thread-safe.
 */
enum tess_status web_get(struct web *web, const char *address, uint64_t max_bytes, const struct stop *stop,
                         struct bytes *out, uint64_t *size_out, struct tess_error *error);

#endif
