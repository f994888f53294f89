// SPDX-License-Identifier: MIT
#include "front/lambda_event.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/api_query.h"
#include "front/base64.h"
#include "front/json_in.h"
#include "front/refuse.h"
#include "front/xalloc.h"

/* The value of a header, whose name's case varies from one front door to the next. In REST events both
 * members may be there, or either be null. */
static const char *header_of(const cJSON *event, const char *name)
{
    static const char *const places[] = {"headers", "multiValueHeaders"};
    for (size_t i = 0; i < 2; i++) {
        const cJSON *headers = json_member(event, places[i]);
        for (const cJSON *header = headers ? headers->child : NULL; header; header = header->next) {
            const cJSON *value = cJSON_IsArray(header) ? header->child : header;
            if (header->string && strcasecmp(header->string, name) == 0 && cJSON_IsString(value))
                return value->valuestring;
        }
    }
    return NULL;
}

static enum tess_status read_body(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    const cJSON *body = json_member(tree, "body"), *encoded = json_member(tree, "isBase64Encoded");
    if (encoded && !cJSON_IsBool(encoded))
        return refuse_invalid(error, "the event's isBase64Encoded is neither true nor false");
    if (!body)
        return TESS_OK;
    if (!cJSON_IsString(body))
        return refuse_invalid(error, "the event's body is neither a string nor null");
    event->body = body->valuestring;
    event->body_bytes = strlen(event->body);
    if (!cJSON_IsTrue(encoded)) {
        event->is_spoilt = strstr(event->body, "\xef\xbf\xbd") != NULL;
        return TESS_OK;
    }
    event->decoded = base64_decode(event->body, event->body_bytes, &event->body_bytes);
    event->body = event->decoded;
    return event->decoded ? TESS_OK
                          : refuse_invalid(error, "the event's body is no base64, as isBase64Encoded says");
}

/* One decoded parameter of a REST event: a string, or null for one without a value. */
static enum tess_status append_parameter(char **query, const char *name, const cJSON *value,
                                         struct tess_error *error)
{
    if (!cJSON_IsString(value) && !cJSON_IsNull(value))
        return refuse_invalid(error, "the event's query parameter \"%.60s\" is no string", name);
    if (*query && strlen(*query) > API_QUERY_MAX_BYTES)
        return TESS_OK; /* will be refused for its size; growing it further would only take time */
    *query = api_query_append(*query, name, cJSON_IsString(value) ? value->valuestring : "");
    return TESS_OK;
}

/* REST events hold the parameters decoded; those with several values show them in the second member only.
 * What makes events by hand may leave that one empty. */
static enum tess_status rebuild_query(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    const cJSON *many = json_member(tree, "multiValueQueryStringParameters");
    if (cJSON_IsObject(many) && !many->child)
        many = NULL;
    const cJSON *parameters = many ? many : json_member(tree, "queryStringParameters");
    if (parameters && !cJSON_IsObject(parameters))
        return refuse_invalid(error, "the event's query parameters are no object");
    enum tess_status status = TESS_OK;
    const cJSON *parameter = parameters ? parameters->child : NULL;
    for (; status == TESS_OK && parameter; parameter = parameter->next) {
        if (!many) {
            status = append_parameter(&event->query, parameter->string, parameter, error);
            continue;
        }
        if (!cJSON_IsArray(parameter))
            return refuse_invalid(error, "the event's query parameter \"%.60s\" is no list",
                                  parameter->string);
        for (const cJSON *value = parameter->child; status == TESS_OK && value; value = value->next)
            status = append_parameter(&event->query, parameter->string, value, error);
    }
    return status;
}

static enum tess_status read_v1(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    event->kind = LAMBDA_PROXY;
    event->method = json_text(tree, "httpMethod");
    const char *path = json_text(tree, "path");
    if (!event->method || !path)
        return refuse_invalid(error, "an API Gateway event (version 1.0) without httpMethod or path");
    if (json_member(json_member(tree, "requestContext"), "elb"))
        return refuse_invalid(
            error, "events of load balancers are not taken; put API Gateway or a Function URL there");
    event->path = lambda_path_find(tree, event->method, path, event->base_path, &event->trust);
    event->content_type = header_of(tree, "content-type");
    event->content_encoding = header_of(tree, "content-encoding");
    event->origin = header_of(tree, "origin");
    enum tess_status status = rebuild_query(tree, event, error);
    return status == TESS_OK ? read_body(tree, event, error) : status;
}

static enum tess_status read_v2(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    const cJSON *context = json_member(tree, "requestContext");
    const char *path = json_text(tree, "rawPath"), *query = json_text(tree, "rawQueryString");
    event->kind = LAMBDA_PROXY;
    event->method = json_text(json_member(context, "http"), "method");
    if (!event->method || !path)
        return refuse_invalid(error, "an event of version 2.0 without requestContext.http.method or rawPath");
    if (json_member(tree, "httpMethod"))
        return refuse_invalid(error, "an event of version 2.0 with the httpMethod of version 1.0");
    event->path = lambda_path_find(tree, event->method, path, event->base_path, &event->trust);
    event->query = query ? xstrdup(query) : NULL;
    event->content_type = header_of(tree, "content-type");
    event->content_encoding = header_of(tree, "content-encoding");
    event->origin = header_of(tree, "origin");
    return read_body(tree, event, error);
}

