// SPDX-License-Identifier: MIT
/*
 * The API of section "HTTP" in README.md, without its transport: a request of names and bytes in, an answer
 * of status and JSON out. The HTTP service and Lambda both are thin shells around api_run().
 *
 *     api_route_find("DELETE", "/grids/a%2Fb/c.jpg", &target)    → API_REMOVE_IMAGE, id "a/b", key "c.jpg"
 *     api_run(&api, &request, &answer)                           → 200 {"message":"removed",…}
 */
#ifndef FRONT_API_H
#define FRONT_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/settings.h"

enum api_route {
    API_NONE,          /* no such path */
    API_WRONG_METHOD,  /* a path that takes other methods: answer 405, see api_allow() */
    API_ADD_IMAGE,     /* POST /add_image?uniqueGridId=ID */
    API_GENERATE_GRID, /* POST /generate_grid, /create_grid */
    API_UPLOAD_URL,    /* POST /upload_url */
    API_LIST_GRID,     /* GET /grids/ID */
    API_REMOVE_GRID,   /* DELETE /grids/ID */
    API_REMOVE_IMAGE,  /* DELETE /grids/ID/KEY */
    API_COUNTER_HIT,   /* POST /counters/NAME */
    API_COUNTER_GET,   /* GET /counters/NAME */
    API_HEALTHZ,       /* GET /healthz */
    API_READYZ,        /* GET /readyz: asks the store */
    API_OPENAPI,       /* GET /openapi.json */
    API_METRICS,       /* GET /metrics: the HTTP service's own, as are those below */
    API_PAGE,          /* GET / and what the page loads */
    API_OBJECT,        /* GET and PUT /objects/BUCKET/KEY: presigned links */
    API_ROUTES
};

/* What a path names, decoded. */
struct api_target {
    char *id;  /* of the grid or counter; NULL: none */
    char *key; /* of the image; NULL: none */
    /* Whoever handed over the path had decoded it: where there is a key, the slashes may be the id's. Set by
     * who knows (a Lambda handler); nothing is removed then while a grid of another reading is there. */
    bool slashes_lost;
};
void api_target_clear(struct api_target *target);

/*
 * Which route takes the request. `path` is as received, percent-encoded, without query. HEAD is GET. A path
 * that decodes to something that cannot be a name (NUL, bad percent escape) is API_NONE. The caller clears
 * the target, whatever comes back. Pure.
 */
enum api_route api_route_find(const char *method, const char *path, struct api_target *target_out);

/*
 * For a path that somebody decoded, so that slashes of names became the path's: the path with those encoded
 * that can only be a name's, GET "/grids/a/b" → "/grids/a%2Fb". NULL where none is, or where it could be
 * otherwise (DELETE "/grids/a/b"). For free(). Pure.
 */
char *api_path_join(const char *method, const char *path);

/* "GET, HEAD, DELETE, OPTIONS": what the path takes; NULL for a path that is none. Static storage. */
const char *api_allow(const char *path);

/* "generate_grid", for metrics and logs. Static storage. */
const char *api_route_name(enum api_route route);

/* What all requests share; immutable while any runs. */
struct api {
    const struct settings *settings; /* its `grid` holds the defaults of all options */
    struct tess_engine *engine;
    struct tess_store *store;
};

/* All borrowed for the call, but for `image`. */
struct api_request {
    enum api_route route; /* of api_route_find(), or chosen by who knows better (a Lambda handler) */
    const struct api_target *target;
    const char *query;            /* as received, without the '?'; NULL or "": none */
    const char *content_type;     /* NULL: not told */
    const char *content_encoding; /* likewise */
    const char *body;             /* of add_image, unless `image` took it: the image; else JSON or nothing */
    size_t body_bytes;
    struct api_image *image;    /* add_image: has taken all of the body; taken over. NULL: see `body` */
    const char *link_base;      /* where links to the embedded store begin; NULL: as the store says */
    const volatile int *cancel; /* NULL: nothing cancels it */
    uint32_t timeout_ms;        /* time it has; 0: as the settings say */
};

struct api_answer {
    int http_status;
    char *body; /* one line of JSON, for api_answer_clear() */
    size_t body_bytes;
    uint32_t retry_after_s; /* 0: no such header */

    /* for metrics and logs */
    enum tess_status outcome;
    char detail[sizeof((struct tess_error *)0)->message]; /* what the body does not tell strangers; "" */
    bool is_grid, cached;                                 /* generate_grid that succeeded */
    uint32_t tiles, failed_tiles;
    struct tess_timings timings;
};
void api_answer_clear(struct api_answer *answer);

/*
 * Runs a request to its answer; never fails: what goes wrong is the answer. Blocks for store and engine.
 * Routes that are the HTTP service's own are answered as API_NONE. Thread-safe.
 */
void api_run(const struct api *api, struct api_request *request, struct api_answer *answer_out);

/* The answer to a request that went wrong, {"message":…,"code":…}; the status is what fits the error. */
void api_refuse(const struct tess_error *error, struct api_answer *answer_out);

/* The same with the cells that failed, "failed":[…]; `result` may be NULL. */
void api_refuse_cells(const struct tess_error *error, const struct tess_result *result,
                      struct api_answer *answer_out);

/* The same with a status of the caller's choice and a code of its own ("not-found", "method-not-allowed"). */
void api_refuse_as(int http_status, const char *code, const char *message, struct api_answer *answer_out);

/* The HTTP status that says it best: 400, 404, 409, 413, 415, 422, 500, 501, 503, 504. Pure. */
int api_http_status(const struct tess_error *error);

#endif
