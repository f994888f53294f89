// SPDX-License-Identifier: MIT
/* Which files are an embedded store's own. */
#include "backend/backend.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

/* Does `folder` (its first `length` bytes) hold `name`, of that kind? */
static bool holds(const char *folder, size_t length, const char *name, mode_t kind)
{
    char path[4096 + 32];
    struct stat info;
    const int size = snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, name);
    return size > 0 && (size_t)size < sizeof path && stat(path, &info) == 0 &&
           (info.st_mode & S_IFMT) == kind;
}

static bool is_store(const char *folder, size_t length)
{
    return holds(folder, length, "objects", S_IFDIR) && holds(folder, length, "signing-key", S_IFREG);
}

/* The folder where writing to `path` makes a file, without links; NULL with errno. For free(). */
static char *real_folder(const char *path)
{
    char *real = realpath(path, NULL);
    const char *named = real ? real : path;
    const char *slash = strrchr(named, '/');
    char *folder = slash ? strndup(named, slash == named ? 1 : (size_t)(slash - named)) : strdup(".");
    free(real);
    real = folder ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

enum tess_status backend_refuse_own(const char *path, struct tess_error *error)
{
    char *folder = real_folder(path);
    if (!folder) /* where there is no folder nothing can be overwritten */
        return errno == ENOMEM ? error_set(error, TESS_ERR_MEMORY, "no memory for a file name") : TESS_OK;
    size_t store = is_store(folder, strlen(folder)) ? strlen(folder) : 0;
    static const char objects[] = "/objects";
    const size_t size = sizeof objects - 1;
    for (const char *at = strstr(folder, objects); at && !store; at = strstr(at + 1, objects))
        if ((at[size] == '/' || at[size] == '\0') && is_store(folder, (size_t)(at - folder)))
            store = (size_t)(at - folder);
    enum tess_status status = TESS_OK;
    if (store)
        status = error_set(error, TESS_ERR_INVALID,
                           "%s is a place of the store's own files, in its folder %.*s; name another output",
                           path, (int)store, folder);
    free(folder);
    return status;
}
