// SPDX-License-Identifier: MIT
/* What the caller of a job has to say while it runs: cancel, or time is up. */
#ifndef ENGINE_CALLER_H
#define ENGINE_CALLER_H

#include <stdint.h>

#include "base/stop.h"
#include <tessera/engine.h>

struct caller {
    const struct tess_watch *watch; /* borrowed */
    int64_t deadline_ns;            /* monotonic; 0: none */
    uint32_t timeout_ms;            /* for the message */
};

/* A job that begins now. Its time is what the watch says, else what the limits say. */
struct caller caller_from_now(const struct tess_watch *watch, const struct tess_limits *limits);

/* How long a job may take, in milliseconds; 0: any time. */
uint32_t caller_timeout_ms(const struct tess_watch *watch, const struct tess_limits *limits);

/* For a struct stop whose context is a struct caller. TESS_ERR_CANCELLED, or TESS_ERR_TIMEOUT with the limit
 * "timeout". Thread-safe. */
enum tess_status caller_must_stop(const void *context, struct tess_error *error);

#endif
