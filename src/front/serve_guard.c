// SPDX-License-Identifier: MIT
#include "front/serve_guard.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "front/machine.h"

/* Five looks: a thread of the library may be kept from what it has read by another connection's disk. */
enum { LOOK_EVERY_MS = 1000, LOOKS_UNTIL_LEFT = 5 };

/* Who waits for us is looked at more often: what was done for those who are gone is lost. */
enum { GLANCE_EVERY_MS = 200, GLANCES_A_LOOK = LOOK_EVERY_MS / GLANCE_EVERY_MS };

enum { STOP_CANCELLED = 1, STOP_GONE = 2 };

struct guard_entry {
    struct guard_entry *previous, *next; /* under the guard's lock */
    int descriptor;                      /* immutable */
    /* the guard's thread only */
    bool cut;
    int looks_at_end;     /* so often in a row the client's end was seen, and no progress */
    int64_t end_since_ms; /* of the phase then */
    uint64_t end_bytes;
    int glances_at_end; /* so often in a row, while we worked */
    volatile int stop;  /* atomic: STOP_…, or 0 */
    /* between guard_work() and the next phase; the second while the guard writes to the socket */
    _Atomic bool working, asking;
    _Atomic bool may_ask;
    /* written by the connection's thread, read by the guard's */
    _Atomic int phase;
    _Atomic int64_t since_ms;
    _Atomic uint64_t bytes;
};

struct guard {
    guard_limit *limit_ms; /* immutable */
    pthread_t thread;
    _Atomic uint32_t count; /* asked for with every answer: without the lock */
    pthread_mutex_t lock;   /* of all below */
    pthread_cond_t closed;
    struct guard_entry *first;
    uint64_t cut;
    bool closing;
};

/* A second for each `unit` bytes; what nobody can wait for is no reason to overflow. */
static int64_t allowance_ms(uint64_t bytes, uint64_t unit)
{
    const uint64_t seconds = bytes / unit;
    return (int64_t)(seconds < UINT32_MAX ? seconds : UINT32_MAX) * 1000;
}

int64_t guard_limit_ms(enum guard_phase phase, uint64_t bytes)
{
    switch (phase) {
    case GUARD_CONNECTED:
    case GUARD_HEADERS:
        return 15000;
    case GUARD_BODY:
        return 20000 + allowance_ms(bytes, 1024);
    case GUARD_ANSWER:
        return 30000 + allowance_ms(bytes, 4096);
    case GUARD_IDLE:
        return 75000;
    case GUARD_WORKING:
        break;
    }
    return INT64_MAX;
}

/* The time is read last and written first: who mixes two phases up sees the later one's time. */
static bool is_late(const struct guard *guard, const struct guard_entry *entry, int64_t at_ms)
{
    const enum guard_phase phase = (enum guard_phase)atomic_load(&entry->phase);
    const uint64_t bytes = atomic_load(&entry->bytes);
    const int64_t since_ms = atomic_load(&entry->since_ms);
    return at_ms - since_ms > guard->limit_ms(phase, bytes);
}

/* No more will come, and nothing is left to be read. */
static bool is_at_end(int descriptor)
{
    struct pollfd end = {.fd = descriptor, .events = POLLRDHUP};
    int unread_bytes = 0;
    return poll(&end, 1, 0) == 1 && (end.revents & POLLRDHUP) &&
           ioctl(descriptor, FIONREAD, &unread_bytes) == 0 && unread_bytes == 0;
}

/* Who only has no more to say may still want the answer: those are left to is_gone_at_end() once their
 * request is whole. */
static bool has_left(struct guard_entry *entry)
{
    const enum guard_phase phase = (enum guard_phase)atomic_load(&entry->phase);
    const uint64_t bytes = atomic_load(&entry->bytes);
    const int64_t since_ms = atomic_load(&entry->since_ms);
    if (phase == GUARD_WORKING || phase == GUARD_ANSWER || !is_at_end(entry->descriptor) ||
        since_ms != entry->end_since_ms || bytes != entry->end_bytes)
        entry->looks_at_end = 0;
    entry->end_since_ms = since_ms;
    entry->end_bytes = bytes;
    return ++entry->looks_at_end > LOOKS_UNTIL_LEFT;
}

