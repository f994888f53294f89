// SPDX-License-Identifier: MIT
/*
 * What is remembered beside a stored grid: its key, its size and which cells failed, so that an answer from
 * the store says the same as the answer that built it. A small JSON object. It names its grid, so it does no
 * harm in which order the two become visible: one without the other is not believed.
 */
#ifndef ENGINE_SIDECAR_H
#define ENGINE_SIDECAR_H

#include "base/bytes.h"
#include "engine/grid_key.h"
#include "engine/result.h"

enum { SIDECAR_MAX_BYTES = 16 << 20 };

/* Whether the same bytes will fail in the same way again; other failures are worth another try. */
bool sidecar_is_lasting(enum tess_status status);

/* Of the grid `key`, as JSON into `json_out` (initialised here, the caller's to clear). TESS_ERR_MEMORY. */
enum tess_status sidecar_write(const struct result *whole, const char *key, struct bytes *json_out,
                               struct tess_error *error);

/*
 * Applies it to a result whose cells are in place, and tells whose it is. TESS_ERR_CORRUPT when it is not
 * what sidecar_write() makes for that many cells, or when a cell had failed for a reason that may have passed
 * (I/O, memory, also the limit of that name, time): then the grid has to be built anew.
 */
enum tess_status sidecar_read(const struct bytes *json, struct result *result, char key_out[GRID_KEY_BYTES],
                              struct tess_error *error);

#endif
