// SPDX-License-Identifier: MIT
#include "backend/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

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
    enum tess_status status = folder_sync_parent(path, error);
    /* A folder given to us in a place that we may pass through but not read. */
    return status == TESS_ERR_DENIED && failed == EEXIST ? TESS_OK : status;
}
