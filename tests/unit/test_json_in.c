// SPDX-License-Identifier: MIT
/* Strict JSON: what is taken and refused, and how much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "front/json_in.h"

enum { MANY = 10000 };

static cJSON *takes(const char *text)
{
    char why[128] = "";
    cJSON *tree = json_read(text, strlen(text), why);
    if (!tree)
        fail_msg("%.200s: %s", text, why);
    return tree;
}

static void refuses(const char *text, const char *word)
{
    char why[128] = "";
    cJSON *tree = json_read(text, strlen(text), why);
    if (tree)
        fail_msg("%.200s is taken", text);
    if (!strstr(why, word))
        fail_msg("%.200s: %s", text, why);
}

/* [0,1,2,…] or {"0":0,"1":1,…}, for free(). */
static char *numbered(unsigned count, bool is_object)
{
    const size_t room = count * (size_t)24 + 3;
    char *text = malloc(room);
    size_t size = 0;
    assert_non_null(text);
    text[size++] = is_object ? '{' : '[';
    for (unsigned i = 0; i < count; i++) {
        char name[16] = "";
        if (is_object)
            (void)snprintf(name, sizeof name, "\"%u\":", i);
        size += (size_t)snprintf(text + size, room - size, "%s%s%u", i ? "," : "", name, i);
    }
    text[size++] = is_object ? '}' : ']';
    text[size] = '\0';
    return text;
}

static void holds(unsigned count, bool is_object, unsigned max_items, bool is_taken)
{
    char why[128] = "", *text = numbered(count, is_object);
    bool too_many;
    cJSON *tree = json_read_up_to(text, strlen(text), max_items, &too_many, why);
    if (!tree != !is_taken)
        fail_msg("%u of %u items: %s", count, max_items, why);
    assert_int_equal(too_many, !is_taken && !is_object);
    if (tree) {
        assert_int_equal(cJSON_GetArraySize(tree), (int)count);
        cJSON_Delete(tree);
    } else {
        assert_non_null(strstr(why, is_object ? "more than 256 members" : "too many items"));
    }
    free(text);
}

static void members_are_counted(void **state)
{
    (void)state;
    static const bool both[] = {false, true};
    for (size_t i = 0; i < 2; i++) {
        holds(0, both[i], JSON_MAX_MEMBERS, true);
        holds(JSON_MAX_MEMBERS, both[i], JSON_MAX_MEMBERS, true);
        holds(JSON_MAX_MEMBERS + 1, both[i], JSON_MAX_MEMBERS, false);
        holds(JSON_MAX_MEMBERS, both[i], 0, true); /* never less than usual */
        holds(JSON_MAX_MEMBERS + 1, both[i], 3, false);
    }
    holds(257, false, 257, true);
    holds(258, false, 257, false);
    holds(MANY, false, MANY, true);
    holds(MANY + 1, false, MANY, false);
    holds(JSON_MAX_MEMBERS, true, MANY, true);
    holds(JSON_MAX_MEMBERS + 1, true, MANY, false); /* objects stay bounded */
}

/* Arrays inside may be as long, objects in them not. */
static void members_are_counted_inside(void **state)
{
    (void)state;
    static const bool both[] = {false, true};
    for (size_t i = 0; i < 2; i++) {
        char why[128], *inside = numbered(300, both[i]);
        const size_t size = strlen(inside) + 16;
        char *text = malloc(size);
        assert_non_null(text);
        (void)snprintf(text, size, "{\"urls\":%s}", inside);
        cJSON *tree = json_read_up_to(text, strlen(text), MANY, NULL, why);
        assert_int_equal(!tree, both[i]);
        cJSON_Delete(tree);
        free(text);
        free(inside);
    }
}

