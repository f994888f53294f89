// SPDX-License-Identifier: MIT
/*
 * Deadlines of connections, against clients that are slow by accident or on purpose.
 *
 * The HTTP library knows one clock, which every byte sets back: a client that sends one a second keeps its
 * connection for ever. Here each phase of a request has its own clock, and a thread looks once a second and
 * shuts the sockets of those who are late:
 *
 *     connected   until the request line is there              15 s
 *     headers     until they are complete                      15 s
 *     body        20 s, and a second for each KiB that came
 *     working     ours: no clock here, but see below
 *     answer      30 s, and a second for each 4 KiB of it
 *     idle        between two requests (load balancers keep connections for 60 s)   75 s
 *
 * It also shuts the sockets of clients that have closed theirs, or its sending side, in the middle of a
 * request or after one. The library sees an end that comes alone, but not one that comes together with the
 * last bytes: it reads those, takes it that there is no more for now, and waits for an event that it has had.
 *
 * While we work the library does not look at the socket at all, and its client may be gone. Its work is then
 * stopped. That a client closed its end does not say so: it may only have no more to say, and wait for the
 * answer. TCP tells these apart when something is sent, so who speaks HTTP/1.1 is sent "100 Continue", which
 * clients read over (RFC 9110, section 15.2); whoever is gone resets the connection. HTTP/1.0 has no such
 * answers. Those who speak it are proxies (nginx), which close both directions at once: five seconds after
 * their end they are taken to be gone.
 */
#ifndef FRONT_SERVE_GUARD_H
#define FRONT_SERVE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum guard_phase { GUARD_CONNECTED, GUARD_HEADERS, GUARD_BODY, GUARD_WORKING, GUARD_ANSWER, GUARD_IDLE };

struct guard;
struct guard_entry; /* one connection */

/* How long a phase may last: guard_limit_ms() in earnest. */
typedef int64_t guard_limit(enum guard_phase phase, uint64_t bytes);

/* NULL: no memory or thread. Destroying needs all entries removed. */
struct guard *guard_create(guard_limit *limit_ms);
void guard_destroy(struct guard *guard);

/* NULL: no memory. The descriptor stays the caller's, who removes the entry before closing it. Both are
 * thread-safe. */
struct guard_entry *guard_add(struct guard *guard, int descriptor);
void guard_remove(struct guard *guard, struct guard_entry *entry); /* NULL is fine */

/* A phase begins; `bytes` is the answer's size, or what has come of the body. NULL is fine. Only the thread
 * of the connection calls these. */
void guard_enter(struct guard_entry *entry, enum guard_phase phase, uint64_t bytes);
void guard_received(struct guard_entry *entry, uint64_t bytes); /* in all */

/* GUARD_WORKING, until another phase begins: for a client that may be sent 100 Continue (`may_ask`), or not.
 * Nobody else writes to the socket until then. NULL is fine; from the connection's thread. */
void guard_work(struct guard_entry *entry, bool may_ask);

/* Raised, set atomically, when the client is gone or guard_cancel() is called, until guard_work() is again.
 * NULL for NULL. */
const volatile int *guard_stop(const struct guard_entry *entry);

/* Was the client gone while we worked for it? NULL is fine; thread-safe. */
bool guard_is_gone(const struct guard_entry *entry);

/* Raises the flags of all connections. Thread-safe. */
void guard_cancel(struct guard *guard);

uint32_t guard_connections(const struct guard *guard); /* thread-safe */
uint64_t guard_cut(struct guard *guard);               /* how many were late; thread-safe */

/* The table above; INT64_MAX for working. Pure. */
int64_t guard_limit_ms(enum guard_phase phase, uint64_t bytes);

#endif
