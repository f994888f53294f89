// SPDX-License-Identifier: MIT
/* What an exchange does between its headers and its answer. */
#include <stdlib.h>
#include <string.h>

#include "front/machine.h"
#include "front/multipart.h"
#include "front/page_files.h"
#include "front/refuse.h"
#include "front/serve.h"
#include "front/xalloc.h"

static void refuse_error(struct exchange *exchange, const struct tess_error *error)
{
    api_answer_clear(&exchange->answer);
    api_refuse(error, &exchange->answer);
    exchange->step = EXCHANGE_READY;
}

/* Whether what is known to come is too much; a chunked body tells as it comes. `more` is what a body may have
 * beside what is limited. */
static bool is_too_long(struct exchange *exchange, uint64_t most, uint64_t more, const char *limit)
{
    const char *length = serve_header(exchange, "Content-Length");
    if (!length || (strlen(length) <= 19 && strtoull(length, NULL, 10) <= most + more))
        return false;
    struct tess_error error;
    (void)refuse_limit(&error, limit, "a body of %.20s bytes is more than the limit %s of %llu%s", length,
                       limit, (unsigned long long)most,
                       exchange->route == API_ADD_IMAGE ? "; POST /upload_url gives a link for larger images"
                                                        : "");
    refuse_error(exchange, &error);
    return true;
}

/*
 * Room for what the body will take of memory: all of JSON, or as much of an image as waits for its way to S3
 * (files are written as they come). Bodies come as slowly as their clients like, so nobody waits for room
 * here.
 */
static bool reserve_body(struct exchange *exchange, uint64_t most)
{
    struct service *service = exchange->service;
    const char *length = serve_header(exchange, "Content-Length");
    const bool chunked = serve_header(exchange, "Transfer-Encoding") != NULL;
    const uint64_t announced = chunked ? most : length ? strtoull(length, NULL, 10) : 0;
    const uint64_t bytes = announced < most ? announced : most;
    if (atomic_fetch_add(&service->body_bytes, bytes) + bytes <= service->body_budget) {
        exchange->reserved_bytes = bytes;
        return true;
    }
    atomic_fetch_sub(&service->body_bytes, bytes);
    atomic_fetch_add(&service->metrics.refused, 1);
    serve_refuse(exchange, 503, "busy",
                 "the service receives as much at once as its memory allows; try again");
    return false;
}

static void begin_image(struct exchange *exchange)
{
    struct service *service = exchange->service;
    const uint64_t most = service->settings->engine.limits.max_input_bytes;
    const struct api_request request = {.route = exchange->route,
                                        .target = &exchange->target,
                                        .query = exchange->query,
                                        .content_type = exchange->content_type,
                                        .content_encoding = exchange->content_encoding};
    struct tess_error error;
    exchange->step = EXCHANGE_READY;
    exchange->image = api_image_open(&service->api, &request, &error);
    if (!exchange->image)
        refuse_error(exchange, &error);
    else if (!is_too_long(exchange, most, multipart_is_form(exchange->content_type) ? API_FORM_MAX_BYTES : 0,
                          "max-bytes") &&
             (!service->remote_store || reserve_body(exchange, SERVICE_SPOOL_BYTES)))
        exchange->step = EXCHANGE_BODY;
}

static void answer_preflight(struct exchange *exchange)
{
    exchange->response = exchange->service->http->create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    exchange->answer.http_status = 204;
    exchange->step = EXCHANGE_READY;
    const char *allow = strcmp(exchange->path, "*") == 0 ? "GET, HEAD, POST, PUT, DELETE, OPTIONS"
                                                         : api_allow(exchange->path);
    serve_add_header(exchange, "Allow", allow);
}

/* As JSON; other routes' bodies are counted and dropped, but for images. */
static bool reads_body(const struct exchange *exchange)
{
    return exchange->route == API_GENERATE_GRID;
}

/* Paths of the page's parts are none of the API's. */
static bool is_page(const struct exchange *exchange)
{
    return (exchange->route == API_NONE || exchange->route == API_PAGE) && page_file_find(exchange->path);
}

