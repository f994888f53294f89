// SPDX-License-Identifier: MIT
/*
 * A small HTTP/1.1 server on loopback for tests, one thread a connection, which answers byte for byte what
 * the test writes, however wrong that is. What it speaks below HTTP can be exchanged (tls_identity.h).
 */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SERVER_HEAD_BYTES = 16384, SERVER_CONNECTIONS = 1024 /* more end the test */ };

/* What lies between the socket and HTTP; as recv() and send(), but with a session of its own. */
struct server_transport {
    void *context;
    void *(*open)(void *context, int socket); /* blocks for the handshake; NULL: it failed */
    ssize_t (*receive)(void *session, void *buffer, size_t size);
    ssize_t (*send)(void *session, const void *data, size_t size);
    void (*close)(void *session); /* the socket stays open */
};

struct server_request {
    int socket;                         /* to answer on */
    unsigned connection, of_connection; /* both count from 0 */
    char method[16], path[2048];
    char head[SERVER_HEAD_BYTES]; /* request line and headers */
    uint8_t *body;                /* owned by the server; freed after the handler */
    size_t body_size;

    const struct server_transport *transport; /* NULL: the socket itself */
    void *session;
};

struct http_server {
    /* Answers one request; false closes the connection. Runs on many threads at once. */
    bool (*handler)(void *context, const struct server_request *request);
    void *context;
    uint16_t port;
    char base[64]; /* "http://127.0.0.1:4711" */
    _Atomic unsigned connections, requests;

    const struct server_transport *transport;
    int listener;
    pthread_t thread;
    pthread_t workers[SERVER_CONNECTIONS];
    pthread_mutex_t lock;            /* of the next */
    int sockets[SERVER_CONNECTIONS]; /* -1: closed */
    _Atomic bool stopping;
};

/* All fail the test when something goes wrong. `transport` is borrowed until the stop; NULL: plain TCP. */
void http_server_start(struct http_server *server, bool (*handler)(void *, const struct server_request *),
                       void *context);
void http_server_start_over(struct http_server *server, const struct server_transport *transport,
                            bool (*handler)(void *, const struct server_request *), void *context);
void http_server_stop(struct http_server *server); /* ends what still waits */

/* False when the client has gone. */
bool server_send(const struct server_request *request, const void *data, size_t size);
bool server_print(const struct server_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void server_reset(const struct server_request *request);       /* RST instead of a good-bye */
bool server_wait_ms(const struct http_server *server, int ms); /* false when the server is being stopped */

#endif
