// SPDX-License-Identifier: MIT
#include "backend/objects.h"

enum tess_status objects_put(struct objects *objects, const char *bucket, const char *key,
                             const char *media_type, const void *data, size_t size, struct tess_error *error)
{
    const struct object_put request = {.bucket = bucket, .media_type = media_type};
    struct object_writer *writer = NULL;
    enum tess_status status = objects->ops->writer_open(objects, &request, &writer, error);
    if (status != TESS_OK)
        return status;
    status = objects->ops->writer_write(writer, data, size, error);
    if (status == TESS_OK)
        return objects->ops->writer_commit(writer, key, error);
    objects->ops->writer_abort(writer);
    return status;
}
