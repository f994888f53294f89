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

#endif
