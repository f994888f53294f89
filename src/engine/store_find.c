// SPDX-License-Identifier: MIT
/*
 * Sources named by bucket and prefix. Listing tells an object from a prefix: a key that equals the prefix
 * sorts before all others that begin with it, so the first page's first key decides, and no request is spent
 * on asking.
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
    enum tess_status status; /* why listing was ended; TESS_OK: it was not, or all is found */
};

/* A key whose last part says that it is no image is none; what has no ending may be one. */
static bool may_be_image(const char *key)
{
    static const char *const endings[] = {"jpg",  "jpeg", "jpe",  "jfif", "png",  "webp",
                                          "avif", "heic", "heif", "tif",  "tiff", "gif"};
    const char *slash = strrchr(key, '/'), *last = slash ? slash + 1 : key, *dot = strrchr(last, '.');
    if (last[0] == '\0')
        return false;
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    return !dot;
}

static bool collect(void *context, const char *key, const struct object_info *info)
{
    struct found *found = context;
    (void)info;
    const bool exact = found->count == 0 && found->prefix[0] && strcmp(key, found->prefix) == 0 &&
                       key[strlen(key) - 1] != '/';
    if (!exact && !may_be_image(key))
        return true;
    if (found->count == found->most) {
        found->status = TESS_ERR_LIMIT;
        return false;
    }
    if (found->count == found->capacity) {
        const size_t capacity = found->capacity ? found->capacity * 2 : 64;
        char **keys = realloc(found->keys, capacity * sizeof *keys);
        if (keys) {
            found->keys = keys;
            found->capacity = capacity;
        }
    }
    char *copy = found->count < found->capacity ? strdup(key) : NULL;
    if (!copy) {
        found->status = TESS_ERR_MEMORY;
        return false;
    }
    found->keys[found->count++] = copy;
    return !exact;
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
    if (status == TESS_OK && found.status == TESS_ERR_LIMIT)
        status = error_limit(error, "max-cells",
                             "s3://%s/%s stands for more images than the limit max-cells of %zu",
                             name->bucket, name->key, most);
    else if (status == TESS_OK && found.status != TESS_OK)
        status =
            error_set(error, found.status, "no memory for the keys of s3://%s/%s", name->bucket, name->key);
    else if (status == TESS_OK && found.count == 0)
        status =
            error_set(error, TESS_ERR_NOT_FOUND, "no images are in bucket %s whose key begins with \"%s\"",
                      name->bucket, name->key);
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
