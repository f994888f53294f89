// SPDX-License-Identifier: MIT
/*
 * An image in pieces. Its kind decides the key's ending and the object's media type, so the first SNIFF_BYTES
 * are kept back; then the object's writer is opened and the rest goes straight to it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/store_image.h"
#include "engine/store_state.h"
#include "engine/upload_parts.h"

struct tess_upload {
    struct tess_store *store;
    char *grid_id; /* NULL: to `key`, which is mapped already */
    char key[TESS_KEY_MAX_BYTES + 1];
    int64_t added_ms;
    uint64_t max_bytes, size_bytes;
    uint8_t head[SNIFF_BYTES];
    size_t head_bytes;
    struct object_put put;        /* borrowed by the writer */
    struct object_writer *writer; /* NULL while the kind is not known */
};

static enum tess_status no_memory(struct tess_error *error)
{
    return error_set(error, TESS_ERR_MEMORY, "no memory to receive an image");
}

enum tess_status tess_upload_open(struct tess_store *store, const char *grid_id, uint64_t max_bytes,
                                  struct tess_upload **upload_out, struct tess_error *error)
{
    *upload_out = NULL;
    enum tess_status status = tess_grid_id_check(grid_id, strlen(grid_id), error);
    if (status != TESS_OK)
        return status;
    struct tess_upload *upload = calloc(1, sizeof *upload);
    if (!upload)
        return no_memory(error);
    upload->store = store;
    upload->max_bytes = max_bytes;
    upload->added_ms = tess_store_next_added_ms(store);
    upload->grid_id = strdup(grid_id);
    if (!upload->grid_id) {
        free(upload);
        return no_memory(error);
    }
    *upload_out = upload;
    return TESS_OK;
}

enum tess_status upload_open_key(struct tess_store *store, const char *key, uint64_t max_bytes,
                                 struct tess_upload **upload_out, struct tess_error *error)
{
    struct tess_upload *upload = calloc(1, sizeof *upload);
    *upload_out = upload;
    if (!upload)
        return no_memory(error);
    upload->store = store;
    upload->max_bytes = max_bytes;
    memcpy(upload->key, key, strlen(key) + 1);
    return TESS_OK;
}

/* The first bytes are here, or all there are. */
static enum tess_status begin(struct tess_upload *upload, struct tess_error *error)
{
    const struct backend *backend = &upload->store->backend;
    const struct objects_ops *ops = backend->objects->ops;
    const enum image_kind kind = sniff_kind(upload->head, upload->head_bytes);
    enum tess_status status = store_image_check(kind, upload->head_bytes, error);
    if (status == TESS_OK && upload->grid_id)
        status = store_image_key(sniff_extension(kind), upload->key, error);
    upload->put = (struct object_put){.bucket = backend->source_bucket, .media_type = sniff_media_type(kind)};
    if (status == TESS_OK)
        status = ops->writer_open(backend->objects, &upload->put, &upload->writer, error);
    if (status == TESS_OK)
        status = ops->writer_write(upload->writer, upload->head, upload->head_bytes, error);
    return status;
}

enum tess_status tess_upload_write(struct tess_upload *upload, const void *data, size_t size_bytes,
                                   struct tess_error *error)
{
    const struct objects_ops *ops = upload->store->backend.objects->ops;
    const uint8_t *bytes = data;
    if (size_bytes > upload->max_bytes - upload->size_bytes)
        return error_limit(error, "max-bytes", "the image has more bytes than the limit max-bytes of %llu",
                           (unsigned long long)upload->max_bytes);
    upload->size_bytes += size_bytes;
    if (!upload->writer) {
        const size_t room = SNIFF_BYTES - upload->head_bytes;
        const size_t part = size_bytes < room ? size_bytes : room;
        memcpy(upload->head + upload->head_bytes, bytes, part);
        upload->head_bytes += part;
        bytes += part;
        size_bytes -= part;
        if (upload->head_bytes < SNIFF_BYTES)
            return TESS_OK;
        const enum tess_status status = begin(upload, error);
        if (status != TESS_OK)
            return status;
    }
    return size_bytes > 0 ? ops->writer_write(upload->writer, bytes, size_bytes, error) : TESS_OK;
}

