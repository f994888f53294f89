// SPDX-License-Identifier: MIT
/* Whole images into the store: what they are, a key, the bytes, then the mapping. */
#include "engine/store_add.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/random.h"

enum { KEY_RANDOM_BYTES = 16 };

/* Random, so that no caller can guess or overwrite another's image; the earlier back end's form: hex and an
 * ending. */
enum tess_status store_make_key(const char *extension, char key_out[TESS_KEY_MAX_BYTES + 1],
                                struct tess_error *error)
{
    char hex[2 * KEY_RANDOM_BYTES + 1];
    enum tess_status status = random_hex(KEY_RANDOM_BYTES, hex, error);
    if (status == TESS_OK)
        (void)snprintf(key_out, TESS_KEY_MAX_BYTES + 1, "%s%s%s", hex, extension ? "." : "",
                       extension ? extension : "");
    return status;
}

enum tess_status store_check_image(const uint8_t *bytes, size_t size_bytes, enum image_kind *kind_out,
                                   struct tess_error *error)
{
    *kind_out = sniff_kind(bytes, size_bytes);
    if (size_bytes == 0)
        return error_set(error, TESS_ERR_NOT_IMAGE, "empty file");
    if (sniff_is_read(*kind_out))
        return TESS_OK;
    const bool known = *kind_out != IMAGE_UNKNOWN;
    return error_set(error, TESS_ERR_NOT_IMAGE, "not an image of a kind that tessera reads%s%s",
                     known ? ": " : "", known ? sniff_name(*kind_out) : "");
}

/* A millisecond is long for a small file. */
int64_t tess_store_next_added_ms(struct tess_store *store)
{
    int64_t last_ms = atomic_load(&store->last_added_ms), next_ms;
    do {
        const int64_t now_ms = clock_unix_ms();
        next_ms = now_ms > last_ms ? now_ms : last_ms + 1;
    } while (!atomic_compare_exchange_weak(&store->last_added_ms, &last_ms, next_ms));
    return next_ms;
}

enum tess_status tess_store_add(struct tess_store *store, const char *grid_id, const uint8_t *bytes,
                                size_t size_bytes, uint64_t max_bytes, char key_out[TESS_KEY_MAX_BYTES + 1],
                                struct tess_error *error)
{
    return tess_store_add_at(store, grid_id, tess_store_next_added_ms(store), bytes, size_bytes, max_bytes,
                             key_out, error);
}

/*
 * An object that was not mapped is removed again, once it is sure that it is not: an answer that got lost may
 * have been a good one, so that the row is removed before it. What cannot be taken back is named.
 */
static void take_back(const struct backend *backend, const char *grid_id, const char *key,
                      enum tess_status failure, bool is_stored, struct tess_error *error)
{
    struct objects *objects = backend->objects;
    struct catalog *catalog = backend->catalog;
    bool removed = false;
    const bool doubtful = failure == TESS_ERR_IO || failure == TESS_ERR_TIMEOUT || failure == TESS_ERR_BUSY ||
                          failure == TESS_ERR_CANCELLED;
    if (doubtful && catalog->ops->remove(catalog, grid_id, key, &removed, NULL) != TESS_OK)
        error_prefix(error, "%s%s may or may not belong to its grid", key,
                     is_stored ? " is stored, and" : "");
    else if (is_stored && objects->ops->remove(objects, backend->source_bucket, key, NULL) != TESS_OK)
        error_prefix(error, "%s is stored, belongs to no grid, and could not be removed again", key);
}

/* Bytes first: a mapping never points at nothing. */
enum tess_status store_map_image(const struct backend *backend, const char *grid_id, const char *key,
                                 int64_t added_ms, bool is_stored, struct tess_error *error)
{
    enum tess_status status = backend->catalog->ops->add(backend->catalog, grid_id, key, added_ms, error);
    if (status != TESS_OK)
        take_back(backend, grid_id, key, status, is_stored, error);
    return status;
}

enum tess_status tess_store_add_at(struct tess_store *store, const char *grid_id, int64_t added_ms,
                                   const uint8_t *bytes, size_t size_bytes, uint64_t max_bytes,
                                   char key_out[TESS_KEY_MAX_BYTES + 1], struct tess_error *error)
{
    const struct backend *backend = &store->backend;
    enum image_kind kind = IMAGE_UNKNOWN;
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    if (status == TESS_OK && size_bytes > max_bytes)
        status = error_limit(error, "max-bytes", "%zu bytes are more than the limit max-bytes of %llu",
                             size_bytes, (unsigned long long)max_bytes);
    if (status == TESS_OK)
        status = store_check_image(bytes, size_bytes, &kind, error);
    if (status == TESS_OK)
        status = store_make_key(sniff_extension(kind), key_out, error);
    if (status == TESS_OK)
        status = objects_put(backend->objects, backend->source_bucket, key_out, sniff_media_type(kind), bytes,
                             size_bytes, error);
    return status == TESS_OK ? store_map_image(backend, grid_id, key_out, added_ms, true, error) : status;
}
