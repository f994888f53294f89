// SPDX-License-Identifier: MIT
/*
 * The progress bar: one line on stderr when that is a terminal, nothing otherwise (nor with --quiet, --json
 * or TERM=dumb).
 *
 *      812/1600 images ━━━━━━━━━━━━━━━━━━━━━━────────────────────  51 %  412/s  0:02 left  3 failed
 *
 * It shows up when the work takes longer than a moment, is redrawn at most ten times a second, always fits
 * the terminal's width as it is right now, and is gone when the work is done.
 */
#ifndef FRONT_PROGRESS_H
#define FRONT_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <tessera/engine.h>

#include "front/settings.h"

struct progress_counts {
    uint64_t done, total, failed; /* total 0: not known */
};

struct progress {
    const char *noun; /* "images" */
    bool enabled, unicode, colour;
    pthread_mutex_t lock;
    /* under the lock */
    struct progress_counts counts;
    int64_t started_ms, drawn_ms;
    bool visible;
};

void progress_begin(struct progress *progress, const struct settings *settings, const char *noun,
                    uint64_t total);
void progress_update(struct progress *progress, struct progress_counts counts); /* from any thread */
void progress_step(struct progress *progress, bool failed); /* one more, from any thread */

/* Wipes the bar so that something else can be written; the next update draws it again. */
void progress_hide(struct progress *progress);
void progress_end(struct progress *progress);

/* For struct tess_watch with the progress as its context. */
void progress_on_cells(void *context, const struct tess_progress *cells);

/* The line for a terminal of `columns` characters, without control characters. Pure. */
void progress_format(const struct progress *progress, struct progress_counts counts, int64_t elapsed_ms,
                     unsigned columns, char *line_out, size_t size);

#endif
