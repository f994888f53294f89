// SPDX-License-Identifier: MIT
/*
 * A batch from a queue. Each record is a request as `tessera batch` takes them; a few run at the same time,
 * as one waits for the store while another computes. Those that fail, or are not reached in time, are left to
 * the queue's redrive policy.
 */
#include <stdlib.h>
#include <string.h>

#include "front/batch_request.h"
#include "front/lambda_job.h"
#include "front/machine.h"
#include "front/message.h"
#include "front/xalloc.h"

enum { MOST_THREADS = 4 };

struct crew {
    struct lambda_job *job;
    const struct api *api;
};

/* Without the line breaks that tools leave around a message. For free(). */
static char *trim(const char *text)
{
    static const char breaks[] = "\r\n\t";
    char *copy = xstrdup(text + strspn(text, breaks));
    for (size_t size = strlen(copy); size > 0 && strchr(breaks, copy[size - 1]); size--)
        copy[size - 1] = '\0';
    return copy;
}

static enum tess_status create(const struct crew *crew, const char *body, struct tess_error *error)
{
    struct tess_grid_request grid;
    struct tess_answer *built = NULL;
    struct batch_request request = {0};
    char *text = trim(body);
    tess_grid_request_defaults(&grid);
    grid.options = crew->api->settings->grid;
    enum tess_status status = batch_request_read(
        text, strlen(text), crew->api->settings->engine.limits.max_cells, &request, &grid, error);
    if (status == TESS_OK) {
        grid.watch.cancel = &crew->job->site->cancel;
        grid.watch.timeout_ms = lambda_job_time(crew->job);
        status = tess_grid_create(crew->api->engine, crew->api->store, &grid, &built, error);
        tess_answer_destroy(built);
    }
    batch_request_clear(&request);
    free(text);
    return status;
}

/* The number of the next record; the count past the last, or when there is no more time. */
static size_t take(struct lambda_job *job)
{
    const size_t count = job->event->record_count;
    const bool late = (job->until_ms && machine_now_ms() >= job->until_ms) ||
                      __atomic_load_n(&job->site->cancel, __ATOMIC_RELAXED);
    (void)pthread_mutex_lock(&job->lock);
    const size_t taken = late || job->next_record >= count ? count : job->next_record++;
    (void)pthread_mutex_unlock(&job->lock);
    return taken;
}

static void *work(void *context)
{
    const struct crew *crew = context;
    struct lambda_job *job = crew->job;
    size_t taken;
    while ((taken = take(job)) < job->event->record_count) {
        const struct lambda_record *record = &job->event->records[taken];
        struct tess_error error;
        const enum tess_status status = create(crew, record->body, &error);
        if (status != TESS_OK)
            message_error(crew->api->settings, "record %.100s: %s", record->message_id, error.message);
        (void)pthread_mutex_lock(&job->lock);
        job->done[taken] = status == TESS_OK;
        (void)pthread_mutex_unlock(&job->lock);
    }
    return NULL;
}

void lambda_records_run(struct lambda_job *job, const struct api *api)
{
    struct crew crew = {job, api};
    pthread_t threads[MOST_THREADS];
    size_t started = 0;
    /* This thread is one of them. */
    while (started + 1 < MOST_THREADS && started + 1 < job->event->record_count &&
           pthread_create(&threads[started], NULL, work, &crew) == 0)
        started++;
    (void)work(&crew);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
