// SPDX-License-Identifier: MIT
#include "front/lambda_loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "front/interrupt.h"
#include "front/json_out.h"
#include "front/lambda_job.h"
#include "front/machine.h"
#include "front/message.h"

enum { MOST_MARGIN_MS = 300 };

struct lambda_times lambda_times_of(int64_t deadline_ms, int64_t now_ms)
{
    if (deadline_ms <= 0)
        return (struct lambda_times){.limited = false};
    const int64_t left_ms = deadline_ms - now_ms;
    const int64_t margin_ms = left_ms / 10 < MOST_MARGIN_MS ? left_ms / 10 : MOST_MARGIN_MS;
    return (struct lambda_times){
        .limited = true, .job_ms = left_ms - margin_ms, .answer_ms = left_ms - margin_ms / 2};
}

static int64_t unix_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False when the time is over before the job is. */
static bool wait_for(struct lambda_job *job, bool limited, int64_t until_ms)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    bool in_time = true;
    (void)pthread_mutex_lock(&job->lock);
    while (!job->finished && in_time) {
        if (limited)
            in_time = pthread_cond_timedwait(&job->changed, &job->lock, &until) == 0;
        else
            (void)pthread_cond_wait(&job->changed, &job->lock);
    }
    const bool finished = job->finished;
    (void)pthread_mutex_unlock(&job->lock);
    return finished;
}

/* One line an invocation, for whoever searches the logs. The trace id is told here only: in the environment,
 * where some libraries look for it, it could not be put while other threads may read that. */
static void write_log(const struct lambda_site *site, const struct tess_lambda_invocation *invocation,
                      const struct lambda_reply *reply, int64_t took_ms)
{
    if (site->settings->quiet)
        return;
    char now[32];
    json_format_time(time(NULL), now);
    cJSON *line = json_object();
    json_add_text(line, "time", now);
    json_add_text(line, "level", reply->status >= 500 ? "error" : "info");
    json_add_text(line, "command", site->settings->command);
    json_add_text(line, "message",
                  reply->message  ? reply->message
                  : reply->detail ? reply->detail
                                  : "answered");
    json_add_text(line, "request_id", invocation->request_id);
    json_add_text(line, "trace_id", invocation->trace_id);
    json_add_text(line, "handler", lambda_handler_name(site->handler));
    json_add_integer(line, "status", reply->status);
    if (reply->message)
        json_add_text(line, "type", reply->type);
    json_add_integer(line, "ms", took_ms);
    char *printed = json_print(line);
    (void)fprintf(stderr, "%s\n", printed);
    free(printed);
    cJSON_Delete(line);
}

static enum tess_status send(struct tess_lambda *lambda, const char *request_id,
                             const struct lambda_reply *reply, struct tess_error *error)
{
    return reply->json ? tess_lambda_respond(lambda, request_id, reply->json, strlen(reply->json), error)
                       : tess_lambda_fail(lambda, request_id, reply->type, reply->message, error);
}

/* An answer that is too large is not sent; that it is, is. A runtime that takes no answer has given up on the
 * invocation: it is said, and the next event tells whether it has on us. */
static void deliver(struct lambda_site *site, struct tess_lambda *lambda,
                    const struct tess_lambda_invocation *invocation, const struct lambda_event *event,
                    struct lambda_reply *reply)
{
    struct tess_error error;
    enum tess_status status = send(lambda, invocation->request_id, reply, &error);
    if (status == TESS_ERR_LIMIT) {
        (void)snprintf(error.limit, sizeof error.limit, "body-bytes"); /* 413 */
        lambda_reply_clear(reply);
        lambda_reply_error(site, event, &error, reply);
        status = send(lambda, invocation->request_id, reply, &error);
    }
    if (status != TESS_OK)
        message_error(site->settings, "%s", error.message);
}

