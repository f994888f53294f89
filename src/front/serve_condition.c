// SPDX-License-Identifier: MIT
#include "front/serve_condition.h"

#include <stddef.h>
#include <string.h>

#include <tessera/link.h>

#include "front/serve_range.h"

/* A date that is none, or that nothing is known to compare with, is as if it had not come. */
static bool has_date(const char *header, const struct serve_state *state, int64_t *date_s_out)
{
    return header && state->modified_s >= 0 && tess_link_date(header, date_s_out);
}

enum serve_verdict serve_conditions_check(const struct serve_conditions *conditions,
                                          const struct serve_state *state)
{
    int64_t date_s = 0;
    const bool holds = conditions->match ? serve_etag_matches_strongly(conditions->match, state->etag)
                                         : !has_date(conditions->unmodified_since, state, &date_s) ||
                                               state->modified_s <= date_s;
    if (!holds)
        return SERVE_VERDICT_ELSEWISE;
    if (conditions->none_match)
        return serve_etag_matches(conditions->none_match, state->etag) ? SERVE_VERDICT_KNOWN
                                                                       : SERVE_VERDICT_GO;
    return has_date(conditions->modified_since, state, &date_s) && state->modified_s <= date_s
               ? SERVE_VERDICT_KNOWN
               : SERVE_VERDICT_GO;
}

bool serve_if_range(const char *header, const struct serve_state *state)
{
    int64_t date_s = 0;
    if (!header || serve_etag_is(header, state->etag))
        return true;
    return has_date(header, state, &date_s) && date_s == state->modified_s;
}
