// SPDX-License-Identifier: MIT
#include "scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tessera/store.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

void scratch_make(char path_out[64])
{
    (void)snprintf(path_out, 64, "/tmp/tessera-test-XXXXXX");
    must(mkdtemp(path_out) != NULL, "mkdtemp");
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)walk;
    if (type == FTW_DNR)
        (void)chmod(path, 0700);
    return remove(path);
}

void scratch_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *folder, const char *name)
{
    static char paths[16][4096];
    static unsigned next;
    char *path = paths[next++ % 16];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void scratch_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL, path);
    must(size == 0 || fwrite(data, 1, size, file) == size, path);
    must(fclose(file) == 0, path);
}

int scratch_count(const char *folder)
{
    DIR *entries = opendir(folder);
    int count = 0;
    if (!entries)
        return -1;
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    return count;
}

struct tess_store *scratch_store(const char *folder)
{
    const struct tess_store_config config = {.data_dir = scratch_path(folder, "data")};
    struct tess_store *store = NULL;
    must(tess_store_open(&config, &store, NULL) == TESS_OK, "tess_store_open");
    return store;
}
