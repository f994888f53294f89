// SPDX-License-Identifier: MIT
/* Requests that presigned links of the embedded store lead to: verified, then the object. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/store_state.h"
#include "engine/upload_parts.h"
#include "image/sniff.h"
#include <tessera/link.h>

static enum tess_status verify(struct tess_store *store, const struct tess_link_request *request,
                               struct object_target *target_out, struct tess_error *error)
{
    const struct objects *objects = store->backend.objects;
    /* Whoever may read an object may also ask how large it is. */
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    const struct object_visit visit = {
        .method = method, .host = request->host, .path = request->path, .query = request->query};
    if (!objects->ops->verify)
        return error_set(error, TESS_ERR_UNSUPPORTED, "links to this store do not lead here");
    return objects->ops->verify(objects, &visit, request->now_s, target_out, error);
}

/* By the bytes: a key from elsewhere may have any ending. */
static enum tess_status find_media_type(const struct object_file *file, struct tess_object *object,
                                        struct tess_error *error)
{
    uint8_t head[SNIFF_BYTES];
    const ssize_t size = pread(file->fd, head, sizeof head, 0);
    if (size < 0)
        return error_set(error, TESS_ERR_IO, "cannot read the object");
    const enum image_kind kind = sniff_kind(head, (size_t)size);
    object->media_type = sniff_media_type(sniff_is_read(kind) ? kind : IMAGE_UNKNOWN);
    return TESS_OK;
}

enum tess_status tess_link_open(struct tess_store *store, const struct tess_link_request *request,
                                struct tess_object *object_out, struct tess_error *error)
{
    struct objects *objects = store->backend.objects;
    struct object_target target;
    struct object_file file = {.fd = -1};
    *object_out = (struct tess_object){.fd = -1};
    enum tess_status status = verify(store, request, &target, error);
    if (status == TESS_OK)
        status = objects->ops->open_file(objects, target.bucket, target.key, &file, error);
    if (status == TESS_OK)
        status = find_media_type(&file, object_out, error);
    if (status != TESS_OK) {
        if (file.fd >= 0)
            (void)close(file.fd);
        return status;
    }
    object_out->fd = file.fd;
    object_out->size_bytes = file.info.size_bytes;
    object_out->modified_s = file.modified_s;
    _Static_assert(sizeof object_out->etag >= sizeof file.info.version, "a version is an ETag");
    memcpy(object_out->etag, file.info.version, sizeof file.info.version);
    return TESS_OK;
}

enum tess_status tess_link_put(struct tess_store *store, const struct tess_link_request *request,
                               uint64_t max_bytes, struct tess_upload **upload_out, struct tess_error *error)
{
    struct object_target target;
    *upload_out = NULL;
    enum tess_status status = verify(store, request, &target, error);
    if (status == TESS_OK && strcmp(target.bucket, store->backend.source_bucket) != 0)
        status = error_set(error, TESS_ERR_DENIED, "no link allows writing to bucket %s", target.bucket);
    return status == TESS_OK ? upload_open_key(store, target.key, max_bytes, upload_out, error) : status;
}
