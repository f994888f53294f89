// SPDX-License-Identifier: MIT
/*
 * The engine: pictures in, one grid out.
 *
 * An engine owns the worker threads, the fetch threads and the memory budget that all jobs share. Create one
 * per process, run as many jobs on it at once as you like, from any threads, and destroy it when the last has
 * returned.
 *
 *     struct tess_engine *engine = NULL;
 *     struct tess_error error;
 *     if (tess_engine_create(NULL, &engine, &error) == TESS_OK) {
 *         struct tess_montage montage;
 *         tess_montage_defaults(&montage);
 *         montage.paths = paths;
 *         montage.path_count = 16;
 *         montage.output = "grid.jpg";
 *         struct tess_result *result = NULL;
 *         if (tess_montage_run(engine, &montage, &result, &error) == TESS_OK)
 *             printf("%u x %u, %zu failed\n", result->width_px, result->height_px, result->failed_count);
 *         tess_result_destroy(result);
 *     }
 *     tess_engine_destroy(engine);
 */
#ifndef TESSERA_ENGINE_H
#define TESSERA_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/options.h>
#include <tessera/status.h>

struct tess_engine;

struct tess_engine_options {
    uint32_t threads; /* workers that decode and encode; 0: one for each of tess_machine's cores */
    uint32_t fetches; /* objects fetched at once; 0: what pays for the source, 2 for local files */
    uint64_t
        memory_bytes; /* budget for compressed and decoded pixels of all jobs; 0: half of tess_machine's */
    struct tess_limits limits; /* see tess_limits_defaults() */
};

/*
 * What this process may use of the machine: the least of what the machine has and of what cpusets and control
 * groups (as containers have them, versions 1 and 2) allow.
 */
struct tess_machine {
    uint32_t cores; /* a share of a core counts as one */
    uint64_t memory_bytes;
};

/* Thread-safe. */
TESS_API void tess_machine_read(struct tess_machine *machine_out);

TESS_API void tess_engine_options_defaults(struct tess_engine_options *options);

/*
 * Starts the engine's threads. `options` may be NULL for the defaults and is not kept. On success *engine_out
 * is the caller's, to be given to tess_engine_destroy(). Errors: TESS_ERR_MEMORY, TESS_ERR_LIMIT.
 */
TESS_API enum tess_status tess_engine_create(const struct tess_engine_options *options,
                                             struct tess_engine **engine_out, struct tess_error *error);

/* Stops and joins the threads. No job may be running. NULL is fine. */
TESS_API void tess_engine_destroy(struct tess_engine *engine);

/* What an engine holds right now. */
struct tess_engine_stats {
    uint64_t memory_budget_bytes; /* all that may be reserved */
    uint64_t memory_used_bytes;   /* reserved now */
    uint64_t memory_peak_bytes;   /* most that ever was at once */
    uint32_t threads, fetches;    /* threads that decode and encode, threads that read */
};

/* Thread-safe. */
TESS_API void tess_engine_stats(struct tess_engine *engine, struct tess_engine_stats *stats_out);

/* Where one cell lies in the picture; the caption below it is not part of it. */
struct tess_rect {
    uint32_t x_px, y_px, width_px, height_px;
};

/* What became of one cell. Strings belong to the result. */
struct tess_cell_report {
    uint32_t page; /* 0 for the first picture */
    uint32_t cell; /* row by row from 0, within its page */
    struct tess_rect rect;
    const char *source;      /* path or key, as it was given */
    enum tess_status status; /* TESS_OK, or why the cell is a placeholder */
    const char *reason;      /* "" when status is TESS_OK */
};

/* Milliseconds; the stages overlap, so fetch, decode, place and encode are sums over threads, `total` is wall
 * time. */
struct tess_timings {
    double plan_ms, fetch_ms, decode_ms, place_ms, encode_ms, store_ms, total_ms;
};

/* What a finished job made. Immutable; freed whole by tess_result_destroy(). */
struct tess_result {
    uint32_t width_px, height_px; /* of each page */
    uint32_t columns, rows;       /* of the last page's plan; all pages share the shape */
    uint32_t tiles;               /* cells with a source, over all pages */
    uint32_t pages;
    uint64_t bytes;    /* encoded size, over all pages */
    size_t cell_count; /* = tiles */
    const struct tess_cell_report *cells;
    size_t failed_count; /* cells whose status is not TESS_OK */
    struct tess_timings timings;
    size_t output_count; /* montage: one path a page; create-grid: 0 or 1 */
    const char *const *outputs;
};

TESS_API void tess_result_destroy(struct tess_result *result);

/* How far a job is. */
struct tess_progress {
    uint32_t done, total; /* cells */
    uint32_t failed;      /* of those done */
};

/*
 * Things a caller may watch or stop a job by. All optional. `on_progress` is called from the engine's
 * threads, never from two at once for one job, and must not block for long. `cancel` is read, never written:
 * set it non-zero from any thread (or signal handler, with a lock-free atomic store) and the job ends with
 * TESS_ERR_CANCELLED, leaving nothing half-written.
 */
