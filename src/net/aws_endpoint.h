// SPDX-License-Identifier: MIT
/* What is allowed in the URL of a configured endpoint, and in a region's name, since both decide whom we talk
 * to. */
#ifndef NET_AWS_ENDPOINT_H
#define NET_AWS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

/* A URL in its parts; all borrowed from it. */
struct aws_url {
    bool secure;           /* https */
    const char *authority; /* "localhost:9000", "[::1]:80" */
    size_t authority_size;
    const char *host; /* "localhost", "::1" */
    size_t host_size;
    const char *path; /* "/prefix", or "" */
};

/*
 * http:// or https://, a host name or address, perhaps a port and a path; nothing else (no user, query or
 * fragment), at most 400 bytes, so that a bucket's name fits before it. `from` names the setting in the
 * message; the URL itself is shown only as far as it is harmless. TESS_ERR_INVALID. `parts_out` may be NULL.
 * Pure.
 */
enum tess_status aws_url_check(const char *url, const char *from, struct aws_url *parts_out,
                               struct tess_error *error);

/* A region: 1 to 63 letters, digits, '-' and '_'. TESS_ERR_INVALID. Pure. */
enum tess_status aws_region_check(const char *region, const char *from, struct tess_error *error);

/* The region that STS requests are signed for: the settings' own, or us-east-1, where the global endpoint is.
 * Pure. */
struct aws_settings;
const char *aws_sts_region(const struct aws_settings *settings);

#endif
