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
#include <time.h>
#include <unistd.h>

#include "front/page_files.h"
#include "front/serve.h"
#include "front/serve_range.h"

static void refuse_error(struct exchange *exchange, const struct tess_error *error)
{
    api_refuse(error, &exchange->answer);
    if (error->status == TESS_ERR_DENIED) /* of the link, not of ours */
        exchange->answer.http_status = 403;
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

static void answer_object(struct exchange *exchange, const struct tess_object *object)
{
    struct serve_range range;
    char text[96];
    const char *wanted = serve_header(exchange, "Range"), *condition = serve_header(exchange, "If-Range");
    if (strcmp(exchange->method, "GET") != 0 || (condition && !serve_etag_is(condition, object->etag)))
        wanted = NULL; /* HEAD knows no ranges */
    const enum serve_range_kind kind = serve_range_read(wanted, object->size_bytes, &range);
    int http_status = kind == SERVE_RANGE_PART ? 206 : 200;
    if (serve_header(exchange, "If-None-Match") &&
        serve_etag_matches(serve_header(exchange, "If-None-Match"), object->etag)) {
        http_status = 304;
        exchange->response =
            exchange->service->http->create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    } else if (kind == SERVE_RANGE_NONE) {
        serve_refuse(exchange, 416, "invalid", "the range is not within the object");
        http_status = 416;
        exchange->response = exchange->service->http->create_response_from_buffer(
            exchange->answer.body_bytes, exchange->answer.body, MHD_RESPMEM_MUST_COPY);
        (void)snprintf(text, sizeof text, "bytes */%" PRIu64, object->size_bytes);
    } else {
        exchange->response = part_of(exchange, object, &range);
        exchange->answer.body_bytes = range.size;
        (void)snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first,
                       range.first + range.size - 1, object->size_bytes);
    }
    if (!exchange->response) {
        serve_refuse(exchange, 503, "memory", "no room to answer; try again");
        return;
    }
    exchange->answer.http_status = http_status;
    if (http_status == 206 || http_status == 416)
        serve_add_header(exchange, "Content-Range", text);
    if (http_status != 304)
        serve_add_header(exchange, "Content-Type",
                         http_status == 416 ? "application/json" : object->media_type);
    add_validators(exchange, object);
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
    const bool known = serve_header(exchange, "If-None-Match") &&
                       serve_etag_matches(serve_header(exchange, "If-None-Match"), file->etag);
    exchange->answer.http_status = known ? 304 : 200;
    exchange->answer.body_bytes = known ? 0 : file->size;
    exchange->response = exchange->service->http->create_response_from_buffer(
        exchange->answer.body_bytes, (void *)(uintptr_t)file->bytes, MHD_RESPMEM_PERSISTENT);
    if (!exchange->response) {
        serve_refuse(exchange, 503, "memory", "no room to answer; try again");
        return;
    }
    serve_add_header(exchange, "ETag", etag);
    serve_add_header(exchange, "Cache-Control", "no-cache"); /* kept, but asked about */
    if (!known)
        serve_add_header(exchange, "Content-Type", file->media_type);
    serve_add_header(
        exchange, "Content-Security-Policy",
        "default-src 'self'; img-src 'self' blob: data: http: https:; connect-src 'self' http: https:; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'");
    serve_add_header(exchange, "Referrer-Policy", "no-referrer");
}
