// SPDX-License-Identifier: MIT
/* A grid request looked up: which objects it means, what the plan is, and the key that follows from both. */
#ifndef ENGINE_GRID_REQUEST_H
#define ENGINE_GRID_REQUEST_H

#include <stdint.h>

#include "engine/engine_state.h"
#include "engine/grid_key.h"
#include "engine/plan.h"
#include "engine/store_state.h"

struct grid_lookup {
    struct tess_keys keys;
    char **versions;       /* keys.count of them, owned */
    uint64_t *sizes_bytes; /* keys.count of them; 0 where the object is missing */
    struct plan plan;
    char key[GRID_KEY_BYTES], sidecar_key[GRID_KEY_BYTES];
};

/*
 * Asks the catalog and looks at each object's version; no pixel is read. The limits are checked before any
 * object is looked at. TESS_ERR_NOT_FOUND for a grid without images, TESS_ERR_LIMIT, TESS_ERR_INVALID,
 * TESS_ERR_IO, TESS_ERR_MEMORY. On success the caller clears it.
 */
enum tess_status grid_lookup_init(struct grid_lookup *lookup, const struct tess_engine *engine,
                                  struct tess_store *store, const struct tess_grid_request *request,
                                  struct tess_error *error);
void grid_lookup_clear(struct grid_lookup *lookup);

#endif
