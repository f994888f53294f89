// SPDX-License-Identifier: MIT
/*
 * create-grid: look up, answer from the store if the grid is there, else build, store, presign.
 *
 * Order of what becomes visible: first the sidecar, then the grid, so a grid that is there always has its
 * list of failed cells; killed in between, a sidecar is left that nothing points at and the next attempt
 * overwrites.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/grid_request.h"
#include "engine/montage.h"
#include "engine/pipeline.h"
#include "engine/sidecar.h"

struct answer {
    struct tess_answer pub; /* first: the caller holds a pointer to this */
    char *grid_id, *key, *url;
    struct result *result;
};

struct grid_build {
    struct tess_engine *engine;
    struct tess_store *store;
    const struct backend *backend;
    const struct tess_grid_request *request;
    struct grid_lookup lookup;
    struct result *result;
    char *output_name; /* copied before anything is built: naming the file that is there must not fail */
    int64_t begun_ns, deadline_ns;
    bool cached;
};

void tess_answer_destroy(struct tess_answer *answer)
{
    struct answer *self = (struct answer *)answer;
    if (!self)
        return;
    result_destroy(self->result);
    free(self->grid_id);
    free(self->key);
    free(self->url);
    free(self);
}

/* A fresh result with all cells in place. */
static enum tess_status make_result(struct grid_build *build, struct tess_error *error)
{
    const struct plan *plan = &build->lookup.plan;
    result_destroy(build->result);
    build->result = result_create(plan->tiles, 1);
    bool good = build->result;
    for (uint32_t cell = 0; good && cell < plan->tiles; cell++) {
        const struct tess_rect rect = plan_cell_rect(plan, cell);
        good = result_place(build->result, cell, 0, cell, &rect, build->lookup.keys.keys[cell]) == TESS_OK;
    }
    return good ? TESS_OK
                : error_set(error, TESS_ERR_MEMORY, "no memory for the reports of %u cells", plan->tiles);
}

/* Copies the stored grid to the file that -o names. */
static enum tess_status save_stored(struct grid_build *build, struct tess_error *error)
{
    const struct backend *backend = build->backend;
    const char *output = build->request->output;
    const struct object_get request = {
        .bucket = backend->dest_bucket, .key = build->lookup.key, .max_bytes = UINT64_C(1) << 40};
    struct bytes picture;
    if (!output)
        return TESS_OK;
    enum tess_status status = backend->objects->ops->get(backend->objects, &request, &picture, NULL, error);
    if (status == TESS_OK) {
        status = tess_write_file(output, picture.data, picture.size, error);
        bytes_clear(&picture);
    }
    return status;
}

/* Whether the store holds this very grid; then the result is as it was when it was built. */
static bool find_stored(struct grid_build *build)
{
    const struct backend *backend = build->backend;
    const struct objects_ops *ops = backend->objects->ops;
    const struct object_get sidecar = {
        .bucket = backend->dest_bucket, .key = build->lookup.sidecar_key, .max_bytes = SIDECAR_MAX_BYTES};
    struct object_info info;
    struct bytes json;
    if (build->request->options.fresh ||
        ops->stat(backend->objects, backend->dest_bucket, build->lookup.key, NULL, &info, NULL) != TESS_OK ||
        ops->get(backend->objects, &sidecar, &json, NULL, NULL) != TESS_OK)
        return false;
    /* The sidecar is written before its grid: killed in between, it is another's that is still there. */
    bool found = make_result(build, NULL) == TESS_OK && sidecar_read(&json, build->result, NULL) == TESS_OK &&
                 build->result->pub.bytes == info.size_bytes;
    bytes_clear(&json);
    if (found)
        result_close(build->result, &build->lookup.plan, 1);
    /* A strict request may find a grid that a lenient one stored with placeholders. */
    return found && !(build->request->options.strict && build->result->pub.failed_count > 0);
}

static enum tess_status run_pipeline(struct grid_build *build, struct sink *sink, struct tess_error *error)
{
    const struct backend *backend = build->backend;
    struct source_objects source;
    source_objects_init(&source, backend->objects, backend->source_bucket, build->lookup.keys.keys, NULL,
                        &build->store->typical_bytes);
    const struct pipeline_page page = {.engine = build->engine,
                                       .plan = &build->lookup.plan,
                                       .options = &build->request->options,
                                       .source = &source.source,
                                       .total = build->lookup.plan.tiles,
                                       .sink = sink,
                                       .result = build->result,
                                       .watch = &build->request->watch,
                                       .deadline_ns = build->deadline_ns};
    enum tess_status status = pipeline_run(&page, error);
    build->result->pub.bytes = sink->bytes;
    result_close(build->result, &build->lookup.plan, 1);
    return status;
}

static enum tess_status put_sidecar(struct grid_build *build, struct tess_error *error)
{
    const struct backend *backend = build->backend;
    struct bytes json;
    enum tess_status status = sidecar_write(build->result, &json, error);
    if (status == TESS_OK)
        status = objects_put(backend->objects, backend->dest_bucket, build->lookup.sidecar_key,
                             "application/json", json.data, json.size, error);
    bytes_clear(&json);
    return status;
}

/* Builds into the object (and the file). The object first: it is the answer, the file a copy for the caller.
 */
