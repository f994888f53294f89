// SPDX-License-Identifier: MIT
/* Signed calls that do not succeed at once: what is tried again and when, and what is known of an attempt
 * that failed. (What is put right on the way: test_aws_repair.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "fake_aws.h"

static struct fake_aws fake;
static struct aws_response response;
static struct tess_error error;

static int begin(void **state)
{
    (void)state;
    fake_aws_begin(&fake, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    aws_response_clear(&response);
    fake_aws_end(&fake);
    return 0;
}

static void call(const struct aws_request *request, enum tess_status status)
{
    aws_response_clear(&response);
    fake_aws_expect(&fake, request, status, &response, &error);
}

static void answer(int status, const char *body)
{
    fake_http_answer(&fake.http, status, NULL, body);
}

static void forget(void)
{
    fake_http_forget(&fake.http);
    fake.sleep_count = 0;
}

/* The header of the request with that number, in a buffer of its own for each of a few calls. */
static const char *sent(size_t request, const char *name)
{
    static char values[4][FAKE_VALUE_BYTES];
    static size_t next;
    assert_true(request < fake.http.request_count);
    const char *found = fake_http_header(&fake.http.requests[request], name, values[next++ % 4]);
    assert_non_null(found);
    return found;
}

static void test_recovers(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    answer(500, "InternalError: x");
    answer(503, NULL);
    answer(200, "image");
    call(&request, TESS_OK);
    assert_int_equal(response.attempts, 3);
    assert_memory_equal(response.http.body.data, "image", 5);
    assert_string_equal(response.complaint.code, "");
    assert_false(response.ambiguous);
    assert_true(response.may_have_acted_before);
    assert_int_equal(fake.sleep_count, 2);
    assert_int_equal(fake.sleeps_ms[0], 50);
    assert_int_equal(fake.sleeps_ms[1], 100);
    const struct aws_counts counts = aws_counts_of(fake.aws);
    assert_int_equal(counts.calls, 1);
    assert_int_equal(counts.retries, 2);
    assert_int_equal(counts.throttled, 0);
    assert_int_equal(counts.failures, 0);
}

/* Each attempt is signed as of its own time, and sends the same. */
static void test_signed_anew(void **state)
{
    (void)state;
    struct aws_request request = fake_aws_request(AWS_DYNAMODB);
    for (int i = 0; i < 3; i++)
        answer(400, "ThrottlingException: Rate exceeded");
    answer(200, "{}");
    call(&request, TESS_OK);
    assert_int_equal(fake.http.request_count, 4);
    static const char *const dates[] = {"20261124T100000Z", "20261124T100001Z", "20261124T100003Z",
                                        "20261124T100007Z"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(sent(i, "x-amz-date"), dates[i]);
        assert_memory_equal(fake.http.requests[i].body, "{}", 3);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(sent(i, "authorization"), sent(k, "authorization"));
    }
    assert_false(response.may_have_acted_before); /* who is throttled did not get in */
    assert_int_equal(aws_counts_of(fake.aws).throttled, 3);
}

static void test_attempts_end(void **state)
{
    (void)state;
    static const struct {
        const char *variables;
        enum aws_service service;
        uint32_t attempts;
        int64_t base_ms;
    } cases[] = {
        {FAKE_AWS_VARIABLES, AWS_S3, 3, 50},
        {FAKE_AWS_VARIABLES, AWS_DYNAMODB, 4, 25},
        {FAKE_AWS_VARIABLES "\nAWS_MAX_ATTEMPTS=1", AWS_S3, 1, 50},
        {FAKE_AWS_VARIABLES "\nAWS_MAX_ATTEMPTS=6", AWS_DYNAMODB, 6, 25},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake_aws patient;
        char words[32];
        const struct aws_request request = fake_aws_request(cases[i].service);
        fake_aws_begin(&patient, cases[i].variables);
        patient.random01 = 0.5;
        for (uint32_t k = 0; k < cases[i].attempts; k++)
            fake_http_answer(&patient.http, 502, NULL, NULL);
        fake_aws_expect(&patient, &request, TESS_ERR_IO, &response, &error);
        assert_int_equal(response.attempts, cases[i].attempts);
        assert_int_equal(patient.http.request_count, cases[i].attempts);
        assert_int_equal(patient.sleep_count, cases[i].attempts - 1);
        for (uint32_t k = 0; k + 1 < cases[i].attempts; k++)
            assert_int_equal(patient.sleeps_ms[k], (cases[i].base_ms << k) / 2);
        (void)snprintf(words, sizeof words, ", %u attempts)", cases[i].attempts);
        assert_true((strstr(error.message, words) != NULL) == (cases[i].attempts > 1));
        assert_true(response.ambiguous);
        aws_response_clear(&response);
        fake_aws_end(&patient);
    }
}

