// SPDX-License-Identifier: MIT
/* The client of Lambda's Runtime API, with a server that says what the test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fake_http.h"
#include "net/lambda_runtime.h"
#include "torture.h"

static const char id[] = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
static const char base[] = "http://127.0.0.1:9001/2018-06-01/runtime";
static const char event_headers[] = "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\n"
                                    "Lambda-Runtime-Trace-Id: Root=1-5bef;Sampled=1\n"
                                    "Lambda-Runtime-Deadline-Ms: 1542409706888";

struct bench {
    struct fake_http fake;
    struct tess_lambda *lambda;
    struct tess_error error;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    fake_http_begin(&bench->fake);
    assert_int_equal(
        lambda_runtime_create(&bench->fake.http, "127.0.0.1:9001", &bench->lambda, &bench->error), TESS_OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    tess_lambda_close(bench->lambda);
    assert_true(bench->fake.destroyed);
    fake_http_end(&bench->fake);
    free(bench);
    return 0;
}

static void assert_asked(const struct bench *bench, size_t index, const char *method, const char *path)
{
    assert_true(index < bench->fake.request_count);
    const struct fake_request *request = &bench->fake.requests[index];
    assert_string_equal(request->method, method);
    assert_memory_equal(request->url, base, sizeof base - 1);
    assert_string_equal(request->url + sizeof base - 1, path);
    assert_true(request->no_proxy);
}

static void test_host_and_port(void **state)
{
    static const char *const wrong[] = {"",           "localhost", ":9001",     "host:",        "host:0",
                                        "host:65536", "a/b:1",     "u@host:1",  "host:9001/",   "host:90 01",
                                        "[::1",       "[]:1",      "[::1/x]:1", "host:9001\r\n"};
    static const char *const right[] = {"127.0.0.1:9001", "[::1]:1", "sandbox.local:65535"};
    struct bench *bench = *state;
    struct tess_lambda *lambda;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(lambda_runtime_create(&bench->fake.http, wrong[i], &lambda, &bench->error),
                         TESS_ERR_INVALID);
        assert_null(lambda);
        assert_int_equal(tess_lambda_open(wrong[i], &lambda, &bench->error), TESS_ERR_INVALID);
    }
    assert_int_equal(lambda_runtime_create(&bench->fake.http, NULL, &lambda, NULL), TESS_ERR_INVALID);
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_int_equal(lambda_runtime_create(&bench->fake.http, right[i], &lambda, NULL), TESS_OK);
        tess_lambda_close(lambda);
    }
}

static void test_an_event_and_its_answer(void **state)
{
    struct bench *bench = *state;
    struct tess_lambda_invocation invocation;
    fake_http_answer(&bench->fake, 200, event_headers, "{\"a\":1}");
    fake_http_answer(&bench->fake, 202, NULL, "{\"status\":\"OK\"}");
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_OK);
    assert_string_equal(invocation.request_id, id);
    assert_string_equal(invocation.event, "{\"a\":1}");
    assert_int_equal(invocation.event_bytes, 7);
    assert_true(invocation.deadline_ms == INT64_C(1542409706888));
    assert_string_equal(invocation.trace_id, "Root=1-5bef;Sampled=1");
    assert_string_equal(invocation.function_arn, "");
    assert_int_equal(tess_lambda_respond(bench->lambda, invocation.request_id, "[1]", 3, &bench->error),
                     TESS_OK);
    tess_lambda_invocation_clear(&invocation);
    tess_lambda_invocation_clear(&invocation);
    assert_asked(bench, 0, "GET", "/invocation/next");
    assert_true(bench->fake.requests[0].stall_timeout_ms == HTTP_NEVER_STALLS);
    assert_int_equal(bench->fake.requests[0].total_timeout_ms, 0);
    assert_asked(bench, 1, "POST", "/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response");
    assert_string_equal(bench->fake.requests[1].body, "[1]");
    assert_true(bench->fake.requests[1].stall_timeout_ms != HTTP_NEVER_STALLS);
}

static void test_failures_are_reported(void **state)
{
    struct bench *bench = *state;
    char value[FAKE_VALUE_BYTES];
    for (int i = 0; i < 4; i++)
        fake_http_answer(&bench->fake, 202, NULL, "");
    assert_int_equal(tess_lambda_fail(bench->lambda, id, "Tessera.NotFound", "no \"grid\"\n", &bench->error),
                     TESS_OK);
    assert_int_equal(tess_lambda_fail(bench->lambda, NULL, "Tessera.Invalid", "ö", &bench->error), TESS_OK);
    assert_int_equal(tess_lambda_fail(bench->lambda, id, "bad\r\nX: y", "words", &bench->error), TESS_OK);
    assert_int_equal(tess_lambda_fail(bench->lambda, id, "T", "\xff!", &bench->error), TESS_OK);
    assert_asked(bench, 0, "POST", "/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/error");
    assert_string_equal(bench->fake.requests[0].body,
                        "{\"errorMessage\":\"no \\\"grid\\\"\\n\",\"errorType\":\"Tessera.NotFound\","
                        "\"stackTrace\":[]}");
    assert_string_equal(
        fake_http_header(&bench->fake.requests[0], "lambda-runtime-function-error-type", value),
        "Tessera.NotFound");
    assert_asked(bench, 1, "POST", "/init/error");
    assert_string_equal(
        fake_http_header(&bench->fake.requests[2], "lambda-runtime-function-error-type", value),
        "Tessera.Error");
    assert_string_equal(bench->fake.requests[3].body,
                        "{\"errorMessage\":\"?!\",\"errorType\":\"T\",\"stackTrace\":[]}");
}

/* Nothing is tried again before an answer has come once: then there is no kept connection. */
static void test_a_stale_connection(void **state)
{
    struct bench *bench = *state;
    struct tess_lambda_invocation invocation;
    fake_http_failure(&bench->fake, HTTP_BROKEN, true);
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_ERR_IO);
    tess_lambda_invocation_clear(&invocation);
    fake_http_answer(&bench->fake, 200, event_headers, "{}");
    fake_http_failure(&bench->fake, HTTP_BROKEN, true);
    fake_http_answer(&bench->fake, 202, NULL, "");
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_OK);
    assert_int_equal(tess_lambda_respond(bench->lambda, invocation.request_id, "1", 1, &bench->error),
                     TESS_OK);
    tess_lambda_invocation_clear(&invocation);
    assert_int_equal(bench->fake.request_count, 4);
    assert_false(bench->fake.requests[2].fresh_connection);
    assert_true(bench->fake.requests[3].fresh_connection);
    fake_http_failure(&bench->fake, HTTP_BROKEN, true);
    fake_http_failure(&bench->fake, HTTP_BROKEN, true);
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_ERR_IO);
    assert_non_null(strstr(bench->error.message, "Lambda runtime"));
    fake_http_failure(&bench->fake, HTTP_UNREACHABLE, false);
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_ERR_IO);
    assert_int_equal(bench->fake.request_count, 7);
}

