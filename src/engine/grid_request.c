// SPDX-License-Identifier: MIT
#include "engine/grid_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/caller.h"
#include "engine/montage.h"
#include "engine/store_list.h"

/* What a wide ring may take of the budget for canvases: several jobs share it. */
enum { WIDE_PART = 4 };

void tess_grid_request_defaults(struct tess_grid_request *request)
{
    *request = (struct tess_grid_request){0};
    tess_grid_options_defaults(&request->options);
}

static enum tess_format format_of(const struct tess_grid_request *request)
{
    if (request->options.format != TESS_FORMAT_AUTO || !request->output)
        return request->options.format;
    return tess_format_of_name(request->output);
}

static struct grid_key_input key_input(const struct grid_lookup *lookup)
{
    const struct grid_lookup_input *input = lookup->input;
    return (struct grid_key_input){.grid_id = input->request->grid_id,
                                   .bucket = input->request->images ? lookup->bucket : NULL,
                                   .plan = &lookup->plan,
                                   .options = &input->request->options,
                                   .limits = &input->engine->options.limits,
                                   .count = lookup->keys.count,
                                   .keys = lookup->keys.keys,
                                   .versions = lookup->versions};
}

void grid_lookup_key(const struct grid_lookup *lookup, char key_out[GRID_KEY_BYTES])
{
    const struct grid_key_input input = key_input(lookup);
    grid_key_make(&input, key_out);
}

/* Requests at once. */
static uint32_t fetches_of(const struct grid_lookup *lookup)
{
    const uint32_t chosen = lookup->input->engine->options.fetches;
    return chosen ? chosen : lookup->input->store->backend.objects->fetches;
}

