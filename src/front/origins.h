// SPDX-License-Identifier: MIT
/*
 * Whose pages may call: --cors-origin, taken apart once, and what each answer then says to the browser that
 * asked (Fetch, section 3.3: one origin or "*", never a list).
 */
#ifndef FRONT_ORIGINS_H
#define FRONT_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

struct origins {
    bool any;     /* "*" */
    char **items; /* "https://a.example", "a.example:8443" (under http and https), lower case */
    size_t count; /* none, and not any: no page of others may call */
};

/*
 * "*", "none", or origins and bare hosts with commas between: "https://a.example, b.example:8443". A slash at
 * the end and a port that goes without saying are dropped. TESS_ERR_INVALID, with words that begin with the
 * option's name; then there is nothing to clear. Pure.
 */
enum tess_status origins_read(const char *list, struct origins *origins_out, struct tess_error *error);
void origins_clear(struct origins *origins);

/* May pages of this origin (an Origin header's value) call? Pure. */
bool origins_allow(const struct origins *origins, const char *origin);

/*
 * What Access-Control-Allow-Origin says to a page of `origin` (NULL: no such header came): "*", the page's
 * own origin, or the only one there is; NULL: no such header. Borrowed from the arguments. Pure.
 */
const char *origins_answer(const struct origins *origins, const char *origin);

/* Does the answer depend on who asks (Vary: Origin)? Pure. */
bool origins_vary(const struct origins *origins);

/*
 * The size of the authority that `text` begins with, a host with an optional port: "a.example:8443", "[::1]";
 * 0: none. Host names are ASCII, as browsers send them. Pure.
 */
size_t authority_size(const char *text);

/* Of an authority of `size` bytes, those before the port. Pure. */
size_t authority_name_size(const char *text, size_t size);

#endif
