// SPDX-License-Identifier: MIT
#include "base/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"

enum tess_status stop_check(const struct stop *stop, struct tess_error *error)
{
    return stop && stop->must_stop ? stop->must_stop(stop->context, error) : TESS_OK;
}

enum tess_status stop_sleep(const struct stop *stop, int64_t duration_ms, struct tess_error *error)
{
    const int64_t until_ns = clock_monotonic_ns() + duration_ms * 1000000;
    enum tess_status status = stop_check(stop, error);
    for (int64_t left_ns = duration_ms * 1000000; status == TESS_OK && left_ns > 0;) {
        const int64_t most_ns = (int64_t)STOP_INTERVAL_MS * 1000000;
        const struct timespec nap = {.tv_nsec = (long)(left_ns < most_ns ? left_ns : most_ns)};
        (void)nanosleep(&nap, NULL);
        status = stop_check(stop, error);
        left_ns = until_ns - clock_monotonic_ns();
    }
    return status;
}

static bool is_raised(const volatile int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

static enum tess_status flag_says(const void *context, struct tess_error *error)
{
    const struct stop_flag *state = context;
    if (!is_raised(state->flag) || clock_monotonic_ns() < state->grace_until_ns)
        return TESS_OK;
    return error_set(error, TESS_ERR_CANCELLED, "cancelled");
}

struct stop stop_on_flag(struct stop_flag *state, const volatile int *flag)
{
    *state = (struct stop_flag){.flag = flag};
    if (is_raised(flag))
        state->grace_until_ns = clock_monotonic_ns() + (int64_t)STOP_GRACE_MS * 1000000;
    return (struct stop){.must_stop = flag_says, .context = state};
}
