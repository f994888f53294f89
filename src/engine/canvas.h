// SPDX-License-Identifier: MIT
/*
 * The canvas: the few strips of the picture that exist at a time.
 *
 * A strip is opened (background), written by the workers whose cells touch it, complete when the last of them
 * has finished, encoded, and closed; its memory is then the next strip's. Cells are disjoint, so placing
 * pixels needs no lock; the bookkeeping functions end in _locked and are called under the job's lock.
 */
#ifndef ENGINE_CANVAS_H
#define ENGINE_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/plan.h"
#include "image/picture.h"

struct canvas_strip {
    struct picture
        pixels;          /* as wide as the plan, rounded up to JPEG_STRIP_ALIGN_PX; PLAN_STRIP_ROWS_PX high */
    uint32_t index;      /* which strip of the picture is in it */
    uint32_t unfinished; /* cells still to be placed; under the job's lock */
    bool open;           /* under the job's lock */
};

struct canvas {
    const struct plan *plan; /* borrowed */
    struct tess_colour background;
    struct canvas_strip *ring; /* plan->ring_strips of them; strip i lives in ring[i % ring_strips] */
    uint32_t opened;           /* strips 0 .. opened−1 have been opened; under the job's lock */
    uint32_t closed;           /* how many have been closed; under the job's lock */
};

/* TESS_ERR_MEMORY. `canvas` is safe to clear after either outcome. */
enum tess_status canvas_init(struct canvas *canvas, const struct plan *plan, struct tess_colour background,
                             struct tess_error *error);
void canvas_clear(struct canvas *canvas);

/* The strip that holds picture row y. */
static inline uint32_t canvas_strip_of(uint32_t y_px)
{
    return y_px / PLAN_STRIP_ROWS_PX;
}

/* Rows of strip `index` that belong to the picture. */
uint32_t canvas_strip_rows(const struct canvas *canvas, uint32_t index);

struct canvas_strip *canvas_strip(struct canvas *canvas, uint32_t index);

/*
 * Opens the next strip and counts the cells (and heading) that will finish in it. False when its place in the
 * ring is still taken. Before any cell is placed in it, and outside the lock, it has to be painted.
 */
bool canvas_open_next_locked(struct canvas *canvas);

/* Paints an opened strip with the background: gaps, margins and empty cells are what is left of it. */
void canvas_paint(struct canvas *canvas, uint32_t index);

/* Copies `picture` (in the plan's layout) to (x, y) of the grid; the strips it touches are open. No lock. */
void canvas_place(struct canvas *canvas, const struct picture *picture, uint32_t x_px, uint32_t y_px);

/* One thing less to wait for in strip `index`; true when it was the last. */
bool canvas_finish_locked(struct canvas *canvas, uint32_t index);

/* The strip's pixels are no longer needed. */
void canvas_close_locked(struct canvas *canvas, uint32_t index);

#endif