static void test_sizes(void **state)
{
    struct bench *bench = *state;
    struct tess_lambda_invocation invocation;
    char *large = calloc(TESS_LAMBDA_ANSWER_MAX_BYTES + 2, 1);
    assert_non_null(large);
    memset(large, ' ', TESS_LAMBDA_ANSWER_MAX_BYTES + 1);
    assert_int_equal(
        tess_lambda_respond(bench->lambda, id, large, TESS_LAMBDA_ANSWER_MAX_BYTES + 1, &bench->error),
        TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "answer-bytes");
    assert_int_equal(bench->fake.request_count, 0);
    fake_http_answer(&bench->fake, 413, NULL, "{}");
    assert_int_equal(
        tess_lambda_respond(bench->lambda, id, large, TESS_LAMBDA_ANSWER_MAX_BYTES, &bench->error),
        TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "answer-bytes");
    fake_http_answer(&bench->fake, 200, event_headers, large); /* one byte too many */
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "event-bytes");
    assert_string_equal(invocation.request_id, id);
    assert_null(invocation.event);
    tess_lambda_invocation_clear(&invocation);
    large[TESS_LAMBDA_EVENT_MAX_BYTES] = '\0';
    fake_http_answer(&bench->fake, 200, event_headers, large);
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_OK);
    assert_int_equal(invocation.event_bytes, TESS_LAMBDA_EVENT_MAX_BYTES);
    assert_int_equal(invocation.event[invocation.event_bytes], '\0');
    tess_lambda_invocation_clear(&invocation);
    free(large);
}

