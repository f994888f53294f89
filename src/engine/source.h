// SPDX-License-Identifier: MIT
/* Where a job's bytes come from: the fetch stage's view of files and of stored objects. */
#ifndef ENGINE_SOURCE_H
#define ENGINE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/objects.h"
#include "base/bytes.h"
#include "base/stop.h"
#include <tessera/status.h>

/* Functions block and may be called from several threads at once. First member of the implementations. */
struct source {
    /* Bytes of item `index`, for the memory ticket: an upper bound, or with size_is_guess what is usual. */
    enum tess_status (*size)(const struct source *source, size_t index, uint64_t *bytes_out,
                             struct tess_error *error);

    /*
     * Reads item `index`, at most max_bytes of it, into `out` (initialised here; empty on failure).
     * TESS_ERR_LIMIT "max-bytes" when it has more; *size_out is then what it takes, or 0 where that is not
     * known. Ends early with what `stop` says.
     */
    enum tess_status (*read)(const struct source *source, size_t index, uint64_t max_bytes,
                             const struct stop *stop, struct bytes *out, uint64_t *size_out,
                             struct tess_error *error);

    /* The item's path or key, for reports. "" is a cell that stays blank on purpose. */
    const char *(*name)(const struct source *source, size_t index);

    uint32_t fetches;   /* how many reads at once pay */
    bool size_is_guess; /* asking for the size would cost as much as reading: read() corrects the guess */
};

/* What is usual for an item's size, learned from what was read: an atomic that sources of one origin share.
 * It begins at 4 MiB (0 stands for that), grows at once and shrinks slowly. Thread-safe. */
typedef _Atomic uint64_t source_typical;
void source_typical_learn(source_typical *typical, uint64_t size_bytes);
uint64_t source_typical_guess(const source_typical *typical);

/* Local files. `paths` is borrowed. */
struct source_files {
    struct source source;
    const char *const *paths;
};
void source_files_init(struct source_files *files, const char *const *paths);

/* What reading an object ended with, as a cell's failure. Its name was checked before and the request was
 * ours: what a server calls invalid in that (a redirect, a key service that is off, a proxy in between) is
 * the store's fault, TESS_ERR_IO, and may pass. */
enum tess_status source_object_status(enum tess_status status, struct tess_error *error);

/* Objects of one bucket. All pointers are borrowed. */
struct source_objects {
    struct source source;
    struct objects *objects;
    const char *bucket;
    char *const *keys;
    /* NULL, or one an item, each "" at first: becomes the version of the bytes that were read. An item that
     * could not be read has the version it had before that was tried, where that is known. */
    char (*versions)[OBJECT_VERSION_BYTES];
    source_typical *typical; /* for objects that are remote */
};
void source_objects_init(struct source_objects *source, struct objects *objects, const char *bucket,
                         char *const *keys, char (*versions)[OBJECT_VERSION_BYTES], source_typical *typical);

#endif
