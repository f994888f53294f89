// SPDX-License-Identifier: MIT
/* Whose fault it is that libvips failed: the image's, or the machine's. */
#ifndef ENGINE_BLAME_H
#define ENGINE_BLAME_H

#include <stdint.h>

#include <tessera/status.h>

/* Whether there is memory for work of so many bytes, and so many threads. Where what libvips stands on finds
 * none in the midst of things, it ends the process. TESS_ERR_MEMORY. */
enum tess_status blame_beforehand(uint64_t peak_bytes, uint32_t threads, struct tess_error *error);

/*
 * What is to be reported of work by libvips that ended with `status`: TESS_ERR_MEMORY where the machine does
 * not have what the work takes, on as many workers at once, else `status` and `error` as they are. What
 * another worker held when it failed may have come free since: so it is asked for all of them.
 */
enum tess_status blame_libvips(enum tess_status status, uint64_t peak_bytes, uint32_t workers,
                               struct tess_error *error);

#endif
