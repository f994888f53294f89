// SPDX-License-Identifier: MIT
/* The small HTTP calls by which temporary credentials are fetched. Thread-safe. */
#ifndef NET_CREDENTIALS_HTTP_H
#define NET_CREDENTIALS_HTTP_H

#include "net/aws_endpoint.h"
#include "net/credentials_source.h"

enum { CREDENTIALS_ANSWER_MAX_BYTES = 256 * 1024 };

/* All borrowed. */
struct credentials_call {
    const char *method, *url;
    const struct http_header *headers;
    size_t header_count;
    const struct http_body *body;
    uint32_t connect_timeout_ms, total_timeout_ms; /* of one attempt */
    bool no_proxy;
};

/*
 * Up to three attempts, with short pauses, while nothing is heard or the server says 429 or 5xx. TESS_OK for
 * any answer in the end; otherwise as struct http_ops says. *response_out is the caller's to clear, with
 * credentials_response_clear().
 */
enum tess_status credentials_ask(const struct credentials_search *search, const struct credentials_call *call,
                                 struct http_response *response_out, struct tess_error *error);
void credentials_response_clear(struct http_response *response); /* wipes the body */

/* What a refusal's HTTP status means. */
enum tess_status credentials_status_of(int http_status);

/* The answer of a container's or instance's service: AccessKeyId, SecretAccessKey, Token, Expiration.
 * TESS_ERR_CORRUPT (naming `source`) for anything else. */
enum tess_status credentials_from_json(const struct http_response *response, const char *source,
                                       struct credentials *credentials_out, struct tess_error *error);

/* "https://sts.eu-north-1.amazonaws.com" → "sts.eu-north-1.amazonaws.com", as a Host header has it: in lower
 * case, without the scheme's own port. */
enum { CREDENTIALS_HOST_BYTES = 420 };
void credentials_host(const struct aws_url *url, char host_out[CREDENTIALS_HOST_BYTES]);

#endif
