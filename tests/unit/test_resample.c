// SPDX-License-Identifier: MIT
/*
 * The resampler against a Lanczos 3 written down in doubles, straight from its formula; what it may read; and
 * the sums that keep a flat plane flat.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "countdown.h"
#include "image/resample.h"
#include "torture.h"

static uint32_t pick(uint32_t *seed, uint32_t least, uint32_t most)
{
    *seed = *seed * 1664525U + 1013904223U;
    return least + (*seed >> 8) % (most - least + 1);
}

static struct resample_axis axis_of(struct resample_span span, uint32_t out_px)
{
    struct resample_axis axis = {0};
    struct tess_error error = {0};
    assert_int_equal(resample_axis_init(&axis, &span, out_px, &error), TESS_OK);
    return axis;
}

static struct resample_span whole(uint32_t length_px)
{
    return (struct resample_span){0, length_px, 0, length_px};
}

/* sinc(x) sinc(x / 3) for |x| < 3, as Duchon gives it. */
static double kernel(double x)
{
    if (fabs(x) < 1e-12)
        return 1;
    return fabs(x) < 3 ? sin(M_PI * x) / (M_PI * x) * sin(M_PI * x / 3) / (M_PI * x / 3) : 0;
}

/* One output sample along one axis from doubles: samples outside [low, high) do not count. */
static double reference_sample(const double *samples, size_t step, const struct resample_span *span,
                               uint32_t out_px, uint32_t index)
{
    double ratio = span->length / out_px, stretch = ratio > 1 ? ratio : 1;
    double centre = span->start + (index + 0.5) * ratio, sum = 0, weights = 0;
    for (uint32_t i = span->low; i < span->high; i++) {
        double weight = kernel((i + 0.5 - centre) / stretch);
        sum += weight * samples[i * step];
        weights += weight;
    }
    return sum / weights;
}

/* Both axes; the result is rounded and cut to 0..255. The caller frees it. */
static uint8_t *reference_plane(const uint8_t *source, uint32_t width, uint32_t height,
                                const struct resample_span *across, uint32_t out_width,
                                const struct resample_span *down, uint32_t out_height)
{
    double *in = malloc(sizeof *in * width * height), *middle = malloc(sizeof *middle * width * out_height);
    uint8_t *out = malloc((size_t)out_width * out_height);
    assert_true(in && middle && out);
    for (size_t i = 0; i < (size_t)width * height; i++)
        in[i] = source[i];
    for (uint32_t y = 0; y < out_height; y++)
        for (uint32_t x = across->low; x < across->high; x++)
            middle[y * width + x] = reference_sample(in + x, width, down, out_height, y);
    for (uint32_t y = 0; y < out_height; y++) {
        for (uint32_t x = 0; x < out_width; x++) {
            double value = nearbyint(reference_sample(middle + (size_t)y * width, 1, across, out_width, x));
            out[y * out_width + x] = (uint8_t)fmin(fmax(value, 0), 255);
        }
    }
    free(in);
    free(middle);
    return out;
}

static void weights_sum_to_one(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        uint32_t there = pick(&seed, 1, round % 10 ? 600 : 20000), out = pick(&seed, 1, 400);
        struct resample_span span = whole(there);
        span.length = fmax(there * (pick(&seed, 1, 1000) / 1000.0), 0.01);
        span.start = (there - span.length) * (pick(&seed, 0, 1000) / 1000.0);
        span.low = (uint32_t)floor(span.start);
        span.high = (uint32_t)fmin(ceil(span.start + span.length), there);
        if (span.high <= span.low)
            continue;
        struct resample_axis axis = axis_of(span, out);
        for (uint32_t i = 0; i < out; i++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < axis.padded_taps; k++)
                sum += axis.weights[(size_t)i * axis.padded_taps + k];
            assert_int_equal(sum, 1 << RESAMPLE_WEIGHT_BITS);
            assert_true(axis.first[i] >= span.low);
            assert_true(axis.first[i] + axis.taps <= span.high);
        }
        resample_axis_clear(&axis);
        assert_null(axis.weights);
    }
}

