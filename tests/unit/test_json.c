// SPDX-License-Identifier: MIT
/* The JSON reader is as strict as RFC 8259 and stricter; the writer's strings come back as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/json.h"
#include "torture.h"

/* Parses a copy of exactly that size, so that AddressSanitizer sees a read past the end. */
static enum tess_status parse(const char *text, size_t size, cJSON **value_out, struct tess_error *error)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    enum tess_status status = json_parse(copy, size, value_out, error);
    free(copy);
    return status;
}

static void expect_good(const char *text)
{
    cJSON *value = NULL;
    struct tess_error error = {.message = ""};
    if (parse(text, strlen(text), &value, &error) != TESS_OK)
        fail_msg("%s: %s", text, error.message);
    assert_non_null(value);
    cJSON_Delete(value);
}

static void expect_refused_of(const char *text, size_t size, const char *words)
{
    cJSON *value = NULL;
    struct tess_error error = {.message = ""};
    if (parse(text, size, &value, &error) != TESS_ERR_CORRUPT || error.status != TESS_ERR_CORRUPT)
        fail_msg("not refused: %.80s", text);
    assert_null(value);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
}

static void expect_refused(const char *text, const char *words)
{
    expect_refused_of(text, strlen(text), words);
}

static void test_good(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "12.5e-3",
        " true ",
        "\tnull\r\n",
        "\"\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[1,[2,[3]],{\"a\":{}}]",
        "{\"\":1,\"a\":\"\\u00e9\\ud83d\\ude00\\\\\\/\",\"A\":2}",
        "\"\x7F€😀\"",
        "123456789012345678901234567890123456789012345678901234567890123",
        "1e308",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_good(texts[i]);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "byte 1"},
        {" ", "byte 2"},
        {"{", "byte 2"},
        {"[1,]", "byte 4"},
        {"[1 2]", "comma"},
        {"{\"a\":1,}", "byte 8"},
        {"{a:1}", "byte 2"},
        {"{\"a\" 1}", "colon"},
        {"{\"a\"}", "colon"},
        {"'a'", "byte 1"},
        {"1 1", "byte 3: something follows"},
        {"{}x", "byte 3: something follows"},
        {"01", "something follows"},
        {"+1", "byte 1"},
        {"-", "byte 2"},
        {"1.", "digit"},
        {".5", "byte 1"},
        {"1e", "digit"},
        {"1e999", "out of range"},
        {"-1e999", "out of range"},
        {"1234567890123456789012345678901234567890123456789012345678901234", "63 characters"},
        {"NaN", "byte 1"},
        {"Infinity", "byte 1"},
        {"nul", "no value"},
        {"truex", "something follows"},
        {"\"a", "does not end"},
        {"\"a\\", "escape"},
        {"\"\\x\"", "escape"},
        {"\"\\u12\"", "hexadecimal"},
        {"\"\\u00\x00g0\"", "hexadecimal"},
        {"\"\\u0000\"", "\\u0000"},
        {"\"\\ud800\"", "surrogate"},
        {"\"\\ud800\\n\"", "surrogate"},
        {"\"\\ud800\\u0041\"", "surrogate"},
        {"\"\\udc00\"", "surrogate"},
        {"\"\n\"", "control"},
        {"\"\xFF\"", "UTF-8"},
        {"\"\xC0\x80\"", "UTF-8"},
        {"\"\xED\xA0\x80\"", "UTF-8"},
        {"\xEF\xBB\xBF{}", "byte 1"},
        {"{\"a\":1,\"a\":2}", "twice"},
        {"[{\"b\":{\"a\":1,\"\\u0061\":2}}]", "twice"},
        {"// c\n1", "byte 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(cases[i].text, cases[i].words);
    expect_refused_of("1\0", 2, "byte 2");
    expect_refused_of("\"\0\"", 3, "control");
    expect_refused_of("\0", 1, "byte 1");
    assert_int_equal(json_parse("x", 1, &(cJSON *){NULL}, NULL), TESS_ERR_CORRUPT);
}

