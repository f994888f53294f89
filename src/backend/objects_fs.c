// SPDX-License-Identifier: MIT
#include "backend/objects_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/folder.h"
#include "backend/objects_fs_parts.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

enum { PATH_MAX_BYTES = 16384, FETCHES = 2 };

static const struct objects_fs *fs_of(const struct objects *objects)
{
    return (const struct objects_fs *)objects;
}

enum tess_status objects_fs_path(const struct objects_fs *fs, const char *bucket, const char *key,
                                 struct bytes *path, struct tess_error *error)
{
    bytes_init(path, PATH_MAX_BYTES);
    enum tess_status status = bucket_name_check(bucket, error);
    if (status == TESS_OK)
        status = object_key_check(key, error);
    if (status != TESS_OK)
        return status;
    status = bytes_append_format(path, "%s/%s/", fs->root, bucket);
    if (status == TESS_OK)
        status = object_name_encode(key, path);
    if (status == TESS_OK && !bytes_text(path))
        status = TESS_ERR_MEMORY;
    if (status == TESS_OK)
        return TESS_OK;
    bytes_clear(path);
    return error_set(error, status, "no room for the path of object %.100s in %s", key, fs->root);
}

bool objects_fs_has_bucket(const struct objects_fs *fs, const char *bucket)
{
    struct stat info;
    struct bytes path;
    bytes_init(&path, PATH_MAX_BYTES);
    bool exists = bytes_append_format(&path, "%s/%s", fs->root, bucket) == TESS_OK &&
                  stat((const char *)path.data, &info) == 0 && S_ISDIR(info.st_mode);
    bytes_clear(&path);
    return exists;
}

