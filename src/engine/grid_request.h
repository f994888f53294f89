// SPDX-License-Identifier: MIT
/* A grid request looked up: which objects it means, what the plan is, and the keys that follow from both. */
#ifndef ENGINE_GRID_REQUEST_H
#define ENGINE_GRID_REQUEST_H

#include <stdint.h>

#include "engine/early.h"
#include "engine/engine_state.h"
#include "engine/grid_key.h"
#include "engine/plan.h"
#include "engine/store_find.h"
#include "engine/store_state.h"

/* What a lookup is made from. Borrowed for the lookup's life. */
struct grid_lookup_input {
    struct tess_engine *engine;
    struct tess_store *store;
    const struct tess_grid_request *request;
    const struct stop *stop;
    bool building; /* images may be fetched before all keys are known */
};

struct grid_lookup {
    const struct grid_lookup_input *input;
    struct store_name images; /* where the request names its images; else bucket is "" */
    const char *bucket;       /* of the images */
    struct tess_keys keys;
    char (*versions)[OBJECT_VERSION_BYTES]; /* keys.count of them, each "" until it is known */
    struct plan plan;
    char sidecar_key[GRID_KEY_BYTES];
    struct early *early; /* images that were begun while the keys arrived; NULL: none */
};

/*
 * Asks for the keys; no object is looked at. All limits of the grid are checked. TESS_ERR_NOT_FOUND for a
 * grid without images, TESS_ERR_LIMIT, TESS_ERR_INVALID, TESS_ERR_IO, TESS_ERR_MEMORY, and what the stop
 * says. On success the caller clears it.
 */
enum tess_status grid_lookup_init(struct grid_lookup *lookup, const struct grid_lookup_input *input,
                                  struct tess_error *error);
void grid_lookup_clear(struct grid_lookup *lookup);

/*
 * Asks for the version of each object, and in the same breath (`grid_key` may be NULL) what is stored under a
 * grid's key: *grid_out has size 0 where nothing is.
 */
enum tess_status grid_lookup_versions(struct grid_lookup *lookup, const char *grid_key,
                                      struct object_info *grid_out, struct tess_error *error);

/* The grid's key, by the versions as they are known. */
void grid_lookup_key(const struct grid_lookup *lookup, char key_out[GRID_KEY_BYTES]);

#endif
