// SPDX-License-Identifier: MIT
/*
 * Sources named by bucket and prefix. Listing tells an object from a prefix, and no request is spent on
 * asking: where keys come in order, one that equals the prefix is the first of all, and ends the listing. Not
 * all servers have an order, so that what was found is sorted, and each key is taken once.
 */
#include "engine/store_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "engine/caller.h"

static const char scheme[] = "s3://";

bool tess_is_store_name(const char *text)
{
    return strncmp(text, scheme, sizeof scheme - 1) == 0;
}

enum tess_status store_name_read(const char *text, struct store_name *name_out, struct tess_error *error)
{
    *name_out = (struct store_name){.key = ""};
    if (!tess_is_store_name(text))
        return error_set(error, TESS_ERR_INVALID,
                         "not the name of stored images; they look like s3://bucket/prefix");
    const char *bucket = text + sizeof scheme - 1;
    const size_t length = strcspn(bucket, "/");
    if (length >= sizeof name_out->bucket)
        return error_set(error, TESS_ERR_INVALID, "the bucket's name in %.100s… is longer than %d characters",
                         text, BUCKET_NAME_MAX_BYTES);
    memcpy(name_out->bucket, bucket, length);
    if (bucket[length] == '/')
        name_out->key = bucket + length + 1;
    enum tess_status status = bucket_name_check(name_out->bucket, error);
    return status == TESS_OK && name_out->key[0] ? object_key_check(name_out->key, error) : status;
}

struct found {
    const char *prefix;
    char **keys;
    size_t count, capacity, most;
    bool exact, too_many, no_memory;
};

static bool ends_with(const char *text, const char *ending)
{
    const size_t size = strlen(text), ending_size = strlen(ending);
    return size >= ending_size && strcmp(text + size - ending_size, ending) == 0;
}

/* A key whose last part says that it is no image is none; what has no ending may be one, unless it is what
 * tools leave where they want a folder to be seen: "a/", "a_$folder$", or no bytes at all. */
static bool may_be_image(const char *key, uint64_t size_bytes)
{
    static const char *const endings[] = {"jpg",  "jpeg", "jpe",  "jfif", "png",  "webp",
                                          "avif", "heic", "heif", "tif",  "tiff", "gif"};
    const char *slash = strrchr(key, '/'), *last = slash ? slash + 1 : key, *dot = strrchr(last, '.');
    if (last[0] == '\0' || ends_with(last, "_$folder$"))
        return false;
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    return !dot && size_bytes > 0;
}

static bool keep(struct found *found, const char *key)
{
    if (found->count == found->capacity) {
        const size_t capacity = found->capacity ? found->capacity * 2 : 64;
        char **keys = realloc(found->keys, capacity * sizeof *keys);
        if (keys) {
            found->keys = keys;
            found->capacity = capacity;
        }
    }
    char *copy = found->count < found->capacity ? strdup(key) : NULL;
    if (copy)
        found->keys[found->count++] = copy;
    else
        found->no_memory = true;
    return copy;
}

static bool collect(void *context, const char *key, const struct object_info *info)
{
    struct found *found = context;
    if (found->prefix[0] && strcmp(key, found->prefix) == 0 && key[strlen(key) - 1] != '/') {
        found->exact = true;
        return false;
    }
    if (!may_be_image(key, info->size_bytes))
        return true;
    if (found->count == found->most) {
        found->too_many = true;
        return false;
    }
    return keep(found, key);
}

static int by_key(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right); /* as unsigned bytes */
}

/* In order, each once. */
static void arrange(struct found *found)
{
    size_t kept = 0;
    if (found->count > 0)
        qsort(found->keys, found->count, sizeof *found->keys, by_key);
    for (size_t i = 0; i < found->count; i++) {
        if (kept > 0 && strcmp(found->keys[kept - 1], found->keys[i]) == 0)
            free(found->keys[i]);
        else
            found->keys[kept++] = found->keys[i];
    }
    found->count = kept;
}

/* Of a server without an order the object itself may come after more keys than are taken. */
static enum tess_status look_for_exact(struct tess_store *store, const struct store_name *name,
                                       const struct stop *stop, struct found *found, struct tess_error *error)
{
    struct objects *objects = store->backend.objects;
    struct object_info info;
    if (!name->key[0] || ends_with(name->key, "/"))
        return TESS_OK;
    const enum tess_status status = objects->ops->stat(objects, name->bucket, name->key, stop, &info, error);
    found->exact = status == TESS_OK;
    return status == TESS_ERR_NOT_FOUND ? TESS_OK : status;
}

static enum tess_status conclude(struct found *found, const struct store_name *name, struct tess_error *error)
{
    if (found->exact) {
        for (size_t i = 0; i < found->count; i++)
            free(found->keys[i]);
        found->count = 0;
        found->no_memory = !keep(found, name->key);
    }
    if (found->no_memory)
        return error_set(error, TESS_ERR_MEMORY, "no memory for the keys of s3://%s/%s", name->bucket,
                         name->key);
    if (found->too_many && !found->exact)
        return error_limit(error, "max-cells",
                           "s3://%s/%s stands for more images than the limit max-cells of %zu", name->bucket,
                           name->key, found->most);
    if (found->count == 0)
        return error_set(error, TESS_ERR_NOT_FOUND, "no images are in bucket %s whose key begins with \"%s\"",
                         name->bucket, name->key);
    arrange(found);
    return TESS_OK;
}

enum tess_status store_find_keys(struct tess_store *store, const struct store_name *name, size_t most,
                                 const struct stop *stop, struct tess_keys *keys_out,
                                 struct tess_error *error)
{
    struct objects *objects = store->backend.objects;
    const struct object_list request = {.bucket = name->bucket, .prefix = name->key, .stop = stop};
    struct found found = {.prefix = name->key, .most = most};
    *keys_out = (struct tess_keys){0};
    enum tess_status status = objects->ops->list(objects, &request, collect, &found, error);
    if (status == TESS_OK && found.too_many)
        status = look_for_exact(store, name, stop, &found, error);
    if (status == TESS_OK)
        status = conclude(&found, name, error);
    struct tess_keys keys = {found.count, found.keys};
    if (status == TESS_OK)
        *keys_out = keys;
    else
        tess_keys_clear(&keys);
    return status;
}

/* Keys become full names, in place. */
static enum tess_status add_buckets(struct tess_keys *names, const char *bucket, struct tess_error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        char *full = NULL;
        if (asprintf(&full, "%s%s/%s", scheme, bucket, names->keys[i]) < 0)
            return error_set(error, TESS_ERR_MEMORY, "no memory for %zu names", names->count);
        free(names->keys[i]);
        names->keys[i] = full;
    }
    return TESS_OK;
}

enum tess_status tess_store_find(struct tess_store *store, const char *name, size_t most,
                                 const volatile int *cancel, struct tess_keys *names_out,
                                 struct tess_error *error)
{
    const struct tess_watch watch = {.cancel = cancel};
    const struct caller caller = {.watch = &watch}; /* no deadline */
    const struct stop stop = {caller_must_stop, &caller};
    struct store_name parts;
    *names_out = (struct tess_keys){0};
    enum tess_status status = store_name_read(name, &parts, error);
    if (status == TESS_OK)
        status = store_find_keys(store, &parts, most, &stop, names_out, error);
    if (status == TESS_OK)
        status = add_buckets(names_out, parts.bucket, error);
    if (status != TESS_OK)
        tess_keys_clear(names_out);
    return status;
}
