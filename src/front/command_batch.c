// SPDX-License-Identifier: MIT
/*
 * tessera batch: one request a line in, one answer a line out.
 *
 * N threads share the input: each takes the next line, runs it to its answer and prints that, so there is no
 * queue and nothing is read ahead. With --ordered an answer waits in a ring until it is its turn; when the
 * ring is full the threads stop taking lines. The engine below is one, with one memory budget for all jobs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/batch_request.h"
#include "front/command.h"
#include "front/interrupt.h"
#include "front/json_out.h"
#include "front/line_reader.h"
#include "front/machine.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/progress.h"
#include "front/refuse.h"
#include "front/xalloc.h"

enum { RING_PER_JOB = 8 };

struct batch {
    /* immutable while threads run */
    const struct settings *settings;
    struct tess_engine *engine;
    struct tess_store *store;
    size_t ring_size;
    struct progress progress; /* locks itself */

    pthread_mutex_t input_lock; /* taken before output_lock where both are */
    struct line_reader reader;  /* under input_lock */
    uint64_t taken;             /* under input_lock: requests given to threads */
    bool input_ended;           /* under input_lock */
    int input_errno;            /* under input_lock, 0: read to its end */

    pthread_mutex_t output_lock;
    pthread_cond_t printed_more;
    char **ring;      /* under output_lock: answers that wait for their turn, by sequence modulo ring_size */
    uint64_t printed; /* under output_lock */
    uint64_t built, cached, failed, with_placeholders; /* under output_lock */
    int output_errno;                                  /* under output_lock, 0: stdout is fine */
};

/* One line on its way from input to answer. */
struct job {
    uint64_t sequence; /* from 0, blank lines not counted */
    uint64_t line;     /* from 1, as an editor counts */
    char *text;        /* NULL: the line was too long */
    size_t size;
};

enum outcome { OUTCOME_BUILT, OUTCOME_CACHED, OUTCOME_FAILED };

static void wait_for_room(struct batch *batch)
{
    if (!batch->settings->ordered)
        return;
    (void)pthread_mutex_lock(&batch->output_lock);
    while (batch->taken - batch->printed >= batch->ring_size && batch->output_errno == 0)
        (void)pthread_cond_wait(&batch->printed_more, &batch->output_lock);
    (void)pthread_mutex_unlock(&batch->output_lock);
}

static bool output_is_broken(struct batch *batch)
{
    (void)pthread_mutex_lock(&batch->output_lock);
    bool broken = batch->output_errno != 0;
    (void)pthread_mutex_unlock(&batch->output_lock);
    return broken;
}

static bool take_job(struct batch *batch, struct job *job_out)
{
    bool taken = false;
    (void)pthread_mutex_lock(&batch->input_lock);
    wait_for_room(batch);
    while (!taken && !batch->input_ended && !output_is_broken(batch)) {
        struct job job = {.sequence = batch->taken};
        enum line_kind kind = line_reader_next(&batch->reader, &job.text, &job.size);
        job.line = batch->reader.number;
        if (kind == LINE_READ && line_is_blank(job.text, job.size)) {
            free(job.text);
        } else if (kind == LINE_READ || kind == LINE_TOO_LONG) {
            batch->taken++;
            *job_out = job;
            taken = true;
        } else {
            batch->input_ended = true;
            batch->input_errno = kind == LINE_FAILED ? errno : 0;
        }
    }
    (void)pthread_mutex_unlock(&batch->input_lock);
    return taken;
}

/* Prints in order of completion, or keeps the answer until all before it are printed. Takes `text`. */
static void deliver(struct batch *batch, const struct job *job, char *text)
{
    (void)pthread_mutex_lock(&batch->output_lock);
    bool ordered = batch->settings->ordered;
    char **slot = ordered ? &batch->ring[job->sequence % batch->ring_size] : &text;
    if (ordered)
        *slot = text;
    for (bool more = !ordered || job->sequence == batch->printed; more;) {
        /* A bar and the answer may share the terminal. */
        if (batch->progress.enabled && isatty(STDOUT_FILENO))
            progress_hide(&batch->progress);
        if (batch->output_errno == 0 && (printf("%s\n", *slot) < 0 || fflush(stdout) != 0))
            batch->output_errno = errno ? errno : EIO;
        free(*slot);
        *slot = NULL;
        batch->printed++;
        if (ordered)
            slot = &batch->ring[batch->printed % batch->ring_size];
        more = ordered && *slot != NULL;
    }
    (void)pthread_cond_broadcast(&batch->printed_more);
    (void)pthread_mutex_unlock(&batch->output_lock);
}

static void count(struct batch *batch, enum outcome outcome, bool placeholders)
{
    (void)pthread_mutex_lock(&batch->output_lock);
    batch->built += outcome == OUTCOME_BUILT;
    batch->cached += outcome == OUTCOME_CACHED;
    batch->failed += outcome == OUTCOME_FAILED;
    batch->with_placeholders += placeholders;
    (void)pthread_mutex_unlock(&batch->output_lock);
    progress_step(&batch->progress, outcome == OUTCOME_FAILED);
}

static enum tess_status read_request(const struct batch *batch, const struct job *job,
                                     struct batch_request *text, struct tess_grid_request *request,
                                     struct tess_error *error)
{
    tess_grid_request_defaults(request);
    request->options = batch->settings->grid;
    request->watch.cancel = interrupt_flag();
    if (!job->text)
        return refuse_limit(error, "line-bytes", "the line is longer than %d bytes", MAX_LINE_BYTES);
    return batch_request_read(job->text, job->size, batch->settings->engine.limits.max_cells, text, request,
                              error);
}

