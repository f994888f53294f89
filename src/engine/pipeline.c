// SPDX-License-Identifier: MIT
/* The coordinator of a job, on its caller's thread: see pipeline.h. What happens to one cell is in
 * pipeline_cell.c. */
#include "engine/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/caller.h"
#include "engine/caption.h"
#include "engine/pipeline_job.h"
#include "image/vips_module.h"

enum { WATCH_INTERVAL_MS = 20, SPARE_SLOTS = 2 };

static void on_strip_done(void *context, uint32_t index)
{
    struct job *job = context;
    pthread_mutex_lock(&job->lock);
    canvas_close_locked(&job->canvas, index);
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

/* The encoder has stopped itself. (It may fail before init_job() has even received it.) */
static void on_encoder_failure(void *context, const struct tess_error *error)
{
    job_mark_stopping(context, error);
}

static enum tess_status must_stop(const void *context, struct tess_error *error)
{
    const struct pipeline_page *page = context;
    const struct caller caller = {page->watch, page->deadline_ns,
                                  caller_timeout_ms(page->watch, &page->engine->options.limits)};
    return caller_must_stop(&caller, error);
}

/* For the fetchers, which may wait for a server or for memory. The job ends with the reason that they find.
 */
static enum tess_status job_must_stop(const void *context, struct tess_error *error)
{
    struct job *job = (struct job *)(uintptr_t)context;
    struct tess_error reason;
    if (atomic_load(&job->stopping))
        return error_set(error, TESS_ERR_CANCELLED, "the job has ended");
    enum tess_status status = must_stop(job->page, &reason);
    if (status == TESS_OK)
        return TESS_OK;
    job_stop(job, &reason);
    if (error)
        *error = reason;
    return status;
}

/* Waits for a change, no longer than until it is time to look at cancel and deadline again. */
static void await_change_locked(struct job *job)
{
    struct tess_error error;
    struct timespec until;
    if (!atomic_load(&job->stopping) && must_stop(job->page, &error) != TESS_OK) {
        pthread_mutex_unlock(&job->lock);
        job_stop(job, &error);
        pthread_mutex_lock(&job->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WATCH_INTERVAL_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    (void)pthread_cond_clockwait(&job->changed, &job->lock, CLOCK_MONOTONIC, &until);
}

/* Opens strips until number `last` is open; false when the job stops. */
static bool open_strips(struct job *job, uint32_t last)
{
    while (job->canvas.opened <= last) {
        const uint32_t index = job->canvas.opened;
        pthread_mutex_lock(&job->lock);
        while (!atomic_load(&job->stopping) && !canvas_open_next_locked(&job->canvas))
            await_change_locked(job);
        bool stopping = atomic_load(&job->stopping);
        pthread_mutex_unlock(&job->lock);
        if (stopping)
            return false;
        canvas_paint(&job->canvas, index);
        if (canvas_strip(&job->canvas, index)->unfinished == 0)
            job->encoder->ops->strip_ready(job->encoder, index);
    }
    return true;
}

static struct slot *await_slot(struct job *job)
{
    struct slot *slot = NULL;
    pthread_mutex_lock(&job->lock);
    while (!atomic_load(&job->stopping) && !job->free_slots)
        await_change_locked(job);
    if (!atomic_load(&job->stopping)) {
        slot = job->free_slots;
        job->free_slots = slot->next_free;
        job->running++;
    }
    pthread_mutex_unlock(&job->lock);
    return slot;
}

/* Draws the heading; its strips are open. */
static void place_title(struct job *job)
{
    const struct tess_grid_options *options = job->page->options;
    const struct tess_rect rect = plan_title_rect(job->page->plan);
    struct picture title;
    struct tess_error error;
    if (caption_render(options->title, CAPTION_TITLE, rect.width_px, rect.height_px, options->background,
                       job->page->plan->layout, &title, &error) == TESS_OK) {
        canvas_place(&job->canvas, &title, rect.x_px, rect.y_px);
        picture_clear(&title);
    } else {
        job_stop(job, &error);
    }
    job_finish_rows(job, &rect);
}

/* The coordinator: hands out all cells in order, then the strips that are left. */
static void hand_out(struct job *job)
{
    const struct plan *plan = job->page->plan;
    const struct tess_rect title = plan_title_rect(plan);
    if (title.height_px > 0 && open_strips(job, canvas_strip_of(title.y_px + title.height_px - 1)))
        place_title(job);
    for (uint32_t cell = 0; cell < plan->tiles; cell++) {
        const struct tess_rect block = plan_block_rect(plan, cell);
        struct slot *slot = NULL;
        if (open_strips(job, canvas_strip_of(block.y_px + block.height_px - 1)))
            slot = await_slot(job);
        if (!slot)
            return;
        job_submit_cell(job, slot, cell);
    }
    (void)open_strips(job, plan->strip_count - 1);
}

/* Until every cell has come back and, unless the job stops, every strip is done with: a caller may stop it
 * also while only the encoder is at work. */
static void await_end(struct job *job)
{
    pthread_mutex_lock(&job->lock);
    while (job->running > 0 ||
           (!atomic_load(&job->stopping) && job->canvas.closed < job->page->plan->strip_count))
        await_change_locked(job);
    pthread_mutex_unlock(&job->lock);
}

/* Cells that failed on the pages before this one. */
static uint32_t count_failed_before(const struct pipeline_page *page)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < page->first; i++)
        count += page->result->cells[i].status != TESS_OK;
    return count;
}

static enum tess_status init_job(struct job *job, const struct pipeline_page *page, struct tess_error *error)
{
    struct tess_engine *engine = page->engine;
    const uint32_t fetches = engine->options.fetches ? engine->options.fetches : page->source->fetches;
    /* Where reads take long, they go on while as many cells again wait for a worker. */
    const uint32_t waiting = page->source->size_is_guess ? fetches : 0;
    *job = (struct job){.page = page,
                        .decode = {.plan = page->plan,
                                   .options = page->options,
                                   .limits = &engine->options.limits,
                                   .budget = engine->budget,
                                   .profiles = engine->profiles,
                                   .stop = &job->stop,
                                   .workers = engine->options.threads},
                        .stop = {job_must_stop, job},
                        .fetches = fetches,
                        .slot_count = engine->options.threads + fetches + waiting + SPARE_SLOTS,
                        .failed = count_failed_before(page)};
    pthread_mutex_init(&job->progress_lock, NULL);
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->changed, NULL);
    pool_grow(engine->fetchers, fetches);
    job->slots = calloc(job->slot_count, sizeof *job->slots);
    if (!job->slots)
        return error_set(error, TESS_ERR_MEMORY, "no memory for %u cells in flight", job->slot_count);
    for (uint32_t i = 0; i < job->slot_count; i++) {
        job->slots[i].next_free = job->free_slots;
        job->free_slots = &job->slots[i];
    }
    enum tess_status status = canvas_init(&job->canvas, page->plan, page->options->background, error);
    const struct encoder_config config = {.plan = page->plan,
                                          .canvas = &job->canvas,
                                          .sink = page->sink,
                                          .workers = engine->workers,
                                          .quality = page->options->quality,
                                          .encode_ns = &job->encode_ns,
                                          .write_ns = &job->write_ns,
                                          .context = job,
                                          .on_strip_done = on_strip_done,
                                          .on_failure = on_encoder_failure};
    if (status == TESS_OK)
        status = page->plan->format == TESS_FORMAT_JPEG ? encode_jpeg_create(&config, &job->encoder, error)
                                                        : encode_stream_create(&config, &job->encoder, error);
    return status;
}

