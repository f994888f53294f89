// SPDX-License-Identifier: MIT
/* Conditional requests: If-Match and its kin, in the order of RFC 9110, section 13.2.2. Pure. */
#ifndef FRONT_SERVE_CONDITION_H
#define FRONT_SERVE_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

/* The headers of a GET or HEAD; NULL: did not come. */
struct serve_conditions {
    const char *match, *none_match; /* lists of entity tags, or "*" */
    const char *modified_since, *unmodified_since;
};

/* What is there now. */
struct serve_state {
    const char *etag;   /* without quotes; a strong one */
    int64_t modified_s; /* Unix time; negative: not known, and dates are not compared */
};

enum serve_verdict {
    SERVE_VERDICT_GO,      /* answer as if there were no conditions */
    SERVE_VERDICT_KNOWN,   /* 304: the client has it */
    SERVE_VERDICT_ELSEWISE /* 412: it is not what the client believes it to be */
};

enum serve_verdict serve_conditions_check(const struct serve_conditions *conditions,
                                          const struct serve_state *state);

/* If-Range: is a part of what is there one of what the client has? A tag is compared strongly, and a date
 * must be the very same. `header` may be NULL: then yes. */
bool serve_if_range(const char *header, const struct serve_state *state);

#endif
