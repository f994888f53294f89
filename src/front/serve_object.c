// SPDX-License-Identifier: MIT
/*
 * Bytes that are no JSON: presigned objects of the embedded store (with ranges and conditions, RFC 9110
 * sections 13 and 14, read straight from the file) and the page.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "front/page_files.h"
#include "front/serve.h"
#include "front/serve_condition.h"
#include "front/serve_range.h"
#include "front/xalloc.h"

static void refuse_error(struct exchange *exchange, const struct tess_error *error)
{
    if (error->status == TESS_ERR_DENIED) /* the link is, and whoever holds it may know why */
        api_refuse_as(403, tess_status_name(error->status), error->message, &exchange->answer);
    else
        api_refuse(error, &exchange->answer);
    exchange->step = EXCHANGE_READY;
}

static struct tess_link_request link_request(const struct exchange *exchange)
{
    const struct hosts *hosts = &exchange->service->hosts;
    return (struct tess_link_request){.method = exchange->method,
                                      .host = exchange->host ? exchange->host : "",
                                      .path = exchange->path,
                                      .query = exchange->query,
                                      .now_s = (int64_t)time(NULL),
                                      .other_hosts = (const char *const *)hosts->names,
                                      .other_host_count = hosts->count};
}

static void add_validators(const struct exchange *exchange, const struct tess_object *object)
{
    char text[128];
    struct tm utc;
    const time_t modified = (time_t)object->modified_s;
    (void)snprintf(text, sizeof text, "\"%s\"", object->etag);
    serve_add_header(exchange, "ETag", text);
    if (gmtime_r(&modified, &utc) && strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0)
        serve_add_header(exchange, "Last-Modified", text);
    serve_add_header(exchange, "Accept-Ranges", "bytes");
    serve_add_header(exchange, "Cache-Control", "private, max-age=300");
    /* Strangers' bytes on our origin: whatever a browser makes of them, it is no page of ours. */
    serve_add_header(exchange, "Content-Security-Policy", "default-src 'none'; sandbox");
}

static struct MHD_Response *part_of(const struct exchange *exchange, const struct tess_object *object,
                                    const struct serve_range *range)
{
    const int file = fcntl(object->fd, F_DUPFD_CLOEXEC, 0); /* the response closes it */
    if (file < 0)
        return NULL;
    struct MHD_Response *response =
        exchange->service->http->create_response_from_fd_at_offset64(range->size, file, range->first);
    if (!response)
        (void)close(file);
    return response;
}

struct collected {
    const char *name;
    char *text;
};

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                               const char *value, size_t value_size)
{
    (void)kind, (void)name_size, (void)value_size;
    struct collected *collected = context;
    if (strcasecmp(name, collected->name) != 0)
        return MHD_YES;
    char *joined = collected->text ? xprintf("%s, %s", collected->text, value) : xstrdup(value ? value : "");
    free(collected->text);
    collected->text = joined;
    return MHD_YES;
}

/* A list may come in several headers (RFC 9110, section 5.3). For free(); NULL: none. */
static char *list_header(const struct exchange *exchange, const char *name)
{
    struct collected collected = {.name = name};
    (void)exchange->service->http->get_connection_values_n(exchange->connection, MHD_HEADER_KIND, collect,
                                                           &collected);
    return collected.text;
}

static enum serve_verdict check_conditions(const struct exchange *exchange, const struct serve_state *state)
{
    char *match = list_header(exchange, "If-Match"), *none_match = list_header(exchange, "If-None-Match");
    const struct serve_conditions conditions = {.match = match,
                                                .none_match = none_match,
                                                .modified_since = serve_header(exchange, "If-Modified-Since"),
                                                .unmodified_since =
                                                    serve_header(exchange, "If-Unmodified-Since")};
    const enum serve_verdict verdict = serve_conditions_check(&conditions, state);
    free(match);
    free(none_match);
    return verdict;
}

/* A response that headers can be added to. */
static void refuse_now(struct exchange *exchange, int http_status, const char *code, const char *message)
{
    serve_refuse(exchange, http_status, code, message);
    exchange->response = exchange->service->http->create_response_from_buffer(
        exchange->answer.body_bytes, exchange->answer.body, MHD_RESPMEM_MUST_COPY);
    serve_add_header(exchange, "Content-Type", "application/json");
}

