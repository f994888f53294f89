// SPDX-License-Identifier: MIT
/*
 * libmicrohttpd's callbacks: the steps of an exchange.
 *
 *     serve_begin    request line     → NEW
 *     serve_handle   headers          → checks; BODY, DISCARD, WAITING or READY
 *                    pieces of body   → the upload or the JSON buffer
 *                    end of body      → WAITING (suspended) or READY
 *                    resumed          → READY: the answer is queued
 *     serve_end      always, once
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/machine.h"
#include "front/serve.h"
#include "front/xalloc.h"

void serve_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode what)
{
    struct service *service = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            service->http->get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context = info ? guard_add(service->guard, info->connect_fd) : NULL;
    } else {
        guard_remove(service->guard, *socket_context);
        *socket_context = NULL;
    }
}

/* Path and query of a target: in the form for proxies ("http://host/path"), too, which servers have to take,
 * and whose host counts instead of the header's (RFC 9112, section 3.2.2). */
static void take_target(struct exchange *exchange, const char *target)
{
    const char *host = strncasecmp(target, "http://", 7) == 0    ? target + 7
                       : strncasecmp(target, "https://", 8) == 0 ? target + 8
                                                                 : NULL;
    const char *path = host ? host + strcspn(host, "/?") : target, *mark = strchr(path, '?');
    if (host)
        exchange->target_host = xprintf("%.*s", (int)(path - host), host);
    exchange->query = mark ? xstrdup(mark + 1) : NULL;
    const size_t size = mark ? (size_t)(mark - path) : strlen(path);
    exchange->uri = size == 0 && host ? xstrdup("/") : xprintf("%.*s", (int)size, path);
}

/*
 * The query is ours to read. libmicrohttpd 0.9.75 would keep its parameters in the connection's memory, and
 * when that is full, it answers and then waits for the rest of a request that it has answered. The text is in
 * its own buffer, which it is about to change itself.
 */
static void hide_query(const char *uri)
{
    char *mark = strchr((char *)(uintptr_t)uri, '?');
    if (mark)
        mark[1] = '\0';
}

void *serve_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct service *service = context;
    struct exchange *exchange = xcalloc(1, sizeof *exchange);
    const union MHD_ConnectionInfo *info =
        service->http->get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    exchange->service = service;
    exchange->connection = connection;
    exchange->begun_ns = machine_now_ns();
    exchange->guard = info ? info->socket_context : NULL;
    take_target(exchange, uri);
    exchange->raw.target = uri;
    exchange->raw.target_end = uri + strlen(uri);
    hide_query(uri);
    const size_t prefix = strlen(service->prefix);
    exchange->path = exchange->uri;
    if (strncmp(exchange->uri, service->prefix, prefix) == 0 && exchange->uri[prefix] == '/')
        exchange->path += prefix;
    guard_enter(exchange->guard, GUARD_HEADERS, 0);
    atomic_fetch_add(&service->metrics.in_flight, 1);
    return exchange;
}

static bool has_body(const struct exchange *exchange)
{
    const char *length = serve_header(exchange, "Content-Length");
    return (length && strspn(length, "0") != strlen(length)) || serve_header(exchange, "Transfer-Encoding");
}

/*
 * A refusal that is sent while the client still sends is often lost to it, together with the connection. So
 * the rest of a small body is read first; who announced much, or waits for "100 Continue", hears at once.
 */
static bool discards(const struct exchange *exchange)
{
    const char *expects = serve_header(exchange, "Expect");
    const char *length = serve_header(exchange, "Content-Length");
    return !exchange->close && !expects && length && strtoull(length, NULL, 10) <= SERVICE_DISCARD_MAX_BYTES;
}

