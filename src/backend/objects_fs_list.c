// SPDX-License-Identifier: MIT
/*
 * Listing a bucket. Folders come in no order and names sort differently from keys, so all keys are gathered
 * and sorted first; each is then examined and handed out. What is not an object's name (files put there by
 * hand with names that no key has) is passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/objects_fs_parts.h"
#include "base/error.h"

enum { NAME_MAX_BYTES = 8192, DEPTH_MAX = 20 };

struct listing {
    const char *prefix;
    size_t prefix_size;
    char **keys; /* owned, each too */
    size_t count, capacity;
};

static void listing_clear(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->keys[i]);
    free(listing->keys);
}

static enum tess_status keep(struct listing *listing, const char *key)
{
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? 2 * listing->capacity : 256;
        char **grown = reallocarray(listing->keys, capacity, sizeof *grown);
        if (!grown)
            return TESS_ERR_MEMORY;
        listing->keys = grown;
        listing->capacity = capacity;
    }
    char *copy = strdup(key);
    if (!copy)
        return TESS_ERR_MEMORY;
    listing->keys[listing->count++] = copy;
    return TESS_OK;
}

/* One file, by its path below the bucket. */
static enum tess_status take_name(struct listing *listing, const char *name)
{
    struct bytes key;
    bytes_init(&key, TESS_KEY_MAX_BYTES + 1);
    enum tess_status status = object_name_decode(name, &key);
    const char *text = status == TESS_OK ? bytes_text(&key) : NULL;
    if (text && strncmp(text, listing->prefix, listing->prefix_size) == 0)
        status = keep(listing, text);
    bytes_clear(&key);
    return status == TESS_ERR_NOT_FOUND ? TESS_OK : status;
}

/* Walks the folder `path`, which is the bucket (above is "") or the pieces `above` ("xxx%/") below it. */
static enum tess_status walk(struct listing *listing, const char *path, const char *above, int depth,
                             struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    struct bytes name, below;
    bytes_init(&name, NAME_MAX_BYTES);
    bytes_init(&below, NAME_MAX_BYTES * 2);
    DIR *folder = opendir(path);
    if (!folder && depth > 0 && (errno == ENOTDIR || errno == ENOENT))
        return TESS_OK; /* a stray file with a folder's name */
    if (!folder)
        return error_errno(error, errno, "cannot list %s", path);
    errno = 0;
    for (const struct dirent *entry = readdir(folder); entry && status == TESS_OK; entry = readdir(folder)) {
        size_t size = strlen(entry->d_name);
        bool piece = size > OBJECT_NAME_PIECE && entry->d_name[size - 1] == '%' && depth < DEPTH_MAX;
        if (entry->d_name[0] == '.')
            continue;
        name.size = below.size = 0;
        status = bytes_append_format(&name, "%s%s%s", above, entry->d_name, piece ? "/" : "");
        if (status == TESS_OK && piece)
            status = bytes_append_format(&below, "%s/%s", path, entry->d_name);
        if (status == TESS_OK)
            status = piece
                         ? walk(listing, (const char *)below.data, (const char *)name.data, depth + 1, error)
                         : take_name(listing, (const char *)name.data);
        errno = 0;
    }
    if (status == TESS_OK && errno != 0)
        status = error_errno(error, errno, "cannot list %s", path);
    else if (status == TESS_ERR_MEMORY)
        error_set(error, status, "no memory to list %s", path);
    closedir(folder);
    bytes_clear(&name);
    bytes_clear(&below);
    return status;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right); /* as unsigned bytes */
}

enum tess_status objects_fs_list(struct objects *objects, const struct object_list *request,
                                 bool (*each)(void *context, const char *key, const struct object_info *info),
                                 void *context, struct tess_error *error)
{
    const struct objects_fs *fs = (const struct objects_fs *)objects;
    const char *bucket = request->bucket, *prefix = request->prefix;
    struct listing listing = {.prefix = prefix, .prefix_size = strlen(prefix)};
    struct bytes path;
    enum tess_status status = bucket_name_check(bucket, error);
    if (status != TESS_OK)
        return status;
    bytes_init(&path, NAME_MAX_BYTES);
    status = bytes_append_format(&path, "%s/%s", fs->root, bucket);
    if (status == TESS_OK)
        status = walk(&listing, (const char *)path.data, "", 0, error);
    else
        error_set(error, status, "no room for the path of bucket %s", bucket);
    bytes_clear(&path);
    if (status == TESS_ERR_NOT_FOUND)
        status = objects_fs_missing(fs, bucket, prefix, error);
    if (status == TESS_OK && listing.count > 0)
        qsort(listing.keys, listing.count, sizeof *listing.keys, compare);
    for (size_t i = 0; status == TESS_OK && i < listing.count; i++) {
        struct object_info info;
        status = objects->ops->stat(objects, bucket, listing.keys[i], request->stop, &info, error);
        if (status == TESS_OK && !each(context, listing.keys[i], &info))
            break;
        if (status == TESS_ERR_NOT_FOUND) /* removed since, or a folder with a key's name */
            status = TESS_OK;
    }
    listing_clear(&listing);
    return status;
}
