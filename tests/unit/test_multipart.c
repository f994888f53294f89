// SPDX-License-Identifier: MIT
/* multipart/form-data: the same parts, whatever pieces they come in; what is no form is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/multipart.h"

/* What was called, as text: "<name|file:data>". */
struct transcript {
    char text[8192];
    size_t size;
    bool inside;
};

static void note(struct transcript *transcript, const char *bytes, size_t size)
{
    assert_true(transcript->size + size < sizeof transcript->text);
    memcpy(transcript->text + transcript->size, bytes, size);
    transcript->size += size;
    transcript->text[transcript->size] = '\0';
}

static enum tess_status begin(void *context, const struct multipart_part *part, struct tess_error *error)
{
    struct transcript *transcript = context;
    (void)error;
    assert_false(transcript->inside);
    transcript->inside = true;
    note(transcript, "<", 1);
    note(transcript, part->name, strlen(part->name));
    note(transcript, part->is_file ? "|file:" : ":", part->is_file ? 6 : 1);
    return TESS_OK;
}

static enum tess_status data(void *context, const char *bytes, size_t size, struct tess_error *error)
{
    (void)error;
    assert_true(((struct transcript *)context)->inside && size > 0);
    note(context, bytes, size);
    return TESS_OK;
}

static enum tess_status end(void *context, struct tess_error *error)
{
    struct transcript *transcript = context;
    (void)error;
    assert_true(transcript->inside);
    transcript->inside = false;
    note(transcript, ">", 1);
    return TESS_OK;
}

#define TYPE                  "multipart/form-data; boundary=xYz"
#define PART(name)            "Content-Disposition: form-data; name=\"" name "\""
#define FILE_PART(name, file) PART(name) "; filename=\"" file "\"\r\nContent-Type: image/jpeg"

/* The bytes in pieces of `piece`, the first of which has `first`. */
static enum tess_status feed(const char *type, const char *bytes, size_t size, size_t first, size_t piece,
                             struct transcript *transcript, struct tess_error *error)
{
    struct multipart reader;
    const struct multipart_parts parts = {transcript, begin, data, end};
    memset(transcript, 0, sizeof *transcript);
    *error = (struct tess_error){.status = TESS_OK};
    enum tess_status status = multipart_begin(&reader, type, error);
    for (size_t at = 0, now = first; status == TESS_OK && at < size; at += now, now = piece) {
        now = now < size - at ? now : size - at;
        char *copy = malloc(now + 1); /* so that a byte too many is seen */
        assert_non_null(copy);
        memcpy(copy, bytes + at, now);
        status = multipart_feed(&reader, copy, now, &parts, error);
        free(copy);
    }
    if (status == TESS_OK)
        status = multipart_end(&reader, error);
    assert_int_equal(error->status, status);
    assert_true(status == TESS_OK || error->message[0] != '\0');
    return status;
}

static void reads(const char *type, const char *bytes, size_t size, const char *expected)
{
    struct transcript transcript;
    struct tess_error error;
    for (size_t first = 0; first <= size; first++) {
        if (feed(type, bytes, size, first, size, &transcript, &error) != TESS_OK)
            fail_msg("%s: %s, cut at %zu", bytes, error.message, first);
        assert_string_equal(transcript.text, expected);
        assert_false(transcript.inside);
    }
    for (size_t piece = 1; piece < 8; piece++) {
        assert_int_equal(feed(type, bytes, size, piece, piece, &transcript, &error), TESS_OK);
        assert_string_equal(transcript.text, expected);
    }
}

