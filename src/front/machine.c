// SPDX-License-Identifier: MIT
#include "front/machine.h"

#include <time.h>

#include <tessera/engine.h>

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
    struct tess_machine machine;
    tess_machine_read(&machine);
    return machine.cores;
}
