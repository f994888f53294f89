// SPDX-License-Identifier: MIT
/*
 * A signed call to an AWS service: credentials, SigV4 for every attempt anew, retries, clock skew, expired
 * tokens. What is specific to a service (error bodies, redirects) its callbacks know.
 *
 *     attempt: credentials → sign → perform → read the error → again?
 *
 * A `struct aws` is shared by all of a store's backends and may be used from any number of threads at once.
 */
#ifndef NET_AWS_H
#define NET_AWS_H

#include "net/aws_settings.h"
#include "net/credentials.h"
#include "net/http.h"
#include "net/retry.h"

/* Time and chance are injected; zeroed members mean the real ones. */
struct aws_surroundings {
    struct http *http; /* owned by the struct aws from then on */
    int64_t (*unix_ms)(void *context);
    int64_t (*monotonic_ms)(void *context); /* NULL beside a unix_ms of the caller's: that one is never set */
    double (*random01)(void *context);
    enum tess_status (*sleep_ms)(void *context, const struct stop *stop, int64_t duration_ms,
                                 struct tess_error *error);
    void *context;
    /* Ends requests that have no stop of their own (see stop_on_flag()); NULL: nothing does. Borrowed. */
    const volatile int *cancel;
};

struct aws;

/* Takes over `settings` and surroundings->http, also on failure. `surroundings` may be NULL. */
enum tess_status aws_create(struct aws_settings *settings, const struct aws_surroundings *surroundings,
                            struct aws **aws_out, struct tess_error *error);
void aws_destroy(struct aws *aws);

const struct aws_settings *aws_settings_of(const struct aws *aws);
struct credentials_provider *aws_credentials_of(struct aws *aws);
/* Our clock, corrected by what the servers' answers say of it (net/aws_clock.h). */
int64_t aws_now_ms(const struct aws *aws);

/* What the service said, beside HTTP's status. */
struct aws_complaint {
    char code[96];     /* "NoSuchKey"; "" when there was none */
    char message[320]; /* in the service's words */
    char region[64];   /* S3: the region it wants instead; "" */
};

struct aws_service_ops {
    enum aws_service service;
    /* Reads an error answer (status >= 300), or checks a good one: return false when a 2xx is in truth a
     * failure (S3's 200 with <Error>, a body cut short, a wrong x-amz-crc32), which is then retried like a
     * 500. */
    bool (*read_answer)(const struct http_response *response, struct aws_complaint *complaint_out);
};

/* All borrowed for the call. */
struct aws_request {
    const struct aws_service_ops *service;
    const char *what; /* for messages: "read photo.jpg from bucket images" */
    const char *method;
    const char *endpoint; /* "https://bucket.s3.eu-north-1.amazonaws.com" or with a port and prefix; no slash
                             at the end */
    const char *path;     /* percent-encoded, begins with '/' */
    const char *query;    /* encoded, NULL: none */
    const char *region;   /* of the signature */
    const struct http_header *headers; /* beyond host, date, token, content hash and authorization */
    size_t header_count;
    const struct http_body *body;
    const char *payload_hash; /* hex SHA-256 of the body; NULL: it is computed (body->data only) */
    uint64_t max_body_bytes;
    uint32_t stall_timeout_ms; /* 0: as settings say */
    uint32_t total_timeout_ms; /* of one attempt; 0: none */
    bool not_repeatable;       /* a second execution would do harm: no retry once the server may have acted */
    const struct stop *stop;   /* NULL: aws_surroundings.cancel */
};

struct aws_response {
    struct http_response http;      /* of the last attempt */
    struct aws_complaint complaint; /* likewise */
    uint32_t attempts;
    bool ambiguous; /* failed, and the server may have acted on it all the same (also without not_repeatable)
                     */
    bool may_have_acted_before; /* an earlier attempt of this call may have been carried out */
};
void aws_response_clear(struct aws_response *response);

/*
 * TESS_OK for a 2xx or 304. Otherwise, with `request->what` and the service's words in the message:
 *     404, NoSuchKey                                   TESS_ERR_NOT_FOUND
 *     NoSuchBucket, ResourceNotFound…, signature,
 *         token, no credentials, other 3xx and 4xx     TESS_ERR_SETUP
 *     401, 403                                         TESS_ERR_DENIED
 *     409, 412                                         TESS_ERR_EXISTS
 *     throttling that did not end, no token left       TESS_ERR_BUSY
 *     timeouts                                         TESS_ERR_TIMEOUT
 *     HTTP_TOO_LARGE                                   TESS_ERR_LIMIT "max-bytes"
 *     other 5xx, broken connections, damaged bodies    TESS_ERR_IO
 * *response_out is initialised here and the caller's to clear, also on failure.
 *
 * An expired token is renewed once, a clock that a server refuses, off by more than 4 minutes (as the
 * answer's Date says), is corrected once and remembered; neither counts as an attempt.
 */
enum tess_status aws_call(struct aws *aws, const struct aws_request *request,
                          struct aws_response *response_out, struct tess_error *error);

/* Numbers since creation, for logs and metrics. */
struct aws_counts {
    uint64_t calls, retries, throttled, failures;
};
struct aws_counts aws_counts_of(const struct aws *aws);

#endif
