// SPDX-License-Identifier: MIT
#include "front/serve_descriptors.h"

#include <sys/resource.h>

enum {
    OWN = 28,             /* standard streams, listening, signals, SQLite; fonts and libraries for a moment */
    A_NETWORK_THREAD = 2, /* its epoll and what wakes it */
    A_JOB = 3,            /* the grid that is written, what is remembered beside it, the one it may find */
    A_STORE_THREAD = 2,   /* a file and its folder, or a connection to S3 */
    A_CONNECTION = 2,     /* itself, and the file that comes or goes */
    LEAST_CONNECTIONS = 2,
    LEAST_STORE_THREADS = 2
};

static uint64_t without_connections(const struct descriptor_plan *plan)
{
    return OWN + (uint64_t)plan->network_threads * A_NETWORK_THREAD + (uint64_t)plan->jobs * A_JOB +
           plan->fetches + (uint64_t)plan->store_threads * A_STORE_THREAD;
}

uint64_t descriptors_needed(const struct descriptor_plan *plan)
{
    return without_connections(plan) + (uint64_t)plan->connections * A_CONNECTION;
}

bool descriptors_fit(struct descriptor_plan *plan, uint64_t limit)
{
    enum { STORE_SHARE = 16 }; /* of the limit at most an eighth is the store's */
    if (descriptors_needed(plan) <= limit)
        return true;
    if (plan->store_threads > limit / STORE_SHARE)
        plan->store_threads =
            limit / STORE_SHARE > LEAST_STORE_THREADS ? (uint32_t)(limit / STORE_SHARE) : LEAST_STORE_THREADS;
    const uint64_t taken = without_connections(plan);
    const uint64_t room = limit > taken ? (limit - taken) / A_CONNECTION : 0;
    if (plan->connections > room)
        plan->connections = room > LEAST_CONNECTIONS ? (uint32_t)room : LEAST_CONNECTIONS;
    return descriptors_needed(plan) <= limit;
}

uint64_t descriptors_raise(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit); /* what was got, not what was asked for */
    }
    return limit.rlim_cur;
}
