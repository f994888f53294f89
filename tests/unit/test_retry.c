// SPDX-License-Identifier: MIT
/* When to try again: every outcome and code, the bounds of the pauses, and the tokens, also under threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/retry.h"

static void test_codes(void **state)
{
    (void)state;
    static const char *const throttling[] = {"Throttling",
                                             "ThrottlingException",
                                             "ThrottledException",
                                             "RequestThrottled",
                                             "RequestThrottledException",
                                             "TooManyRequestsException",
                                             "ProvisionedThroughputExceededException",
                                             "RequestLimitExceeded",
                                             "BandwidthLimitExceeded",
                                             "LimitExceededException",
                                             "SlowDown",
                                             "PriorRequestNotComplete",
                                             "TransactionInProgressException"};
    static const int statuses[] = {0, 200, 400, 403, 500, 503};
    for (size_t i = 0; i < sizeof throttling / sizeof *throttling; i++)
        for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++)
            assert_int_equal(retry_classify(HTTP_DONE, statuses[k], throttling[i]), RETRY_THROTTLING);
    assert_int_equal(retry_classify(HTTP_DONE, 400, "RequestTimeout"), RETRY_TRANSIENT);
    assert_int_equal(retry_classify(HTTP_DONE, 400, "RequestTimeoutException"), RETRY_TRANSIENT);
    assert_int_equal(retry_classify(HTTP_DONE, 200, "InternalError"), RETRY_TRANSIENT);
    static const char *const never[] = {
        "NoSuchKey", "AccessDenied", "ValidationException", "slowdown", "SlowDown ", "Throttling2", "", NULL};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_int_equal(retry_classify(HTTP_DONE, 400, never[i]), RETRY_NEVER);
}

static void test_statuses(void **state)
{
    (void)state;
    for (int status = 200; status < 600; status++) {
        const enum retry_class class_ = retry_classify(HTTP_DONE, status, NULL);
        const bool transient = status == 500 || status == 502 || status == 503 || status == 504;
        assert_int_equal(class_, transient       ? RETRY_TRANSIENT
                                 : status == 429 ? RETRY_THROTTLING
                                                 : RETRY_NEVER);
    }
}

static void test_failures(void **state)
{
    (void)state;
    static const enum http_failure again[] = {HTTP_UNREACHABLE, HTTP_BROKEN, HTTP_STALLED};
    static const enum http_failure final[] = {HTTP_UNTRUSTED, HTTP_OUT_OF_TIME, HTTP_TOO_LARGE,
                                              HTTP_FORBIDDEN, HTTP_STOPPED,     HTTP_LOCAL};
    for (size_t i = 0; i < sizeof again / sizeof *again; i++)
        assert_int_equal(retry_classify(again[i], 0, NULL), RETRY_TRANSIENT);
    for (size_t i = 0; i < sizeof final / sizeof *final; i++) /* whatever came before it broke off */
        assert_int_equal(retry_classify(final[i], 503, "SlowDown"), RETRY_NEVER);
}

static void test_policies(void **state)
{
    (void)state;
    struct retry_policy s3 = retry_policy_of("s3", 0), dynamodb = retry_policy_of("dynamodb", 0);
    assert_int_equal(s3.attempts, 3);
    assert_int_equal(s3.transient_base_ms, 50);
    assert_int_equal(s3.throttle_base_ms, 1000);
    assert_int_equal(s3.most_ms, 20000);
    assert_int_equal(dynamodb.attempts, 4);
    assert_int_equal(dynamodb.transient_base_ms, 25);
    assert_int_equal(dynamodb.throttle_base_ms, 1000);
    assert_int_equal(retry_policy_of("dynamodb", 7).attempts, 7);
    assert_int_equal(retry_policy_of("sqs", 1).attempts, 1);
}

static void test_delays(void **state)
{
    (void)state;
    const struct retry_policy s3 = retry_policy_of("s3", 0), dynamodb = retry_policy_of("dynamodb", 0);
    static const uint32_t transient[] = {50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000};
    static const uint32_t throttling[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000};
    for (uint32_t i = 0; i < sizeof transient / sizeof *transient; i++) {
        assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, i + 1, 1.0, -1), transient[i]);
        assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, i + 1, 0.5, -1), transient[i] / 2);
        assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, i + 1, 0.0, -1), 0);
    }
    for (uint32_t i = 0; i < sizeof throttling / sizeof *throttling; i++)
        assert_int_equal(retry_delay_ms(&s3, RETRY_THROTTLING, i + 1, 1.0, -1), throttling[i]);
    assert_int_equal(retry_delay_ms(&dynamodb, RETRY_TRANSIENT, 1, 1.0, -1), 25);
    assert_int_equal(retry_delay_ms(&dynamodb, RETRY_TRANSIENT, UINT32_MAX, 1.0, -1), 20000);
    assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, 1, 1.0, 0), 0);
    assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, 1, 0.0, 1234), 1234);
    assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, 1, 0.0, 20001), 20000);
    assert_int_equal(retry_delay_ms(&s3, RETRY_TRANSIENT, 1, 0.0, INT64_MAX), 20000);
}

static unsigned take_all(struct retry_bucket *bucket, enum retry_class class_)
{
    unsigned taken = 0;
    while (retry_bucket_take(bucket, class_))
        taken++;
    return taken;
}

static void test_tokens(void **state)
{
    (void)state;
    struct retry_bucket bucket;
    retry_bucket_init(&bucket);
    assert_int_equal(bucket.tokens, RETRY_TOKENS);
    retry_bucket_refund(&bucket, RETRY_TRANSIENT);
    assert_int_equal(bucket.tokens, RETRY_TOKENS);

    assert_int_equal(take_all(&bucket, RETRY_TRANSIENT), RETRY_TOKENS / RETRY_COST_TRANSIENT);
    assert_int_equal(bucket.tokens, RETRY_TOKENS % RETRY_COST_TRANSIENT);
    assert_int_equal(take_all(&bucket, RETRY_THROTTLING), 2); /* 10 were left */
    assert_false(retry_bucket_take(&bucket, RETRY_THROTTLING));

    for (int i = 0; i < RETRY_COST_THROTTLING; i++) {
        assert_false(retry_bucket_take(&bucket, RETRY_THROTTLING));
        retry_bucket_refund(&bucket, RETRY_NEVER);
    }
    assert_true(retry_bucket_take(&bucket, RETRY_THROTTLING));
    retry_bucket_refund(&bucket, RETRY_TRANSIENT);
    assert_int_equal(bucket.tokens, RETRY_COST_TRANSIENT);
    retry_bucket_refund(&bucket, RETRY_THROTTLING);
    assert_int_equal(bucket.tokens, RETRY_COST_TRANSIENT + RETRY_COST_THROTTLING);
}

enum { THREADS = 8, ROUNDS = 20000 };

static void *take_and_give(void *context)
{
    for (int i = 0; i < ROUNDS; i++)
        if (retry_bucket_take(context, RETRY_TRANSIENT))
            retry_bucket_refund(context, RETRY_TRANSIENT);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct retry_bucket bucket;
    pthread_t threads[THREADS];
    retry_bucket_init(&bucket);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &bucket), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(bucket.tokens, RETRY_TOKENS); /* none lost, none made */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),    cmocka_unit_test(test_statuses), cmocka_unit_test(test_failures),
        cmocka_unit_test(test_policies), cmocka_unit_test(test_delays),   cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