/* The client has closed its end. Is it gone? To be asked again after a while: it may leave later. */
static bool is_gone_at_end(struct guard_entry *entry)
{
    static const char question[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const int glances = entry->glances_at_end++;
    if (!atomic_load(&entry->may_ask))
        return glances >= LOOKS_UNTIL_LEFT * GLANCES_A_LOOK;
    if (glances % (LOOKS_UNTIL_LEFT * GLANCES_A_LOOK) != 0)
        return false;
    const size_t size = sizeof question - 1;
    const ssize_t sent = send(entry->descriptor, question, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    /* Half a question would be half an answer: never seen, as it fits where nothing else waits to be sent. */
    return sent > 0 && (size_t)sent < size;
}

/* The order of the flags here and in stop_asking() decides: either this sees that the work is over, or that
 * waits until this is. */
static void glance(struct guard_entry *entry)
{
    struct pollfd end = {.fd = entry->descriptor, .events = POLLRDHUP};
    atomic_store(&entry->asking, true);
    if (atomic_load(&entry->working) && machine_now_ms() - atomic_load(&entry->since_ms) >= GLANCE_EVERY_MS &&
        poll(&end, 1, 0) == 1 && ((end.revents & (POLLERR | POLLHUP)) || is_gone_at_end(entry)))
        __atomic_store_n(&entry->stop, STOP_GONE, __ATOMIC_RELAXED);
    atomic_store(&entry->asking, false);
}

static void stop_asking(struct guard_entry *entry)
{
    atomic_store(&entry->working, false);
    while (atomic_load(&entry->asking))
        (void)sched_yield(); /* two system calls that do not wait */
}

/* Shutting down wakes the connection's thread, which then closes: the descriptor is valid as long as the
 * entry is in the list. */
static void look_locked(struct guard *guard, bool at_all)
{
    const int64_t at_ms = machine_now_ms();
    for (struct guard_entry *entry = guard->first; entry; entry = entry->next) {
        if (atomic_load(&entry->working))
            glance(entry);
        if (!at_all)
            continue;
        const bool late = is_late(guard, entry, at_ms);
        if (entry->cut || !(late || has_left(entry)))
            continue;
        entry->cut = true;
        guard->cut += late;
        (void)shutdown(entry->descriptor, SHUT_RDWR);
    }
}

static void *watch(void *context)
{
    struct guard *guard = context;
    int64_t look_at_ms = machine_now_ms() + LOOK_EVERY_MS;
    (void)pthread_mutex_lock(&guard->lock);
    while (!guard->closing) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += GLANCE_EVERY_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&guard->closed, &guard->lock, &until);
        const bool at_all = machine_now_ms() >= look_at_ms;
        look_locked(guard, at_all);
        look_at_ms += at_all ? LOOK_EVERY_MS : 0;
    }
    (void)pthread_mutex_unlock(&guard->lock);
    return NULL;
}

struct guard *guard_create(guard_limit *limit_ms)
{
    struct guard *guard = calloc(1, sizeof *guard);
    pthread_condattr_t clock;
    if (!guard || pthread_condattr_init(&clock) != 0) {
        free(guard);
        return NULL;
    }
    guard->limit_ms = limit_ms;
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&guard->lock, NULL);
    (void)pthread_cond_init(&guard->closed, &clock);
    (void)pthread_condattr_destroy(&clock);
    if (pthread_create(&guard->thread, NULL, watch, guard) == 0)
        return guard;
    free(guard);
    return NULL;
}

void guard_destroy(struct guard *guard)
{
    if (!guard)
        return;
    (void)pthread_mutex_lock(&guard->lock);
    guard->closing = true;
    (void)pthread_cond_signal(&guard->closed);
    (void)pthread_mutex_unlock(&guard->lock);
    (void)pthread_join(guard->thread, NULL);
    (void)pthread_cond_destroy(&guard->closed);
    (void)pthread_mutex_destroy(&guard->lock);
    free(guard);
}

struct guard_entry *guard_add(struct guard *guard, int descriptor)
{
    struct guard_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->descriptor = descriptor;
    guard_enter(entry, GUARD_CONNECTED, 0);
    (void)pthread_mutex_lock(&guard->lock);
    entry->next = guard->first;
    if (guard->first)
        guard->first->previous = entry;
    guard->first = entry;
    guard->count++;
    (void)pthread_mutex_unlock(&guard->lock);
    return entry;
}

void guard_remove(struct guard *guard, struct guard_entry *entry)
{
    if (!entry)
        return;
    (void)pthread_mutex_lock(&guard->lock);
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        guard->first = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    guard->count--;
    (void)pthread_mutex_unlock(&guard->lock);
    free(entry);
}

void guard_enter(struct guard_entry *entry, enum guard_phase phase, uint64_t bytes)
{
    if (!entry)
        return;
    stop_asking(entry);
    /* Late by the clock of one phase and the rule of another is never seen: working has no limit, and the
     * order is that of is_late(), backwards. */
    atomic_store(&entry->phase, GUARD_WORKING);
    atomic_store(&entry->since_ms, machine_now_ms());
    atomic_store(&entry->bytes, bytes);
    atomic_store(&entry->phase, (int)phase);
}

void guard_received(struct guard_entry *entry, uint64_t bytes)
{
    if (entry)
        atomic_store(&entry->bytes, bytes);
}

void guard_work(struct guard_entry *entry, bool may_ask)
{
    if (!entry)
        return;
    guard_enter(entry, GUARD_WORKING, 0);
    entry->glances_at_end = 0; /* the guard's thread does not look before `working` is set */
    __atomic_store_n(&entry->stop, 0, __ATOMIC_RELAXED);
    atomic_store(&entry->may_ask, may_ask);
    atomic_store(&entry->working, true);
}

const volatile int *guard_stop(const struct guard_entry *entry)
{
    return entry ? &entry->stop : NULL;
}

bool guard_is_gone(const struct guard_entry *entry)
{
    return entry && __atomic_load_n(&entry->stop, __ATOMIC_RELAXED) == STOP_GONE;
}

void guard_cancel(struct guard *guard)
{
    (void)pthread_mutex_lock(&guard->lock);
    for (struct guard_entry *entry = guard->first; entry; entry = entry->next) {
        int none = 0;
        (void)__atomic_compare_exchange_n(&entry->stop, &none, STOP_CANCELLED, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED);
    }
    (void)pthread_mutex_unlock(&guard->lock);
}

uint32_t guard_connections(const struct guard *guard)
{
    return atomic_load(&guard->count);
}

uint64_t guard_cut(struct guard *guard)
{
    (void)pthread_mutex_lock(&guard->lock);
    const uint64_t cut = guard->cut;
    (void)pthread_mutex_unlock(&guard->lock);
    return cut;
}
