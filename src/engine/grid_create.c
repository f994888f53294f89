// SPDX-License-Identifier: MIT
/*
 * create-grid: look up, answer from the store if the grid is there, else build, store, presign.
 *
 * The images are read as they are at that moment, and the grid's key is made of the versions that came with
 * the bytes: an image that is replaced meanwhile cannot lend its new version to a picture of its old bytes.
 * The grid and its sidecar may become visible in either order, and a job may be killed in between: a sidecar
 * without its grid, or with another's, is not believed (grid_stored.c).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/parallel.h"
#include "engine/grid_build.h"
#include "engine/montage.h"
#include "engine/outcome.h"
#include "engine/pipeline.h"
#include "engine/sidecar.h"

struct answer {
    struct tess_answer pub; /* first: the caller holds a pointer to this */
    char *grid_id, *key, *url;
    struct result *result;
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

enum tess_status grid_build_make_result(struct grid_build *build, struct tess_error *error)
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

/* Not one image is there: is the bucket? Of a missing one a server says "not found", as of a missing object.
 * Where one may not even look, there is nothing to add. */
static enum tess_status check_bucket(const struct grid_build *build, struct tess_error *error)
{
    struct tess_error trouble;
    const enum tess_status status = objects_check_bucket(build->backend->objects, build->lookup.bucket,
                                                         build->lookup.keys.keys[0], &trouble);
    if (status != TESS_ERR_SETUP)
        return TESS_ERR_NOT_FOUND;
    /* A bucket that the request names is the caller's affair, that of the store is its operator's. */
    if (build->request->images)
        trouble.status = TESS_ERR_NOT_FOUND;
    if (error)
        *error = trouble;
    return trouble.status;
}

/* An embedded store whose files cannot even be examined is not a matter of bad images. */
static enum tess_status check_files(const struct grid_build *build, struct tess_error *error)
{
    const struct result *result = build->result;
    for (size_t i = 0; i < result->pub.cell_count; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        if (cell->status != TESS_OK && cell->status != TESS_ERR_NOT_FOUND && !build->lookup.versions[i][0])
            return error_set(error, cell->status, "bucket %s: %s", build->lookup.bucket, cell->reason);
    }
    return TESS_OK;
}

/* Whether there is a grid in what the cells have become. */
static enum tess_status check_cells(struct grid_build *build, struct tess_error *error)
{
    enum tess_status status = outcome_check(build->result, error);
    if (status == TESS_ERR_NOT_FOUND)
        status = check_bucket(build, error);
    build->cells_failed = status != TESS_OK;
    if (status == TESS_OK && !build->backend->objects->remote)
        status = check_files(build, error);
    return status;
}

static enum tess_status run_pipeline(struct grid_build *build, struct sink *sink, struct tess_error *error)
{
    struct tess_store *store = build->input.store;
    struct grid_lookup *lookup = &build->lookup;
    struct source_objects source;
    source_objects_init(&source, build->backend->objects, lookup->bucket, lookup->keys.keys, lookup->versions,
                        &store->typical_bytes);
    const struct pipeline_page page = {.engine = build->input.engine,
                                       .plan = &lookup->plan,
                                       .options = &build->request->options,
                                       .source = &source.source,
                                       .total = lookup->plan.tiles,
                                       .sink = sink,
                                       .result = build->result,
                                       .watch = &build->request->watch,
                                       .deadline_ns = build->caller.deadline_ns,
                                       .early = lookup->early};
    if (lookup->early)
        early_adopt(lookup->early, &lookup->plan, lookup->versions);
    enum tess_status status = pipeline_run(&page, error);
    build->result->pub.bytes = sink->bytes;
    result_close(build->result, &lookup->plan, 1);
    build->cells_failed = status == TESS_ERR_TILE_FAILED;
    return status == TESS_OK ? check_cells(build, error) : status;
}

/*
 * The versions of what is not an image's content. A failure that may pass must not share a key with what the
 * image will be when it has: in a remote store a grid is left as it is where one of its key is already.
 */
static void settle_versions(struct grid_build *build)
{
    static const char unread[] = "unread";
    const struct result *result = build->result;
    const bool remote = build->backend->objects->remote;
    for (size_t i = 0; i < result->pub.cell_count; i++) {
        const enum tess_status status = result->cells[i].status;
        char *version = build->lookup.versions[i];
        const bool passing =
            !sidecar_is_lasting(status) || (status == TESS_ERR_LIMIT && result->short_of_memory);
        if (status == TESS_ERR_NOT_FOUND)
            version[0] = '\0';
        else if (status != TESS_OK && (version[0] == '\0' || (remote && passing)))
            memcpy(version, unread, sizeof unread);
    }
}

static enum tess_status put_sidecar(struct grid_build *build, struct tess_error *error)
{
    struct objects *objects = build->backend->objects;
    const struct object_put request = {
        .bucket = build->backend->dest_bucket, .media_type = "application/json", .stop = &build->stop};
    struct object_writer *writer = NULL;
    struct bytes json;
    enum tess_status status = sidecar_write(build->result, build->key, &json, error);
    if (status == TESS_OK)
        status = objects->ops->writer_open(objects, &request, &writer, error);
    if (status == TESS_OK)
        status = objects->ops->writer_write(writer, json.data, json.size, error);
    bytes_clear(&json);
    if (status == TESS_OK)
        return objects->ops->writer_commit(writer, build->lookup.sidecar_key, error);
    if (writer)
        objects->ops->writer_abort(writer);
    return status;
}

