// SPDX-License-Identifier: MIT
/* The plan: shapes, limits and their names, the layout's geometry, and that no number overflows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/canvas.h"
#include "engine/plan.h"

enum { ROUNDS = 4000 };

struct fixture {
    struct tess_grid_options options;
    struct tess_limits limits;
    struct plan_input input;
};

static void fixture_init(struct fixture *fixture, uint64_t images)
{
    tess_grid_options_defaults(&fixture->options);
    tess_limits_defaults(&fixture->limits);
    fixture->input = (struct plan_input){.options = &fixture->options,
                                         .limits = &fixture->limits,
                                         .images = images,
                                         .format = TESS_FORMAT_JPEG,
                                         .threads = 2};
}

static struct plan plan_or_fail(const struct fixture *fixture)
{
    struct plan plan;
    struct tess_error error = {0};
    if (plan_make(&fixture->input, &plan, &error) != TESS_OK)
        fail_msg("%s: %s", tess_status_name(error.status), error.message);
    return plan;
}

/* The plan is refused with this status and this limit ("" for none). */
static void assert_refused(const struct fixture *fixture, enum tess_status status, const char *limit)
{
    struct plan plan;
    struct tess_error error = {0};
    assert_int_equal(plan_make(&fixture->input, &plan, &error), status);
    assert_int_equal(error.status, status);
    assert_string_equal(error.limit, limit);
    assert_true(error.message[0] != '\0');
}

static void shape_follows_the_number_of_images(void **state)
{
    (void)state;
    static const struct {
        uint32_t images, columns, rows;
    } cases[] = {{1, 1, 1},       {2, 1, 2},        {3, 1, 3},     {4, 2, 2},     {5, 2, 3},
                 {8, 2, 4},       {9, 3, 3},        {10, 3, 4},    {15, 3, 5},    {16, 4, 4},
                 {99, 9, 11},     {100, 10, 10},    {101, 10, 11}, {120, 10, 12}, {121, 11, 11},
                 {9999, 99, 101}, {10000, 100, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_init(&fixture, cases[i].images);
        const struct plan plan = plan_or_fail(&fixture);
        assert_int_equal(plan.columns, cases[i].columns);
        assert_int_equal(plan.rows, cases[i].rows);
        assert_int_equal(plan.tiles, cases[i].images);
        assert_int_equal(plan.width_px, cases[i].columns * 100);
        assert_int_equal(plan.height_px, cases[i].rows * 100);
    }
}

static void given_columns_or_rows_decide(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 10);
    fixture.options.columns = 4;
    struct plan plan = plan_or_fail(&fixture);
    assert_int_equal(plan.columns, 4);
    assert_int_equal(plan.rows, 3);
    fixture.options.columns = 0;
    fixture.options.rows = 3;
    plan = plan_or_fail(&fixture);
    assert_int_equal(plan.columns, 4);
    assert_int_equal(plan.rows, 3);
    fixture.options.columns = 20; /* more room than images is the caller's wish */
    fixture.options.rows = 2;
    plan = plan_or_fail(&fixture);
    assert_int_equal(plan.width_px, 2000);
    assert_int_equal(plan.height_px, 200);
    fixture.options.columns = 3;
    assert_refused(&fixture, TESS_ERR_INVALID, "");
    fixture_init(&fixture, 0);
    assert_refused(&fixture, TESS_ERR_INVALID, "");
}

static void pages_hold_what_columns_and_rows_allow(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 0);
    assert_int_equal(plan_page_capacity(&fixture.options, 77), 77);
    fixture.options.columns = 3;
    assert_int_equal(plan_page_capacity(&fixture.options, 77), 77);
    fixture.options.rows = 4;
    assert_int_equal(plan_page_capacity(&fixture.options, 77), 12);
    assert_int_equal(plan_page_capacity(&fixture.options, 12), 12);
    assert_int_equal(plan_page_capacity(&fixture.options, 5), 5);
    fixture.options.columns = fixture.options.rows = UINT32_MAX;
    assert_int_equal(plan_page_capacity(&fixture.options, UINT64_MAX), UINT64_C(0xFFFFFFFE00000001));
}

