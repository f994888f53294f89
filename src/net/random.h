// SPDX-License-Identifier: MIT
/* Random names, secrets and pauses, from the kernel. Thread-safe, also across fork. */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include <stddef.h>

#include <tessera/status.h>

enum { RANDOM_MAX_BYTES = 64 };

/* Writes 2 * size (at most RANDOM_MAX_BYTES) random lower-case hex digits and a NUL. TESS_ERR_IO. */
enum tess_status random_hex(size_t size, char *text_out, struct tess_error *error);

/* A number in [0, 1), to spread pauses by; where the kernel gives none, 0.5. */
double random_unit(void);

#endif
