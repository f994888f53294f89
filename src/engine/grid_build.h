// SPDX-License-Identifier: MIT
/* The state of one create-grid, shared by grid_create.c (the build) and grid_stored.c (what is in the store
 * already), and by nobody else. */
#ifndef ENGINE_GRID_BUILD_H
#define ENGINE_GRID_BUILD_H

#include "engine/caller.h"
#include "engine/grid_request.h"
#include "engine/result.h"

struct grid_build {
    struct grid_lookup_input input;
    const struct backend *backend;
    const struct tess_grid_request *request;
    struct caller caller;
    struct stop stop; /* by `caller` */
    struct grid_lookup lookup;
    char key[GRID_KEY_BYTES];  /* of the grid, once it is known */
    struct object_info stored; /* the grid as grid_stored_find() found it */
    struct result *result;
    struct object_put put; /* borrowed by the object's writer until its end */
    char *output_name;     /* copied before anything is built: naming the file that is there must not fail */
    int64_t begun_ns;
    bool cached;
    bool cells_failed; /* and the job with them */
};

/* A fresh result with all cells in place, instead of the one there may be. */
enum tess_status grid_build_make_result(struct grid_build *build, struct tess_error *error);

/* Whether the store holds this very grid; then `key` is set and the result is as it was when it was built. */
bool grid_stored_find(struct grid_build *build);

/* Copies the stored grid to the file that the request names, if it does, in pieces. *gone_out: it is no
 * longer there, and to be built; then there is no error, and no file. */
enum tess_status grid_stored_save(const struct grid_build *build, bool *gone_out, struct tess_error *error);

#endif
