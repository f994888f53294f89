// SPDX-License-Identifier: MIT
/* The HTTP client against servers that answer well, badly, slowly and not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http_server.h"
#include "net/http.h"

enum { CAP_BYTES = 1 << 20, LARGE_BYTES = 300000, THREADS = 20, EACH = 10 };

/* One byte after the other, never the same near by: a piece that is lost or twice shows. */
static uint8_t pattern(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 24);
}

static bool send_pattern(const struct server_request *request, size_t begin, size_t size)
{
    uint8_t *data = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = pattern(begin + i);
    const bool good = server_send(request, data, size);
    free(data);
    return good;
}

static void check_pattern(const struct http_response *response, size_t size)
{
    assert_int_equal(response->body.size, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(response->body.data[i], pattern(i));
}

static bool endless(const struct http_server *server, const struct server_request *request, bool in_headers)
{
    server_print(request, "HTTP/1.1 200 OK\r\n%s", in_headers ? "" : "\r\n");
    while (!atomic_load(&server->stopping) && server_print(request, "x-filler: %0100d\r\n", 1)) {
    }
    return false;
}

/* The path says what to do. */
static bool answer(void *context, const struct server_request *request)
{
    const struct http_server *server = context;
    const char *path = request->path;
    size_t size = 0, cut = 0;
    if (sscanf(path, "/size/%zu", &size) == 1)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nX-Odd-Name: \t a  b \r\n\r\n",
                            size) &&
               send_pattern(request, 0, strcmp(request->method, "HEAD") == 0 ? 0 : size);
    if (sscanf(path, "/chunked/%zu", &size) == 1)
        return server_print(request, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
                            size / 2) &&
               send_pattern(request, 0, size / 2) && server_print(request, "\r\n%zx\r\n", size - size / 2) &&
               send_pattern(request, size / 2, size - size / 2) && server_print(request, "\r\n0\r\n\r\n");
    if (strcmp(path, "/echo") == 0)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nX-Method: %s\r\n\r\n",
                            request->body_size, request->method) &&
               server_send(request, request->body, request->body_size);
    if (strcmp(path, "/head") == 0)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                            strlen(request->head)) &&
               server_send(request, request->head, strlen(request->head));
    if (strcmp(path, "/continue") == 0)
        return server_print(
            request, "HTTP/1.1 100 Continue\r\nx-a: 1\r\n\r\nHTTP/1.1 201 Yes\r\nContent-Length: 0\r\n\r\n");
    if (strcmp(path, "/error") == 0)
        return server_print(request, "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nnever");
    if (strcmp(path, "/redirect") == 0)
        return server_print(request, "HTTP/1.1 302 Go\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n");
    if (sscanf(path, "/reset/%zu", &cut) == 1 || sscanf(path, "/short/%zu", &cut) == 1) {
        if (cut > 0) {
            server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LARGE_BYTES);
            send_pattern(request, 0, cut - 1);
        }
        if (path[1] == 'r')
            server_reset(request);
        return false;
    }
    if (strcmp(path, "/noise") == 0)
        return server_print(request, "220 mail.example ESMTP\r\n"), false;
    if (strcmp(path, "/endless-headers") == 0 || strcmp(path, "/endless-body") == 0)
        return endless(server, request, path[9] == 'h');
    if (strcmp(path, "/silent") == 0)
        return server_wait_ms(server, 20000), false;
    if (strcmp(path, "/stall") == 0)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
               server_wait_ms(server, 20000), false;
    if (strcmp(path, "/drip") == 0) {
        server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (server_wait_ms(server, 20) && server_send(request, "x", 1)) {
        }
        return false;
    }
    return server_print(request, "HTTP/1.1 400 What\r\nContent-Length: 0\r\n\r\n");
}

