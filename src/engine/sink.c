// SPDX-License-Identifier: MIT
#include "engine/sink.h"

enum tess_status sink_write(struct sink *sink, const void *data, size_t size, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    if (sink->file)
        status = file_writer_write(sink->file, data, size, error);
    if (status == TESS_OK && sink->object)
        status = sink->objects->ops->writer_write(sink->object, data, size, error);
    if (status == TESS_OK)
        sink->bytes += size;
    return status;
}
