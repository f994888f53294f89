// SPDX-License-Identifier: MIT
#include "net/lambda_runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/json.h"
#include "net/shown.h"

enum {
    URL_MAX_BYTES = 1024,
    HOST_MAX_BYTES = 255,
    REQUEST_ID_MAX_BYTES = 256,
    REPLY_MAX_BYTES = 64 * 1024, /* what the server says to an answer of ours */
    ERROR_MAX_BYTES = 16 * 1024,
    DAY_MS = 24 * 3600 * 1000
};

#define DIGITS "0123456789"
static const char plain[] = DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._";

struct tess_lambda {
    struct http *http;
    char *base;     /* "http://127.0.0.1:9001/2018-06-01/runtime" */
    bool connected; /* an answer has come before, so that a kept connection may be there, and stale */
};

/* What is asked of the server; all borrowed. */
struct call {
    const char *method, *path;
    const struct http_body *body; /* NULL: none */
    const char *error_type;       /* NULL: no such header */
    uint64_t max_body_bytes;
    uint32_t stall_timeout_ms;
    const struct stop *stop;
};

static bool is_plain(const char *text, size_t most)
{
    const size_t size = strspn(text, plain);
    return size > 0 && size <= most && text[size] == '\0';
}

/* "127.0.0.1:9001", "[::1]:9001" */
static bool is_host_and_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || colon - text > HOST_MAX_BYTES)
        return false;
    const size_t host = (size_t)(colon - text), port = strspn(colon + 1, DIGITS);
    if (port < 1 || port > 5 || colon[1 + port] != '\0' || strtol(colon + 1, NULL, 10) < 1 ||
        strtol(colon + 1, NULL, 10) > 65535)
        return false;
    if (text[0] == '[')
        return host > 2 && text[host - 1] == ']' && strspn(text + 1, DIGITS "abcdefABCDEF:.") == host - 2;
    return strspn(text, plain) == host;
}

enum tess_status lambda_runtime_create(struct http *http, const char *host_port,
                                       struct tess_lambda **lambda_out, struct tess_error *error)
{
    *lambda_out = NULL;
    if (!host_port || !is_host_and_port(host_port))
        return error_set(error, TESS_ERR_INVALID,
                         "AWS_LAMBDA_RUNTIME_API \"%s\" is no HOST:PORT, such as 127.0.0.1:9001",
                         shown_text(host_port, 80).text);
    struct tess_lambda *self = calloc(1, sizeof *self);
    char base[URL_MAX_BYTES];
    (void)snprintf(base, sizeof base, "http://%s/2018-06-01/runtime", host_port);
    if (self)
        self->base = strdup(base);
    if (!self || !self->base) {
        free(self);
        return error_set(error, TESS_ERR_MEMORY, "no memory for the Lambda runtime");
    }
    self->http = http;
    *lambda_out = self;
    return TESS_OK;
}

enum tess_status tess_lambda_open(const char *host_port, struct tess_lambda **lambda_out,
                                  struct tess_error *error)
{
    const struct http_config config = {.user_agent = "tessera/" TESSERA_VERSION, .connections = 2};
    struct http *http = NULL;
    *lambda_out = NULL;
    enum tess_status status = http_curl_create(&config, &http, error);
    if (status != TESS_OK)
        return status;
    status = lambda_runtime_create(http, host_port, lambda_out, error);
    if (status != TESS_OK)
        http->ops->destroy(http);
    return status;
}

void tess_lambda_close(struct tess_lambda *lambda)
{
    if (!lambda)
        return;
    lambda->http->ops->destroy(lambda->http);
    free(lambda->base);
    free(lambda);
}

void tess_lambda_invocation_clear(struct tess_lambda_invocation *invocation)
{
    free(invocation->request_id);
    free(invocation->event);
    free(invocation->trace_id);
    free(invocation->function_arn);
    *invocation = (struct tess_lambda_invocation){0};
}

/*
 * A kept connection that died while the process was frozen shows in that nothing at all comes back. It is
 * tried again once, on a fresh connection: an event that was not delivered is delivered again, and an answer
 * that had arrived after all is refused as one too many, which is an error but no harm.
 */