static void cells_are_limited(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 10000);
    (void)plan_or_fail(&fixture);
    fixture.input.images = 10001;
    assert_refused(&fixture, TESS_ERR_LIMIT, "max-cells");
    fixture.limits.max_cells = 10001;
    assert_refused(&fixture, TESS_ERR_LIMIT, "max-cells"); /* 100 x 101 cells */
    fixture.limits.max_cells = 10100;
    (void)plan_or_fail(&fixture);
    fixture_init(&fixture, 1); /* empty cells count too */
    fixture.options.columns = 100;
    fixture.options.rows = 101;
    assert_refused(&fixture, TESS_ERR_LIMIT, "max-cells");
}

static void sides_are_limited_by_format(void **state)
{
    (void)state;
    static const struct {
        enum tess_format format;
        uint32_t most_px;
        const char *limit;
    } cases[] = {{TESS_FORMAT_JPEG, 65500, "jpeg-side"},
                 {TESS_FORMAT_WEBP, 16383, "webp-side"},
                 {TESS_FORMAT_AVIF, 16384, "avif-side"},
                 {TESS_FORMAT_PNG, 1000000, "png-side"},
                 {TESS_FORMAT_TIFF, 1000000, "tiff-side"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int across = 0; across < 2; across++) {
            struct fixture fixture;
            fixture_init(&fixture, 1000);
            fixture.input.format = cases[i].format;
            *(across ? &fixture.options.columns : &fixture.options.rows) = 1000;
            *(across ? &fixture.options.tile_width_px : &fixture.options.tile_height_px) =
                cases[i].most_px / 1000;
            /* Margins make up the difference, and one more pixel of gap is too much. */
            uint32_t rest = cases[i].most_px % 1000;
            fixture.options.margin_px = rest / 2;
            struct plan plan = plan_or_fail(&fixture);
            assert_int_equal(across ? plan.width_px : plan.height_px, cases[i].most_px - rest % 2);
            fixture.options.margin_px++;
            assert_refused(&fixture, TESS_ERR_LIMIT, cases[i].limit);
        }
    }
    struct fixture fixture;
    fixture_init(&fixture, 1);
    fixture.options.tile_width_px = 65500;
    assert_int_equal(plan_or_fail(&fixture).width_px, 65500);
    fixture.options.margin_px = 1;
    assert_refused(&fixture, TESS_ERR_LIMIT, "jpeg-side");
}

/* Callers of the library fill the options themselves: nothing has checked them before the plan does. */
static void impossible_options_are_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 4);
    fixture.options.tile_width_px = 0;
    assert_refused(&fixture, TESS_ERR_INVALID, "");
    fixture_init(&fixture, 4);
    fixture.options.tile_height_px = 0;
    assert_refused(&fixture, TESS_ERR_INVALID, "");
    fixture_init(&fixture, 4);
    fixture.options.quality = 0;
    assert_refused(&fixture, TESS_ERR_INVALID, "");
    fixture.options.quality = 101;
    assert_refused(&fixture, TESS_ERR_INVALID, "");
    fixture_init(&fixture, 4);
    memset(fixture.options.label, 'x', sizeof fixture.options.label);
    assert_refused(&fixture, TESS_ERR_INVALID, "");
}

