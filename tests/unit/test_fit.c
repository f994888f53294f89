// SPDX-License-Identifier: MIT
/*
 * Geometry of a cell: worked examples, and properties over all fits and gravities for many sizes of image and
 * cell, extreme ones included.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/fit.h"

static const uint32_t sides[] = {1, 2, 3, 7, 99, 100, 101, 2250, 4000, 20000, 65500, 10000000};
static const uint32_t cells[] = {1, 2, 3, 100, 101, 256, 699, 20000};

enum { SIDE_COUNT = sizeof sides / sizeof sides[0], CELL_COUNT = sizeof cells / sizeof cells[0] };

static const double CLOSE = 1e-6;

static struct fit fit_of(uint32_t width, uint32_t height, uint32_t cell_width, uint32_t cell_height,
                         enum tess_fit fit, enum tess_gravity gravity, bool no_enlarge)
{
    struct fit result;
    const struct fit_request request = {cell_width, cell_height, fit, gravity, no_enlarge};
    fit_compute(width, height, &request, &result);
    return result;
}

static void assert_fit(const struct fit *fit, double x, double y, double width, double height,
                       uint32_t place_x, uint32_t place_y, uint32_t place_width, uint32_t place_height)
{
    assert_true(fabs(fit->crop_x - x) < CLOSE && fabs(fit->crop_y - y) < CLOSE);
    assert_true(fabs(fit->crop_width - width) < CLOSE && fabs(fit->crop_height - height) < CLOSE);
    assert_int_equal(fit->place_x_px, place_x);
    assert_int_equal(fit->place_y_px, place_y);
    assert_int_equal(fit->place_width_px, place_width);
    assert_int_equal(fit->place_height_px, place_height);
}

static void worked_examples(void **state)
{
    (void)state;
    struct fit fit = fit_of(4000, 2250, 100, 100, TESS_FIT_COVER, TESS_GRAVITY_CENTRE, false);
    assert_fit(&fit, 875, 0, 2250, 2250, 0, 0, 100, 100);
    fit = fit_of(4000, 2250, 100, 100, TESS_FIT_CONTAIN, TESS_GRAVITY_CENTRE, false);
    assert_fit(&fit, 0, 0, 4000, 2250, 0, 22, 100, 56);
    fit = fit_of(4000, 2250, 100, 100, TESS_FIT_FILL, TESS_GRAVITY_CENTRE, false);
    assert_fit(&fit, 0, 0, 4000, 2250, 0, 0, 100, 100);
    fit = fit_of(1, 20000, 100, 100, TESS_FIT_COVER, TESS_GRAVITY_CENTRE, false);
    assert_fit(&fit, 0, 9999.5, 1, 1, 0, 0, 100, 100);
    fit = fit_of(1, 20000, 100, 100, TESS_FIT_CONTAIN, TESS_GRAVITY_CENTRE, false);
    assert_fit(&fit, 0, 0, 1, 20000, 49, 0, 1, 100);
    fit = fit_of(20000, 1, 100, 100, TESS_FIT_CONTAIN, TESS_GRAVITY_SOUTH, false);
    assert_fit(&fit, 0, 0, 20000, 1, 0, 99, 100, 1);
    fit = fit_of(30, 20, 100, 100, TESS_FIT_CONTAIN, TESS_GRAVITY_CENTRE, true);
    assert_fit(&fit, 0, 0, 30, 20, 35, 40, 30, 20);
    fit = fit_of(30, 20, 100, 100, TESS_FIT_CONTAIN, TESS_GRAVITY_CENTRE, false);
    assert_fit(&fit, 0, 0, 30, 20, 0, 16, 100, 67);
}

/* no_enlarge says something about contain only. */
static void no_enlarge_leaves_cover_and_fill_alone(void **state)
{
    (void)state;
    struct fit fit = fit_of(30, 20, 100, 100, TESS_FIT_COVER, TESS_GRAVITY_CENTRE, true);
    assert_fit(&fit, 5, 0, 20, 20, 0, 0, 100, 100);
    fit = fit_of(30, 20, 100, 100, TESS_FIT_FILL, TESS_GRAVITY_CENTRE, true);
    assert_fit(&fit, 0, 0, 30, 20, 0, 0, 100, 100);
}

/* Where each gravity leans: 0 start, 1 middle, 2 end. */
struct lean_row {
    enum tess_gravity gravity;
    int x, y;
};

static const struct lean_row leans[] = {
    {TESS_GRAVITY_CENTRE, 1, 1},     {TESS_GRAVITY_NORTH, 1, 0},      {TESS_GRAVITY_NORTH_EAST, 2, 0},
    {TESS_GRAVITY_EAST, 2, 1},       {TESS_GRAVITY_SOUTH_EAST, 2, 2}, {TESS_GRAVITY_SOUTH, 1, 2},
    {TESS_GRAVITY_SOUTH_WEST, 0, 2}, {TESS_GRAVITY_WEST, 0, 1},       {TESS_GRAVITY_NORTH_WEST, 0, 0},
    {TESS_GRAVITY_ATTENTION, 1, 1},  {TESS_GRAVITY_ENTROPY, 1, 1},
};

