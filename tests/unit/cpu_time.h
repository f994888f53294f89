// SPDX-License-Identifier: MIT
/*
 * The processor time this process has used: what a test bounds where it would otherwise look at a clock on
 * the wall, which also counts what other programs do.
 */
#ifndef TESTS_CPU_TIME_H
#define TESTS_CPU_TIME_H

#include <stdint.h>
#include <time.h>

/* Of all threads, in milliseconds. */
static inline int64_t cpu_time_ms(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

#endif