static enum tess_status read_records(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    const cJSON *records = json_member(tree, "Records");
    event->kind = LAMBDA_RECORDS;
    if (!cJSON_IsArray(records) || !records->child)
        return refuse_invalid(error, "the event's Records are no list, or an empty one");
    event->records = xcalloc((size_t)cJSON_GetArraySize(records), sizeof *event->records);
    for (const cJSON *record = records->child; record; record = record->next) {
        const char *source = json_text(record, "eventSource");
        if (!source || strcmp(source, "aws:sqs") != 0)
            return refuse_invalid(error, "a record from \"%.60s\"; only those of SQS (aws:sqs) are taken",
                                  source ? source : "");
        const struct lambda_record found = {json_text(record, "messageId"), json_text(record, "body")};
        if (!found.message_id || found.message_id[0] == '\0' || !found.body)
            return refuse_invalid(error, "a record of SQS without messageId or body");
        event->records[event->record_count++] = found;
    }
    return TESS_OK;
}

static enum tess_status read_counter(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    event->kind = LAMBDA_COUNTER;
    event->counter = json_text(tree, "counter");
    if (!event->counter)
        return refuse_invalid(error, "the event's counter is no string");
    if (tree->child->next)
        return refuse_invalid(error, "an event with a counter has nothing else, but here is \"%.60s\"",
                              strcmp(tree->child->string, "counter") == 0 ? tree->child->next->string
                                                                          : tree->child->string);
    return TESS_OK;
}

static enum tess_status read_bucket(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    const cJSON *dest = json_member(tree, "DESTINATION_BUCKET");
    event->kind = LAMBDA_BUCKET;
    event->source_bucket = json_text(tree, "SOURCE_BUCKET");
    event->dest_bucket = cJSON_GetStringValue(dest);
    if (!event->source_bucket || event->source_bucket[0] == '\0')
        return refuse_invalid(error, "the event's SOURCE_BUCKET is no name");
    if (dest && (!event->dest_bucket || event->dest_bucket[0] == '\0'))
        return refuse_invalid(error, "the event's DESTINATION_BUCKET is no name");
    return TESS_OK;
}

static enum tess_status read_grid(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    (void)tree;
    (void)error;
    event->kind = LAMBDA_GRID; /* looked at where grids are made */
    return TESS_OK;
}

/* What schedules send (EventBridge, its Scheduler), and what plugins and warmers do. */
static bool is_wake(const cJSON *tree)
{
    static const char *const sources[] = {"aws.events", "aws.scheduler", "serverless-plugin-warmup"};
    const char *source = json_text(tree, "source");
    for (size_t i = 0; source && i < sizeof sources / sizeof *sources; i++) {
        if (strcmp(source, sources[i]) == 0)
            return true;
    }
    return cJSON_IsTrue(json_member(tree, "warmer")) || cJSON_IsTrue(json_member(tree, "warmup"));
}

/* Each form by a member that no other has. */
static enum tess_status read_form(const cJSON *tree, struct lambda_event *event, struct tess_error *error)
{
    static const struct {
        const char *name;
        enum tess_status (*read)(const cJSON *, struct lambda_event *, struct tess_error *);
    } forms[] = {{"rawPath", read_v2},      {"httpMethod", read_v1},     {"Records", read_records},
                 {"counter", read_counter}, {"uniqueGridId", read_grid}, {"SOURCE_BUCKET", read_bucket}};
    const char *version = json_text(tree, "version");
    if (version && strcmp(version, "2.0") == 0)
        return read_v2(tree, event, error);
    if (version && strcmp(version, "1.0") == 0)
        return read_v1(tree, event, error);
    const size_t count = sizeof forms / sizeof *forms;
    size_t form = 0;
    while (form < count && !cJSON_GetObjectItemCaseSensitive(tree, forms[form].name))
        form++;
    for (size_t i = form + 1; i < count; i++) {
        if (cJSON_GetObjectItemCaseSensitive(tree, forms[i].name))
            return refuse_invalid(error, "an event with both %s and %s", forms[form].name, forms[i].name);
    }
    if (form < count)
        return forms[form].read(tree, event, error);
    if (!tree->child || is_wake(tree)) {
        event->kind = tree->child ? LAMBDA_WAKE : LAMBDA_NOTHING;
        return TESS_OK;
    }
    return refuse_invalid(
        error,
        "an event of no known form: neither of API Gateway, a Function URL or SQS, nor with "
        "counter, uniqueGridId or SOURCE_BUCKET; it begins with \"%.60s\"",
        tree->child->string);
}

enum tess_status lambda_event_read(const char *text, size_t size, const char *base_path,
                                   struct lambda_event *event, struct tess_error *error)
{
    char why[128];
    *event = (struct lambda_event){
        .kind = LAMBDA_NOTHING, .text = text, .text_bytes = size, .base_path = base_path};
    struct json_nuls nuls = {.member = "body"};
    event->tree = json_read_with_nuls(text, size, LAMBDA_MAX_RECORDS, &nuls, why);
    if (!event->tree)
        return refuse_invalid(error, "the event is not JSON: %s", why);
    if (cJSON_IsNull(event->tree))
        return TESS_OK;
    if (!cJSON_IsObject(event->tree))
        return refuse_invalid(error, "the event is no JSON object");
    const enum tess_status status = read_form(event->tree, event, error);
    event->has_nul = nuls.in_member;
    if (status == TESS_OK && (nuls.elsewhere || (nuls.in_member && event->kind != LAMBDA_PROXY)))
        return refuse_invalid(error, "the event holds a NUL (\\u0000) where none can be meant");
    return status;
}

void lambda_event_clear(struct lambda_event *event)
{
    free(event->path);
    free(event->query);
    free(event->decoded);
    free(event->records);
    cJSON_Delete(event->tree);
    *event = (struct lambda_event){.kind = LAMBDA_NOTHING};
}
