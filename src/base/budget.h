// SPDX-License-Identifier: MIT
/*
 * The memory budget: whatever an input can size is reserved here before it is allocated.
 *
 * One total is cut into four shares, and a wait for one share only ever waits for holders of the same share
 * or of a later one: canvas (1/2)   pictures under construction; held for a whole job, which needs the two
 * below to finish fetched (1/8)  compressed bytes; held until their cell is decoded, which needs pixels
 *     pixels (5/16)  decoders' memory; held while one cell is decoded, which waits for nothing
 *     early (1/16)   images fetched and decoded before their job has a canvas; only ever taken by
 *                    budget_try_reserve(), so nobody waits for it
 * So there is always a holder that can finish, and no order of requests can dead-lock. Within a share it is
 * first come, first served: a large request is not starved by small ones.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stop.h"
#include <tessera/status.h>

enum budget_share { BUDGET_CANVAS, BUDGET_FETCHED, BUDGET_PIXELS, BUDGET_EARLY, BUDGET_SHARES };

struct budget;

/* NULL: no memory. */
struct budget *budget_create(uint64_t total_bytes);
void budget_destroy(struct budget *budget); /* nothing may be reserved; NULL is fine */

uint64_t budget_share_bytes(const struct budget *budget, enum budget_share share);

/*
 * Blocks until `bytes` of the share are free and takes them. TESS_ERR_LIMIT "memory" at once when the share
 * could never hold them. `what` names the thing for the message. Thread-safe.
 */
enum tess_status budget_reserve(struct budget *budget, enum budget_share which, uint64_t bytes,
                                const char *what, struct tess_error *error);

/* As above, but ends with what `stop` says when that is not TESS_OK; nothing is reserved then. */
enum tess_status budget_reserve_until(struct budget *budget, enum budget_share which, uint64_t bytes,
                                      const char *what, const struct stop *stop, struct tess_error *error);

/* Takes them if they are free and nobody waits for them; false otherwise. Never blocks. */
bool budget_try_reserve(struct budget *budget, enum budget_share which, uint64_t bytes);

void budget_release(struct budget *budget, enum budget_share which, uint64_t bytes);

/* Bytes that are reserved now, over all shares. */
uint64_t budget_used_bytes(struct budget *budget);

/* Most bytes that were reserved at once, over all shares. */
uint64_t budget_peak_bytes(struct budget *budget);

#endif