void serve_prepare(struct exchange *exchange)
{
    const bool page = is_page(exchange);
    exchange->step = EXCHANGE_BODY;
    if (strcmp(exchange->method, "OPTIONS") == 0 &&
        (page || strcmp(exchange->path, "*") == 0 || api_allow(exchange->path))) {
        answer_preflight(exchange);
    } else if (page && (strcmp(exchange->method, "GET") == 0 || strcmp(exchange->method, "HEAD") == 0)) {
        exchange->route = API_PAGE;
        (void)is_too_long(exchange, SERVICE_BODY_MAX_BYTES, 0, "body-bytes");
    } else if (page) {
        exchange->route = API_WRONG_METHOD;
        serve_refuse(exchange, 405, "method-not-allowed", "this address does not take that method");
    } else if (exchange->route == API_ADD_IMAGE) {
        begin_image(exchange);
    } else if (exchange->route == API_OBJECT && strcmp(exchange->method, "PUT") == 0) {
        if (!is_too_long(exchange, exchange->service->settings->engine.limits.max_input_bytes, 0,
                         "max-bytes"))
            serve_object_put(exchange);
    } else if (exchange->route == API_NONE || exchange->route == API_WRONG_METHOD) {
        struct api_request request = {.route = exchange->route, .target = &exchange->target};
        api_run(&exchange->service->api, &request, &exchange->answer);
        exchange->step = EXCHANGE_READY;
    } else if (!is_too_long(exchange, SERVICE_BODY_MAX_BYTES, 0, "body-bytes") && reads_body(exchange)) {
        (void)reserve_body(exchange, SERVICE_BODY_MAX_BYTES);
    }
}

/* What was reserved is all that is ever needed. */
static size_t room_for(const struct exchange *exchange, size_t bytes)
{
    const size_t most = exchange->reserved_bytes > bytes ? (size_t)exchange->reserved_bytes : bytes;
    return 2 * bytes < most ? 2 * bytes : most;
}

static bool take_json(struct exchange *exchange, const char *data, size_t size)
{
    const size_t have = (size_t)exchange->received_bytes - size;
    if (exchange->received_bytes > SERVICE_BODY_MAX_BYTES) {
        serve_refuse(exchange, 413, "limit", "the body is longer than the limit body-bytes of 1048576");
        return false;
    }
    if (!reads_body(exchange))
        return true;
    if (have + size > exchange->body_room) {
        const size_t room = room_for(exchange, have + size);
        char *larger = realloc(exchange->body, room);
        if (!larger) {
            serve_refuse(exchange, 503, "memory", "no memory for the request's body");
            return false;
        }
        exchange->body = larger;
        exchange->body_room = room;
    }
    memcpy(exchange->body + have, data, size);
    return true;
}

bool serve_take(struct exchange *exchange, const char *data, size_t size)
{
    struct tess_error error;
    if (!exchange->image && !exchange->upload)
        return take_json(exchange, data, size);
    if (exchange->image ? api_image_take(exchange->image, data, size, &error) == TESS_OK
                        : tess_upload_write(exchange->upload, data, size, &error) == TESS_OK)
        return true;
    refuse_error(exchange, &error);
    return false;
}

static void put_object(struct exchange *exchange)
{
    char key[TESS_KEY_MAX_BYTES + 1];
    struct tess_error error;
    const enum tess_status status = tess_upload_commit(exchange->upload, key, &error);
    exchange->upload = NULL;
    if (status != TESS_OK) {
        refuse_error(exchange, &error);
        return;
    }
    exchange->answer.http_status = 200;
    exchange->answer.body = xstrdup("{\"message\":\"image saved\"}");
    exchange->answer.body_bytes = strlen(exchange->answer.body);
}

/* Of this request alone; who comes when all are cancelled is, too. */
static const volatile int *stop_flag(const struct exchange *exchange)
{
    const volatile int *all = &exchange->service->cancel, *own = guard_stop(exchange->guard);
    return own && !__atomic_load_n(all, __ATOMIC_RELAXED) ? own : all;
}

