// SPDX-License-Identifier: MIT
/* --cors-origin: what is an origin, which page is told what, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "front/origins.h"

#define A "https://a.example"
#define B "http://b.example:8080"

static const struct {
    const char *list, *origin, *answer;
} cases[] = {
    /* all, nobody */
    {"*", A, "*"},
    {"*", NULL, "*"},
    {"*," A, B, "*"},
    {"none", A, NULL},
    {"NONE", NULL, NULL},
    /* one, told to all that ask */
    {A, A, A},
    {A, NULL, A},
    {A, B, A},
    /* several: the one that asks, or nobody */
    {A "," B, A, A},
    {A " ,\t" B, B, B},
    {A "," B, NULL, NULL},
    {A "," B, "https://c.example", NULL},
    {A "," B, "http://a.example", NULL},
    {A "," B, "http://b.example", NULL},
    {A "," B, A ".evil.example", NULL},
    {A "," B, "https://evil-a.example", NULL},
    {A "," B, "null", NULL},
    {A "," B, "", NULL},
    {A "," B, "a.example", NULL},
    {A "," B, A "," B, NULL},
    /* as people write them */
    {A "/," B, A, A},
    {A "//," B "/", B, B},
    {"HTTPS://A.Example," B, A, A},
    {"https://a.example:443," B, A, A},
    {"http://c.example:80," B, "http://c.example", "http://c.example"},
    {"https://a.example:80," B, "https://a.example:80", "https://a.example:80"},
    {"http://[::1]:3000," B, "http://[::1]:3000", "http://[::1]:3000"},
    /* bare hosts: under both schemes, at this port */
    {"a.example", A, A},
    {"a.example", "http://a.example", "http://a.example"},
    {"a.example", NULL, NULL},
    {"a.example", "https://a.example:8443", NULL},
    {"localhost:3000", "http://localhost:3000", "http://localhost:3000"},
    {"localhost:3000", "http://localhost", NULL},
    {"a.example:443", A, A},
    {"a.example:443," B, "http://a.example", NULL},
    {"a.example:80", "http://a.example", "http://a.example"},
    {"a.example", "app://a.example", NULL},
    /* apps and extensions */
    {"capacitor://localhost", "capacitor://localhost", "capacitor://localhost"},
    {"chrome-extension://abcdef," A, "chrome-extension://abcdef", "chrome-extension://abcdef"},
    {"capacitor://localhost," A, "ionic://localhost", NULL},
    {"localhost:3000/," A, "https://localhost:3000", "https://localhost:3000"},
};

static void the_page_that_asks_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct origins origins;
        struct tess_error error = {0};
        if (origins_read(cases[i].list, &origins, &error) != TESS_OK)
            fail_msg("%s: %s", cases[i].list, error.message);
        const char *answer = origins_answer(&origins, cases[i].origin);
        if (!answer != !cases[i].answer || (answer && strcmp(answer, cases[i].answer) != 0))
            fail_msg("%s, asked by %s: %s", cases[i].list, cases[i].origin ? cases[i].origin : "(nobody)",
                     answer ? answer : "(nothing)");
        origins_clear(&origins);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {"",
                                        " ",
                                        ",",
                                        A ",",
                                        "," A,
                                        A ",," B,
                                        "https://",
                                        "https:///",
                                        "://a",
                                        "a b",
                                        A " " B,
                                        "1app://a.example",
                                        "app:/a.example",
                                        A "/path",
                                        A "?x",
                                        A "#x",
                                        "ftp://a.example",
                                        "file:///",
                                        "https://*.example.com",
                                        "*.example.com",
                                        "**",
                                        "null",
                                        "none," A,
                                        "*,none",
                                        "https://user@a.example",
                                        "https://a.example:",
                                        "https://a.example:0",
                                        "https://a.example:65536",
                                        "https://a.example:x",
                                        "https://[::1",
                                        "https://[]",
                                        "https://[::g]",
                                        "https://.example",
                                        "a;b",
                                        "'a'",
                                        "\"*\"",
                                        "https://b\xc3\xbc.example",
                                        "a\nb",
                                        "https://a.example\r\nX: y"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct origins origins;
        struct tess_error error = {0};
        if (origins_read(lists[i], &origins, &error) != TESS_ERR_INVALID)
            fail_msg("\"%s\" is taken", lists[i]);
        assert_non_null(strstr(error.message, "cors-origin: "));
        assert_null(origins.items);
    }
}

static void only_lists_vary(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool varies;
    } lists[] = {{"*", false}, {"none", false}, {A, true}, {A "," B, true}, {"a.example", true}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct origins origins;
        struct tess_error error;
        assert_int_equal(origins_read(lists[i].list, &origins, &error), TESS_OK);
        assert_int_equal(origins_vary(&origins), lists[i].varies);
        origins_clear(&origins);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_that_asks_is_told),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(only_lists_vary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
