// SPDX-License-Identifier: MIT
#include "net/aws_attempt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/aws_endpoint.h"
#include "net/aws_explain.h"
#include "net/digest.h"

enum { OWN_HEADERS = 16, SENT_HEADERS = OWN_HEADERS + 5 };

/* What is made of a request, once for each attempt. */
struct parts {
    struct aws_signed_place place;
    char payload_hash[DIGEST_SHA256_HEX_BYTES];
    struct bytes url;
    struct sigv4_header signed_headers[OWN_HEADERS + 1];
    struct http_header sent[SENT_HEADERS];
    size_t sent_count;
    struct sigv4_result signature;
};

enum tess_status aws_signed_place(const char *endpoint, const char *path, struct aws_signed_place *place_out,
                                  struct tess_error *error)
{
    struct aws_url url;
    enum tess_status status = aws_url_check(endpoint, "the endpoint", &url, error);
    if (status != TESS_OK)
        return status;
    const char *standard = url.secure ? ":443" : ":80";
    const size_t port = strlen(standard);
    size_t size = url.authority_size;
    if (size > port && memcmp(url.authority + size - port, standard, port) == 0)
        size -= port;
    if (size >= sizeof place_out->host || strlen(url.path) + strlen(path) >= sizeof place_out->path)
        return error_limit(error, "address-bytes", "the address of an object is too long");
    for (size_t i = 0; i < size; i++)
        place_out->host[i] = (char)tolower((unsigned char)url.authority[i]);
    place_out->host[size] = '\0';
    (void)snprintf(place_out->path, sizeof place_out->path, "%s%s", url.path, path);
    return TESS_OK;
}

static enum tess_status hash_payload(const struct aws_request *request,
                                     char hash_out[DIGEST_SHA256_HEX_BYTES])
{
    uint8_t hash[DIGEST_SHA256_BYTES];
    if (request->payload_hash || !request->body) {
        const char *known = request->payload_hash ? request->payload_hash : SIGV4_EMPTY_PAYLOAD;
        if (strlen(known) >= DIGEST_SHA256_HEX_BYTES)
            return TESS_ERR_INTERNAL;
        memcpy(hash_out, known, strlen(known) + 1);
        return TESS_OK;
    }
    if (!request->body->data)
        return TESS_ERR_INTERNAL;
    digest_sha256(request->body->data, (size_t)request->body->size_bytes, hash);
    digest_hex(hash, sizeof hash, hash_out);
    return TESS_OK;
}

static enum tess_status make_url(const struct aws_request *request, struct parts *parts)
{
    enum { URL_MAX_BYTES = 40000 };
    bytes_init(&parts->url, URL_MAX_BYTES);
    return bytes_append_format(&parts->url, "%s%s%s%s", request->endpoint, request->path,
                               request->query && request->query[0] ? "?" : "",
                               request->query ? request->query : "");
}

static void send_header(struct parts *parts, const char *name, const char *value)
{
    parts->sent[parts->sent_count++] = (struct http_header){name, value};
}

static enum tess_status sign(const struct aws_attempt *attempt, const struct credentials *credentials,
                             struct parts *parts, struct tess_error *error)
{
    const struct aws_request *request = attempt->request;
    const bool s3 = request->service->service == AWS_S3;
    const struct sigv4_scope scope =
        s3 ? sigv4_scope_s3(request->region)
           : sigv4_scope_service(request->region, aws_service_name(request->service->service));
    if (request->header_count > OWN_HEADERS)
        return error_set(error, TESS_ERR_INTERNAL, "more headers than there is room for");
    parts->signed_headers[0] = (struct sigv4_header){"host", parts->place.host};
    send_header(parts, "Host", parts->place.host);
    for (size_t i = 0; i < request->header_count; i++) {
        parts->signed_headers[i + 1] =
            (struct sigv4_header){request->headers[i].name, request->headers[i].value};
        send_header(parts, request->headers[i].name, request->headers[i].value);
    }
    const struct sigv4_request to_sign = {.method = request->method,
                                          .path = parts->place.path,
                                          .query = request->query,
                                          .headers = parts->signed_headers,
                                          .header_count = request->header_count + 1,
                                          .payload_hash = parts->payload_hash};
    enum tess_status status = sigv4_sign(&to_sign, &credentials->keys, &scope,
                                         aws_now_ms(attempt->aws) / 1000, &parts->signature, error);
    if (status != TESS_OK)
        return status;
    const char *authorization = bytes_text(&parts->signature.output);
    if (!authorization)
        return error_set(error, TESS_ERR_MEMORY, "no memory to sign a request");
    send_header(parts, "X-Amz-Date", parts->signature.date);
    if (scope.content_sha256_header)
        send_header(parts, "X-Amz-Content-Sha256", parts->payload_hash);
    if (credentials->keys.session_token && credentials->keys.session_token[0])
        send_header(parts, "X-Amz-Security-Token", credentials->keys.session_token);
    send_header(parts, "Authorization", authorization);
    return TESS_OK;
}