struct publishing {
    struct grid_build *build;
    struct sink *sink;
};

/* Turn 0 is the sidecar, turn 1 the grid. */
static enum tess_status publish_one(void *context, size_t turn, struct tess_error *error)
{
    const struct publishing *publishing = context;
    struct grid_build *build = publishing->build;
    if (turn == 0)
        return put_sidecar(build, error);
    struct object_writer *writer = publishing->sink->object;
    publishing->sink->object = NULL;
    return build->backend->objects->ops->writer_commit(writer, build->key, error);
}

/* Builds into the object (and the file). The object first: it is the answer, the file a copy for the caller.
 */
static enum tess_status build_into(struct grid_build *build, struct sink *sink, struct tess_error *error)
{
    struct objects *objects = build->backend->objects;
    struct publishing publishing = {build, sink};
    enum tess_status status = run_pipeline(build, sink, error);
    const int64_t committing_ns = clock_monotonic_ns();
    if (status == TESS_OK) {
        settle_versions(build);
        grid_lookup_key(&build->lookup, build->key);
        status = parallel_for(2, objects->remote ? 2 : 1, publish_one, &publishing, error);
    }
    if (sink->object)
        objects->ops->writer_abort(sink->object);
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
    struct file_writer file;
    struct sink sink = {.objects = objects};
    build->put = (struct object_put){.bucket = build->backend->dest_bucket,
                                     .media_type = tess_format_media_type(build->lookup.plan.format),
                                     .only_new = objects->remote && !build->request->options.fresh,
                                     .stop = &build->stop};
    enum tess_status status = grid_build_make_result(build, error);
    if (status == TESS_OK && build->request->output) {
        status = file_writer_open(&file, build->request->output, false, error);
        sink.file = status == TESS_OK ? &file : NULL;
    }
    if (status == TESS_OK)
        status = objects->ops->writer_open(objects, &build->put, &sink.object, error);
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
                                                .key = build->key,
                                                .method = "GET",
                                                .now_s = clock_unix_ms() / 1000,
                                                .expires_s = build->request->options.expires_s,
                                                .base = build->request->link_base};
    struct bytes url;
    enum tess_status status = objects->ops->link(objects, &request, &url, &answer->pub.expires_at_s, error);
    if (status != TESS_OK)
        return status;
    const char *text = bytes_text(&url);
    answer->url = text ? strdup(text) : NULL;
    bytes_clear(&url);
    return answer->url ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for a link");
}

/* The answer, with the result moved into it. That of a job whose cells failed has neither key nor link. */
static enum tess_status make_answer(struct grid_build *build, bool stored, struct tess_answer **answer_out,
                                    struct tess_error *error)
{
    assert(build->result);
    struct answer *answer = calloc(1, sizeof *answer);
    if (!answer)
        return error_set(error, TESS_ERR_MEMORY, "no memory for an answer");
    enum tess_status status = stored ? presign(build, answer, error) : TESS_OK;
    answer->grid_id = strdup(build->request->grid_id);
    answer->key = strdup(stored ? build->key : "");
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

static enum tess_status answer_or_build(struct grid_build *build, struct tess_answer **answer_out,
                                        struct tess_error *error)
{
    const double plan_ms = (double)(clock_monotonic_ns() - build->begun_ns) / 1e6;
    enum tess_status status = TESS_OK;
    bool gone = false;
    build->cached = grid_stored_find(build);
    if (build->cached) {
        early_stop(build->lookup.early);
        status = grid_stored_save(build, &gone, error);
    }
    if (!build->cached || gone) {
        build->cached = false;
        status = build_grid(build, error);
    }
    if (build->result)
        build->result->pub.timings.plan_ms = plan_ms;
    if (status == TESS_OK && build->output_name) {
        result_take_output(build->result, build->output_name);
        build->output_name = NULL;
    }
    if (status == TESS_OK) {
        status = make_answer(build, true, answer_out, error);
    } else if (build->cells_failed && make_answer(build, false, answer_out, NULL) != TESS_OK) {
        *answer_out = NULL; /* the error still says what failed */
    }
    return status;
}

enum tess_status tess_grid_create(struct tess_engine *engine, struct tess_store *store,
                                  const struct tess_grid_request *request, struct tess_answer **answer_out,
                                  struct tess_error *error)
{
    struct grid_build build = {.input = {.engine = engine,
                                         .store = store,
                                         .request = request,
                                         .stop = &build.stop,
                                         .building = true},
                               .backend = &store->backend,
                               .request = request,
                               .caller = caller_from_now(&request->watch, &engine->options.limits),
                               .stop = {caller_must_stop, &build.caller},
                               .begun_ns = clock_monotonic_ns()};
    *answer_out = NULL;
    enum tess_status status =
        request->output ? tess_output_check(request->output, 1, NULL, 0, error) : TESS_OK;
    if (status == TESS_OK)
        status = grid_lookup_init(&build.lookup, &build.input, error);
    if (status != TESS_OK)
        return status;
    build.output_name = request->output ? strdup(request->output) : NULL;
    if (request->output && !build.output_name)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for a file name");
    else
        status = answer_or_build(&build, answer_out, error);
    free(build.output_name);
    result_destroy(build.result);
    grid_lookup_clear(&build.lookup);
    return status;
}
