// SPDX-License-Identifier: MIT
/* Names of stored images, "s3://BUCKET/PREFIX", and what they stand for. */
#ifndef ENGINE_STORE_FIND_H
#define ENGINE_STORE_FIND_H

#include "base/stop.h"
#include "engine/store_state.h"

struct store_name {
    char bucket[BUCKET_NAME_MAX_BYTES + 1];
    const char *key; /* or prefix; "" is all of the bucket. Within the text that was read */
};

/* TESS_ERR_INVALID or TESS_ERR_LIMIT ("key-bytes"), saying what a name looks like. Pure. */
enum tess_status store_name_read(const char *text, struct store_name *name_out, struct tess_error *error);

/* The keys of tess_store_find(), without the bucket. */
enum tess_status store_find_keys(struct tess_store *store, const struct store_name *name, size_t most,
                                 const struct stop *stop, struct tess_keys *keys_out,
                                 struct tess_error *error);

#endif
