// SPDX-License-Identifier: MIT
/* Answers on their way out: headers that all of them carry, and what keeps a browser from misreading them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "front/serve.h"
#include "front/xalloc.h"

void serve_refuse(struct exchange *exchange, int http_status, const char *code, const char *message)
{
    api_answer_clear(&exchange->answer);
    if (exchange->response)
        exchange->service->http->destroy_response(exchange->response);
    exchange->response = NULL;
    api_refuse_as(http_status, code, message, &exchange->answer);
    if (http_status == 503)
        exchange->answer.retry_after_s = 1;
    exchange->step = EXCHANGE_READY;
}

void serve_add_header(const struct exchange *exchange, const char *name, const char *value)
{
    if (exchange->response && value && value[0])
        (void)exchange->service->http->add_response_header(exchange->response, name, value);
}

static void add_cors(const struct exchange *exchange)
{
    const struct origins *origins = &exchange->service->origins;
    const char *answer = origins_answer(origins, exchange->origin);
    if (origins_vary(origins)) /* also where this one gets nothing: a cache must not hand that to the next */
        serve_add_header(exchange, "Vary", "Origin");
    if (!answer)
        return;
    serve_add_header(exchange, "Access-Control-Allow-Origin", answer);
    serve_add_header(exchange, "Access-Control-Expose-Headers",
                     "Content-Range, ETag, Retry-After, X-Request-Id, Content-Length");
    if (strcmp(exchange->method, "OPTIONS") != 0)
        return;
    serve_add_header(exchange, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    serve_add_header(exchange, "Access-Control-Allow-Headers",
                     "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, "
                     "If-Unmodified-Since, Range, X-API-Key, X-Request-Id");
    serve_add_header(exchange, "Access-Control-Max-Age", "86400");
}

/* Most of the places are taken: nobody keeps one that is not used. */
static bool is_crowded(const struct service *service)
{
    return (uint64_t)guard_connections(service->guard) * 10 >= (uint64_t)service->connections * 9;
}

static void add_headers(const struct exchange *exchange)
{
    const struct service *service = exchange->service;
    add_cors(exchange);
    serve_add_header(exchange, "X-Request-Id", exchange->request_id);
    serve_add_header(exchange, "X-Content-Type-Options", "nosniff");
    if (exchange->answer.retry_after_s > 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%u", exchange->answer.retry_after_s);
        serve_add_header(exchange, "Retry-After", seconds);
    }
    if (exchange->answer.http_status == 405)
        serve_add_header(exchange, "Allow",
                         api_allow(exchange->path) ? api_allow(exchange->path) : "GET, HEAD, OPTIONS");
    if (exchange->answer.http_status == 401)
        serve_add_header(exchange, "WWW-Authenticate", "Bearer realm=\"tessera\"");
    if (exchange->close || atomic_load(&service->draining) || is_crowded(service))
        serve_add_header(exchange, "Connection", "close");
}

static void make_json(struct exchange *exchange)
{
    struct api_answer *answer = &exchange->answer;
    exchange->response = exchange->service->http->create_response_from_buffer(
        answer->body_bytes, answer->body, MHD_RESPMEM_MUST_FREE);
    if (!exchange->response)
        return;
    answer->body = NULL; /* the response frees it */
    serve_add_header(exchange, "Content-Type", "application/json");
    serve_add_header(exchange, "Cache-Control", "no-store");
}

void serve_reply_early(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    const struct api_answer *answer = &exchange->answer;
    const union MHD_ConnectionInfo *info =
        service->http->get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char *text = xprintf("HTTP/1.1 %d Refused\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                         "Cache-Control: no-store\r\nX-Request-Id: %s\r\nConnection: close\r\n\r\n%s",
                         answer->http_status, answer->body_bytes, exchange->request_id, answer->body);
    if (info) { /* it fits, as nothing was sent before it; where not, the client is lost anyway */
        (void)send(info->connect_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)shutdown(info->connect_fd, SHUT_WR);
    }
    free(text);
    exchange->answered_early = true;
}

enum MHD_Result serve_reply(struct exchange *exchange)
{
    struct service *service = exchange->service;
    if (!exchange->response)
        make_json(exchange);
    if (!exchange->response)
        return MHD_NO; /* no memory: the connection is closed */
    guard_enter(exchange->guard, GUARD_ANSWER, exchange->answer.body_bytes);
    atomic_fetch_add(&service->metrics.answer_bytes, exchange->answer.body_bytes);
    add_headers(exchange);
    const enum MHD_Result result = service->http->queue_response(
        exchange->connection, (unsigned)exchange->answer.http_status, exchange->response);
    service->http->destroy_response(exchange->response); /* the connection holds its own reference */
    exchange->response = NULL;
    return result;
}
