// SPDX-License-Identifier: MIT
/* Against the C library's timegm() and gmtime_r(), over all days until 2100 and every 37th after them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "net/iso_time.h"

static int64_t parsed(const char *text)
{
    int64_t unix_s = -1;
    return iso_time_parse(text, &unix_s) ? unix_s : -1;
}

static void known_times(void **state)
{
    (void)state;
    assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parsed("2026-11-24T10:00:00Z"), 1795514400);
    assert_int_equal(parsed("2026-11-24T10:00:00.123456789Z"), 1795514400);
    assert_int_equal(parsed("2026-11-24T12:30:00+02:30"), 1795514400);
    assert_int_equal(parsed("2026-11-23T23:00:00-11:00"), 1795514400);
    assert_int_equal(parsed("2000-02-29T00:00:00Z"), 951782400);
    assert_int_equal(parsed("2016-12-31T23:59:60Z"), 1483228800); /* a leap second */
    assert_int_equal(parsed("9999-12-31T23:59:59Z"), 253402300799);
}

static void days_as_the_c_library_has_them(void **state)
{
    (void)state;
    char text[ISO_TIME_BYTES], expected[64];
    for (int64_t unix_s = 0; unix_s <= 253402300799;
         unix_s += unix_s < 4102444800 ? 86400 - 7 : 37 * 86400 - 7) {
        struct tm tm;
        time_t time = (time_t)unix_s;
        assert_non_null(gmtime_r(&time, &tm));
        assert_int_equal(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
        iso_time_format(unix_s, text);
        assert_string_equal(text, expected);
        assert_int_equal(parsed(text), unix_s);
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Z",
        "2026-11-24",
        "2026-11-24T10:00:00",
        "2026-11-24T10:00:00z",
        "2026-11-24 10:00:00Z",
        "2026-11-24T10:00:00Z ",
        " 2026-11-24T10:00:00Z",
        "2026-11-24T10:00Z",
        "2026-11-24T10:00:00.Z",
        "2026-13-24T10:00:00Z",
        "2026-00-24T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2100-02-29T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2026-11-00T10:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T10:60:00Z",
        "2026-11-24T10:00:61Z",
        "2026-11-24T10:00:00+24:00",
        "2026-11-24T10:00:00+0100",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z",
        "-026-11-24T10:00:00Z",
        "2O26-11-24T10:00:00Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parsed(bad[i]) != -1)
            fail_msg("accepted: \"%s\"", bad[i]);
}

static void outside_there_is_no_text(void **state)
{
    (void)state;
    char text[ISO_TIME_BYTES] = "x";
    iso_time_format(-1, text);
    assert_string_equal(text, "");
    iso_time_format(INT64_MAX, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times),
        cmocka_unit_test(days_as_the_c_library_has_them),
        cmocka_unit_test(refused),
        cmocka_unit_test(outside_there_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