/* 304 or 412 where a condition says so; true: that is the answer. */
static bool answer_condition(struct exchange *exchange, const struct serve_state *state)
{
    const enum serve_verdict verdict = check_conditions(exchange, state);
    if (verdict == SERVE_VERDICT_KNOWN) {
        exchange->answer.http_status = 304;
        exchange->response =
            exchange->service->http->create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    } else if (verdict == SERVE_VERDICT_ELSEWISE) {
        refuse_now(exchange, 412, "precondition-failed", "it is not what the request's condition says");
    }
    return verdict != SERVE_VERDICT_GO;
}

static void answer_range(struct exchange *exchange, const struct tess_object *object,
                         const struct serve_state *state)
{
    struct serve_range range;
    char text[96];
    const bool is_get = strcmp(exchange->method, "GET") == 0; /* HEAD knows no ranges */
    const char *wanted = is_get && serve_if_range(serve_header(exchange, "If-Range"), state)
                             ? serve_header(exchange, "Range")
                             : NULL;
    const enum serve_range_kind kind = serve_range_read(wanted, object->size_bytes, &range);
    if (kind == SERVE_RANGE_NONE) {
        refuse_now(exchange, 416, "invalid", "the range is not within the object");
        (void)snprintf(text, sizeof text, "bytes */%" PRIu64, object->size_bytes);
    } else {
        exchange->answer.http_status = kind == SERVE_RANGE_PART ? 206 : 200;
        exchange->answer.body_bytes = range.size;
        exchange->response = part_of(exchange, object, &range);
        serve_add_header(exchange, "Content-Type", object->media_type);
        (void)snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first,
                       range.first + range.size - 1, object->size_bytes);
    }
    if (kind != SERVE_RANGE_ALL)
        serve_add_header(exchange, "Content-Range", text);
}

static void answer_object(struct exchange *exchange, const struct tess_object *object)
{
    const struct serve_state state = {.etag = object->etag, .modified_s = object->modified_s};
    if (!answer_condition(exchange, &state))
        answer_range(exchange, object, &state);
    if (exchange->response)
        add_validators(exchange, object);
    else
        serve_refuse(exchange, 503, "memory", "no room to answer; try again");
}

void serve_object(struct exchange *exchange)
{
    const struct tess_link_request request = link_request(exchange);
    struct tess_object object;
    struct tess_error error;
    if (tess_link_open(exchange->service->api.store, &request, &object, &error) != TESS_OK) {
        refuse_error(exchange, &error);
        return;
    }
    answer_object(exchange, &object);
    (void)close(object.fd);
}

void serve_object_put(struct exchange *exchange)
{
    const struct tess_link_request request = link_request(exchange);
    struct tess_error error;
    if (tess_link_put(exchange->service->api.store, &request,
                      exchange->service->settings->engine.limits.max_input_bytes, &exchange->upload,
                      &error) == TESS_OK)
        exchange->step = EXCHANGE_BODY;
    else
        refuse_error(exchange, &error);
}

void serve_page(struct exchange *exchange)
{
    const struct page_file *file = page_file_find(exchange->path);
    char etag[80];
    (void)snprintf(etag, sizeof etag, "\"%s\"", file->etag);
    const struct serve_state state = {.etag = file->etag, .modified_s = -1};
    if (!answer_condition(exchange, &state)) {
        exchange->answer.http_status = 200;
        exchange->answer.body_bytes = file->size;
        exchange->response = exchange->service->http->create_response_from_buffer(
            file->size, (void *)(uintptr_t)file->bytes, MHD_RESPMEM_PERSISTENT);
        serve_add_header(exchange, "Content-Type", file->media_type);
    }
    if (!exchange->response) {
        serve_refuse(exchange, 503, "memory", "no room to answer; try again");
        return;
    }
    serve_add_header(exchange, "ETag", etag);
    serve_add_header(exchange, "Cache-Control", "no-cache"); /* kept, but asked about */
    serve_add_header(
        exchange, "Content-Security-Policy",
        "default-src 'self'; img-src 'self' blob: data: http: https:; connect-src 'self' http: https:; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'");
    serve_add_header(exchange, "Referrer-Policy", "same-origin");
}