static void test_what_a_server_may_say_wrong(void **state)
{
    struct bench *bench = *state;
    struct tess_lambda_invocation invocation;
    static const char *const headers[] = {
        "", "Lambda-Runtime-Aws-Request-Id: ", "Lambda-Runtime-Aws-Request-Id: ../../x",
        "Lambda-Runtime-Aws-Request-Id: a b"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        fake_http_answer(&bench->fake, 200, headers[i], "{}");
        assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_ERR_IO);
        tess_lambda_invocation_clear(&invocation);
    }
    fake_http_answer(&bench->fake, 500, event_headers, "Container error");
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_ERR_IO);
    assert_non_null(strstr(bench->error.message, "500: Container error"));
    fake_http_answer(&bench->fake, 200, event_headers, "");
    assert_int_equal(tess_lambda_next(bench->lambda, NULL, &invocation, &bench->error), TESS_OK);
    assert_string_equal(invocation.event, "");
    tess_lambda_invocation_clear(&invocation);
    fake_http_answer(&bench->fake, 400, NULL, "InvalidStateTransition");
    assert_int_equal(tess_lambda_respond(bench->lambda, id, "1", 1, &bench->error), TESS_ERR_IO);
    assert_int_equal(tess_lambda_respond(bench->lambda, "../x", "1", 1, &bench->error), TESS_ERR_INVALID);
    assert_int_equal(tess_lambda_respond(bench->lambda, NULL, "1", 1, &bench->error), TESS_ERR_INVALID);
}

static void test_waiting_is_cancelled(void **state)
{
    struct bench *bench = *state;
    struct tess_lambda_invocation invocation;
    const volatile int cancel = 1;
    assert_int_equal(tess_lambda_next(bench->lambda, &cancel, &invocation, &bench->error),
                     TESS_ERR_CANCELLED);
    tess_lambda_invocation_clear(&invocation);
}

static void test_deadlines(void **state)
{
    const int64_t now_ms = INT64_C(1795000000000), day_ms = 24 * 3600 * 1000;
    static const char *const none[] = {
        "", "0", "-5", "soon", "1e9", " 1", "1795086400001", "253402300799000", "99999999999999999999"};
    (void)state;
    assert_true(lambda_runtime_deadline(NULL, now_ms) == 0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_true(lambda_runtime_deadline(none[i], now_ms) == 0);
    assert_true(lambda_runtime_deadline("1", now_ms) == 1);
    assert_true(lambda_runtime_deadline("1795086400000", now_ms) == now_ms + day_ms);
}

static enum tess_status tortured(void *context, struct tess_error *error)
{
    struct fake_http *fake = context;
    struct tess_lambda *lambda = NULL;
    struct tess_lambda_invocation invocation = {0};
    fake_http_forget(fake);
    fake_http_answer(fake, 200, event_headers, "{}");
    fake_http_answer(fake, 202, NULL, "");
    enum tess_status status = lambda_runtime_create(&fake->http, "127.0.0.1:9001", &lambda, error);
    if (status == TESS_OK)
        status = tess_lambda_next(lambda, NULL, &invocation, error);
    if (status == TESS_OK)
        status = tess_lambda_fail(lambda, invocation.request_id, "Tessera.Io", "words", error);
    tess_lambda_invocation_clear(&invocation);
    tess_lambda_close(lambda);
    return status;
}

static void test_without_memory(void **state)
{
    struct bench *bench = *state;
    assert_true(torture_loop(TORTURE_MEMORY, tortured, &bench->fake) > 0);
    fake_http_forget(&bench->fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_host_and_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_event_and_its_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures_are_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_stale_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_server_may_say_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waiting_is_cancelled, set_up, tear_down),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test_setup_teardown(test_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("lambda_runtime", tests, NULL, NULL);
}
