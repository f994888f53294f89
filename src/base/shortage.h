// SPDX-License-Identifier: MIT
/*
 * Whether the machine has what a piece of work needs.
 *
 * Libraries call an image damaged when they could not start a thread or had no memory for it. So what they
 * say is not believed before the machine has been asked: a failure for want of threads, memory or
 * descriptors passes, and says nothing about the image.
 */
#ifndef BASE_SHORTAGE_H
#define BASE_SHORTAGE_H

#include <stdint.h>

#include <tessera/status.h>

struct shortage_need {
    uint64_t memory_bytes; /* address space, without the threads' stacks */
    uint32_t threads, descriptors;
};

/*
 * Takes all of it at once and gives it back: TESS_OK when it was to be had, else TESS_ERR_MEMORY with what
 * ran out. One caller at a time does so, so that they do not take it from each other. Threads cost some 20 µs
 * each, the rest next to nothing. Thread-safe.
 */
enum tess_status shortage_check(const struct shortage_need *need, struct tess_error *error);

/* Why work that needed this failed: `status` and `error` as they are, or TESS_ERR_MEMORY where it cannot be
 * had. To be asked right after the failure. Thread-safe. */
enum tess_status shortage_or(enum tess_status status, const struct shortage_need *need,
                             struct tess_error *error);

#endif
