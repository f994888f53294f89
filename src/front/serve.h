// SPDX-License-Identifier: MIT
/*
 * The HTTP service: libmicrohttpd in front, the API (front/api.h) behind, two lanes of threads between.
 *
 *     network threads   libmicrohttpd, epoll    parse, check, take bodies piece by piece; answer at once what
 *                                               needs no wait: the page, objects, health, metrics, counters
 *                                               that are read from the embedded store
 *     lane "grid"       two threads a core      build grids
 *     lane "store"      many threads            wait for disks and servers
 *
 * A request that waits has its connection suspended, which costs no thread; its lane resumes it.
 */
#ifndef FRONT_SERVE_H
#define FRONT_SERVE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "front/api_image.h"
#include "front/http_library.h"
#include "front/origins.h"
#include "front/serve_guard.h"
#include "front/serve_hosts.h"
#include "front/serve_lane.h"
#include "front/serve_metrics.h"
#include "front/serve_raw.h"

enum service_lane { LANE_GRID, LANE_STORE, SERVICE_LANES };

enum {
    SERVICE_BODY_MAX_BYTES = 1 << 20,    /* of JSON */
    SERVICE_DISCARD_MAX_BYTES = 4 << 20, /* of a body that is refused and read to its end all the same */
    SERVICE_LINGER_MAX_BYTES = 64 << 20, /* of one whose refusal has been sent meanwhile */
    SERVICE_SPOOL_BYTES = 8 << 20,       /* of an image on its way to S3 that are kept in memory, at most */
    SERVICE_TIMEOUT_MS = 30000,          /* of a request, unless the settings say otherwise */
    SERVICE_CLIENT_LEFT = 499            /* for logs and metrics, as nginx says it: no answer was taken */
};

struct service {
    /* immutable while requests come */
    const struct settings *settings;
    struct api api;
    const struct http_library *http;
    struct MHD_Daemon *daemon;
    struct lane *lanes[SERVICE_LANES];
    struct guard *guard;
    const char *token;      /* NULL: anybody may call, but no pages of others (serve_access.h) */
    struct origins origins; /* whose pages may */
    struct hosts hosts;     /* the names it goes by */
    const char *prefix; /* the path in --public-url, "" for none: a proxy may leave it on or take it off */
    bool fixed_links;   /* --public-url: links begin there, whatever the Host header says */
    bool remote_store;
    uint32_t timeout_ms, connections;
    uint64_t body_budget;  /* bytes of bodies in memory at once; more are answered 503 */
    uint64_t start_number; /* random: request ids of two runs differ */

    /* counters without a lock */
    struct metrics metrics;
    _Atomic uint64_t next_number;
    _Atomic int64_t log_second;  /* when the library said something last */
    _Atomic int64_t log_lines;   /* how often in that second */
    _Atomic uint64_t body_bytes; /* that bodies under way may take, against body_budget */
    atomic_bool draining;
    volatile int cancel; /* set atomically: work in progress ends */
};

/* Where an exchange is. */
enum exchange_step {
    EXCHANGE_NEW,     /* the request line is there */
    EXCHANGE_BODY,    /* headers are there, the body comes */
    EXCHANGE_DISCARD, /* refused; the rest of its body is read and dropped */
    EXCHANGE_WAITING, /* suspended, a lane's */
    EXCHANGE_READY    /* the answer is there */
};

/* One request and its answer. The network thread's, but for while it is WAITING: then its lane's. */
struct exchange {
    struct lane_task task; /* first: the lane hands out a pointer to this */
    struct service *service;
    struct MHD_Connection *connection;
    struct guard_entry *guard;
    enum exchange_step step;
    int64_t begun_ns; /* request line */
    int64_t whole_ns; /* all of it was here */
    char request_id[72];

    struct raw_request raw;
    char *method, *uri, *query; /* owned; query is NULL where there is none */
    const char *path;           /* in uri, without the prefix of --public-url */
    char *target_host;          /* owned: of a target in the form for proxies; NULL: none */
    bool needs_host;            /* HTTP/1.1 */
    const char *host;           /* the one that was asked; the library's, as are all headers; NULL: none */
    const char *content_type, *content_encoding;
    const char *origin; /* of the page that asks; NULL: not told */
    char *link_base;    /* owned */
    enum api_route route;
    struct api_target target;

    char *body; /* JSON as far as it came */
    size_t body_room;
    uint64_t received_bytes;
    uint64_t reserved_bytes;    /* of the service's body_budget */
    struct api_image *image;    /* of add_image, that comes piece by piece */
    struct tess_upload *upload; /* the same for a presigned link */

    struct api_answer answer;
    struct MHD_Response *response; /* an answer that is no JSON */
    bool close;                    /* the connection, after the answer */
    uint64_t discarded_bytes;      /* of the body, since it was refused */
    bool answered_early;           /* while it still came: serve_reply_early() */
};

/* libmicrohttpd's callbacks (serve_http.c). */
void *serve_begin(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result serve_handle(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data, size_t *data_size,
                             void **exchange);
void serve_end(void *context, struct MHD_Connection *connection, void **exchange,
               enum MHD_RequestTerminationCode how);
void serve_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode what);

/* Is the request one that can be answered? Otherwise the answer says why not, and this is false
 * (serve_check.c). */
bool serve_check(struct exchange *exchange);

/* The value of a header of the request; NULL: none. Valid until the answer is queued. */
const char *serve_header(const struct exchange *exchange, const char *name);

/* Decides what the exchange needs after its headers: EXCHANGE_BODY, or READY with the answer (serve_work.c).
 */
void serve_prepare(struct exchange *exchange);
/* Takes a piece of the body. False: refused, the answer is there. */
bool serve_take(struct exchange *exchange, const char *data, size_t size);
/* The request is whole. False: answered at once (READY). True: suspended and a lane's, which resumes the
 * connection; the exchange must not be looked at. */
bool serve_run(struct exchange *exchange);

/* Queues the exchange's answer (serve_reply.c). */
enum MHD_Result serve_reply(struct exchange *exchange);
/* Sends the refusal past the library, which answers a body only when all of it has come. The connection is to
 * be closed. */
void serve_reply_early(struct exchange *exchange);
void serve_add_header(const struct exchange *exchange, const char *name, const char *value);
void serve_refuse(struct exchange *exchange, int http_status, const char *code, const char *message);

/* The page and presigned objects, into exchange->response or an answer (serve_object.c). */
void serve_page(struct exchange *exchange);
void serve_object(struct exchange *exchange);
void serve_object_put(struct exchange *exchange);

/* One line a request on stderr (serve_log.c). */
void serve_log(const struct exchange *exchange, double seconds);

/*
 * A listening socket for "HOST:PORT", "[::1]:8080" or ":8080"; *url_out (for free()) is where it can be
 * reached. Otherwise SERVE_NO_ADDRESS (what was given cannot be an address) or -1 (it cannot be listened on),
 * with words in `why_out` (serve_listen.c).
 */
enum { SERVE_NO_ADDRESS = -2 };
int serve_listen(const char *address, char **url_out, char why_out[160]);

#endif
