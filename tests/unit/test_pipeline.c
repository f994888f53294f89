// SPDX-License-Identifier: MIT
/*
 * One page from sources to sink: the same bytes whatever the threads and the order of events, the right
 * pixels in every cell, and no more memory than was allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/vips_module.h"
#include "pipeline_fixture.h"

#ifdef __SANITIZE_THREAD__
enum { WITH_VIPS = 0 }; /* its libraries are not built for ThreadSanitizer */
#else
enum { WITH_VIPS = 1 };
#endif

/* Runs the setup's job on engines of several sizes and compares with the first result. */
static void assert_same_on_all_engines(struct job_setup setup)
{
    static const uint32_t threads[] = {1, 2, 3, 8, 2};
    struct fake_sink first;
    fake_sink_init(&first);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        struct fake_sink sink;
        struct job_outcome outcome;
        fake_sink_init(&sink);
        setup.engine = fake_engine(threads[i]);
        setup.sink = &sink;
        job_run_well(&setup, &outcome);
        assert_true(sink.size > 0);
        if (i == 0) {
            first = sink;
        } else {
            assert_int_equal(sink.size, first.size);
            assert_memory_equal(sink.data, first.data, first.size);
            fake_sink_clear(&sink);
        }
        job_outcome_clear(&outcome);
        tess_engine_destroy(setup.engine);
    }
    fake_sink_clear(&first);
}

static void bytes_do_not_depend_on_threads(void **state)
{
    (void)state;
    struct fake_source source;
    fake_source_init(&source);
    source.delay_us = 300;
    struct job_setup setup = job_setup_of(NULL, &source, NULL, 61, 40);
    assert_same_on_all_engines(setup);
    setup.options.gap_px = 3; /* odd: full chroma until it is encoded */
    setup.options.margin_px = 5;
    setup.options.background = (struct tess_colour){200, 30, 60};
    source.fails[7] = TESS_ERR_IO;
    source.fails[60] = TESS_ERR_NOT_FOUND;
    assert_same_on_all_engines(setup);
    fake_source_clear(&source);
}

static void every_format_is_the_same_each_time(void **state)
{
    (void)state;
    if (!WITH_VIPS) {
        print_message("skipped here: this build has no libvips\n");
        skip();
    }
    struct fake_source source;
    fake_source_init(&source);
    for (int format = TESS_FORMAT_PNG; format <= TESS_FORMAT_TIFF; format++) {
        struct job_setup setup = job_setup_of(NULL, &source, NULL, 20, 33);
        setup.options.format = (enum tess_format)format;
        setup.options.gap_px = 1;
        memcpy(setup.options.label, "%n: %f", 7);
        memcpy(setup.options.title, "title", 6);
        assert_same_on_all_engines(setup);
    }
    fake_source_clear(&source);
}

/* Tiles many strips high, a few pixels high, and as wide as it gets: the ring has room for all. */
static void extreme_tiles_do_not_stall(void **state)
{
    (void)state;
    static const uint32_t tiles[][2] = {{8, 1200}, {1500, 2}, {2, 2}, {16, 129}, {1, 127}, {200, 300}};
    struct fake_source source;
    fake_source_init(&source);
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        for (uint32_t columns = 1; columns <= 5; columns += 4) {
            struct job_setup setup = job_setup_of(NULL, &source, NULL, 10, 1);
            setup.options.tile_width_px = tiles[i][0];
            setup.options.tile_height_px = tiles[i][1];
            setup.options.columns = columns;
            setup.options.gap_px = i % 2 ? 300 : 0; /* strips without a cell */
            setup.options.rows = i == 2 ? 40 : 0;   /* rows without a cell */
            assert_same_on_all_engines(setup);
        }
    }
    fake_source_clear(&source);
}

static struct picture decode_sink(const struct fake_sink *sink)
{
    const struct made_jpeg jpeg = {sink->data, sink->size, 1};
    return made_decode(&jpeg);
}

static const uint8_t *pixel_at(const struct picture *rgb, uint32_t x, uint32_t y)
{
    return rgb->planes[0].data + y * rgb->planes[0].stride_bytes + (size_t)3 * x;
}

/* Differences within the cell, in JPEG output of tiles that are whole MCUs. */
static uint32_t differing_rows(const struct picture *a, const struct picture *b, const struct tess_rect *rect)
{
    uint32_t count = 0;
    /* Decoders smooth chroma across borders: the outermost pixels say something of the neighbours. */
    for (uint32_t y = rect->y_px + 2; y < rect->y_px + rect->height_px - 2; y++)
        count += memcmp(pixel_at(a, rect->x_px + 2, y), pixel_at(b, rect->x_px + 2, y),
                        (size_t)3 * (rect->width_px - 4)) != 0;
    return count;
}

