// SPDX-License-Identifier: MIT
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { MAX_THREADS = 512 };

struct loop {
    size_t count;
    parallel_turn *turn;
    void *context;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* over `error` */
    struct tess_error error;
};

static void note_failure(struct loop *loop, enum tess_status status, const struct tess_error *error)
{
    pthread_mutex_lock(&loop->lock);
    if (loop->error.status == TESS_OK) {
        loop->error = *error;
        loop->error.status = status;
    }
    pthread_mutex_unlock(&loop->lock);
    atomic_store(&loop->failed, true);
}

static void *run(void *argument)
{
    struct loop *loop = argument;
    while (!atomic_load(&loop->failed)) {
        const size_t index = atomic_fetch_add(&loop->next, 1);
        struct tess_error error = {0};
        if (index >= loop->count)
            break;
        const enum tess_status status = loop->turn(loop->context, index, &error);
        if (status != TESS_OK)
            note_failure(loop, status, &error);
    }
    return NULL;
}

enum tess_status parallel_for(size_t count, uint32_t threads, parallel_turn *turn, void *context,
                              struct tess_error *error)
{
    struct loop loop = {.count = count, .turn = turn, .context = context};
    pthread_t others[MAX_THREADS];
    uint32_t most = threads < MAX_THREADS ? threads : MAX_THREADS, started = 0;
    if (most > count)
        most = (uint32_t)count;
    pthread_mutex_init(&loop.lock, NULL);
    while (started + 1 < most && pthread_create(&others[started], NULL, run, &loop) == 0)
        started++;
    (void)run(&loop);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    pthread_mutex_destroy(&loop.lock);
    if (loop.error.status != TESS_OK && error)
        *error = loop.error;
    return loop.error.status;
}
