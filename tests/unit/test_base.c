// SPDX-License-Identifier: MIT
/* Bytes, errors, the clock and reasons to stop. Files have test_file.c. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/stop.h"
#include "torture.h"

static void bytes_start_empty(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes, 10);
    assert_null(bytes.data);
    assert_int_equal(bytes.size, 0);
    assert_string_equal(bytes_text(&bytes), "");
    assert_int_equal(bytes_append(&bytes, NULL, 0), TESS_OK);
    assert_null(bytes.data);
    bytes_clear(&bytes);
    struct bytes zeroed = {0};
    bytes_clear(&zeroed);
    assert_int_equal(bytes_append(&zeroed, "x", 1), TESS_ERR_LIMIT);
}

static void bytes_keep_what_is_appended(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes, 1 << 20);
    for (uint32_t i = 0; i < 70000; i++) {
        uint8_t value = (uint8_t)(i * 7);
        assert_int_equal(bytes_append(&bytes, &value, 1), TESS_OK);
    }
    assert_int_equal(bytes.size, 70000);
    for (uint32_t i = 0; i < 70000; i++)
        assert_int_equal(bytes.data[i], (uint8_t)(i * 7));
    bytes_clear(&bytes);
    assert_null(bytes.data);
    assert_int_equal(bytes.size, 0);
    assert_int_equal(bytes.maximum, 1 << 20);
}

static void bytes_never_grow_past_their_maximum(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes, 5);
    assert_int_equal(bytes_append_text(&bytes, "abc"), TESS_OK);
    assert_int_equal(bytes_append_text(&bytes, "def"), TESS_ERR_LIMIT);
    assert_int_equal(bytes.size, 3);
    assert_string_equal(bytes_text(&bytes), "abc");
    assert_int_equal(bytes_append_text(&bytes, "de"), TESS_OK);
    assert_int_equal(bytes.size, 5);
    assert_string_equal(bytes_text(&bytes), "abcde"); /* the NUL is not counted against the maximum */
    assert_int_equal(bytes_append(&bytes, "", 1), TESS_ERR_LIMIT);
    assert_int_equal(bytes_reserve(&bytes, SIZE_MAX), TESS_ERR_LIMIT);
    bytes_clear(&bytes);
}

static void bytes_reserve_survives_sizes_that_wrap_around(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes, SIZE_MAX);
    assert_int_equal(bytes_append_text(&bytes, "abc"), TESS_OK);
    assert_int_equal(bytes_reserve(&bytes, SIZE_MAX), TESS_ERR_LIMIT);
    assert_int_equal(bytes_reserve(&bytes, SIZE_MAX - 2), TESS_ERR_LIMIT);
    assert_string_equal(bytes_text(&bytes), "abc");
    bytes_clear(&bytes);
}

static void bytes_append_format_adds_text(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes, 64);
    assert_int_equal(bytes_append_text(&bytes, "n="), TESS_OK);
    assert_int_equal(bytes_append_format(&bytes, "%d %s", -5, "cells"), TESS_OK);
    assert_string_equal(bytes_text(&bytes), "n=-5 cells");
    assert_int_equal(bytes.size, 10);
    assert_int_equal(bytes_append_format(&bytes, "%60d", 1), TESS_ERR_LIMIT);
    assert_string_equal(bytes_text(&bytes), "n=-5 cells");
    bytes_clear(&bytes);
}

/* Appends in every way; on failure the content must be what was acknowledged. */
static enum tess_status append_in_every_way(void *context, struct tess_error *error)
{
    (void)context;
    struct bytes bytes;
    bytes_init(&bytes, 1000);
    enum tess_status status = bytes_append_text(&bytes, "one ");
    if (status == TESS_OK && (status = bytes_append_format(&bytes, "%0200d", 2)) != TESS_OK)
        assert_memory_equal(bytes.data, "one ", bytes.size);
    if (status == TESS_OK) {
        bytes.maximum = bytes.size = bytes.capacity; /* so that bytes_text() has to grow it */
        memset(bytes.data, 'x', bytes.size);
        status = bytes_text(&bytes) ? TESS_OK : TESS_ERR_MEMORY;
    }
    bytes_clear(&bytes);
    if (status != TESS_OK) {
        assert_int_equal(status, TESS_ERR_MEMORY);
        error_set(error, status, "no memory");
    }
    return status;
}

