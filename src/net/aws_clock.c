// SPDX-License-Identifier: MIT
#include "net/aws_clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    DATE_STEP_MS = 1000,            /* a Date has whole seconds */
    SIGNATURE_LIFE_MS = 15 * 60000, /* which is what AWS lets a signature's time differ by */
    CLOCK_SET_MS = 2000             /* more than a clock is slewed between two answers */
};

void aws_clock_init(struct aws_clock *clock)
{
    *clock = (struct aws_clock){0};
    (void)pthread_mutex_init(&clock->lock, NULL);
}

void aws_clock_destroy(struct aws_clock *clock)
{
    (void)pthread_mutex_destroy(&clock->lock);
}

static void forget_locked(struct aws_clock *clock)
{
    clock->count = clock->next = 0;
    clock->skew_ms = 0;
}

/* Was our clock set since the last sample? Then that says nothing any more. */
static void heed_setting_locked(struct aws_clock *clock, struct aws_instant now)
{
    const int64_t apart_ms = now.unix_ms - now.monotonic_ms;
    if ((clock->count > 0 || clock->skew_ms != 0) && llabs(apart_ms - clock->apart_ms) > CLOCK_SET_MS)
        forget_locked(clock);
    if (clock->count == 0 && clock->skew_ms == 0)
        clock->apart_ms = apart_ms;
}

int64_t aws_clock_skew(struct aws_clock *clock, struct aws_instant now)
{
    (void)pthread_mutex_lock(&clock->lock);
    heed_setting_locked(clock, now);
    const int64_t skew_ms = clock->skew_ms;
    (void)pthread_mutex_unlock(&clock->lock);
    return skew_ms;
}

static int compare(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t median(const int64_t *samples, size_t count)
{
    int64_t sorted[AWS_CLOCK_SAMPLES];
    memcpy(sorted, samples, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    const int64_t low = sorted[(count - 1) / 2], high = sorted[count / 2];
    return llabs(low) < llabs(high) ? low : high;
}

static void add_locked(struct aws_clock *clock, int64_t sample_ms, struct aws_instant now)
{
    clock->samples_ms[clock->next] = sample_ms;
    clock->next = (clock->next + 1) % AWS_CLOCK_SAMPLES;
    if (clock->count < AWS_CLOCK_SAMPLES)
        clock->count++;
    clock->skew_ms = median(clock->samples_ms, clock->count);
    clock->apart_ms = now.unix_ms - now.monotonic_ms;
}

void aws_clock_learn(struct aws_clock *clock, int64_t server_s, struct aws_instant sent,
                     struct aws_instant received, int64_t signed_skew_ms)
{
    /* When the answer was written, the server's clock was between the Date and a second later, and ours
     * between the two instants. What fits stays as it is; else the lower bound never signs ahead of the
     * server. */
    const int64_t low_ms = server_s * 1000 - received.unix_ms;
    const int64_t high_ms = server_s * 1000 + DATE_STEP_MS - sent.unix_ms;
    if (llabs(low_ms - signed_skew_ms) > SIGNATURE_LIFE_MS)
        return;
    (void)pthread_mutex_lock(&clock->lock);
    heed_setting_locked(clock, received);
    const bool right = low_ms <= 0 && 0 <= high_ms;
    const bool known = low_ms <= clock->skew_ms && clock->skew_ms <= high_ms;
    add_locked(clock, right ? 0 : known ? clock->skew_ms : low_ms, received);
    (void)pthread_mutex_unlock(&clock->lock);
}

void aws_clock_force(struct aws_clock *clock, int64_t skew_ms, struct aws_instant now)
{
    (void)pthread_mutex_lock(&clock->lock);
    forget_locked(clock);
    add_locked(clock, skew_ms, now);
    (void)pthread_mutex_unlock(&clock->lock);
}
