// SPDX-License-Identifier: MIT
/* A folder of a test's own below /tmp, and what tests of the store do with files. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

struct tess_store;

/* Makes an empty folder; `path_out` has room for 64. Ends the program when that fails. */
void scratch_make(char path_out[64]);

/* Removes it with all that is in it. */
void scratch_remove(const char *path);

/* "FOLDER/NAME" in a buffer of its own, valid for the next 15 calls. Not for threads. */
const char *scratch_path(const char *folder, const char *name);

/* An embedded store in FOLDER/data, for tess_store_close(). */
struct tess_store *scratch_store(const char *folder);

/* Writes a whole file. */
void scratch_write(const char *path, const void *data, size_t size);

/* How many entries, "." and ".." aside, a folder has; -1 when it cannot be read. */
int scratch_count(const char *folder);

#endif
