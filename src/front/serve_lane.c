// SPDX-License-Identifier: MIT
#include "front/serve_lane.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "front/machine.h"

struct lane {
    /* immutable */
    uint32_t capacity;
    pthread_t *threads;
    uint32_t thread_count;
    bool joined; /* whoever closes and destroys only */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct lane_task *first, **end;
    uint32_t waiting; /* in the queue, or with a place reserved */
    uint32_t running;
    double typical_seconds;
    bool closing;
};

/* The next task, or NULL when the lane closes and nothing is left: no task, nor a place for one. */
static struct lane_task *take_locked(struct lane *lane)
{
    while (!lane->first && !(lane->closing && lane->waiting == 0))
        (void)pthread_cond_wait(&lane->changed, &lane->lock);
    struct lane_task *task = lane->first;
    if (!task)
        return NULL;
    lane->first = task->next;
    if (!lane->first)
        lane->end = &lane->first;
    lane->waiting--;
    lane->running++;
    if (lane->closing && lane->waiting == 0)
        (void)pthread_cond_broadcast(&lane->changed);
    return task;
}

static void *work(void *context)
{
    struct lane *lane = context;
    (void)pthread_mutex_lock(&lane->lock);
    for (struct lane_task *task; (task = take_locked(lane));) {
        (void)pthread_mutex_unlock(&lane->lock);
        const int64_t begun_ns = machine_now_ns();
        task->run(task); /* the task may be gone when this returns */
        const double seconds = (double)(machine_now_ns() - begun_ns) / 1e9;
        (void)pthread_mutex_lock(&lane->lock);
        lane->running--;
        lane->typical_seconds += (seconds - lane->typical_seconds) / (lane->typical_seconds > 0 ? 8 : 1);
    }
    (void)pthread_mutex_unlock(&lane->lock);
    return NULL;
}

struct lane *lane_create(uint32_t threads, uint32_t capacity)
{
    struct lane *lane = calloc(1, sizeof *lane);
    if (!lane)
        return NULL;
    lane->capacity = capacity;
    lane->end = &lane->first;
    lane->threads = calloc(threads, sizeof *lane->threads);
    (void)pthread_mutex_init(&lane->lock, NULL); /* neither can fail with default attributes */
    (void)pthread_cond_init(&lane->changed, NULL);
    while (lane->threads && lane->thread_count < threads &&
           pthread_create(&lane->threads[lane->thread_count], NULL, work, lane) == 0)
        lane->thread_count++;
    if (lane->thread_count > 0)
        return lane;
    lane_destroy(lane);
    return NULL;
}

void lane_close(struct lane *lane)
{
    if (lane->joined)
        return;
    (void)pthread_mutex_lock(&lane->lock);
    lane->closing = true;
    (void)pthread_cond_broadcast(&lane->changed);
    (void)pthread_mutex_unlock(&lane->lock);
    for (uint32_t i = 0; i < lane->thread_count; i++)
        (void)pthread_join(lane->threads[i], NULL);
    lane->joined = true;
}

void lane_destroy(struct lane *lane)
{
    if (!lane)
        return;
    lane_close(lane);
    (void)pthread_cond_destroy(&lane->changed);
    (void)pthread_mutex_destroy(&lane->lock);
    free(lane->threads);
    free(lane);
}

bool lane_reserve(struct lane *lane)
{
    (void)pthread_mutex_lock(&lane->lock);
    const uint32_t idle = lane->thread_count > lane->running ? lane->thread_count - lane->running : 0;
    const bool room = lane->waiting < (uint64_t)lane->capacity + idle && !lane->closing;
    lane->waiting += room;
    (void)pthread_mutex_unlock(&lane->lock);
    return room;
}

void lane_submit(struct lane *lane, struct lane_task *task)
{
    (void)pthread_mutex_lock(&lane->lock);
    task->next = NULL;
    *lane->end = task;
    lane->end = &task->next;
    (void)pthread_cond_signal(&lane->changed);
    (void)pthread_mutex_unlock(&lane->lock);
}

struct lane_state lane_look(struct lane *lane)
{
    (void)pthread_mutex_lock(&lane->lock);
    const struct lane_state state = {lane->thread_count, lane->capacity, lane->waiting, lane->running,
                                     lane->typical_seconds};
    (void)pthread_mutex_unlock(&lane->lock);
    return state;
}

uint32_t lane_retry_after_s(const struct lane_state *state)
{
    enum { MOST_S = 60 };
    const double rounds = ((double)state->waiting + state->running) / state->threads;
    const double seconds = ceil(rounds * state->typical_seconds);
    return seconds < 1 ? 1 : seconds > MOST_S ? MOST_S : (uint32_t)seconds;
}