/* Quadratic work on this would take minutes; a hundred times what it needs is allowed. */
static void many_items_are_quick(void **state)
{
    (void)state;
    char why[128];
    char *text = malloc(MANY * (size_t)7 + 3);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < MANY; i++)
        memcpy(text + 1 + 7 * i, "\"same\",", 7);
    memcpy(text + (size_t)MANY * 7, "]", 2); /* over the last comma */
    const clock_t begun = clock();
    cJSON *tree = json_read_up_to(text, strlen(text), MANY, NULL, why);
    assert_non_null(tree);
    assert_true(clock() - begun < 2 * CLOCKS_PER_SEC);
    cJSON_Delete(tree);
    free(text);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[4 * JSON_MAX_DEPTH + 8];
    for (int depth = JSON_MAX_DEPTH; depth <= JSON_MAX_DEPTH + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        if (depth <= JSON_MAX_DEPTH)
            cJSON_Delete(takes(text));
        else
            refuses(text, "nested too deeply");
    }
    /* depth is counted where it is, not in all: this is 2 deep, many times */
    cJSON_Delete(takes("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],{},{},{}]"));
    char why[128], *deep = malloc(100000);
    assert_non_null(deep);
    memset(deep, '[', 100000);
    assert_null(json_read_up_to(deep, 100000, MANY, NULL, why));
    free(deep);
}

static void names_come_once(void **state)
{
    (void)state;
    refuses("{\"a\":1,\"a\":2}", "\"a\" is there twice");
    refuses("{\"a\":1,\"b\":2,\"\\u0061\":3}", "\"a\" is there twice");
    refuses("[{\"b\":{\"c\":1,\"c\":1}}]", "\"c\" is there twice");
    refuses("{\"\":1,\"\":2}", "\"\" is there twice");
    cJSON_Delete(takes("{\"a\":1,\"A\":2,\"b\":{\"a\":3}}"));
    cJSON_Delete(takes("[\"a\",\"a\",{\"a\":1},{\"a\":1}]"));
    char name[401], text[1024];
    memset(name, 'n', 400);
    name[400] = '\0';
    (void)snprintf(text, sizeof text, "{\"%s\":1,\"%s\":1}", name, name);
    refuses(text, "twice");
}

static void strings_are_text(void **state)
{
    (void)state;
    refuses("\"\\u0000\"", "\\u0000");
    refuses("\"a\\u0000b\"", "\\u0000");
    refuses("{\"\\u0000\":1}", "\\u0000");
    refuses("\"\\ud800\"", "surrogate");
    refuses("\"\\uDC00\"", "surrogate");
    refuses("\"\\ud800\\ud800\"", "surrogate");
    refuses("\"\\ud800x\"", "surrogate");
    refuses("\"\\ud800\\n\"", "surrogate");
    refuses("\"\\ud800\\u00\"", "hexadecimal");
    refuses("\"\\uDBFF\\uE000\"", "surrogate");
    refuses("\"\\u12g4\"", "hexadecimal");
    refuses("\"\\u", "hexadecimal");
    refuses("\"\\x41\"", "escape");
    refuses("\"\\", "escape");
    refuses("\"\n\"", "control");
    refuses("\"\x1f\"", "control");
    refuses("\"\xc0\x80\"", "UTF-8");
    refuses("\"\xed\xa0\x80\"", "UTF-8");
    refuses("\"\xc3\"", "UTF-8");
    refuses("\"\xf5\x80\x80\x80\"", "UTF-8");
    refuses("\"abc", "does not end");
    cJSON *tree = takes("\"\\ud83d\\uDE00\\u00e4\\/\\\"\\\\ä\"");
    assert_string_equal(tree->valuestring, "😀ä/\"\\ä");
    cJSON_Delete(tree);
}