static void test_forms(void **state)
{
    static const struct {
        const char *type, *bytes, *expected;
    } cases[] = {
        {TYPE, "--xYz\r\n" FILE_PART("file", "a.jpg") "\r\n\r\nJPEG\r\n--xYz--\r\n", "<file|file:JPEG>"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n\r\n1\r\n--xYz\r\n" FILE_PART("f", "x") "\r\n\r\n2\r\n--xYz--",
         "<a:1><f|file:2>"},
        {TYPE, "preamble\r\n--no\r\n--xYz \t\r\n" PART("a") "\r\n\r\n\r\n--xYz--epilogue\r\n--xYz\r\n",
         "<a:>"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n\r\n\r\n\r\n-\r\r\n--xY\r\n--\n--xYz--xYz\r\n--xYz--",
         "<a:\r\n\r\n-\r\r\n--xY\r\n--\n--xYz--xYz>"},
        {TYPE, "--xYz\r\n" FILE_PART("a", "") "\r\n\r\n\r\n--xYz--", "<a:>"},
        {TYPE, "--xYz--\r\n", ""},
        {TYPE,
         "--xYz\r\ncontent-disposition:form-data;name=a ; filename*=UTF-8''%c3%b6.jpg\r\n\r\nx\r\n--xYz--",
         "<a|file:x>"},
        {TYPE, "--xYz\r\nContent-Disposition: form-data; name=\"q\\\"\\\\;filename=x\"\r\n\r\nx\r\n--xYz--",
         "<q\"\\;filename=x:x>"},
        {TYPE, "--xYz\r\nX: y\r\n" PART("a") "\r\nContent-Transfer-Encoding: Binary\r\n\r\nx\r\n--xYz--",
         "<a:x>"},
        {"Multipart/Form-Data ;charset=utf-8; BOUNDARY=\"a b\"",
         "--a b\r\n" PART("a") "\r\n\r\nx\r\n--a\r\n--a b--", "<a:x\r\n--a>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads(cases[i].type, cases[i].bytes, strlen(cases[i].bytes), cases[i].expected);
}

static void test_no_forms(void **state)
{
    static const struct {
        const char *type, *bytes, *word;
    } cases[] = {
        {"multipart/form-data", "", "without a boundary"},
        {"multipart/form-data; boundary=", "", "boundary"},
        {"multipart/form-data; boundary=\"a\r\n\"", "", "boundary"},
        {"multipart/form-data; boundary=\"a \"", "", "boundary"},
        {"multipart/form-data; "
         "boundary=0123456789012345678901234567890123456789012345678901234567890123456789x",
         "", "70"},
        {TYPE, "", "none of the boundaries"},
        {TYPE, "JPEG\r\n", "none of the boundaries"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n\r\nx\r\n--xYz", "before its last"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n\r\nx\r\n--xYz-", "before its last"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n", "before its last"},
        {TYPE, "--xYz\r\n\r\nx\r\n--xYz--", "no Content-Disposition"},
        {TYPE, "--xYz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xYz--", "no name"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n" PART("a") "\r\n\r\nx\r\n--xYz--", "or two"},
        {TYPE, "--xYz\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--xYz--", "form-data"},
        {TYPE, "--xYz\r\n" PART("a") "\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--xYz--", "encoded"},
        {TYPE, "--xYz\r\n" PART("a") "\n\r\nx\r\n--xYz--", "CR LF"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n folded\r\n\r\nx\r\n--xYz--", "header that is none"},
        {TYPE, "--xYz\r\nnonsense\r\n\r\nx\r\n--xYz--", "header that is none"},
        {TYPE, "--xYz\r\n" PART("a") "\r\n\r\nx\r\n--xYzz\r\n", "behind it"},
        {TYPE, "--xYz\n" PART("a") "\n\nx\n--xYz--", "behind it"},
        {TYPE, "--xYz\rx", "behind it"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t size = strlen(cases[i].bytes);
        for (size_t first = 0; first <= size; first++) {
            struct transcript transcript;
            struct tess_error error;
            if (feed(cases[i].type, cases[i].bytes, size, first, 1, &transcript, &error) != TESS_ERR_INVALID)
                fail_msg("%s is read", cases[i].bytes);
            if (!strstr(error.message, cases[i].word))
                fail_msg("%s: %s", cases[i].bytes, error.message);
        }
    }
}

/* `before`, many times `unit`, `after`. For free(). */
static char *repeated(const char *before, const char *unit, size_t count, const char *after)
{
    const size_t before_size = strlen(before), unit_size = strlen(unit), after_size = strlen(after);
    char *text = calloc(before_size + count * unit_size + after_size + 1, 1);
    assert_non_null(text);
    memcpy(text, before, before_size);
    for (size_t i = 0; i < count; i++)
        memcpy(text + before_size + i * unit_size, unit, unit_size);
    memcpy(text + before_size + count * unit_size, after, after_size);
    return text;
}

static void test_limits(void **state)
{
    static const char part[] = "--xYz\r\n" PART("a") "\r\n\r\n\r\n";
    struct transcript transcript;
    struct tess_error error;
    (void)state;
    for (int over = 0; over < 2; over++) {
        const enum tess_status expected = over ? TESS_ERR_INVALID : TESS_OK;
        char *many = repeated("", part, MULTIPART_MAX_PARTS + (size_t)over, "--xYz--");
        assert_int_equal(feed(TYPE, many, strlen(many), 7, 100, &transcript, &error), expected);
        free(many);
        /* "X:" and the CR count, too */
        char *line = repeated("--xYz\r\n" PART("a") "\r\nX:", "x",
                              MULTIPART_LINE_MAX_BYTES - 3 + (size_t)over, "\r\n\r\n\r\n--xYz--");
        assert_int_equal(feed(TYPE, line, strlen(line), 7, 100, &transcript, &error), expected);
        free(line);
        char *lines = repeated("--xYz\r\n" PART("a") "\r\n", "X: 0123456789\r\n", over ? 1200 : 1000,
                               "\r\n\r\n--xYz--");
        assert_int_equal(feed(TYPE, lines, strlen(lines), 7, 100, &transcript, &error), expected);
        free(lines);
    }
    char *name =
        repeated("--xYz\r\nContent-Disposition: form-data; name=\"", "n", 2000, "\"\r\n\r\nx\r\n--xYz--");
    assert_int_equal(feed(TYPE, name, strlen(name), 7, 100, &transcript, &error), TESS_OK);
    assert_int_equal(transcript.size, MULTIPART_NAME_MAX_BYTES + 4);
    free(name);
}

static void test_content_types(void **state)
{
    (void)state;
    assert_true(multipart_is_form("multipart/form-data; boundary=x"));
    assert_true(multipart_is_form("Multipart/Form-Data"));
    assert_false(multipart_is_form("multipart/form-data-x"));
    assert_false(multipart_is_form("multipart/mixed; boundary=x"));
    assert_false(multipart_is_form("image/jpeg"));
    assert_false(multipart_is_form(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_no_forms),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_content_types),
    };
    return cmocka_run_group_tests_name("multipart", tests, NULL, NULL);
}
