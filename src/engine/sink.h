// SPDX-License-Identifier: MIT
/* Where an encoded picture goes. Written in order, from one thread at a time; its owner commits or aborts
 * what is behind it. */
#ifndef ENGINE_SINK_H
#define ENGINE_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "backend/objects.h"
#include "base/file.h"

struct sink {
    struct file_writer *file; /* may be NULL */
    struct objects *objects;  /* may be NULL; then `object` is too */
    struct object_writer *object;
    uint64_t bytes; /* written so far */
};

/* Writes to the file and the object, as far as they are there. */
enum tess_status sink_write(struct sink *sink, const void *data, size_t size, struct tess_error *error);

#endif
