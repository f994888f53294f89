// SPDX-License-Identifier: MIT
/*
 * Whether a grid is in the store already.
 *
 * The sidecar is asked for first: its name follows from the keys alone, so a grid that was never built costs
 * one request, and its images are read without having been looked at. Only where there is a sidecar are the
 * versions of all images asked for, all at once: they must give the key that the sidecar names.
 */
#include <string.h>

#include "base/error.h"
#include "engine/grid_build.h"
#include "engine/outcome.h"
#include "engine/sidecar.h"

static bool read_sidecar(struct grid_build *build, char key_out[GRID_KEY_BYTES])
{
    struct objects *objects = build->backend->objects;
    const struct object_get request = {.bucket = build->backend->dest_bucket,
                                       .key = build->lookup.sidecar_key,
                                       .max_bytes = SIDECAR_MAX_BYTES,
                                       .stop = &build->stop};
    struct bytes json;
    if (objects->ops->get(objects, &request, &json, NULL, NULL) != TESS_OK)
        return false;
    bool good = grid_build_make_result(build, NULL) == TESS_OK &&
                sidecar_read(&json, build->result, key_out, NULL) == TESS_OK;
    bytes_clear(&json);
    return good;
}

bool grid_stored_find(struct grid_build *build)
{
    struct object_info grid = {0};
    char remembered[GRID_KEY_BYTES];
    if (build->request->options.fresh || !read_sidecar(build, remembered) ||
        grid_lookup_versions(&build->lookup, remembered, &grid, NULL) != TESS_OK)
        return false;
    grid_lookup_key(&build->lookup, build->key);
    /* The size tells a whole grid from one that is missing, and from another attempt's at the same key. */
    if (strcmp(build->key, remembered) != 0 || grid.size_bytes != build->result->pub.bytes)
        return false;
    result_close(build->result, &build->lookup.plan, 1);
    /* A grid of nothing is none, and a strict request may find what a lenient one stored with placeholders.
     */
    return outcome_check(build->result, NULL) == TESS_OK &&
           !(build->request->options.strict && build->result->pub.failed_count > 0);
}

enum tess_status grid_stored_save(const struct grid_build *build, struct tess_error *error)
{
    struct objects *objects = build->backend->objects;
    const char *output = build->request->output;
    const struct object_get request = {.bucket = build->backend->dest_bucket,
                                       .key = build->key,
                                       .max_bytes = build->result->pub.bytes,
                                       .stop = &build->stop};
    struct bytes picture;
    if (!output)
        return TESS_OK;
    enum tess_status status = objects->ops->get(objects, &request, &picture, NULL, error);
    if (status == TESS_OK) {
        status = tess_write_file(output, picture.data, picture.size, error);
        bytes_clear(&picture);
    }
    return status;
}
