// SPDX-License-Identifier: MIT
/* A reason to stop that comes after it has been asked for a number of times. */
#ifndef TESTS_COUNTDOWN_H
#define TESTS_COUNTDOWN_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "base/stop.h"

struct countdown {
    _Atomic int left; /* questions until it stops */
};

static inline enum tess_status countdown_ask(const void *context, struct tess_error *error)
{
    struct countdown *countdown = (struct countdown *)(uintptr_t)context;
    return atomic_fetch_sub(&countdown->left, 1) > 0 ? TESS_OK
                                                     : error_set(error, TESS_ERR_TIMEOUT, "counted down");
}

static inline struct stop countdown_stop(const struct countdown *countdown)
{
    return (struct stop){countdown_ask, countdown};
}

#endif
