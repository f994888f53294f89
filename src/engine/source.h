// SPDX-License-Identifier: MIT
/* Where a job's bytes come from: the fetch stage's view of files and of stored objects. */
#ifndef ENGINE_SOURCE_H
#define ENGINE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "backend/objects.h"
#include "base/bytes.h"
#include <tessera/status.h>

/* Functions block and may be called from several threads at once. First member of the implementations. */
struct source {
    /* Bytes of item `index`, for the memory ticket; an upper bound will do. */
    enum tess_status (*size)(const struct source *source, size_t index, uint64_t *bytes_out,
                             struct tess_error *error);

    /* Reads item `index`, at most max_bytes of it ("max-bytes"), into `out` (initialised here; empty on
     * failure). */
    enum tess_status (*read)(const struct source *source, size_t index, uint64_t max_bytes, struct bytes *out,
                             struct tess_error *error);

    /* The item's path or key, for reports. "" is a cell that stays blank on purpose. */
    const char *(*name)(const struct source *source, size_t index);

    uint32_t fetches; /* how many reads at once pay */
};

/* Local files. `paths` is borrowed. */
struct source_files {
    struct source source;
    const char *const *paths;
};
void source_files_init(struct source_files *files, const char *const *paths);

/* Objects of one bucket. All pointers are borrowed. */
struct source_objects {
    struct source source;
    struct objects *objects;
    const char *bucket;
    char *const *keys;
    const uint64_t *sizes_bytes; /* as far as known; 0 otherwise */
};
void source_objects_init(struct source_objects *source, struct objects *objects, const char *bucket,
                         char *const *keys, const uint64_t *sizes_bytes);

#endif
