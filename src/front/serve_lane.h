// SPDX-License-Identifier: MIT
/*
 * A lane: some threads and a bounded queue of requests before them. The service has two, so that what waits
 * for a disk (a counter, an image) never stands behind what computes (a grid).
 *
 * Nothing here blocks a caller: a lane that is full says so, and the client is told when to come back.
 */
#ifndef FRONT_SERVE_LANE_H
#define FRONT_SERVE_LANE_H

#include <stdbool.h>
#include <stdint.h>

/* Embedded in what it works on; the lane's between submit and run. */
struct lane_task {
    void (*run)(struct lane_task *task);
    struct lane_task *next;
};

struct lane;

struct lane_state {
    uint32_t threads, capacity;
    uint32_t waiting, running;
    double typical_seconds; /* of one task, a moving average */
};

/* NULL: no memory or not one thread. `capacity` tasks may wait beside those that run. */
struct lane *lane_create(uint32_t threads, uint32_t capacity);

/*
 * Gives no more places; returns when all tasks have run for which there was one. Once, from one thread; the
 * others may go on calling what is below, and are told that the lane is full.
 */
void lane_close(struct lane *lane);

/* Closes the lane if nobody has. No other thread may know it any more. NULL is fine. */
void lane_destroy(struct lane *lane);

/* Takes a place for one task, which must be submitted; false when the lane is full or closed. Thread-safe. */
bool lane_reserve(struct lane *lane);

/* Queues a task in a place that was reserved for it: it runs exactly once, perhaps before this returns.
 * Thread-safe. */
void lane_submit(struct lane *lane, struct lane_task *task);

/* Thread-safe. */
struct lane_state lane_look(struct lane *lane);

/* In how many seconds, 1 to 60, a lane of that state will probably have room. Pure. */
uint32_t lane_retry_after_s(const struct lane_state *state);

#endif
