// SPDX-License-Identifier: MIT
/* What is said of a failure is one line of valid UTF-8, whatever goes into it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/backend_finding.h"
#include "base/error.h"
#include "base/utf8.h"
#include "front/refuse.h"
#include "net/shown.h"
#include "random_numbers.h"

enum { ROUNDS = 500, TEXT_BYTES = 6000 };

/* After the table of well-formed sequences in the Unicode standard (3-7), so unlike the code that is tested.
 */
static size_t character_bytes(const uint8_t *s)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, length;
    } rows[] = {{0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
                {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (s[0] < rows[i].first_low || s[0] > rows[i].first_high)
            continue;
        bool good = rows[i].length < 2 || (s[1] >= rows[i].second_low && s[1] <= rows[i].second_high);
        for (size_t k = 2; good && k < rows[i].length; k++)
            good = s[k] >= 0x80 && s[k] <= 0xBF;
        return good ? rows[i].length : 0;
    }
    return 0;
}

/* Controls, line and paragraph separators, and what turns the direction around. */
static bool is_forbidden(const char *at, size_t length)
{
    static const char *const separators[] = {"\u2028", "\u2029", "\u202A", "\u202B", "\u202C",
                                             "\u202D", "\u202E", "\u2066", "\u2067", "\u2068",
                                             "\u2069", "\u200E", "\u200F", "\u061C"};
    const uint8_t *s = (const uint8_t *)at;
    if (length == 1)
        return s[0] < 0x20 || s[0] == 0x7F;
    if (length == 2 && s[0] == 0xC2 && s[1] < 0xA0)
        return true;
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (strlen(separators[i]) == length && memcmp(separators[i], at, length) == 0)
            return true;
    return false;
}

static void assert_line(const char *text, size_t room)
{
    size_t size = strnlen(text, room);
    assert_true(size < room);
    for (size_t at = 0; at < size;) {
        const size_t length = character_bytes((const uint8_t *)text + at);
        if (length == 0 || is_forbidden(text + at, length))
            fail_msg("byte %zu of \"%s\"", at, text);
        at += length;
    }
}

/* Any bytes, characters of every length, or both; cut where a precision would. */
static void random_text(uint64_t *seed, char *text)
{
    static const char *const pieces[] = {"a",        "é",    "€",        "😀",      "\n",
                                         "\x1b[31m", "\xC3", "\xF0\x9F", "\u2028", "/"};
    const size_t size = random_below(seed, random_below(seed, 4) ? 40 : TEXT_BYTES);
    const bool bytes = random_below(seed, 2), one = random_below(seed, 2);
    const char *piece = pieces[random_below(seed, 4)];
    size_t used = 0;
    while (used < size) {
        const char *next = one ? piece : pieces[random_below(seed, sizeof pieces / sizeof *pieces)];
        const char byte = (char)(1 + random_below(seed, 255));
        const size_t length = bytes ? 1 : strlen(next);
        memcpy(text + used, bytes ? &byte : next, length);
        used += length;
    }
    text[size] = '\0'; /* also within a character */
}

static void keep_detail(void *context, const struct tess_finding *finding)
{
    assert_line(finding->detail, SIZE_MAX / 2);
    (*(size_t *)context)++;
}

static void messages_are_one_line_of_utf8(void **state)
{
    (void)state;
    uint64_t seed = 1;
    size_t told = 0;
    struct findings findings = {.report = keep_detail, .context = &told};
    static char a[TEXT_BYTES + 8], b[TEXT_BYTES + 8];
    for (int i = 0; i < ROUNDS; i++) {
        struct tess_error error;
        random_text(&seed, a);
        random_text(&seed, b);
        error_set(&error, TESS_ERR_INVALID, "%.10s and %s", a, b);
        assert_line(error.message, sizeof error.message);
        error_prefix(&error, "%s", a);
        assert_line(error.message, sizeof error.message);
        error_errno(&error, ENOENT, "cannot open %s", a);
        assert_line(error.message, sizeof error.message);
        error_limit(&error, "max-bytes", "%s", a);
        assert_line(error.message, sizeof error.message);
        (void)refuse_invalid(&error, "\"%.60s\" is there twice", a);
        assert_line(error.message, sizeof error.message);
        (void)refuse_limit(&error, "max-bytes", "%s%s", a, b);
        assert_line(error.message, sizeof error.message);
        (void)tess_error_fill(&error, TESS_ERR_IO, NULL, "%.7s", a);
        assert_line(error.message, sizeof error.message);
        finding_tell(&findings, "file", NULL, "%s is there", a);
        error_set(&error, TESS_ERR_IO, "%s", shown_text(a, 30).text);
        assert_line(error.message, sizeof error.message);
        error_set(&error, TESS_ERR_IO, "%s", shown_path(a, "/home", 30).text);
        assert_line(error.message, sizeof error.message);
    }
    assert_int_equal(told, ROUNDS);
}

static void assert_becomes(const char *text, const char *wanted)
{
    char line[200];
    assert_int_equal(utf8_line(text, line, sizeof line), strlen(wanted));
    assert_string_equal(line, wanted);
}

static void what_is_no_line_is_escaped(void **state)
{
    (void)state;
    assert_becomes("", "");
    assert_becomes("Grüße, 世界 😀", "Grüße, 世界 😀");
    assert_becomes("a\nb\r\tc\x1b]0;x\x07", "a\\x0Ab\\x0D\\x09c\\x1B]0;x\\x07");
    assert_becomes("\xFF\xC0\xAF\x80", "\\xFF\\xC0\\xAF\\x80");
    assert_becomes("\xED\xA0\x80", "\\xED\\xA0\\x80");                     /* a surrogate */
    assert_becomes("\xC2\x85|\xE2\x80\xA8", "\\xC2\\x85|\\xE2\\x80\\xA8"); /* next line, line separator */
    assert_becomes("evil\xE2\x80\xAEgpj.exe", "evil\\xE2\\x80\\xAEgpj.exe");
}

/* As "%.Ns" leaves them, at each place within each length. */
static void a_character_that_is_cut_becomes_an_ellipsis(void **state)
{
    (void)state;
    static const char *const characters[] = {
        "é", "€", "\xE0\xA4\x85", "\xED\x95\x9C", "😀", "\xF4\x8F\xBF\xBD"};
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        for (int cut = 1; cut < (int)strlen(characters[i]); cut++) {
            struct tess_error error;
            error_set(&error, TESS_ERR_INVALID, "no ab%.*s in x", cut, characters[i]);
            assert_string_equal(error.message, "no ab… in x");
            error_set(&error, TESS_ERR_INVALID, "no ab%.*s… in x", cut, characters[i]);
            assert_string_equal(error.message, "no ab… in x");
        }
    }
}

