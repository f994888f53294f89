// SPDX-License-Identifier: MIT
#include "engine/blame.h"

#include <stdbool.h>

#include "base/shortage.h"

/* What one piece of work starts at most: libvips' worker and two that write behind it, or a decoder's own.
 * The rest is for small things, and for a library that is loaded late. */
enum { THREADS_EACH = 4, MOST_THREADS = 64, DESCRIPTORS = 4 };
static const uint64_t ALWAYS_BYTES = 32 << 20;

enum tess_status blame_beforehand(uint64_t peak_bytes, uint32_t threads, struct tess_error *error)
{
    const struct shortage_need need = {.memory_bytes = peak_bytes + ALWAYS_BYTES, .threads = threads};
    return shortage_check(&need, error);
}

/* Whether a machine without threads or memory might have made libvips say so. */
static bool is_doubtful(enum tess_status status)
{
    switch (status) {
    case TESS_ERR_CORRUPT:
    case TESS_ERR_UNSUPPORTED: /* a format whose library could not be loaded, for one */
    case TESS_ERR_INTERNAL:
    case TESS_ERR_INVALID:
    case TESS_ERR_IO:
        return true;
    default:
        return false;
    }
}

enum tess_status blame_libvips(enum tess_status status, uint64_t peak_bytes, uint32_t workers,
                               struct tess_error *error)
{
    const uint32_t threads = workers < MOST_THREADS / THREADS_EACH ? workers * THREADS_EACH : MOST_THREADS;
    const struct shortage_need need = {
        .memory_bytes = peak_bytes + ALWAYS_BYTES, .threads = threads, .descriptors = DESCRIPTORS};
    return is_doubtful(status) ? shortage_or(status, &need, error) : status;
}
