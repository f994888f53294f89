// SPDX-License-Identifier: MIT
/* Query strings: what is taken, what is refused, and that what was encoded is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/api_query.h"
#include "random_numbers.h"

static void takes(const char *text, size_t count, const char *name, const char *value)
{
    struct api_query query;
    struct tess_error error = {.status = TESS_OK};
    if (api_query_read(&query, text, &error) != TESS_OK)
        fail_msg("%s: %s", text, error.message);
    assert_int_equal(query.count, count);
    if (name) {
        assert_non_null(api_query_get(&query, name));
        assert_string_equal(api_query_get(&query, name), value);
    }
    api_query_clear(&query);
    assert_int_equal(query.count, 0);
}

static void refuses(const char *text, const char *word)
{
    struct api_query query;
    struct tess_error error = {.status = TESS_OK};
    if (api_query_read(&query, text, &error) != TESS_ERR_INVALID)
        fail_msg("%s is taken", text);
    assert_int_equal(error.status, TESS_ERR_INVALID);
    if (!strstr(error.message, word))
        fail_msg("%s: %s", text, error.message);
    api_query_clear(&query);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    takes(NULL, 0, NULL, NULL);
    takes("", 0, NULL, NULL);
    takes("&", 0, NULL, NULL);
    takes("&&&&", 0, NULL, NULL);
}

static void parameters_are_decoded(void **state)
{
    (void)state;
    takes("a=1", 1, "a", "1");
    takes("&a=1&&b=2&", 2, "b", "2");
    takes("a", 1, "a", "");
    takes("a=", 1, "a", "");
    takes("a=b=c", 1, "a", "b=c");
    takes("a==", 1, "a", "=");
    takes("a=x+y%20z%2Bw", 1, "a", "x y z+w");
    takes("+a+=1", 1, " a ", "1");
    takes("%61=1", 1, "a", "1");
    takes("a%3Db=c%26d", 1, "a=b", "c&d");
    takes("a=%c3%a4%E2%82%ac%F0%9f%98%80", 1, "a", "ä€😀");
    takes("a=ä", 1, "a", "ä");
    takes("a=%25%32%35", 1, "a", "%25"); /* decoded once */
    takes("a=1&A=2", 2, "A", "2");
    takes("a=%01%7f%0d%0a", 1, "a", "\x01\x7f\r\n");
    takes("a=1?b=2#c;d=3", 1, "a", "1?b=2#c;d=3");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {
        "%",         "%2",           "%zz",       "%2g",          "%g2",          "%%41",         "x%",
        "x%4",       "%00",          "a%00b",     "%u0041",       "%+1",          "% 1",          "%-1",
        "%ff",       "%c3",          "%c3x",      "%80",          "%c0%80",       "%c1%bf",       "%e0%80%af",
        "%e0%9f%bf", "%ed%a0%80",    "%ed%bf%bf", "%f0%80%80%80", "%f4%90%80%80", "%f5%80%80%80", "\xff",
        "\xc3",      "\xed\xa0\x80", "%e2%82",    "%c3+",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "good=1&a=%s", values[i]);
        refuses(text, "UTF-8");
        (void)snprintf(text, sizeof text, "%s=1", values[i]);
        refuses(text, "UTF-8");
    }
    refuses("a=%c3&b=%a4", "UTF-8"); /* a character never spans parameters */
    refuses("a%c3=%a4", "UTF-8");
}

static void names_are_there_and_once(void **state)
{
    (void)state;
    refuses("=x", "without a name");
    refuses("=", "without a name");
    refuses("a=1&=2", "without a name");
    refuses("a=1&a=2", "twice");
    refuses("a=1&a=1", "twice");
    refuses("a&a", "twice");
    refuses("a=1&b=2&%61=3", "twice");
}

static void unknown_names_have_no_value(void **state)
{
    (void)state;
    struct api_query query;
    struct tess_error error;
    assert_int_equal(api_query_read(&query, "ab=1", &error), TESS_OK);
    assert_null(api_query_get(&query, "a"));
    assert_null(api_query_get(&query, ""));
    assert_null(api_query_get(&query, "abc"));
    api_query_clear(&query);
}

static void parameters_are_counted(void **state)
{
    (void)state;
    char text[1024] = "";
    struct api_query query;
    struct tess_error error = {.status = TESS_OK};
    for (int i = 0; i < API_QUERY_MAX_PARAMETERS; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "&p%d=%d", i, i);
    takes(text, API_QUERY_MAX_PARAMETERS, "p63", "63");
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "&one=more");
    assert_int_equal(api_query_read(&query, text, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "query-parameters");
    assert_non_null(strstr(error.message, "64"));
    assert_int_equal(query.count, API_QUERY_MAX_PARAMETERS);
    api_query_clear(&query);
}

