// SPDX-License-Identifier: MIT
/* One question to DynamoDB: JSON 1.0 over POST, the operation's name in a header; and its complaints. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"
#include "base/stop.h"
#include "net/json.h"
#include "net/shown.h"

enum {
    COMPLAINT_MAX_BYTES = 64 * 1024,
    SHOWN_NAME_BYTES = 80,
    SHOWN_WORDS_BYTES = 160,
    ALONE_LIMIT_MS = 60000 /* of a call that nobody stops: else a server that trickles holds it for hours */
};

static const struct aws_service_ops dynamo_service = {.service = AWS_DYNAMODB,
                                                      .read_answer = dynamo_read_answer};

static enum tess_status real_sleep_ms(void *context, const struct stop *stop, int64_t duration_ms,
                                      struct tess_error *error)
{
    (void)context;
    return stop_sleep(stop, duration_ms, error);
}

enum tess_status dynamo_init(struct dynamo *dynamo, struct aws *aws, struct tess_error *error)
{
    const struct aws_settings *settings = aws_settings_of(aws);
    /* A configured endpoint needs no region, a signature does: servers of one's own take any. */
    const char *region = settings->region ? settings->region : "us-east-1";
    *dynamo = (struct dynamo){.aws = aws, .sleep_ms = real_sleep_ms};
    (void)snprintf(dynamo->region, sizeof dynamo->region, "%s", region);
    return aws_endpoint(settings, AWS_DYNAMODB, NULL, dynamo->endpoint, error);
}

void dynamo_answer_clear(struct dynamo_answer *answer)
{
    cJSON_Delete(answer->json);
    answer->json = NULL;
}

/* x-amz-crc32 is of the body as it was sent; we ask for no compression. */
static bool checksum_fits(const struct http_response *response)
{
    const char *expected = http_response_header(response, "x-amz-crc32");
    int64_t number = 0;
    if (!expected)
        return true;
    return json_int64_of(expected, &number) == TESS_OK &&
           number == (int64_t)crc32_z(0, response->body.data, response->body.size);
}

/* "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://…" without what is around it. */
static void copy_code(char code_out[96], const char *type)
{
    const char *hash = strchr(type, '#');
    const char *code = hash ? hash + 1 : type;
    const size_t length = strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    if (length < 96)
        (void)snprintf(code_out, 96, "%.*s", (int)length, code);
}

static void read_complaint(const struct http_response *response, struct aws_complaint *complaint)
{
    cJSON *body = NULL;
    if (response->body.size <= COMPLAINT_MAX_BYTES)
        (void)json_parse(response->body.data, response->body.size, &body, NULL); /* then it stays NULL */
    const char *type = json_text_at(body, "__type");
    const char *message = json_text_at(body, "message");
    if (!message)
        message = json_text_at(body, "Message");
    if (!type)
        type = http_response_header(response, "x-amzn-errortype");
    if (type)
        copy_code(complaint->code, type);
    if (message)
        (void)snprintf(complaint->message, sizeof complaint->message, "%s",
                       shown_text(message, SHOWN_WORDS_BYTES).text);
    cJSON_Delete(body);
}

bool dynamo_read_answer(const struct http_response *response, struct aws_complaint *complaint_out)
{
    memset(complaint_out, 0, sizeof *complaint_out);
    if (!checksum_fits(response)) {
        (void)snprintf(complaint_out->message, sizeof complaint_out->message,
                       "the answer was damaged on its way: it does not fit its checksum (x-amz-crc32)");
        return false;
    }
    if (response->status >= 300)
        read_complaint(response, complaint_out);
    return true;
}

static bool is_denied(const struct aws_response *response)
{
    const char *code = response->complaint.code;
    return strcmp(code, "AccessDeniedException") == 0 || strcmp(code, "AccessDenied") == 0 ||
           (response->http.failure == HTTP_DONE && response->http.status == 403 && code[0] == '\0');
}

/* Says what to do where we know it. */
static enum tess_status explain(const struct dynamo *dynamo, const struct dynamo_call *call,
                                const struct aws_response *response, enum tess_status status,
                                struct tess_error *error)
{
    const struct shown table = shown_text(call->table, SHOWN_NAME_BYTES);
    if (is_denied(response))
        return error_set(error, TESS_ERR_DENIED,
                         "cannot %s: these credentials need the permission dynamodb:%s on table %s in %s%s%s",
                         call->what, call->operation, table.text, dynamo->region,
                         response->complaint.message[0] ? "; DynamoDB says: " : "",
                         response->complaint.message);
    if (strcmp(response->complaint.code, "ResourceNotFoundException") == 0)
        return error_set(error, TESS_ERR_SETUP,
                         "cannot %s: there is no table %s at %s; `tessera init` creates it", call->what,
                         table.text, shown_text(dynamo->endpoint, SHOWN_WORDS_BYTES).text);
    return status;
}

