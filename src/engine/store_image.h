// SPDX-License-Identifier: MIT
/* One image on its way into the store, whichever way it comes (store.c: whole, upload.c: in pieces). */
#ifndef ENGINE_STORE_IMAGE_H
#define ENGINE_STORE_IMAGE_H

#include "backend/backend.h"
#include "image/sniff.h"
#include <tessera/store.h>

/* Is it one that tessera reads? TESS_ERR_NOT_IMAGE. */
enum tess_status store_image_check(enum image_kind kind, uint64_t size_bytes, struct tess_error *error);

/* A new key with this ending ("jpg"; "": none). */
enum tess_status store_image_key(const char *extension, char key_out[TESS_KEY_MAX_BYTES + 1],
                                 struct tess_error *error);

/* Maps an image whose bytes are stored; they are removed again when that fails. */
enum tess_status store_image_map(const struct backend *backend, const char *grid_id, const char *key,
                                 int64_t added_ms, struct tess_error *error);

#endif
