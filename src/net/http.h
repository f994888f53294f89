// SPDX-License-Identifier: MIT
/*
 * One HTTP request and its answer, behind a vtable: the real one is http_curl.c (libcurl multi on one
 * thread), tests have fakes. No retries, no redirects, no signing: those are decided above (net/aws.h,
 * net/web.h).
 *
 * perform() blocks its caller; any number of threads may call it at once, and their transfers run side by
 * side.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/stop.h"
#include <tessera/status.h>

struct http_header {
    const char *name, *value;
};

/* What is sent. It may be asked for again from any place, so that an attempt can be repeated. */
struct http_body {
    uint64_t size_bytes;
    const void *data; /* all of it, borrowed; or NULL, and read() gives it piece by piece */
    /* Reads up to `size` bytes from `offset` on; *got_out is 0 only at the end. Called on the network thread:
     * must not wait for anything but a disk. */
    enum tess_status (*read)(void *context, uint64_t offset, void *buffer, size_t size, size_t *got_out,
                             struct tess_error *error);
    void *context;
};

enum { HTTP_HEADERS_MAX_BYTES = 64 * 1024 };
#define HTTP_NEVER_STALLS UINT32_MAX /* a stall_timeout_ms: the answer may begin after days */

/* All borrowed for the call. */
struct http_request {
    const char *method; /* "GET" */
    const char *url;    /* absolute, percent-encoded; its path is sent as it is, dots and all */
    const struct http_header *headers;
    size_t header_count;
    const struct http_body *body; /* NULL: none */
    uint64_t max_body_bytes;      /* of the answer; one that announces or sends more is HTTP_TOO_LARGE */
    uint32_t connect_timeout_ms;  /* 0: the default, 5 s */
    /* Longest time below 1 KiB/s in either direction, or without the first byte, once the connection stands;
     * 0: 10 s; HTTP_NEVER_STALLS: no limit. */
    uint32_t stall_timeout_ms;
    uint32_t total_timeout_ms;  /* 0: none */
    bool public_addresses_only; /* refuse to connect to loopback, private, link-local, … addresses */
    bool no_proxy;              /* ignore HTTP(S)_PROXY: for link-local and loopback services */
    /* A second execution would do harm. libcurl sends again by itself what it had sent on a kept connection
     * that the server closed without an answer: it is not given the means to (a body cannot be read twice),
     * and a connection that has been idle for some seconds, which the server may be about to close, is not
     * used. Only for requests with a body: without one, the connection is a fresh one. */
    bool not_repeatable;
    bool fresh_connection;   /* never on a kept connection */
    const struct stop *stop; /* NULL: none */
};

enum http_failure {
    HTTP_DONE,        /* a complete answer, whatever its status */
    HTTP_UNREACHABLE, /* no such host, connection refused, connect timeout: nothing was sent */
    HTTP_UNTRUSTED,   /* TLS: the certificate does not verify */
    HTTP_BROKEN,      /* reset, closed too early, cut short, not HTTP, headers over HTTP_HEADERS_MAX_BYTES */
    HTTP_STALLED,     /* stall_timeout_ms */
    HTTP_OUT_OF_TIME, /* total_timeout_ms */
    HTTP_TOO_LARGE,   /* max_body_bytes */
    HTTP_FORBIDDEN,   /* public_addresses_only, or a scheme that is not http or https */
    HTTP_STOPPED,     /* request->stop */
    HTTP_LOCAL /* no memory, no threads, no sockets, reading the body failed, a header with a line break */
};

struct http_response {
    enum http_failure failure;
    bool request_sent; /* the server may have received some of the request, and acted on it */
    int status;        /* 200; 0 when none came */
    uint64_t
        length_bytes;     /* Content-Length; UINT64_MAX where it is not known. Also set with HTTP_TOO_LARGE */
    struct bytes headers; /* "name\0value\0name\0value\0…", names in lower case, values trimmed */
    struct bytes body;
};
void http_response_clear(struct http_response *response); /* safe on a zeroed struct */

/* The value of the first header of that (lower-case) name; NULL: none. */
const char *http_response_header(const struct http_response *response, const char *name);

struct http;
struct http_ops {
    /*
     * TESS_OK with HTTP_DONE. Otherwise the failure's kind is in the response, the status follows from it
     * (UNREACHABLE, UNTRUSTED, BROKEN: TESS_ERR_IO; STALLED, OUT_OF_TIME: TESS_ERR_TIMEOUT; TOO_LARGE:
     * TESS_ERR_LIMIT "max-bytes"; FORBIDDEN: TESS_ERR_DENIED; STOPPED: what stop says; LOCAL:
     * TESS_ERR_MEMORY, _IO, _INVALID or what reading the body said) and the message names the host and what
     * went wrong, never the query or a header. *response_out is initialised here and the caller's to clear,
     * also on failure (then its body is empty, but status and headers are what had come).
     */
    enum tess_status (*perform)(struct http *http, const struct http_request *request,
                                struct http_response *response_out, struct tess_error *error);
    void (*destroy)(struct http *http); /* no request may be running */
};
struct http {
    const struct http_ops *ops;
};

struct http_config {
    const char *ca_bundle;  /* PEM file (AWS_CA_BUNDLE); NULL: the system's */
    const char *user_agent; /* "tessera/0.1" */
    uint32_t connections;   /* kept to one host at most; 0: 64 */
};

/*
 * The real one. libcurl is loaded here on first use (net/curl_library.h), so that commands that never talk to
 * a server do not pay for it. TESS_ERR_UNSUPPORTED when there is no libcurl, TESS_ERR_IO (the CA bundle
 * cannot be read), TESS_ERR_MEMORY.
 */
enum tess_status http_curl_create(const struct http_config *config, struct http **http_out,
                                  struct tess_error *error);

#endif
