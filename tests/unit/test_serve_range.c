// SPDX-License-Identifier: MIT
/* Ranges and entity tags of RFC 9110: a table of cases, and random ranges against a model of arrays. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "front/serve_range.h"
#include "random_numbers.h"

#define HUGE_NUMBER "99999999999999999999999999999999"

static const struct {
    const char *header;
    uint64_t total;
    enum serve_range_kind kind;
    uint64_t first, size;
} cases[] = {
    {NULL, 100, SERVE_RANGE_ALL, 0, 100},
    {"", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=0-99", 100, SERVE_RANGE_PART, 0, 100},
    {"bytes=0-0", 100, SERVE_RANGE_PART, 0, 1},
    {"bytes=10-19", 100, SERVE_RANGE_PART, 10, 10},
    {"bytes=99-99", 100, SERVE_RANGE_PART, 99, 1},
    {"bytes=99-100", 100, SERVE_RANGE_PART, 99, 1},
    {"bytes=0-", 100, SERVE_RANGE_PART, 0, 100},
    {"bytes=99-", 100, SERVE_RANGE_PART, 99, 1},
    {"bytes=-1", 100, SERVE_RANGE_PART, 99, 1},
    {"bytes=-100", 100, SERVE_RANGE_PART, 0, 100},
    {"bytes=-101", 100, SERVE_RANGE_PART, 0, 100},
    {"bytes=000000000000000000000000005-000000000000000000000000007", 100, SERVE_RANGE_PART, 5, 3},
    {"bytes=100-", 100, SERVE_RANGE_NONE, 0, 100},
    {"bytes=100-200", 100, SERVE_RANGE_NONE, 0, 100},
    {"bytes=-0", 100, SERVE_RANGE_NONE, 0, 100},
    /* nothing: no part of it, but the whole */
    {"bytes=0-", 0, SERVE_RANGE_NONE, 0, 0},
    {"bytes=0-0", 0, SERVE_RANGE_NONE, 0, 0},
    {"bytes=-0", 0, SERVE_RANGE_NONE, 0, 0},
    {"bytes=-1", 0, SERVE_RANGE_ALL, 0, 0},
    {NULL, 0, SERVE_RANGE_ALL, 0, 0},
    /* large numbers */
    {"bytes=5-" HUGE_NUMBER, 100, SERVE_RANGE_PART, 5, 95},
    {"bytes=-" HUGE_NUMBER, 100, SERVE_RANGE_PART, 0, 100},
    {"bytes=" HUGE_NUMBER "-", 100, SERVE_RANGE_NONE, 0, 100},
    {"bytes=18446744073709551615-", UINT64_MAX, SERVE_RANGE_NONE, 0, UINT64_MAX},
    {"bytes=18446744073709551614-18446744073709551615", UINT64_MAX, SERVE_RANGE_PART, UINT64_MAX - 1, 1},
    {"bytes=0-18446744073709551616", UINT64_MAX, SERVE_RANGE_PART, 0, UINT64_MAX},
    {"bytes=-18446744073709551615", UINT64_MAX, SERVE_RANGE_PART, 0, UINT64_MAX},
    /* blanks and letters */
    {"BYTES=1-2", 100, SERVE_RANGE_PART, 1, 2},
    {"bytes= 1-2", 100, SERVE_RANGE_PART, 1, 2},
    {"bytes=1-2 \t", 100, SERVE_RANGE_PART, 1, 2},
    {"bytes=\t-2 ", 100, SERVE_RANGE_PART, 98, 2},
    {"bytes=1 -2", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=1- 2", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes =1-2", 100, SERVE_RANGE_ALL, 0, 100},
    {" bytes=1-2", 100, SERVE_RANGE_ALL, 0, 100},
    /* what is not understood */
    {"bytes", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes= ", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=-", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=--", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=--1", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=1--", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=5", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=a-b", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=1-b", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=+1-2", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=0x1-2", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=1-2-3", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=1.0-2", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=9-8", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=200-100", 100, SERVE_RANGE_ALL, 0, 100},
    {"items=1-2", 100, SERVE_RANGE_ALL, 0, 100},
    {"byte=1-2", 100, SERVE_RANGE_ALL, 0, 100},
    /* several */
    {"bytes=0-1,3-4", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=0-1, -1", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=0-1,", 100, SERVE_RANGE_ALL, 0, 100},
    {"bytes=,0-1", 100, SERVE_RANGE_ALL, 0, 100},
};

static void ranges_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct serve_range range = {77, 77};
        const enum serve_range_kind kind = serve_range_read(cases[i].header, cases[i].total, &range);
        if (kind != cases[i].kind || range.first != cases[i].first || range.size != cases[i].size)
            fail_msg("%s of %" PRIu64 ": kind %d, %" PRIu64 " bytes from %" PRIu64,
                     cases[i].header ? cases[i].header : "(none)", cases[i].total, (int)kind, range.size,
                     range.first);
    }
}

