// SPDX-License-Identifier: MIT
/* What a signed call puts right on its way, once: a clock that is wrong, and credentials that have expired.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

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

#define HOUR_LATER "Date: Tue, 24 Nov 2026 11:00:00 GMT"

static void test_clock(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    fake_http_answer(&fake.http, 403, HOUR_LATER, "RequestTimeTooSkewed: x");
    answer(200, NULL);
    call(&request, TESS_OK);
    assert_int_equal(response.attempts, 1);
    assert_int_equal(fake.sleep_count, 0);
    assert_string_equal(sent(0, "x-amz-date"), "20261124T100000Z");
    assert_string_equal(sent(1, "x-amz-date"), "20261124T110000Z");
    assert_int_equal(aws_now_ms(fake.aws), ((int64_t)FAKE_AWS_NOW_S + 3600) * 1000);
    fake.unix_ms += 5000;
    answer(200, NULL);
    call(&request, TESS_OK);
    assert_string_equal(sent(2, "x-amz-date"), "20261124T110005Z"); /* remembered */

    /* Ours was put right by somebody else meanwhile. */
    fake.unix_ms += 3600 * 1000;
    fake_http_answer(&fake.http, 400, HOUR_LATER, "InvalidSignatureException: Signature expired");
    answer(200, NULL);
    call(&request, TESS_OK);
    assert_string_equal(sent(4, "x-amz-date"), "20261124T110000Z");

    fake.unix_ms += 3600 * 1000;
    fake_http_answer(&fake.http, 400, HOUR_LATER, "RequestExpired: x");
    answer(200, NULL);
    call(&request, TESS_OK);
    assert_string_equal(sent(6, "x-amz-date"), "20261124T110000Z");
}

static void test_clock_once(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    static const char *const codes[] = {"RequestTimeTooSkewed: x", "RequestExpired: x",
                                        "SignatureDoesNotMatch: x", "AccessDenied: x", NULL};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) { /* a server whose mind is made up */
        const bool sure = i < 2;
        (void)begin(NULL);
        fake_http_answer(&fake.http, 403, HOUR_LATER, codes[i]);
        fake_http_answer(&fake.http, 403, "Date: Tue, 24 Nov 2026 09:00:00 GMT", codes[i]);
        call(&request,
             !codes[i] || strncmp(codes[i], "AccessDenied", 12) == 0 ? TESS_ERR_DENIED : TESS_ERR_SETUP);
        assert_int_equal(response.attempts, 1);
        assert_int_equal(fake.http.request_count, 2);
        assert_string_equal(sent(1, "x-amz-date"), "20261124T110000Z");
        /* Nothing is learnt of the clock from one who only might have meant it, and did not. */
        assert_int_equal(aws_now_ms(fake.aws), ((int64_t)FAKE_AWS_NOW_S + (sure ? 3600 : 0)) * 1000);
        (void)end(NULL);
    }
}

static void test_clock_is_right(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    static const char *const dates[] = {"Date: Tue, 24 Nov 2026 10:04:00 GMT",
                                        "Date: Tue, 24 Nov 2026 09:56:00 GMT",
                                        "Date: Wed, 24 Nov 2026 11:00:00 GMT",
                                        "Date: tomorrow",
                                        "Date: ",
                                        NULL};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        fake_http_answer(&fake.http, 403, dates[i], "RequestTimeTooSkewed: x");
        call(&request, TESS_ERR_SETUP);
    }
    fake_http_answer(&fake.http, 404, HOUR_LATER, "NoSuchKey: x"); /* no complaint of it */
    call(&request, TESS_ERR_NOT_FOUND);
    fake_http_answer(&fake.http, 200, HOUR_LATER, NULL);
    call(&request, TESS_OK);
    assert_int_equal(aws_now_ms(fake.aws), (int64_t)FAKE_AWS_NOW_S * 1000);
}

