// SPDX-License-Identifier: MIT
/* One function a route; the table at the end says which. api_grid.c has the one that builds. */
#include "front/api_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/api_image.h"
#include "front/json_out.h"
#include "front/refuse.h"
#include "front/xalloc.h"

static const char id_name[] = "uniqueGridId";

void api_answer_clear(struct api_answer *answer)
{
    free(answer->body);
    *answer = (struct api_answer){0};
}

void api_answer_json(struct api_answer *answer, int http_status, cJSON *json)
{
    free(answer->body);
    answer->http_status = http_status;
    answer->body = json_print(json);
    answer->body_bytes = strlen(answer->body);
    cJSON_Delete(json);
}

/* What went wrong on the server's side is 5xx, also where the store said "denied" of our own credentials. */
int api_http_status(const struct tess_error *error)
{
    switch (error->status) {
    case TESS_OK:
        return 200;
    case TESS_ERR_INVALID:
        return 400;
    case TESS_ERR_LIMIT:
        return strcmp(error->limit, "max-bytes") == 0 || strcmp(error->limit, "body-bytes") == 0 ? 413 : 400;
    case TESS_ERR_NOT_FOUND:
        return 404;
    case TESS_ERR_NOT_IMAGE:
        return 415;
    case TESS_ERR_CORRUPT:
    case TESS_ERR_TILE_FAILED:
        return 422;
    case TESS_ERR_EXISTS: /* of keys that we choose, or where two writers met: another try has another */
    case TESS_ERR_BUSY:
    case TESS_ERR_MEMORY:
    case TESS_ERR_CANCELLED:
        return 503;
    case TESS_ERR_TIMEOUT:
        return 504;
    case TESS_ERR_UNSUPPORTED:
        return 501;
    case TESS_ERR_IO:
    case TESS_ERR_DENIED:
    case TESS_ERR_SETUP:
    case TESS_ERR_INTERNAL:
        break;
    }
    return 500;
}

/* What went wrong on this side is told without names of buckets, servers, accounts and folders, which are
 * nobody's business but the operator's: the log has them, under the request's id. NULL: the caller may know.
 */
const char *api_words_for_strangers(enum tess_status status)
{
    switch (status) {
    case TESS_OK:
    case TESS_ERR_INVALID:
    case TESS_ERR_LIMIT:
    case TESS_ERR_NOT_FOUND:
    case TESS_ERR_NOT_IMAGE:
    case TESS_ERR_CORRUPT:
    case TESS_ERR_UNSUPPORTED:
    case TESS_ERR_CANCELLED:
    case TESS_ERR_TILE_FAILED:
        return NULL;
    case TESS_ERR_SETUP:
    case TESS_ERR_DENIED:
        return "the service is not set up completely; its log says what is missing";
    case TESS_ERR_BUSY:
    case TESS_ERR_EXISTS:
        return "the store is busy or away; try again";
    case TESS_ERR_MEMORY:
        return "the service is short of memory, threads or files; try again";
    case TESS_ERR_TIMEOUT:
        return "time was over before the request was done; try again, or ask for less";
    case TESS_ERR_IO:
    case TESS_ERR_INTERNAL:
        break;
    }
    return "the service failed; its log says why";
}

/* `words` are told in the place of the error's own; NULL: those. `result` may be NULL. */
static void refuse_in_words(const struct tess_error *error, const char *words,
                            const struct tess_result *result, struct api_answer *answer_out)
{
    struct tess_error told = *error;
    cJSON *json = json_object();
    if (words)
        (void)snprintf(told.message, sizeof told.message, "%s", words);
    json_add_error(json, &told);
    (void)snprintf(answer_out->detail, sizeof answer_out->detail, "%s", words ? error->message : "");
    if (result) {
        json_add_failed(json, result);
        api_hide_reasons(json, result, answer_out);
    }
    answer_out->outcome = error->status;
    api_answer_json(answer_out, api_http_status(error), json);
    if (answer_out->http_status == 503)
        answer_out->retry_after_s = 1;
}

