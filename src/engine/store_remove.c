// SPDX-License-Identifier: MIT
/*
 * Images out of the store. Their bytes are deleted after their mapping has gone: killed in between, that
 * leaves objects that nothing points at. Many images are unmapped in portions, each in one step of the
 * catalog and followed by its objects, so that those are few. Which of many named keys are the grid's is read
 * from its list; a few are asked for one by one, which is less than a list may be.
 */
#include <stdlib.h>
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

static enum tess_status remove_mapped(struct removal *removal, const char *const *keys, size_t count,
                                      struct tess_error *error)
{
    struct catalog *catalog = removal->backend->catalog;
    enum tess_status status = TESS_OK;
    removal->unmapped = true;
    for (size_t done = 0; status == TESS_OK && done < count; done += PORTION) {
        const size_t portion = count - done < PORTION ? count - done : PORTION;
        removal->keys = keys + done;
        status = catalog->ops->remove_many(catalog, removal->grid_id, removal->keys, portion, error);
        if (status == TESS_OK)
            status = remove_keys(removal, portion, error);
    }
    return status;
}

static int by_key(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Those of the grid's keys (in order) that are among the named ones, in place. */
static enum tess_status keep_named(struct tess_keys *all, const char *const *named, size_t count,
                                   struct tess_error *error)
{
    const char **sorted = calloc(count, sizeof *sorted);
    size_t kept = 0, at = 0;
    if (!sorted)
        return error_set(error, TESS_ERR_MEMORY, "no memory to remove %zu images", count);
    memcpy(sorted, named, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_key);
    for (size_t i = 0; i < all->count; i++) {
        while (at < count && strcmp(sorted[at], all->keys[i]) < 0)
            at++;
        if (at < count && strcmp(sorted[at], all->keys[i]) == 0)
            all->keys[kept++] = all->keys[i];
        else
            free(all->keys[i]);
    }
    all->count = kept;
    free(sorted);
    return TESS_OK;
}

/* The whole grid, or those of many keys that are in it. */
static enum tess_status remove_listed(struct tess_store *store, struct removal *removal,
                                      const char *const *named, size_t named_count, struct tess_error *error)
{
    struct tess_keys keys;
    enum tess_status status = tess_store_list(store, removal->grid_id, TESS_ORDER_KEY, &keys, error);
    if (status == TESS_OK)
        status = check_bucket(&store->backend, keys.keys[0], error);
    if (status == TESS_OK && named_count > 0)
        status = keep_named(&keys, named, named_count, error);
    if (status == TESS_OK)
        status = remove_mapped(removal, (const char *const *)keys.keys, keys.count, error);
    tess_keys_clear(&keys);
    return status;
}

static enum tess_status remove_few(struct removal *removal, size_t count, struct tess_error *error)
{
    enum tess_status status = check_bucket(removal->backend, removal->keys[0], error);
    return status == TESS_OK ? remove_keys(removal, count, error) : status;
}

enum tess_status tess_store_remove(struct tess_store *store, const char *grid_id, const char *const *keys,
                                   size_t key_count, size_t *removed_out, struct tess_error *error)
{
    struct removal removal = {.backend = &store->backend, .grid_id = grid_id, .keys = keys};
    const struct objects *objects = store->backend.objects;
    const size_t few = objects->remote ? objects->fetches : 1;
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    if (status == TESS_OK)
        status = key_count > 0 && key_count <= few ? remove_few(&removal, key_count, error)
                                                   : remove_listed(store, &removal, keys, key_count, error);
    if (removed_out)
        *removed_out = atomic_load(&removal.removed);
    if (status == TESS_OK && atomic_load(&removal.removed) == 0)
        status = error_set(error, TESS_ERR_NOT_FOUND, "nothing of that name in grid %s", grid_id);
    return status;
}
