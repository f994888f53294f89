// SPDX-License-Identifier: MIT
/* The HTTP client and servers that answer well, if sometimes too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_bench.h"

static void bodies_of_every_size_arrive(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, BENCH_LARGE_BYTES, BENCH_CAP_BYTES};
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
        bench_check_pattern(&outcome.response, size);
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
    const char *head = bytes_text(&outcome.response.body);
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
        ((uint8_t *)buffer)[i] = bench_pattern(offset + i);
    *got_out = size;
    return TESS_OK;
}

static void bodies_are_sent(void **state)
{
    size_t fails_at = SIZE_MAX;
    static const char *const methods[] = {"PUT", "POST", "DELETE"};
    const struct http_body small = {.size_bytes = 5, .data = "hello"}, none = {.data = ""};
    const struct http_body large = {
        .size_bytes = BENCH_LARGE_BYTES, .read = read_pattern, .context = &fails_at};
    for (size_t i = 0; i < 3; i++) {
        struct outcome outcome = GET("/echo", .method = methods[i], .body = &small, .not_repeatable = i == 1);
        assert_string_equal(http_response_header(&outcome.response, "x-method"), methods[i]);
        assert_int_equal(outcome.response.body.size, 5);
        assert_memory_equal(outcome.response.body.data, "hello", 5);
        http_response_clear(&outcome.response);
    }
    struct outcome outcome = GET("/echo", .method = "PUT", .body = &large);
    bench_check_pattern(&outcome.response, BENCH_LARGE_BYTES);
    http_response_clear(&outcome.response);
    outcome = GET("/echo", .method = "PUT", .body = &none);
    assert_int_equal(outcome.response.body.size, 0);
    http_response_clear(&outcome.response);
    fails_at = 100000;
    bench_expect(GET("/echo", .method = "PUT", .body = &large), HTTP_LOCAL, TESS_ERR_IO, "the disk is gone");
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
    bench_expect(outcome, HTTP_TOO_LARGE, TESS_ERR_LIMIT, "299999");
    bench_expect(GET("/chunked/300000", .max_body_bytes = 299999), HTTP_TOO_LARGE, TESS_ERR_LIMIT, "299999");
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

static void answers_without_end_are_cut(void **state)
{
    bench_expect(GET("/endless-body", .max_body_bytes = 100000), HTTP_TOO_LARGE, TESS_ERR_LIMIT, "100000");
    bench_expect(GET("/endless-headers", 0), HTTP_BROKEN, TESS_ERR_IO, "65536");
    bench_expect(GET("/endless-line", 0), HTTP_BROKEN, TESS_ERR_IO, "65536");
    bench_expect(GET("/endless-1xx", .total_timeout_ms = 3000), HTTP_BROKEN, TESS_ERR_IO, "65536");
    bench_expect(GET("/trailers/100000", 0), HTTP_BROKEN, TESS_ERR_IO, "65536");
}

static void trailers_change_nothing(void **state)
{
    struct outcome outcome = GET("/trailers/1000", 0);
    assert_int_equal(outcome.status, TESS_OK);
    bench_check_pattern(&outcome.response, 1000);
    assert_int_equal(outcome.response.length_bytes, UINT64_MAX);
    http_response_clear(&outcome.response);
}

static void a_post_of_nothing_says_so(void **state)
{
    static const char *const methods[] = {"PUT", "POST"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome outcome = GET("/head", .method = methods[i]);
        assert_int_equal(outcome.status, TESS_OK);
        assert_non_null(
            memmem(outcome.response.body.data, outcome.response.body.size, "\r\nContent-Length: 0\r\n", 21));
        http_response_clear(&outcome.response);
    }
}

static void headers_hold_no_line_breaks(void **state)
{
    struct bench *bench = *state;
    static const struct http_header bad[] = {
        {"X-A", "a\r\nX-B: secret"}, {"X-A\nX-B", "secret"}, {"X-A", "\n"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        bench_expect(GET("/head", .headers = &bad[i], .header_count = 1), HTTP_LOCAL, TESS_ERR_INVALID,
                     "line break");
    assert_int_equal(atomic_load(&bench->server.connections), 0);
}

static enum tess_status read_too_little(void *context, uint64_t offset, void *buffer, size_t size,
                                        size_t *got_out, struct tess_error *error)
{
    (void)context;
    (void)error;
    *got_out = offset >= 1000 ? 0 : size < 100 ? size : 100;
    memset(buffer, 'x', *got_out);
    return TESS_OK;
}

static void a_body_that_is_shorter_than_said_is_not_waited_for(void **state)
{
    const struct http_body body = {.size_bytes = 2000, .read = read_too_little};
    bench_expect(GET("/echo", .method = "PUT", .body = &body), HTTP_LOCAL, TESS_ERR_IO, "2000");
}

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
        WITH_BENCH(answers_without_end_are_cut),
        WITH_BENCH(trailers_change_nothing),
        WITH_BENCH(a_post_of_nothing_says_so),
        WITH_BENCH(headers_hold_no_line_breaks),
        WITH_BENCH(a_body_that_is_shorter_than_said_is_not_waited_for),
        cmocka_unit_test(a_missing_ca_bundle_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
