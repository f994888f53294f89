// SPDX-License-Identifier: MIT
/*
 * Who may call.
 *
 * With a token, who knows it: no browser sends that on its own.
 *
 * Without one, anybody who reaches the service, and that is every program and person of this machine, but
 * also every web page that one of them looks at. Pages say who they are (Origin, Sec-Fetch-Site; no script
 * can change these), and under which name they believe to talk to us (Host). Those of others are refused,
 * whatever they ask, unless --cors-origin names them. What is left to them:
 *
 *     links to stored objects, which are permissions themselves
 *     to lead a person to the page: a click on a link elsewhere
 */
#ifndef FRONT_SERVE_ACCESS_H
#define FRONT_SERVE_ACCESS_H

#include <stdbool.h>

struct exchange;

/* Headers by which a request says who sent it; NULL: did not come. */
struct access_claims {
    const char *authorization, *api_key;
    const char *origin, *fetch_site, *fetch_mode, *fetch_dest;
    unsigned origins; /* how many of these headers */
};

/* May it? Otherwise the exchange has its answer, 401 or 403. */
bool serve_check_access(struct exchange *exchange, const struct access_claims *claims);

#endif
