// SPDX-License-Identifier: MIT
/* Ranges and entity tags of headers (RFC 9110, sections 8.8.3, 13.1 and 14.2). Pure. */
#ifndef FRONT_SERVE_RANGE_H
#define FRONT_SERVE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum serve_range_kind {
    SERVE_RANGE_ALL,  /* none, several, or one that is not understood: the whole is a right answer to all */
    SERVE_RANGE_PART, /* answer 206 */
    SERVE_RANGE_NONE  /* outside: answer 416 */
};

struct serve_range {
    uint64_t first, size; /* bytes */
};

/* `header` may be NULL. "bytes=0-99", "bytes=100-", "bytes=-500" of `total` bytes. What is no part is all of
 * them in `range_out`; a part is never empty. */
enum serve_range_kind serve_range_read(const char *header, uint64_t total, struct serve_range *range_out);

/* If-None-Match: is `etag` (without quotes) in the list, or is that "*"? Weak ones compare as others do. */
bool serve_etag_matches(const char *header, const char *etag);

/* If-Match: the same, but a weak one is like none. */
bool serve_etag_matches_strongly(const char *header, const char *etag);

/* If-Range: is it this one `etag`, and not weak? */
bool serve_etag_is(const char *header, const char *etag);

#endif