enum tess_status dynamo_nonsense(const struct dynamo_call *call, const char *why, struct tess_error *error)
{
    return error_set(error, TESS_ERR_IO, "cannot %s: DynamoDB's answer makes no sense: %s", call->what, why);
}

enum tess_status dynamo_ask(const struct dynamo *dynamo, const struct dynamo_call *call,
                            struct dynamo_answer *answer_out, struct tess_error *error)
{
    char target[64];
    (void)snprintf(target, sizeof target, "DynamoDB_20120810.%s", call->operation);
    const struct http_header headers[] = {{"content-type", "application/x-amz-json-1.0"},
                                          {"x-amz-target", target}};
    const struct http_body body = {.size_bytes = call->request->size, .data = call->request->data};
    const struct aws_request request = {
        .service = &dynamo_service,
        .what = call->what,
        .method = "POST",
        .endpoint = dynamo->endpoint,
        .path = "/",
        .region = dynamo->region,
        .headers = headers,
        .header_count = sizeof headers / sizeof headers[0],
        .body = &body,
        .max_body_bytes = DYNAMO_ANSWER_MAX_BYTES,
        .total_timeout_ms = call->stop ? 0 : ALONE_LIMIT_MS,
        .not_repeatable = call->not_repeatable,
        .stop = call->stop,
    };
    struct aws_response response;
    struct tess_error reason = {.message = ""};
    memset(answer_out, 0, sizeof *answer_out);
    enum tess_status status = aws_call(dynamo->aws, &request, &response, error);
    (void)snprintf(answer_out->code, sizeof answer_out->code, "%s", response.complaint.code);
    answer_out->ambiguous = response.ambiguous;
    answer_out->may_have_acted_before = response.may_have_acted_before;
    if (status != TESS_OK) {
        status = explain(dynamo, call, &response, status, error);
        goto cleanup;
    }
    status = json_parse(response.http.body.data, response.http.body.size, &answer_out->json, &reason);
    if (status == TESS_ERR_MEMORY)
        status = error_set(error, TESS_ERR_MEMORY, "no memory to %s", call->what);
    else if (status != TESS_OK)
        status = dynamo_nonsense(call, reason.message, error);
    else if (!cJSON_IsObject(answer_out->json))
        status = dynamo_nonsense(call, "it is no JSON object", error);
    if (status != TESS_OK) { /* it was carried out, only we do not know what came of it */
        dynamo_answer_clear(answer_out);
        answer_out->ambiguous = true;
    }
cleanup:
    aws_response_clear(&response);
    return status;
}

/* Appends up to the next %s; *format moves behind it. */
static enum tess_status write_template(struct bytes *out, const char **format)
{
    enum tess_status status = TESS_OK;
    while (status == TESS_OK && **format != '\0' && **format != '%') {
        const char character = **format == '\'' ? '"' : **format;
        status = bytes_append(out, &character, 1);
        ++*format;
    }
    return status;
}

enum tess_status dynamo_write(struct bytes *out, struct tess_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum tess_status status = write_template(out, &format);
    while (status == TESS_OK && *format != '\0') {
        format += 2;
        status = json_write_text(out, va_arg(arguments, const char *));
        if (status == TESS_OK)
            status = write_template(out, &format);
    }
    va_end(arguments);
    if (status == TESS_ERR_INVALID)
        return error_set(error, status, "DynamoDB takes names and keys in UTF-8 only");
    if (status == TESS_ERR_MEMORY)
        return error_set(error, status, "no memory for a request to DynamoDB");
    if (status == TESS_ERR_LIMIT)
        return error_limit(error, "request-bytes", "a request to DynamoDB would have more than %zu bytes",
                           out->maximum);
    return status;
}

enum tess_status dynamo_check_key_text(const char *what, const char *limit, const char *text, size_t most,
                                       struct tess_error *error)
{
    const size_t size = strlen(text);
    if (size == 0)
        return error_set(error, TESS_ERR_INVALID, "DynamoDB takes no empty %s", what);
    if (size > most)
        return error_limit(error, limit, "the %s has %zu bytes; DynamoDB takes at most %zu", what, size,
                           most);
    return TESS_OK;
}

const char *dynamo_text_at(const cJSON *item, const char *name)
{
    return json_text_at(json_object_at(item, name), "S");
}