static void a_long_path_leaves_the_reason(void **state)
{
    (void)state;
    static char path[4096];
    struct tess_error error;
    memset(path, 'p', sizeof path - 1);
    error_errno(&error, ENOENT, "cannot open %s", path);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_int_equal(strncmp(error.message, "cannot open ppp", 15), 0);
    assert_non_null(strstr(error.message, "ppp…ppp"));
    assert_string_equal(error.message + strlen(error.message) - 30, "ppp: No such file or directory");
    error_prefix(&error, "cell 7 (%s)", path);
    assert_int_equal(strncmp(error.message, "cell 7 (ppp", 11), 0);
    assert_string_equal(error.message + strlen(error.message) - 30, "ppp: No such file or directory");
}

static void a_beginning_ends_between_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_prefix("abc", 3, 5), 3);
    assert_int_equal(utf8_prefix("abc", 3, 2), 2);
    assert_int_equal(utf8_prefix("a€b", 5, 4), 4);
    assert_int_equal(utf8_prefix("a€b", 5, 3), 1);
    assert_int_equal(utf8_prefix("a€b", 5, 2), 1);
    assert_int_equal(utf8_prefix("😀", 4, 3), 0);
    assert_int_equal(utf8_prefix("\x80\x80\x80\x80\x80", 5, 4), 4); /* no characters to cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(messages_are_one_line_of_utf8),
                                       cmocka_unit_test(what_is_no_line_is_escaped),
                                       cmocka_unit_test(a_character_that_is_cut_becomes_an_ellipsis),
                                       cmocka_unit_test(a_long_path_leaves_the_reason),
                                       cmocka_unit_test(a_beginning_ends_between_characters)};
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
