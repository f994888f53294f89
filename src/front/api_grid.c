// SPDX-License-Identifier: MIT
/*
 * generate_grid: options from the query, keys and further options from a JSON body, then one grid.
 *
 *     POST /generate_grid?uniqueGridId=holiday&tile=256     {"keys":["b.jpg","a.jpg"],"gap":4}
 *
 * A name that is in both is refused. What looks like "s3://bucket" is a grid id like any other here: who may
 * call this may not thereby read every bucket that the service may.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/api_image.h"
#include "front/api_parts.h"
#include "front/batch_request.h"
#include "front/json_in.h"
#include "front/json_out.h"
#include "front/page_files.h"
#include "front/refuse.h"
#include "front/suggest.h"
#include "front/xalloc.h"

static const char id_name[] = "uniqueGridId", keys_name[] = "keys";

enum tess_status api_unknown_parameter(const char *name, const char *const *names, struct tess_error *error)
{
    struct suggestion suggestion;
    suggestion_begin(&suggestion, name);
    for (; *names; names++)
        suggestion_offer(&suggestion, *names);
    return refuse_invalid(error, "unknown parameter \"%.60s\"%s%s%s", name,
                          suggestion.nearest ? ", did you mean \"" : "",
                          suggestion.nearest ? suggestion.nearest : "", suggestion.nearest ? "\"?" : "");
}

static enum tess_status unknown_option(const char *name, struct tess_error *error)
{
    enum { MOST = 64 };
    const char *names[MOST] = {id_name, keys_name};
    const struct tess_option_info *info;
    for (size_t i = 0; i + 3 < MOST && (info = tess_grid_option_info(i)); i++)
        names[i + 2] = info->name;
    return api_unknown_parameter(name, names, error);
}

static enum tess_status read_query(const struct api_query *query, struct tess_grid_request *grid,
                                   struct tess_error *error)
{
    for (size_t i = 0; i < query->count; i++) {
        const char *name = query->parameters[i].name, *value = query->parameters[i].value;
        if (strcmp(name, id_name) == 0) {
            grid->grid_id = value;
            continue;
        }
        enum tess_status status = tess_grid_options_set(&grid->options, name, value, error);
        if (status == TESS_ERR_NOT_FOUND)
            return unknown_option(name, error);
        if (status != TESS_OK)
            return status;
    }
    return TESS_OK;
}

static enum tess_status read_body(const struct api_call *call, struct batch_request *body,
                                  struct tess_grid_request *grid, struct tess_error *error)
{
    const struct api_request *request = call->request;
    enum tess_status status = batch_request_parse("the body is not JSON", request->body, request->body_bytes,
                                                  call->api->settings->engine.limits.max_cells, body, error);
    if (status == TESS_OK && !cJSON_IsObject(body->tree))
        return refuse_invalid(error, "the body is no JSON object");
    const cJSON *member = status == TESS_OK ? body->tree->child : NULL;
    for (; status == TESS_OK && member; member = member->next) {
        if (api_query_get(&call->query, member->string))
            return refuse_invalid(error, "\"%.60s\" is both in the query and in the body", member->string);
        status = batch_request_member(body, member, grid, error);
    }
    return status;
}

/*
 * JSON is what says so, and what begins like an object, as curl -d sends it under the name of a form. Other
 * bodies are left alone, as those of forms and of old clients were.
 */
static bool has_json(const struct api_request *request)
{
    static const char media_type[] = "application/json";
    size_t blanks = 0;
    while (blanks < request->body_bytes && memchr(" \t\r\n", request->body[blanks], 4))
        blanks++;
    const bool named =
        request->content_type && strncasecmp(request->content_type, media_type, sizeof media_type - 1) == 0;
    return request->body_bytes > 0 &&
           (named || (blanks < request->body_bytes && request->body[blanks] == '{'));
}

void api_hide_reasons(cJSON *json, const struct tess_result *result, struct api_answer *answer)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "failed");
    item = item ? item->child : NULL;
    for (size_t i = 0; i < result->cell_count && item; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        if (cell->status == TESS_OK)
            continue;
        const char *words = cell->status == TESS_ERR_NOT_FOUND ? "there is no such image in the store"
                            : api_words_for_strangers(cell->status)
                                ? "the store did not give it; the service's log may say why"
                                : NULL;
        if (words) {
            cJSON_DeleteItemFromObjectCaseSensitive(item, "reason");
            json_add_text(item, "reason", words);
        }
        if (words && answer->detail[0] == '\0')
            (void)snprintf(answer->detail, sizeof answer->detail, "%s", cell->reason);
        item = item->next;
    }
}

static void answer_grid(struct api_answer *answer, const struct tess_answer *built)
{
    cJSON *json = json_object();
    json_add_grid(json, built);
    api_hide_reasons(json, built->result, answer);
    api_answer_json(answer, 200, json);
    answer->is_grid = true;
    answer->cached = built->cached;
    answer->tiles = built->result->tiles;
    answer->failed_tiles = (uint32_t)built->result->failed_count;
    answer->timings = built->result->timings;
}

static enum tess_status create(struct api_call *call, struct tess_grid_request *grid,
                               struct tess_error *error)
{
    struct tess_answer *built = NULL;
    grid->link_base = call->request->link_base;
    grid->watch.cancel = call->request->cancel;
    grid->watch.timeout_ms = call->request->timeout_ms;
    enum tess_status status = tess_grid_create(call->api->engine, call->api->store, grid, &built, error);
    if (status == TESS_OK) {
        answer_grid(call->answer, built);
    } else if (built) { /* which cells failed is worth knowing */
        api_refuse_cells(error, built->result, call->answer);
    }
    tess_answer_destroy(built);
    return status;
}

enum tess_status api_generate_grid(struct api_call *call, struct tess_error *error)
{
    struct tess_grid_request grid;
    struct batch_request body = {0};
    tess_grid_request_defaults(&grid);
    grid.options = call->api->settings->grid;
    enum tess_status status = read_query(&call->query, &grid, error);
    if (status == TESS_OK && call->request->body_bytes > 0)
        status = api_check_encoding(call->request->content_encoding, error);
    if (status == TESS_OK && has_json(call->request))
        status = read_body(call, &body, &grid, error);
    if (status == TESS_OK && grid.grid_id)
        status = tess_grid_id_check(grid.grid_id, strlen(grid.grid_id), error);
    else if (status == TESS_OK)
        status = refuse_invalid(error, "which grid? Add ?%s=ID to the address", id_name);
    if (status == TESS_OK)
        status = create(call, &grid, error);
    batch_request_clear(&body);
    return status;
}

enum tess_status api_openapi(struct api_call *call, struct tess_error *error)
{
    (void)error;
    const struct page_file *file = page_file_find("/openapi.json");
    call->answer->http_status = 200;
    call->answer->body_bytes = file->size;
    call->answer->body = xcalloc(file->size + 1, 1);
    memcpy(call->answer->body, file->bytes, file->size);
    return TESS_OK;
}
