// SPDX-License-Identifier: MIT
/* Deadlines of connections: the limits, and that those who are late are shut down and nobody else. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "front/serve_guard.h"
#include "random_numbers.h"

static void limits_are_those_of_the_table(void **state)
{
    (void)state;
    assert_int_equal(guard_limit_ms(GUARD_CONNECTED, 0), 15000);
    assert_int_equal(guard_limit_ms(GUARD_HEADERS, 1 << 20), 15000);
    assert_int_equal(guard_limit_ms(GUARD_BODY, 0), 20000);
    assert_int_equal(guard_limit_ms(GUARD_BODY, 1023), 20000);
    assert_int_equal(guard_limit_ms(GUARD_BODY, 10240), 30000);
    assert_int_equal(guard_limit_ms(GUARD_ANSWER, 0), 30000);
    assert_int_equal(guard_limit_ms(GUARD_ANSWER, 4096), 31000);
    assert_int_equal(guard_limit_ms(GUARD_IDLE, 0), 75000);
    assert_true(guard_limit_ms(GUARD_WORKING, 0) == INT64_MAX);
}

static void limits_grow_and_never_overflow(void **state)
{
    (void)state;
    for (int phase = GUARD_CONNECTED; phase <= GUARD_IDLE; phase++) {
        int64_t before = 0;
        for (int bit = 0; bit < 64; bit++) {
            const int64_t limit = guard_limit_ms((enum guard_phase)phase, (uint64_t)1 << bit);
            assert_true(limit >= before && limit >= 15000);
            before = limit;
        }
        assert_true(guard_limit_ms((enum guard_phase)phase, UINT64_MAX) >= before);
    }
}

/* Every phase is over at once, but for work, and for bodies and answers of some size. */
static int64_t short_limit(enum guard_phase phase, uint64_t bytes)
{
    if (phase == GUARD_WORKING)
        return INT64_MAX;
    return (phase == GUARD_BODY || phase == GUARD_ANSWER) && bytes > 0 ? 3600000 : 10;
}

/* Is the other end of the socket told within so long that this is the end? */
static bool is_shut(int socket, int within_ms)
{
    struct pollfd end = {.fd = socket, .events = POLLIN};
    char byte;
    return poll(&end, 1, within_ms) == 1 && read(socket, &byte, 1) == 0;
}

static void those_who_are_late_are_shut_down(void **state)
{
    (void)state;
    enum { PAIRS = 8 };
    static const struct {
        enum guard_phase phase;
        uint64_t bytes;
        bool late;
    } cases[PAIRS] = {{GUARD_CONNECTED, 0, true}, {GUARD_HEADERS, 5, true},  {GUARD_BODY, 0, true},
                      {GUARD_BODY, 1, false},     {GUARD_WORKING, 0, false}, {GUARD_ANSWER, 0, true},
                      {GUARD_ANSWER, 9, false},   {GUARD_IDLE, 9, true}};
    int sockets[PAIRS][2];
    struct guard_entry *entries[PAIRS];
    struct guard *guard = guard_create(short_limit);
    assert_non_null(guard);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]), 0);
        entries[i] = guard_add(guard, sockets[i][0]);
        assert_non_null(entries[i]);
        guard_enter(entries[i], cases[i].phase, cases[i].bytes);
    }
    assert_int_equal(guard_connections(guard), PAIRS);
    for (int i = 0; i < PAIRS; i++)
        if (cases[i].late)
            assert_true(is_shut(sockets[i][1], 10000));
    for (int i = 0; i < PAIRS; i++)
        if (!cases[i].late)
            assert_false(is_shut(sockets[i][1], 0));
    assert_int_equal(guard_cut(guard), 5);
    for (int i = 0; i < PAIRS; i++) {
        guard_remove(guard, entries[i]);
        assert_int_equal(guard_connections(guard), PAIRS - 1 - i);
        assert_int_equal(close(sockets[i][0]), 0); /* shut, but still the caller's */
        (void)close(sockets[i][1]);
    }
    guard_destroy(guard);
}

/* Entered long ago, a phase is not late by the clock of one before; bytes that come extend it. */
static void a_phase_begins_with_its_own_clock(void **state)
{
    (void)state;
    int sockets[2];
    struct guard *guard = guard_create(short_limit);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    struct guard_entry *entry = guard_add(guard, sockets[0]);
    guard_enter(entry, GUARD_WORKING, 0);
    assert_false(is_shut(sockets[1], 1200)); /* the guard looked at it */
    guard_enter(entry, GUARD_BODY, 0);
    guard_received(entry, 1);
    assert_false(is_shut(sockets[1], 1200));
    guard_enter(entry, GUARD_IDLE, 0);
    assert_true(is_shut(sockets[1], 10000));
    assert_int_equal(guard_cut(guard), 1);
    guard_remove(guard, entry);
    guard_destroy(guard);
    (void)close(sockets[0]);
    (void)close(sockets[1]);
}

