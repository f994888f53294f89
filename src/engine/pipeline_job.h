// SPDX-License-Identifier: MIT
/*
 * The state of a running job, shared by pipeline.c (the coordinator) and pipeline_cell.c (a cell's way
 * through the stages), and by nobody else.
 */
#ifndef ENGINE_PIPELINE_JOB_H
#define ENGINE_PIPELINE_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "base/pool.h"
#include "base/stop.h"
#include "engine/canvas.h"
#include "engine/decode.h"
#include "engine/encoder.h"
#include "engine/pipeline.h"

struct job;

/* One cell on its way. Belongs to one stage at a time, which alone touches it. */
struct slot {
    struct pool_task task; /* first */
    struct job *job;
    uint32_t cell; /* within the page */
    struct bytes bytes;
    uint64_t ticket_bytes;   /* reserved for `bytes` */
    struct tess_error error; /* status TESS_OK while all is well */
    struct slot *next_free;  /* under the job's lock */
};

struct job {
    /* immutable */
    const struct pipeline_page *page;
    struct decode_config decode;
    struct stop stop; /* for whoever waits on behalf of the job: cancel, deadline, or it stops */
    uint32_t fetches; /* at once */
    struct slot *slots;
    uint32_t slot_count;
    struct encoder *encoder;
    /* atomic: time spent in each stage, summed over threads */
    _Atomic int64_t fetch_ns, decode_ns, place_ns, encode_ns, write_ns;
    atomic_bool stopping; /* set under the lock, read anywhere */

    pthread_mutex_t progress_lock; /* held while the caller's callback runs */
    uint32_t done, failed;         /* under progress_lock; `failed` counts the pages before too */

    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t changed;
    struct canvas canvas; /* its _locked part */
    struct slot *free_slots;
    uint32_t running;        /* slots in use */
    struct tess_error error; /* why the job stops; the first reason counts */
};

/* The job ends with this error, unless it had another one before; what has begun comes to an end by itself.
 */
void job_mark_stopping(struct job *job, const struct tess_error *error);

/* The same, and the encoder stops waiting for strips that will not come. */
void job_stop(struct job *job, const struct tess_error *error);

/* What lies in the rows of `rect` has been placed: strips that wait for nothing else go to the encoder. */
void job_finish_rows(struct job *job, const struct tess_rect *rect);

/* Sends a cell on its way: to a fetcher, then a worker; at the end its slot is among the free ones again. */
void job_submit_cell(struct job *job, struct slot *slot, uint32_t cell);

#endif
