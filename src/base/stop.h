// SPDX-License-Identifier: MIT
/*
 * A reason to stop waiting: cancelled, or out of time.
 *
 * Whoever may block for long takes a `const struct stop *` (NULL: nothing stops it), asks it every
 * STOP_INTERVAL_MS or so, never with a lock held, and ends with what it says when that is not TESS_OK.
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdint.h>

#include <tessera/status.h>

enum { STOP_INTERVAL_MS = 20 };

struct stop {
    enum tess_status (*must_stop)(const void *context, struct tess_error *error); /* thread-safe */
    const void *context;
};

/* TESS_OK when `stop` is NULL or has no reason. */
enum tess_status stop_check(const struct stop *stop, struct tess_error *error);

/* Sleeps for `duration_ms`, or until there is a reason to stop, which it returns. */
enum tess_status stop_sleep(const struct stop *stop, int64_t duration_ms, struct tess_error *error);

enum { STOP_GRACE_MS = 2000 };

/*
 * A flag that somebody raises, once, when work that has no stop of its own shall end. What had begun by then
 * ends at once, with TESS_ERR_CANCELLED. What begins later is taken for clearing up (a row whose image was
 * not stored, the parts of an upload that was given up) and gets STOP_GRACE_MS.
 */
struct stop_flag {
    const volatile int *flag;
    int64_t grace_until_ns; /* monotonic; 0: begun before the flag was raised */
};

/* A stop for what begins now. `state` is written here and must live as long as the stop. */
struct stop stop_on_flag(struct stop_flag *state, const volatile int *flag);

#endif