static void test_server_says_when(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int64_t pause_ms;
    } cases[] = {
        {"x-amz-retry-after: 1500", 1500},
        {"X-Amz-Retry-After: 0", 0},
        {"x-amz-retry-after: 90000", 20000},
        {"x-amz-retry-after: 999999999", 20000},
        {"x-amz-retry-after: 99999999999999999999", 50},
        {"x-amz-retry-after: -5", 50},
        {"x-amz-retry-after: 5s", 50},
        {"x-amz-retry-after: ", 50},
        {"retry-after: 7", 50},
    };
    const struct aws_request request = fake_aws_request(AWS_S3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forget();
        fake_http_answer(&fake.http, 503, cases[i].header, NULL);
        answer(200, NULL);
        call(&request, TESS_OK);
        assert_int_equal(fake.sleep_count, 1);
        assert_int_equal(fake.sleeps_ms[0], cases[i].pause_ms);
    }
}

/* One first outcome, for a call that may be repeated and one that may not. */
struct outcome {
    struct fake_answer answer;
    bool again, again_if_not_repeatable; /* is it tried again? */
    bool acted;                          /* may the server have acted? */
    enum tess_status status;             /* when it stays so */
};

static const struct outcome outcomes[] = {
    {{.failure = HTTP_UNREACHABLE}, true, true, false, TESS_ERR_IO},
    {{.failure = HTTP_BROKEN}, true, true, false, TESS_ERR_IO},
    {{.failure = HTTP_BROKEN, .request_sent = true}, true, false, true, TESS_ERR_IO},
    {{.failure = HTTP_BROKEN, .request_sent = true, .status = 200}, true, false, true, TESS_ERR_IO},
    {{.failure = HTTP_STALLED}, true, true, false, TESS_ERR_TIMEOUT},
    {{.failure = HTTP_STALLED, .request_sent = true}, true, false, true, TESS_ERR_TIMEOUT},
    {{.failure = HTTP_OUT_OF_TIME, .request_sent = true}, false, false, true, TESS_ERR_TIMEOUT},
    {{.failure = HTTP_TOO_LARGE, .request_sent = true}, false, false, true, TESS_ERR_LIMIT},
    {{.failure = HTTP_UNTRUSTED}, false, false, false, TESS_ERR_IO},
    {{.failure = HTTP_FORBIDDEN}, false, false, false, TESS_ERR_DENIED},
    {{.failure = HTTP_LOCAL}, false, false, false, TESS_ERR_MEMORY},
    {{.failure = HTTP_STOPPED, .request_sent = true}, false, false, true, TESS_ERR_CANCELLED},
    {{.status = 500}, true, false, true, TESS_ERR_IO},
    {{.status = 502}, true, false, true, TESS_ERR_IO},
    {{.status = 503}, true, false, true, TESS_ERR_IO},
    {{.status = 504}, true, false, true, TESS_ERR_IO},
    {{.status = 501}, false, false, false, TESS_ERR_IO},
    {{.status = 429}, true, true, false, TESS_ERR_BUSY},
    {{.status = 503, .body = "SlowDown: x"}, true, true, false, TESS_ERR_BUSY},
    {{.status = 400, .body = "ProvisionedThroughputExceededException: x"}, true, true, false, TESS_ERR_BUSY},
    {{.status = 400, .body = "RequestTimeout: x"}, true, true, false, TESS_ERR_IO},
    {{.status = 200, .body = "bad InternalError: x"}, true, false, true, TESS_ERR_IO},
    {{.status = 200, .body = "bad : the checksum does not fit"}, true, false, true, TESS_ERR_IO},
    {{.status = 200, .body = "bad SlowDown: x"}, true, true, false, TESS_ERR_BUSY},
    {{.status = 404}, false, false, false, TESS_ERR_NOT_FOUND},
    {{.status = 403}, false, false, false, TESS_ERR_DENIED},
    {{.status = 412}, false, false, false, TESS_ERR_EXISTS},
    {{.status = 400, .body = "ValidationException: x"}, false, false, false, TESS_ERR_SETUP},
};

