// SPDX-License-Identifier: MIT
/* When keys are renewed, by whom, and what happens meanwhile. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws_fixture.h"
#include "base/error.h"
#include "countdown.h"

#define BOX "http://169.254.170.2/keys"

enum { THREADS = 8, END_S = FIXTURE_NOW_S + 6 * 3600 /* when fixture_json's keys end */ };

static const char box[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/keys";
static const char second_set[] =
    "{\"AccessKeyId\":\"SECONDKEY\",\"SecretAccessKey\":\"hush2\",\"Token\":\"hush2\","
    "\"Expiration\":\"2026-11-24T22:00:00Z\"}";

/* A container whose first keys have been fetched, and whose next answer is this. */
static void begin(struct fixture *fixture, int status, const char *next)
{
    fixture_must_begin(fixture, box, NULL, NULL, NULL);
    fixture_answer_times(fixture, "GET", BOX, 200, fixture_json, 1);
    fixture_answer(fixture, "GET", BOX, status, next);
    fixture_expect_key(fixture, "JSONKEY");
    assert_int_equal(fixture->call_count, 1);
}

static void kept_until_a_quarter_of_an_hour_before_the_end(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 200, second_set);
    fixture.now_s = END_S - 901;
    fixture_expect_key(&fixture, "JSONKEY");
    assert_int_equal(fixture.call_count, 1);
    fixture.now_s = END_S - 900;
    fixture_expect_key(&fixture, "SECONDKEY");
    fixture_expect_key(&fixture, "SECONDKEY");
    assert_int_equal(fixture.call_count, 2);
    fixture_end(&fixture);
}

static void an_early_failure_is_forgiven(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 404, "");
    fixture.now_s = END_S - 900;
    fixture_expect_key(&fixture, "JSONKEY");
    assert_int_equal(fixture.call_count, 2);
    fixture.now_s += 59;
    fixture_expect_key(&fixture, "JSONKEY"); /* not with every call */
    assert_int_equal(fixture.call_count, 2);
    fixture.now_s += 1;
    fixture_expect_key(&fixture, "JSONKEY");
    assert_int_equal(fixture.call_count, 3);
    fixture.now_s = END_S - 600;
    fixture_expect_failure(&fixture, TESS_ERR_DENIED, "refuses: HTTP 404", NULL);
    fixture_expect_failure(&fixture, TESS_ERR_DENIED, "refuses: HTTP 404", NULL);
    assert_int_equal(fixture.call_count, 5);
    fixture_forget_answers(&fixture);
    fixture_answer(&fixture, "GET", BOX, 200, second_set);
    fixture_expect_key(&fixture, "SECONDKEY");
    fixture_end(&fixture);
}

/* A server that only has short ones is not asked for each request. */
static void short_ones_are_used(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, box, NULL, NULL, NULL);
    fixture_answer(&fixture, "GET", BOX, 200,
                   "{\"AccessKeyId\":\"SHORTKEY\",\"SecretAccessKey\":\"hush\",\"Token\":\"hush\","
                   "\"Expiration\":\"2026-11-24T10:05:00Z\"}");
    for (int i = 0; i < 5; i++)
        fixture_expect_key(&fixture, "SHORTKEY");
    assert_int_equal(fixture.call_count, 1);
    fixture.now_s += 60;
    fixture_expect_key(&fixture, "SHORTKEY");
    assert_int_equal(fixture.call_count, 2);
    fixture_end(&fixture);
}

static void refused_ones_are_renewed_once(void **state)
{
    (void)state;
    struct fixture fixture;
    struct credentials first, second;
    begin(&fixture, 200, second_set);
    assert_int_equal(credentials_get(fixture.provider, NULL, &first, NULL), TESS_OK);
    assert_true(credentials_expired(fixture.provider, &first));
    assert_true(
        credentials_expired(fixture.provider, &first)); /* another thread's request, refused as well */
    assert_int_equal(credentials_get(fixture.provider, NULL, &second, NULL), TESS_OK);
    assert_string_equal(second.keys.access_key_id, "SECONDKEY");
    assert_true(credentials_expired(fixture.provider, &first)); /* late: there are new ones already */
    fixture_expect_key(&fixture, "SECONDKEY");
    assert_int_equal(fixture.call_count, 2);
    /* The server gives the same again: they are as good as before, and asking on would not end. */
    assert_true(credentials_expired(fixture.provider, &second));
    fixture_expect_key(&fixture, "SECONDKEY");
    assert_int_equal(fixture.call_count, 3);
    assert_false(credentials_expired(fixture.provider, &second));
    fixture_expect_key(&fixture, "SECONDKEY");
    assert_int_equal(fixture.call_count, 3);
    credentials_clear(&first);
    credentials_clear(&second);
    fixture_end(&fixture);
}

struct crowd {
    struct fixture *fixture;
    const char *expected; /* NULL: a failure */
    atomic_int good;
    atomic_int waiting; /* how many make the request or wait for who does */
};

/* One of the crowd. It is asked whether to stop when it begins, and again and again while it waits. */
struct asker {
    struct crowd *crowd;
    atomic_int asked;
};

