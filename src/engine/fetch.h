// SPDX-License-Identifier: MIT
/* Reading one item of a source under the memory budget: a ticket first, then the bytes. */
#ifndef ENGINE_FETCH_H
#define ENGINE_FETCH_H

#include "base/budget.h"
#include "engine/source.h"

/* Borrowed for the call. */
struct fetch {
    int64_t read_ns; /* set: time spent reading, waits for memory not counted */
    const struct source *source;
    size_t index;
    uint64_t most_bytes; /* the limit max-bytes */
    uint32_t fetches;    /* how many may run at once */
    struct budget *budget;
    enum budget_share share;
    bool wait; /* for the share; otherwise TESS_ERR_BUSY when it is not free */
    const struct stop *stop;
};

/*
 * Reads the item into `out` (initialised here, the caller's to clear; empty on failure). *ticket_out is what
 * remains reserved of the share until the bytes are cleared, for budget_release(); 0 on failure. Where a
 * source only guesses its sizes, a guess that was too small is corrected and the item asked for again, at
 * most twice, and what a guess had too much is given back. Errors: TESS_ERR_LIMIT "max-bytes", "memory"; what
 * the source and the stop say; TESS_ERR_MEMORY where the machine lacked a thread or descriptor for it.
 */
enum tess_status fetch_item(struct fetch *fetch, struct bytes *out, uint64_t *ticket_out,
                            struct tess_error *error);

#endif
