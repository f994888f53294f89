// SPDX-License-Identifier: MIT
/* What is behind a struct tess_upload; upload.c and link.c make them. */
#ifndef ENGINE_UPLOAD_STATE_H
#define ENGINE_UPLOAD_STATE_H

#include "engine/store_state.h"
#include "image/sniff.h"
#include <tessera/upload.h>

/* One thread's at a time. */
struct tess_upload {
    const struct backend *backend;    /* borrowed, as the store is */
    char *grid_id;                    /* NULL: nothing is mapped */
    char key[TESS_KEY_MAX_BYTES + 1]; /* "": a new one */
    int64_t added_ms;                 /* its place in TESS_ORDER_ADDED */
    uint64_t max_bytes, taken_bytes;
    enum tess_status failed; /* not TESS_OK: only abort is left */
    /* The first bytes, until they are enough to tell the kind; the object's writer is opened then. */
    uint8_t head[SNIFF_BYTES];
    size_t head_bytes;
    enum image_kind kind;
    struct object_put put; /* borrowed by the writer */
    struct object_writer *writer;
};

/* An upload into the source bucket. `grid_id` or `key` may be NULL, see above; both are copied.
 * TESS_ERR_MEMORY. */
enum tess_status upload_create(struct tess_store *store, const char *grid_id, const char *key,
                               uint64_t max_bytes, struct tess_upload **upload_out, struct tess_error *error);

#endif