static void placeholders_leave_the_others_alone(void **state)
{
    (void)state;
    enum { IMAGES = 20, FAILING = 9 };
    struct fake_source source;
    struct fake_sink sinks[2];
    struct job_outcome outcomes[2];
    struct picture pictures[2];
    struct tess_engine *engine = fake_engine(3);
    fake_source_init(&source);
    for (int i = 0; i < 2; i++) {
        fake_sink_init(&sinks[i]);
        source.fails[FAILING] = i ? TESS_ERR_NOT_FOUND : TESS_OK;
        struct job_setup setup = job_setup_of(engine, &source, &sinks[i], IMAGES, 48);
        setup.options.quality = 100;
        job_run_well(&setup, &outcomes[i]);
        pictures[i] = decode_sink(&sinks[i]);
    }
    assert_int_equal(outcomes[0].result->pub.failed_count, 0);
    assert_int_equal(outcomes[1].result->pub.failed_count, 1);
    for (uint32_t cell = 0; cell < IMAGES; cell++) {
        const struct tess_cell_report *report = &outcomes[1].result->pub.cells[cell];
        uint32_t differing = differing_rows(&pictures[0], &pictures[1], &report->rect);
        assert_int_equal(report->status, cell == FAILING ? TESS_ERR_NOT_FOUND : TESS_OK);
        assert_string_equal(report->reason, cell == FAILING ? "item 9 is not to be had" : "");
        if (cell == FAILING)
            assert_true(differing > 40);
        else
            assert_int_equal(differing, 0);
    }
    for (int i = 0; i < 2; i++) {
        picture_clear(&pictures[i]);
        fake_sink_clear(&sinks[i]);
        job_outcome_clear(&outcomes[i]);
    }
    fake_source_clear(&source);
    tess_engine_destroy(engine);
}

static void assert_flat(const struct picture *rgb, const struct tess_rect *rect, const uint8_t colour[3])
{
    for (uint32_t y = rect->y_px; y < rect->y_px + rect->height_px; y++)
        for (uint32_t x = rect->x_px; x < rect->x_px + rect->width_px; x++)
            for (int c = 0; c < 3; c++)
                if (abs(pixel_at(rgb, x, y)[c] - colour[c]) > 3)
                    fail_msg("%u, %u is %d, %d, %d", x, y, pixel_at(rgb, x, y)[0], pixel_at(rgb, x, y)[1],
                             pixel_at(rgb, x, y)[2]);
}

/* Margins, gaps, blank cells and cells that no image is left for are background. */
static void what_no_image_covers_is_background(void **state)
{
    (void)state;
    const uint8_t ground[3] = {30, 90, 200};
    struct fake_source source;
    struct fake_sink sink;
    struct job_outcome outcome;
    struct tess_engine *engine = fake_engine(2);
    fake_source_init(&source);
    fake_sink_init(&sink);
    source.blank_every = 4;
    struct job_setup setup = job_setup_of(engine, &source, &sink, 7, 32);
    setup.options.columns = 3;
    setup.options.gap_px = setup.options.margin_px = 32;
    setup.options.quality = 100;
    setup.options.background = (struct tess_colour){30, 90, 200};
    job_run_well(&setup, &outcome);
    assert_int_equal(atomic_load(&source.reads), 5);
    assert_int_equal(outcome.result->pub.failed_count, 0);
    struct picture rgb = decode_sink(&sink);
    assert_int_equal(rgb.width_px, 32 * 7);
    assert_int_equal(rgb.height_px, 32 * 7);
    static const uint32_t empty_cells[] = {0, 4, 7, 8};
    for (size_t i = 0; i < 4; i++) {
        const struct tess_rect rect = plan_cell_rect(&outcome.plan, empty_cells[i]);
        assert_flat(&rgb, &rect, ground);
    }
    for (uint32_t row = 0; row < 7; row += 2) {
        const struct tess_rect across = {0, row * 32 + 1, 32 * 7, 30}, down = {row * 32 + 1, 0, 30, 32 * 7};
        assert_flat(&rgb, &across, ground);
        assert_flat(&rgb, &down, ground);
    }
    picture_clear(&rgb);
    fake_sink_clear(&sink);
    job_outcome_clear(&outcome);
    fake_source_clear(&source);
    tess_engine_destroy(engine);
}

struct seen {
    uint32_t calls, done, failed;
    bool orderly;
};

static void on_progress(void *context, const struct tess_progress *progress)
{
    struct seen *seen = context;
    seen->orderly = seen->orderly && progress->done == seen->done + 1 && progress->total == 30 &&
                    progress->failed >= seen->failed;
    seen->calls++;
    seen->done = progress->done;
    seen->failed = progress->failed;
}

