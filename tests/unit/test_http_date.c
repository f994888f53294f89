// SPDX-License-Identifier: MIT
/* The three forms of RFC 9110's dates, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "net/http_date.h"

static void expect(const char *text, int64_t unix_s)
{
    int64_t found = -1;
    if (!http_date_read(text, &found))
        fail_msg("\"%s\" is not understood", text);
    if (found != unix_s)
        fail_msg("\"%s\" is taken for %lld, not %lld", text, (long long)found, (long long)unix_s);
}

static void test_forms(void **state)
{
    (void)state;
    expect("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    expect("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    expect("Sun Nov  6 08:49:37 1994", 784111777);
    expect("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    expect("Thu, 29 Feb 2024 12:00:00 GMT", 1709208000);
    expect("Tue, 24 Nov 2026 10:00:00 GMT", 1795514400);
    expect("Tuesday, 24-Nov-26 10:00:00 GMT", 1795514400);
    expect("Tue Nov 24 10:00:00 2026", 1795514400);
    expect("Thu, 31 Dec 9998 23:59:59 GMT", 253370764799);
}

/* Against libc, for a day of every month of two centuries. */
static void test_calendar(void **state)
{
    (void)state;
    for (int64_t unix_s = 86399; unix_s < (int64_t)200 * 365 * 86400; unix_s += 11 * 86400 + 3607) {
        const time_t time = (time_t)unix_s;
        struct tm parts;
        char text[64];
        assert_non_null(gmtime_r(&time, &parts));
        assert_true(strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0);
        expect(text, unix_s);
        assert_true(strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts) > 0);
        expect(text, unix_s);
        if (parts.tm_year >= 170) /* "70" is 1970 */
            continue;
        assert_true(strftime(text, sizeof text, "%A, %d-%b-%y %H:%M:%S GMT", &parts) > 0);
        expect(text, unix_s);
    }
}

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "S",
        "Sun",
        "Sun,",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT", /* it was a Sunday */
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nvo 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Thu, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 -8:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 99994 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday 06-Nov-94 08:49:37 GMT",
        "Sundae, 06-Nov-94 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 6-Nov-94 08:49:37 GMT",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov    08:49:37 1994",
        "784111777",
        "1994-11-06T08:49:37Z",
        "Sun, \xff\xff Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\r\nSet-Cookie: a",
    };
    int64_t found;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (http_date_read(texts[i], &found))
            fail_msg("\"%s\" is taken for a date", texts[i]);
}

/* Every text that differs from a date in one byte, or is cut, is either no date or another one; nothing is
 * read past the end (AddressSanitizer looks on). */
static void test_damage(void **state)
{
    (void)state;
    static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        const size_t size = strlen(dates[i]);
        for (size_t at = 0; at < size; at++) {
            int64_t found = 784111777;
            char *text = test_malloc(size + 1);
            memcpy(text, dates[i], size + 1);
            for (int byte = 0; byte < 256; byte++) {
                text[at] = (char)byte;
                if (text[at] != dates[i][at] && http_date_read(text, &found))
                    assert_true(found != 784111777 || (text[at] == '0' && dates[i][at] == ' '));
            }
            test_free(text);
        }
        for (size_t cut = 0; cut < size; cut++) {
            int64_t found;
            char *text = test_malloc(cut + 1);
            memcpy(text, dates[i], cut);
            text[cut] = '\0';
            assert_false(http_date_read(text, &found));
            test_free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_calendar),
                                       cmocka_unit_test(test_nonsense), cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests_name("http_date", tests, NULL, NULL);
}
