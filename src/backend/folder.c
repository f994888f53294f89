// SPDX-License-Identifier: MIT
#include "backend/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

enum { SETTLED_AFTER_S = 120 };

/* The folder that holds `path`, allocated; "." and "/" for names without one. */
static char *parent_of(const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    while (size > 0 && path[size - 1] != '/')
        size--;
    if (size == 0)
        return strdup(".");
    while (size > 1 && path[size - 1] == '/')
        size--;
    return strndup(path, size);
}

enum tess_status folder_sync_parent(const char *path, struct tess_error *error)
{
    char *parent = parent_of(path);
    if (!parent)
        return error_set(error, TESS_ERR_MEMORY, "no memory to write %s", path);
    int failed = 0;
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        failed = errno;
    } else {
        if (fsync(fd) != 0)
            failed = errno;
        close(fd);
    }
    enum tess_status status =
        failed ? error_errno(error, failed, "cannot sync the folder %s", parent) : TESS_OK;
    free(parent);
    return status;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/*
 * Was it made long enough ago for the kernel to have written it out by itself (30 s by default)? Some disks
 * take milliseconds for a sync with nothing to do, and a store has several folders to look at when it opens.
 */
static bool is_settled(const char *path)
{
    struct statx info;
    struct timespec now;
    return statx(AT_FDCWD, path, 0, STATX_BTIME, &info) == 0 && (info.stx_mask & STATX_BTIME) &&
           clock_gettime(CLOCK_REALTIME, &now) == 0 && info.stx_btime.tv_sec < now.tv_sec - SETTLED_AFTER_S;
}

enum tess_status folder_ensure(const char *path, bool *created_out, struct tess_error *error)
{
    if (created_out)
        *created_out = false;
    int failed = mkdir(path, 0777) == 0 ? 0 : errno;
    if (failed == ENOENT) {
        char *parent = parent_of(path);
        if (!parent)
            return error_set(error, TESS_ERR_MEMORY, "no memory to make the folder %s", path);
        enum tess_status status = strcmp(parent, path) == 0
                                      ? error_errno(error, failed, "cannot make the folder %s", path)
                                      : folder_ensure(parent, NULL, error);
        free(parent);
        if (status != TESS_OK)
            return status;
        failed = mkdir(path, 0777) == 0 ? 0 : errno;
    }
    if (failed == EEXIST && !is_folder(path))
        return error_set(error, TESS_ERR_INVALID, "%s is not a folder; move it away or choose another place",
                         path);
    if (failed && failed != EEXIST)
        return error_errno(error, failed, "cannot make the folder %s", path);
    if (created_out)
        *created_out = failed == 0;
    if (failed == EEXIST && is_settled(path))
        return TESS_OK;
    enum tess_status status = folder_sync_parent(path, error);
    /* A folder given to us in a place that we may pass through but not read. */
    return status == TESS_ERR_DENIED && failed == EEXIST ? TESS_OK : status;
}
