// SPDX-License-Identifier: MIT
#include "front/lambda_job.h"

#include <stdlib.h>
#include <string.h>

#include "front/batch_request.h"
#include "front/json_out.h"
#include "front/machine.h"
#include "front/xalloc.h"

uint32_t lambda_job_time(const struct lambda_job *job)
{
    const uint32_t allowed_ms = job->site->settings->engine.limits.timeout_ms;
    if (job->until_ms == 0)
        return allowed_ms;
    const int64_t left_ms = job->until_ms - machine_now_ms(), most_ms = allowed_ms ? allowed_ms : UINT32_MAX;
    return left_ms < 1 ? 1 : (uint32_t)(left_ms < most_ms ? left_ms : most_ms);
}

void lambda_reply_clear(struct lambda_reply *reply)
{
    free(reply->json);
    free(reply->message);
    free(reply->detail);
    *reply = (struct lambda_reply){0};
}

void lambda_job_init(struct lambda_job *job, struct lambda_site *site, const struct lambda_event *event,
                     int64_t until_ms)
{
    pthread_condattr_t attributes;
    *job = (struct lambda_job){.site = site, .event = event, .until_ms = until_ms};
    (void)pthread_mutex_init(&job->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&job->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    job->done = xcalloc(event->record_count + 1, sizeof *job->done);
}

void lambda_job_clear(struct lambda_job *job)
{
    lambda_reply_clear(&job->reply);
    free(job->done);
    (void)pthread_cond_destroy(&job->changed);
    (void)pthread_mutex_destroy(&job->lock);
}

/* Takes over `message`. */
static void reply_failed(enum tess_status status, char *message, struct lambda_reply *reply)
{
    reply->json = NULL;
    reply->message = message;
    reply->status = 500;
    lambda_error_type(status, reply->type);
}

/* An answer of the API in the form that the event's sender expects. */
static void reply_answer(const struct lambda_site *site, const struct lambda_event *event,
                         const struct api_answer *answer, struct lambda_reply *reply)
{
    *reply = (struct lambda_reply){.status = answer->http_status};
    if (answer->detail[0] != '\0')
        reply->detail = xstrdup(answer->detail);
    if (event->kind == LAMBDA_PROXY)
        reply->json = lambda_answer_proxy(site->handler, event, answer, &site->origins);
    else if (answer->http_status != 200)
        reply_failed(answer->outcome, reply->detail ? xstrdup(reply->detail) : lambda_answer_message(answer),
                     reply); /* who may invoke the function is no stranger */
    else if (event->kind == LAMBDA_COUNTER || event->kind == LAMBDA_NOTHING)
        reply->json = lambda_answer_counter(answer);
    else
        reply->json = xstrdup(answer->body);
}

void lambda_reply_error(const struct lambda_site *site, const struct lambda_event *event,
                        const struct tess_error *error, struct lambda_reply *reply_out)
{
    struct api_answer answer = {0};
    api_refuse(error, &answer);
    reply_answer(site, event, &answer, reply_out);
    api_answer_clear(&answer);
}

static void run_request(struct lambda_job *job, const struct api *api, struct lambda_reply *reply)
{
    struct api_target target;
    struct api_request request;
    struct tess_error error;
    if (lambda_handler_request(job->site->handler, job->event, job->site->settings->counter_name, &target,
                               &request, &error) == TESS_OK) {
        struct api_answer answer;
        request.cancel = &job->site->cancel;
        request.timeout_ms = lambda_job_time(job);
        api_run(api, &request, &answer);
        reply_answer(job->site, job->event, &answer, reply);
        api_answer_clear(&answer);
    } else {
        lambda_reply_error(job->site, job->event, &error, reply);
    }
    api_target_clear(&target);
}

/* All images of the bucket, in the store that has them. The grid's id is the name that `tessera batch` would
 * be given for it. */
static enum tess_status create_of_bucket(struct lambda_job *job, const struct api *api,
                                         struct tess_answer **built_out, struct tess_error *error)
{
    const struct lambda_event *event = job->event;
    struct tess_store *store = NULL;
    struct tess_grid_request grid;
    tess_grid_request_defaults(&grid);
    grid.options = job->site->settings->grid;
    grid.watch.cancel = &job->site->cancel;
    grid.watch.timeout_ms = lambda_job_time(job);
    enum tess_status status = TESS_OK;
    const cJSON *member = event->tree->child;
    for (; status == TESS_OK && member; member = member->next) {
        if (strcmp(member->string, "SOURCE_BUCKET") != 0 && strcmp(member->string, "DESTINATION_BUCKET") != 0)
            status = batch_request_set_option(&grid.options, member, error);
    }
    if (status == TESS_OK)
        status = lambda_site_other(job->site, event->source_bucket, event->dest_bucket, &store, error);
    if (status != TESS_OK)
        return status;
    char *name = xprintf("s3://%s", event->source_bucket);
    grid.grid_id = grid.images = name;
    status = tess_grid_create(api->engine, store, &grid, built_out, error);
    free(name);
    return status;
}

static void run_bucket(struct lambda_job *job, const struct api *api, struct lambda_reply *reply)
{
    struct tess_answer *built = NULL;
    struct tess_error error;
    if (create_of_bucket(job, api, &built, &error) == TESS_OK) {
        cJSON *json = json_object();
        json_add_grid(json, built);
        *reply = (struct lambda_reply){.json = json_print(json), .status = 200};
        cJSON_Delete(json);
    } else {
        lambda_reply_error(job->site, job->event, &error, reply);
    }
    tess_answer_destroy(built);
}

static char *records_answer(struct lambda_job *job)
{
    (void)pthread_mutex_lock(&job->lock);
    char *json = lambda_answer_records(job->event, job->done);
    (void)pthread_mutex_unlock(&job->lock);
    return json;
}

static void run_event(struct lambda_job *job, struct lambda_reply *reply)
{
    struct api api;
    struct tess_error error;
    const struct lambda_event *event = job->event;
    if (lambda_is_preflight(job->site->handler, event)) {
        *reply = (struct lambda_reply){
            .json = lambda_answer_preflight(job->site->handler, event, &job->site->origins), .status = 204};
    } else if (event->kind == LAMBDA_WAKE) {
        /* Store and engine are open when the next event comes; if not, that one is told why. */
        (void)lambda_site_wait(job->site, NULL, &error);
        *reply = (struct lambda_reply){.json = xstrdup("{\"message\":\"awake\"}"), .status = 200};
    } else if (lambda_handler_accepts(job->site->handler, event->kind, &error) != TESS_OK ||
               lambda_site_wait(job->site, &api, &error) != TESS_OK) {
        lambda_reply_error(job->site, event, &error, reply);
    } else if (event->kind == LAMBDA_BUCKET) {
        run_bucket(job, &api, reply);
    } else if (event->kind == LAMBDA_RECORDS) {
        lambda_records_run(job, &api);
        *reply = (struct lambda_reply){.json = records_answer(job), .status = 200};
    } else {
        run_request(job, &api, reply);
    }
}

void *lambda_job_run(void *context)
{
    struct lambda_job *job = context;
    struct lambda_reply reply = {0};
    run_event(job, &reply);
    (void)pthread_mutex_lock(&job->lock);
    job->reply = reply;
    job->finished = true;
    (void)pthread_cond_signal(&job->changed);
    (void)pthread_mutex_unlock(&job->lock);
    return NULL;
}

void lambda_job_late(struct lambda_job *job, struct lambda_reply *reply_out)
{
    static const struct tess_error late = {.status = TESS_ERR_TIMEOUT,
                                           .limit = "timeout",
                                           .message =
                                               "the function's time is over: give it more, or ask less"};
    if (job->event->kind == LAMBDA_RECORDS)
        *reply_out = (struct lambda_reply){.json = records_answer(job), .status = 200};
    else
        lambda_reply_error(job->site, job->event, &late, reply_out);
}