static enum tess_status prepare(const struct aws_attempt *attempt, struct credentials *credentials,
                                struct parts *parts, struct tess_error *error)
{
    const struct aws_request *request = attempt->request;
    enum tess_status status = stop_check(request->stop, error);
    if (status == TESS_OK)
        status = aws_signed_place(request->endpoint, request->path, &parts->place, error);
    if (status != TESS_OK)
        return status;
    status = hash_payload(request, parts->payload_hash);
    if (status == TESS_OK)
        status = make_url(request, parts);
    if (status != TESS_OK)
        return error_set(error, status, "a request cannot be put together");
    credentials_clear(credentials);
    status = credentials_get(aws_credentials_of(attempt->aws), request->stop, credentials, error);
    if (status != TESS_OK)
        return aws_explain_no_credentials(status, error);
    return sign(attempt, credentials, parts, error);
}

/* Some services repeat the request that they refuse, token and all: that is for nobody's eyes. */
static void hide_token(const struct credentials *credentials, struct aws_complaint *complaint)
{
    enum { BEGINNING_BYTES = 16 }; /* the token's, as the end may be cut off */
    char beginning[BEGINNING_BYTES + 1];
    const char *token = credentials->keys.session_token;
    if (!token || !token[0])
        return;
    (void)snprintf(beginning, sizeof beginning, "%s", token);
    if (strstr(complaint->message, beginning))
        (void)snprintf(complaint->message, sizeof complaint->message,
                       "(its words are not shown, as the session token is among them)");
    if (strstr(complaint->code, beginning))
        complaint->code[0] = '\0';
    if (strstr(complaint->region, beginning))
        complaint->region[0] = '\0';
}

/* Whether the answer is a good one; if not, what it complains of. */
static enum aws_attempt_outcome read_answer(const struct aws_request *request,
                                            const struct credentials *credentials,
                                            struct aws_response *response)
{
    const struct http_response *http = &response->http;
    const bool good_status = (http->status >= 200 && http->status < 300) || http->status == 304;
    if (http->failure != HTTP_DONE)
        return AWS_ATTEMPT_FAILED;
    const bool good_answer = request->service->read_answer(http, &response->complaint);
    hide_token(credentials, &response->complaint);
    if (!good_status)
        return AWS_ATTEMPT_FAILED;
    return good_answer ? AWS_ATTEMPT_GOOD : AWS_ATTEMPT_BAD_ANSWER;
}

enum tess_status aws_attempt(struct aws_attempt *attempt, struct credentials *credentials,
                             struct aws_response *response, struct tess_error *error)
{
    const struct aws_request *request = attempt->request;
    const struct aws_settings *settings = aws_settings_of(attempt->aws);
    struct parts parts = {0};
    attempt->outcome = AWS_ATTEMPT_UNSENT;
    http_response_clear(&response->http);
    response->complaint = (struct aws_complaint){0};
    enum tess_status status = prepare(attempt, credentials, &parts, error);
    if (status == TESS_OK) {
        const struct http_request http_request = {.method = request->method,
                                                  .url = bytes_text(&parts.url),
                                                  .headers = parts.sent,
                                                  .header_count = parts.sent_count,
                                                  .body = request->body,
                                                  .max_body_bytes = request->max_body_bytes,
                                                  .connect_timeout_ms = settings->connect_timeout_ms,
                                                  .stall_timeout_ms = request->stall_timeout_ms
                                                                          ? request->stall_timeout_ms
                                                                          : settings->stall_timeout_ms,
                                                  .total_timeout_ms = request->total_timeout_ms,
                                                  .not_repeatable = request->not_repeatable,
                                                  .stop = request->stop};
        status = attempt->http->ops->perform(attempt->http, &http_request, &response->http, error);
        attempt->outcome = read_answer(request, credentials, response);
    }
    /* The signature of an expired link is no secret worth wiping; the keys are credentials_clear()'s to wipe.
     */
    sigv4_result_clear(&parts.signature);
    bytes_clear(&parts.url);
    return status;
}
