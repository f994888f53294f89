// SPDX-License-Identifier: MIT
/* What the front end asks of the machine: how late it is, and how many cores it may use. Thread-safe. */
#ifndef FRONT_MACHINE_H
#define FRONT_MACHINE_H

#include <stdint.h>

/* On CLOCK_MONOTONIC. */
int64_t machine_now_ns(void);
int64_t machine_now_ms(void);

/* Cores that this process may use, which in a container or under taskset are fewer than the machine has. */
uint32_t machine_cores(void);

#endif
