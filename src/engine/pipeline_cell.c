// SPDX-License-Identifier: MIT
/*
 * A cell's way through the stages: fetch on a fetcher, then decode and place on a worker. No step of it can
 * fail: what goes wrong is noted in the slot, the cell becomes a placeholder, and every slot comes back.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/caption.h"
#include "engine/fetch.h"
#include "engine/pipeline_job.h"

void job_mark_stopping(struct job *job, const struct tess_error *error)
{
    pthread_mutex_lock(&job->lock);
    if (job->error.status == TESS_OK)
        job->error = *error;
    atomic_store(&job->stopping, true);
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    early_stop(job->page->early);
}

void job_stop(struct job *job, const struct tess_error *error)
{
    job_mark_stopping(job, error);
    job->encoder->ops->stop(job->encoder);
}

static uint32_t report_index(const struct slot *slot)
{
    return slot->job->page->first + slot->cell;
}

static const char *source_name(const struct job *job, uint32_t cell)
{
    return job->page->source->name(job->page->source, job->page->first + cell);
}

/*
 * The failed cell goes into the report; in strict mode it ends the job. What the machine lacked is not the
 * cell's failure and may be there the next time: it ends the job in any mode, and is nowhere remembered.
 */
static void note_failure(struct slot *slot)
{
    struct job *job = slot->job;
    const bool lacking = slot->error.status == TESS_ERR_MEMORY;
    if (atomic_load(&job->stopping))
        return;
    if (!lacking)
        result_fail(job->page->result, report_index(slot), &slot->error);
    if (lacking || job->page->options->strict) {
        struct tess_error error = slot->error;
        error.status = lacking ? TESS_ERR_MEMORY : TESS_ERR_TILE_FAILED;
        error_prefix(&error, "cell %u (%s)", slot->cell, source_name(job, slot->cell));
        job_stop(job, &error);
    }
}

static void report_progress(struct job *job, bool failed)
{
    const struct tess_watch *watch = job->page->watch;
    pthread_mutex_lock(&job->progress_lock);
    job->done++;
    job->failed += failed;
    if (watch->on_progress) {
        const struct tess_progress progress = {job->page->first + job->done, job->page->total, job->failed};
        watch->on_progress(watch->context, &progress);
    }
    pthread_mutex_unlock(&job->progress_lock);
}

void job_finish_rows(struct job *job, const struct tess_rect *rect)
{
    const uint32_t last = canvas_strip_of(rect->y_px + rect->height_px - 1);
    for (uint32_t strip = canvas_strip_of(rect->y_px); strip <= last; strip++) {
        pthread_mutex_lock(&job->lock);
        bool complete = canvas_finish_locked(&job->canvas, strip) && !atomic_load(&job->stopping);
        pthread_mutex_unlock(&job->lock);
        if (complete)
            job->encoder->ops->strip_ready(job->encoder, strip);
    }
}