struct tess_watch {
    void (*on_progress)(void *context, const struct tess_progress *progress);
    void *context;
    const volatile int *cancel;
    uint32_t timeout_ms; /* time this job has from now on; 0: what the engine's limits say */
};

/*
 * What may be fetched from https:// addresses, redirects included (at most 5). Plain http is refused always.
 * Addresses that are not public (loopback, private, link-local, …) are refused when the connection is made,
 * so that no name that changes its address gets around it. All borrowed; zeroed: every public host.
 */
struct tess_web_options {
    const char
        *allowed_hosts; /* "images.example.com,*.example.org": no others (* stands for one or more labels) */
    bool private_addresses; /* allow those that are not public, too */
    const char *ca_bundle;  /* PEM file of certificate authorities; NULL: the system's */
    uint32_t connect_timeout_ms, read_timeout_ms; /* 0: 5 s and 10 s */
};

struct tess_store; /* <tessera/store.h> */

/* One montage of files, stored objects and https:// images, in any mixture. */
struct tess_montage {
    struct tess_grid_options options;
    /* In the order of the cells, borrowed for the call. An empty string leaves its cell blank;
     * "s3://BUCKET/KEY" is an object of `store`, "https://…" is fetched as `web` allows, all else is a file
     * ("./https:" for one of that name). */
    const char *const *paths;
    size_t path_count;
    struct tess_store *store;           /* NULL: s3:// images are failed cells */
    const struct tess_web_options *web; /* NULL: https:// images are failed cells */
    const char *output;                 /* file to write, replaced whole or not at all; NULL with dry_run */
    struct tess_watch watch;
};

TESS_API void tess_montage_defaults(struct tess_montage *montage);

/*
 * Builds the montage and writes it to `output`: to a temporary file beside it that is renamed over it when
 * complete. When options.columns and options.rows are both set and the images do not fit, further pages are
 * written; "grid.jpg" becomes "grid-1.jpg", "grid-2.jpg", … and an `output` that holds one %d is used as the
 * pattern instead. A bad image becomes a placeholder and a failed cell of the result; with options.strict it
 * fails the job with TESS_ERR_TILE_FAILED. So do images of which not one could be read, over all pages: with
 * TESS_ERR_NOT_FOUND where all are missing, with the store's or the system's error where that was in the way,
 * else with TESS_ERR_TILE_FAILED. (Cells that are blank on purpose alone are no failure.) Want of memory,
 * threads or descriptors is never a cell's failure: it ends the job with TESS_ERR_MEMORY. Blocks until the
 * job is done. On success *result_out is the caller's, for tess_result_destroy(). On failure it is NULL,
 * except where it is cells that failed the job: then it lists them and is the caller's too. Further errors:
 * TESS_ERR_INVALID, TESS_ERR_LIMIT (before any file is read), TESS_ERR_IO, TESS_ERR_CANCELLED,
 * TESS_ERR_TIMEOUT, TESS_ERR_UNSUPPORTED (https:// without libcurl). What tess_output_check() refuses is
 * refused before any file is read. Thread-safe.
 */
TESS_API enum tess_status tess_montage_run(struct tess_engine *engine, const struct tess_montage *montage,
                                           struct tess_result **result_out, struct tess_error *error);

/*
 * An output never overwrites what it is made of, nor a store. TESS_ERR_INVALID, in words for who named it,
 * when one of the `pages` files that `output` stands for (see tess_montage_run(); tess_plan_summary has their
 * number) is one of the inputs, by device and inode and so through hard and symbolic links, or lies in an
 * embedded store's folder. "", "s3://…" and "https://…" among the inputs are no files. Else TESS_OK, or
 * TESS_ERR_MEMORY. Reads and writes no file. Thread-safe.
 */
TESS_API enum tess_status tess_output_check(const char *output, uint32_t pages, const char *const *inputs,
                                            size_t input_count, struct tess_error *error);

/*
 * Writes a whole file the way pictures are written: beside the target and renamed over it, so that nobody
 * ever reads a part; a symbolic link is followed; a device, pipe or file of an embedded store refused.
 * TESS_ERR_INVALID, _NOT_FOUND,
 * _DENIED, _IO. Thread-safe.
 */
TESS_API enum tess_status tess_write_file(const char *path, const void *data, size_t size_bytes,
                                          struct tess_error *error);

/* What a grid will be, known without touching a source. */
struct tess_plan_summary {
    uint32_t columns, rows, tiles, pages;
    uint32_t width_px, height_px;
    uint64_t canvas_bytes; /* peak of the picture under construction: bands, or all of it for WebP and AVIF */
    uint64_t memory_bytes; /* estimate of the job's peak, canvas and images in flight */
    enum tess_format format;
};

/*
 * Plans `count` images without I/O: geometry, limits, memory. `output` (may be NULL) decides the format when
 * options->format is AUTO. Errors as for the limits of tess_montage_run(). Thread-safe.
 */
TESS_API enum tess_status tess_plan_summarise(struct tess_engine *engine,
                                              const struct tess_grid_options *options, size_t count,
                                              const char *output, struct tess_plan_summary *summary_out,
                                              struct tess_error *error);

#endif
