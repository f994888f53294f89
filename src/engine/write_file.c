// SPDX-License-Identifier: MIT
/* The all-or-nothing file writer, for callers of the library who write something beside a picture. */
#include "base/file.h"
#include <tessera/engine.h>

enum tess_status tess_write_file(const char *path, const void *data, size_t size_bytes,
                                 struct tess_error *error)
{
    struct file_writer writer;
    enum tess_status status = tess_output_check(path, 1, NULL, 0, error);
    if (status == TESS_OK)
        status = file_writer_open(&writer, path, false, error);
    if (status != TESS_OK)
        return status;
    status = file_writer_write(&writer, data, size_bytes, error);
    if (status == TESS_OK)
        return file_writer_commit(&writer, error);
    file_writer_abort(&writer);
    return status;
}