/* The end of a cell's way, good or bad. After this the slot is the coordinator's again. */
static void finish_slot(struct slot *slot)
{
    struct job *job = slot->job;
    const struct tess_rect block = plan_block_rect(job->page->plan, slot->cell);
    job_finish_rows(job, &block);
    report_progress(job, slot->error.status != TESS_OK);
    pthread_mutex_lock(&job->lock);
    slot->next_free = job->free_slots;
    job->free_slots = slot;
    job->running--;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

static void place_caption(struct slot *slot)
{
    struct job *job = slot->job;
    const struct plan *plan = job->page->plan;
    const struct tess_rect tile = plan_cell_rect(plan, slot->cell);
    struct bytes text;
    struct picture caption = {0};
    struct tess_error error;
    enum tess_status status = caption_expand(job->page->options->label, source_name(job, slot->cell),
                                             (uint64_t)report_index(slot) + 1, &text);
    const char *line = status == TESS_OK ? bytes_text(&text) : NULL;
    if (!line)
        status = error_set(&error, TESS_ERR_MEMORY, "no memory for a caption");
    else
        status = caption_render(line, CAPTION_LABEL, plan->tile_width_px, plan->label_height_px,
                                job->page->options->background, plan->layout, &caption, &error);
    if (status == TESS_OK)
        canvas_place(&job->canvas, &caption, tile.x_px, tile.y_px + tile.height_px);
    else
        job_stop(job, &error);
    picture_clear(&caption);
    bytes_clear(&text);
}

static bool is_blank(const struct slot *slot)
{
    return source_name(slot->job, slot->cell)[0] == '\0';
}

/* Puts a tile where it belongs; one without pixels leaves the background. */
static void place(struct slot *slot, const struct picture *tile)
{
    struct job *job = slot->job;
    const struct tess_rect rect = plan_cell_rect(job->page->plan, slot->cell);
    const int64_t begun_ns = clock_monotonic_ns();
    if (tile->memory && !atomic_load(&job->stopping))
        canvas_place(&job->canvas, tile, rect.x_px, rect.y_px);
    if (job->page->plan->label_height_px && !is_blank(slot) && !atomic_load(&job->stopping))
        place_caption(slot);
    atomic_fetch_add(&job->place_ns, clock_monotonic_ns() - begun_ns);
}

/* The failed cell's report, and the picture that stands in for it; a job that ends needs neither. */
static void fail_cell(struct slot *slot, struct picture *tile_out)
{
    struct tess_error error;
    note_failure(slot);
    if (atomic_load(&slot->job->stopping))
        return;
    /* A picture that the budget has no room for stays blank. */
    if (decode_placeholder(&slot->job->decode, tile_out, &error) == TESS_ERR_MEMORY)
        job_stop(slot->job, &error);
}

/* Stage: decode and place, on a worker. */
static void decode_and_place(struct pool_task *task)
{
    struct slot *slot = (struct slot *)task;
    struct job *job = slot->job;
    struct picture tile = {0};
    const int64_t begun_ns = clock_monotonic_ns();
    if (slot->error.status == TESS_OK && !atomic_load(&job->stopping) && !is_blank(slot))
        slot->error.status = decode_cell(&job->decode, &slot->bytes, &tile, &slot->error);
    bytes_clear(&slot->bytes);
    if (slot->ticket_bytes)
        budget_release(job->decode.budget, BUDGET_FETCHED, slot->ticket_bytes);
    if (slot->error.status != TESS_OK)
        fail_cell(slot, &tile);
    atomic_fetch_add(&job->decode_ns, clock_monotonic_ns() - begun_ns);
    place(slot, &tile);
    picture_clear(&tile);
    finish_slot(slot);
}

static enum tess_status fetch_bytes(struct slot *slot, struct tess_error *error)
{
    struct job *job = slot->job;
    struct fetch request = {.source = job->page->source,
                            .index = report_index(slot),
                            .most_bytes = job->decode.limits->max_input_bytes,
                            .fetches = job->fetches,
                            .budget = job->decode.budget,
                            .share = BUDGET_FETCHED,
                            .wait = true,
                            .stop = &job->stop};
    enum tess_status status = fetch_item(&request, &slot->bytes, &slot->ticket_bytes, error);
    atomic_fetch_add(&job->fetch_ns, request.read_ns);
    return status;
}

/* Stage: fetch, on a fetcher. */
static void fetch(struct pool_task *task)
{
    struct slot *slot = (struct slot *)task;
    if (!atomic_load(&slot->job->stopping) && !is_blank(slot))
        slot->error.status = fetch_bytes(slot, &slot->error);
    slot->task.run = decode_and_place;
    pool_submit(slot->job->page->engine->workers, &slot->task, false);
}

/* Instead of both stages, on a worker: the cell was begun before there was a plan, and is done. */
static void place_early(struct pool_task *task)
{
    struct slot *slot = (struct slot *)task;
    struct job *job = slot->job;
    struct early *early = job->page->early;
    const struct early_cell_result result = early_look(early, report_index(slot));
    struct picture stand_in = {0};
    if (result.dropped) {
        early_give_back(early, report_index(slot));
        slot->task.run = fetch;
        pool_submit(job->page->engine->fetchers, &slot->task, false);
        return;
    }
    slot->error = *result.error;
    atomic_fetch_add(&job->fetch_ns, result.fetch_ns);
    atomic_fetch_add(&job->decode_ns, result.decode_ns);
    if (slot->error.status != TESS_OK)
        fail_cell(slot, &stand_in);
    place(slot, slot->error.status == TESS_OK ? result.tile : &stand_in);
    picture_clear(&stand_in);
    early_give_back(early, report_index(slot));
    finish_slot(slot);
}

void job_submit_cell(struct job *job, struct slot *slot, uint32_t cell)
{
    *slot = (struct slot){.task.run = place_early, .job = job, .cell = cell};
    if (early_take(job->page->early, report_index(slot), &slot->task))
        return;
    slot->task.run = fetch;
    pool_submit(job->page->engine->fetchers, &slot->task, false);
}
