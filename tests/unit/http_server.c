// SPDX-License-Identifier: MIT
#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct connection {
    struct http_server *server;
    unsigned index;
};

bool server_send(const struct server_request *request, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        const char *piece = (const char *)data + sent;
        const ssize_t count = request->transport
                                  ? request->transport->send(request->session, piece, size - sent)
                                  : send(request->socket, piece, size - sent, MSG_NOSIGNAL);
        if (count <= 0)
            return false;
        sent += (size_t)count;
    }
    return true;
}

bool server_print(const struct server_request *request, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return length > 0 && (size_t)length < sizeof text && server_send(request, text, (size_t)length);
}

void server_reset(const struct server_request *request)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(request->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

bool server_wait_ms(const struct http_server *server, int ms)
{
    for (; ms > 0 && !atomic_load(&server->stopping); ms -= 5) {
        const struct timespec pause = {.tv_nsec = 5000000};
        (void)nanosleep(&pause, NULL);
    }
    return !atomic_load(&server->stopping);
}

static ssize_t receive(const struct server_request *request, void *buffer, size_t size)
{
    return request->transport ? request->transport->receive(request->session, buffer, size)
                              : recv(request->socket, buffer, size, 0);
}

/* The head, up to and with the empty line; what came after it is left in `rest`. */
static bool read_head(struct server_request *request, char *rest, size_t *rest_size)
{
    size_t size = *rest_size;
    memcpy(request->head, rest, size);
    for (;;) {
        request->head[size] = '\0';
        char *end = strstr(request->head, "\r\n\r\n");
        if (end) {
            end += 4;
            *rest_size = size - (size_t)(end - request->head);
            memcpy(rest, end, *rest_size);
            *end = '\0';
            return sscanf(request->head, "%15s %2047s", request->method, request->path) == 2;
        }
        ssize_t count = receive(request, request->head + size, SERVER_HEAD_BYTES - 1 - size);
        if (count <= 0)
            return false;
        size += (size_t)count;
    }
}

static bool read_body(struct server_request *request, char *rest, size_t *rest_size)
{
    const char *length = strcasestr(request->head, "\r\ncontent-length:");
    request->body_size = length ? strtoull(length + 17, NULL, 10) : 0;
    request->body = malloc(request->body_size + 1);
    size_t size = *rest_size < request->body_size ? *rest_size : request->body_size;
    memcpy(request->body, rest, size);
    memmove(rest, rest + size, *rest_size - size);
    *rest_size -= size;
    while (size < request->body_size) {
        ssize_t count = receive(request, request->body + size, request->body_size - size);
        if (count <= 0)
            return false;
        size += (size_t)count;
    }
    request->body[size] = 0;
    return true;
}

static void *serve(void *context)
{
    sigset_t pipe;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE); /* transports may write to a client that has gone */
    (void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    struct connection connection = *(struct connection *)context;
    struct http_server *server = connection.server;
    const int on_at_once = 1; /* an answer in several pieces shall not wait for 40 ms in between */
    (void)setsockopt(server->sockets[connection.index], IPPROTO_TCP, TCP_NODELAY, &on_at_once,
                     sizeof on_at_once);
    struct server_request *request = calloc(1, sizeof *request);
    char *rest = malloc(SERVER_HEAD_BYTES);
    size_t rest_size = 0;
    free(context);
    request->socket = server->sockets[connection.index];
    request->connection = connection.index;
    request->transport = server->transport;
    if (request->transport)
        request->session = request->transport->open(request->transport->context, request->socket);
    for (bool on = !request->transport || request->session; on; request->of_connection++) {
        on = read_head(request, rest, &rest_size) && read_body(request, rest, &rest_size);
        if (on) {
            atomic_fetch_add(&server->requests, 1);
            on = server->handler(server->context, request);
        }
        free(request->body);
        request->body = NULL;
    }
    if (request->session)
        request->transport->close(request->session);
    (void)pthread_mutex_lock(&server->lock);
    (void)close(request->socket);
    server->sockets[connection.index] = -1;
    (void)pthread_mutex_unlock(&server->lock);
    free(rest);
    free(request);
    return NULL;
}

static void *listen_on(void *context)
{
    struct http_server *server = context;
    for (;;) {
        int socket = accept(server->listener, NULL, NULL);
        if (socket < 0 || atomic_load(&server->stopping)) {
            if (socket >= 0)
                (void)close(socket);
            return NULL;
        }
        if (atomic_load(&server->connections) == SERVER_CONNECTIONS) {
            /* Not answering any more would look as if the client under test had stalled. */
            (void)fprintf(stderr, "http_server: more than %d connections\n", SERVER_CONNECTIONS);
            abort();
        }
        struct connection *connection = malloc(sizeof *connection);
        /* Counted before it can be answered: tests count afterwards. */
        const unsigned index = atomic_fetch_add(&server->connections, 1);
        *connection = (struct connection){server, index};
        server->sockets[index] = socket;
        if (pthread_create(&server->workers[index], NULL, serve, connection) != 0)
            abort();
    }
}

void http_server_start(struct http_server *server, bool (*handler)(void *, const struct server_request *),
                       void *context)
{
    http_server_start_over(server, NULL, handler, context);
}

void http_server_start_over(struct http_server *server, const struct server_transport *transport,
                            bool (*handler)(void *, const struct server_request *), void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    memset(server, 0, sizeof *server);
    server->transport = transport;
    server->handler = handler;
    server->context = context;
    assert_int_equal(pthread_mutex_init(&server->lock, NULL), 0);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 128), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    (void)snprintf(server->base, sizeof server->base, "%s://127.0.0.1:%u", transport ? "https" : "http",
                   server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, listen_on, server), 0);
}

void http_server_stop(struct http_server *server)
{
    atomic_store(&server->stopping, true);
    (void)shutdown(server->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->listener);
    const unsigned count = atomic_load(&server->connections);
    for (unsigned i = 0; i < count; i++) {
        (void)pthread_mutex_lock(&server->lock);
        if (server->sockets[i] >= 0)
            (void)shutdown(server->sockets[i], SHUT_RD);
        (void)pthread_mutex_unlock(&server->lock);
        assert_int_equal(pthread_join(server->workers[i], NULL), 0);
    }
    (void)pthread_mutex_destroy(&server->lock);
}
