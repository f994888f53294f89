// SPDX-License-Identifier: MIT
/* What becomes of a grid when its cells fail: whether there is one, and whose fault it is that there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/outcome.h"

enum { MOST = 4 };

/* Cells in order; TESS_OK in front of their end counts as a cell, too. A source of "" is blank. */
struct cells {
    size_t count;
    struct {
        const char *source;
        enum tess_status status;
    } cells[MOST];
};

static enum tess_status outcome_of(const struct cells *cells, struct tess_error *error)
{
    static const struct tess_rect rect = {0, 0, 1, 1};
    struct result *result = result_create((uint32_t)cells->count, 1);
    assert_non_null(result);
    for (uint32_t i = 0; i < cells->count; i++) {
        struct tess_error failure;
        assert_int_equal(result_place(result, i, 0, i, &rect, cells->cells[i].source), TESS_OK);
        error_set(&failure, cells->cells[i].status, "%s fails so", tess_status_name(cells->cells[i].status));
        if (cells->cells[i].status != TESS_OK)
            result_fail(result, i, &failure);
    }
    memset(error, 0, sizeof *error);
    const enum tess_status status = outcome_check(result, error);
    assert_int_equal(outcome_check(result, NULL), status);
    assert_int_equal(error->status, status);
    result_destroy(result);
    return status;
}

static void one_image_is_a_grid(void **state)
{
    (void)state;
    static const struct cells cases[] = {{1, {{"X", TESS_OK}}},
                                         {3, {{"X", TESS_ERR_NOT_FOUND}, {"Y", TESS_ERR_IO}, {"Z", TESS_OK}}},
                                         {3, {{"X", TESS_OK}, {"Y", TESS_ERR_CORRUPT}, {"", TESS_OK}}},
                                         {2, {{"", TESS_OK}, {"", TESS_OK}}}, /* nothing was asked for */
                                         {0, {{"", TESS_OK}}}};
    struct tess_error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(outcome_of(&cases[i], &error), TESS_OK);
}

static void the_cause_decides(void **state)
{
    (void)state;
    static const struct {
        struct cells cells;
        enum tess_status expected;
        const char *words;
    } cases[] = {
        {{1, {{"a.jpg", TESS_ERR_NOT_FOUND}}},
         TESS_ERR_NOT_FOUND,
         "the only image could not be read: a.jpg: not-found fails so"},
        {{3, {{"X", TESS_ERR_NOT_FOUND}, {"", TESS_OK}, {"Y", TESS_ERR_NOT_FOUND}}},
         TESS_ERR_NOT_FOUND,
         "none of the 2 images could be read: X: not-found fails so"},
        {{2, {{"X", TESS_ERR_NOT_FOUND}, {"Y", TESS_ERR_CORRUPT}}},
         TESS_ERR_TILE_FAILED,
         "none of the 2 images could be read: Y: corrupt fails so"},
        {{2, {{"X", TESS_ERR_LIMIT}, {"Y", TESS_ERR_NOT_IMAGE}}}, TESS_ERR_TILE_FAILED, "X: limit fails so"},
        {{1, {{"folder", TESS_ERR_INVALID}}}, TESS_ERR_TILE_FAILED, "folder: invalid fails so"},
        {{1, {{"X", TESS_ERR_UNSUPPORTED}}}, TESS_ERR_TILE_FAILED, "X: unsupported fails so"},
        {{3, {{"X", TESS_ERR_NOT_FOUND}, {"Y", TESS_ERR_CORRUPT}, {"Z", TESS_ERR_BUSY}}},
         TESS_ERR_BUSY,
         "none of the 3 images could be read: Z: busy fails so"},
        {{2, {{"X", TESS_ERR_SETUP}, {"Y", TESS_ERR_IO}}}, TESS_ERR_SETUP, "X: setup fails so"},
        {{1, {{"X", TESS_ERR_DENIED}}}, TESS_ERR_DENIED, "X: denied fails so"},
        {{1, {{"X", TESS_ERR_TIMEOUT}}}, TESS_ERR_TIMEOUT, "X: timeout fails so"},
        {{1, {{"X", TESS_ERR_IO}}}, TESS_ERR_IO, "X: io fails so"},
        /* A reason that names the image needs no name before it. */
        {{1, {{"corrupt", TESS_ERR_CORRUPT}}},
         TESS_ERR_TILE_FAILED,
         "the only image could not be read: corrupt fails so"}};
    struct tess_error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(outcome_of(&cases[i].cells, &error), cases[i].expected);
        if (!strstr(error.message, cases[i].words))
            fail_msg("\"%s\" lacks \"%s\"", error.message, cases[i].words);
    }
}

static void names_from_outside_stay_one_line(void **state)
{
    (void)state;
    static const struct cells odd = {1, {{"a\nb\x1b[31m.jpg", TESS_ERR_CORRUPT}}};
    struct tess_error error;
    assert_int_equal(outcome_of(&odd, &error), TESS_ERR_TILE_FAILED);
    assert_non_null(strstr(error.message, "a?b?[31m.jpg: corrupt fails so"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_image_is_a_grid),
                                       cmocka_unit_test(the_cause_decides),
                                       cmocka_unit_test(names_from_outside_stay_one_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