void api_refuse(const struct tess_error *error, struct api_answer *answer_out)
{
    api_refuse_cells(error, NULL, answer_out);
}

/* The first cell that failed, in strict mode the reason why the whole did. */
static enum tess_status first_failure(const struct tess_result *result)
{
    for (size_t i = 0; i < result->cell_count; i++)
        if (result->cells[i].status != TESS_OK)
            return result->cells[i].status;
    return TESS_OK;
}

void api_refuse_cells(const struct tess_error *error, const struct tess_result *result,
                      struct api_answer *answer_out)
{
    struct tess_error told = *error;
    const enum tess_status first = result ? first_failure(result) : TESS_OK;
    /* Where the store is to blame for a cell, it is for the whole. */
    if (error->status == TESS_ERR_TILE_FAILED && api_words_for_strangers(first))
        told.status = first;
    /* A limit is ours, and its words are of use. */
    const char *words = told.limit[0] == '\0' ? api_words_for_strangers(told.status) : NULL;
    if (first != TESS_OK && told.status == TESS_ERR_NOT_FOUND)
        words = "not one image of the grid is in the store";
    else if (told.status == TESS_ERR_TILE_FAILED && first == TESS_ERR_NOT_FOUND)
        words = "an image of the grid is not in the store";
    refuse_in_words(&told, words, result, answer_out);
}

void api_refuse_as(int http_status, const char *code, const char *message, struct api_answer *answer_out)
{
    cJSON *json = json_object();
    json_add_text(json, "message", message);
    json_add_text(json, "code", code);
    answer_out->outcome = TESS_ERR_INVALID;
    api_answer_json(answer_out, http_status, json);
}

enum tess_status api_check_query(const struct api_query *query, const char *const *names,
                                 struct tess_error *error)
{
    for (size_t i = 0; i < query->count; i++) {
        const char *const *name = names;
        while (*name && strcmp(*name, query->parameters[i].name) != 0)
            name++;
        if (!*name)
            return api_unknown_parameter(query->parameters[i].name, names, error);
    }
    return TESS_OK;
}

enum tess_status api_find_grid_id(const struct api_query *query, const char **grid_id_out,
                                  struct tess_error *error)
{
    const char *grid_id = api_query_get(query, id_name);
    if (!grid_id) {
        *error = (struct tess_error){.status = TESS_ERR_INVALID,
                                     .message = "which grid? Add ?uniqueGridId=ID to the address"};
        return TESS_ERR_INVALID;
    }
    *grid_id_out = grid_id;
    return tess_grid_id_check(grid_id, strlen(grid_id), error);
}

static enum tess_status add_image(struct api_call *call, struct tess_error *error)
{
    struct api_request *request = call->request;
    char key[TESS_KEY_MAX_BYTES + 1] = "";
    uint64_t size_bytes = 0;
    enum tess_status status = TESS_OK;
    if (!request->image) {
        request->image = api_image_open(call->api, request, error);
        if (!request->image)
            return error->status;
        if (request->body_bytes > 0)
            status = api_image_take(request->image, request->body, request->body_bytes, error);
    }
    if (status != TESS_OK)
        return status; /* api_run() drops what was begun */
    status = api_image_commit(request->image, key, &size_bytes, error);
    request->image = NULL;
    if (status != TESS_OK)
        return status;
    cJSON *json = json_object();
    json_add_text(json, "message", "image saved");
    json_add_integer(json, "image_size", (int64_t)size_bytes);
    json_add_text(json, "s3Key", key);
    api_answer_json(call->answer, 200, json);
    return TESS_OK;
}

