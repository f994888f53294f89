// SPDX-License-Identifier: MIT
#include "engine/source_any.h"

#include "base/error.h"
#include "engine/store_find.h"
#include "net/web.h"

enum { REMOTE_FETCHES = 32 };

bool source_is_remote(const char *path)
{
    return tess_is_store_name(path) || web_is_address(path);
}

static enum tess_status any_size(const struct source *source, size_t index, uint64_t *bytes_out,
                                 struct tess_error *error)
{
    const struct source_any *any = (const struct source_any *)source;
    if (!source_is_remote(any->montage->paths[index]))
        return any->files.source.size(&any->files.source, index, bytes_out, error);
    *bytes_out = source_typical_guess(&any->typical);
    return TESS_OK;
}

static enum tess_status read_object(const struct source_any *any, const char *path, uint64_t max_bytes,
                                    const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                    struct tess_error *error)
{
    struct store_name name;
    struct object_info info = {0};
    if (!any->montage->store)
        return error_set(error, TESS_ERR_INVALID, "there is no store to read it from");
    enum tess_status status = store_name_read(path, &name, error);
    if (status == TESS_OK && !name.key[0])
        status = error_set(error, TESS_ERR_INVALID, "a bucket is no image; name a key in it");
    if (status != TESS_OK)
        return status;
    struct objects *objects = any->montage->store->backend.objects;
    const struct object_get request = {
        .bucket = name.bucket, .key = name.key, .max_bytes = max_bytes, .stop = stop};
    status = objects->ops->get(objects, &request, out, &info, error);
    *size_out = info.size_bytes;
    return source_object_status(status, error);
}

static enum tess_status read_remote(const struct source_any *any, const char *path, uint64_t max_bytes,
                                    const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                    struct tess_error *error)
{
    if (tess_is_store_name(path))
        return read_object(any, path, max_bytes, stop, out, size_out, error);
    if (!any->web)
        return error_set(error, TESS_ERR_DENIED, "images from https:// addresses are not allowed here");
    return web_get(any->web, path, max_bytes, stop, out, size_out, error);
}

static enum tess_status any_read(const struct source *source, size_t index, uint64_t max_bytes,
                                 const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                 struct tess_error *error)
{
    /* The one thing that reading changes: what the next item is expected to have. */
    struct source_any *any = (struct source_any *)(uintptr_t)source;
    const char *path = any->montage->paths[index];
    *size_out = 0;
    if (!source_is_remote(path))
        return any->files.source.read(&any->files.source, index, max_bytes, stop, out, size_out, error);
    bytes_init(out, 0);
    enum tess_status status = read_remote(any, path, max_bytes, stop, out, size_out, error);
    if (status == TESS_OK)
        source_typical_learn(&any->typical, out->size);
    return status;
}

static const char *any_name(const struct source *source, size_t index)
{
    return ((const struct source_any *)source)->montage->paths[index];
}

static enum tess_status open_web(struct source_any *any, struct tess_error *error)
{
    const struct tess_web_options *wanted = any->montage->web;
    const struct http_config config = {.ca_bundle = wanted->ca_bundle,
                                       .user_agent = "tessera/" TESSERA_VERSION};
    const struct web_options options = {.allowed_hosts = wanted->allowed_hosts,
                                        .private_addresses = wanted->private_addresses,
                                        .connect_timeout_ms = wanted->connect_timeout_ms,
                                        .stall_timeout_ms = wanted->read_timeout_ms};
    struct http *http = NULL;
    enum tess_status status = http_curl_create(&config, &http, error);
    return status == TESS_OK ? web_create(&options, http, &any->web, error) : status;
}

enum tess_status source_any_init(struct source_any *any, const struct tess_montage *montage,
                                 struct tess_error *error)
{
    bool remote = false, address = false;
    for (size_t i = 0; i < montage->path_count; i++) {
        remote = remote || source_is_remote(montage->paths[i]);
        address = address || web_is_address(montage->paths[i]);
    }
    *any = (struct source_any){.source = {.size = any_size, .read = any_read, .name = any_name},
                               .montage = montage};
    source_files_init(&any->files, montage->paths);
    any->source.fetches = remote ? REMOTE_FETCHES : any->files.source.fetches;
    any->source.size_is_guess = remote;
    return address && montage->web ? open_web(any, error) : TESS_OK;
}

void source_any_clear(struct source_any *any)
{
    web_destroy(any->web);
    any->web = NULL;
}
