// SPDX-License-Identifier: MIT
/*
 * These calls have retries of their own: those of net/aws.h need the very credentials that are fetched here.
 * Answers hold secrets, so they are wiped as soon as they are read.
 */
#include "net/credentials_http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/digest.h"
#include "net/iso_time.h"
#include "net/json.h"
#include "net/random.h"
#include "net/shown.h"

enum { ATTEMPTS = 3, PAUSE_MS = 100, CODE_SHOWN_BYTES = 64 };

void credentials_response_clear(struct http_response *response)
{
    if (response->body.data)
        digest_wipe(response->body.data, response->body.size);
    http_response_clear(response);
}

/* Nothing was decided yet: the same again may do better. */
static bool may_be_repeated(enum tess_status status, const struct http_response *response)
{
    if (status == TESS_OK)
        return response->status == 429 || response->status == 500 || response->status >= 502;
    return response->failure == HTTP_UNREACHABLE || response->failure == HTTP_BROKEN ||
           response->failure == HTTP_STALLED || response->failure == HTTP_OUT_OF_TIME;
}

enum tess_status credentials_ask(const struct credentials_search *search, const struct credentials_call *call,
                                 struct http_response *response_out, struct tess_error *error)
{
    const struct http_request request = {
        .method = call->method,
        .url = call->url,
        .headers = call->headers,
        .header_count = call->header_count,
        .body = call->body,
        .max_body_bytes = CREDENTIALS_ANSWER_MAX_BYTES,
        .connect_timeout_ms = call->connect_timeout_ms,
        .total_timeout_ms = call->total_timeout_ms,
        .no_proxy = call->no_proxy,
        .stop = search->stop,
    };
    memset(response_out, 0, sizeof *response_out);
    for (int attempt = 1;; attempt++) {
        enum tess_status status = search->http->ops->perform(search->http, &request, response_out, error);
        if (attempt == ATTEMPTS || !may_be_repeated(status, response_out))
            return status;
        credentials_response_clear(response_out);
        memset(response_out, 0, sizeof *response_out);
        const int64_t pause_ms = (int64_t)(random_unit() * (PAUSE_MS << attempt));
        status = stop_sleep(search->stop, pause_ms, error);
        if (status != TESS_OK)
            return status;
    }
}

enum tess_status credentials_status_of(int http_status)
{
    if (http_status == 429)
        return TESS_ERR_BUSY;
    return http_status >= 400 && http_status < 500 ? TESS_ERR_DENIED : TESS_ERR_IO;
}

/* cJSON frees its text as it is. */
static void wipe_texts(cJSON *object)
{
    cJSON *member = NULL;
    cJSON_ArrayForEach(member, object) if (cJSON_IsString(member))
        digest_wipe(member->valuestring, strlen(member->valuestring));
}

static enum tess_status read_answer(const cJSON *answer, const char *source,
                                    struct credentials *credentials_out, struct tess_error *error)
{
    const char *code = json_text_at(answer, "Code");
    const char *ends = json_text_at(answer, "Expiration");
    struct credentials_parts parts = {
        json_text_at(answer, "AccessKeyId"),
        json_text_at(answer, "SecretAccessKey"),
        json_text_at(answer, "Token"),
        0,
    };
    if (code && strcmp(code, "Success") != 0)
        return error_set(error, TESS_ERR_DENIED, "%s gives no credentials: %s", source,
                         shown_text(code, CODE_SHOWN_BYTES).text);
    if (ends && !iso_time_parse(ends, &parts.expires_at_s))
        return error_set(error, TESS_ERR_CORRUPT, "%s: Expiration is no time", source);
    return credentials_make_answered(&parts, source, credentials_out, error);
}

enum tess_status credentials_from_json(const struct http_response *response, const char *source,
                                       struct credentials *credentials_out, struct tess_error *error)
{
    cJSON *answer = NULL;
    enum tess_status status = json_parse(response->body.data, response->body.size, &answer, error);
    if (status == TESS_ERR_CORRUPT)
        return error_set(error, status, "%s answers with something that is not JSON", source);
    if (status != TESS_OK)
        return status;
    status = read_answer(answer, source, credentials_out, error);
    wipe_texts(answer);
    cJSON_Delete(answer);
    return status;
}

void credentials_host(const struct aws_url *url, char host_out[CREDENTIALS_HOST_BYTES])
{
    const char *own_port = url->secure ? ":443" : ":80";
    size_t size = url->authority_size;
    if (size >= CREDENTIALS_HOST_BYTES)
        size = CREDENTIALS_HOST_BYTES - 1;
    memcpy(host_out, url->authority, size);
    host_out[size] = '\0';
    for (char *at = host_out; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    const size_t port_size = strlen(own_port);
    if (size > port_size && strcmp(host_out + size - port_size, own_port) == 0 &&
        (host_out[0] != '[' || host_out[size - port_size - 1] == ']'))
        host_out[size - port_size] = '\0';
}