static void flat_planes_stay_flat(void **state)
{
    (void)state;
    static const struct {
        uint32_t in, out;
    } sizes[] = {{1, 1}, {1, 300}, {7, 3}, {300, 299}, {299, 300}, {1000, 13}, {65500, 1}, {2, 700}};
    static const uint8_t values[] = {0, 1, 127, 128, 254, 255};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct resample_axis across = axis_of(whole(sizes[i].in), sizes[i].out), down = axis_of(whole(9), 4);
        uint8_t *source = malloc((size_t)sizes[i].in * 9), *target = malloc((size_t)sizes[i].out * 4);
        assert_true(source && target);
        for (size_t v = 0; v < sizeof values; v++) {
            memset(source, values[v], (size_t)sizes[i].in * 9);
            assert_int_equal(
                resample_plane(source, sizes[i].in, &across, &down, target, sizes[i].out, NULL, NULL),
                TESS_OK);
            for (size_t at = 0; at < (size_t)sizes[i].out * 4; at++)
                assert_int_equal(target[at], values[v]);
        }
        free(source);
        free(target);
        resample_axis_clear(&across);
        resample_axis_clear(&down);
    }
}

enum content { SMOOTH, NOISE, STEPS };

static void paint(uint8_t *plane, uint32_t width, uint32_t height, enum content content, uint32_t *seed)
{
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            double wave = 128 + 60 * sin(x * 0.13) + 60 * cos(y * 0.07 + x * 0.02);
            plane[(size_t)y * width + x] = content == SMOOTH  ? (uint8_t)wave
                                           : content == NOISE ? (uint8_t)pick(seed, 0, 255)
                                                              : (uint8_t)((x / 5 + y / 3) % 2 ? 255 : 0);
        }
    }
}

struct geometry {
    uint32_t width, height;
    struct resample_span across, down;
    uint32_t out_width, out_height;
};

/* At most `tolerance` away from the reference anywhere. */
static void compare(const struct geometry *g, enum content content, int tolerance)
{
    uint32_t seed = g->width * 31 + g->height;
    uint8_t *source = malloc((size_t)g->width * g->height);
    uint8_t *target = malloc((size_t)g->out_width * g->out_height);
    assert_true(source && target);
    paint(source, g->width, g->height, content, &seed);
    uint8_t *expected =
        reference_plane(source, g->width, g->height, &g->across, g->out_width, &g->down, g->out_height);
    struct resample_axis across = axis_of(g->across, g->out_width), down = axis_of(g->down, g->out_height);
    assert_int_equal(resample_plane(source, g->width, &across, &down, target, g->out_width, NULL, NULL),
                     TESS_OK);
    for (size_t i = 0; i < (size_t)g->out_width * g->out_height; i++) {
        int off = abs(target[i] - expected[i]);
        if (off > tolerance)
            fail_msg("%u x %u to %u x %u: sample %zu is %d, not %d", g->width, g->height, g->out_width,
                     g->out_height, i, target[i], expected[i]);
    }
    free(source);
    free(target);
    free(expected);
    resample_axis_clear(&across);
    resample_axis_clear(&down);
}

static void result_is_lanczos(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, out_width, out_height;
    } sizes[] = {{64, 48, 32, 24}, {200, 150, 41, 37}, {97, 61, 97, 61},   {13, 11, 40, 50},
                 {1, 1, 9, 7},     {1, 50, 3, 5},      {500, 3, 7, 9},     {640, 2, 1, 1},
                 {33, 64, 32, 63}, {4, 4, 1, 100},     {1200, 40, 100, 4}, {301, 211, 200, 111}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct geometry g = {sizes[i].width,         sizes[i].height,    whole(sizes[i].width),
                             whole(sizes[i].height), sizes[i].out_width, sizes[i].out_height};
        compare(&g, SMOOTH, 1);
        compare(&g, NOISE, 1);
        compare(&g, STEPS, 1);
    }
}