/* Runs the job on a worker, which is joined when this returns. The answer is sent before that. */
static void run_job(struct lambda_site *site, struct tess_lambda *lambda,
                    const struct tess_lambda_invocation *invocation, const struct lambda_event *event,
                    const struct lambda_times *times, struct lambda_reply *reply_out)
{
    const int64_t begun_ms = machine_now_ms();
    struct lambda_job job;
    pthread_t worker;
    lambda_job_init(&job, site, event, times->limited ? begun_ms + times->job_ms : 0);
    const bool has_worker = pthread_create(&worker, NULL, lambda_job_run, &job) == 0;
    if (!has_worker)
        (void)lambda_job_run(&job);
    if (wait_for(&job, times->limited, begun_ms + times->answer_ms)) {
        *reply_out = job.reply; /* which is ours now */
        job.reply = (struct lambda_reply){0};
    } else {
        __atomic_store_n(&site->cancel, 1, __ATOMIC_RELAXED);
        lambda_job_late(&job, reply_out);
    }
    deliver(site, lambda, invocation, event, reply_out);
    if (has_worker)
        (void)pthread_join(worker, NULL);
    lambda_job_clear(&job);
    __atomic_store_n(&site->cancel, 0, __ATOMIC_RELAXED);
}

static void run_invocation(struct lambda_site *site, struct tess_lambda *lambda,
                           const struct tess_lambda_invocation *invocation)
{
    static const struct tess_error late = {
        .status = TESS_ERR_TIMEOUT, .limit = "timeout", .message = "the event came with no time left"};
    const int64_t begun_ms = machine_now_ms();
    const struct lambda_times times = lambda_times_of(invocation->deadline_ms, unix_now_ms());
    struct lambda_event event;
    struct lambda_reply reply = {0};
    struct tess_error error;
    if (lambda_event_read(invocation->event, invocation->event_bytes, site->settings->base_path, &event,
                          &error) != TESS_OK) {
        lambda_reply_error(site, &event, &error, &reply);
        deliver(site, lambda, invocation, &event, &reply);
    } else if (times.limited && times.job_ms <= 0) {
        lambda_reply_error(site, &event, &late, &reply);
        deliver(site, lambda, invocation, &event, &reply);
    } else {
        run_job(site, lambda, invocation, &event, &times, &reply);
    }
    write_log(site, invocation, &reply, machine_now_ms() - begun_ms);
    lambda_reply_clear(&reply);
    lambda_event_clear(&event);
}

/* The site could not be opened: said to the runtime, unless an event's error has said it. */
static enum exit_status give_up(struct lambda_site *site, struct tess_lambda *lambda,
                                const struct tess_error *why, bool had_event)
{
    char type[LAMBDA_TYPE_BYTES];
    struct tess_error error;
    lambda_error_type(why->status, type);
    (void)message_failure(site->settings, why);
    if (!had_event && tess_lambda_fail(lambda, NULL, type, why->message, &error) != TESS_OK)
        message_error(site->settings, "%s", error.message);
    return EXIT_FAILED;
}

/* False when there is no next event, and *status_out says how to end. */
static bool next(struct lambda_site *site, struct tess_lambda *lambda,
                 struct tess_lambda_invocation *invocation, enum exit_status *status_out)
{
    struct tess_error error;
    const enum tess_status status = tess_lambda_next(lambda, interrupt_flag(), invocation, &error);
    if (status == TESS_OK)
        return true;
    *status_out = EXIT_FAILED;
    struct tess_error why;
    if (status == TESS_ERR_CANCELLED && lambda_site_look(site, &why) != TESS_OK)
        *status_out = give_up(site, lambda, &why, false);
    else if (status == TESS_ERR_CANCELLED)
        *status_out = EXIT_GOOD;
    else
        message_error(site->settings, "%s", error.message);
    /* One event that is too large is no reason to end. */
    if (status != TESS_ERR_LIMIT || !invocation->request_id)
        return false;
    return tess_lambda_fail(lambda, invocation->request_id, "Tessera.Limit", error.message, &error) ==
           TESS_OK;
}

enum exit_status lambda_loop_run(struct lambda_site *site, struct tess_lambda *lambda)
{
    enum exit_status status = EXIT_GOOD;
    struct tess_error error;
    if (lambda_site_look(site, &error) != TESS_OK)
        return give_up(site, lambda, &error, false);
    for (bool going_on = true; going_on;) {
        struct tess_lambda_invocation invocation;
        going_on = next(site, lambda, &invocation, &status);
        if (going_on && invocation.event) {
            run_invocation(site, lambda, &invocation);
            if (lambda_site_look(site, &error) != TESS_OK) {
                status = give_up(site, lambda, &error, true);
                going_on = false;
            }
        }
        tess_lambda_invocation_clear(&invocation);
    }
    return status;
}