static void bytes_survive_failing_allocations(void **state)
{
    (void)state;
    assert_int_equal(torture_loop(TORTURE_MEMORY, append_in_every_way, NULL), 3);
}

static void error_functions_accept_null(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, TESS_ERR_DENIED, "no"), TESS_ERR_DENIED);
    assert_int_equal(error_limit(NULL, "max-cells", "no"), TESS_ERR_LIMIT);
    assert_int_equal(error_errno(NULL, ENOENT, "no"), TESS_ERR_NOT_FOUND);
    error_prefix(NULL, "no");
}

static void error_set_and_limit_fill_everything(void **state)
{
    (void)state;
    struct tess_error error;
    memset(&error, 0x5A, sizeof error);
    assert_int_equal(error_limit(&error, "max-cells", "%d cells, at most %d", 11, 10), TESS_ERR_LIMIT);
    assert_int_equal(error.status, TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-cells");
    assert_string_equal(error.message, "11 cells, at most 10");
    assert_int_equal(error_set(&error, TESS_ERR_INVALID, "bad %s", "colour"), TESS_ERR_INVALID);
    assert_int_equal(error.status, TESS_ERR_INVALID);
    assert_string_equal(error.limit, "");
    assert_string_equal(error.message, "bad colour");
}

static void error_limit_cuts_a_long_name(void **state)
{
    (void)state;
    struct tess_error error;
    error_limit(&error, "a-limit-with-a-name-that-is-longer-than-its-field", "x");
    assert_int_equal(strlen(error.limit), sizeof error.limit - 1);
}

static void error_errno_maps_and_explains(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        enum tess_status status;
    } cases[] = {
        {ENOENT, TESS_ERR_NOT_FOUND}, {ENOTDIR, TESS_ERR_NOT_FOUND}, {EACCES, TESS_ERR_DENIED},
        {EPERM, TESS_ERR_DENIED},     {EROFS, TESS_ERR_DENIED},      {EEXIST, TESS_ERR_EXISTS},
        {ENOMEM, TESS_ERR_MEMORY},    {ENOSPC, TESS_ERR_IO},         {EIO, TESS_ERR_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tess_error error = {.limit = "stale"};
        assert_int_equal(error_errno(&error, cases[i].errnum, "cannot read %s", "a.jpg"), cases[i].status);
        assert_int_equal(error.status, cases[i].status);
        assert_string_equal(error.limit, "");
        char wanted[256];
        (void)snprintf(wanted, sizeof wanted, "cannot read a.jpg: %s", strerror(cases[i].errnum));
        assert_string_equal(error.message, wanted);
    }
}

static void error_prefix_goes_before_the_message(void **state)
{
    (void)state;
    struct tess_error error;
    error_limit(&error, "max-pixels", "too large");
    error_prefix(&error, "cell %d", 7);
    assert_string_equal(error.message, "cell 7: too large");
    assert_string_equal(error.limit, "max-pixels");
    assert_int_equal(error.status, TESS_ERR_LIMIT);
}

/* Strictly: every lead byte is followed by all of its continuation bytes, and nothing else occurs. */
static bool is_utf8(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        int more = *p < 0x80 ? 0 : *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC0 ? 1 : -1;
        if (more < 0)
            return false;
        for (p++; more > 0; more--, p++) {
            if ((*p & 0xC0) != 0x80)
                return false;
        }
    }
    return true;
}