static void run_job(struct batch *batch, const struct job *job)
{
    struct tess_grid_request request;
    struct tess_answer *answer = NULL;
    struct tess_error error = {0};
    struct batch_request read = {0};
    enum tess_status status = read_request(batch, job, &read, &request, &error);
    if (status == TESS_OK)
        status = tess_grid_create(batch->engine, batch->store, &request, &answer, &error);

    cJSON *json = json_object();
    json_add_integer(json, "line", (int64_t)job->line);
    bool placeholders = false;
    if (status == TESS_OK) {
        json_add_grid(json, answer);
        placeholders = answer->result->failed_count > 0;
    } else {
        if (request.grid_id)
            json_add_text(json, "grid_id", request.grid_id);
        json_add_error(json, &error);
        if (answer && answer->result)
            json_add_failed(json, answer->result);
    }
    enum outcome outcome = status != TESS_OK ? OUTCOME_FAILED
                           : answer->cached  ? OUTCOME_CACHED
                                             : OUTCOME_BUILT;
    char *text = json_print(json);
    cJSON_Delete(json);
    tess_answer_destroy(answer);
    batch_request_clear(&read);
    deliver(batch, job, text);
    count(batch, outcome, placeholders);
}

static void *work(void *context)
{
    struct batch *batch = context;
    struct job job;
    while (take_job(batch, &job)) {
        run_job(batch, &job);
        free(job.text);
    }
    return NULL;
}

static void run_threads(struct batch *batch, uint32_t jobs)
{
    pthread_t *threads = xcalloc(jobs, sizeof *threads);
    uint32_t started = 0;
    /* This thread only waits: signals prefer it, and it must not sit on a lock when one comes. */
    while (started < jobs && pthread_create(&threads[started], NULL, work, batch) == 0)
        started++;
    if (started == 0)
        (void)work(batch);
    for (uint32_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    free(threads);
}

static enum exit_status conclude(const struct batch *batch, int64_t elapsed_ms)
{
    const struct settings *settings = batch->settings;
    uint64_t all = batch->built + batch->cached + batch->failed;
    double seconds = (double)(elapsed_ms > 0 ? elapsed_ms : 1) / 1000;
    if (batch->output_errno)
        message_error(settings, "cannot write the answers: %s", strerror(batch->output_errno));
    if (batch->input_errno)
        message_error(settings, "cannot read the requests: %s", strerror(batch->input_errno));
    if (interrupt_seen())
        message_error(settings, "stopped; run it again to go on, finished grids are kept");
    message_note(settings,
                 "%llu grid%s: %llu built, %llu from the store, %llu failed, %llu with placeholders"
                 " (%.1f s, %.1f/s)",
                 (unsigned long long)all, all == 1 ? "" : "s", (unsigned long long)batch->built,
                 (unsigned long long)batch->cached, (unsigned long long)batch->failed,
                 (unsigned long long)batch->with_placeholders, seconds, (double)all / seconds);
    if (batch->output_errno || batch->input_errno || interrupt_seen() || batch->failed)
        return EXIT_FAILED;
    return batch->with_placeholders ? EXIT_PLACEHOLDERS : EXIT_GOOD;
}

static enum exit_status run_batch(struct batch *batch, int descriptor)
{
    const struct settings *settings = batch->settings;
    uint32_t jobs = settings->jobs ? settings->jobs : 2 * machine_cores();
    batch->ring_size = (size_t)jobs * RING_PER_JOB;
    batch->ring = xcalloc(batch->ring_size, sizeof *batch->ring);
    (void)pthread_mutex_init(&batch->input_lock, NULL);
    (void)pthread_mutex_init(&batch->output_lock, NULL);
    (void)pthread_cond_init(&batch->printed_more, NULL);
    line_reader_init(&batch->reader, descriptor);
    progress_begin(&batch->progress, settings, "grids", count_lines(descriptor));
    interrupt_install();
    int64_t started_ms = machine_now_ms();

    run_threads(batch, jobs);

    progress_end(&batch->progress);
    enum exit_status status = conclude(batch, machine_now_ms() - started_ms);
    line_reader_clear(&batch->reader);
    (void)pthread_cond_destroy(&batch->printed_more);
    (void)pthread_mutex_destroy(&batch->output_lock);
    (void)pthread_mutex_destroy(&batch->input_lock);
    free(batch->ring);
    return status;
}

/* Answers behind the requests would be read as requests, without end. */
static bool answers_into_requests(int descriptor)
{
    struct stat in, out;
    return fstat(descriptor, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(in.st_mode) &&
           in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

enum exit_status command_batch(const struct settings *settings)
{
    const char *path = settings->operands[0];
    bool from_stdin = strcmp(path, "-") == 0;
    int descriptor = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        message_error(settings, "cannot open %s: %s", path, strerror(errno));
        return EXIT_FAILED;
    }
    struct batch batch = {.settings = settings};
    enum exit_status status;
    if (answers_into_requests(descriptor))
        status =
            message_usage(settings, "%s: the answers go to the file of the requests; give them another file",
                          from_stdin ? "standard input" : path);
    else if (open_store(settings, &batch.store, &status) && open_engine(settings, &batch.engine, &status))
        status = run_batch(&batch, descriptor);
    tess_engine_destroy(batch.engine);
    tess_store_close(batch.store);
    if (!from_stdin)
        (void)close(descriptor);
    return status;
}