static void run_api(struct exchange *exchange, uint32_t timeout_ms)
{
    struct service *service = exchange->service;
    struct api_request request = {.route = exchange->route,
                                  .target = &exchange->target,
                                  .query = exchange->query,
                                  .content_type = exchange->content_type,
                                  .content_encoding = exchange->content_encoding,
                                  .body = exchange->body ? exchange->body : "",
                                  .body_bytes = exchange->body ? (size_t)exchange->received_bytes : 0,
                                  .image = exchange->image,
                                  .link_base = exchange->link_base,
                                  .cancel = stop_flag(exchange),
                                  .timeout_ms = timeout_ms};
    exchange->image = NULL;
    api_run(&service->api, &request, &exchange->answer);
    if (exchange->route == API_GENERATE_GRID && !guard_is_gone(exchange->guard))
        metrics_count_grid(&service->metrics, &exchange->answer);
}

/* On a lane's thread. Waiting in the queue takes from the request's time; how long a client took to send it
 * does not. */
static void run_task(struct lane_task *task)
{
    struct exchange *exchange = (struct exchange *)task;
    struct service *service = exchange->service;
    const int64_t spent_ms = (machine_now_ns() - exchange->whole_ns) / 1000000;
    if (guard_is_gone(exchange->guard)) {
        exchange->answer.http_status = SERVICE_CLIENT_LEFT; /* nobody would know what became of it */
    } else if (exchange->route == API_OBJECT) {
        put_object(exchange);
    } else if (exchange->route == API_GENERATE_GRID && spent_ms >= (int64_t)service->timeout_ms) {
        api_refuse_as(504, "timeout", "the request's time was over before its turn came", &exchange->answer);
    } else {
        const int64_t left_ms = (int64_t)service->timeout_ms - spent_ms;
        run_api(exchange, exchange->route == API_GENERATE_GRID ? (uint32_t)left_ms : 0);
    }
    exchange->step = EXCHANGE_READY;
    exchange->service->http->resume_connection(exchange->connection);
}

/* What takes no longer than handing it over would. */
static bool is_quick(const struct exchange *exchange)
{
    const enum api_route route = exchange->route;
    return route == API_HEALTHZ || route == API_OPENAPI || route == API_METRICS || route == API_PAGE ||
           (route == API_OBJECT && !exchange->upload) ||
           ((route == API_COUNTER_GET || route == API_READYZ) && !exchange->service->remote_store);
}

static void run_at_once(struct exchange *exchange)
{
    struct service *service = exchange->service;
    exchange->step = EXCHANGE_READY;
    if (exchange->route == API_PAGE) {
        serve_page(exchange);
    } else if (exchange->route == API_OBJECT) {
        serve_object(exchange);
    } else if (exchange->route == API_METRICS) {
        char *text = metrics_print(service);
        exchange->response =
            exchange->service->http->create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
        exchange->answer.http_status = 200;
        serve_add_header(exchange, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    } else {
        run_api(exchange, 0);
    }
}

bool serve_run(struct exchange *exchange)
{
    struct service *service = exchange->service;
    if (exchange->route == API_READYZ && atomic_load(&service->draining)) {
        serve_refuse(exchange, 503, "draining", "the service is about to stop");
        return false;
    }
    if (is_quick(exchange)) {
        run_at_once(exchange);
        return false;
    }
    const enum service_lane which = exchange->route == API_GENERATE_GRID ? LANE_GRID : LANE_STORE;
    struct lane *lane = service->lanes[which];
    if (!lane_reserve(lane)) {
        const struct lane_state state = lane_look(lane);
        atomic_fetch_add(&service->metrics.refused, 1);
        serve_refuse(exchange, 503, "busy", "the service has all the work that it can take; try again later");
        exchange->answer.retry_after_s = lane_retry_after_s(&state);
        return false;
    }
    exchange->task.run = run_task;
    exchange->step = EXCHANGE_WAITING;
    exchange->whole_ns = machine_now_ns();
    /* First suspended, then handed over: from then on all of the exchange is the lane's, which may be done
     * with it before submit returns. */
    exchange->service->http->suspend_connection(exchange->connection);
    lane_submit(lane, &exchange->task);
    return true;
}
