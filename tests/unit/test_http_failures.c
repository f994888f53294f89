// SPDX-License-Identifier: MIT
/* The HTTP client and servers that answer badly, slowly and not at all, and callers that do not wait for it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_bench.h"

enum { SLOW_BYTES = 1200000, SLOW_BUFFER_BYTES = 65536 };

static void broken_connections_are_failures(void **state)
{
    /* Before, in and after the head (51 bytes), and anywhere in the body. */
    unsigned cuts[40] = {0, 1, 9, 17, 30, 41, 49, 50, 51, BENCH_LARGE_BYTES + 50};
    uint32_t random = 20250117;
    for (size_t i = 10; i < sizeof cuts / sizeof *cuts; i++) {
        random = random * 1664525 + 1013904223;
        cuts[i] = (random >> 8) % BENCH_LARGE_BYTES;
    }
    for (size_t i = 0; i < 2 * sizeof cuts / sizeof *cuts; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, i % 2 ? "/reset/%u?secret=1" : "/short/%u?secret=1", cuts[i / 2]);
        struct outcome outcome = GET(path, 0);
        assert_true(outcome.response.request_sent);
        bench_expect(outcome, HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
    }
}

static void what_is_not_http_is_not_an_answer(void **state)
{
    bench_expect(GET("/raw/220-mail.example", 0), HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
    bench_expect(GET("/raw/HTTP/9.9", 0), HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
    bench_expect(GET("/raw/HTTP/1.1", 0), HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
}

static void a_lost_request_is_not_sent_twice_by_itself(void **state)
{
    struct bench *bench = *state;
    const struct http_body body = {.size_bytes = 1, .data = "x"};
    static const char *const endings[] = {"/reset/0", "/raw/"}; /* RST; a good-bye without an answer */
    struct outcome outcome = GET("/echo", .method = "POST", .body = &body); /* leaves a kept connection */
    http_response_clear(&outcome.response);
    const unsigned connections = atomic_load(&bench->server.connections);
    outcome = GET("/echo", .method = "POST", .body = &body, .not_repeatable = true);
    assert_int_equal(outcome.status, TESS_OK);
    http_response_clear(&outcome.response);
    assert_int_equal(atomic_load(&bench->server.connections), connections); /* which it takes */
    for (size_t i = 0; i < 2; i++) {
        outcome = GET("/echo", .method = "POST", .body = &body);
        http_response_clear(&outcome.response);
        const unsigned before = atomic_load(&bench->server.requests);
        bench_expect(GET(endings[i], .method = "POST", .body = &body, .not_repeatable = true), HTTP_BROKEN,
                     TESS_ERR_IO, "");
        assert_int_equal(atomic_load(&bench->server.requests), before + 1);
    }
}

static void slowness_ends(void **state)
{
    static const char *const paths[] = {"/silent", "/stall", "/drip"};
    for (size_t i = 0; i < 3; i++) {
        struct outcome outcome = GET(paths[i], .stall_timeout_ms = 150);
        assert_true(outcome.response.request_sent);
        bench_expect(outcome, HTTP_STALLED, TESS_ERR_TIMEOUT, "1 KiB a second");
    }
    bench_expect(GET("/silent", .total_timeout_ms = 150), HTTP_OUT_OF_TIME, TESS_ERR_TIMEOUT, "0.1 s");
}

/* However much came before: what counts is the last second. */
static void a_stall_is_noticed_in_time(void **state)
{
    /* Were the burst counted in, the average would fall below the bound after a quarter of an hour. */
    bench_expect(GET("/burst/900000", .stall_timeout_ms = 1000, .total_timeout_ms = 50000), HTTP_STALLED,
                 TESS_ERR_TIMEOUT, "1.0 s");
}

/* A server that accepts, and then takes nothing. */
static int deaf_server(char *base, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(base, size, "://127.0.0.1:%u/secret", ntohs(address.sin_port));
    return listener;
}

static void an_upload_that_is_not_taken_ends(void **state)
{
    char base[64], url[80];
    const int listener = deaf_server(base, sizeof base);
    uint8_t *data = calloc(1, 20000000);
    const struct http_body body = {.size_bytes = 20000000, .data = data};
    (void)snprintf(url, sizeof url, "http%s", base);
    struct outcome outcome = GET(url, .method = "PUT", .body = &body, .stall_timeout_ms = 300);
    assert_true(outcome.response.request_sent);
    bench_expect(outcome, HTTP_STALLED, TESS_ERR_TIMEOUT, "1 KiB a second");
    free(data);
    (void)close(listener);
}

/* Takes what is sent by 8 KiB every 10 ms, and answers at its end. */
static void *read_slowly(void *context)
{
    const int listener = *(const int *)context;
    const struct timespec pause = {.tv_nsec = 10000000};
    char buffer[8192];
    const int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    for (size_t taken = 0; taken < SLOW_BYTES; (void)nanosleep(&pause, NULL)) {
        const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
        if (count <= 0)
            break;
        taken += (size_t)count;
    }
    static const char done[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    (void)send(fd, done, sizeof done - 1, MSG_NOSIGNAL);
    while (recv(fd, buffer, sizeof buffer, 0) > 0) {
    }
    (void)close(fd);
    return NULL;
}

/* Slower than a buffer's worth in a stall's time, and steady all the same. */
static void a_slow_upload_is_no_stall(void **state)
{
    char base[64], url[80];
    pthread_t thread;
    int listener = deaf_server(base, sizeof base);
    const int small = SLOW_BUFFER_BYTES;
    (void)setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    uint8_t *data = calloc(1, SLOW_BYTES);
    const struct http_body body = {.size_bytes = SLOW_BYTES, .data = data};
    (void)snprintf(url, sizeof url, "http%s", base);
    assert_int_equal(pthread_create(&thread, NULL, read_slowly, &listener), 0);
    bench_expect_ok(GET(url, .method = "PUT", .body = &body, .stall_timeout_ms = 800), 200);
    assert_int_equal(pthread_join(thread, NULL), 0);
    free(data);
    (void)close(listener);
}

static void connecting_has_a_limit(void **state)
{
    char base[64], url[80];
    const int listener = deaf_server(base, sizeof base);
    (void)snprintf(url, sizeof url, "https%s", base); /* connected, but nobody shakes hands */
    struct outcome outcome = GET(url, .connect_timeout_ms = 200);
    assert_false(outcome.response.request_sent);
    bench_expect(outcome, HTTP_UNREACHABLE, TESS_ERR_IO, "0.2 s");
    (void)close(listener);
}

static void who_cannot_be_reached_got_nothing(void **state)
{
    char url[128];
    struct http_server gone;
    http_server_start(&gone, bench_answer, &gone);
    (void)snprintf(url, sizeof url, "%s/secret", gone.base);
    http_server_stop(&gone);
    struct outcome outcome = GET(url, 0);
    assert_false(outcome.response.request_sent);
    bench_expect(outcome, HTTP_UNREACHABLE, TESS_ERR_IO, "connection refused");
    outcome = GET("http://nowhere.invalid/secret", .connect_timeout_ms = 3000);
    assert_false(outcome.response.request_sent);
    bench_expect(outcome, HTTP_UNREACHABLE, TESS_ERR_IO, "nowhere.invalid");
}

static _Atomic int stopping;

static enum tess_status must_stop(const void *context, struct tess_error *error)
{
    (void)context;
    if (!atomic_load(&stopping))
        return TESS_OK;
    *error = (struct tess_error){.status = TESS_ERR_CANCELLED, .message = "stopped by the test"};
    return TESS_ERR_CANCELLED;
}

static void *stop_soon(void *context)
{
    const struct http_server *server = context;
    (void)server_wait_ms(server, 60);
    atomic_store(&stopping, 1);
    return NULL;
}

/* Stops the request 60 ms after its beginning; it must end by that: this server never gives up. */
static void stop_in(struct bench *bench, const char *path)
{
    static const struct stop stop = {must_stop, NULL};
    pthread_t thread;
    atomic_store(&stopping, 0);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &bench->server), 0);
    bench_expect(
        bench_perform(bench, path, (struct http_request){.stop = &stop, .max_body_bytes = UINT64_C(1) << 40}),
        HTTP_STOPPED, TESS_ERR_CANCELLED, "stopped by the test");
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void a_caller_can_stop_waiting(void **state)
{
    static const char *const paths[] = {"/silent", "/stall", "/drip", "/endless-body"};
    char base[64], url[80];
    for (size_t i = 0; i < 4; i++)
        stop_in(*state, paths[i]);
    const int listener = deaf_server(base, sizeof base);
    (void)snprintf(url, sizeof url, "https%s", base);
    stop_in(*state, url); /* in the midst of connecting */
    (void)close(listener);
}

static void words_hold_no_password(void **state)
{
    bench_expect(GET("ftp://secret:secret@127.0.0.1/x", 0), HTTP_FORBIDDEN, TESS_ERR_DENIED, "127.0.0.1");
    bench_expect(GET("http://secret:secret@127.0.0.1:1/x?secret", 0), HTTP_UNREACHABLE, TESS_ERR_IO,
                 "127.0.0.1:1: connection refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(broken_connections_are_failures),
        WITH_BENCH(what_is_not_http_is_not_an_answer),
        WITH_BENCH(a_lost_request_is_not_sent_twice_by_itself),
        WITH_BENCH(slowness_ends),
        WITH_BENCH(a_stall_is_noticed_in_time),
        WITH_BENCH(an_upload_that_is_not_taken_ends),
        WITH_BENCH(a_slow_upload_is_no_stall),
        WITH_BENCH(connecting_has_a_limit),
        WITH_BENCH(who_cannot_be_reached_got_nothing),
        WITH_BENCH(a_caller_can_stop_waiting),
        WITH_BENCH(words_hold_no_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
