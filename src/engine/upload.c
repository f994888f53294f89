// SPDX-License-Identifier: MIT
/*
 * An image that arrives in pieces: its first bytes are kept until they tell what it is, and all that follows
 * goes to the object's writer, whose key is needed at the end only.
 *
 * The kind is asked once, of exactly the bytes that a whole image would be asked for, so that the answer does
 * not depend on where the pieces end: "II*" is a TIFF until the ninth byte makes it a camera's raw file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/store_add.h"
#include "engine/upload_state.h"

enum tess_status upload_create(struct tess_store *store, const char *grid_id, const char *key,
                               uint64_t max_bytes, struct tess_upload **upload_out, struct tess_error *error)
{
    struct tess_upload *upload = calloc(1, sizeof *upload);
    char *id = grid_id ? strdup(grid_id) : NULL;
    *upload_out = NULL;
    if (!upload || (grid_id && !id)) {
        free(id);
        free(upload);
        return error_set(error, TESS_ERR_MEMORY, "no memory for an upload");
    }
    upload->backend = &store->backend;
    upload->grid_id = id;
    upload->max_bytes = max_bytes;
    if (grid_id) /* now: images keep the order in which they were begun */
        upload->added_ms = tess_store_next_added_ms(store);
    if (key)
        memcpy(upload->key, key, strnlen(key, TESS_KEY_MAX_BYTES)); /* calloc ended it */
    *upload_out = upload;
    return TESS_OK;
}

enum tess_status tess_upload_open(struct tess_store *store, const char *grid_id, uint64_t max_bytes,
                                  struct tess_upload **upload_out, struct tess_error *error)
{
    *upload_out = NULL;
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    return status == TESS_OK ? upload_create(store, grid_id, NULL, max_bytes, upload_out, error) : status;
}

/* The first bytes are there: is it an image? Then they are the first that the writer gets. */
static enum tess_status begin(struct tess_upload *upload, struct tess_error *error)
{
    struct objects *objects = upload->backend->objects;
    enum tess_status status = store_check_image(upload->head, upload->head_bytes, &upload->kind, error);
    if (status != TESS_OK)
        return status;
    upload->put = (struct object_put){.bucket = upload->backend->source_bucket,
                                      .media_type = sniff_media_type(upload->kind)};
    status = objects->ops->writer_open(objects, &upload->put, &upload->writer, error);
    if (status == TESS_OK)
        status = objects->ops->writer_write(upload->writer, upload->head, upload->head_bytes, error);
    return status;
}

static enum tess_status take(struct tess_upload *upload, const uint8_t *data, size_t size_bytes,
                             struct tess_error *error)
{
    const struct objects_ops *ops = upload->backend->objects->ops;
    enum tess_status status = TESS_OK;
    if (size_bytes > upload->max_bytes - upload->taken_bytes)
        return error_limit(error, "max-bytes", "more bytes than the limit max-bytes of %llu",
                           (unsigned long long)upload->max_bytes);
    upload->taken_bytes += size_bytes;
    if (!upload->writer) {
        const size_t room = SNIFF_BYTES - upload->head_bytes;
        const size_t part = size_bytes < room ? size_bytes : room;
        memcpy(upload->head + upload->head_bytes, data, part);
        upload->head_bytes += part;
        data += part;
        size_bytes -= part;
        if (upload->head_bytes == SNIFF_BYTES)
            status = begin(upload, error);
    }
    if (status == TESS_OK && size_bytes > 0)
        status = ops->writer_write(upload->writer, data, size_bytes, error);
    return status;
}

enum tess_status tess_upload_write(struct tess_upload *upload, const void *data, size_t size_bytes,
                                   struct tess_error *error)
{
    if (upload->failed != TESS_OK)
        return error_set(error, upload->failed, "the upload has failed before");
    if (size_bytes > 0)
        upload->failed = take(upload, data, size_bytes, error);
    return upload->failed;
}

uint64_t tess_upload_bytes(const struct tess_upload *upload)
{
    return upload->taken_bytes;
}

enum tess_status tess_upload_commit(struct tess_upload *upload, char key_out[TESS_KEY_MAX_BYTES + 1],
                                    struct tess_error *error)
{
    const struct backend *backend = upload->backend;
    enum tess_status status = upload->failed;
    key_out[0] = '\0';
    if (status != TESS_OK)
        error_set(error, status, "the upload has failed before");
    if (status == TESS_OK && !upload->writer) /* smaller than what it takes to be sure */
        status = begin(upload, error);
    if (status == TESS_OK && upload->key[0] == '\0')
        status = store_make_key(sniff_extension(upload->kind), upload->key, error);
    if (status == TESS_OK) {
        struct object_writer *writer = upload->writer;
        upload->writer = NULL; /* the commit frees it in any case */
        status = backend->objects->ops->writer_commit(writer, upload->key, error);
    }
    if (status == TESS_OK && upload->grid_id)
        status = store_map_image(backend, upload->grid_id, upload->key, upload->added_ms, true, error);
    if (status == TESS_OK)
        memcpy(key_out, upload->key, sizeof upload->key);
    tess_upload_abort(upload);
    return status;
}

void tess_upload_abort(struct tess_upload *upload)
{
    if (!upload)
        return;
    if (upload->writer)
        upload->backend->objects->ops->writer_abort(upload->writer);
    free(upload->grid_id);
    free(upload);
}
