// SPDX-License-Identifier: MIT
/*
 * Worker threads and their queue.
 *
 * Tasks are embedded in what they work on, so submitting allocates nothing, never blocks and cannot fail; how
 * many are queued is bounded by whoever owns them (the pipeline's window). Every submitted task runs exactly
 * once, on a thread of the pool.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct pool_task {
    void (*run)(struct pool_task *task);
    struct pool_task *next; /* the pool's, between submit and run */
};

struct pool;

/* NULL when not one thread could be started; otherwise at least one and at most `threads` run. */
struct pool *pool_create(uint32_t threads);

/* Runs what is queued, then joins the threads. NULL is fine. */
void pool_destroy(struct pool *pool);

/* More threads, if it has fewer than `threads`; failing to start them is no error. Thread-safe. */
void pool_grow(struct pool *pool, uint32_t threads);

uint32_t pool_threads(struct pool *pool);

/* Queues a task; `urgent` ones run before the others (first in, first out among themselves). Thread-safe. */
void pool_submit(struct pool *pool, struct pool_task *task, bool urgent);

#endif
