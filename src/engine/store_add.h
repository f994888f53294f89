// SPDX-License-Identifier: MIT
/* The steps by which an image gets into a store, for whole images and for uploads alike. */
#ifndef ENGINE_STORE_ADD_H
#define ENGINE_STORE_ADD_H

#include <stddef.h>
#include <stdint.h>

#include "engine/store_state.h"
#include "image/sniff.h"

/* TESS_ERR_NOT_IMAGE unless the first bytes (SNIFF_BYTES of them, or all there are) are those of an image
 * that tessera reads. */
enum tess_status store_check_image(const uint8_t *bytes, size_t size_bytes, enum image_kind *kind_out,
                                   struct tess_error *error);

/* A new random key; `extension` without the dot, NULL: none. TESS_ERR_IO. */
enum tess_status store_make_key(const char *extension, char key_out[TESS_KEY_MAX_BYTES + 1],
                                struct tess_error *error);

/* Maps a key to a grid. When that fails, its object is removed, if it is there already (`is_stored`); where
 * that fails too, the message begins with the key. */
enum tess_status store_map_image(const struct backend *backend, const char *grid_id, const char *key,
                                 int64_t added_ms, bool is_stored, struct tess_error *error);

#endif
