// SPDX-License-Identifier: MIT
/* When a transfer counts as slow, at times that are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/http_pace.h"

#define MS INT64_C(1000000)

/* Looks every 50 ms, with `bytes` each time, until it is slow or the time has come. The time of the last
 * look. */
static int64_t look(struct http_pace *pace, int64_t from_ms, int64_t until_ms, uint64_t bytes)
{
    for (int64_t at_ms = from_ms; at_ms < until_ms; at_ms += 50)
        if (http_pace_is_slow(pace, at_ms * MS, bytes))
            return at_ms;
    return until_ms;
}

static void nothing_at_all_is_slow_after_one_window(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_begin(&pace, 500 * MS, 2000);
    assert_in_range(look(&pace, 500, 10000, 0), 2500, 2550);
}

static void a_stall_shows_one_window_after_the_last_bytes(void **state)
{
    (void)state;
    for (int64_t last_ms = 0; last_ms < 6000; last_ms += 350) {
        struct http_pace pace;
        http_pace_begin(&pace, 0, 2000);
        assert_int_equal(look(&pace, 0, last_ms, 100000), last_ms);
        assert_false(http_pace_is_slow(&pace, last_ms * MS, 1000000));
        assert_in_range(look(&pace, last_ms, 20000, 0), last_ms + 2000, last_ms + 2250);
    }
}

static void the_edge_is_a_kibibyte_a_second(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_begin(&pace, 0, 2000);
    assert_int_equal(look(&pace, 0, 60000, 52), 60000); /* 1040 a second */
    http_pace_begin(&pace, 0, 2000);
    assert_in_range(look(&pace, 0, 60000, 45), 2000, 2250); /* 900 */
}

static void few_large_pieces_are_as_good_as_many_small_ones(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_begin(&pace, 0, 2000);
    for (int64_t at_ms = 0; at_ms < 30000; at_ms += 1900) {
        assert_false(http_pace_is_slow(&pace, at_ms * MS, 2048));
        assert_int_equal(look(&pace, at_ms, at_ms + 1900, 0), at_ms + 1900);
    }
}

static void after_a_long_sleep_what_came_counts(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_begin(&pace, 0, 2000);
    assert_int_equal(look(&pace, 0, 1000, 1000), 1000);
    assert_false(http_pace_is_slow(&pace, 3600000 * MS, 4096));
    http_pace_begin(&pace, 0, 2000);
    assert_true(http_pace_is_slow(&pace, 3600000 * MS, 0));
}

static void the_smallest_window_works(void **state)
{
    (void)state;
    struct http_pace pace;
    http_pace_begin(&pace, 0, 1);
    assert_false(http_pace_is_slow(&pace, 1, 0));
    assert_true(http_pace_is_slow(&pace, 2 * MS, 0));
    assert_false(http_pace_is_slow(&pace, 2 * MS, 1));
    http_pace_begin(&pace, 0, UINT32_MAX);
    assert_false(http_pace_is_slow(&pace, INT64_C(4294967294) * MS, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_at_all_is_slow_after_one_window),
        cmocka_unit_test(a_stall_shows_one_window_after_the_last_bytes),
        cmocka_unit_test(the_edge_is_a_kibibyte_a_second),
        cmocka_unit_test(few_large_pieces_are_as_good_as_many_small_ones),
        cmocka_unit_test(after_a_long_sleep_what_came_counts),
        cmocka_unit_test(the_smallest_window_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