static void bytes_are_counted(void **state)
{
    (void)state;
    char *text = malloc(API_QUERY_MAX_BYTES + 2);
    struct api_query query;
    struct tess_error error = {.status = TESS_OK};
    assert_non_null(text);
    memset(text, 'v', API_QUERY_MAX_BYTES + 1);
    memcpy(text, "a=", 2);
    text[API_QUERY_MAX_BYTES + 1] = '\0';
    assert_int_equal(api_query_read(&query, text, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "query-bytes");
    api_query_clear(&query);
    text[API_QUERY_MAX_BYTES] = '\0';
    takes(text, 1, "a", text + 2);
    free(text);
}

/* What is quoted in an error never fills it, and a cut of it is a string. */
static void long_names_are_cut_in_errors(void **state)
{
    (void)state;
    char text[2048];
    memset(text, 'n', sizeof text);
    memcpy(text + 1000, "=1&", 3);
    memset(text + 1003, 'n', 1000);
    text[2003] = '\0';
    refuses(text, "twice");
    memcpy(text, "%", 1);
    refuses(text, "UTF-8");
}

static void plus_is_a_blank_in_queries_only(void **state)
{
    (void)state;
    char *text = api_decode("a+b%2B", 6, true);
    assert_string_equal(text, "a b+");
    free(text);
    text = api_decode("a+b%2B", 6, false);
    assert_string_equal(text, "a+b+");
    free(text);
    text = api_decode("abc", 0, true);
    assert_string_equal(text, "");
    free(text);
    assert_null(api_decode("%41", 2, true)); /* the escape ends behind the text */
    assert_null(api_decode("a\0b", 3, true));
}

static void queries_are_built(void **state)
{
    (void)state;
    char *query = api_query_append(NULL, "a b", "ä&=");
    assert_string_equal(query, "a%20b=%C3%A4%26%3D");
    query = api_query_append(query, "c", "");
    assert_string_equal(query, "a%20b=%C3%A4%26%3D&c=");
    query = api_query_append(query, "-._~", "+%/");
    assert_string_equal(query, "a%20b=%C3%A4%26%3D&c=&-._~=%2B%25%2F");
    free(query);
    query = calloc(1, 1);
    query = api_query_append(query, "a", "1");
    assert_string_equal(query, "a=1");
    free(query);
}

/* Some characters of every length, ASCII most. */
static void random_text(uint64_t *seed, char *text, size_t characters)
{
    static const char *const rare[] = {"ä", "\xdf\xbf", "€", "\xef\xbf\xbf", "😀", "\xf4\x8f\xbf\xbf", "&",
                                       "=", "%",        "+"};
    for (size_t i = 0; i < characters; i++) {
        if (random_below(seed, 3) == 0) {
            const char *character = rare[random_below(seed, sizeof rare / sizeof *rare)];
            text = (char *)memcpy(text, character, strlen(character)) + strlen(character);
        } else {
            *text++ = (char)(1 + random_below(seed, 127));
        }
    }
    *text = '\0';
}

static void what_is_built_is_read_back(void **state)
{
    (void)state;
    uint64_t seed = 17;
    for (int round = 0; round < 2000; round++) {
        char names[8][64], values[8][128], *text = NULL;
        const size_t count = 1 + random_below(&seed, 8);
        struct api_query query;
        struct tess_error error;
        for (size_t i = 0; i < count; i++) {
            names[i][0] = (char)('a' + i); /* all different */
            random_text(&seed, names[i] + 1, random_below(&seed, 12));
            random_text(&seed, values[i], random_below(&seed, 30));
            text = api_query_append(text, names[i], values[i]);
        }
        if (api_query_read(&query, text, &error) != TESS_OK)
            fail_msg("%s: %s", text, error.message);
        assert_int_equal(query.count, count);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(api_query_get(&query, names[i]), values[i]);
        api_query_clear(&query);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(parameters_are_decoded),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(names_are_there_and_once),
        cmocka_unit_test(unknown_names_have_no_value),
        cmocka_unit_test(parameters_are_counted),
        cmocka_unit_test(bytes_are_counted),
        cmocka_unit_test(long_names_are_cut_in_errors),
        cmocka_unit_test(plus_is_a_blank_in_queries_only),
        cmocka_unit_test(queries_are_built),
        cmocka_unit_test(what_is_built_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
