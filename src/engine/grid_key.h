// SPDX-License-Identifier: MIT
/*
 * The names of what is stored of a grid.
 *
 * The grid's key is a SHA-256 over all that decides its bytes: the same request on the same images has the
 * same key, whoever asks and however often, so a retry finds what the first attempt stored. The sidecar's key
 * leaves the images' versions out, so that it is known before any image has been looked at: one request tells
 * whether the grid was built before, and the sidecar says under which key.
 */
#ifndef ENGINE_GRID_KEY_H
#define ENGINE_GRID_KEY_H

#include <stddef.h>

#include "backend/objects.h"
#include "engine/plan.h"
#include <tessera/store.h>

enum { GRID_KEY_BYTES = 64 };

struct grid_key_input {
    const char *grid_id;
    const char *bucket; /* of the images; NULL: that of the store */
    const struct plan *plan;
    const struct tess_grid_options *options;
    const struct tess_limits *limits; /* they decide which images are placeholders */
    size_t count;
    char *const *keys;                      /* in the order of the cells */
    char (*versions)[OBJECT_VERSION_BYTES]; /* what each key held; "" for one that is missing */
};

/* "<40 hex digits>.jpg" (or the format's ending). Pure. */
void grid_key_make(const struct grid_key_input *input, char key_out[GRID_KEY_BYTES]);

/* "<40 hex digits>.json" for what is stored beside it; the versions are not looked at. Pure. */
void grid_key_make_sidecar(const struct grid_key_input *input, char key_out[GRID_KEY_BYTES]);

#endif
