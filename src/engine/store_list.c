// SPDX-License-Identifier: MIT
/* A grid's keys in the order that was asked for. The catalog gives ascending or descending byte order; the
 * order of adding is sorting. */
#include "engine/store_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct listed {
    char *key; /* owned */
    int64_t added_ms;
};

struct listing {
    const struct store_listing *request;
    struct listed *entries;
    size_t count, capacity;
    bool out_of_memory, too_many;
};

static bool grow(struct listing *listing)
{
    size_t capacity = listing->capacity ? listing->capacity * 2 : 64;
    struct listed *entries = realloc(listing->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    listing->entries = entries;
    listing->capacity = capacity;
    return true;
}

static bool collect(void *context, const struct catalog_entry *entry)
{
    struct listing *listing = context;
    const struct store_listing *request = listing->request;
    if (request->most && listing->count == request->most) {
        listing->too_many = true;
        return false;
    }
    char *key = listing->count < listing->capacity || grow(listing) ? strdup(entry->key) : NULL;
    if (!key) {
        listing->out_of_memory = true;
        return false;
    }
    struct listed *listed = &listing->entries[listing->count++];
    listed->key = key;
    listed->added_ms = entry->added_ms;
    if (request->on_key && request->order != TESS_ORDER_ADDED)
        request->on_key(request->context, key);
    return true;
}

/* Rows that do not say when they were added come first; the key decides between equals. */
static int by_time_added(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    if (a->added_ms != b->added_ms)
        return a->added_ms < b->added_ms ? -1 : 1;
    return strcmp(a->key, b->key); /* strcmp compares bytes as unsigned char: UTF-8 byte order */
}

static enum tess_status list(struct tess_store *store, struct listing *listing, struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    const char *grid_id = listing->request->grid_id;
    const struct catalog_list request = {.grid_id = grid_id,
                                         .descending = listing->request->order != TESS_ORDER_KEY &&
                                                       listing->request->order != TESS_ORDER_ADDED,
                                         .stop = listing->request->stop};
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    if (status == TESS_OK)
        status = catalog->ops->list(catalog, &request, collect, listing, error);
    if (status == TESS_OK && listing->out_of_memory)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for the keys of grid %s", grid_id);
    if (status == TESS_OK && listing->too_many)
        status = error_limit(error, "max-cells", "grid %s has more images than the limit max-cells of %zu",
                             grid_id, listing->request->most);
    if (status == TESS_OK && listing->count == 0)
        status = error_set(error, TESS_ERR_NOT_FOUND, "no images in grid %s", grid_id);
    return status;
}

enum tess_status store_list_keys(struct tess_store *store, const struct store_listing *request,
                                 struct tess_keys *keys_out, struct tess_error *error)
{
    struct listing listing = {.request = request};
    *keys_out = (struct tess_keys){0};
    enum tess_status status = list(store, &listing, error);
    char **keys = status == TESS_OK ? malloc(listing.count * sizeof *keys) : NULL;
    if (status == TESS_OK && !keys)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for the keys of grid %s", request->grid_id);
    if (status == TESS_OK && request->order == TESS_ORDER_ADDED)
        qsort(listing.entries, listing.count, sizeof *listing.entries, by_time_added);
    for (size_t i = 0; i < listing.count; i++) {
        if (keys)
            keys[i] = listing.entries[i].key;
        else
            free(listing.entries[i].key);
    }
    free(listing.entries);
    if (keys)
        *keys_out = (struct tess_keys){listing.count, keys};
    return status;
}

enum tess_status tess_store_list(struct tess_store *store, const char *grid_id, enum tess_order order,
                                 struct tess_keys *keys_out, struct tess_error *error)
{
    const struct store_listing request = {.grid_id = grid_id, .order = order};
    return store_list_keys(store, &request, keys_out, error);
}