enum tess_status objects_fs_missing(const struct objects_fs *fs, const char *bucket, const char *key,
                                    struct tess_error *error)
{
    struct stat info;
    if (stat(fs->root, &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return error_set(error, TESS_ERR_BUSY,
                         "the store's folder %s has been removed while it was in use: put it back, or start "
                         "again with another one",
                         fs->root);
    if (!objects_fs_has_bucket(fs, bucket))
        return error_set(error, TESS_ERR_SETUP, "there is no bucket %s in %s; `tessera init` creates it",
                         bucket, fs->root);
    return error_set(error, TESS_ERR_NOT_FOUND, "there is no object %.200s in bucket %s", key, bucket);
}

void objects_fs_info(const struct stat *file, struct object_info *info_out)
{
    memset(info_out, 0, sizeof *info_out);
    info_out->size_bytes = (uint64_t)file->st_size;
    (void)snprintf(info_out->version, sizeof info_out->version, "%llx-%llx.%09ld",
                   (unsigned long long)file->st_size, (unsigned long long)file->st_mtim.tv_sec,
                   file->st_mtim.tv_nsec);
}

static enum tess_status fs_ensure_bucket(struct objects *objects, const char *bucket, bool *created_out,
                                         struct tess_error *error)
{
    const struct objects_fs *fs = fs_of(objects);
    struct bytes path;
    if (created_out)
        *created_out = false;
    enum tess_status status = bucket_name_check(bucket, error);
    if (status != TESS_OK)
        return status;
    bytes_init(&path, PATH_MAX_BYTES);
    status = bytes_append_format(&path, "%s/%s", fs->root, bucket);
    if (status == TESS_OK)
        status = folder_ensure((const char *)path.data, created_out, error);
    else
        error_set(error, status, "no room for the path of bucket %s in %s", bucket, fs->root);
    bytes_clear(&path);
    return status;
}

static enum tess_status fs_stat(struct objects *objects, const char *bucket, const char *key,
                                const struct stop *stop, struct object_info *info_out,
                                struct tess_error *error)
{
    (void)stop;
    const struct objects_fs *fs = fs_of(objects);
    struct bytes path;
    struct stat info;
    enum tess_status status = objects_fs_path(fs, bucket, key, &path, error);
    if (status != TESS_OK)
        return status;
    if (stat((const char *)path.data, &info) == 0)
        status = S_ISREG(info.st_mode) ? TESS_OK : TESS_ERR_NOT_FOUND;
    else
        status = error_errno(error, errno, "cannot examine object %.200s in bucket %s", key, bucket);
    if (status == TESS_OK)
        objects_fs_info(&info, info_out);
    else if (status == TESS_ERR_NOT_FOUND)
        status = objects_fs_missing(fs, bucket, key, error);
    bytes_clear(&path);
    return status;
}

static enum tess_status fs_get(struct objects *objects, const struct object_get *request, struct bytes *out,
                               struct object_info *info_out, struct tess_error *error)
{
    const struct objects_fs *fs = fs_of(objects);
    struct bytes path;
    struct stat file = {0};
    bytes_init(out, 0);
    enum tess_status status = objects_fs_path(fs, request->bucket, request->key, &path, error);
    if (status == TESS_OK)
        status = file_read_info((const char *)path.data, request->max_bytes, out, &file, error);
    if (status == TESS_ERR_NOT_FOUND)
        status = objects_fs_missing(fs, request->bucket, request->key, error);
    if (info_out)
        objects_fs_info(&file, info_out);
    bytes_clear(&path);
    return status;
}

static enum tess_status fs_remove(struct objects *objects, const char *bucket, const char *key,
                                  struct tess_error *error)
{
    const struct objects_fs *fs = fs_of(objects);
    struct bytes path;
    enum tess_status status = objects_fs_path(fs, bucket, key, &path, error);
    if (status == TESS_OK && unlink((const char *)path.data) != 0 && errno != ENOENT && errno != ENOTDIR)
        status = error_errno(error, errno, "cannot remove object %.200s from bucket %s", key, bucket);
    else if (status == TESS_OK && !objects_fs_has_bucket(fs, bucket))
        status = objects_fs_missing(fs, bucket, key, error);
    bytes_clear(&path);
    return status;
}

/* No link is followed and no pipe waited for: only the store's own writer makes what may be read here. */
static enum tess_status fs_open(struct objects *objects, const char *bucket, const char *key,
                                struct object_file *file_out, struct tess_error *error)
{
    const struct objects_fs *fs = fs_of(objects);
    struct bytes path;
    struct stat info;
    *file_out = (struct object_file){.fd = -1};
    enum tess_status status = objects_fs_path(fs, bucket, key, &path, error);
    if (status != TESS_OK)
        return status;
    const int fd = open((const char *)path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    bytes_clear(&path);
    if (fd < 0 && (errno == ELOOP || errno == ENOENT || errno == ENOTDIR || errno == ENXIO))
        return objects_fs_missing(fs, bucket, key, error);
    if (fd < 0)
        return error_errno(error, errno, "cannot open object %.200s in bucket %s", key, bucket);
    if (fstat(fd, &info) != 0)
        status = error_errno(error, errno, "cannot examine object %.200s in bucket %s", key, bucket);
    else if (!S_ISREG(info.st_mode))
        status = objects_fs_missing(fs, bucket, key, error);
    if (status != TESS_OK) {
        (void)close(fd);
        return status;
    }
    file_out->fd = fd;
    file_out->modified_s = info.st_mtim.tv_sec;
    objects_fs_info(&info, &file_out->info);
    return TESS_OK;
}

static void fs_destroy(struct objects *objects)
{
    struct objects_fs *fs = (struct objects_fs *)objects;
    if (!fs)
        return;
    signing_key_clear(&fs->key);
    if (fs->turns)
        folder_turns_destroy(fs->turns);
    free(fs->turns);
    free(fs->root);
    free(fs->partial);
    link_base_clear(&fs->link);
    free(fs);
}

static const struct objects_ops fs_ops = {
    .destroy = fs_destroy,
    .ensure_bucket = fs_ensure_bucket,
    .stat = fs_stat,
    .get = fs_get,
    .remove = fs_remove,
    .list = objects_fs_list,
    .link = objects_fs_link,
    .verify = objects_fs_verify,
    .open = fs_open,
    .writer_open = objects_fs_writer_open,
    .writer_write = objects_fs_writer_write,
    .writer_commit = objects_fs_writer_commit,
    .writer_abort = objects_fs_writer_abort,
};

/* Is it a store that is there, of which nothing may be changed: another user's, or on a read-only disk? */
static bool is_read_only(const struct objects_fs *fs)
{
    return access(fs->root, W_OK) != 0 && (errno == EACCES || errno == EROFS) && access(fs->root, R_OK) == 0;
}

/* Folders, sweep, signing key. */
static enum tess_status prepare(struct objects_fs *fs, const char *key_path, bool *created_out,
                                struct tess_error *error)
{
    bool made_root = false, made_partial = false, made_key = false;
    if (created_out)
        *created_out = false;
    if (is_read_only(fs)) { /* what needs the key says that it is not there */
        fs->has_key = signing_key_read(key_path, &fs->key, NULL) == TESS_OK;
        return TESS_OK;
    }
    enum tess_status status = folder_ensure(fs->root, &made_root, error);
    if (status == TESS_OK)
        status = folder_ensure(fs->partial, &made_partial, error);
    if (status == TESS_OK) {
        objects_fs_sweep(fs, clock_unix_ms() / 1000);
        status = signing_key_ensure(key_path, fs->partial, &made_key, &fs->key, error);
        fs->has_key = status == TESS_OK;
    }
    if (created_out)
        *created_out = made_root || made_partial || made_key;
    return status;
}

static enum tess_status create(const char *data_dir, struct objects_fs **fs_out, struct tess_error *error)
{
    struct objects_fs *fs = calloc(1, sizeof *fs);
    *fs_out = fs;
    if (!fs)
        return error_set(error, TESS_ERR_MEMORY, "no memory to open the store %s", data_dir);
    fs->base.ops = &fs_ops;
    fs->base.fetches = FETCHES;
    fs->turns = calloc(1, sizeof *fs->turns);
    if (fs->turns)
        folder_turns_init(fs->turns);
    if (asprintf(&fs->root, "%s/objects", data_dir) < 0)
        fs->root = NULL;
    if (asprintf(&fs->partial, "%s/objects/.partial", data_dir) < 0)
        fs->partial = NULL;
    return fs->turns && fs->root && fs->partial
               ? TESS_OK
               : error_set(error, TESS_ERR_MEMORY, "no memory to open the store %s", data_dir);
}

static enum tess_status conclude(struct objects_fs *fs, enum tess_status status, struct objects **objects_out)
{
    *objects_out = status == TESS_OK ? &fs->base : NULL;
    if (status != TESS_OK && fs)
        fs_destroy(&fs->base);
    return status;
}

enum tess_status objects_fs_open(const char *data_dir, const char *link_base, bool *created_out,
                                 struct objects **objects_out, struct tess_error *error)
{
    struct objects_fs *fs = NULL;
    char *key_path = NULL;
    enum tess_status status = create(data_dir, &fs, error);
    if (status == TESS_OK && asprintf(&key_path, "%s/signing-key", data_dir) < 0) {
        key_path = NULL;
        status = error_set(error, TESS_ERR_MEMORY, "no memory to open the store %s", data_dir);
    }
    if (status == TESS_OK)
        status = link_base_parse(link_base, &fs->link, error);
    if (status == TESS_OK)
        status = prepare(fs, key_path, created_out, error);
    free(key_path);
    return conclude(fs, status, objects_out);
}

enum tess_status objects_fs_view(const char *data_dir, struct objects **objects_out, struct tess_error *error)
{
    struct objects_fs *fs = NULL;
    const enum tess_status status = create(data_dir, &fs, error);
    return conclude(fs, status, objects_out);
}