/* Marks the bytes of 0 to 39 that a client asks for, one by one. */
static void check_against_model(bool has_first, unsigned first, bool has_last, unsigned last, unsigned total)
{
    char header[64], first_text[16] = "", last_text[16] = "";
    bool wanted[40] = {false};
    unsigned count = 0;
    if (has_first)
        (void)snprintf(first_text, sizeof first_text, "%u", first);
    if (has_last)
        (void)snprintf(last_text, sizeof last_text, "%u", last);
    (void)snprintf(header, sizeof header, "bytes=%s-%s", first_text, last_text);
    for (unsigned at = 0; at < total; at++) {
        wanted[at] = has_first ? at >= first && (!has_last || at <= last) : has_last && at + last >= total;
        count += wanted[at];
    }
    struct serve_range range;
    const enum serve_range_kind kind = serve_range_read(header, total, &range);
    const bool is_wrong = (!has_first && !has_last) || (has_first && has_last && last < first);
    if (is_wrong || (!has_first && last > 0 && total == 0)) {
        assert_int_equal(kind, SERVE_RANGE_ALL);
        return;
    }
    assert_int_equal(kind, count > 0 ? SERVE_RANGE_PART : SERVE_RANGE_NONE);
    if (kind != SERVE_RANGE_PART)
        return;
    if (range.size != count || range.first + range.size > total)
        fail_msg("%s of %u", header, total);
    for (unsigned at = 0; at < total; at++)
        assert_int_equal(wanted[at], at >= range.first && at < range.first + range.size);
}

static void random_ranges_are_those_of_the_model(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 20000; round++)
        check_against_model(random_below(&seed, 4) > 0, (unsigned)random_below(&seed, 45),
                            random_below(&seed, 4) > 0, (unsigned)random_below(&seed, 45),
                            (unsigned)random_below(&seed, 41));
}

static void tags_are_found_in_lists(void **state)
{
    (void)state;
    static const char *const matching[] = {
        "\"abc\"",
        "W/\"abc\"",
        "*",
        " * ",
        "\"x\", \"abc\"",
        "\"x\",\"abc\",\"y\"",
        "W/\"x\", W/\"abc\"",
        "\t\"abc\" ",
        ",,\"abc\"",
        "\"a,b\", \"abc\"",
        "\"W/\", \"abc\"",
        "\"\", \"abc\"",
        "\"abc\", garbage",
        "\"*\", \"abc\"",
    };
    static const char *const other[] = {
        "",
        " ",
        ",",
        "abc",
        "\"abc",
        "abc\"",
        "\"ab\"",
        "\"abcd\"",
        "\"ABC\"",
        "\"\"",
        "W/abc",
        "W/",
        "W",
        "w/\"abc\"",
        "W/ \"abc\"",
        "W/W/\"abc\"",
        "garbage, \"abc\"",
        "\"x\" garbage \"abc\"",
        "\"x\", *",
        "*, \"x\"",
        "*x",
        "W/*",
        "\"*\"",
        "\"x\", \"abc",
        "'abc'",
        "\"abc\\\"",
        "\"x\\\", \"abc",
        "Fri, 27 Nov 2026 11:00:00 GMT",
    };
    for (size_t i = 0; i < sizeof matching / sizeof *matching; i++)
        if (!serve_etag_matches(matching[i], "abc"))
            fail_msg("%s does not match", matching[i]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (serve_etag_matches(other[i], "abc"))
            fail_msg("%s matches", other[i]);
    assert_true(serve_etag_matches("\"\"", ""));
    assert_true(serve_etag_matches("\"a,b\"", "a,b"));
}

static void one_strong_tag_goes_with_a_range(void **state)
{
    (void)state;
    static const char *const other[] = {"",
                                        "*",
                                        "abc",
                                        "W/\"abc\"",
                                        "\"ab\"",
                                        "\"abcd\"",
                                        "\"abc",
                                        "\"abc\", \"x\"",
                                        "\"x\", \"abc\"",
                                        "\"abc \"",
                                        "\" abc\"",
                                        "\"abc\"x",
                                        "\"abc\",",
                                        "\"",
                                        "Fri, 27 Nov 2026 11:00:00 GMT"};
    assert_true(serve_etag_is("\"abc\"", "abc"));
    assert_true(serve_etag_is(" \"abc\"\t", "abc"));
    assert_true(serve_etag_is("\"\"", ""));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (serve_etag_is(other[i], "abc"))
            fail_msg("%s is taken", other[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(random_ranges_are_those_of_the_model),
        cmocka_unit_test(tags_are_found_in_lists),
        cmocka_unit_test(one_strong_tag_goes_with_a_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
