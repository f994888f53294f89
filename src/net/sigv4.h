// SPDX-License-Identifier: MIT
/*
 * AWS Signature Version 4: a pure function from (request, credentials, scope, time) to a signature.
 *
 * There are two forms. In the header form the signature travels in an Authorization header; in the query form
 * ("presigned") it travels in the query string, so that whoever holds the link can use it. Both are built
 * from the same three steps:
 *
 *     canonical request   method, path, sorted query, sorted headers, their names, hash of the body
 *     string to sign      algorithm, time, scope ("20150830/us-east-1/s3/aws4_request"), hash of the above
 *     signature           HMAC chain over date, region, service, "aws4_request", then the string to sign
 *
 * Services differ in how the path is made canonical. S3 takes the object's key percent-encoded once; all
 * others encode the path as sent once more, most of them after folding "//", "/./" and "/../".
 * sigv4_scope_s3() and sigv4_scope_service() say it right.
 *
 * No I/O, no clock, no state: thread-safe.
 */
#ifndef NET_SIGV4_H
#define NET_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include <tessera/status.h>

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY_PAYLOAD    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { SIGV4_EXPIRES_MAX_S = 604800, SIGV4_CLOCK_SKEW_S = 900 };

struct sigv4_credentials {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* of temporary credentials; NULL or "": none */
};

struct sigv4_scope {
    const char *region, *service;
    bool path_encoded_once;      /* S3: the path is decoded and encoded once; others: encoded as sent */
    bool path_normalised;        /* fold "//", "." and ".."; never for S3 */
    bool content_sha256_header;  /* header form: x-amz-content-sha256 is sent and signed; S3 demands it */
    bool session_token_unsigned; /* the token is sent but left out of the signature */
};

struct sigv4_scope sigv4_scope_s3(const char *region);
struct sigv4_scope sigv4_scope_service(const char *region, const char *service);

struct sigv4_header {
    const char *name, *value; /* any case; neither may hold control characters but tab */
};

/* All borrowed for the call. */
struct sigv4_request {
    const char *method;
    const char *path;                   /* as sent; "" counts as "/" */
    const char *query;                  /* as sent, without the '?'; NULL or "": none */
    const struct sigv4_header *headers; /* those to sign: at least host. Without x-amz-date,
                                           x-amz-security-token and x-amz-content-sha256 */
    size_t header_count;
    const char
        *payload_hash; /* hex SHA-256 of the body or SIGV4_UNSIGNED_PAYLOAD; NULL: SIGV4_EMPTY_PAYLOAD */
};

struct sigv4_result {
    char date[17];               /* "20150830T123600Z", the value of x-amz-date */
    char signature[65];          /* hex */
    struct bytes signed_names;   /* "host;x-amz-date" */
    struct bytes canonical;      /* the canonical request, for tests and for explaining a refusal */
    struct bytes string_to_sign; /* likewise */
    struct bytes output;         /* header form: the Authorization header's value;
                                    query form: the whole query string to send, without the '?' */
};
void sigv4_result_clear(struct sigv4_result *result); /* safe on a zeroed struct */

/*
 * Header form. The caller sends, beside the headers it gave: Authorization (result->output), X-Amz-Date
 * (result->date), X-Amz-Security-Token when there is a token, and with scope->content_sha256_header
 * x-amz-content-sha256 (the payload hash). *result_out is initialised here and the caller's to clear, also on
 * failure. Errors: TESS_ERR_INVALID, TESS_ERR_LIMIT ("signed-bytes", 256 KiB), TESS_ERR_MEMORY.
 */
enum tess_status sigv4_sign(const struct sigv4_request *request, const struct sigv4_credentials *credentials,
                            const struct sigv4_scope *scope, int64_t now_s, struct sigv4_result *result_out,
                            struct tess_error *error);

/* Query form; valid from now_s for expires_s (1..604800) seconds. As above. */
enum tess_status sigv4_presign(const struct sigv4_request *request,
                               const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                               int64_t now_s, uint32_t expires_s, struct sigv4_result *result_out,
                               struct tess_error *error);

/*
 * Is this a request that sigv4_presign() allowed with these credentials, and is it still valid at now_s?
 * `request->headers` are all that came with the request; the link names the ones that count. Signatures are
 * compared in constant time, and only then does the answer say more than "does not verify".
 * TESS_ERR_DENIED when it is not; TESS_ERR_LIMIT, TESS_ERR_MEMORY.
 */
enum tess_status sigv4_verify(const struct sigv4_request *request,
                              const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                              int64_t now_s, struct tess_error *error);

/* The two questions of sigv4_verify() one by one, for who has to try several hosts: when a link that verifies
 * is valid, and whether that is now. */
struct sigv4_life {
    int64_t begin_s; /* Unix time */
    uint32_t expires_s;
};
enum tess_status sigv4_verify_signature(const struct sigv4_request *request,
                                        const struct sigv4_credentials *credentials,
                                        const struct sigv4_scope *scope, struct sigv4_life *life_out,
                                        struct tess_error *error);
enum tess_status sigv4_verify_life(const struct sigv4_life *life, int64_t now_s, struct tess_error *error);

#endif
