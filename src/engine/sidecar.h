// SPDX-License-Identifier: MIT
/*
 * What is remembered beside a stored grid: its size and which cells failed, so that an answer from the store
 * says the same as the answer that built it. A small JSON object, written before the grid itself becomes
 * visible.
 */
#ifndef ENGINE_SIDECAR_H
#define ENGINE_SIDECAR_H

#include "base/bytes.h"
#include "engine/result.h"

enum { SIDECAR_MAX_BYTES = 16 << 20 };

/* As JSON into `json_out` (initialised here, the caller's to clear). TESS_ERR_MEMORY. */
enum tess_status sidecar_write(const struct result *whole, struct bytes *json_out, struct tess_error *error);

/*
 * Applies it to a result whose cells are in place. TESS_ERR_CORRUPT when it is not what sidecar_write() makes
 * for that many cells, or when a cell had failed for a reason that may have passed (I/O, memory, also the
 * limit of that name, time): then the grid has to be built anew.
 */
enum tess_status sidecar_read(const struct bytes *json, struct result *result, struct tess_error *error);

#endif
