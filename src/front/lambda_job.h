// SPDX-License-Identifier: MIT
/*
 * One event, run to its reply. It runs on a thread of its own, so that the reply can be given in time even
 * when a call of the store does not come back (see lambda_loop.h).
 */
#ifndef FRONT_LAMBDA_JOB_H
#define FRONT_LAMBDA_JOB_H

#include "front/lambda_answer.h"
#include "front/lambda_event.h"
#include "front/lambda_site.h"

/* What goes back: an answer, or an error of the invocation. */
struct lambda_reply {
    char *json;    /* NULL: an error */
    char *message; /* of an error */
    char *detail;  /* for the log: what an answer does not tell strangers; NULL: nothing */
    char type[LAMBDA_TYPE_BYTES];
    int status; /* for the log: what the answer says, or 500 */
};
void lambda_reply_clear(struct lambda_reply *reply);

struct lambda_job {
    /* immutable while it runs */
    struct lambda_site *site;
    const struct lambda_event *event;
    int64_t until_ms; /* on CLOCK_MONOTONIC; 0: no limit */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    size_t next_record; /* that nobody has taken yet */
    bool *done;         /* LAMBDA_RECORDS: which are */
    bool finished;      /* `reply` is there */
    struct lambda_reply reply;
};

void lambda_job_init(struct lambda_job *job, struct lambda_site *site, const struct lambda_event *event,
                     int64_t until_ms);
void lambda_job_clear(struct lambda_job *job); /* nobody may be running it */

/* Runs it to its reply, sets `finished` and signals `changed`. Fits pthread_create(). */
void *lambda_job_run(void *context);

/* The reply of a job that is not given more time; of a batch, with those records that are done. Thread-safe.
 */
void lambda_job_late(struct lambda_job *job, struct lambda_reply *reply_out);

/* The reply to an event that went wrong as a whole; `event` tells the form. Pure. */
void lambda_reply_error(const struct lambda_site *site, const struct lambda_event *event,
                        const struct tess_error *error, struct lambda_reply *reply_out);

/* The time that the library may take from now on: what is left of the job's, or what the settings allow if
 * that is less. 0 for no limit. */
uint32_t lambda_job_time(const struct lambda_job *job);

/* Records: each by one of a few threads, on the one engine. The job's `done` says which went well. */
void lambda_records_run(struct lambda_job *job, const struct api *api);

#endif
