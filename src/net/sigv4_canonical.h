// SPDX-License-Identifier: MIT
/* The parts of a canonical request; shared by signing and verifying, used by nothing else. */
#ifndef NET_SIGV4_CANONICAL_H
#define NET_SIGV4_CANONICAL_H

#include "base/bytes.h"
#include "net/sigv4.h"

enum { SIGV4_MAX_BYTES = 256 * 1024 };

/* A query string taken apart: names and values percent-encoded in the canonical way. */
struct sigv4_query {
    struct bytes text; /* NUL-terminated names and values */
    struct sigv4_parameter {
        size_t name, value; /* offsets in text */
    } * parameters;
    size_t count, capacity;
};
void sigv4_query_init(struct sigv4_query *query);
void sigv4_query_clear(struct sigv4_query *query);

/* Takes a query string as sent (NULL is empty) apart. TESS_ERR_INVALID for a broken %XX. */
enum tess_status sigv4_query_parse(struct sigv4_query *query, const char *text);

/* Adds one parameter, given unencoded. */
enum tess_status sigv4_query_add(struct sigv4_query *query, const char *name, const char *value);

/*
 * Decodes the value of the one parameter `name` into `value_out` (capacity bytes with the NUL).
 * TESS_ERR_NOT_FOUND when it is missing; TESS_ERR_INVALID when it is there twice, too long or holds a NUL.
 */
enum tess_status sigv4_query_get(const struct sigv4_query *query, const char *name, char *value_out,
                                 size_t capacity);
void sigv4_query_remove(struct sigv4_query *query, const char *name);

/* Sorts, and appends "a=1&b=2". */
enum tess_status sigv4_query_write(struct sigv4_query *query, struct bytes *out);

/* Headers to be signed, borrowed; room for the three that signing adds. */
struct sigv4_headers {
    struct sigv4_header *items; /* owned array */
    size_t count;
};
enum tess_status sigv4_headers_init(struct sigv4_headers *headers, const struct sigv4_request *request);
void sigv4_headers_add(struct sigv4_headers *headers, const char *name, const char *value);
void sigv4_headers_clear(struct sigv4_headers *headers);

/* Sorts by name (repeated ones stay in their order) and appends "a;b" to names_out. */
enum tess_status sigv4_headers_write_names(struct sigv4_headers *headers, struct bytes *names_out);

/* The whole canonical request; the headers have been sorted by sigv4_headers_write_names(). */
enum tess_status sigv4_canonical_write(const struct sigv4_request *request, const struct sigv4_scope *scope,
                                       struct sigv4_query *query, const struct sigv4_headers *headers,
                                       const struct bytes *signed_names, struct bytes *out);

/* From result->canonical and result->date to result->string_to_sign and result->signature. */
enum tess_status sigv4_finish(const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                              struct sigv4_result *result);

/* Appends "20150830/us-east-1/s3/aws4_request". */
enum tess_status sigv4_scope_write(const struct sigv4_scope *scope, const char *date, struct bytes *out);

/* Unix time to "20150830T123600Z" and back. TESS_ERR_INVALID outside the years 1970 to 9999. */
enum tess_status sigv4_date_write(int64_t time_s, char date_out[17]);
enum tess_status sigv4_date_read(const char *date, int64_t *time_s_out);

/* Prepares an empty result. */
void sigv4_result_init(struct sigv4_result *result);

/* Words for a status of the functions above. */
enum tess_status sigv4_explain(enum tess_status status, struct tess_error *error);

#endif