enum { THREADS = 8 };
static unsigned signed_wrongly;
static bool put_right;

/* Keeps the lock free while it waits. */
static void wait_for(const bool *flag)
{
    while (!*flag) {
        (void)pthread_mutex_unlock(&fake.http.lock);
        (void)usleep(500);
        (void)pthread_mutex_lock(&fake.http.lock);
    }
}

/* All calls are signed by the wrong clock, and all but one are refused after that one has put it right. */
static bool strict_about_time(void *context, const struct fake_request *request,
                              struct fake_answer *answer_out)
{
    static bool all_are_here;
    char date[FAKE_VALUE_BYTES];
    (void)context;
    const bool right = strcmp(fake_http_header(request, "x-amz-date", date), "20261124T110000Z") == 0;
    if (right) {
        put_right = true;
    } else {
        const bool first = signed_wrongly++ == 0;
        all_are_here = signed_wrongly == THREADS;
        wait_for(first ? &all_are_here : &put_right);
    }
    *answer_out = (struct fake_answer){
        .status = right ? 200 : 403, .headers = HOUR_LATER, .body = right ? "" : "RequestTimeTooSkewed: x"};
    return true;
}

static void *one_call(void *context)
{
    struct aws_response own;
    const struct aws_request request = fake_aws_request(AWS_S3);
    *(enum tess_status *)context = aws_call(fake.aws, &request, &own, NULL);
    aws_response_clear(&own);
    return NULL;
}

/* Minutes that no server refuses, seen in any answer: what is signed from then on has the server's time. */
static void test_clock_is_learned(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    fake_http_answer(&fake.http, 200, "Date: Tue, 24 Nov 2026 10:20:00 GMT", NULL); /* it would not pass */
    call(&request, TESS_OK);
    fake_http_answer(&fake.http, 200, "Date: Tue, 24 Nov 2026 09:50:00 GMT\nAge: 600", NULL); /* a cache's */
    call(&request, TESS_OK);
    fake_http_answer(&fake.http, 502, "Date: Tue, 24 Nov 2026 09:50:00 GMT", NULL); /* a proxy's own */
    fake_http_answer(&fake.http, 200, "Date: Tue, 24 Nov 2026 10:10:00 GMT", NULL);
    const int64_t before_ms = aws_now_ms(fake.aws);
    call(&request, TESS_OK);
    assert_string_equal(sent(3, "x-amz-date") + 9, "100000Z");
    assert_true(aws_now_ms(fake.aws) - before_ms >= 600000);
    fake_http_answer(&fake.http, 404, "Date: Tue, 24 Nov 2026 10:10:00 GMT\nx-amz-request-id: 1",
                     "NoSuchKey: x");
    call(&request, TESS_ERR_NOT_FOUND);
    assert_string_equal(sent(4, "x-amz-date"), "20261124T101000Z");
}

static void test_clock_of_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    enum tess_status statuses[THREADS];
    fake.http.handler = strict_about_time;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_call, &statuses[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(statuses[i], TESS_OK);
    }
    assert_int_equal(signed_wrongly, THREADS);
    assert_int_equal(fake.http.request_count, 2 * THREADS);
    assert_int_equal(aws_counts_of(fake.aws).retries, 0);
}

/* A container's credentials, which have another key each time; and a bucket that takes but the last one. */
struct container {
    unsigned fetched, wanted;
    const char *complaint;
    char json[256];
};

static bool container_and_bucket(void *context, const struct fake_request *request,
                                 struct fake_answer *answer_out)
{
    struct container *container = context;
    char authorization[FAKE_VALUE_BYTES], id[32];
    if (strncmp(request->url, "http://169.254.170.2/", 21) == 0) {
        container->fetched++;
        (void)snprintf(container->json, sizeof container->json,
                       "{\"AccessKeyId\":\"ASIAKEY%u\",\"SecretAccessKey\":\"hush%u\",\"Token\":\"hush\","
                       "\"Expiration\":\"2026-11-24T16:00:00Z\"}",
                       container->fetched, container->fetched);
        *answer_out = (struct fake_answer){.status = 200, .body = container->json};
        return true;
    }
    (void)snprintf(id, sizeof id, "=ASIAKEY%u/", container->wanted);
    const bool good = strstr(fake_http_header(request, "authorization", authorization), id) != NULL;
    *answer_out = (struct fake_answer){.status = good ? 200 : 400, .body = good ? "" : container->complaint};
    return true;
}