struct bench {
    struct http_server server;
    struct http *http;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    const struct http_config config = {.user_agent = "tessera/test"};
    assert_non_null(bench);
    http_server_start(&bench->server, answer, &bench->server);
    assert_int_equal(http_curl_create(&config, &bench->http, NULL), TESS_OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    bench->http->ops->destroy(bench->http);
    http_server_stop(&bench->server);
    free(bench);
    return 0;
}

struct outcome {
    enum tess_status status;
    struct http_response response;
    struct tess_error error;
};

static struct outcome perform(struct bench *bench, const char *path, struct http_request request)
{
    struct outcome outcome = {0};
    char url[512];
    (void)snprintf(url, sizeof url, "%s%s", strstr(path, "://") ? "" : bench->server.base, path);
    request.url = url;
    if (!request.method)
        request.method = "GET";
    if (!request.max_body_bytes)
        request.max_body_bytes = CAP_BYTES;
    if (!request.stall_timeout_ms)
        request.stall_timeout_ms = 5000;
    outcome.status = bench->http->ops->perform(bench->http, &request, &outcome.response, &outcome.error);
    assert_int_equal(outcome.status == TESS_OK, outcome.response.failure == HTTP_DONE);
    if (outcome.status != TESS_OK) {
        assert_int_equal(outcome.response.body.size, 0);
        assert_int_equal(outcome.error.status, outcome.status);
        assert_true(strlen(outcome.error.message) > 10);
        assert_null(strstr(outcome.error.message, "secret"));
    }
    return outcome;
}

#define GET(path, ...) perform(*state, path, (struct http_request){__VA_ARGS__})

static void expect_failure(struct outcome outcome, enum http_failure failure, enum tess_status status,
                           const char *words)
{
    if (outcome.response.failure != failure || outcome.status != status ||
        !strstr(outcome.error.message, words))
        fail_msg("failure %d, status %d: %s", (int)outcome.response.failure, (int)outcome.status,
                 outcome.error.message);
    http_response_clear(&outcome.response);
}

static void bodies_of_every_size_arrive(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, LARGE_BYTES, CAP_BYTES};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        char path[64];
        const size_t size = sizes[i / 2];
        if (i % 2 && size < 2)
            continue; /* a chunk of no bytes is the last */
        (void)snprintf(path, sizeof path, i % 2 ? "/chunked/%zu" : "/size/%zu", size);
        struct outcome outcome = GET(path, 0);
        assert_int_equal(outcome.status, TESS_OK);
        assert_int_equal(outcome.response.status, 200);
        assert_int_equal(outcome.response.length_bytes, i % 2 ? UINT64_MAX : size);
        assert_true(outcome.response.request_sent);
        check_pattern(&outcome.response, size);
        http_response_clear(&outcome.response);
    }
    assert_int_equal(atomic_load(&((struct bench *)*state)->server.connections), 1); /* kept alive */
}

static void headers_are_found_by_lower_case_names(void **state)
{
    struct outcome outcome = GET("/size/3", 0);
    assert_string_equal(http_response_header(&outcome.response, "x-odd-name"), "a  b");
    assert_string_equal(http_response_header(&outcome.response, "content-length"), "3");
    assert_null(http_response_header(&outcome.response, "3"));
    http_response_clear(&outcome.response);
    assert_null(http_response_header(&outcome.response, "x-odd-name"));
    outcome = GET("/continue", 0);
    assert_int_equal(outcome.response.status, 201);
    assert_null(http_response_header(&outcome.response, "x-a"));
    http_response_clear(&outcome.response);
}

static void requests_are_sent_as_they_are(void **state)
{
    static const struct http_header headers[] = {
        {"X-One", "a: b"}, {"X-Empty", ""}, {"Host", "other.example"}};
    struct outcome outcome = GET("/head", .headers = headers, .header_count = 3);
    const char *head = (const char *)outcome.response.body.data;
    assert_int_equal(bytes_append(&outcome.response.body, "", 1), TESS_OK);
    head = (const char *)outcome.response.body.data;
    assert_non_null(strstr(head, "X-One: a: b\r\n"));
    assert_non_null(strstr(head, "X-Empty:"));
    assert_non_null(strstr(head, "Host: other.example\r\n"));
    assert_non_null(strstr(head, "User-Agent: tessera/test\r\n"));
    assert_null(strstr(head, "Accept-Encoding"));
    assert_null(strstr(head, "Expect"));
    http_response_clear(&outcome.response);
    outcome = GET("/a/../head", 0); /* not folded: to S3 it is a name like any other */
    assert_int_equal(outcome.response.status, 400);
    http_response_clear(&outcome.response);
}

static void a_head_has_no_body(void **state)
{
    struct outcome outcome = GET("/size/5000000", .method = "HEAD");
    assert_int_equal(outcome.status, TESS_OK);
    assert_int_equal(outcome.response.length_bytes, 5000000);
    assert_int_equal(outcome.response.body.size, 0);
    http_response_clear(&outcome.response);
}

