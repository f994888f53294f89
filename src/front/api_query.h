// SPDX-License-Identifier: MIT
/*
 * Query strings (application/x-www-form-urlencoded: "a=1&b=x%20y+z"), taken apart strictly: a bad percent
 * escape, a NUL, text that is no UTF-8 or a name that comes twice is an error with words, never a guess.
 */
#ifndef FRONT_API_QUERY_H
#define FRONT_API_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

enum { API_QUERY_MAX_PARAMETERS = 64, API_QUERY_MAX_BYTES = 16 * 1024 };

struct api_query {
    size_t count;
    struct {
        char *name, *value; /* decoded; a parameter without '=' has the value "" */
    } parameters[API_QUERY_MAX_PARAMETERS];
};

/* `text` may be NULL. TESS_ERR_INVALID, TESS_ERR_LIMIT ("query-bytes", "query-parameters"). The caller clears
 * it, also after a failure. Pure. */
enum tess_status api_query_read(struct api_query *query, const char *text, struct tess_error *error);
void api_query_clear(struct api_query *query);

/* Its value; NULL: not there. */
const char *api_query_get(const struct api_query *query, const char *name);

/* Percent-decodes `size` bytes ('+' is a blank when asked). NULL when it is no text: bad escape, NUL, not
 * UTF-8. For free(). Pure. */
char *api_decode(const char *text, size_t size, bool plus_is_blank);

/* Percent-encodes all but RFC 3986's unreserved characters and those in `kept`. For free(). Pure. */
char *api_encode(const char *text, const char *kept);

/* Appends name=value, encoded, to a query under construction (for free()); `query` may be NULL. */
char *api_query_append(char *query, const char *name, const char *value);

#endif
