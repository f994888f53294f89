// SPDX-License-Identifier: MIT
/* Building the public struct tess_result: reports are filled in by the workers, each its own, without a lock.
 */
#ifndef ENGINE_RESULT_H
#define ENGINE_RESULT_H

#include <stdatomic.h>
#include <stdint.h>

#include "engine/plan.h"
#include <tessera/engine.h>

struct result {
    struct tess_result pub; /* first: the caller holds a pointer to this */
    struct tess_cell_report *cells;
    char **reasons; /* one a cell, NULL where there is none */
    char **sources; /* one a cell */
    char **outputs;
    size_t output_capacity;
    atomic_bool short_of_memory; /* a cell failed for the limit "memory": another run may have more of it */
};

/* For `tiles` cells on `pages` pages, all reports empty. NULL: no memory. */
struct result *result_create(uint32_t tiles, uint32_t pages);
void result_destroy(struct result *result);

/* Where cell `index` (counted over all pages) is. The source's name is copied; TESS_ERR_MEMORY. */
enum tess_status result_place(struct result *result, uint32_t index, uint32_t page, uint32_t cell,
                              const struct tess_rect *rect, const char *source);

/* Marks the cell as failed. Called once a cell, from any thread. */
void result_fail(struct result *result, uint32_t index, const struct tess_error *error);

/* Appends a written file's name (malloc'ed, now the result's), at most one a page. Cannot fail: the file is
 * there. */
void result_take_output(struct result *result, char *path);

/* Counts failures and copies the plan's numbers, when all cells are done. */
void result_close(struct result *result, const struct plan *plan, uint32_t pages);

#endif
