// SPDX-License-Identifier: MIT
/* Conditional requests: every combination of conditions against the order of RFC 9110, section 13.2.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "front/serve_condition.h"

#define AT     "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct serve_state state = {.etag = "tag", .modified_s = 784111777};

/* What a condition says for itself. */
struct value {
    const char *text;
    enum { ABSENT, HOLDS, FAILS } result;
};

static const struct value match[] = {
    {NULL, ABSENT},   {"*", HOLDS}, {"\"tag\"", HOLDS}, {"\"a\", \"tag\"", HOLDS},    {"W/\"tag\"", FAILS},
    {"\"a\"", FAILS}, {"", FAILS},  {"tag", FAILS},     {"W/\"tag\", \"tag\"", HOLDS}};
static const struct value none_match[] = {
    {NULL, ABSENT},       {"*", FAILS},     {"\"tag\"", FAILS}, {"\"a\",\"tag\"", FAILS},
    {"W/\"tag\"", FAILS}, {"\"a\"", HOLDS}, {"", HOLDS},        {"\"ta\"", HOLDS}};
static const struct value unmodified[] = {
    {NULL, ABSENT}, {AT, HOLDS}, {AFTER, HOLDS}, {BEFORE, FAILS}, {"never", ABSENT}};
static const struct value modified[] = {
    {NULL, ABSENT}, {AT, FAILS}, {AFTER, FAILS}, {BEFORE, HOLDS}, {"never", ABSENT}};

static enum serve_verdict expected(const struct value *m, const struct value *u, const struct value *n,
                                   const struct value *s)
{
    if (m->text ? m->result == FAILS : u->result == FAILS)
        return SERVE_VERDICT_ELSEWISE;
    if (n->text ? n->result == FAILS : s->result == FAILS)
        return SERVE_VERDICT_KNOWN;
    return SERVE_VERDICT_GO;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void every_combination_in_its_order(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(match) * COUNT(unmodified) * COUNT(none_match) * COUNT(modified); i++) {
        const struct value *m = &match[i % COUNT(match)],
                           *u = &unmodified[i / COUNT(match) % COUNT(unmodified)];
        const struct value *n = &none_match[i / COUNT(match) / COUNT(unmodified) % COUNT(none_match)];
        const struct value *s = &modified[i / COUNT(match) / COUNT(unmodified) / COUNT(none_match)];
        const struct serve_conditions conditions = {
            .match = m->text, .none_match = n->text, .modified_since = s->text, .unmodified_since = u->text};
        if (serve_conditions_check(&conditions, &state) != expected(m, u, n, s))
            fail_msg("match %s, unmodified since %s, none match %s, modified since %s",
                     m->text ? m->text : "-", u->text ? u->text : "-", n->text ? n->text : "-",
                     s->text ? s->text : "-");
    }
}

static void dates_of_what_has_none_are_not_compared(void **unused)
{
    (void)unused;
    const struct serve_state page = {.etag = "tag", .modified_s = -1};
    const struct serve_conditions dates = {.modified_since = AFTER, .unmodified_since = BEFORE};
    assert_int_equal(serve_conditions_check(&dates, &page), SERVE_VERDICT_GO);
    const struct serve_conditions tag = {.none_match = "\"tag\"", .unmodified_since = BEFORE};
    assert_int_equal(serve_conditions_check(&tag, &page), SERVE_VERDICT_KNOWN);
    assert_false(serve_if_range(AT, &page));
}

static void a_part_belongs_to_the_same(void **unused)
{
    (void)unused;
    static const struct {
        const char *header;
        bool holds;
    } cases[] = {{NULL, true},
                 {"\"tag\"", true},
                 {"W/\"tag\"", false},
                 {"\"a\"", false},
                 {"*", false},
                 {AT, true},
                 {BEFORE, false},
                 {AFTER, false},
                 {"", false},
                 {"\"a\", \"tag\"", false},
                 {"x", false},
                 {"Sunday, 06-Nov-94 08:49:37 GMT", true},
                 {"Sun Nov  6 08:49:37 1994", true}};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (serve_if_range(cases[i].header, &state) != cases[i].holds)
            fail_msg("If-Range: %s", cases[i].header ? cases[i].header : "(none)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_in_its_order),
        cmocka_unit_test(dates_of_what_has_none_are_not_compared),
        cmocka_unit_test(a_part_belongs_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
