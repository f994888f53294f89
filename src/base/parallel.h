// SPDX-License-Identifier: MIT
/*
 * A loop whose turns run at once, on threads that live as long as the loop: for many small requests to a
 * server, whose waits are to overlap. (Work goes to a pool, base/pool.h; a loop that may run inside a pool's
 * task must not wait for that pool.)
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

/* One turn. Called from several threads at once, each index at most once. */
typedef enum tess_status parallel_turn(void *context, size_t index, struct tess_error *error);

/*
 * Calls turn(context, i) for i from 0 to count − 1, up to `threads` at once, the caller's thread among them;
 * fewer where no more threads are to be had. Returns when all have returned. After a turn that failed no
 * other is begun; its error, the first of them, is the loop's.
 */
enum tess_status parallel_for(size_t count, uint32_t threads, parallel_turn *turn, void *context,
                              struct tess_error *error);

#endif
