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
#include "base/file.h"
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
    struct object_info *grid = &build->stored;
    char remembered[GRID_KEY_BYTES];
    if (build->request->options.fresh || !read_sidecar(build, remembered) ||
        grid_lookup_versions(&build->lookup, remembered, grid, NULL) != TESS_OK)
        return false;
    grid_lookup_key(&build->lookup, build->key);
    /* The size tells a whole grid from one that is missing, and from another attempt's at the same key. */
    if (strcmp(build->key, remembered) != 0 || grid->size_bytes != build->result->pub.bytes)
        return false;
    result_close(build->result, &build->lookup.plan, 1);
    /* A grid of nothing is none, and a strict request may find what a lenient one stored with placeholders.
     */
    return outcome_check(build->result, NULL) == TESS_OK &&
           !(build->request->options.strict && build->result->pub.failed_count > 0);
}

static enum tess_status write_piece(void *context, const void *data, size_t size, struct tess_error *error)
{
    return file_writer_write(context, data, size, error);
}

enum tess_status grid_stored_save(const struct grid_build *build, bool *gone_out, struct tess_error *error)
{
    struct file_writer file;
    const struct object_copy copy = {.bucket = build->backend->dest_bucket,
                                     .key = build->key,
                                     .info = &build->stored,
                                     .stop = &build->stop,
                                     .take = write_piece,
                                     .context = &file};
    *gone_out = false;
    if (!build->request->output)
        return TESS_OK;
    enum tess_status status = file_writer_open(&file, build->request->output, false, error);
    if (status != TESS_OK)
        return status;
    status = objects_copy(build->backend->objects, &copy, error);
    if (status == TESS_OK)
        return file_writer_commit(&file, error);
    file_writer_abort(&file);
    *gone_out = status == TESS_ERR_NOT_FOUND;
    return *gone_out ? TESS_OK : status;
}
