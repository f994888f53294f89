// SPDX-License-Identifier: MIT
#include "front/lambda_handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/api_query.h"
#include "front/json_in.h"
#include "front/refuse.h"
#include "front/xalloc.h"

#define KINDS(kind) (1U << (kind))

static const struct {
    const char *name, *alias;
    unsigned kinds;    /* of events that it takes */
    const char *allow; /* NULL: as the path says */
} handlers[HANDLER_UNKNOWN] = {
    [HANDLER_API] = {"api", NULL,
                     KINDS(LAMBDA_PROXY) | KINDS(LAMBDA_COUNTER) | KINDS(LAMBDA_GRID) | KINDS(LAMBDA_BUCKET) |
                         KINDS(LAMBDA_RECORDS),
                     NULL},
    [HANDLER_ADD_IMAGE] = {"add_image", NULL, KINDS(LAMBDA_PROXY), "POST, PUT, OPTIONS"},
    [HANDLER_GENERATE_GRID] = {"generate_grid", "create_grid",
                               KINDS(LAMBDA_PROXY) | KINDS(LAMBDA_GRID) | KINDS(LAMBDA_BUCKET) |
                                   KINDS(LAMBDA_RECORDS),
                               "GET, POST, OPTIONS"},
    [HANDLER_HIT_COUNT] = {"getHitCount", "hit_counter",
                           KINDS(LAMBDA_PROXY) | KINDS(LAMBDA_COUNTER) | KINDS(LAMBDA_NOTHING),
                           "GET, HEAD, POST, OPTIONS"},
};

static const char *const kind_names[] = {
    [LAMBDA_PROXY] = "an HTTP request",  [LAMBDA_COUNTER] = "a counter",
    [LAMBDA_GRID] = "a grid id",         [LAMBDA_BUCKET] = "a bucket's name",
    [LAMBDA_RECORDS] = "a batch of SQS", [LAMBDA_NOTHING] = "nothing at all",
    [LAMBDA_WAKE] = "a wake-up",
};

enum lambda_handler lambda_handler_find(const char *text)
{
    if (!text)
        return HANDLER_API;
    const char *dot = strrchr(text, '.');
    const char *name = dot ? dot + 1 : text;
    unsigned handler = 0;
    while (handler < HANDLER_UNKNOWN && strcmp(name, handlers[handler].name) != 0 &&
           !(handlers[handler].alias && strcmp(name, handlers[handler].alias) == 0))
        handler++;
    return (enum lambda_handler)handler;
}

const char *lambda_handler_names(void)
{
    return "api, add_image, generate_grid (or create_grid), getHitCount (or hit_counter)";
}

const char *lambda_handler_name(enum lambda_handler handler)
{
    return handler < HANDLER_UNKNOWN ? handlers[handler].name : "unknown";
}

enum tess_status lambda_handler_accepts(enum lambda_handler handler, enum lambda_kind kind,
                                        struct tess_error *error)
{
    if (handler < HANDLER_UNKNOWN && (kind == LAMBDA_WAKE || handlers[handler].kinds & KINDS(kind)))
        return TESS_OK;
    *error = (struct tess_error){.status = TESS_ERR_INVALID};
    (void)snprintf(error->message, sizeof error->message, "the handler %s takes no event with %s",
                   lambda_handler_name(handler), kind_names[kind]);
    return TESS_ERR_INVALID;
}

const char *lambda_handler_allow(enum lambda_handler handler, const struct lambda_event *event)
{
    const char *own = handler < HANDLER_UNKNOWN ? handlers[handler].allow : NULL;
    return own ? own : api_allow(event->path);
}

/* Is it in a list such as "GET, HEAD, OPTIONS"? */
static bool is_listed(const char *allow, const char *method)
{
    const size_t size = strlen(method);
    for (const char *at = allow; size > 0 && (at = strstr(at, method)); at += size) {
        if ((at == allow || at[-1] == ' ') && (at[size] == ',' || at[size] == '\0'))
            return true;
    }
    return false;
}

/* The route's parameter "counter" or "name", wherever it is in the route; of REST APIs it is still encoded.
 * NULL: there is none, or it is no text. For free(). */
static char *named_by_path(const struct lambda_event *event)
{
    const cJSON *parameters = json_member(event->tree, "pathParameters");
    const char *name = json_text(parameters, "counter");
    name = name ? name : json_text(parameters, "name");
    if (!name || name[0] == '\0')
        return NULL;
    return event->trust == PATH_AS_SENT ? api_decode(name, strlen(name), false) : xstrdup(name);
}

/* From the query's "counter" or "name", the path /counters/NAME, a path parameter of these names, or what the
 * function is configured with. */