static enum tess_status upload_url(struct api_call *call, struct tess_error *error)
{
    static const char *const names[] = {id_name, "type", "expires", NULL};
    struct tess_upload_link_request request = {.media_type = api_query_get(&call->query, "type"),
                                               .link_base = call->request->link_base};
    struct tess_grid_options options = call->api->settings->grid;
    const char *expires = api_query_get(&call->query, "expires");
    enum tess_status status = api_check_query(&call->query, names, error);
    if (status == TESS_OK)
        status = api_find_grid_id(&call->query, &request.grid_id, error);
    if (status == TESS_OK && expires)
        status = tess_grid_options_set(&options, "expires", expires, error);
    request.expires_s = options.expires_s;
    struct tess_upload_link link = {0};
    if (status == TESS_OK)
        status = tess_upload_link_create(call->api->store, &request, &link, error);
    if (status != TESS_OK)
        return status;
    char expires_at[32];
    json_format_time((time_t)link.expires_at_s, expires_at);
    cJSON *json = json_object();
    json_add_text(json, "message", "upload link");
    json_add_text(json, "upload_url", link.url);
    json_add_text(json, "method", "PUT");
    json_add_text(json, "s3Key", link.key);
    json_add_text(json, "expires_at", expires_at);
    tess_upload_link_clear(&link);
    api_answer_json(call->answer, 200, json);
    return TESS_OK;
}

static enum tess_status list_grid(struct api_call *call, struct tess_error *error)
{
    static const char *const names[] = {"order", NULL};
    struct tess_grid_options options = call->api->settings->grid;
    const char *order = api_query_get(&call->query, "order"), *grid_id = call->request->target->id;
    struct tess_keys keys;
    enum tess_status status = api_check_query(&call->query, names, error);
    if (status == TESS_OK && order)
        status = tess_grid_options_set(&options, "order", order, error);
    if (status == TESS_OK)
        status = tess_store_list(call->api->store, grid_id, options.order, &keys, error);
    if (status != TESS_OK)
        return status;
    cJSON *json = json_object();
    json_add_text(json, "grid_id", grid_id);
    json_add_integer(json, "count", (int64_t)keys.count);
    json_add(json, "keys", json_strings((const char *const *)keys.keys, keys.count));
    tess_keys_clear(&keys);
    api_answer_json(call->answer, 200, json);
    return TESS_OK;
}

/* Is there a grid of that id? TESS_OK: no. */
static enum tess_status expect_no_grid(const struct api *api, const char *grid_id,
                                       const struct api_target *target, struct tess_error *error)
{
    struct tess_keys keys;
    const enum tess_status status = tess_store_list(api->store, grid_id, TESS_ORDER_DEFAULT, &keys, error);
    if (status == TESS_ERR_NOT_FOUND)
        return TESS_OK;
    if (status != TESS_OK)
        return status;
    tess_keys_clear(&keys);
    return tess_error_fill(
        error, TESS_ERR_EXISTS, NULL,
        "the gateway hands over paths decoded: this may be an image of the grid \"%.60s\" or mean "
        "the grid \"%.60s\", and both may be there; use a REST API, a Function URL or tessera remove",
        target->id, grid_id);
}

/*
 * Of a path whose slashes were lost, "a/b/c" may be the image b/c of grid a, the image c of grid a/b, or the
 * grid a/b/c. The first is removed where the other two are not there.
 */
static enum tess_status check_readings(const struct api *api, const struct api_target *target,
                                       struct tess_error *error)
{
    enum { MAX_SLASHES = 16 }; /* of a key: each costs a question to the store */
    enum tess_status status = TESS_OK;
    unsigned slashes = 0;
    for (const char *at = target->key; status == TESS_OK && at; slashes++) {
        const char *slash = strchr(at, '/');
        const size_t size = slash ? (size_t)(slash - target->key) : strlen(target->key);
        char *grid_id = xprintf("%s/%.*s", target->id, (int)size, target->key);
        if (slashes == MAX_SLASHES)
            status =
                refuse_invalid(error, "the gateway hands over paths decoded, and this has too many slashes "
                                      "to tell grid and image apart; use a REST API or a Function URL");
        else if (tess_grid_id_check(grid_id, strlen(grid_id), NULL) == TESS_OK)
            status = expect_no_grid(api, grid_id, target, error);
        free(grid_id);
        at = slash ? slash + 1 : NULL;
    }
    return status;
}

