// SPDX-License-Identifier: MIT
/* A grid's keys in the order that was asked for. The catalog gives ascending byte order; the rest is sorting.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/store_state.h"

struct listed {
    char *key; /* owned */
    int64_t added_ms;
};

struct listing {
    struct listed *entries;
    size_t count, capacity;
    bool out_of_memory;
};

static bool collect(void *context, const struct catalog_entry *entry)
{
    struct listing *listing = context;
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? listing->capacity * 2 : 64;
        struct listed *entries = realloc(listing->entries, capacity * sizeof *entries);
        if (!entries) {
            listing->out_of_memory = true;
            return false;
        }
        listing->entries = entries;
        listing->capacity = capacity;
    }
    char *key = strdup(entry->key);
    if (!key) {
        listing->out_of_memory = true;
        return false;
    }
    struct listed *listed = &listing->entries[listing->count++];
    listed->key = key;
    listed->added_ms = entry->added_ms;
    return true;
}

static int by_key_descending(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    return strcmp(b->key, a->key); /* strcmp compares bytes as unsigned char: UTF-8 byte order */
}

/* Rows that do not say when they were added come first; the key decides between equals. */
static int by_time_added(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    if (a->added_ms != b->added_ms)
        return a->added_ms < b->added_ms ? -1 : 1;
    return strcmp(a->key, b->key);
}

static void sort(struct listing *listing, enum tess_order order)
{
    if (order == TESS_ORDER_KEY || listing->count < 2)
        return;
    qsort(listing->entries, listing->count, sizeof *listing->entries,
          order == TESS_ORDER_ADDED ? by_time_added : by_key_descending);
}

enum tess_status tess_store_list(struct tess_store *store, const char *grid_id, enum tess_order order,
                                 struct tess_keys *keys_out, struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    const struct catalog_list request = {.grid_id = grid_id};
    struct listing listing = {0};
    *keys_out = (struct tess_keys){0};
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    if (status == TESS_OK)
        status = catalog->ops->list(catalog, &request, collect, &listing, error);
    if (status == TESS_OK && listing.out_of_memory)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for the keys of grid %s", grid_id);
    if (status == TESS_OK && listing.count == 0)
        status = error_set(error, TESS_ERR_NOT_FOUND,
                           "no images in grid %s; add some with: tessera add --grid ID IMAGE", grid_id);
    char **keys = status == TESS_OK ? malloc(listing.count * sizeof *keys) : NULL;
    if (status == TESS_OK && !keys)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for the keys of grid %s", grid_id);
    if (status == TESS_OK)
        sort(&listing, order);
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