/* The images that the request names; a listing of objects is in ascending order and knows no times. */
static enum tess_status find_images(struct grid_lookup *lookup, struct tess_error *error)
{
    const struct grid_lookup_input *input = lookup->input;
    const enum tess_order order = input->request->options.order;
    struct tess_keys *keys = &lookup->keys;
    if (order == TESS_ORDER_ADDED)
        return error_set(error, TESS_ERR_INVALID,
                         "order: %s stands for stored objects, which tell no time of adding",
                         input->request->images);
    enum tess_status status =
        tess_grid_id_check(input->request->grid_id, strlen(input->request->grid_id), error);
    if (status == TESS_OK)
        status = store_name_read(input->request->images, &lookup->images, error);
    if (status == TESS_OK)
        status = store_find_keys(input->store, &lookup->images, input->engine->options.limits.max_cells,
                                 input->stop, keys, error);
    lookup->bucket = lookup->images.bucket;
    for (size_t i = 0, j = keys->count; order != TESS_ORDER_KEY && i + 1 < j; i++) {
        char *key = keys->keys[i];
        keys->keys[i] = keys->keys[--j];
        keys->keys[j] = key;
    }
    return status;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Leaves of the grid's keys, which are in ascending order, those that the request names, in its order. */
static enum tess_status choose_keys(const struct tess_grid_request *request, struct tess_keys *keys,
                                    struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    char **chosen = malloc(request->key_count * sizeof *chosen);
    bool *taken = calloc(keys->count, sizeof *taken);
    if (!chosen || !taken)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for %zu keys", request->key_count);
    for (size_t i = 0; status == TESS_OK && i < request->key_count; i++) {
        char **found = bsearch(&request->keys[i], keys->keys, keys->count, sizeof *keys->keys, by_bytes);
        if (!found)
            status = error_set(error, TESS_ERR_NOT_FOUND, "there is no image %.200s in grid %.200s",
                               request->keys[i], request->grid_id);
        else if (taken[found - keys->keys])
            status = error_set(error, TESS_ERR_INVALID, "image %.200s is named twice", request->keys[i]);
        if (status != TESS_OK)
            break;
        taken[found - keys->keys] = true;
        chosen[i] = *found;
    }
    if (status == TESS_OK) {
        for (size_t i = 0; i < keys->count; i++)
            if (!taken[i])
                free(keys->keys[i]);
        free(keys->keys);
        *keys = (struct tess_keys){request->key_count, chosen};
    } else {
        free(chosen);
    }
    free(taken);
    return status;
}

/* One listing of the grid, however few of its images are wanted: it is one request on any backend. */
static enum tess_status list_named(struct grid_lookup *lookup, struct tess_error *error)
{
    const struct grid_lookup_input *input = lookup->input;
    const struct tess_grid_request *request = input->request;
    const size_t most = input->engine->options.limits.max_cells;
    const struct store_listing listing = {
        .grid_id = request->grid_id, .order = TESS_ORDER_KEY, .stop = input->stop};
    lookup->bucket = input->store->backend.source_bucket;
    if (request->images)
        return error_set(error, TESS_ERR_INVALID, "a grid is of named keys or of %.200s, not of both",
                         request->images);
    if (request->key_count == 0)
        return error_set(error, TESS_ERR_INVALID, "no images: a grid needs at least one");
    if (request->key_count > most)
        return error_limit(error, "max-cells", "%zu images are more than the limit max-cells of %zu",
                           request->key_count, most);
    enum tess_status status = store_list_keys(input->store, &listing, &lookup->keys, error);
    return status == TESS_OK ? choose_keys(request, &lookup->keys, error) : status;
}

static void offer_early(void *context, const char *key)
{
    early_offer(context, key);
}

static enum tess_status list_images(struct grid_lookup *lookup, struct tess_error *error)
{
    const struct grid_lookup_input *input = lookup->input;
    const struct backend *backend = &input->store->backend;
    const struct early_config config = {.engine = input->engine,
                                        .store = input->store,
                                        .bucket = backend->source_bucket,
                                        .options = &input->request->options,
                                        .format = format_of(input->request),
                                        .stop = input->stop};
    lookup->bucket = backend->source_bucket;
    if (input->building && backend->objects->remote && input->request->options.order != TESS_ORDER_ADDED)
        lookup->early = early_create(&config);
    const struct store_listing listing = {.grid_id = input->request->grid_id,
                                          .order = input->request->options.order,
                                          .most = input->engine->options.limits.max_cells,
                                          .stop = input->stop,
                                          .on_key = lookup->early ? offer_early : NULL,
                                          .context = lookup->early};
    enum tess_status status = store_list_keys(input->store, &listing, &lookup->keys, error);
    if (lookup->early)
        early_listed(lookup->early);
    return status;
}

enum tess_status grid_lookup_init(struct grid_lookup *lookup, const struct grid_lookup_input *input,
                                  struct tess_error *error)
{
    const struct tess_grid_request *request = input->request;
    *lookup = (struct grid_lookup){.input = input};
    enum tess_status status;
    if (request->keys)
        status = list_named(lookup, error);
    else
        status = request->images ? find_images(lookup, error) : list_images(lookup, error);
    if (status == TESS_OK)
        status = montage_plan(input->engine, &request->options, lookup->keys.count, format_of(request),
                              &lookup->plan, error);
    if (status == TESS_OK && input->store->backend.objects->remote)
        plan_widen(&lookup->plan, 2 * fetches_of(lookup), /* being read, and waiting for a worker */
                   budget_share_bytes(input->engine->budget, BUDGET_CANVAS) / WIDE_PART);
    if (status == TESS_OK) {
        lookup->versions = calloc(lookup->keys.count, sizeof *lookup->versions);
        if (!lookup->versions)
            status = error_set(error, TESS_ERR_MEMORY, "no memory for %zu versions", lookup->keys.count);
    }
    if (status == TESS_OK) {
        const struct grid_key_input names = key_input(lookup);
        grid_key_make_sidecar(&names, lookup->sidecar_key);
    } else {
        grid_lookup_clear(lookup);
    }
    return status;
}

void grid_lookup_clear(struct grid_lookup *lookup)
{
    early_destroy(lookup->early);
    free(lookup->versions);
    tess_keys_clear(&lookup->keys);
    *lookup = (struct grid_lookup){0};
}

struct versions_loop {
    struct grid_lookup *lookup;
    const char *grid_key;
    struct object_info *grid_out;
};

/* Turn 0 is the grid itself, the others are the images. */
static enum tess_status look_at_one(void *context, size_t index, struct tess_error *error)
{
    const struct versions_loop *loop = context;
    struct grid_lookup *lookup = loop->lookup;
    const struct backend *backend = &lookup->input->store->backend;
    struct object_info info = {0};
    const bool grid = index == 0;
    if (grid && !loop->grid_key)
        return TESS_OK;
    enum tess_status status = backend->objects->ops->stat(
        backend->objects, grid ? backend->dest_bucket : lookup->bucket,
        grid ? loop->grid_key : lookup->keys.keys[index - 1], lookup->input->stop, &info, error);
    if (status != TESS_OK && status != TESS_ERR_NOT_FOUND)
        return status;
    /* A missing object is a placeholder, and a key of its own: once the object is there, so is another grid.
     */
    if (status == TESS_ERR_NOT_FOUND)
        info = (struct object_info){0};
    if (grid)
        *loop->grid_out = info;
    else
        memcpy(lookup->versions[index - 1], info.version, OBJECT_VERSION_BYTES);
    return TESS_OK;
}

enum tess_status grid_lookup_versions(struct grid_lookup *lookup, const char *grid_key,
                                      struct object_info *grid_out, struct tess_error *error)
{
    const struct objects *objects = lookup->input->store->backend.objects;
    struct versions_loop loop = {lookup, grid_key, grid_out};
    atomic_uint *looking = &lookup->input->engine->looking;
    const uint32_t sharing = atomic_fetch_add(looking, 1) + 1;
    /* Looking at a file takes less than starting a thread for it. */
    const uint32_t threads = objects->remote ? fetches_of(lookup) / sharing : 1;
    enum tess_status status = parallel_for(lookup->keys.count + 1, threads, look_at_one, &loop, error);
    atomic_fetch_sub(looking, 1);
    return status;
}

enum tess_status tess_grid_plan(struct tess_engine *engine, struct tess_store *store,
                                const struct tess_grid_request *request,
                                struct tess_plan_summary *summary_out, char key_out[TESS_KEY_MAX_BYTES + 1],
                                struct tess_error *error)
{
    const struct caller caller = caller_from_now(&request->watch, &engine->options.limits);
    const struct stop stop = {caller_must_stop, &caller};
    const struct grid_lookup_input input = {engine, store, request, &stop, false};
    struct grid_lookup lookup;
    enum tess_status status = grid_lookup_init(&lookup, &input, error);
    if (status != TESS_OK)
        return status;
    status = grid_lookup_versions(&lookup, NULL, NULL, error);
    if (status == TESS_OK) {
        *summary_out = montage_summary(&lookup.plan, lookup.plan.tiles, 1);
        grid_lookup_key(&lookup, key_out);
    }
    grid_lookup_clear(&lookup);
    return status;
}