static enum tess_status read_pattern(void *context, uint64_t offset, void *buffer, size_t size,
                                     size_t *got_out, struct tess_error *error)
{
    const size_t fails_at = *(const size_t *)context;
    if (offset + size > fails_at) {
        *error = (struct tess_error){.status = TESS_ERR_IO, .message = "the disk is gone"};
        return TESS_ERR_IO;
    }
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)buffer)[i] = pattern(offset + i);
    *got_out = size;
    return TESS_OK;
}

static void bodies_are_sent(void **state)
{
    size_t fails_at = SIZE_MAX;
    static const char *const methods[] = {"PUT", "POST", "DELETE"};
    const struct http_body small = {.size_bytes = 5, .data = "hello"}, none = {.data = ""};
    const struct http_body large = {.size_bytes = LARGE_BYTES, .read = read_pattern, .context = &fails_at};
    for (size_t i = 0; i < 3; i++) {
        struct outcome outcome = GET("/echo", .method = methods[i], .body = &small, .not_repeatable = i == 1);
        assert_string_equal(http_response_header(&outcome.response, "x-method"), methods[i]);
        assert_int_equal(outcome.response.body.size, 5);
        assert_memory_equal(outcome.response.body.data, "hello", 5);
        http_response_clear(&outcome.response);
    }
    struct outcome outcome = GET("/echo", .method = "PUT", .body = &large);
    check_pattern(&outcome.response, LARGE_BYTES);
    http_response_clear(&outcome.response);
    outcome = GET("/echo", .method = "PUT", .body = &none);
    assert_int_equal(outcome.response.body.size, 0);
    http_response_clear(&outcome.response);
    fails_at = 100000;
    expect_failure(GET("/echo", .method = "PUT", .body = &large), HTTP_LOCAL, TESS_ERR_IO,
                   "the disk is gone");
}

static void errors_and_redirects_are_answers_too(void **state)
{
    struct outcome outcome = GET("/error", .max_body_bytes = 1);
    assert_int_equal(outcome.status, TESS_OK);
    assert_int_equal(outcome.response.status, 404);
    assert_int_equal(outcome.response.body.size, 5); /* the cap is for what was asked for */
    http_response_clear(&outcome.response);
    outcome = GET("/redirect", 0);
    assert_int_equal(outcome.response.status, 302);
    assert_string_equal(http_response_header(&outcome.response, "location"), "/echo");
    http_response_clear(&outcome.response);
}

static void what_is_too_large_is_refused(void **state)
{
    struct outcome outcome = GET("/size/300000", .max_body_bytes = 299999);
    assert_int_equal(outcome.response.length_bytes, 300000);
    assert_string_equal(outcome.error.limit, "max-bytes");
    expect_failure(outcome, HTTP_TOO_LARGE, TESS_ERR_LIMIT, "299999");
    expect_failure(GET("/chunked/300000", .max_body_bytes = 299999), HTTP_TOO_LARGE, TESS_ERR_LIMIT,
                   "299999");
    expect_failure(GET("/endless-body", .max_body_bytes = 100000), HTTP_TOO_LARGE, TESS_ERR_LIMIT, "100000");
    expect_failure(GET("/endless-headers", 0), HTTP_BROKEN, TESS_ERR_IO, "headers");
}