/* Crops that begin and end within a sample, as a DCT scale leaves them. */
static void fractional_crops_are_exact(void **state)
{
    (void)state;
    uint32_t seed = 99;
    for (int round = 0; round < 200; round++) {
        uint32_t width = pick(&seed, 2, 150), height = pick(&seed, 2, 80);
        struct geometry g = {.width = width,
                             .height = height,
                             .out_width = pick(&seed, 1, 90),
                             .out_height = pick(&seed, 1, 40)};
        g.across.start = pick(&seed, 0, (width - 1) * 8) / 8.0;
        g.across.length = pick(&seed, 1, (uint32_t)((width - g.across.start) * 8)) / 8.0;
        g.down.start = pick(&seed, 0, (height - 1) * 8) / 8.0;
        g.down.length = pick(&seed, 1, (uint32_t)((height - g.down.start) * 8)) / 8.0;
        g.across.low = (uint32_t)g.across.start;
        g.across.high = (uint32_t)ceil(g.across.start + g.across.length);
        g.down.low = (uint32_t)g.down.start;
        g.down.high = (uint32_t)ceil(g.down.start + g.down.length);
        compare(&g, round % 2 ? SMOOTH : NOISE, 1);
    }
}

/* 65,500 samples into one: each weight is far below one half of a unit, and still none is lost. */
static void the_longest_side_becomes_one_sample(void **state)
{
    (void)state;
    struct geometry g = {65500, 1, whole(65500), whole(1), 1, 1};
    compare(&g, SMOOTH, 1);
    compare(&g, STEPS, 1);
    g.out_width = 3;
    compare(&g, SMOOTH, 1);
}

/* The samples around [low, high) may be changed at will. A copy of the window alone, in a block of exactly
 * its size, shows reads outside it under a sanitizer too. */
static void nothing_outside_the_window_is_read(void **state)
{
    (void)state;
    uint32_t seed = 3;
    for (int round = 0; round < 300; round++) {
        enum { WIDTH = 60, HEIGHT = 50 };
        uint8_t wide[WIDTH * HEIGHT], out[2][20 * 20];
        uint32_t x0 = pick(&seed, 0, 40), y0 = pick(&seed, 0, 30);
        uint32_t x1 = pick(&seed, x0 + 1, WIDTH), y1 = pick(&seed, y0 + 1, HEIGHT);
        struct resample_span across = {x0 + 0.25, fmax(x1 - x0 - 0.5, 0.5), x0, x1};
        struct resample_span down = {y0 + 0.5, fmax(y1 - y0 - 0.75, 0.25), y0, y1};
        struct resample_axis horizontal = axis_of(across, 20), vertical = axis_of(down, 20);
        for (size_t i = 0; i < sizeof wide; i++)
            wide[i] = (uint8_t)pick(&seed, 0, 255);
        size_t stride = x1 - x0;
        uint8_t *window = malloc(stride * (y1 - y0));
        assert_non_null(window);
        for (uint32_t y = y0; y < y1; y++)
            memcpy(window + (y - y0) * stride, wide + y * WIDTH + x0, stride);
        assert_int_equal(resample_plane(wide, WIDTH, &horizontal, &vertical, out[0], 20, NULL, NULL),
                         TESS_OK);
        const uint8_t *origin = (const uint8_t *)((uintptr_t)window - y0 * stride - x0);
        assert_int_equal(resample_plane(origin, stride, &horizontal, &vertical, out[1], 20, NULL, NULL),
                         TESS_OK);
        assert_memory_equal(out[0], out[1], sizeof out[0]);
        free(window);
        resample_axis_clear(&horizontal);
        resample_axis_clear(&vertical);
    }
}

/* Only the target's own columns are written. */
static void rows_keep_to_their_width(void **state)
{
    (void)state;
    uint8_t source[40 * 40], target[12 * 30];
    struct resample_axis across = axis_of(whole(40), 20), down = axis_of(whole(40), 10);
    memset(source, 77, sizeof source);
    memset(target, 0xA5, sizeof target);
    assert_int_equal(resample_plane(source, 40, &across, &down, target + 30 + 5, 30, NULL, NULL), TESS_OK);
    for (size_t i = 0; i < sizeof target; i++) {
        size_t x = i % 30, y = i / 30;
        bool inside = x >= 5 && x < 25 && y >= 1 && y < 11;
        assert_int_equal(target[i], inside ? 77 : 0xA5);
    }
    resample_axis_clear(&across);
    resample_axis_clear(&down);
}