static enum tess_status build_into(struct grid_build *build, struct sink *sink, struct tess_error *error)
{
    const struct objects_ops *ops = build->backend->objects->ops;
    enum tess_status status = run_pipeline(build, sink, error);
    if (status == TESS_OK)
        status = put_sidecar(build, error);
    const int64_t committing_ns = clock_monotonic_ns();
    if (status == TESS_OK) {
        status = ops->writer_commit(sink->object, build->lookup.key, error);
        sink->object = NULL;
    }
    if (sink->object)
        ops->writer_abort(sink->object);
    if (sink->file && status == TESS_OK)
        status = file_writer_commit(sink->file, error);
    else if (sink->file)
        file_writer_abort(sink->file);
    build->result->pub.timings.store_ms += (double)(clock_monotonic_ns() - committing_ns) / 1e6;
    return status;
}

static enum tess_status build_grid(struct grid_build *build, struct tess_error *error)
{
    struct objects *objects = build->backend->objects;
    const struct object_put request = {.bucket = build->backend->dest_bucket,
                                       .media_type = tess_format_media_type(build->lookup.plan.format)};
    struct file_writer file;
    struct sink sink = {.objects = objects};
    enum tess_status status = make_result(build, error);
    if (status == TESS_OK && build->request->output) {
        status = file_writer_open(&file, build->request->output, false, error);
        sink.file = status == TESS_OK ? &file : NULL;
    }
    if (status == TESS_OK)
        status = objects->ops->writer_open(objects, &request, &sink.object, error);
    if (status == TESS_OK)
        return build_into(build, &sink, error);
    if (sink.file)
        file_writer_abort(sink.file);
    return status;
}

static enum tess_status presign(const struct grid_build *build, struct answer *answer,
                                struct tess_error *error)
{
    struct objects *objects = build->backend->objects;
    const struct object_link_request request = {.bucket = build->backend->dest_bucket,
                                                .key = build->lookup.key,
                                                .method = "GET",
                                                .now_s = clock_unix_ms() / 1000,
                                                .expires_s = build->request->options.expires_s};
    struct bytes url;
    enum tess_status status = objects->ops->link(objects, &request, &url, &answer->pub.expires_at_s, error);
    if (status != TESS_OK)
        return status;
    const char *text = bytes_text(&url);
    answer->url = text ? strdup(text) : NULL;
    bytes_clear(&url);
    return answer->url ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for a link");
}

/* The answer, with the result moved into it. A strict failure has neither key nor link. */
static enum tess_status make_answer(struct grid_build *build, bool stored, struct tess_answer **answer_out,
                                    struct tess_error *error)
{
    assert(build->result);
    struct answer *answer = calloc(1, sizeof *answer);
    if (!answer)
        return error_set(error, TESS_ERR_MEMORY, "no memory for an answer");
    enum tess_status status = stored ? presign(build, answer, error) : TESS_OK;
    answer->grid_id = strdup(build->request->grid_id);
    answer->key = strdup(stored ? build->lookup.key : "");
    if (status == TESS_OK && (!answer->grid_id || !answer->key))
        status = error_set(error, TESS_ERR_MEMORY, "no memory for an answer");
    if (status != TESS_OK) {
        tess_answer_destroy(&answer->pub);
        return status;
    }
    build->result->pub.timings.total_ms = (double)(clock_monotonic_ns() - build->begun_ns) / 1e6;
    answer->result = build->result;
    build->result = NULL;
    answer->pub.grid_id = answer->grid_id;
    answer->pub.key = answer->key;
    answer->pub.presigned_url = answer->url ? answer->url : "";
    answer->pub.cached = build->cached;
    answer->pub.result = &answer->result->pub;
    *answer_out = &answer->pub;
    return TESS_OK;
}

enum tess_status tess_grid_create(struct tess_engine *engine, struct tess_store *store,
                                  const struct tess_grid_request *request, struct tess_answer **answer_out,
                                  struct tess_error *error)
{
    struct grid_build build = {.engine = engine,
                               .store = store,
                               .backend = &store->backend,
                               .request = request,
                               .begun_ns = clock_monotonic_ns(),
                               .deadline_ns = montage_deadline_ns(engine)};
    *answer_out = NULL;
    enum tess_status status = grid_lookup_init(&build.lookup, engine, store, request, error);
    if (status != TESS_OK)
        return status;
    build.output_name = request->output ? strdup(request->output) : NULL;
    if (request->output && !build.output_name) {
        grid_lookup_clear(&build.lookup);
        return error_set(error, TESS_ERR_MEMORY, "no memory for a file name");
    }
    const double plan_ms = (double)(clock_monotonic_ns() - build.begun_ns) / 1e6;
    build.cached = find_stored(&build);
    status = build.cached ? save_stored(&build, error) : build_grid(&build, error);
    if (build.result)
        build.result->pub.timings.plan_ms = plan_ms;
    if (status == TESS_OK && build.output_name) {
        result_take_output(build.result, build.output_name);
        build.output_name = NULL;
    }
    if (status == TESS_OK) {
        status = make_answer(&build, true, answer_out, error);
    } else if (status == TESS_ERR_TILE_FAILED && make_answer(&build, false, answer_out, NULL) != TESS_OK) {
        *answer_out = NULL; /* the error still says what failed */
    }
    free(build.output_name);
    result_destroy(build.result);
    grid_lookup_clear(&build.lookup);
    return status;
}