static void expect_outcome(const struct outcome *outcome, bool not_repeatable)
{
    const bool again = not_repeatable ? outcome->again_if_not_repeatable : outcome->again;
    struct aws_request request = fake_aws_request(AWS_S3);
    request.not_repeatable = not_repeatable;
    fake_http_add(&fake.http, &outcome->answer);
    if (again)
        answer(200, NULL);
    call(&request, again ? TESS_OK : outcome->status);
    assert_int_equal(response.attempts, again ? 2 : 1);
    assert_int_equal(response.ambiguous, !again && outcome->acted);
    assert_int_equal(response.may_have_acted_before, again && outcome->acted);
    if (!again)
        return;
    for (int i = 0; i < 3; i++) /* and when it does not end */
        fake_http_add(&fake.http, &outcome->answer);
    call(&request, outcome->status);
    assert_int_equal(response.attempts, 3);
    assert_int_equal(response.ambiguous, outcome->acted);
    assert_int_equal(response.may_have_acted_before, outcome->acted);
}

static void test_outcomes(void **state)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        for (int not_repeatable = 0; not_repeatable < 2; not_repeatable++) {
            (void)begin(state);
            expect_outcome(&outcomes[i], not_repeatable);
            (void)end(state);
        }
    }
}

/* What an earlier attempt may have done is not forgotten over how the last one failed. */
static void test_ambiguity_stays(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    fake_http_failure(&fake.http, HTTP_STALLED, true);
    answer(412, "PreconditionFailed: x");
    call(&request, TESS_ERR_EXISTS);
    assert_true(response.ambiguous);
    assert_true(response.may_have_acted_before);
    fake_http_failure(&fake.http, HTTP_STALLED, true);
    fake_http_failure(&fake.http, HTTP_UNREACHABLE, false);
    fake_http_failure(&fake.http, HTTP_UNREACHABLE, false);
    call(&request, TESS_ERR_IO);
    assert_true(response.ambiguous);
    fake.stop_asleep = true;
    fake_http_failure(&fake.http, HTTP_STALLED, true);
    call(&request, TESS_ERR_CANCELLED);
    assert_true(response.ambiguous);
}