static enum tess_status perform(struct tess_lambda *self, const struct call *call,
                                struct http_response *response_out, struct tess_error *error)
{
    char url[URL_MAX_BYTES];
    (void)snprintf(url, sizeof url, "%s%s", self->base, call->path);
    const struct http_header headers[] = {{"Content-Type", "application/json"},
                                          {"Lambda-Runtime-Function-Error-Type", call->error_type}};
    struct http_request request = {.method = call->method,
                                   .url = url,
                                   .headers = headers,
                                   .header_count = call->error_type ? 2
                                                   : call->body     ? 1
                                                                    : 0,
                                   .body = call->body,
                                   .max_body_bytes = call->max_body_bytes,
                                   .stall_timeout_ms = call->stall_timeout_ms,
                                   .no_proxy = true,
                                   .stop = call->stop};
    enum tess_status status = self->http->ops->perform(self->http, &request, response_out, error);
    if (response_out->failure == HTTP_BROKEN && response_out->status == 0 && self->connected) {
        http_response_clear(response_out);
        request.fresh_connection = true;
        status = self->http->ops->perform(self->http, &request, response_out, error);
    }
    if (status == TESS_OK)
        self->connected = true;
    else
        error_prefix(error, "the Lambda runtime");
    return status;
}

int64_t lambda_runtime_deadline(const char *text, int64_t now_ms)
{
    int64_t deadline_ms = 0;
    if (!text || json_int64_of(text, &deadline_ms) != TESS_OK || deadline_ms <= 0)
        return 0;
    return deadline_ms - now_ms > DAY_MS ? 0 : deadline_ms;
}

static bool copy_header(const struct http_response *response, const char *name, char **copy_out)
{
    const char *value = http_response_header(response, name);
    *copy_out = strdup(value ? value : "");
    return *copy_out != NULL;
}

static enum tess_status read_headers(const struct http_response *response,
                                     struct tess_lambda_invocation *invocation, struct tess_error *error)
{
    static const char id_name[] = "lambda-runtime-aws-request-id";
    const char *request_id = http_response_header(response, id_name);
    if (!request_id || !is_plain(request_id, REQUEST_ID_MAX_BYTES))
        return error_set(error, TESS_ERR_IO, "the Lambda runtime: the event has no %s: \"%s\"", id_name,
                         shown_text(request_id, 80).text);
    invocation->deadline_ms = lambda_runtime_deadline(
        http_response_header(response, "lambda-runtime-deadline-ms"), clock_unix_ms());
    if (copy_header(response, id_name, &invocation->request_id) &&
        copy_header(response, "lambda-runtime-trace-id", &invocation->trace_id) &&
        copy_header(response, "lambda-runtime-invoked-function-arn", &invocation->function_arn))
        return TESS_OK;
    return error_set(error, TESS_ERR_MEMORY, "no memory for an event");
}

/* The body changes hands as it is: it may be megabytes. */
static enum tess_status take_event(struct http_response *response, struct tess_lambda_invocation *invocation,
                                   struct tess_error *error)
{
    invocation->event_bytes = response->body.size;
    if (response->body.size == 0)
        invocation->event = strdup("");
    else if (bytes_text(&response->body)) {
        invocation->event = (char *)response->body.data;
        response->body = (struct bytes){0};
    }
    return invocation->event ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for an event");
}

struct canceller {
    const volatile int *cancel;
};

static enum tess_status cancelled(const void *context, struct tess_error *error)
{
    const struct canceller *canceller = context;
    return __atomic_load_n(canceller->cancel, __ATOMIC_RELAXED)
               ? error_set(error, TESS_ERR_CANCELLED, "cancelled")
               : TESS_OK;
}

