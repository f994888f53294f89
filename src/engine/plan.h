// SPDX-License-Identifier: MIT
/*
 * The plan: everything about a grid that follows from its options and the number of its images. Pure: no I/O,
 * no pixels, the same request gives the same plan; every limit on the grid itself is checked here, before a
 * byte is fetched.
 *
 *     margin
 *     title (if any)
 *     ┌────────┐ gap ┌────────┐
 *     │ tile 0 │     │ tile 1 │ …      one row of cells: tile, then its caption (if any)
 *     └────────┘     └────────┘
 *      caption        caption
 *     gap
 *     …
 *
 * The picture is built and encoded in strips of PLAN_STRIP_ROWS_PX rows; only `ring_strips` of them exist at
 * a time. 10,000 cells of 128 × 128 are a picture of 12,800 × 12,800 pixels, 246 MB as 4:2:0; with 2 threads,
 * 6 strips of it (2.5 MB each) are in memory.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include <stdint.h>

#include "image/picture.h"
#include <tessera/engine.h>
#include <tessera/options.h>

enum { PLAN_STRIP_ROWS_PX = 128 };

struct plan_input {
    const struct tess_grid_options *options;
    const struct tess_limits *limits;
    uint64_t images;         /* on this page */
    enum tess_format format; /* never AUTO */
    uint32_t threads;        /* workers; decides how many strips are in flight, nothing about the picture */
};

struct plan {
    uint32_t columns, rows, tiles;
    uint32_t width_px, height_px;
    uint32_t tile_width_px, tile_height_px;
    uint32_t label_height_px, title_height_px; /* 0: none */
    uint32_t margin_px, gap_px;
    enum tess_format format;
    enum picture_layout layout; /* of the strips: YCC420 where all edges are even, else YCC444; RGB for other
                                   formats than JPEG */
    uint32_t strip_count, ring_strips;
    uint64_t canvas_bytes; /* the ring, and what the encoder holds */
    uint64_t memory_bytes; /* estimate of the job's peak */
};

/* TESS_ERR_INVALID (no images, more than the shape holds, an option out of its range), TESS_ERR_LIMIT
 * ("max-cells", "jpeg-side", "webp-side", …). */
enum tess_status plan_make(const struct plan_input *input, struct plan *plan_out, struct tess_error *error);

/*
 * More strips at a time, so that `cells` cells can be on their way at once, for sources that take long to
 * answer: as far as canvas_bytes stays within most_bytes. The picture is the same.
 */
void plan_widen(struct plan *plan, uint32_t cells, uint64_t most_bytes);

/* Images that fit one page: all of `images`, unless both columns and rows are given. */
uint64_t plan_page_capacity(const struct tess_grid_options *options, uint64_t images);

/* Where the tile of a cell lies, without its caption; `cell` counts row by row, below columns × rows. */
struct tess_rect plan_cell_rect(const struct plan *plan, uint32_t cell);

/* The cell with its caption: what one worker writes. */
struct tess_rect plan_block_rect(const struct plan *plan, uint32_t cell);

/* The heading, empty (height 0) when there is none. */
struct tess_rect plan_title_rect(const struct plan *plan);

#endif