/* What is told at the end is of the last attempt. */
static void test_last_attempt_counts(void **state)
{
    (void)state;
    struct aws_request request = fake_aws_request(AWS_S3);
    answer(503, "SlowDown: x");
    fake_http_failure(&fake.http, HTTP_UNREACHABLE, false);
    fake_http_failure(&fake.http, HTTP_UNREACHABLE, false);
    call(&request, TESS_ERR_IO);
    assert_string_equal(response.complaint.code, "");
    assert_int_equal(response.http.status, 0);
    assert_null(strstr(error.message, "SlowDown"));
    request.max_body_bytes = 3;
    answer(500, NULL);
    answer(200, "image");
    call(&request, TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_string_equal(
        error.message,
        "cannot read photo.jpg from bucket images: fake: the answer is too large (2 attempts)");
}

static enum tess_status stop_at_once(const void *context, struct tess_error *error_out)
{
    (void)context;
    return error_set(error_out, TESS_ERR_TIMEOUT, "the deadline passed");
}

static void test_stop(void **state)
{
    (void)state;
    const struct stop stop = {.must_stop = stop_at_once};
    struct aws_request request = fake_aws_request(AWS_S3);
    answer(500, NULL);
    fake.stop_asleep = true;
    call(&request, TESS_ERR_CANCELLED);
    assert_string_equal(error.message, "stopped while it slept");
    assert_int_equal(response.attempts, 1);
    assert_int_equal(fake.sleep_count, 1);
    request.stop = &stop;
    call(&request, TESS_ERR_TIMEOUT);
    assert_string_equal(error.message, "the deadline passed");
    assert_int_equal(response.attempts, 0);
    assert_int_equal(fake.http.request_count, 1);
}

/* Who shares the client gives up: what waits ends, what clears up afterwards may still ask, and who has
 * reasons of its own to stop is not concerned. */
static void test_cancel_of_all(void **state)
{
    (void)state;
    static const struct stop never = {0};
    struct aws_request request = fake_aws_request(AWS_S3);
    answer(500, NULL);
    fake.cancel_asleep = true;
    call(&request, TESS_ERR_CANCELLED);
    assert_int_equal(response.attempts, 1);
    assert_int_equal(fake.http.request_count, 1);
    answer(200, NULL);
    call(&request, TESS_OK);
    fake.cancel = 0;
    request.stop = &never;
    answer(500, NULL);
    answer(200, NULL);
    call(&request, TESS_OK);
    assert_int_equal(fake.cancel, 1);
    assert_int_equal(response.attempts, 2);
}

/* A server that fails on and on is soon left alone, others are not, and it is tried again when it works. */
static void test_tokens_run_out(void **state)
{
    (void)state;
    struct aws_request request = fake_aws_request(AWS_S3);
    fake.http.handler = NULL;
    for (int calls = 0; calls < 17; calls++) { /* of 2 retries of 14 tokens: 24 are left */
        forget();
        for (int i = 0; i < 3; i++)
            answer(500, NULL);
        call(&request, TESS_ERR_IO);
        assert_int_equal(response.attempts, 3);
    }
    forget();
    answer(500, NULL);
    answer(500, NULL);
    call(&request, TESS_ERR_BUSY);
    assert_int_equal(response.attempts, 2);
    assert_non_null(strstr(error.message, "too many calls to this server fail"));
    assert_non_null(strstr(error.message, "HTTP 500, 2 attempts"));
    fake_http_failure(&fake.http, HTTP_BROKEN, true);
    call(&request, TESS_ERR_BUSY);
    assert_int_equal(response.attempts, 1);
    assert_non_null(strstr(error.message, "fake: the connection broke (not tried again: too many"));
    answer(503, "SlowDown: x"); /* costs 5 of the 10 that are left */
    answer(200, NULL);
    call(&request, TESS_OK);
    for (int i = 0; i < 4; i++) { /* which came back: 10, and 1 for each success */
        answer(200, NULL);
        call(&request, TESS_OK);
    }
    answer(500, NULL);
    answer(200, NULL);
    call(&request, TESS_OK);
    assert_int_equal(response.attempts, 2);

    request.endpoint = "https://other.s3.eu-north-1.amazonaws.com";
    forget();
    for (int i = 0; i < 3; i++)
        answer(500, NULL);
    call(&request, TESS_ERR_IO);
}

/* More servers than are remembered: those share, and nothing breaks. */
static void test_many_servers(void **state)
{
    (void)state;
    char endpoint[64];
    struct aws_request request = fake_aws_request(AWS_S3);
    request.endpoint = endpoint;
    for (int i = 0; i < 60; i++) {
        forget();
        (void)snprintf(endpoint, sizeof endpoint, "https://server%d.example", i);
        answer(500, NULL);
        answer(200, NULL);
        call(&request, TESS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recovers, begin, end),
        cmocka_unit_test_setup_teardown(test_signed_anew, begin, end),
        cmocka_unit_test(test_attempts_end),
        cmocka_unit_test_setup_teardown(test_server_says_when, begin, end),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test_setup_teardown(test_ambiguity_stays, begin, end),
        cmocka_unit_test_setup_teardown(test_last_attempt_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_stop, begin, end),
        cmocka_unit_test_setup_teardown(test_cancel_of_all, begin, end),
        cmocka_unit_test_setup_teardown(test_tokens_run_out, begin, end),
        cmocka_unit_test_setup_teardown(test_many_servers, begin, end),
    };
    return cmocka_run_group_tests_name("aws_retry", tests, NULL, NULL);
}
