// SPDX-License-Identifier: MIT
#include "engine/source.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"

/* Reading is a copy out of the page cache, or one disk: a second reader covers the first one's waits. */
enum { FILE_FETCHES = 2 };

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
                                   struct bytes *out, struct tess_error *error)
{
    const struct source_files *files = (const struct source_files *)source;
    return file_read(files->paths[index], max_bytes, out, error);
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

static enum tess_status objects_size(const struct source *source, size_t index, uint64_t *bytes_out,
                                     struct tess_error *error)
{
    const struct source_objects *self = (const struct source_objects *)source;
    struct object_info info;
    *bytes_out = self->sizes_bytes ? self->sizes_bytes[index] : 0;
    if (*bytes_out > 0)
        return TESS_OK;
    enum tess_status status =
        self->objects->ops->stat(self->objects, self->bucket, self->keys[index], NULL, &info, error);
    if (status == TESS_OK)
        *bytes_out = info.size_bytes;
    return status;
}

static enum tess_status objects_read(const struct source *source, size_t index, uint64_t max_bytes,
                                     struct bytes *out, struct tess_error *error)
{
    const struct source_objects *self = (const struct source_objects *)source;
    const struct object_get request = {
        .bucket = self->bucket, .key = self->keys[index], .max_bytes = max_bytes};
    return self->objects->ops->get(self->objects, &request, out, NULL, error);
}

static const char *objects_name(const struct source *source, size_t index)
{
    return ((const struct source_objects *)source)->keys[index];
}

void source_objects_init(struct source_objects *source, struct objects *objects, const char *bucket,
                         char *const *keys, const uint64_t *sizes_bytes)
{
    *source = (struct source_objects){.source = {.size = objects_size,
                                                 .read = objects_read,
                                                 .name = objects_name,
                                                 .fetches = objects->fetches},
                                      .objects = objects,
                                      .bucket = bucket,
                                      .keys = keys,
                                      .sizes_bytes = sizes_bytes};
}
