// SPDX-License-Identifier: MIT
#include "base/budget.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"

struct share {
    uint64_t total_bytes; /* immutable */
    uint64_t used_bytes;
    uint64_t next_ticket, serving; /* first come, first served: whoever waits holds a ticket */
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
    for (int i = 0; i < BUDGET_SHARES; i++)
        pthread_cond_init(&budget->shares[i].changed, NULL);
    budget->shares[BUDGET_CANVAS].total_bytes = total_bytes / 2;
    budget->shares[BUDGET_FETCHED].total_bytes = total_bytes / 8;
    budget->shares[BUDGET_PIXELS].total_bytes = total_bytes / 8 * 3;
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

enum tess_status budget_reserve(struct budget *budget, enum budget_share which, uint64_t bytes,
                                const char *what, struct tess_error *error)
{
    struct share *share = &budget->shares[which];
    if (bytes > share->total_bytes)
        return error_limit(
            error, "memory",
            "%s needs %llu MiB, more than the %llu MiB that the limit memory leaves for it; raise --memory",
            what, (unsigned long long)(bytes >> 20), (unsigned long long)(share->total_bytes >> 20));
    pthread_mutex_lock(&budget->lock);
    uint64_t ticket = share->next_ticket++;
    while (ticket != share->serving || share->total_bytes - share->used_bytes < bytes)
        pthread_cond_wait(&share->changed, &budget->lock);
    share->serving++;
    share->used_bytes += bytes;
    budget->used_bytes += bytes;
    if (budget->used_bytes > budget->peak_bytes)
        budget->peak_bytes = budget->used_bytes;
    pthread_cond_broadcast(&share->changed); /* the next in line may fit too */
    pthread_mutex_unlock(&budget->lock);
    return TESS_OK;
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