uint64_t tess_upload_bytes(const struct tess_upload *upload)
{
    return upload->size_bytes;
}

void tess_upload_abort(struct tess_upload *upload)
{
    if (!upload)
        return;
    if (upload->writer)
        upload->store->backend.objects->ops->writer_abort(upload->writer);
    free(upload->grid_id);
    free(upload);
}

enum tess_status tess_upload_commit(struct tess_upload *upload, char key_out[TESS_KEY_MAX_BYTES + 1],
                                    struct tess_error *error)
{
    const struct backend *backend = &upload->store->backend;
    enum tess_status status = upload->writer ? TESS_OK : begin(upload, error);
    if (status == TESS_OK) {
        status = backend->objects->ops->writer_commit(upload->writer, upload->key, error);
        upload->writer = NULL;
    }
    if (status == TESS_OK && upload->grid_id)
        status = store_image_map(backend, upload->grid_id, upload->key, upload->added_ms, error);
    if (status == TESS_OK)
        memcpy(key_out, upload->key, strlen(upload->key) + 1);
    tess_upload_abort(upload);
    return status;
}

/* The ending of keys for a media type; NULL for one that is not read. */
static const char *extension_of(const char *media_type)
{
    if (!media_type)
        return "";
    for (int kind = 0; kind < IMAGE_KIND_COUNT; kind++) {
        if (sniff_is_read((enum image_kind)kind) &&
            strcmp(sniff_media_type((enum image_kind)kind), media_type) == 0)
            return sniff_extension((enum image_kind)kind);
    }
    return NULL;
}

static enum tess_status make_link(struct tess_store *store, const struct tess_upload_link_request *request,
                                  struct tess_upload_link *link, struct tess_error *error)
{
    struct objects *objects = store->backend.objects;
    const struct object_link_request wanted = {.bucket = store->backend.source_bucket,
                                               .key = link->key,
                                               .method = "PUT",
                                               .now_s = clock_unix_ms() / 1000,
                                               .expires_s = request->expires_s,
                                               .base = request->link_base};
    struct bytes url;
    enum tess_status status = objects->ops->link(objects, &wanted, &url, &link->expires_at_s, error);
    if (status != TESS_OK)
        return status;
    const char *text = bytes_text(&url);
    link->url = text ? strdup(text) : NULL;
    bytes_clear(&url);
    return link->url ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for a link");
}

enum tess_status tess_upload_link_create(struct tess_store *store,
                                         const struct tess_upload_link_request *request,
                                         struct tess_upload_link *link_out, struct tess_error *error)
{
    struct catalog *catalog = store->backend.catalog;
    const char *extension = extension_of(request->media_type);
    *link_out = (struct tess_upload_link){0};
    enum tess_status status = tess_grid_id_check(request->grid_id, strlen(request->grid_id), error);
    if (status == TESS_OK && !extension)
        status = error_set(error, TESS_ERR_INVALID,
                           "type: \"%.100s\" is no image that tessera reads; give image/jpeg, image/png, …",
                           request->media_type);
    if (status == TESS_OK)
        status = store_image_key(extension, link_out->key, error);
    if (status == TESS_OK)
        status = make_link(store, request, link_out, error);
    if (status == TESS_OK)
        status = catalog->ops->add(catalog, request->grid_id, link_out->key, tess_store_next_added_ms(store),
                                   error);
    if (status != TESS_OK)
        tess_upload_link_clear(link_out);
    return status;
}

void tess_upload_link_clear(struct tess_upload_link *link)
{
    free(link->url);
    *link = (struct tess_upload_link){0};
}
