// SPDX-License-Identifier: MIT
/* The decode stage: compressed bytes to a cell's pixels, under the memory budget. */
#ifndef ENGINE_DECODE_H
#define ENGINE_DECODE_H

#include "base/budget.h"
#include "base/bytes.h"
#include "engine/plan.h"
#include "image/colour.h"
#include "image/picture.h"

/* What all cells of a job share. Borrowed. */
struct decode_config {
    const struct plan *plan;
    const struct tess_grid_options *options;
    const struct tess_limits *limits;
    struct budget *budget;
    struct colour_profiles *profiles;
    const struct stop *stop; /* NULL: none */
    uint32_t workers;        /* how many decode at once */
};

/*
 * Decodes to exactly the plan's tile size and layout. Waits for its share of the budget between header and
 * pixels. The caller clears *tile_out. Errors: those of cell_prepare() and cell_render(), and TESS_ERR_LIMIT
 * "memory", and what `stop` says. TESS_ERR_MEMORY says nothing about the image: the machine had no memory,
 * thread or descriptor for it. Thread-safe.
 */
enum tess_status decode_cell(const struct decode_config *config, const struct bytes *bytes,
                             struct picture *tile_out, struct tess_error *error);

/* The picture of a cell that failed: grey, crossed out. Waits for its share of the budget. TESS_ERR_MEMORY,
 * TESS_ERR_LIMIT "memory", and what `stop` says. */
enum tess_status decode_placeholder(const struct decode_config *config, struct picture *tile_out,
                                    struct tess_error *error);

#endif