#define CONTAINER                                                                              \
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/keys\nAWS_REGION=eu-north-1\nHOME=/nonexistent\n" \
    "AWS_EC2_METADATA_DISABLED=true\nAWS_CONFIG_FILE=/dev/null\nAWS_SHARED_CREDENTIALS_FILE=/dev/null"

static void test_token_renewed(void **state)
{
    (void)state;
    static const char *const complaints[] = {"ExpiredToken: x", "ExpiredTokenException: x", "InvalidToken: x",
                                             "TokenRefreshRequired: x"};
    const struct aws_request request = fake_aws_request(AWS_S3);
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++) {
        struct container container = {.wanted = 2, .complaint = complaints[i]};
        struct fake_aws task;
        fake_aws_begin(&task, CONTAINER);
        task.http.handler = container_and_bucket;
        task.http.context = &container;
        fake_aws_expect(&task, &request, TESS_OK, &response, &error);
        assert_int_equal(response.attempts, 1);
        assert_int_equal(container.fetched, 2);
        assert_int_equal(task.sleep_count, 0);
        aws_response_clear(&response);
        fake_aws_expect(&task, &request, TESS_OK, &response, &error);
        assert_int_equal(container.fetched, 2);
        aws_response_clear(&response);

        container.wanted = 9; /* new ones are no good either: once is enough */
        const size_t requests = task.http.request_count;
        fake_aws_expect(&task, &request, TESS_ERR_SETUP, &response, &error);
        assert_int_equal(response.attempts, 1);
        assert_true(task.http.request_count <= requests + 3);
        assert_true(container.fetched <= 3);
        aws_response_clear(&response);
        fake_aws_end(&task);
    }
}

/* Keys that stand in variables do not get better. */
static void test_token_not_renewable(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    answer(400, "ExpiredToken: The provided token has expired.");
    call(&request, TESS_ERR_SETUP);
    assert_int_equal(fake.http.request_count, 1);
    assert_string_equal(error.message, "cannot read photo.jpg from bucket images: ExpiredToken: The provided "
                                       "token has expired. (HTTP 400)");
}

/* Everything wrong at once, as on a machine that was asleep. */
static void test_all_at_once(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    fake_http_failure(&fake.http, HTTP_UNREACHABLE, false);
    fake_http_answer(&fake.http, 403, HOUR_LATER, "RequestTimeTooSkewed: x");
    answer(503, "SlowDown: x");
    answer(200, "image");
    call(&request, TESS_OK);
    assert_int_equal(response.attempts, 3);
    assert_int_equal(fake.http.request_count, 4);
    assert_int_equal(fake.sleeps_ms[0], 50);
    assert_int_equal(fake.sleeps_ms[1], 2000);
    assert_false(response.may_have_acted_before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clock, begin, end),
        cmocka_unit_test(test_clock_once),
        cmocka_unit_test_setup_teardown(test_clock_is_right, begin, end),
        cmocka_unit_test_setup_teardown(test_clock_is_learned, begin, end),
        cmocka_unit_test_setup_teardown(test_clock_of_threads, begin, end),
        cmocka_unit_test(test_token_renewed),
        cmocka_unit_test_setup_teardown(test_token_not_renewable, begin, end),
        cmocka_unit_test_setup_teardown(test_all_at_once, begin, end),
    };
    return cmocka_run_group_tests_name("aws_repair", tests, NULL, NULL);
}