static int64_t any_time(enum guard_phase phase, uint64_t bytes)
{
    (void)phase;
    (void)bytes;
    return INT64_MAX;
}

/* The client's side is closed for all; only some of them can be waiting for an answer. */
static void those_who_left_are_shut_down(void **state)
{
    (void)state;
    enum { PAIRS = 6, UNREAD = 5, WITHIN_MS = 12000 };
    static const struct {
        enum guard_phase phase;
        bool left;
    } cases[PAIRS] = {{GUARD_HEADERS, true}, {GUARD_BODY, true},     {GUARD_IDLE, true},
                      {GUARD_ANSWER, false}, {GUARD_WORKING, false}, [UNREAD] = {GUARD_BODY, false}};
    int sockets[PAIRS][2];
    struct guard_entry *entries[PAIRS];
    struct guard *guard = guard_create(any_time);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]), 0);
        entries[i] = guard_add(guard, sockets[i][0]);
        guard_enter(entries[i], cases[i].phase, 1);
        if (i == UNREAD)
            assert_int_equal(write(sockets[i][1], "x", 1), 1);
        assert_int_equal(shutdown(sockets[i][1], SHUT_WR), 0);
    }
    guard_received(entries[1], 2);
    assert_false(is_shut(sockets[0][1], 2000)); /* what it has sent may yet be worked at */
    for (int i = 0; i < PAIRS; i++)
        if (cases[i].left)
            assert_true(is_shut(sockets[i][1], WITHIN_MS));
    for (int i = 0; i < PAIRS; i++)
        if (!cases[i].left)
            assert_false(is_shut(sockets[i][1], 0));
    assert_int_equal(guard_cut(guard), 0); /* none was late */
    for (int i = 0; i < PAIRS; i++) {
        guard_remove(guard, entries[i]);
        (void)close(sockets[i][0]);
        (void)close(sockets[i][1]);
    }
    guard_destroy(guard);
}

static void nothing_is_fine(void **state)
{
    (void)state;
    struct guard *guard = guard_create(guard_limit_ms);
    guard_enter(NULL, GUARD_BODY, 1);
    guard_received(NULL, 1);
    guard_remove(guard, NULL);
    assert_int_equal(guard_connections(guard), 0);
    assert_int_equal(guard_cut(guard), 0);
    guard_destroy(guard);
    guard_destroy(NULL);
}

enum { THREADS = 6, AT_ONCE = 32, ROUNDS = 4000 };

static int64_t no_time_at_all(enum guard_phase phase, uint64_t bytes)
{
    (void)bytes;
    return phase == GUARD_WORKING ? INT64_MAX : -1;
}

struct visitor {
    struct guard *guard;
    uint64_t seed;
};

/* Connections come and go in any order, while the guard cuts whom it sees. */
static void *come_and_go(void *context)
{
    struct visitor *visitor = context;
    struct guard_entry *entries[AT_ONCE] = {NULL};
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
        return "no sockets";
    for (int round = 0; round < ROUNDS; round++) {
        const size_t which = random_below(&visitor->seed, AT_ONCE);
        if (!entries[which]) {
            entries[which] = guard_add(visitor->guard, sockets[0]);
        } else if (random_below(&visitor->seed, 3) > 0) {
            guard_enter(entries[which], (enum guard_phase)random_below(&visitor->seed, GUARD_IDLE + 1), 1);
            guard_received(entries[which], 2);
        } else {
            guard_remove(visitor->guard, entries[which]);
            entries[which] = NULL;
        }
        if (round % 500 == 0)
            (void)poll(NULL, 0, 200);
    }
    for (size_t i = 0; i < AT_ONCE; i++)
        guard_remove(visitor->guard, entries[i]);
    (void)close(sockets[0]);
    (void)close(sockets[1]);
    return NULL;
}

static void many_come_and_go_while_it_looks(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct visitor visitors[THREADS];
    struct guard *guard = guard_create(no_time_at_all);
    assert_non_null(guard);
    for (unsigned i = 0; i < THREADS; i++) {
        visitors[i] = (struct visitor){guard, i};
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &visitors[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *why = NULL;
        (void)pthread_join(threads[i], &why);
        assert_null(why);
    }
    assert_int_equal(guard_connections(guard), 0);
    assert_true(guard_cut(guard) > 0);
    guard_destroy(guard);
}

/* A connection over TCP, as clients have it: what the other end did shows only there. */
static void connect_pair(int sockets_out[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &size), 0);
    sockets_out[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(sockets_out[1], (struct sockaddr *)&at, sizeof at), 0);
    sockets_out[0] = accept(listening, NULL, NULL);
    assert_true(sockets_out[0] >= 0);
    (void)close(listening);
}

