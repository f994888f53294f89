// SPDX-License-Identifier: MIT
#include "front/machine.h"

#include <sched.h>
#include <time.h>

enum { CORES_UNKNOWN = 2 };

int64_t machine_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t machine_now_ms(void)
{
    return machine_now_ns() / 1000000;
}

uint32_t machine_cores(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? (uint32_t)CPU_COUNT(&cores) : CORES_UNKNOWN;
}