static void clear_job(struct job *job)
{
    if (job->encoder)
        job->encoder->ops->destroy(job->encoder);
    canvas_clear(&job->canvas);
    free(job->slots);
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    pthread_mutex_destroy(&job->progress_lock);
}

static void add_timings(const struct job *job, struct tess_timings *timings)
{
    timings->fetch_ms += (double)job->fetch_ns / 1e6;
    timings->decode_ms += (double)job->decode_ns / 1e6;
    timings->place_ms += (double)job->place_ns / 1e6;
    timings->encode_ms += (double)job->encode_ns / 1e6;
    timings->store_ms += (double)job->write_ns / 1e6;
}

/* libvips takes a while to load: begin at once when it is plain that something will need it. */
static void prefetch_libvips(const struct pipeline_page *page)
{
    const struct tess_grid_options *options = page->options;
    bool needed = page->plan->format != TESS_FORMAT_JPEG || page->plan->label_height_px ||
                  page->plan->title_height_px || options->gravity >= TESS_GRAVITY_ATTENTION;
    for (uint32_t cell = 0; cell < page->plan->tiles && !needed; cell++) {
        const char *dot = strrchr(page->source->name(page->source, page->first + cell), '.');
        needed = dot && (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".webp") == 0 ||
                         strcasecmp(dot, ".gif") == 0 || strcasecmp(dot, ".heic") == 0 ||
                         strcasecmp(dot, ".avif") == 0 || strcasecmp(dot, ".tif") == 0 ||
                         strcasecmp(dot, ".tiff") == 0);
    }
    if (needed)
        vips_module_prefetch();
}

static enum tess_status run_job(struct job *job, struct tess_error *error)
{
    hand_out(job);
    await_end(job);
    /* A failure of the encoder has also stopped the job, with the same error. */
    enum tess_status status = job->encoder->ops->finish(job->encoder, error);
    if (job->error.status != TESS_OK) {
        status = job->error.status;
        if (error)
            *error = job->error;
    }
    add_timings(job, &job->page->result->pub.timings);
    return status;
}

enum tess_status pipeline_run(const struct pipeline_page *page, struct tess_error *error)
{
    const uint64_t canvas_bytes = page->plan->canvas_bytes;
    struct job job;
    prefetch_libvips(page);
    /* Other jobs hold the canvas share for as long as they run. */
    const struct stop stop = {must_stop, page};
    enum tess_status status = must_stop(page, error); /* before the work, however short it is */
    if (status == TESS_OK)
        status = budget_reserve_until(page->engine->budget, BUDGET_CANVAS, canvas_bytes,
                                      "the grid under construction", &stop, error);
    if (status != TESS_OK)
        return status;
    status = init_job(&job, page, error);
    if (status == TESS_OK)
        status = run_job(&job, error);
    clear_job(&job);
    budget_release(page->engine->budget, BUDGET_CANVAS, canvas_bytes);
    return status;
}