static bool is_stopped(const struct guard_entry *entry, int within_ms)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    for (int ms = 0; ms < within_ms && !__atomic_load_n(guard_stop(entry), __ATOMIC_RELAXED); ms += 10)
        (void)nanosleep(&moment, NULL);
    return __atomic_load_n(guard_stop(entry), __ATOMIC_RELAXED) != 0;
}

enum leaving { STAYS, SAYS_NO_MORE, CLOSES, RESETS };

static void leave(int *socket, enum leaving how)
{
    const struct linger at_once = {.l_onoff = 1};
    if (how == SAYS_NO_MORE)
        (void)shutdown(*socket, SHUT_WR);
    if (how == RESETS)
        (void)setsockopt(*socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (how == CLOSES || how == RESETS) {
        (void)close(*socket);
        *socket = -1;
    }
}

/* Work is stopped for those who are gone, whatever way they went, and for nobody who waits. */
static void work_for_who_is_gone_is_stopped(void **state)
{
    (void)state;
    enum { CASES = 7 };
    static const struct {
        enum leaving how;
        bool may_ask, gone;
        const char *asked;
    } cases[CASES] = {{STAYS, true, false, ""},
                      {STAYS, false, false, ""},
                      {CLOSES, true, true, NULL},
                      {CLOSES, false, true, NULL},
                      {RESETS, true, true, NULL},
                      {RESETS, false, true, NULL},
                      {SAYS_NO_MORE, true, false, "HTTP/1.1 100 Continue\r\n\r\n"}};
    int sockets[CASES][2];
    struct guard_entry *entries[CASES];
    struct guard *guard = guard_create(guard_limit_ms);
    for (int i = 0; i < CASES; i++) {
        connect_pair(sockets[i]);
        entries[i] = guard_add(guard, sockets[i][0]);
        guard_work(entries[i], cases[i].may_ask);
        leave(&sockets[i][1], cases[i].how);
    }
    for (int i = 0; i < CASES; i++)
        if (cases[i].gone && !is_stopped(entries[i], 30000))
            fail_msg("case %d: it works on", i);
    for (int i = 0; i < CASES; i++) {
        char text[256];
        assert_int_equal(guard_is_gone(entries[i]), cases[i].gone);
        if (!cases[i].gone) {
            const ssize_t size = recv(sockets[i][1], text, sizeof text - 1, MSG_DONTWAIT);
            text[size > 0 ? size : 0] = '\0';
            assert_int_equal(strncmp(text, cases[i].asked, strlen(cases[i].asked)), 0);
            assert_int_equal(text[0] == '\0', cases[i].asked[0] == '\0');
            guard_enter(entries[i], GUARD_ANSWER, 0); /* nothing more is sent from here on */
            assert_false(is_shut(sockets[i][1], 0));
            (void)close(sockets[i][1]);
        }
        guard_work(entries[i], true); /* the next request of the connection begins anew */
        assert_int_equal(*guard_stop(entries[i]), 0);
    }
    for (int i = 0; i < CASES; i++) {
        guard_remove(guard, entries[i]);
        (void)close(sockets[i][0]);
    }
    guard_destroy(guard);
}

static void all_work_is_cancelled_at_once(void **state)
{
    (void)state;
    int sockets[2];
    struct guard *guard = guard_create(guard_limit_ms);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    struct guard_entry *entry = guard_add(guard, sockets[0]);
    guard_work(entry, true);
    assert_int_equal(*guard_stop(entry), 0);
    guard_cancel(guard);
    assert_int_not_equal(*guard_stop(entry), 0);
    assert_false(guard_is_gone(entry));
    guard_remove(guard, entry);
    guard_destroy(guard);
    guard_work(NULL, true);
    assert_null(guard_stop(NULL));
    assert_false(guard_is_gone(NULL));
    (void)close(sockets[0]);
    (void)close(sockets[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_those_of_the_table),
        cmocka_unit_test(limits_grow_and_never_overflow),
        cmocka_unit_test(those_who_are_late_are_shut_down),
        cmocka_unit_test(a_phase_begins_with_its_own_clock),
        cmocka_unit_test(those_who_left_are_shut_down),
        cmocka_unit_test(nothing_is_fine),
        cmocka_unit_test(many_come_and_go_while_it_looks),
        cmocka_unit_test(work_for_who_is_gone_is_stopped),
        cmocka_unit_test(all_work_is_cancelled_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
