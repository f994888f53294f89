// SPDX-License-Identifier: MIT
/* The store's life, and the hit counters: checks, then the backends. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/store_state.h"

enum { COUNTER_NAME_MAX_BYTES = 2048 };

enum tess_status tess_store_open(const struct tess_store_config *config, struct tess_store **store_out,
                                 struct tess_error *error)
{
    const struct tess_store_config defaults = {0};
    struct tess_store *store = calloc(1, sizeof *store);
    *store_out = NULL;
    if (!store)
        return error_set(error, TESS_ERR_MEMORY, "no memory for a store");
    enum tess_status status = backend_open(config ? config : &defaults, &store->backend, error);
    if (status == TESS_OK)
        *store_out = store;
    else
        free(store);
    return status;
}

void tess_store_close(struct tess_store *store)
{
    if (!store)
        return;
    backend_close(&store->backend);
    free(store);
}

enum tess_status tess_store_init(struct tess_store *store, bool *created_out, struct tess_error *error)
{
    bool created = false;
    enum tess_status status = backend_ensure(&store->backend, &created, error);
    if (created_out) /* an embedded store has been created by opening it */
        *created_out = created || store->backend.created;
    return status;
}

size_t tess_store_check(const struct tess_store_config *config,
                        void (*report)(void *context, const struct tess_finding *finding),
                        void (*progress)(void *context, uint64_t rows), void *context)
{
    const struct tess_store_config defaults = {0};
    return backend_check(config ? config : &defaults, report, progress, context);
}

enum tess_status tess_store_ready(struct tess_store *store, struct tess_error *error)
{
    return backend_ready(&store->backend, error);
}

static enum tess_status check_name(const char *what, const char *limit, const char *name, size_t length,
                                   size_t most, struct tess_error *error)
{
    if (length == 0)
        return error_set(error, TESS_ERR_INVALID, "the %s is empty", what);
    if (length > most)
        return error_limit(error, limit, "the %s has %zu bytes, more than the limit %s of %zu", what, length,
                           limit, most);
    if (!utf8_printable(name, length))
        return error_set(error, TESS_ERR_INVALID, "the %s is not UTF-8 text without control characters",
                         what);
    return TESS_OK;
}

enum tess_status tess_grid_id_check(const char *grid_id, size_t length, struct tess_error *error)
{
    return check_name("grid id", "grid-id-bytes", grid_id, length, TESS_GRID_ID_MAX_BYTES, error);
}

void tess_keys_clear(struct tess_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        free(keys->keys[i]);
    free(keys->keys);
    *keys = (struct tess_keys){0};
}

enum tess_status tess_counter_name_check(const char *name, size_t length, struct tess_error *error)
{
    return check_name("counter's name", "counter-name-bytes", name, length, COUNTER_NAME_MAX_BYTES, error);
}

enum tess_status tess_counter_hit(struct tess_store *store, const char *name, int64_t *value_out,
                                  struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    enum tess_status status = tess_counter_name_check(name, strlen(name), error);
    return status == TESS_OK ? catalog->ops->counter_add(catalog, name, 1, value_out, error) : status;
}

enum tess_status tess_counter_get(struct tess_store *store, const char *name, int64_t *value_out,
                                  struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    enum tess_status status = tess_counter_name_check(name, strlen(name), error);
    return status == TESS_OK ? catalog->ops->counter_get(catalog, name, value_out, error) : status;
}

enum tess_status tess_counter_set(struct tess_store *store, const char *name, int64_t value,
                                  struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    enum tess_status status = tess_counter_name_check(name, strlen(name), error);
    return status == TESS_OK ? catalog->ops->counter_set(catalog, name, value, error) : status;
}

bool tess_store_is_remote(const struct tess_store *store)
{
    return store->backend.objects->remote;
}

void tess_store_stats(const struct tess_store *store, struct tess_store_stats *stats_out)
{
    backend_stats(&store->backend, stats_out);
}
