// SPDX-License-Identifier: MIT
/* Helpers that montage and create-grid share. */
#ifndef ENGINE_MONTAGE_H
#define ENGINE_MONTAGE_H

#include "engine/engine_state.h"
#include "engine/plan.h"

/* The plan of a page with `images` images in `format` (AUTO counts as JPEG) on this engine. */
enum tess_status montage_plan(const struct tess_engine *engine, const struct tess_grid_options *options,
                              uint64_t images, enum tess_format format, struct plan *plan_out,
                              struct tess_error *error);

/* The plan's numbers as the public summary; `pages` of this shape hold `tiles` images. */
struct tess_plan_summary montage_summary(const struct plan *plan, uint32_t tiles, uint32_t pages);

#endif