static enum tess_status go_on(const void *context, struct tess_error *error)
{
    struct asker *asker = (struct asker *)(uintptr_t)context;
    (void)error;
    if (atomic_fetch_add(&asker->asked, 1) == 1)
        atomic_fetch_add(&asker->crowd->waiting, 1);
    return TESS_OK;
}

static void *get_one(void *context)
{
    struct crowd *crowd = context;
    struct asker asker = {.crowd = crowd};
    const struct stop stop = {go_on, &asker};
    struct credentials credentials;
    struct tess_error error;
    const enum tess_status status = credentials_get(crowd->fixture->provider, &stop, &credentials, &error);
    if (crowd->expected ? status == TESS_OK && strcmp(credentials.keys.access_key_id, crowd->expected) == 0
                        : status == TESS_ERR_DENIED && !strstr(error.message, "hush"))
        crowd->good++;
    credentials_clear(&credentials);
    return NULL;
}

static void all_at_once(struct fixture *fixture, const char *expected)
{
    struct crowd crowd = {.fixture = fixture, .expected = expected};
    pthread_t threads[THREADS];
    fixture_hold(fixture);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_one, &crowd), 0);
    while (atomic_load(&crowd.waiting) < THREADS)
        (void)stop_sleep(NULL, 5, NULL);
    fixture_let_go(fixture);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(crowd.good, THREADS);
}

static void many_threads_make_one_request(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, box, NULL, NULL, NULL);
    fixture_answer_times(&fixture, "GET", BOX, 200, fixture_json, 1);
    fixture_answer_times(&fixture, "GET", BOX, 200, second_set, 1);
    all_at_once(&fixture, "JSONKEY");
    assert_int_equal(fixture.call_count, 1);
    fixture.now_s = END_S - 300; /* they insist */
    all_at_once(&fixture, "SECONDKEY");
    assert_int_equal(fixture.call_count, 2);
    fixture_end(&fixture);
}

/* While one renews early, the others go on with what they have. */
static void nobody_waits_for_an_early_renewal(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 200, second_set);
    fixture.now_s = END_S - 800;
    fixture_hold(&fixture);
    struct crowd crowd = {.fixture = &fixture, .expected = "SECONDKEY"};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, get_one, &crowd), 0);
    fixture_await_arrivals(&fixture, 2);
    fixture_expect_key(&fixture, "JSONKEY"); /* who waited here would wait for ever */
    fixture_let_go(&fixture);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(crowd.good, 1);
    assert_int_equal(fixture.call_count, 2);
    fixture_end(&fixture);
}

static void a_failure_is_everybodys(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, box, NULL, NULL, NULL);
    fixture_answer(&fixture, "GET", BOX, 403, "hush");
    all_at_once(&fixture, NULL);
    assert_int_equal(fixture.call_count, 1);
    fixture_end(&fixture);
}

static void waiting_can_be_stopped(void **state)
{
    (void)state;
    struct fixture fixture;
    struct credentials credentials;
    struct tess_error error;
    struct countdown countdown = {5};
    const struct stop stop = countdown_stop(&countdown);
    fixture_must_begin(&fixture, box, NULL, NULL, NULL);
    fixture_hold(&fixture);
    fixture_answer(&fixture, "GET", BOX, 200, fixture_json);
    struct crowd crowd = {.fixture = &fixture, .expected = "JSONKEY"};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, get_one, &crowd), 0);
    fixture_await_arrivals(&fixture, 1);
    assert_int_equal(credentials_get(fixture.provider, &stop, &credentials, &error), TESS_ERR_TIMEOUT);
    assert_string_equal(error.message, "counted down");
    fixture_let_go(&fixture);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(crowd.good, 1);
    fixture_end(&fixture);
}

static void *get_and_be_stopped(void *context)
{
    struct crowd *crowd = context;
    struct credentials credentials;
    struct countdown countdown = {20};
    const struct stop stop = countdown_stop(&countdown);
    if (credentials_get(crowd->fixture->provider, &stop, &credentials, NULL) == TESS_ERR_TIMEOUT)
        crowd->good++;
    fixture_let_go(crowd->fixture);
    return NULL;
}

/* The one who asks is stopped: one who waited asks in its place. */
static void another_takes_over(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_must_begin(&fixture, box, NULL, NULL, NULL);
    fixture_hold(&fixture);
    fixture_answer(&fixture, "GET", BOX, 200, fixture_json);
    struct crowd crowd = {.fixture = &fixture};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, get_and_be_stopped, &crowd), 0);
    fixture_await_arrivals(&fixture, 1);
    fixture_expect_key(&fixture, "JSONKEY");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(crowd.good, 1);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_until_a_quarter_of_an_hour_before_the_end),
        cmocka_unit_test(an_early_failure_is_forgiven),
        cmocka_unit_test(short_ones_are_used),
        cmocka_unit_test(refused_ones_are_renewed_once),
        cmocka_unit_test(many_threads_make_one_request),
        cmocka_unit_test(nobody_waits_for_an_early_renewal),
        cmocka_unit_test(a_failure_is_everybodys),
        cmocka_unit_test(waiting_can_be_stopped),
        cmocka_unit_test(another_takes_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
