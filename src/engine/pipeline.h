// SPDX-License-Identifier: MIT
/*
 * The pipeline: one page of a grid, from its sources to its sink. This file alone knows about threads and
 * queues.
 *
 *     caller's thread        opens strips, hands out cells in order, watches cancel and deadline
 *     fetchers (pool)        wait for a ticket, read the bytes                → worker
 *     workers (pool)         decode, place; the last cell of a strip          → strip is ready
 *     workers, urgent        encode a JPEG strip; write what is next in line  → sink
 *     (other formats: one thread of the job pulls the strips through libvips)
 *
 * Bounded by: strips in the ring (a cell is handed out only when its strips are open), slots (cells between
 * fetch and place), and the engine's memory budget. Which thread does what when decides nothing about the
 * bytes that come out.
 */
#ifndef ENGINE_PIPELINE_H
#define ENGINE_PIPELINE_H

#include <stdint.h>

#include "engine/early.h"
#include "engine/engine_state.h"
#include "engine/plan.h"
#include "engine/result.h"
#include "engine/sink.h"
#include "engine/source.h"

/* All borrowed for the call. */
struct pipeline_page {
    struct tess_engine *engine;
    const struct plan *plan;
    const struct tess_grid_options *options;
    const struct source *source;
    uint32_t first; /* item of the source, and report of the result, that is cell 0 of this page */
    uint32_t total; /* cells of the whole job, for progress */
    struct sink *sink;
    struct result *result; /* reports are filled in, and timings added to */
    const struct tess_watch *watch;
    int64_t deadline_ns; /* monotonic; 0: none */
    struct early *early; /* cells that were begun before the page was planned; NULL: none */
};

/*
 * Runs the page. Blocks; when it returns nothing of the job runs any more. The sink's owner commits or
 * aborts. TESS_ERR_TILE_FAILED (strict), TESS_ERR_CANCELLED, TESS_ERR_TIMEOUT, TESS_ERR_LIMIT "memory",
 * TESS_ERR_IO (the sink), TESS_ERR_MEMORY.
 */
enum tess_status pipeline_run(const struct pipeline_page *page, struct tess_error *error);

#endif
