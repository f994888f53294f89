// SPDX-License-Identifier: MIT
/* How far our clock is from the servers', from what their answers say: precise, late, lying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/aws_clock.h"

enum { NOW_S = 1795514400, MINUTE_MS = 60000 };

static struct aws_clock learned;

static int setup(void **state)
{
    (void)state;
    aws_clock_init(&learned);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aws_clock_destroy(&learned);
    return 0;
}

static struct aws_instant at(int64_t unix_ms)
{
    return (struct aws_instant){unix_ms, unix_ms - 1000000};
}

static int64_t skew(int64_t unix_ms)
{
    return aws_clock_skew(&learned, at(unix_ms));
}

/* Our clock says `unix_ms` when it comes, after 80 ms; the server's is so much ahead. */
static void answer(int64_t unix_ms, int64_t ahead_ms)
{
    const int64_t server_ms = unix_ms - 40 + ahead_ms;
    aws_clock_learn(&learned, server_ms / 1000, at(unix_ms - 80), at(unix_ms), skew(unix_ms));
}

static void a_right_clock_stays(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 3000; i += 7) {
        answer(NOW_S * 1000LL + i, 0);
        assert_true(skew(NOW_S * 1000LL + i) == 0);
    }
}

static void the_first_answer_counts(void **state)
{
    (void)state;
    const int64_t now_ms = NOW_S * 1000LL + 500;
    answer(now_ms, 10 * MINUTE_MS);
    assert_in_range(skew(now_ms), 10 * MINUTE_MS - 1100, 10 * MINUTE_MS);
    const int64_t before = skew(now_ms);
    for (int64_t i = 0; i < 3000; i += 7) /* and does not move with every other */
        answer(now_ms + i, 10 * MINUTE_MS);
    assert_in_range(skew(now_ms), before, 10 * MINUTE_MS);
}

static void a_clock_ahead(void **state)
{
    (void)state;
    const int64_t now_ms = NOW_S * 1000LL + 500;
    answer(now_ms, -7 * MINUTE_MS);
    assert_true(skew(now_ms) <= -7 * MINUTE_MS && skew(now_ms) > -7 * MINUTE_MS - 1200);
}

static void one_that_lies_is_outvoted(void **state)
{
    (void)state;
    int64_t now_ms = NOW_S * 1000LL;
    answer(now_ms, -9 * MINUTE_MS); /* the first of all */
    answer(now_ms += 100, 0);
    assert_true(skew(now_ms) == 0);
    for (int i = 0; i < 10; i++)
        answer(now_ms += 100, 0);
    answer(now_ms += 100, 14 * MINUTE_MS);
    assert_true(skew(now_ms) == 0);
    answer(now_ms += 100, 0);
    answer(now_ms += 100, -14 * MINUTE_MS);
    assert_true(skew(now_ms) == 0);
}

static void absurd_times_are_no_samples(void **state)
{
    (void)state;
    const int64_t now_ms = NOW_S * 1000LL;
    answer(now_ms, 16 * MINUTE_MS); /* a signature of that time would not have passed */
    answer(now_ms, -365LL * 24 * 60 * MINUTE_MS);
    assert_true(skew(now_ms) == 0);
}

static void a_refusal_is_believed(void **state)
{
    (void)state;
    const int64_t now_ms = NOW_S * 1000LL, hours_ms = 3LL * 60 * MINUTE_MS;
    answer(now_ms, 0);
    answer(now_ms, 0);
    aws_clock_force(&learned, hours_ms, at(now_ms));
    assert_true(skew(now_ms) == hours_ms);
    answer(now_ms, hours_ms);
    assert_in_range(skew(now_ms), hours_ms - 1100, hours_ms);
}

/* Somebody set it, and what it was off before says nothing any more. */
static void a_clock_that_is_set(void **state)
{
    (void)state;
    const int64_t now_ms = NOW_S * 1000LL;
    answer(now_ms, 10 * MINUTE_MS);
    assert_true(skew(now_ms) != 0);
    const struct aws_instant later = {now_ms + 10 * MINUTE_MS, at(now_ms).monotonic_ms + 50};
    assert_true(aws_clock_skew(&learned, later) == 0);
    aws_clock_learn(&learned, later.unix_ms / 1000, later, later, 0);
    assert_true(aws_clock_skew(&learned, later) == 0);
}

#define CLOCK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOCK_TEST(a_right_clock_stays),
        CLOCK_TEST(the_first_answer_counts),
        CLOCK_TEST(a_clock_ahead),
        CLOCK_TEST(one_that_lies_is_outvoted),
        CLOCK_TEST(absurd_times_are_no_samples),
        CLOCK_TEST(a_refusal_is_believed),
        CLOCK_TEST(a_clock_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
