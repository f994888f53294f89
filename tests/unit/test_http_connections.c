// SPDX-License-Identifier: MIT
/* Whom the HTTP client connects to, how often, and what it does when all connections are in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http_bench.h"

enum { THREADS = 20, EACH = 10 };

static void *ask_often(void *context)
{
    struct bench *bench = context;
    for (unsigned i = 0; i < EACH; i++) {
        struct outcome outcome = bench_perform(bench, "/size/50000", (struct http_request){0});
        assert_int_equal(outcome.status, TESS_OK);
        bench_check_pattern(&outcome.response, 50000);
        http_response_clear(&outcome.response);
    }
    return NULL;
}

static void many_threads_share_few_connections(void **state)
{
    struct bench *bench = *state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, bench), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&bench->server.requests), THREADS * EACH);
    assert_in_range(atomic_load(&bench->server.connections), 1, THREADS + 5);
}

static int set_up_narrow(void **state)
{
    const struct http_config config = {.connections = 2};
    *state = bench_create(&config, NULL);
    return 0;
}

static void *ask_for_a_slow_one(void *context)
{
    struct http_request request = {.stall_timeout_ms = 400};
    bench_expect_ok(bench_perform(context, "/after/150", request), 200);
    return NULL;
}

/* Eight in two lines: the last wait longer for their turn than they may for the server. */
static void waiting_for_a_connection_is_not_the_servers_fault(void **state)
{
    struct bench *bench = *state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_a_slow_one, bench), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(atomic_load(&bench->server.connections), 1, 2);
}

struct walker {
    struct bench *bench;
    unsigned seed;
};

static enum tess_status stop_at_random(const void *context, struct tess_error *error)
{
    (void)context;
    *error = (struct tess_error){.status = TESS_ERR_CANCELLED, .message = "stopped by the test"};
    return TESS_ERR_CANCELLED;
}

/* Every kind of end, in any order; a good request comes through in between, always. */
static void *walk(void *context)
{
    static const struct stop stop = {stop_at_random, NULL};
    static const char *const paths[] = {"/size/20000", "/short/1000", "/reset/0", "/reset/5000",
                                        "/after/20",   "/silent",     "/silent",  "/size/9999",
                                        "/error",      "/after/30"};
    struct walker *walker = context;
    for (int i = 0; i < 25; i++) {
        const unsigned kind = (unsigned)rand_r(&walker->seed) % 10;
        struct http_request request = {.stop = kind == 5 ? &stop : NULL,
                                       .total_timeout_ms = kind == 6 ? 30 : 0,
                                       .max_body_bytes = kind == 7 ? 10 : 0,
                                       .not_repeatable = rand_r(&walker->seed) % 4 == 0};
        struct outcome outcome = bench_perform(walker->bench, paths[kind], request);
        static const enum http_failure expected[] = {
            HTTP_DONE,    HTTP_BROKEN,      HTTP_BROKEN,    HTTP_BROKEN, HTTP_DONE,
            HTTP_STOPPED, HTTP_OUT_OF_TIME, HTTP_TOO_LARGE, HTTP_DONE,   HTTP_DONE};
        if (outcome.response.failure != expected[kind])
            fail_msg("%s: failure %d: %s", paths[kind], (int)outcome.response.failure, outcome.error.message);
        http_response_clear(&outcome.response);
    }
    return NULL;
}

static void no_request_is_forgotten(void **state)
{
    struct walker walkers[8];
    pthread_t threads[8];
    for (unsigned i = 0; i < 8; i++) {
        walkers[i] = (struct walker){*state, 4711 + i};
        assert_int_equal(pthread_create(&threads[i], NULL, walk, &walkers[i]), 0);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void what_is_not_allowed_is_not_connected_to(void **state)
{
    struct bench *bench = *state;
    bench_expect(GET("ftp://127.0.0.1/x", 0), HTTP_FORBIDDEN, TESS_ERR_DENIED, "http");
    bench_expect(GET("file:///etc/passwd", 0), HTTP_FORBIDDEN, TESS_ERR_DENIED, "http");
    bench_expect(GET("/size/1", .public_addresses_only = true), HTTP_FORBIDDEN, TESS_ERR_DENIED, "public");
    assert_int_equal(atomic_load(&bench->server.connections), 0);
}

/* The connection was made for a request that was allowed to; it is not for one that is not. */
static void a_kept_connection_is_no_way_in(void **state)
{
    struct bench *bench = *state;
    bench_expect_ok(GET("/size/1", 0), 200);
    const unsigned before = atomic_load(&bench->server.requests);
    struct outcome outcome = GET("/size/1", .public_addresses_only = true);
    assert_false(outcome.response.request_sent);
    bench_expect(outcome, HTTP_FORBIDDEN, TESS_ERR_DENIED, "public");
    assert_int_equal(atomic_load(&bench->server.requests), before);
}

static void proxies_are_asked_unless_told_not_to(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(setenv("http_proxy", bench->server.base, 1), 0);
    struct outcome outcome = GET("http://nowhere.invalid/x", 0);
    assert_int_equal(outcome.status, TESS_OK);
    assert_string_equal(http_response_header(&outcome.response, "x-proxy"), "yes");
    http_response_clear(&outcome.response);
    bench_expect(GET("http://nowhere.invalid/x", .no_proxy = true), HTTP_UNREACHABLE, TESS_ERR_IO,
                 "nowhere.invalid");
    bench_expect(GET("http://127.0.0.1:1/x", .public_addresses_only = true), HTTP_FORBIDDEN, TESS_ERR_DENIED,
                 "public");
    assert_int_equal(unsetenv("http_proxy"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(many_threads_share_few_connections),
        cmocka_unit_test_setup_teardown(waiting_for_a_connection_is_not_the_servers_fault, set_up_narrow,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(no_request_is_forgotten, set_up_narrow, bench_tear_down),
        WITH_BENCH(what_is_not_allowed_is_not_connected_to),
        WITH_BENCH(a_kept_connection_is_no_way_in),
        WITH_BENCH(proxies_are_asked_unless_told_not_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
