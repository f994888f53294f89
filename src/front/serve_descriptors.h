// SPDX-License-Identifier: MIT
/*
 * How many connections the limit of open files allows. One connection too many, and libmicrohttpd asks the
 * system for it over and over, or a request finds no descriptor for its file: so everything that may be open
 * at once is counted, and connections are what gives way.
 */
#ifndef FRONT_SERVE_DESCRIPTORS_H
#define FRONT_SERVE_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

struct descriptor_plan {
    /* given */
    uint32_t network_threads, jobs, fetches;
    uint32_t connections, store_threads; /* wanted; then what fits */
};

/* Descriptors that the plan takes at most. Pure. */
uint64_t descriptors_needed(const struct descriptor_plan *plan);

/* Makes the plan fit into `limit` descriptors: fewer threads for the store, fewer connections. False where
 * not even two fit, which is the least that is a service; the plan is then that. Pure. */
bool descriptors_fit(struct descriptor_plan *plan, uint64_t limit);

/* Raises the process's limit towards `wanted` as far as it may, and says what it is. */
uint64_t descriptors_raise(uint64_t wanted);

#endif