enum { LEAN_COUNT = sizeof leans / sizeof leans[0] };

static void gravity_moves_the_crop_and_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAN_COUNT; i++) {
        struct fit wide = fit_of(300, 100, 50, 50, TESS_FIT_COVER, leans[i].gravity, false);
        assert_fit(&wide, 100.0 * leans[i].x, 0, 100, 100, 0, 0, 50, 50);
        struct fit tall = fit_of(100, 300, 50, 50, TESS_FIT_COVER, leans[i].gravity, false);
        assert_fit(&tall, 0, 100.0 * leans[i].y, 100, 100, 0, 0, 50, 50);
        struct fit low = fit_of(300, 100, 90, 90, TESS_FIT_CONTAIN, leans[i].gravity, false);
        assert_fit(&low, 0, 0, 300, 100, 0, 30U * (uint32_t)leans[i].y, 90, 30);
        struct fit small = fit_of(10, 10, 90, 90, TESS_FIT_CONTAIN, leans[i].gravity, true);
        assert_fit(&small, 0, 0, 10, 10, 40U * (uint32_t)leans[i].x, 40U * (uint32_t)leans[i].y, 10, 10);
    }
}

static void assert_inside(const struct fit *fit, uint32_t width, uint32_t height, uint32_t cell_width,
                          uint32_t cell_height)
{
    const double slack = 1e-9 * (width + (double)height);
    assert_true(fit->crop_x >= 0 && fit->crop_y >= 0 && fit->crop_width > 0 && fit->crop_height > 0);
    assert_true(fit->crop_x + fit->crop_width <= width + slack);
    assert_true(fit->crop_y + fit->crop_height <= height + slack);
    assert_true(fit->place_width_px >= 1 && fit->place_height_px >= 1);
    assert_true(fit->place_x_px + fit->place_width_px <= cell_width);
    assert_true(fit->place_y_px + fit->place_height_px <= cell_height);
}

static void assert_cover(const struct fit *fit, uint32_t width, uint32_t height, uint32_t cell_width,
                         uint32_t cell_height)
{
    double shape = fit->crop_width * cell_height / (fit->crop_height * cell_width);
    assert_true(fabs(shape - 1) < 1e-9);
    assert_int_equal(fit->place_width_px, cell_width);
    assert_int_equal(fit->place_height_px, cell_height);
    assert_true(fabs(fit->crop_width - width) < CLOSE || fabs(fit->crop_height - height) < CLOSE);
}

static void assert_contain(const struct fit *fit, uint32_t width, uint32_t height, uint32_t cell_width,
                           uint32_t cell_height, bool no_enlarge)
{
    double scale = fmin((double)cell_width / width, (double)cell_height / height);
    if (no_enlarge)
        scale = fmin(scale, 1);
    assert_true(fit->crop_x == 0 && fit->crop_y == 0 && fit->crop_width == width &&
                fit->crop_height == height);
    /* Rounded to whole pixels, at least one. */
    assert_true(fabs(fit->place_width_px - fmax(1, width * scale)) <= 0.5 + CLOSE);
    assert_true(fabs(fit->place_height_px - fmax(1, height * scale)) <= 0.5 + CLOSE);
    if (!no_enlarge)
        assert_true(fit->place_width_px == cell_width || fit->place_height_px == cell_height);
    else
        assert_true(fit->place_width_px <= width && fit->place_height_px <= height);
}

static void check_all(uint32_t width, uint32_t height, uint32_t cell_width, uint32_t cell_height)
{
    for (size_t i = 0; i < LEAN_COUNT; i++) {
        const enum tess_gravity gravity = leans[i].gravity;
        struct fit fit = fit_of(width, height, cell_width, cell_height, TESS_FIT_COVER, gravity, false);
        assert_inside(&fit, width, height, cell_width, cell_height);
        assert_cover(&fit, width, height, cell_width, cell_height);
        fit = fit_of(width, height, cell_width, cell_height, TESS_FIT_FILL, gravity, false);
        assert_fit(&fit, 0, 0, width, height, 0, 0, cell_width, cell_height);
        for (int no_enlarge = 0; no_enlarge < 2; no_enlarge++) {
            fit = fit_of(width, height, cell_width, cell_height, TESS_FIT_CONTAIN, gravity, no_enlarge);
            assert_inside(&fit, width, height, cell_width, cell_height);
            assert_contain(&fit, width, height, cell_width, cell_height, no_enlarge);
        }
    }
}

static void properties_hold_for_all_sizes(void **state)
{
    (void)state;
    for (size_t w = 0; w < SIDE_COUNT; w++)
        for (size_t h = 0; h < SIDE_COUNT; h++)
            for (size_t cw = 0; cw < CELL_COUNT; cw++)
                for (size_t ch = 0; ch < CELL_COUNT; ch++)
                    check_all(sides[w], sides[h], cells[cw], cells[ch]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_examples),
        cmocka_unit_test(no_enlarge_leaves_cover_and_fill_alone),
        cmocka_unit_test(gravity_moves_the_crop_and_the_place),
        cmocka_unit_test(properties_hold_for_all_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
