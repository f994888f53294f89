// SPDX-License-Identifier: MIT
/* Time. Logic takes times as data; only the rims of the program read a clock, through these. Thread-safe. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_monotonic_ns(void);
int64_t clock_unix_ms(void);

#endif