static void broken_connections_are_failures(void **state)
{
    static const unsigned cuts[] = {0, 1, 2, 100, 65536, 123456, LARGE_BYTES};
    for (size_t i = 0; i < 2 * sizeof cuts / sizeof *cuts; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, i % 2 ? "/reset/%u?secret=1" : "/short/%u?secret=1", cuts[i / 2]);
        struct outcome outcome = GET(path, 0);
        assert_true(outcome.response.request_sent);
        expect_failure(outcome, HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
    }
    expect_failure(GET("/noise", 0), HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
}

static void a_lost_request_is_not_sent_twice_by_itself(void **state)
{
    struct bench *bench = *state;
    const struct http_body body = {.size_bytes = 1, .data = "x"};
    struct outcome outcome = GET("/echo", .method = "POST", .body = &body); /* leaves a kept connection */
    http_response_clear(&outcome.response);
    const unsigned before = atomic_load(&bench->server.requests);
    expect_failure(GET("/reset/0", .method = "POST", .body = &body, .not_repeatable = true), HTTP_BROKEN,
                   TESS_ERR_IO, "");
    assert_int_equal(atomic_load(&bench->server.requests), before + 1);
}

static void slowness_ends(void **state)
{
    static const char *const paths[] = {"/silent", "/stall", "/drip"};
    for (size_t i = 0; i < 3; i++)
        expect_failure(GET(paths[i], .stall_timeout_ms = 150), HTTP_STALLED, TESS_ERR_TIMEOUT,
                       "1 KiB a second");
    expect_failure(GET("/silent", .total_timeout_ms = 150), HTTP_OUT_OF_TIME, TESS_ERR_TIMEOUT, "0.1 s");
}

static void who_cannot_be_reached_got_nothing(void **state)
{
    char url[128];
    struct http_server gone;
    http_server_start(&gone, answer, &gone);
    (void)snprintf(url, sizeof url, "%s/secret", gone.base);
    http_server_stop(&gone);
    struct outcome outcome = GET(url, 0);
    assert_false(outcome.response.request_sent);
    expect_failure(outcome, HTTP_UNREACHABLE, TESS_ERR_IO, "cannot connect to 127.0.0.1");
    outcome = GET("http://nowhere.invalid/secret", .connect_timeout_ms = 3000);
    assert_false(outcome.response.request_sent);
    expect_failure(outcome, HTTP_UNREACHABLE, TESS_ERR_IO, "nowhere.invalid");
}

static void what_is_not_allowed_is_not_connected_to(void **state)
{
    struct bench *bench = *state;
    expect_failure(GET("ftp://127.0.0.1/x", 0), HTTP_FORBIDDEN, TESS_ERR_DENIED, "http");
    expect_failure(GET("file:///etc/passwd", 0), HTTP_FORBIDDEN, TESS_ERR_DENIED, "http");
    expect_failure(GET("/size/1", .public_addresses_only = true), HTTP_FORBIDDEN, TESS_ERR_DENIED, "public");
    assert_int_equal(atomic_load(&bench->server.connections), 0);
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

static void a_caller_can_stop_waiting(void **state)
{
    struct bench *bench = *state;
    static const char *const paths[] = {"/silent", "/stall", "/drip", "/endless-body"};
    const struct stop stop = {must_stop, NULL};
    for (size_t i = 0; i < 4; i++) {
        pthread_t thread;
        atomic_store(&stopping, 0);
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, &bench->server), 0);
        const int64_t begun_ns = clock_monotonic_ns();
        expect_failure(GET(paths[i], .stop = &stop, .max_body_bytes = UINT64_C(1) << 40), HTTP_STOPPED,
                       TESS_ERR_CANCELLED, "stopped by the test");
        assert_true(clock_monotonic_ns() - begun_ns < INT64_C(4000000000)); /* not when the server gives up */
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

static void *ask_often(void *context)
{
    struct bench *bench = context;
    for (unsigned i = 0; i < EACH; i++) {
        struct outcome outcome = perform(bench, "/size/50000", (struct http_request){0});
        assert_int_equal(outcome.status, TESS_OK);
        check_pattern(&outcome.response, 50000);
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

static void a_missing_ca_bundle_is_named(void **state)
{
    (void)state;
    const struct http_config config = {.ca_bundle = "/nowhere/ca.pem"};
    struct http *http = NULL;
    struct tess_error error;
    assert_int_equal(http_curl_create(&config, &http, &error), TESS_ERR_IO);
    assert_non_null(strstr(error.message, "/nowhere/ca.pem"));
    assert_null(http);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(bodies_of_every_size_arrive),
        WITH_BENCH(headers_are_found_by_lower_case_names),
        WITH_BENCH(requests_are_sent_as_they_are),
        WITH_BENCH(a_head_has_no_body),
        WITH_BENCH(bodies_are_sent),
        WITH_BENCH(errors_and_redirects_are_answers_too),
        WITH_BENCH(what_is_too_large_is_refused),
        WITH_BENCH(broken_connections_are_failures),
        WITH_BENCH(a_lost_request_is_not_sent_twice_by_itself),
        WITH_BENCH(slowness_ends),
        WITH_BENCH(who_cannot_be_reached_got_nothing),
        WITH_BENCH(what_is_not_allowed_is_not_connected_to),
        WITH_BENCH(a_caller_can_stop_waiting),
        WITH_BENCH(many_threads_share_few_connections),
        cmocka_unit_test(a_missing_ca_bundle_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
