// SPDX-License-Identifier: MIT
#include "engine/caller.h"

#include "base/clock.h"
#include "base/error.h"

uint32_t caller_timeout_ms(const struct tess_watch *watch, const struct tess_limits *limits)
{
    return watch->timeout_ms ? watch->timeout_ms : limits->timeout_ms;
}

struct caller caller_from_now(const struct tess_watch *watch, const struct tess_limits *limits)
{
    const uint32_t timeout_ms = caller_timeout_ms(watch, limits);
    return (struct caller){.watch = watch,
                           .deadline_ns =
                               timeout_ms ? clock_monotonic_ns() + (int64_t)timeout_ms * 1000000 : 0,
                           .timeout_ms = timeout_ms};
}

enum tess_status caller_must_stop(const void *context, struct tess_error *error)
{
    const struct caller *caller = context;
    const volatile int *cancel = caller->watch->cancel;
    if (cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED)) /* another thread's to set, at any time */
        return error_set(error, TESS_ERR_CANCELLED, "cancelled");
    if (!caller->deadline_ns || clock_monotonic_ns() <= caller->deadline_ns)
        return TESS_OK;
    (void)error_limit(error, "timeout", "not done within the limit timeout of %u ms", caller->timeout_ms);
    if (error)
        error->status = TESS_ERR_TIMEOUT;
    return TESS_ERR_TIMEOUT;
}