static enum tess_status find_counter(const struct lambda_event *event, const char *counter_name,
                                     struct api_target *target, struct tess_error *error)
{
    struct api_query query;
    enum tess_status status = api_query_read(&query, event->query, error);
    const char *asked =
        api_query_get(&query, "counter") ? api_query_get(&query, "counter") : api_query_get(&query, "name");
    if (status == TESS_OK && asked) {
        target->id = xstrdup(asked);
    } else if (status == TESS_OK) {
        const enum api_route route = api_route_find("POST", event->path, target);
        if (route != API_COUNTER_HIT)
            api_target_clear(target);
        if (!target->id)
            target->id = named_by_path(event);
        if (!target->id && counter_name)
            target->id = xstrdup(counter_name);
    }
    api_query_clear(&query);
    if (status != TESS_OK || target->id)
        return status;
    *error = (struct tess_error){.status = TESS_ERR_INVALID,
                                 .message = "which counter? Add ?counter=NAME to the address, or set "
                                            "COUNTER_NAME for the function"};
    return TESS_ERR_INVALID;
}

/* What is removed is gone: of two readings of a path none is taken. */
static enum tess_status find_route(const struct lambda_event *event, struct api_target *target,
                                   struct api_request *request, struct tess_error *error)
{
    request->route = api_route_find(event->method, event->path, target);
    target->slashes_lost = event->trust != PATH_AS_SENT;
    if (event->trust != PATH_UNSURE ||
        (request->route != API_REMOVE_GRID && request->route != API_REMOVE_IMAGE))
        return TESS_OK;
    return refuse_invalid(
        error, "the gateway hands over this path decoded, and with a %% in it nobody knows what is "
               "to be removed: send it through a route with parameters, a REST API or a Function URL");
}

/* Which request, and what it names. */
static enum tess_status find_request(enum lambda_handler handler, const struct lambda_event *event,
                                     const char *counter_name, struct api_target *target,
                                     struct api_request *request, struct tess_error *error)
{
    if (handler == HANDLER_API)
        return find_route(event, target, request, error);
    if (!is_listed(handlers[handler].allow, event->method)) {
        request->route = API_WRONG_METHOD;
        return TESS_OK;
    }
    if (handler == HANDLER_HIT_COUNT) {
        request->route = strcmp(event->method, "HEAD") == 0 ? API_COUNTER_GET : API_COUNTER_HIT;
        request->query = NULL; /* has been read */
        return find_counter(event, counter_name, target, error);
    }
    request->route = handler == HANDLER_ADD_IMAGE ? API_ADD_IMAGE : API_GENERATE_GRID;
    return TESS_OK;
}

/* A gateway that takes an image for text replaces what is none, and nobody gets the image back. */
static enum tess_status check_text(const struct lambda_event *event, enum api_route route,
                                   struct tess_error *error)
{
    if (route == API_NONE || route == API_WRONG_METHOD)
        return TESS_OK;
    if (route == API_ADD_IMAGE && (event->has_nul || event->is_spoilt)) {
        *error = (struct tess_error){
            .status = TESS_ERR_NOT_IMAGE,
            .message = "the gateway took the image for text and spoilt it: add */* to the REST API's "
                       "binaryMediaTypes and deploy it, so that bodies come in base64"};
        return TESS_ERR_NOT_IMAGE;
    }
    return event->has_nul ? refuse_invalid(error, "the body holds a NUL") : TESS_OK;
}

static enum tess_status proxy_request(enum lambda_handler handler, const struct lambda_event *event,
                                      const char *counter_name, struct api_target *target,
                                      struct api_request *request, struct tess_error *error)
{
    request->query = event->query;
    request->content_type = event->content_type;
    request->content_encoding = event->content_encoding;
    request->body = event->body;
    request->body_bytes = event->body_bytes;
    const enum tess_status status = find_request(handler, event, counter_name, target, request, error);
    return status == TESS_OK ? check_text(event, request->route, error) : status;
}

static enum tess_status direct_counter(const char *name, struct api_target *target,
                                       struct api_request *request, struct tess_error *error)
{
    request->route = API_COUNTER_HIT;
    if (name) {
        target->id = xstrdup(name);
        return TESS_OK;
    }
    *error = (struct tess_error){
        .status = TESS_ERR_INVALID,
        .message = "which counter? Send {\"counter\":\"NAME\"}, or set COUNTER_NAME for the function"};
    return TESS_ERR_INVALID;
}

enum tess_status lambda_handler_request(enum lambda_handler handler, const struct lambda_event *event,
                                        const char *counter_name, struct api_target *target_out,
                                        struct api_request *request_out, struct tess_error *error)
{
    *target_out = (struct api_target){0};
    *request_out = (struct api_request){.route = API_NONE, .target = target_out};
    enum tess_status status = lambda_handler_accepts(handler, event->kind, error);
    if (status != TESS_OK)
        return status;
    if (event->kind == LAMBDA_PROXY)
        return proxy_request(handler, event, counter_name, target_out, request_out, error);
    if (event->kind == LAMBDA_COUNTER)
        return direct_counter(event->counter, target_out, request_out, error);
    if (event->kind == LAMBDA_NOTHING)
        return direct_counter(counter_name, target_out, request_out, error);
    request_out->route = API_GENERATE_GRID;
    request_out->content_type = "application/json";
    request_out->body = event->text;
    request_out->body_bytes = event->text_bytes;
    return TESS_OK;
}
