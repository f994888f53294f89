// SPDX-License-Identifier: MIT
/*
 * SIGINT and SIGTERM: the first asks the work to stop, leaving nothing half-written; a second one kills at
 * once, as does any when nobody asked for this treatment. The state is global because signal handlers reach
 * nothing else.
 */
#ifndef FRONT_INTERRUPT_H
#define FRONT_INTERRUPT_H

#include <stdbool.h>

/* Once is enough, but as often as one likes. Not thread-safe. */
void interrupt_install(void);
bool interrupt_seen(void);

/* As if a signal had come: for another thread that finds a reason to stop. */
void interrupt_ask(void);

/* For struct tess_watch: non-zero once a signal came. */
const volatile int *interrupt_flag(void);

/* A descriptor that becomes readable when a signal came, for poll(); -1 when there is none. */
int interrupt_descriptor(void);

#endif