static void huge_numbers_do_not_overflow(void **state)
{
    (void)state;
    static const uint32_t huge[] = {1, 65500, 65501, 0x7FFFFFFF, 0x80000000, UINT32_MAX - 1, UINT32_MAX};
    static const uint64_t images[] = {1, 10000, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX};
    for (uint32_t round = 0; round < 7 * 7 * 7 * 6; round++) {
        struct fixture fixture;
        struct plan plan;
        fixture_init(&fixture, images[round / 343]);
        fixture.limits.max_cells = round % 2 ? UINT32_MAX : 10000;
        fixture.options.tile_width_px = fixture.options.tile_height_px = huge[round % 7];
        fixture.options.gap_px = fixture.options.margin_px = huge[round / 7 % 7];
        fixture.options.columns = round % 4 ? huge[round / 49 % 7] : 0;
        fixture.options.rows = round % 3 ? huge[round % 7] : 0;
        fixture.input.format = round % 5 ? TESS_FORMAT_PNG : TESS_FORMAT_JPEG;
        if (plan_make(&fixture.input, &plan, NULL) != TESS_OK)
            continue;
        assert_true(plan.width_px <= 1000000 && plan.height_px <= 1000000);
        assert_true((uint64_t)plan.columns * plan.tile_width_px <= plan.width_px);
        assert_true((uint64_t)plan.rows * plan.tile_height_px <= plan.height_px);
    }
}

static uint32_t pick(uint32_t *seed, uint32_t least, uint32_t most)
{
    *seed = *seed * 1664525U + 1013904223U;
    return least + (*seed >> 8) % (most - least + 1);
}

static void randomise(struct fixture *fixture, uint32_t *seed)
{
    fixture_init(fixture, pick(seed, 1, 60));
    struct tess_grid_options *options = &fixture->options;
    options->tile_width_px = pick(seed, 1, 300);
    options->tile_height_px = pick(seed, 1, 300);
    options->gap_px = pick(seed, 0, 3) ? pick(seed, 0, 200) : 0;
    options->margin_px = pick(seed, 0, 3) ? pick(seed, 0, 200) : 0;
    if (pick(seed, 0, 1))
        options->columns = pick(seed, 1, 70);
    if (pick(seed, 0, 3) == 0)
        options->rows = 60;
    if (pick(seed, 0, 1))
        memcpy(options->label, "%f", 3);
    if (pick(seed, 0, 1))
        memcpy(options->title, "title", 6);
    fixture->input.format = pick(seed, 0, 1) ? TESS_FORMAT_JPEG : TESS_FORMAT_PNG;
    fixture->input.threads = pick(seed, 1, 16);
}

static bool apart(const struct tess_rect *a, const struct tess_rect *b)
{
    return a->x_px + a->width_px <= b->x_px || b->x_px + b->width_px <= a->x_px ||
           a->y_px + a->height_px <= b->y_px || b->y_px + b->height_px <= a->y_px;
}

static void assert_within(const struct tess_rect *rect, const struct plan *plan)
{
    assert_true(rect->x_px >= plan->margin_px && rect->y_px >= plan->margin_px);
    assert_true(rect->x_px + rect->width_px + plan->margin_px <= plan->width_px);
    assert_true(rect->y_px + rect->height_px + plan->margin_px <= plan->height_px);
}

static void assert_geometry(const struct plan *plan)
{
    const struct tess_rect title = plan_title_rect(plan);
    const uint32_t cells = plan->columns * plan->rows;
    if (title.height_px)
        assert_within(&title, plan);
    for (uint32_t cell = 0; cell < cells; cell++) {
        const struct tess_rect block = plan_block_rect(plan, cell), tile = plan_cell_rect(plan, cell);
        assert_within(&block, plan);
        assert_int_equal(tile.x_px, block.x_px);
        assert_int_equal(tile.y_px, block.y_px);
        assert_int_equal(tile.width_px, plan->tile_width_px);
        assert_int_equal(tile.height_px, plan->tile_height_px);
        assert_int_equal(block.height_px, tile.height_px + plan->label_height_px);
        assert_true(apart(&title, &block));
        /* To the right and below are the nearest; the rest follows from rows and columns being even. */
        if (cell % plan->columns) {
            const struct tess_rect left = plan_block_rect(plan, cell - 1);
            assert_int_equal(left.x_px + left.width_px + plan->gap_px, block.x_px);
            assert_int_equal(left.y_px, block.y_px);
        }
        if (cell >= plan->columns) {
            const struct tess_rect above = plan_block_rect(plan, cell - plan->columns);
            assert_int_equal(above.y_px + above.height_px + plan->gap_px, block.y_px);
            assert_int_equal(above.x_px, block.x_px);
        }
    }
    const struct tess_rect last = plan_block_rect(plan, cells - 1);
    assert_int_equal(last.x_px + last.width_px + plan->margin_px, plan->width_px);
    assert_int_equal(last.y_px + last.height_px + plan->margin_px, plan->height_px);
}

