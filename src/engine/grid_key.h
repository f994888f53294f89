// SPDX-License-Identifier: MIT
/*
 * The key of a stored grid: SHA-256 over all that decides its bytes. The same request on the same images has
 * the same key, whoever asks and however often, so a retry finds what the first attempt stored.
 */
#ifndef ENGINE_GRID_KEY_H
#define ENGINE_GRID_KEY_H

#include <stddef.h>

#include "engine/plan.h"
#include <tessera/store.h>

enum { GRID_KEY_BYTES = 64 };

struct grid_key_input {
    const char *grid_id;
    const struct plan *plan;
    const struct tess_grid_options *options;
    const struct tess_limits *limits; /* they decide which images are placeholders */
    size_t count;
    const char *const *keys;     /* in the order of the cells */
    const char *const *versions; /* what each key held; "" for one that is missing */
};

/* "<40 hex digits>.jpg" (or the format's ending), and "….json" for what is stored beside it. Pure. */
void grid_key_make(const struct grid_key_input *input, char key_out[GRID_KEY_BYTES],
                   char sidecar_out[GRID_KEY_BYTES]);

#endif
