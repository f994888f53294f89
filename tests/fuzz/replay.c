// SPDX-License-Identifier: MIT
/* Runs a fuzz target over every file of the folders and files that are named: for builds without libFuzzer.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>

#include "base/file.h"

enum { MAX_INPUT_BYTES = 1 << 20 };

static int replay_file(const char *path)
{
    struct bytes bytes;
    struct tess_error error = {.status = TESS_OK};
    if (file_read(path, MAX_INPUT_BYTES, &bytes, &error) != TESS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    (void)LLVMFuzzerTestOneInput(bytes.data, bytes.size);
    bytes_clear(&bytes);
    return 1;
}

/* The number of inputs, or -1. */
static int replay(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder && errno == ENOTDIR)
        return replay_file(path);
    if (!folder) {
        perror(path);
        return -1;
    }
    int count = 0;
    const struct dirent *entry = NULL;
    while (count >= 0 && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char name[4096];
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        count = replay_file(name) < 0 ? -1 : count + 1;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    (void)LLVMFuzzerTestOneInput(NULL, 0);
    for (int i = 1; i < argc; i++) {
        int count = replay(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    printf("%d inputs\n", total);
    return total > 0 ? 0 : 1;
}