static void long_messages_are_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "é", "€", "😀"};
    for (size_t c = 0; c < 4; c++) {
        for (size_t shift = 0; shift < 5; shift++) {
            char text[2000] = "";
            size_t length = strlen(characters[c]);
            memset(text, 'x', shift);
            for (size_t at = shift; at + length < sizeof text; at += length)
                memcpy(text + at, characters[c], length + 1);
            struct tess_error error;
            error_set(&error, TESS_ERR_INVALID, "%s", text);
            assert_true(is_utf8(error.message));
            assert_in_range(strlen(error.message), sizeof error.message - 4, sizeof error.message - 1);
            error_set(&error, TESS_ERR_INVALID, "%s", text);
            error_prefix(&error, "prefix");
            assert_true(is_utf8(error.message));
            error_errno(&error, ENOENT, "%s", text);
            assert_true(is_utf8(error.message));
        }
    }
}

static void every_status_has_its_own_name(void **state)
{
    (void)state;
    for (int i = TESS_OK; i <= TESS_ERR_INTERNAL; i++) {
        const char *name = tess_status_name((enum tess_status)i);
        assert_string_not_equal(name, "unknown");
        for (const char *p = name; *p != '\0'; p++)
            assert_true((*p >= 'a' && *p <= 'z') || *p == '-');
        for (int j = TESS_OK; j < i; j++)
            assert_string_not_equal(name, tess_status_name((enum tess_status)j));
    }
    /* The library must survive a value from a newer header; no enumerator has it, so it comes through memory.
     */
    int beyond = TESS_ERR_INTERNAL + 1;
    enum tess_status status;
    memcpy(&status, &beyond, sizeof status);
    assert_string_equal(tess_status_name(status), "unknown");
}

static void clocks_run(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ns();
    int64_t after = clock_monotonic_ns();
    assert_true(before > 0);
    assert_true(after >= before);
    assert_true(clock_unix_ms() > INT64_C(1577836800000)); /* 2020 */
    assert_true(clock_unix_ms() < INT64_C(7258118400000)); /* 2200: milliseconds, not microseconds */
}

static void flags_stop_what_had_begun(void **state)
{
    (void)state;
    volatile int flag = 0;
    struct stop_flag before, after;
    struct tess_error error = {0};
    const struct stop begun = stop_on_flag(&before, &flag);
    assert_int_equal(stop_check(&begun, &error), TESS_OK);
    flag = 1;
    const struct stop clearing_up = stop_on_flag(&after, &flag);
    assert_int_equal(stop_check(&begun, &error), TESS_ERR_CANCELLED);
    assert_string_equal(error.message, "cancelled");
    assert_int_equal(stop_check(&clearing_up, &error), TESS_OK);
    after.grace_until_ns = clock_monotonic_ns() - 1; /* as after STOP_GRACE_MS */
    assert_int_equal(stop_check(&clearing_up, &error), TESS_ERR_CANCELLED);
    assert_int_equal(stop_check(NULL, &error), TESS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_start_empty),
        cmocka_unit_test(bytes_keep_what_is_appended),
        cmocka_unit_test(bytes_never_grow_past_their_maximum),
        cmocka_unit_test(bytes_reserve_survives_sizes_that_wrap_around),
        cmocka_unit_test(bytes_append_format_adds_text),
        cmocka_unit_test(bytes_survive_failing_allocations),
        cmocka_unit_test(error_functions_accept_null),
        cmocka_unit_test(error_set_and_limit_fill_everything),
        cmocka_unit_test(error_limit_cuts_a_long_name),
        cmocka_unit_test(error_errno_maps_and_explains),
        cmocka_unit_test(error_prefix_goes_before_the_message),
        cmocka_unit_test(long_messages_are_cut_between_characters),
        cmocka_unit_test(every_status_has_its_own_name),
        cmocka_unit_test(clocks_run),
        cmocka_unit_test(flags_stop_what_had_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
