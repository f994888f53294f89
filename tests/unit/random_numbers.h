// SPDX-License-Identifier: MIT
/* Numbers for property tests, the same on every run: splitmix64, by Sebastiano Vigna. */
#ifndef RANDOM_NUMBERS_H
#define RANDOM_NUMBERS_H

#include <stdint.h>

static inline uint64_t random_number(uint64_t *seed)
{
    uint64_t mixed = *seed += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31;
}

/* 0 to end - 1. */
static inline uint64_t random_below(uint64_t *seed, uint64_t end)
{
    return random_number(seed) % end;
}

#endif