/* A cell is handed out when all strips that it touches are open; the rows above it may still hold theirs. */
static void assert_ring(const struct plan *plan)
{
    assert_true(plan->ring_strips >= 1 && plan->ring_strips <= plan->strip_count);
    assert_true((uint64_t)plan->strip_count * PLAN_STRIP_ROWS_PX >= plan->height_px);
    assert_true((uint64_t)(plan->strip_count - 1) * PLAN_STRIP_ROWS_PX < plan->height_px);
    for (uint32_t cell = 0; cell < plan->columns * plan->rows; cell += plan->columns) {
        const struct tess_rect block = plan_block_rect(plan, cell);
        uint32_t touched =
            canvas_strip_of(block.y_px + block.height_px - 1) - canvas_strip_of(block.y_px) + 1;
        assert_true(plan->ring_strips >= touched);
    }
}

/* 4:2:0 needs every edge between two things even, so that a chroma sample has one owner. */
static void assert_layout(const struct plan *plan)
{
    if (plan->format != TESS_FORMAT_JPEG) {
        assert_int_equal(plan->layout, PICTURE_RGB);
        return;
    }
    bool even = plan_title_rect(plan).height_px % 2 == 0;
    for (uint32_t cell = 0; cell < plan->columns * plan->rows; cell++) {
        const struct tess_rect tile = plan_cell_rect(plan, cell);
        even = even && ((tile.x_px | tile.y_px | tile.width_px | tile.height_px) & 1) == 0;
    }
    if (plan->layout == PICTURE_YCC420)
        assert_true(even);
    else
        assert_int_equal(plan->layout, PICTURE_YCC444);
}

/* Field by field: what lies between the fields may be anything. */
static void assert_same(const struct plan *a, const struct plan *b)
{
    assert_int_equal(a->columns, b->columns);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->tiles, b->tiles);
    assert_int_equal(a->width_px, b->width_px);
    assert_int_equal(a->height_px, b->height_px);
    assert_int_equal(a->tile_width_px, b->tile_width_px);
    assert_int_equal(a->tile_height_px, b->tile_height_px);
    assert_int_equal(a->label_height_px, b->label_height_px);
    assert_int_equal(a->title_height_px, b->title_height_px);
    assert_int_equal(a->margin_px, b->margin_px);
    assert_int_equal(a->gap_px, b->gap_px);
    assert_int_equal(a->format, b->format);
    assert_int_equal(a->layout, b->layout);
    assert_int_equal(a->strip_count, b->strip_count);
    assert_int_equal(a->ring_strips, b->ring_strips);
    assert_int_equal(a->canvas_bytes, b->canvas_bytes);
    assert_int_equal(a->memory_bytes, b->memory_bytes);
}

static void every_plan_is_sound(void **state)
{
    (void)state;
    uint32_t seed = 20261122;
    int made = 0, halved = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture fixture;
        randomise(&fixture, &seed);
        struct plan plan, again;
        memset(&plan, 0, sizeof plan);
        memset(&again, 0, sizeof again);
        if (plan_make(&fixture.input, &plan, NULL) != TESS_OK)
            continue;
        made++;
        halved += plan.layout == PICTURE_YCC420;
        assert_geometry(&plan);
        assert_ring(&plan);
        assert_layout(&plan);
        assert_true(plan.memory_bytes > plan.canvas_bytes);
        assert_int_equal(plan_make(&fixture.input, &again, NULL), TESS_OK);
        assert_same(&plan, &again);
    }
    assert_true(made > ROUNDS / 2);
    assert_true(halved > ROUNDS / 100);
}

