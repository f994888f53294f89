// SPDX-License-Identifier: MIT
#include "base/budget.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"

enum { LOOK_AGAIN_MS = 20 };

/* One who waits, on the stack of its thread. */
struct waiter {
    struct waiter *next;
};

struct share {
    uint64_t total_bytes; /* immutable */
    uint64_t used_bytes;
    struct waiter *first, **last; /* first come, first served */
    pthread_cond_t changed;
};

struct budget {
    pthread_mutex_t lock; /* over all that follows */
    uint64_t used_bytes, peak_bytes;
    struct share shares[BUDGET_SHARES];
};

struct budget *budget_create(uint64_t total_bytes)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return NULL;
    pthread_mutex_init(&budget->lock, NULL);
    for (int i = 0; i < BUDGET_SHARES; i++) {
        pthread_cond_init(&budget->shares[i].changed, NULL);
        budget->shares[i].last = &budget->shares[i].first;
    }
    budget->shares[BUDGET_CANVAS].total_bytes = total_bytes / 2;
    budget->shares[BUDGET_FETCHED].total_bytes = total_bytes / 8;
    budget->shares[BUDGET_PIXELS].total_bytes = total_bytes / 16 * 5;
    budget->shares[BUDGET_EARLY].total_bytes = total_bytes / 16;
    return budget;
}

void budget_destroy(struct budget *budget)
{
    if (!budget)
        return;
    for (int i = 0; i < BUDGET_SHARES; i++)
        pthread_cond_destroy(&budget->shares[i].changed);
    pthread_mutex_destroy(&budget->lock);
    free(budget);
}

uint64_t budget_share_bytes(const struct budget *budget, enum budget_share share)
{
    return budget->shares[share].total_bytes;
}

static void join_queue(struct share *share, struct waiter *waiter)
{
    waiter->next = NULL;
    *share->last = waiter;
    share->last = &waiter->next;
}

/* From wherever it stands: who gives up need not be first. */
static void leave_queue(struct share *share, struct waiter *waiter)
{
    struct waiter **link = &share->first;
    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
    if (!*link)
        share->last = link;
}

/* Waits for a change, or for a while; then asks, without the lock, whether to go on. */
static enum tess_status await_change(struct budget *budget, struct share *share, const struct stop *stop,
                                     struct tess_error *error)
{
    struct timespec until;
    if (!stop) {
        pthread_cond_wait(&share->changed, &budget->lock);
        return TESS_OK;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_AGAIN_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    (void)pthread_cond_clockwait(&share->changed, &budget->lock, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&budget->lock);
    enum tess_status status = stop->must_stop(stop->context, error);
    pthread_mutex_lock(&budget->lock);
    return status;
}

static void take_locked(struct budget *budget, struct share *share, uint64_t bytes)
{
    share->used_bytes += bytes;
    budget->used_bytes += bytes;
    if (budget->used_bytes > budget->peak_bytes)
        budget->peak_bytes = budget->used_bytes;
}

enum tess_status budget_reserve_until(struct budget *budget, enum budget_share which, uint64_t bytes,
                                      const char *what, const struct stop *stop, struct tess_error *error)
{
    struct share *share = &budget->shares[which];
    struct waiter self;
    enum tess_status status = TESS_OK;
    if (bytes > share->total_bytes)
        return error_limit(
            error, "memory", "%s needs %llu MiB, more than the %llu MiB that the limit memory leaves for it",
            what, (unsigned long long)(bytes >> 20), (unsigned long long)(share->total_bytes >> 20));
    pthread_mutex_lock(&budget->lock);
    join_queue(share, &self);
    while (status == TESS_OK && (share->first != &self || share->total_bytes - share->used_bytes < bytes))
        status = await_change(budget, share, stop, error);
    leave_queue(share, &self);
    if (status == TESS_OK)
        take_locked(budget, share, bytes);
    pthread_cond_broadcast(&share->changed); /* the next in line may fit too */
    pthread_mutex_unlock(&budget->lock);
    return status;
}

enum tess_status budget_reserve(struct budget *budget, enum budget_share which, uint64_t bytes,
                                const char *what, struct tess_error *error)
{
    return budget_reserve_until(budget, which, bytes, what, NULL, error);
}

bool budget_try_reserve(struct budget *budget, enum budget_share which, uint64_t bytes)
{
    struct share *share = &budget->shares[which];
    pthread_mutex_lock(&budget->lock);
    const bool free_now = !share->first && share->total_bytes - share->used_bytes >= bytes;
    if (free_now)
        take_locked(budget, share, bytes);
    pthread_mutex_unlock(&budget->lock);
    return free_now;
}

void budget_release(struct budget *budget, enum budget_share which, uint64_t bytes)
{
    struct share *share = &budget->shares[which];
    pthread_mutex_lock(&budget->lock);
    share->used_bytes -= bytes;
    budget->used_bytes -= bytes;
    pthread_cond_broadcast(&share->changed);
    pthread_mutex_unlock(&budget->lock);
}

uint64_t budget_peak_bytes(struct budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    uint64_t peak = budget->peak_bytes;
    pthread_mutex_unlock(&budget->lock);
    return peak;
}

uint64_t budget_used_bytes(struct budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    uint64_t used = budget->used_bytes;
    pthread_mutex_unlock(&budget->lock);
    return used;
}