static void test_limits(void **state)
{
    (void)state;
    char deep[2 * (JSON_MAX_DEPTH + 1) + 1];
    memset(deep, '[', JSON_MAX_DEPTH);
    memset(deep + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    deep[2 * JSON_MAX_DEPTH] = '\0';
    expect_good(deep);
    memset(deep, '[', JSON_MAX_DEPTH + 1);
    expect_refused_of(deep, JSON_MAX_DEPTH + 1, "64 levels");

    struct bytes many;
    bytes_init(&many, 64 << 20);
    assert_int_equal(bytes_append_text(&many, "[0"), TESS_OK);
    for (size_t i = 0; i < JSON_MAX_VALUES; i++)
        assert_int_equal(bytes_append_text(&many, ",0"), TESS_OK);
    expect_refused_of((const char *)many.data, many.size, "2000000 values");
    many.size = 0;
    assert_int_equal(bytes_reserve(&many, JSON_MAX_BYTES + 1), TESS_OK);
    memset(many.data, ' ', JSON_MAX_BYTES + 1);
    expect_refused_of((const char *)many.data, JSON_MAX_BYTES + 1, "the limit is 33554432");
    bytes_clear(&many);
}

/* An object of many members takes another way to find the name that is there twice. */
static void test_many_names(void **state)
{
    (void)state;
    struct bytes text;
    cJSON *value = NULL;
    bytes_init(&text, 10 << 20);
    assert_int_equal(bytes_append_text(&text, "{\"n7\":0"), TESS_OK);
    for (int i = 100; i < 60000; i++)
        assert_int_equal(bytes_append_format(&text, ",\"n%d\":%d", i, i), TESS_OK);
    assert_int_equal(bytes_append_text(&text, "}"), TESS_OK);
    assert_int_equal(json_parse(text.data, text.size, &value, NULL), TESS_OK);
    cJSON_Delete(value);
    text.size--;
    assert_int_equal(bytes_append_text(&text, ",\"\\u006e7\":1}"), TESS_OK);
    expect_refused_of((const char *)text.data, text.size, "twice");
    bytes_clear(&text);
}

static void test_members(void **state)
{
    (void)state;
    static const char text[] = "{\"Item\":{\"a\":\"x\"},\"item\":\"y\",\"list\":[1],\"number\":3}";
    cJSON *value = NULL;
    assert_int_equal(json_parse(text, strlen(text), &value, NULL), TESS_OK);
    assert_string_equal(json_text_at(json_object_at(value, "Item"), "a"), "x");
    assert_string_equal(json_text_at(value, "item"), "y");
    assert_int_equal(cJSON_GetArraySize(json_array_at(value, "list")), 1);
    assert_null(json_object_at(value, "item"));
    assert_null(json_object_at(value, "list"));
    assert_null(json_array_at(value, "Item"));
    assert_null(json_text_at(value, "number"));
    assert_null(json_text_at(value, "ITEM"));
    assert_null(json_text_at(NULL, "a"));
    assert_null(json_object_at(NULL, "a"));
    assert_null(json_array_at(NULL, "a"));
    assert_null(json_text_at(json_array_at(value, "list"), "a"));
    cJSON_Delete(value);
}

static void test_int64(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_int_equal(json_int64_of("0", &value), TESS_OK);
    assert_true(value == 0);
    assert_int_equal(json_int64_of("9223372036854775807", &value), TESS_OK);
    assert_true(value == INT64_MAX);
    assert_int_equal(json_int64_of("-9223372036854775808", &value), TESS_OK);
    assert_true(value == INT64_MIN);
    static const char *const bad[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "007",
        "1\n",
        "--1",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(json_int64_of(bad[i], &value), TESS_ERR_CORRUPT);
    assert_true(value == INT64_MIN);
}

static void test_write(void **state)
{
    (void)state;
    static const char original[] = "a\"b\\c/\n\r\t\b\f\x01\x1F\x7F€😀'<";
    struct bytes out;
    cJSON *value = NULL;
    bytes_init(&out, 1000);
    assert_int_equal(json_write_text(&out, original), TESS_OK);
    assert_int_equal(json_parse(out.data, out.size, &value, NULL), TESS_OK);
    assert_string_equal(cJSON_GetStringValue(value), original);
    cJSON_Delete(value);
    out.size = 0;
    assert_int_equal(json_write_text(&out, ""), TESS_OK);
    assert_string_equal(bytes_text(&out), "\"\"");
    out.size = 0;
    assert_int_equal(json_write_text(&out, "a\xFF"), TESS_ERR_INVALID);
    assert_int_equal(out.size, 0);
    bytes_clear(&out);
    bytes_init(&out, 4);
    assert_int_equal(json_write_text(&out, "abc"), TESS_ERR_LIMIT);
    bytes_clear(&out);
}

static enum tess_status tortured(void *context, struct tess_error *error)
{
    (void)context;
    static const char text[] =
        "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":0,"
        "\"k\":1,\"l\":2,\"m\":3,\"n\":4,\"o\":5,\"p\":6,\"q\":7}";
    cJSON *value = NULL;
    enum tess_status status = json_parse(text, strlen(text), &value, error);
    assert_true((status == TESS_OK) == (value != NULL));
    cJSON_Delete(value);
    return status;
}

static void test_torture(void **state)
{
    (void)state;
    assert_true(torture_loop(TORTURE_MEMORY, tortured, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_refused), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_names), cmocka_unit_test(test_members), cmocka_unit_test(test_int64),
        cmocka_unit_test(test_write),      cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
