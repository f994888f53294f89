// SPDX-License-Identifier: MIT
#include "base/pool.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

enum { MAX_THREADS = 1024 };

struct task_queue {
    struct pool_task *head, **tail;
};

struct pool {
    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t changed;
    struct task_queue urgent, normal;
    bool closing;
    uint32_t thread_count;
    pthread_t threads[MAX_THREADS];
};

static void queue_init(struct task_queue *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
}

static void queue_push(struct task_queue *queue, struct pool_task *task)
{
    task->next = NULL;
    *queue->tail = task;
    queue->tail = &task->next;
}

static struct pool_task *queue_pop(struct task_queue *queue)
{
    struct pool_task *task = queue->head;
    if (task) {
        queue->head = task->next;
        if (!queue->head)
            queue->tail = &queue->head;
    }
    return task;
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct pool_task *task = queue_pop(&pool->urgent);
        if (!task)
            task = queue_pop(&pool->normal);
        if (task) {
            pthread_mutex_unlock(&pool->lock);
            task->run(task);
            pthread_mutex_lock(&pool->lock);
        } else if (pool->closing) {
            break;
        } else {
            pthread_cond_wait(&pool->changed, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct pool *pool_create(uint32_t threads)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    queue_init(&pool->urgent);
    queue_init(&pool->normal);
    pool_grow(pool, threads);
    if (pool->thread_count == 0) {
        pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void pool_grow(struct pool *pool, uint32_t threads)
{
    uint32_t wanted = threads < MAX_THREADS ? threads : MAX_THREADS;
    pthread_mutex_lock(&pool->lock);
    while (pool->thread_count < wanted &&
           pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) == 0)
        pool->thread_count++;
    pthread_mutex_unlock(&pool->lock);
}

uint32_t pool_threads(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    uint32_t count = pool->thread_count;
    pthread_mutex_unlock(&pool->lock);
    return count;
}

void pool_submit(struct pool *pool, struct pool_task *task, bool urgent)
{
    pthread_mutex_lock(&pool->lock);
    queue_push(urgent ? &pool->urgent : &pool->normal, task);
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}