enum tess_status tess_lambda_next(struct tess_lambda *lambda, const volatile int *cancel,
                                  struct tess_lambda_invocation *invocation_out, struct tess_error *error)
{
    const struct canceller canceller = {cancel};
    const struct stop stop = {.must_stop = cancelled, .context = &canceller};
    const struct call call = {.method = "GET",
                              .path = "/invocation/next",
                              .max_body_bytes = TESS_LAMBDA_EVENT_MAX_BYTES,
                              .stall_timeout_ms = HTTP_NEVER_STALLS,
                              .stop = cancel ? &stop : NULL};
    struct http_response response;
    *invocation_out = (struct tess_lambda_invocation){0};
    enum tess_status status = perform(lambda, &call, &response, error);
    if (status == TESS_OK && response.status != 200) {
        status = error_set(error, TESS_ERR_IO, "the Lambda runtime gives no event but HTTP %d: %s",
                           response.status, shown_text(bytes_text(&response.body), 120).text);
    } else if (response.failure == HTTP_TOO_LARGE && response.status == 200) {
        status = read_headers(&response, invocation_out, error);
        if (status == TESS_OK)
            status = error_limit(error, "event-bytes", "the event has more than the limit event-bytes of %d",
                                 TESS_LAMBDA_EVENT_MAX_BYTES);
    } else if (status == TESS_OK) {
        status = read_headers(&response, invocation_out, error);
        if (status == TESS_OK)
            status = take_event(&response, invocation_out, error);
    }
    http_response_clear(&response);
    return status;
}

static enum tess_status post(struct tess_lambda *self, const char *request_id, const char *what,
                             const char *error_type, const struct http_body *body, struct tess_error *error)
{
    char path[URL_MAX_BYTES / 2];
    if (request_id && !is_plain(request_id, REQUEST_ID_MAX_BYTES))
        return error_set(error, TESS_ERR_INVALID, "\"%s\" is no request id", shown_text(request_id, 80).text);
    if (request_id)
        (void)snprintf(path, sizeof path, "/invocation/%s/%s", request_id, what);
    else
        (void)snprintf(path, sizeof path, "/init/%s", what);
    const struct call call = {.method = "POST",
                              .path = path,
                              .body = body,
                              .error_type = error_type,
                              .max_body_bytes = REPLY_MAX_BYTES};
    struct http_response response;
    enum tess_status status = perform(self, &call, &response, error);
    if (status == TESS_OK && response.status == 413)
        status = error_limit(error, "answer-bytes", "the Lambda runtime finds %llu bytes of answer too many",
                             (unsigned long long)body->size_bytes);
    else if (status == TESS_OK && response.status / 100 != 2)
        status = error_set(error, TESS_ERR_IO, "the Lambda runtime refuses the answer with HTTP %d: %s",
                           response.status, shown_text(bytes_text(&response.body), 120).text);
    http_response_clear(&response);
    return status;
}

enum tess_status tess_lambda_respond(struct tess_lambda *lambda, const char *request_id, const char *json,
                                     size_t size_bytes, struct tess_error *error)
{
    const struct http_body body = {.size_bytes = size_bytes, .data = json};
    if (!request_id)
        return error_set(error, TESS_ERR_INVALID, "an answer needs a request id");
    if (size_bytes > TESS_LAMBDA_ANSWER_MAX_BYTES)
        return error_limit(error, "answer-bytes",
                           "the answer has %zu bytes, more than the limit answer-bytes of %d", size_bytes,
                           TESS_LAMBDA_ANSWER_MAX_BYTES);
    return post(lambda, request_id, "response", NULL, &body, error);
}

/* {"errorMessage":"…","errorType":"…","stackTrace":[]} */
static enum tess_status write_error(struct bytes *json, const char *type, const char *message)
{
    enum tess_status status = bytes_append_text(json, "{\"errorMessage\":");
    if (status == TESS_OK)
        status = json_write_text(json, message);
    if (status == TESS_ERR_INVALID) /* not UTF-8 */
        status = json_write_text(json, shown_text(message, SHOWN_MAX_BYTES).text);
    if (status == TESS_OK)
        status = bytes_append_format(json, ",\"errorType\":\"%s\",\"stackTrace\":[]}", type);
    return status;
}

enum tess_status tess_lambda_fail(struct tess_lambda *lambda, const char *request_id, const char *type,
                                  const char *message, struct tess_error *error)
{
    struct bytes json;
    bytes_init(&json, ERROR_MAX_BYTES);
    if (!is_plain(type, 100)) /* it becomes a header, too */
        type = "Tessera.Error";
    enum tess_status status = write_error(&json, type, message);
    if (status == TESS_OK) {
        const struct http_body body = {.size_bytes = json.size, .data = json.data};
        status = post(lambda, request_id, "error", type, &body, error);
    } else {
        status = error_set(error, status, "the words of an error cannot be sent");
    }
    bytes_clear(&json);
    return status;
}