static enum tess_status remove_images(struct api_call *call, struct tess_error *error)
{
    static const char *const names[] = {NULL};
    const struct api_target *target = call->request->target;
    const bool whole = call->request->route == API_REMOVE_GRID;
    const char *grid_id = target->id, *key = whole ? NULL : target->key;
    size_t removed = 0;
    enum tess_status status = api_check_query(&call->query, names, error);
    if (status == TESS_OK && target->slashes_lost && key)
        status = check_readings(call->api, target, error);
    if (status == TESS_ERR_EXISTS)
        api_refuse_as(409, tess_status_name(status), error->message, call->answer);
    if (status == TESS_OK)
        status = tess_store_remove(call->api->store, grid_id, &key, key ? 1 : 0, &removed, error);
    if (status != TESS_OK)
        return status;
    cJSON *json = json_object();
    json_add_text(json, "message", "removed");
    json_add_text(json, "grid_id", grid_id);
    json_add_integer(json, "removed", (int64_t)removed);
    api_answer_json(call->answer, 200, json);
    return TESS_OK;
}

static enum tess_status counter(struct api_call *call, struct tess_error *error)
{
    static const char *const names[] = {NULL};
    const char *name = call->request->target->id;
    int64_t value = 0;
    enum tess_status status = api_check_query(&call->query, names, error);
    if (status == TESS_OK && call->request->route == API_COUNTER_HIT)
        status = tess_counter_hit(call->api->store, name, &value, error);
    else if (status == TESS_OK)
        status = tess_counter_get(call->api->store, name, &value, error);
    /* Whoever counts has to know that trying again may count twice. */
    if (call->request->route == API_COUNTER_HIT && (status == TESS_ERR_IO || status == TESS_ERR_TIMEOUT))
        refuse_in_words(error, "the hit may or may not have been counted; the service's log says why", NULL,
                        call->answer);
    if (status != TESS_OK)
        return status;
    cJSON *json = json_object();
    json_add_integer(json, "value", value);
    api_answer_json(call->answer, 200, json);
    return TESS_OK;
}

static enum tess_status alive(struct api_call *call, struct tess_error *error)
{
    (void)error;
    cJSON *json = json_object();
    json_add_text(json, "status", "ok");
    json_add_text(json, "version", tess_version());
    api_answer_json(call->answer, 200, json);
    return TESS_OK;
}

static enum tess_status ready(struct api_call *call, struct tess_error *error)
{
    const enum tess_status status = tess_store_ready(call->api->store, error);
    if (status == TESS_OK)
        return alive(call, error);
    api_refuse(error, call->answer);
    call->answer->http_status = 503;
    call->answer->retry_after_s = 5;
    return TESS_OK;
}

void api_run(const struct api *api, struct api_request *request, struct api_answer *answer_out)
{
    static enum tess_status (*const handlers[API_ROUTES])(struct api_call *, struct tess_error *) = {
        [API_ADD_IMAGE] = add_image,
        [API_GENERATE_GRID] = api_generate_grid,
        [API_UPLOAD_URL] = upload_url,
        [API_LIST_GRID] = list_grid,
        [API_REMOVE_GRID] = remove_images,
        [API_REMOVE_IMAGE] = remove_images,
        [API_COUNTER_HIT] = counter,
        [API_COUNTER_GET] = counter,
        [API_HEALTHZ] = alive,
        [API_READYZ] = ready,
        [API_OPENAPI] = api_openapi,
    };
    struct tess_error error = {0};
    struct api_call call = {.api = api, .request = request, .answer = answer_out};
    *answer_out = (struct api_answer){0};
    if (request->route == API_WRONG_METHOD) {
        api_refuse_as(405, "method-not-allowed", "this address does not take that method", answer_out);
    } else if ((unsigned)request->route >= API_ROUTES || !handlers[request->route]) {
        api_refuse_as(404, "not-found", "there is nothing at this address; /openapi.json lists what there is",
                      answer_out);
    } else {
        enum tess_status status = api_query_read(&call.query, request->query, &error);
        if (status == TESS_OK)
            status = handlers[request->route](&call, &error);
        if (status != TESS_OK && !answer_out->body)
            api_refuse(&error, answer_out);
        api_query_clear(&call.query);
    }
    api_image_abort(request->image);
    request->image = NULL;
}
