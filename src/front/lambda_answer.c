// SPDX-License-Identifier: MIT
#include "front/lambda_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/json_out.h"
#include "front/xalloc.h"

static void add_origin(cJSON *headers, const struct lambda_event *event, const struct origins *origins)
{
    const char *answer = origins_answer(origins, event->origin);
    if (answer)
        json_add_text(headers, "access-control-allow-origin", answer);
    if (origins_vary(origins))
        json_add_text(headers, "vary", "Origin");
}

static void add_number(cJSON *headers, const char *name, uint32_t number)
{
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%u", number);
    json_add_text(headers, name, digits);
}

/* Takes `headers`. */
static char *print_proxy(int http_status, cJSON *headers, const char *body)
{
    cJSON *json = json_object();
    json_add_integer(json, "statusCode", http_status);
    json_add(json, "headers", headers);
    json_add_text(json, "body", body);
    json_add_flag(json, "isBase64Encoded", false);
    char *text = json_print(json);
    cJSON_Delete(json);
    return text;
}

char *lambda_answer_proxy(enum lambda_handler handler, const struct lambda_event *event,
                          const struct api_answer *answer, const struct origins *origins)
{
    cJSON *headers = json_object();
    json_add_text(headers, "content-type", "application/json");
    json_add_text(headers, "cache-control", "no-store");
    json_add_text(headers, "x-content-type-options", "nosniff");
    add_origin(headers, event, origins);
    if (answer->retry_after_s > 0)
        add_number(headers, "retry-after", answer->retry_after_s);
    const char *allow = answer->http_status == 405 ? lambda_handler_allow(handler, event) : NULL;
    if (allow)
        json_add_text(headers, "allow", allow);
    const bool is_head = event->method && strcmp(event->method, "HEAD") == 0;
    return print_proxy(answer->http_status, headers, is_head ? "" : answer->body);
}

bool lambda_is_preflight(enum lambda_handler handler, const struct lambda_event *event)
{
    return event->kind == LAMBDA_PROXY && event->method && strcmp(event->method, "OPTIONS") == 0 &&
           lambda_handler_allow(handler, event);
}

char *lambda_answer_preflight(enum lambda_handler handler, const struct lambda_event *event,
                              const struct origins *origins)
{
    cJSON *headers = json_object();
    const char *allow = lambda_handler_allow(handler, event);
    add_origin(headers, event, origins);
    json_add_text(headers, "access-control-allow-methods", allow ? allow : "OPTIONS");
    json_add_text(headers, "access-control-allow-headers",
                  "Authorization, Content-Type, If-None-Match, Range, X-API-Key, X-Request-Id");
    json_add_text(headers, "access-control-max-age", "86400");
    if (allow)
        json_add_text(headers, "allow", allow);
    return print_proxy(204, headers, "");
}

char *lambda_answer_counter(const struct api_answer *answer)
{
    /* As text: a value beyond 2^53 would suffer as a number of cJSON's. */
    return xprintf("{\"statusCode\":%d,%s", answer->http_status, answer->body + 1);
}

char *lambda_answer_records(const struct lambda_event *event, const bool *done)
{
    cJSON *json = json_object(), *failures = cJSON_CreateArray();
    for (size_t i = 0; failures && i < event->record_count; i++) {
        if (done[i])
            continue;
        cJSON *failure = json_object();
        json_add_text(failure, "itemIdentifier", event->records[i].message_id);
        if (!cJSON_AddItemToArray(failures, failure))
            out_of_memory();
    }
    json_add(json, "batchItemFailures", failures);
    char *text = json_print(json);
    cJSON_Delete(json);
    return text;
}

char *lambda_answer_message(const struct api_answer *answer)
{
    cJSON *json = answer->body ? cJSON_ParseWithLength(answer->body, answer->body_bytes) : NULL;
    const char *message = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));
    char *copy = xstrdup(message ? message : "it failed");
    cJSON_Delete(json);
    return copy;
}

void lambda_error_type(enum tess_status status, char type_out[LAMBDA_TYPE_BYTES])
{
    size_t size = (size_t)snprintf(type_out, LAMBDA_TYPE_BYTES, "Tessera.");
    bool begins = true; /* a word */
    for (const char *at = tess_status_name(status); *at && size + 1 < LAMBDA_TYPE_BYTES; at++) {
        if (*at != '-')
            type_out[size++] = begins ? (char)toupper((unsigned char)*at) : *at;
        begins = *at == '-';
    }
    type_out[size] = '\0';
}