static void numbers_are_finite(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0", "-0", "1e308", "-1.5E+3", "1e-400", "123456789012345678901234567890", "0.1e1"};
    static const char *const bad[] = {"01",  "-",        "+1",        ".5",    "1.",     "1e",  "1e+", "0x10",
                                      "NaN", "Infinity", "-Infinity", "1e309", "-1e999", "--1", "1 2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cJSON_Delete(takes(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i], "byte ");
    char digits[128];
    memset(digits, '9', sizeof digits);
    digits[63] = '\0';
    cJSON_Delete(takes(digits));
    digits[63] = '9';
    digits[64] = '\0';
    refuses(digits, "too long");
}

static void only_one_value_is_taken(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      " ",       "[1,]",   "[,1]",    "[1 2]",
                                      "[",     "]",       "{",      "{\"a\"}", "{\"a\":}",
                                      "{a:1}", "{1:1}",   "[1]]",   "{} {}",   "tru",
                                      "true1", "nul",     "True",   "'a'",     "{\"a\":1,}",
                                      "[1}",   "// x\n1", "1 /**/", "\v1",     "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i], "byte ");
    cJSON_Delete(takes(" \t\r\n[ 1 , { \"a\" : null } , true , false ] \n"));
    char why[128] = "";
    assert_null(json_read("1\0", 2, why)); /* a NUL is no end */
    assert_null(json_read("\"a\0b\"", 5, why));
    assert_null(json_read("[1\0]", 4, why));
    cJSON *tree = json_read("12345", 2, why); /* nor is one needed */
    assert_non_null(tree);
    assert_int_equal(tree->valueint, 12);
    cJSON_Delete(tree);
}

static void reasons_say_where(void **state)
{
    (void)state;
    refuses("[1,2,x]", "byte 6: a value is expected");
    refuses("{\"a\" 1}", "byte 6: a colon is expected");
    refuses("[] x", "byte 4: something follows the value");
}

/* "\\\\u0000" is a backslash and digits, no NUL. */
static void nuls_are_told(void **state)
{
    static const struct {
        const char *text, *body;
        bool in_member, elsewhere;
    } cases[] = {
        {"{\"body\":\"a\"}", "a", false, false},
        {"{\"body\":\"a\\u0000b\"}",
         "a\xef\xbf\xbd"
         "b",
         true, false},
        {"{\"x\":\"\\u0000\",\"body\":\"a\"}", "a", false, true},
        {"{\"body\":\"a\",\"x\":[{\"body\":\"\\u0000\"}]}", "a", false, true},
        {"{\"\\u0000\":1,\"body\":\"\\u0000\\u0000\"}", "\xef\xbf\xbd\xef\xbf\xbd", true, true},
        {"{\"body\":\"\\\\u0000\"}", "\\u0000", false, false},
        {"{\"body\":\"\\\\\\u0000\\u0001\"}", "\\\xef\xbf\xbd\x01", true, false},
        {"{\"body\" : \"\\u0000\"}", "\xef\xbf\xbd", true, false},
        {"{\"body\":\"a\",\"\\u0000\":1}", "a", false, true},
        {"{\"bodys\":\"\\u0000\",\"body\":\"\"}", "", false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[128] = "";
        struct json_nuls nuls = {.member = "body"};
        const size_t size = strlen(cases[i].text);
        cJSON *tree = json_read_with_nuls(cases[i].text, size, JSON_MAX_MEMBERS, &nuls, why);
        if (!tree)
            fail_msg("%s: %s", cases[i].text, why);
        assert_string_equal(json_text(tree, "body"), cases[i].body);
        assert_int_equal(nuls.in_member, cases[i].in_member);
        assert_int_equal(nuls.elsewhere, cases[i].elsewhere);
        cJSON_Delete(tree);
    }
    refuses("{\"body\":\"a\\u0000b\"}", "\\u0000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nuls_are_told),
        cmocka_unit_test(members_are_counted),
        cmocka_unit_test(members_are_counted_inside),
        cmocka_unit_test(many_items_are_quick),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(names_come_once),
        cmocka_unit_test(strings_are_text),
        cmocka_unit_test(numbers_are_finite),
        cmocka_unit_test(only_one_value_is_taken),
        cmocka_unit_test(reasons_say_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
