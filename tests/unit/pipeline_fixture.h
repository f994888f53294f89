// SPDX-License-Identifier: MIT
/*
 * A job with a source and a sink of the test's own, through the vtables that files and stores use. The source
 * gives pictures from memory: late, in any order, or not at all; the sink collects, and fails or waits when
 * told to.
 */
#ifndef TESTS_PIPELINE_FIXTURE_H
#define TESTS_PIPELINE_FIXTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/pipeline.h"
#include "jpeg_make.h"

enum { FAKE_KINDS = 6, FAKE_MAX_ITEMS = 512 };

struct fake_source {
    struct source source; /* first */
    struct made_jpeg kinds[FAKE_KINDS];
    uint32_t blank_every;                   /* item 0, n, 2n, … is blank; 0: none */
    enum tess_status fails[FAKE_MAX_ITEMS]; /* TESS_OK: does not */
    uint32_t delay_us;                      /* of each read, up to; 0: none */
    uint64_t size_error_bytes;              /* subtracted from what size() tells */
    atomic_uint reads;
    atomic_uint cancel_after; /* reads until *cancel is set; 0: never */
    volatile int cancel;
};

/* Photos of several sizes and samplings. */
void fake_source_init(struct fake_source *fake);
void fake_source_clear(struct fake_source *fake);

struct fake_sink {
    struct sink sink; /* first */
    struct objects objects;
    uint8_t *data;
    size_t size;
    uint32_t writes, fail_at; /* the write that fails, from 1; 0: none */
    uint32_t delay_us;        /* of each write */
    void (*on_write)(void *context);
    void *context;
};

void fake_sink_init(struct fake_sink *fake);
void fake_sink_clear(struct fake_sink *fake);

struct tess_engine *fake_engine(uint32_t threads);

/* One page of `images` with these options, and what came of it. */
struct job_outcome {
    enum tess_status status;
    struct tess_error error;
    struct plan plan;
    struct result *result;
};

struct job_setup {
    struct tess_engine *engine;
    struct tess_grid_options options;
    uint32_t images;
    struct fake_source *source;
    struct fake_sink *sink;
    struct tess_watch watch;
    int64_t deadline_ns;
};

/* Sets options to their defaults with tiles of `tile_px`. */
struct job_setup job_setup_of(struct tess_engine *engine, struct fake_source *source, struct fake_sink *sink,
                              uint32_t images, uint32_t tile_px);
void job_run(const struct job_setup *setup, struct job_outcome *outcome);
void job_outcome_clear(struct job_outcome *outcome);

/* Runs and fails the test unless the job succeeds. */
void job_run_well(const struct job_setup *setup, struct job_outcome *outcome);

#endif
