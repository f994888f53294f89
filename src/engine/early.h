// SPDX-License-Identifier: MIT
/*
 * Images that are fetched and decoded while later keys are still on their way.
 *
 * A listing of many keys comes in pages, and each takes the catalog a while. The size of a tile follows from
 * the options alone, so the first cells can be made before it is known how many there will be. Their tiles
 * wait here until there is a plan, and the pipeline takes them over as cells that are done.
 *
 * It begins only when a page is followed by another, which shows in keys that have come and a listing that
 * has not ended EARLY_PAUSE_MS after the last of them. Whether the grid is in the store already can be asked
 * when all keys are known, not before: where one page holds all keys that is at once, and an image fetched
 * before the answer may be fetched for nothing. Where there are thousands of keys it is a matter of
 * EARLY_MOST_CELLS of them, against waiting for every page. No grid that the keys so far make impossible is
 * begun.
 *
 * Memory comes from a share of the budget of its own, and only while there is some to spare: nothing ever
 * waits for it, so that tiles which wait for their grid cannot stop the grid that would have to finish first.
 */
#ifndef ENGINE_EARLY_H
#define ENGINE_EARLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "engine/engine_state.h"
#include "engine/plan.h"
#include "engine/store_state.h"

enum { EARLY_MOST_CELLS = 256, EARLY_PAUSE_MS = 10 };

struct early;

/* All borrowed for its life. */
struct early_config {
    struct tess_engine *engine;
    struct tess_store *store;
    const char *bucket; /* of the images */
    const struct tess_grid_options *options;
    enum tess_format format;
    const struct stop *stop; /* the caller's */
};

/* NULL where there is no memory or thread for it, which is no error. */
struct early *early_create(const struct early_config *config);

/* Ends what runs, and waits for it. NULL is fine. No cell may be taken that has not been given back. */
void early_destroy(struct early *early);

/* The next key of the listing, which is the next cell of the grid. */
void early_offer(struct early *early, const char *key);

/* The listing has ended, well or not: nothing begins any more unless it has begun. */
void early_listed(struct early *early);

/* There will be a grid of this plan, and the versions of the bytes that were read belong here. From now on no
 * further cell is begun. */
void early_adopt(struct early *early, const struct plan *plan, char (*versions)[OBJECT_VERSION_BYTES]);

/* What runs is to end as soon as it can. Thread-safe; NULL is fine. */
void early_stop(struct early *early);

/* Whether this cell was begun (NULL: none was); then `then` is submitted to the engine's workers, urgently,
 * once it is done. */
bool early_take(struct early *early, uint32_t cell, struct pool_task *then);

/* What became of a cell that was taken and is done. */
struct early_cell_result {
    bool dropped;               /* there was no room: it has to be fetched */
    const struct picture *tile; /* valid until early_give_back(); no memory where the cell failed */
    const struct tess_error *error;
    int64_t fetch_ns, decode_ns;
};
struct early_cell_result early_look(struct early *early, uint32_t cell);

/* The tile is no longer needed. Each cell that was taken is given back. */
void early_give_back(struct early *early, uint32_t cell);

#endif
