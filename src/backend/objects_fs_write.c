// SPDX-License-Identifier: MIT
/* Streaming an object in, and sweeping away what writers that were killed left behind; see objects_fs.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/folder.h"
#include "backend/objects_fs_parts.h"
#include "base/error.h"
#include "base/file.h"
#include "net/random.h"

enum { STALE_AFTER_S = 3600, NONCE_BYTES = 16 };

#define PART_ENDING ".part"

struct object_writer {
    const struct objects_fs *fs;
    char *bucket;
    struct file_writer file; /* from .partial/… to the object's path, which the commit names */
};

/*
 * A file_writer whose temporary is in .partial instead of beside its target: the same file system, and so the
 * same rename.
 */
static enum tess_status begin(const struct objects_fs *fs, const char *bucket, struct file_writer *file,
                              struct tess_error *error)
{
    char nonce[2 * NONCE_BYTES + 1];
    enum tess_status status = random_hex(NONCE_BYTES, nonce, error);
    if (status != TESS_OK)
        return status;
    file->durable = true;
    /* For messages, until the commit names the object: where it is to go. */
    if (asprintf(&file->path, "%s/%s", fs->root, bucket) < 0)
        file->path = NULL;
    if (asprintf(&file->temp_path, "%s/%s" PART_ENDING, fs->partial, nonce) < 0)
        file->temp_path = NULL;
    if (!file->path || !file->temp_path) {
        status = error_set(error, TESS_ERR_MEMORY, "no memory to write an object");
    } else {
        file->fd = open(file->temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->fd < 0)
            status = error_errno(error, errno, "cannot write %s", file->temp_path);
    }
    if (status != TESS_OK) {
        free(file->path);
        free(file->temp_path);
    }
    return status;
}

/* A folder that an object is to go to is gone: that is the store's trouble, not an object that was not found.
 */
static enum tess_status lost(const struct objects_fs *fs, const char *bucket, struct tess_error *error)
{
    const enum tess_status status = objects_fs_missing(fs, bucket, "", error);
    if (status != TESS_ERR_NOT_FOUND)
        return status;
    return error_set(error, TESS_ERR_SETUP, "a folder in %s is missing; `tessera init` makes it", fs->root);
}

static void free_writer(struct object_writer *writer)
{
    free(writer->bucket);
    free(writer);
}

/* Media types have no place in files (a server derives them from the key), and a rename over the same content
 * does no harm: only_new is nothing to it. */
enum tess_status objects_fs_writer_open(struct objects *objects, const struct object_put *request,
                                        struct object_writer **writer_out, struct tess_error *error)
{
    const struct objects_fs *fs = (const struct objects_fs *)objects;
    *writer_out = NULL;
    enum tess_status status = bucket_name_check(request->bucket, error);
    if (status != TESS_OK)
        return status;
    if (!objects_fs_has_bucket(fs, request->bucket))
        return objects_fs_missing(fs, request->bucket, "", error);
    struct object_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_set(error, TESS_ERR_MEMORY, "no memory to write an object");
    writer->fs = fs;
    writer->file.fd = -1;
    writer->bucket = strdup(request->bucket);
    status = writer->bucket ? begin(fs, request->bucket, &writer->file, error)
                            : error_set(error, TESS_ERR_MEMORY, "no memory to write an object");
    if (status == TESS_OK)
        *writer_out = writer;
    else
        free_writer(writer);
    return status == TESS_ERR_NOT_FOUND ? lost(fs, request->bucket, error) : status;
}

enum tess_status objects_fs_writer_write(struct object_writer *writer, const void *data, size_t size,
                                         struct tess_error *error)
{
    return file_writer_write(&writer->file, data, size, error);
}

/* The folders of a name in pieces: each of them ends in "%/". */
static enum tess_status ensure_pieces(char *path, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    for (char *joint = strstr(path, "%/+"); joint && status == TESS_OK; joint = strstr(joint + 1, "%/+")) {
        joint[1] = '\0';
        status = folder_ensure(path, NULL, error);
        joint[1] = '/';
    }
    return status;
}

/* See "Versions" in objects_fs.h. */
static enum tess_status stamp(const struct file_writer *file, struct tess_error *error)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0 || futimens(file->fd, times) != 0)
        return error_errno(error, errno, "cannot set the time of %s", file->path);
    return TESS_OK;
}

/* Where the object goes to; its folders are made. */
static enum tess_status name_file(struct object_writer *writer, const char *key, struct tess_error *error)
{
    struct bytes path;
    enum tess_status status = objects_fs_path(writer->fs, writer->bucket, key, &path, error);
    if (status != TESS_OK)
        return status;
    char *copy = strdup((const char *)path.data);
    bytes_clear(&path);
    if (!copy)
        return error_set(error, TESS_ERR_MEMORY, "no memory to write object %.200s", key);
    free(writer->file.path);
    writer->file.path = copy;
    return ensure_pieces(writer->file.path, error);
}

/* The bytes by themselves, their name together with those of others. */
static enum tess_status publish(struct object_writer *writer, struct tess_error *error)
{
    struct file_writer *file = &writer->file;
    enum tess_status status = file_writer_seal(file, error);
    char *path = status == TESS_OK ? strdup(file->path) : NULL; /* the commit takes it away */
    if (status == TESS_OK && !path) {
        file_writer_abort(file);
        return error_set(error, TESS_ERR_MEMORY, "no memory to write an object");
    }
    file->durable = false;
    if (status == TESS_OK)
        status = file_writer_commit(file, error);
    if (status == TESS_OK)
        status = folder_turns_sync(writer->fs->turns, path, error);
    free(path);
    return status;
}

enum tess_status objects_fs_writer_commit(struct object_writer *writer, const char *key,
                                          struct tess_error *error)
{
    enum tess_status status = name_file(writer, key, error);
    if (status == TESS_OK)
        status = stamp(&writer->file, error);
    if (status == TESS_OK)
        status = publish(writer, error);
    else
        file_writer_abort(&writer->file);
    if (status == TESS_ERR_NOT_FOUND)
        status = lost(writer->fs, writer->bucket, error);
    free_writer(writer);
    return status;
}

void objects_fs_writer_abort(struct object_writer *writer)
{
    if (!writer)
        return;
    file_writer_abort(&writer->file);
    free_writer(writer);
}

void objects_fs_sweep(const struct objects_fs *fs, int64_t now_s)
{
    DIR *folder = opendir(fs->partial);
    if (!folder)
        return;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        struct stat info;
        size_t size = strlen(entry->d_name), ending = strlen(PART_ENDING);
        if (size < ending || strcmp(entry->d_name + size - ending, PART_ENDING) != 0)
            continue;
        /* A writer that is alive touches its file with every write. */
        if (fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
            (int64_t)info.st_mtim.tv_sec < now_s - STALE_AFTER_S)
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}