static enum MHD_Result handle_headers(struct exchange *exchange, const char *method, const char *version)
{
    exchange->method = xstrdup(method);
    exchange->needs_host = strcmp(version, "HTTP/1.0") != 0;
    const union MHD_ConnectionInfo *info = exchange->service->http->get_connection_info(
        exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    exchange->raw.method = method;
    exchange->raw.version = version;
    exchange->raw.end = info ? method + info->header_size : NULL;
    if (serve_check(exchange))
        serve_prepare(exchange);
    /* Also without a body: an answer at this point would close the connection. */
    if (exchange->step == EXCHANGE_READY && (has_body(exchange) ? discards(exchange) : !exchange->close))
        exchange->step = EXCHANGE_DISCARD;
    if (exchange->step == EXCHANGE_READY)
        return serve_reply(exchange);
    guard_enter(exchange->guard, GUARD_BODY, 0);
    return MHD_YES;
}

static enum MHD_Result handle_piece(struct exchange *exchange, const char *data, size_t *data_size)
{
    exchange->received_bytes += *data_size;
    guard_received(exchange->guard, exchange->received_bytes);
    if (exchange->step == EXCHANGE_DISCARD)
        exchange->discarded_bytes += *data_size;
    else if (exchange->step == EXCHANGE_BODY && !serve_take(exchange, data, *data_size))
        exchange->step = EXCHANGE_DISCARD;
    *data_size = 0;
    /* Of a chunked body nobody knows how much is still to come: after a while the client is told, and has
     * the same again to read that before the connection is cut under what it sends. */
    if (exchange->discarded_bytes > SERVICE_DISCARD_MAX_BYTES && !exchange->answered_early)
        serve_reply_early(exchange);
    return exchange->discarded_bytes > SERVICE_LINGER_MAX_BYTES ? MHD_NO : MHD_YES;
}

enum MHD_Result serve_handle(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data, size_t *data_size,
                             void **exchange_context)
{
    (void)context, (void)connection, (void)url;
    struct exchange *exchange = *exchange_context;
    if (!exchange->method)
        return handle_headers(exchange, method, version);
    if (*data_size > 0)
        return handle_piece(exchange, data, data_size);
    if (exchange->step == EXCHANGE_BODY) {
        guard_work(exchange->guard, exchange->needs_host);
        if (serve_run(exchange))
            return MHD_YES;
    }
    if (exchange->step == EXCHANGE_DISCARD)
        exchange->step = EXCHANGE_READY;
    if (guard_is_gone(exchange->guard) || exchange->answered_early)
        return MHD_NO;
    return exchange->step == EXCHANGE_READY ? serve_reply(exchange) : MHD_YES;
}

void serve_end(void *context, struct MHD_Connection *connection, void **exchange_context,
               enum MHD_RequestTerminationCode how)
{
    (void)context, (void)connection;
    struct exchange *exchange = *exchange_context;
    if (!exchange)
        return;
    struct service *service = exchange->service;
    const double seconds = (double)(machine_now_ns() - exchange->begun_ns) / 1e9;
    if (how == MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN)
        exchange->answer.http_status = 503;
    else if (how != MHD_REQUEST_TERMINATED_COMPLETED_OK && !exchange->answered_early)
        exchange->answer.http_status = SERVICE_CLIENT_LEFT;
    metrics_count(&service->metrics, exchange->route, exchange->answer.http_status, seconds);
    atomic_fetch_add(&service->metrics.body_bytes, exchange->received_bytes);
    serve_log(exchange, seconds);
    guard_enter(exchange->guard, GUARD_IDLE, 0);
    api_image_abort(exchange->image);
    tess_upload_abort(exchange->upload);
    atomic_fetch_sub(&service->body_bytes, exchange->reserved_bytes);
    if (exchange->response)
        service->http->destroy_response(exchange->response);
    api_answer_clear(&exchange->answer);
    api_target_clear(&exchange->target);
    free(exchange->method);
    free(exchange->uri);
    free(exchange->target_host);
    free(exchange->query);
    free(exchange->link_base);
    free(exchange->body);
    free(exchange);
    *exchange_context = NULL;
    atomic_fetch_sub(&service->metrics.in_flight, 1);
}