/* Threads decide how much is in flight, nothing about the picture. */
static void threads_do_not_change_the_picture(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 300);
    memcpy(fixture.options.title, "title", 6);
    const struct plan one = plan_or_fail(&fixture);
    fixture.input.threads = 64;
    const struct plan many = plan_or_fail(&fixture);
    assert_int_equal(one.width_px, many.width_px);
    assert_int_equal(one.height_px, many.height_px);
    assert_int_equal(one.layout, many.layout);
    assert_int_equal(one.title_height_px, many.title_height_px);
    assert_true(many.ring_strips > one.ring_strips);
}

static void even_layouts_are_halved(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 4);
    memcpy(fixture.options.label, "%f", 3);
    memcpy(fixture.options.title, "title", 6);
    assert_int_equal(plan_or_fail(&fixture).layout, PICTURE_YCC420);
    uint32_t *const edges[] = {&fixture.options.tile_width_px, &fixture.options.tile_height_px,
                               &fixture.options.gap_px, &fixture.options.margin_px};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        (*edges[i])++;
        assert_int_equal(plan_or_fail(&fixture).layout, PICTURE_YCC444);
        (*edges[i])--;
    }
    fixture.input.format = TESS_FORMAT_PNG;
    assert_int_equal(plan_or_fail(&fixture).layout, PICTURE_RGB);
}

static void captions_and_heading_take_their_room(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 4);
    memcpy(fixture.options.label, "%f", 3);
    struct plan plan = plan_or_fail(&fixture);
    assert_int_equal(plan.label_height_px, 16); /* a sixth of the tile, even */
    assert_int_equal(plan.height_px, 2 * (100 + 16));
    memcpy(fixture.options.title, "title", 6);
    plan = plan_or_fail(&fixture);
    assert_int_equal(plan.title_height_px, 24);
    assert_int_equal(plan.height_px, 24 + 2 * (100 + 16));
    assert_int_equal(plan_cell_rect(&plan, 0).y_px, 24);
    fixture.options.tile_width_px = fixture.options.tile_height_px = 10;
    assert_int_equal(plan_or_fail(&fixture).label_height_px, 14);
    fixture.options.tile_width_px = fixture.options.tile_height_px = 5000;
    plan = plan_or_fail(&fixture);
    assert_int_equal(plan.label_height_px, 40);
    assert_int_equal(plan.title_height_px, 96);
}

static void ten_thousand_cells_need_little_memory(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, 10000);
    fixture.options.tile_width_px = fixture.options.tile_height_px = 128;
    struct plan plan = plan_or_fail(&fixture);
    assert_int_equal(plan.width_px, 12800);
    assert_int_equal(plan.layout, PICTURE_YCC420);
    assert_true(plan.canvas_bytes < UINT64_C(64) << 20);
    assert_true(plan.memory_bytes < UINT64_C(256) << 20);
    fixture.input.format = TESS_FORMAT_WEBP; /* the whole picture at once */
    plan = plan_or_fail(&fixture);
    assert_true(plan.canvas_bytes > UINT64_C(3) * 12800 * 12800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_follows_the_number_of_images),
        cmocka_unit_test(given_columns_or_rows_decide),
        cmocka_unit_test(pages_hold_what_columns_and_rows_allow),
        cmocka_unit_test(cells_are_limited),
        cmocka_unit_test(sides_are_limited_by_format),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(huge_numbers_do_not_overflow),
        cmocka_unit_test(every_plan_is_sound),
        cmocka_unit_test(threads_do_not_change_the_picture),
        cmocka_unit_test(even_layouts_are_halved),
        cmocka_unit_test(captions_and_heading_take_their_room),
        cmocka_unit_test(ten_thousand_cells_need_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