static void progress_counts_every_cell(void **state)
{
    (void)state;
    struct fake_source source;
    struct fake_sink sink;
    struct job_outcome outcome;
    struct seen seen = {.orderly = true};
    struct tess_engine *engine = fake_engine(4);
    fake_source_init(&source);
    fake_sink_init(&sink);
    source.blank_every = 10;
    source.fails[3] = source.fails[22] = TESS_ERR_IO;
    struct job_setup setup = job_setup_of(engine, &source, &sink, 30, 16);
    setup.watch = (struct tess_watch){.on_progress = on_progress, .context = &seen};
    job_run_well(&setup, &outcome);
    assert_true(seen.orderly);
    assert_int_equal(seen.calls, 30);
    assert_int_equal(seen.done, 30);
    assert_int_equal(seen.failed, 2);
    fake_sink_clear(&sink);
    job_outcome_clear(&outcome);
    fake_source_clear(&source);
    tess_engine_destroy(engine);
}

/* 16 MiB, images whose decoding takes a few of them: they wait for each other, and stay within it. */
static void a_small_budget_is_kept(void **state)
{
    (void)state;
    struct tess_engine_options options;
    struct tess_engine *engine = NULL;
    struct fake_source source;
    struct fake_sink sink;
    struct job_outcome outcome;
    tess_engine_options_defaults(&options);
    options.threads = 4;
    options.memory_bytes = 16 << 20;
    assert_int_equal(tess_engine_create(&options, &engine, NULL), TESS_OK);
    fake_source_init(&source);
    fake_sink_init(&sink);
    made_clear(&source.kinds[0]);
    source.kinds[0] = made_photo(1500, 1000, 2, 2, 1);
    made_clear(&source.kinds[1]); /* never fits */
    source.kinds[1] = made_photo(3000, 2600, 1, 1, 1);
    struct job_setup setup = job_setup_of(engine, &source, &sink, 36, 240);
    setup.options.fit = TESS_FIT_FILL;
    setup.options.columns = 3;
    job_run_well(&setup, &outcome);
    assert_true(budget_peak_bytes(engine->budget) <= 16 << 20);
    for (uint32_t cell = 0; cell < 36; cell++) {
        bool too_large = cell * 7 % FAKE_KINDS == 1;
        const struct tess_cell_report *report = &outcome.result->pub.cells[cell];
        assert_int_equal(report->status, too_large ? TESS_ERR_LIMIT : TESS_OK);
        assert_true(!too_large || strstr(report->reason, "memory"));
    }
    fake_sink_clear(&sink);
    job_outcome_clear(&outcome);
    fake_source_clear(&source);
    tess_engine_destroy(engine);
}

/* Pictures of failed cells are as large as those of good ones. */
static void placeholders_are_budgeted(void **state)
{
    (void)state;
    struct fake_source source;
    struct fake_sink sink;
    struct job_outcome outcome;
    struct tess_engine *engine = fake_engine(1);
    fake_source_init(&source);
    fake_sink_init(&sink);
    source.fails[0] = source.fails[1] = TESS_ERR_IO; /* so that no decoder takes any */
    struct job_setup setup = job_setup_of(engine, &source, &sink, 2, 600);
    job_run_well(&setup, &outcome);
    assert_int_equal(outcome.result->pub.failed_count, 2);
    assert_true(budget_peak_bytes(engine->budget) >= outcome.plan.canvas_bytes +
                                                         picture_bytes(PICTURE_RGB, 600, 600) +
                                                         picture_bytes(PICTURE_YCC420, 600, 600));
    fake_sink_clear(&sink);
    job_outcome_clear(&outcome);
    fake_source_clear(&source);
    tess_engine_destroy(engine);
}

/* A file that grows between its size being asked and being read is refused: no more is read than was
 * reserved. */
static void what_grew_is_not_read_beyond_its_ticket(void **state)
{
    (void)state;
    struct fake_source source;
    struct fake_sink sink;
    struct job_outcome outcome;
    struct tess_engine *engine = fake_engine(2);
    fake_source_init(&source);
    fake_sink_init(&sink);
    source.size_error_bytes = 1;
    struct job_setup setup = job_setup_of(engine, &source, &sink, 4, 20);
    job_run_well(&setup, &outcome);
    assert_int_equal(outcome.result->pub.failed_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(outcome.result->pub.cells[i].status, TESS_ERR_IO);
        assert_string_equal(outcome.result->pub.cells[i].reason, "it grew while it was read");
    }
    fake_sink_clear(&sink);
    job_outcome_clear(&outcome);
    fake_source_clear(&source);
    tess_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(every_format_is_the_same_each_time),
        cmocka_unit_test(extreme_tiles_do_not_stall),
        cmocka_unit_test(placeholders_leave_the_others_alone),
        cmocka_unit_test(what_no_image_covers_is_background),
        cmocka_unit_test(progress_counts_every_cell),
        cmocka_unit_test(a_small_budget_is_kept),
        cmocka_unit_test(placeholders_are_budgeted),
        cmocka_unit_test(what_grew_is_not_read_beyond_its_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
