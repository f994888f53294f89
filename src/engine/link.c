// SPDX-License-Identifier: MIT
/* Presigned links: made for uploads, and honoured where they lead to this very store. */
#include <tessera/link.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/store_add.h"
#include "engine/upload_state.h"
#include "net/http_date.h"

enum { LINK_EXPIRES_MAX_S = 604800 };

static enum tess_status verify(struct tess_store *store, const struct tess_link_request *request,
                               const char *method, struct object_target *target_out, struct tess_error *error)
{
    struct objects *objects = store->backend.objects;
    if (!objects->ops->verify)
        return error_set(error, TESS_ERR_UNSUPPORTED,
                         "links to this store lead to its own server, not through here");
    const struct object_request received = {.method = method,
                                            .host = request->host ? request->host : "",
                                            .path = request->path ? request->path : "",
                                            .query = request->query,
                                            .other_hosts = request->other_hosts,
                                            .other_host_count = request->other_host_count};
    return objects->ops->verify(objects, &received, request->now_s, target_out, error);
}

bool tess_link_date(const char *text, int64_t *unix_s_out)
{
    return http_date_read(text, unix_s_out);
}

/* By the ending, unless it is of no kind that we read: then by the first bytes. Never a type that a browser
 * would run. */
static const char *media_type_of(const char *key, int fd)
{
    uint8_t head[SNIFF_BYTES];
    const char *dot = strrchr(key, '.');
    enum image_kind kind = dot ? sniff_kind_of_extension(dot + 1) : IMAGE_UNKNOWN;
    if (kind == IMAGE_UNKNOWN) {
        const ssize_t size = pread(fd, head, sizeof head, 0);
        kind = size > 0 ? sniff_kind(head, (size_t)size) : IMAGE_UNKNOWN;
    }
    return sniff_media_type(sniff_is_read(kind) ? kind : IMAGE_UNKNOWN);
}

/* A link that verifies is not what is denied: the store does not let us. */
static enum tess_status denied_to_us(enum tess_status status, struct tess_error *error)
{
    if (status != TESS_ERR_DENIED)
        return status;
    if (error)
        error->status = TESS_ERR_SETUP;
    return TESS_ERR_SETUP;
}

enum tess_status tess_link_open(struct tess_store *store, const struct tess_link_request *request,
                                struct tess_object *object_out, struct tess_error *error)
{
    struct objects *objects = store->backend.objects;
    struct object_target target;
    struct object_file file;
    *object_out = (struct tess_object){.fd = -1};
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        return error_set(error, TESS_ERR_INVALID, "an object is opened by GET or HEAD, not by %.20s",
                         request->method);
    enum tess_status status = verify(store, request, "GET", &target, error);
    if (status == TESS_OK)
        status = denied_to_us(objects->ops->open(objects, target.bucket, target.key, &file, error), error);
    if (status != TESS_OK)
        return status;
    *object_out = (struct tess_object){.fd = file.fd,
                                       .size_bytes = file.info.size_bytes,
                                       .modified_s = file.modified_s,
                                       .media_type = media_type_of(target.key, file.fd)};
    _Static_assert(sizeof object_out->etag == sizeof file.info.version, "a version is an ETag");
    memcpy(object_out->etag, file.info.version, sizeof object_out->etag);
    return TESS_OK;
}

enum tess_status tess_link_put(struct tess_store *store, const struct tess_link_request *request,
                               uint64_t max_bytes, struct tess_upload **upload_out, struct tess_error *error)
{
    struct object_target target;
    *upload_out = NULL;
    if (strcmp(request->method, "PUT") != 0)
        return error_set(error, TESS_ERR_INVALID, "an object is put by PUT, not by %.20s", request->method);
    enum tess_status status = verify(store, request, "PUT", &target, error);
    if (status == TESS_OK && strcmp(target.bucket, store->backend.source_bucket) != 0)
        status = error_set(error, TESS_ERR_DENIED, "no link allows writing to bucket %s", target.bucket);
    if (status != TESS_OK)
        return status;
    return denied_to_us(upload_create(store, NULL, target.key, max_bytes, upload_out, error), error);
}

/* The ending that a key of this media type has; NULL: none. */
static enum tess_status extension_of(const char *media_type, const char **extension_out,
                                     struct tess_error *error)
{
    *extension_out = NULL;
    if (!media_type)
        return TESS_OK;
    const enum image_kind kind = sniff_kind_of_media_type(media_type);
    if (kind == IMAGE_UNKNOWN)
        return error_set(error, TESS_ERR_INVALID, "\"%.80s\" is no media type of an image that tessera reads",
                         media_type);
    *extension_out = sniff_extension(kind);
    return TESS_OK;
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
    const char *extension = NULL;
    *link_out = (struct tess_upload_link){0};
    enum tess_status status = tess_grid_id_check(request->grid_id, strlen(request->grid_id), error);
    if (status == TESS_OK && (request->expires_s < 1 || request->expires_s > LINK_EXPIRES_MAX_S))
        status = error_limit(error, "expires", "a link lives 1 to %d seconds, not %u", LINK_EXPIRES_MAX_S,
                             request->expires_s);
    if (status == TESS_OK)
        status = extension_of(request->media_type, &extension, error);
    if (status == TESS_OK)
        status = store_make_key(extension, link_out->key, error);
    if (status == TESS_OK)
        status = make_link(store, request, link_out, error);
    if (status == TESS_OK) /* last: what failed before leaves no trace */
        status = store_map_image(&store->backend, request->grid_id, link_out->key,
                                 tess_store_next_added_ms(store), false, error);
    if (status != TESS_OK)
        tess_upload_link_clear(link_out);
    return status;
}

void tess_upload_link_clear(struct tess_upload_link *link)
{
    free(link->url);
    *link = (struct tess_upload_link){0};
}
