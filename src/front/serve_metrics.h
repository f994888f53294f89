// SPDX-License-Identifier: MIT
/*
 * What the service counts, and its text for Prometheus (exposition format 0.0.4).
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef FRONT_SERVE_METRICS_H
#define FRONT_SERVE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "front/api.h"

enum { METRICS_BUCKETS = 14, METRICS_STATUSES = 26, METRICS_STAGES = 7 };

/* Seconds: each bucket counts what was no longer than its bound; the last has none. */
struct metrics_histogram {
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1];
    _Atomic uint64_t sum_us;
};

/* Zeroed is empty. Counting takes no lock. */
struct metrics {
    _Atomic uint64_t requests[API_ROUTES][METRICS_STATUSES];
    struct metrics_histogram seconds[API_ROUTES];
    struct metrics_histogram stages[METRICS_STAGES];
    _Atomic uint64_t grids_built, grids_cached, grids_failed, tiles, tiles_failed;
    _Atomic uint64_t body_bytes, answer_bytes;
    _Atomic uint64_t refused; /* because a queue was full */
    _Atomic uint64_t in_flight;
};

/* One request that was answered (http_status 499: the client left before). It is counted when its connection
   is done with it, a moment after its client has the answer: only then is it known that somebody took it. */
void metrics_count(struct metrics *metrics, enum api_route route, int http_status, double seconds);

/* What generate_grid did. */
void metrics_count_grid(struct metrics *metrics, const struct api_answer *answer);

struct service;

/* The whole text, for free(). */
char *metrics_print(struct service *service);

#endif
