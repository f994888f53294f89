// SPDX-License-Identifier: MIT
/*
 * The names that the service goes by: where it listens, this machine's own, those of --public-url and
 * --allow-host-header. A browser says in Host which name it believes to be talking to. A name that a stranger
 * has pointed at this machine (DNS rebinding) is none of these. An address cannot be pointed anywhere, so a
 * service that listens on all addresses goes by any.
 */
#ifndef FRONT_SERVE_HOSTS_H
#define FRONT_SERVE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

struct hosts {
    char **names; /* as in a Host header: "grids.example.com", "127.0.0.1:8080" */
    size_t count;
    size_t first_told;  /* from here on those that the settings name as ours */
    bool all_addresses; /* it listens on */
};

/*
 * `listen` is the address that was asked for ("myhost:8080"), `url` where that leads
 * ("http://127.0.0.1:8080"); `public_url` and `allowed` ("a.example,b.example:81") may be NULL.
 * TESS_ERR_INVALID, with words, for a name that is none; then there is nothing to clear. Pure.
 */
enum tess_status hosts_read(const char *listen, const char *url, const char *public_url, const char *allowed,
                            struct hosts *hosts_out, struct tess_error *error);
void hosts_clear(struct hosts *hosts);

/* Is it one of the names, whatever the port: a proxy or a container may have another? Pure. */
bool hosts_know(const struct hosts *hosts, const char *host);

/*
 * Does a page of this origin ("https://grids.example.com") come from this service? From the very host that
 * was asked (NULL: not told), or from one that the settings name; ports count. Pure.
 */
bool hosts_own_page(const struct hosts *hosts, const char *host, const char *origin);

#endif