/* It looks after every 64 rows, not after less than those. */
static void many_rows_can_be_stopped(void **state)
{
    (void)state;
    static uint8_t source[40 * 40], target[20 * 200];
    struct resample_axis across = axis_of(whole(40), 20), down = axis_of(whole(40), 200);
    for (int left = 0; left <= 3; left++) {
        const struct countdown countdown = {left};
        const struct stop stop = countdown_stop(&countdown);
        assert_int_equal(resample_plane(source, 40, &across, &down, target, 20, &stop, NULL),
                         left < 3 ? TESS_ERR_TIMEOUT : TESS_OK);
        assert_int_equal(countdown.left, left < 3 ? -1 : 0);
    }
    resample_axis_clear(&across);
    resample_axis_clear(&down);
}

/* Kernels for one processor give the bytes of the portable ones, also with samples and weights at their
 * limits. */
static void kernels_agree(void **state)
{
    (void)state;
    const struct resample_kernels *best = resample_kernels_best();
    uint32_t seed = 11;
    for (int round = 0; round < 400; round++) {
        enum { MOST_TAPS = 40, WIDTH = 75, COUNT = 13 };
        uint8_t source[MOST_TAPS * WIDTH], target[2][COUNT];
        int16_t weights[COUNT * MOST_TAPS], middle[2][WIDTH + MOST_TAPS] = {{0}};
        uint32_t first[COUNT], taps = pick(&seed, 1, MOST_TAPS), width = pick(&seed, 1, WIDTH);
        for (size_t i = 0; i < sizeof source; i++)
            source[i] = round % 2 ? (uint8_t)pick(&seed, 0, 255) : (uint8_t)(pick(&seed, 0, 1) * 255);
        for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
            weights[i] = (int16_t)((int)pick(&seed, 0, 3000) - 1000);
        weights[0] = 21000; /* as large as enlarging makes them */
        resample_kernels_portable.sum_rows(source, WIDTH, weights, taps, width, middle[0]);
        best->sum_rows(source, WIDTH, weights, taps, width, middle[1]);
        assert_memory_equal(middle[0], middle[1], sizeof middle[0]);
        uint32_t padded = pick(&seed, 1, MOST_TAPS / RESAMPLE_TAPS_MULTIPLE) * RESAMPLE_TAPS_MULTIPLE;
        uint32_t count = pick(&seed, 1, COUNT);
        for (uint32_t i = 0; i < COUNT; i++)
            first[i] = pick(&seed, 0, WIDTH);
        resample_kernels_portable.filter_row(middle[0], first, weights, padded, count, target[0]);
        best->filter_row(middle[1], first, weights, padded, count, target[1]);
        assert_memory_equal(target[0], target[1], count);
    }
}

static enum tess_status make_and_use(void *context, struct tess_error *error)
{
    (void)context;
    uint8_t source[50] = {0}, target[7];
    const struct resample_span across = whole(50), down = whole(1);
    struct resample_axis horizontal = {0}, vertical = {0};
    enum tess_status status = resample_axis_init(&horizontal, &across, 7, error);
    if (status == TESS_OK)
        status = resample_axis_init(&vertical, &down, 1, error);
    if (status == TESS_OK)
        status = resample_plane(source, 50, &horizontal, &vertical, target, 7, NULL, error);
    resample_axis_clear(&horizontal);
    resample_axis_clear(&vertical);
    return status;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(torture_loop(TORTURE_MEMORY, make_and_use, NULL), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_sum_to_one),
        cmocka_unit_test(flat_planes_stay_flat),
        cmocka_unit_test(result_is_lanczos),
        cmocka_unit_test(fractional_crops_are_exact),
        cmocka_unit_test(the_longest_side_becomes_one_sample),
        cmocka_unit_test(nothing_outside_the_window_is_read),
        cmocka_unit_test(rows_keep_to_their_width),
        cmocka_unit_test(many_rows_can_be_stopped),
        cmocka_unit_test(kernels_agree),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
