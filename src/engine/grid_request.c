// SPDX-License-Identifier: MIT
#include "engine/grid_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/montage.h"

void tess_grid_request_defaults(struct tess_grid_request *request)
{
    *request = (struct tess_grid_request){0};
    tess_grid_options_defaults(&request->options);
}

static enum tess_status look_at_objects(struct grid_lookup *lookup, const struct backend *backend,
                                        struct tess_error *error)
{
    struct objects *objects = backend->objects;
    for (size_t i = 0; i < lookup->keys.count; i++) {
        struct object_info info = {0};
        struct tess_error trouble;
        enum tess_status status =
            objects->ops->stat(objects, backend->source_bucket, lookup->keys.keys[i], NULL, &info, &trouble);
        if (status != TESS_OK && status != TESS_ERR_NOT_FOUND) {
            if (error)
                *error = trouble;
            return status;
        }
        /* A missing object is a placeholder, and a key of its own: once the object is there, so is another
         * grid. */
        lookup->sizes_bytes[i] = status == TESS_OK ? info.size_bytes : 0;
        lookup->versions[i] = strdup(status == TESS_OK ? info.version : "");
        if (!lookup->versions[i])
            return error_set(error, TESS_ERR_MEMORY, "no memory for %zu versions", lookup->keys.count);
    }
    return TESS_OK;
}

static enum tess_format format_of(const struct tess_grid_request *request)
{
    if (request->options.format != TESS_FORMAT_AUTO || !request->output)
        return request->options.format;
    return tess_format_of_name(request->output);
}

static void make_key(struct grid_lookup *lookup, const struct tess_engine *engine,
                     const struct tess_grid_request *request)
{
    const struct grid_key_input input = {.grid_id = request->grid_id,
                                         .plan = &lookup->plan,
                                         .options = &request->options,
                                         .limits = &engine->options.limits,
                                         .count = lookup->keys.count,
                                         .keys = (const char *const *)lookup->keys.keys,
                                         .versions = (const char *const *)lookup->versions};
    grid_key_make(&input, lookup->key, lookup->sidecar_key);
}

enum tess_status grid_lookup_init(struct grid_lookup *lookup, const struct tess_engine *engine,
                                  struct tess_store *store, const struct tess_grid_request *request,
                                  struct tess_error *error)
{
    *lookup = (struct grid_lookup){0};
    enum tess_status status =
        tess_store_list(store, request->grid_id, request->options.order, &lookup->keys, error);
    if (status == TESS_OK)
        status = montage_plan(engine, &request->options, lookup->keys.count, format_of(request),
                              &lookup->plan, error);
    if (status == TESS_OK) {
        lookup->versions = calloc(lookup->keys.count, sizeof *lookup->versions);
        lookup->sizes_bytes = calloc(lookup->keys.count, sizeof *lookup->sizes_bytes);
        if (!lookup->versions || !lookup->sizes_bytes)
            status = error_set(error, TESS_ERR_MEMORY, "no memory for %zu versions", lookup->keys.count);
    }
    if (status == TESS_OK)
        status = look_at_objects(lookup, &store->backend, error);
    if (status == TESS_OK)
        make_key(lookup, engine, request);
    else
        grid_lookup_clear(lookup);
    return status;
}

void grid_lookup_clear(struct grid_lookup *lookup)
{
    for (size_t i = 0; lookup->versions && i < lookup->keys.count; i++)
        free(lookup->versions[i]);
    free(lookup->versions);
    free(lookup->sizes_bytes);
    tess_keys_clear(&lookup->keys);
    *lookup = (struct grid_lookup){0};
}

enum tess_status tess_grid_plan(struct tess_engine *engine, struct tess_store *store,
                                const struct tess_grid_request *request,
                                struct tess_plan_summary *summary_out, char key_out[TESS_KEY_MAX_BYTES + 1],
                                struct tess_error *error)
{
    struct grid_lookup lookup;
    enum tess_status status = grid_lookup_init(&lookup, engine, store, request, error);
    if (status != TESS_OK)
        return status;
    *summary_out = montage_summary(&lookup.plan, lookup.plan.tiles, 1);
    memcpy(key_out, lookup.key, sizeof lookup.key);
    grid_lookup_clear(&lookup);
    return TESS_OK;
}
