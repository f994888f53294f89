// SPDX-License-Identifier: MIT
#include "engine/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"

/* Reading is a copy out of the page cache, or one disk: a second reader covers the first one's waits. */
enum { FILE_FETCHES = 2 };

/* A photo; and of how much too large the guess was, one part in so many is believed each time. */
enum { TYPICAL_BYTES = 4 << 20, SHRINK_BY = 8 };

static enum tess_status files_size(const struct source *source, size_t index, uint64_t *bytes_out,
                                   struct tess_error *error)
{
    const struct source_files *files = (const struct source_files *)source;
    struct stat info;
    if (stat(files->paths[index], &info) != 0)
        return error_errno(error, errno, "cannot open %s", files->paths[index]);
    *bytes_out = (uint64_t)info.st_size;
    return TESS_OK;
}

static enum tess_status files_read(const struct source *source, size_t index, uint64_t max_bytes,
                                   const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                   struct tess_error *error)
{
    const struct source_files *files = (const struct source_files *)source;
    struct stat info;
    (void)stop; /* nothing to a disk */
    enum tess_status status = file_read_info(files->paths[index], max_bytes, out, &info, error);
    *size_out = (uint64_t)info.st_size;
    return status;
}

static const char *files_name(const struct source *source, size_t index)
{
    return ((const struct source_files *)source)->paths[index];
}

void source_files_init(struct source_files *files, const char *const *paths)
{
    *files = (struct source_files){
        .source = {.size = files_size, .read = files_read, .name = files_name, .fetches = FILE_FETCHES},
        .paths = paths};
}

void source_typical_learn(source_typical *typical, uint64_t size_bytes)
{
    uint64_t old = atomic_load(typical), next;
    do {
        const uint64_t before = old ? old : TYPICAL_BYTES;
        next = size_bytes >= before ? size_bytes : before - (before - size_bytes) / SHRINK_BY;
    } while (!atomic_compare_exchange_weak(typical, &old, next ? next : 1));
}

uint64_t source_typical_guess(const source_typical *typical)
{
    const uint64_t usual = atomic_load(typical);
    return usual ? usual + usual / 4 : TYPICAL_BYTES;
}

enum tess_status source_object_status(enum tess_status status, struct tess_error *error)
{
    if (status != TESS_ERR_INVALID)
        return status;
    if (error)
        error->status = TESS_ERR_IO;
    return TESS_ERR_IO;
}

static void note_version(const struct source_objects *self, size_t index, const char *version)
{
    if (self->versions)
        memcpy(self->versions[index], version, OBJECT_VERSION_BYTES);
}

static enum tess_status objects_size(const struct source *source, size_t index, uint64_t *bytes_out,
                                     struct tess_error *error)
{
    const struct source_objects *self = (const struct source_objects *)source;
    struct object_info info;
    *bytes_out = 0;
    if (source->size_is_guess) {
        *bytes_out = source_typical_guess(self->typical);
        return TESS_OK;
    }
    enum tess_status status =
        self->objects->ops->stat(self->objects, self->bucket, self->keys[index], NULL, &info, error);
    if (status == TESS_OK) {
        *bytes_out = info.size_bytes;
        note_version(self, index, info.version);
    }
    return source_object_status(status, error);
}

static enum tess_status objects_read(const struct source *source, size_t index, uint64_t max_bytes,
                                     const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                     struct tess_error *error)
{
    const struct source_objects *self = (const struct source_objects *)source;
    const struct object_get request = {
        .bucket = self->bucket, .key = self->keys[index], .max_bytes = max_bytes, .stop = stop};
    struct object_info info = {0};
    enum tess_status status = self->objects->ops->get(self->objects, &request, out, &info, error);
    *size_out = info.size_bytes;
    if ((status == TESS_OK || status == TESS_ERR_LIMIT) && info.version[0])
        note_version(self, index, info.version);
    if (status == TESS_OK && source->size_is_guess)
        source_typical_learn(self->typical, out->size);
    return source_object_status(status, error);
}

static const char *objects_name(const struct source *source, size_t index)
{
    return ((const struct source_objects *)source)->keys[index];
}

void source_objects_init(struct source_objects *source, struct objects *objects, const char *bucket,
                         char *const *keys, char (*versions)[OBJECT_VERSION_BYTES], source_typical *typical)
{
    *source = (struct source_objects){.source = {.size = objects_size,
                                                 .read = objects_read,
                                                 .name = objects_name,
                                                 .fetches = objects->fetches,
                                                 .size_is_guess = objects->remote && typical},
                                      .objects = objects,
                                      .bucket = bucket,
                                      .keys = keys,
                                      .versions = versions,
                                      .typical = typical};
}
