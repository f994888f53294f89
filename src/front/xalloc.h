// SPDX-License-Identifier: MIT
/*
 * Memory for the front end's small things. Running out of it here ends the program with a message: what is
 * sized by images lives in the library, which returns statuses.
 */
#ifndef FRONT_XALLOC_H
#define FRONT_XALLOC_H

#include <stddef.h>

#include <tessera/status.h>

void *xcalloc(size_t count, size_t size);

/* Makes room for one more element of `size` bytes in a growing array. */
void *xgrow(void *array, size_t count, size_t size);
char *xstrdup(const char *text);
char *xprintf(const char *format, ...) TESS_PRINTF(1, 2);
_Noreturn void out_of_memory(void);

#endif
