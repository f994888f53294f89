// SPDX-License-Identifier: MIT
/*
 * Images out of the store. Their bytes are deleted after their mapping has gone: killed in between, that
 * leaves objects that nothing points at. A whole grid is unmapped in portions, each followed by its objects,
 * so that those are few.
 */
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/store_state.h"

enum { PORTION = 256 };

struct removal {
    const struct backend *backend;
    const char *grid_id;
    const char *const *keys;
    bool unmapped; /* already */
    atomic_size_t removed;
};

static enum tess_status remove_one(void *context, size_t index, struct tess_error *error)
{
    struct removal *removal = context;
    const struct backend *backend = removal->backend;
    const char *key = removal->keys[index];
    bool was_there = removal->unmapped;
    enum tess_status status = TESS_OK;
    if (!removal->unmapped)
        status = backend->catalog->ops->remove(backend->catalog, removal->grid_id, key, &was_there, error);
    if (status != TESS_OK || !was_there) /* another grid's image, perhaps */
        return status;
    atomic_fetch_add(&removal->removed, 1);
    /* An object that is not there is removed well; a bucket that is not there is another one than was meant.
     */
    return backend->objects->ops->remove(backend->objects, backend->source_bucket, key, error);
}

/* Nothing is unmapped while the bucket that is named is another than was meant: the images in the right one
 * would be lost. Who may delete need not be allowed to list. */
static enum tess_status check_bucket(const struct backend *backend, const char *key, struct tess_error *error)
{
    if (!backend->objects->remote) /* made when it was opened */
        return TESS_OK;
    enum tess_status status = objects_check_bucket(backend->objects, backend->source_bucket, key, error);
    return status == TESS_ERR_DENIED ? TESS_OK : status;
}

static enum tess_status remove_keys(struct removal *removal, size_t count, struct tess_error *error)
{
    const struct objects *objects = removal->backend->objects;
    return parallel_for(count, objects->remote ? objects->fetches : 1, remove_one, removal, error);
}

static enum tess_status remove_all(struct tess_store *store, struct removal *removal,
                                   struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    struct tess_keys all;
    enum tess_status status = tess_store_list(store, removal->grid_id, TESS_ORDER_KEY, &all, error);
    removal->unmapped = true;
    if (status == TESS_OK)
        status = check_bucket(&store->backend, all.keys[0], error);
    for (size_t done = 0; status == TESS_OK && done < all.count; done += PORTION) {
        const size_t count = all.count - done < PORTION ? all.count - done : PORTION;
        removal->keys = (const char *const *)all.keys + done;
        status = catalog->ops->remove_many(catalog, removal->grid_id, removal->keys, count, error);
        if (status == TESS_OK)
            status = remove_keys(removal, count, error);
    }
    tess_keys_clear(&all);
    return status;
}

enum tess_status tess_store_remove(struct tess_store *store, const char *grid_id, const char *const *keys,
                                   size_t key_count, size_t *removed_out, struct tess_error *error)
{
    struct removal removal = {.backend = &store->backend, .grid_id = grid_id, .keys = keys};
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    if (status == TESS_OK && key_count > 0)
        status = check_bucket(&store->backend, keys[0], error);
    if (status == TESS_OK)
        status = key_count > 0 ? remove_keys(&removal, key_count, error) : remove_all(store, &removal, error);
    if (removed_out)
        *removed_out = atomic_load(&removal.removed);
    if (status == TESS_OK && atomic_load(&removal.removed) == 0)
        status = error_set(error, TESS_ERR_NOT_FOUND, "nothing of that name in grid %s", grid_id);
    return status;
}
