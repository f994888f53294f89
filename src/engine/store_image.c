// SPDX-License-Identifier: MIT
#include "engine/store_image.h"

#include <stdio.h>

#include "base/error.h"
#include "net/random.h"

enum { KEY_RANDOM_BYTES = 16 };

enum tess_status store_image_check(enum image_kind kind, uint64_t size_bytes, struct tess_error *error)
{
    if (size_bytes == 0)
        return error_set(error, TESS_ERR_NOT_IMAGE, "empty file");
    if (sniff_is_read(kind))
        return TESS_OK;
    return error_set(error, TESS_ERR_NOT_IMAGE, "not an image of a kind that tessera reads%s%s",
                     kind == IMAGE_UNKNOWN ? "" : ": ", kind == IMAGE_UNKNOWN ? "" : sniff_name(kind));
}

/* Random, so that no caller can guess or overwrite another's image; the earlier back end's form: hex and an
 * ending. */
enum tess_status store_image_key(const char *extension, char key_out[TESS_KEY_MAX_BYTES + 1],
                                 struct tess_error *error)
{
    char hex[2 * KEY_RANDOM_BYTES + 1];
    enum tess_status status = random_hex(KEY_RANDOM_BYTES, hex, error);
    if (status == TESS_OK)
        (void)snprintf(key_out, TESS_KEY_MAX_BYTES + 1, "%s%s%s", hex, extension[0] ? "." : "", extension);
    return status;
}

/* Bytes first: a mapping never points at nothing. */
enum tess_status store_image_map(const struct backend *backend, const char *grid_id, const char *key,
                                 int64_t added_ms, struct tess_error *error)
{
    bool removed = false;
    const struct catalog_ops *ops = backend->catalog->ops;
    enum tess_status status = ops->add(backend->catalog, grid_id, key, added_ms, error);
    /* An object that was not mapped after all is taken back, if it is sure that it is not: an answer that got
     * lost may have been a good one. */
    if (status != TESS_OK && ops->remove(backend->catalog, grid_id, key, &removed, NULL) == TESS_OK)
        (void)backend->objects->ops->remove(backend->objects, backend->source_bucket, key, NULL);
    return status;
}
