// SPDX-License-Identifier: MIT
/* Montages of files: names of pages, what is refused before anything is touched, and what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "jpeg_make.h"
#include "scratch.h"
#include <tessera/tessera.h>

enum { IMAGES = 7 };

struct bench {
    char folder[64];
    char images[IMAGES][128];
    const char *paths[IMAGES];
    struct tess_engine *engine;
    struct tess_montage montage;
    struct tess_result *result;
    struct tess_error error;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    assert_int_equal(mkdir(scratch_path(bench->folder, "in"), 0700), 0);
    assert_int_equal(mkdir(scratch_path(bench->folder, "out"), 0700), 0);
    for (uint32_t i = 0; i < IMAGES; i++) {
        struct made_jpeg jpeg = made_flat(40 + i, 30, (uint8_t)(i * 36), (uint8_t)(255 - i * 36), 90);
        (void)snprintf(bench->images[i], sizeof bench->images[i], "%s/in/%u.jpg", bench->folder, i);
        scratch_write(bench->images[i], jpeg.data, jpeg.size);
        bench->paths[i] = bench->images[i];
        made_clear(&jpeg);
    }
    assert_int_equal(tess_engine_create(NULL, &bench->engine, NULL), TESS_OK);
    tess_montage_defaults(&bench->montage);
    bench->montage.paths = bench->paths;
    bench->montage.path_count = IMAGES;
    bench->montage.options.tile_width_px = bench->montage.options.tile_height_px = 16;
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tess_result_destroy(bench->result);
    tess_engine_destroy(bench->engine);
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

/* Writes to `name` in the folder "out"; the result is the bench's. */
static enum tess_status run(struct bench *bench, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/out/%s", bench->folder, name);
    bench->montage.output = path;
    tess_result_destroy(bench->result);
    bench->result = NULL;
    memset(&bench->error, 0, sizeof bench->error);
    enum tess_status status = tess_montage_run(bench->engine, &bench->montage, &bench->result, &bench->error);
    bench->montage.output = NULL;
    assert_int_equal(bench->error.status, status);
    /* Where it was cells that failed the job they are listed. */
    assert_true(status != TESS_OK || bench->result);
    assert_true(status != TESS_ERR_TILE_FAILED || bench->result);
    assert_true(status == TESS_OK || !bench->result || bench->result->failed_count > 0);
    return status;
}

static const char *in_out(const struct bench *bench, const char *name)
{
    return scratch_path(scratch_path(bench->folder, "out"), name);
}

static struct made_jpeg load(const char *path)
{
    struct bytes bytes;
    assert_int_equal(file_read(path, 1 << 24, &bytes, NULL), TESS_OK);
    return (struct made_jpeg){bytes.data, bytes.size, 1};
}

static void one_page_is_written(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    const struct tess_result *result = bench->result;
    assert_int_equal(result->columns, 2);
    assert_int_equal(result->rows, 4);
    assert_int_equal(result->width_px, 32);
    assert_int_equal(result->height_px, 64);
    assert_int_equal(result->tiles, IMAGES);
    assert_int_equal(result->pages, 1);
    assert_int_equal(result->failed_count, 0);
    assert_int_equal(result->output_count, 1);
    assert_string_equal(result->outputs[0], in_out(bench, "grid.jpg"));
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
    struct made_jpeg jpeg = load(result->outputs[0]);
    assert_int_equal(result->bytes, jpeg.size);
    struct picture rgb = made_decode(&jpeg);
    assert_int_equal(rgb.width_px, 32);
    for (uint32_t i = 0; i < IMAGES; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        const uint8_t *middle = rgb.planes[0].data + (cell->rect.y_px + 8) * rgb.planes[0].stride_bytes +
                                (size_t)3 * (cell->rect.x_px + 8);
        assert_string_equal(cell->source, bench->paths[i]);
        assert_true(abs(middle[0] - (int)i * 36) <= 6 && abs(middle[1] - (255 - (int)i * 36)) <= 6);
    }
    picture_clear(&rgb);
    made_clear(&jpeg);
}

static void pages_are_numbered(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *name, *pages[3];
    } cases[] = {{"grid.jpg", {"grid-1.jpg", "grid-2.jpg", "grid-3.jpg"}},
                 {"p%d.jpg", {"p1.jpg", "p2.jpg", "p3.jpg"}},
                 {"%d", {"1", "2", "3"}},
                 {"plain", {"plain-1", "plain-2", "plain-3"}},
                 {".hidden", {".hidden-1", ".hidden-2", ".hidden-3"}},
                 {"a.b.jpg", {"a.b-1.jpg", "a.b-2.jpg", "a.b-3.jpg"}},
                 {"x%d-%d.jpg", {"x%d-%d-1.jpg", "x%d-%d-2.jpg", "x%d-%d-3.jpg"}},
                 {"v1.5/grid", {"v1.5/grid-1", "v1.5/grid-2", "v1.5/grid-3"}},
                 {"v1.5/.x", {"v1.5/.x-1", "v1.5/.x-2", "v1.5/.x-3"}},
                 {"%s%n.jpg", {"%s%n-1.jpg", "%s%n-2.jpg", "%s%n-3.jpg"}}};
    assert_int_equal(mkdir(in_out(bench, "v1.5"), 0700), 0);
    bench->montage.options.columns = 3;
    bench->montage.options.rows = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(run(bench, cases[i].name), TESS_OK);
        assert_int_equal(bench->result->pages, 3);
        assert_int_equal(bench->result->output_count, 3);
        for (int page = 0; page < 3; page++) {
            assert_string_equal(bench->result->outputs[page], in_out(bench, cases[i].pages[page]));
            assert_int_equal(unlink(bench->result->outputs[page]), 0);
        }
    }
    assert_int_equal(bench->result->cells[6].page, 2);
    assert_int_equal(bench->result->cells[6].cell, 0);
    assert_int_equal(bench->result->cells[6].rect.x_px, 0);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1); /* the folder v1.5 */
}

static void one_page_with_a_number_in_its_name(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(run(bench, "p%d.jpg"), TESS_OK);
    assert_string_equal(bench->result->outputs[0], in_out(bench, "p1.jpg"));
    bench->montage.options.columns = bench->montage.options.rows = 3; /* room for all on one page */
    assert_int_equal(run(bench, "whole.jpg"), TESS_OK);
    assert_string_equal(bench->result->outputs[0], in_out(bench, "whole.jpg"));
}

struct progress {
    uint32_t done, failed;
    bool orderly;
};

static void on_progress(void *context, const struct tess_progress *progress)
{
    struct progress *seen = context;
    /* Not a thread that may fail the test. */
    seen->orderly = seen->orderly && progress->done == seen->done + 1 && progress->total == IMAGES &&
                    progress->failed >= seen->failed;
    seen->done = progress->done;
    seen->failed = progress->failed;
}

static void progress_goes_over_all_pages(void **state)
{
    struct bench *bench = *state;
    struct progress seen = {.orderly = true};
    bench->montage.options.columns = 2;
    bench->montage.options.rows = 2;
    bench->paths[1] = "/nowhere/at/all.jpg";
    bench->montage.watch = (struct tess_watch){.on_progress = on_progress, .context = &seen};
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    assert_true(seen.orderly);
    assert_int_equal(seen.done, IMAGES);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(bench->result->failed_count, 1);
    assert_int_equal(bench->result->cells[1].status, TESS_ERR_NOT_FOUND);
}

/* The old file stays until the new one is whole; a failure leaves it as it was, and nothing beside it. */
static void output_is_replaced_whole_or_not_at_all(void **state)
{
    struct bench *bench = *state;
    scratch_write(in_out(bench, "grid.jpg"), "old", 3);
    bench->montage.options.strict = true;
    bench->paths[3] = "/nowhere/at/all.jpg";
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_TILE_FAILED);
    assert_int_equal(bench->result->failed_count, 1);
    assert_int_equal(bench->result->cells[3].status, TESS_ERR_NOT_FOUND);
    assert_int_equal(bench->result->output_count, 0);
    struct made_jpeg old = load(in_out(bench, "grid.jpg"));
    assert_int_equal(old.size, 3);
    assert_memory_equal(old.data, "old", 3);
    made_clear(&old);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
    int cancel = 1;
    bench->montage.watch.cancel = &cancel;
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_CANCELLED);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
    bench->montage.watch.cancel = NULL;
    bench->montage.options.strict = false;
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    struct made_jpeg jpeg = load(in_out(bench, "grid.jpg"));
    assert_true(jpeg.size > 100);
    made_clear(&jpeg);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
}

static void pages_become_visible_together(void **state)
{
    struct bench *bench = *state;
    bench->montage.options.columns = 3;
    bench->montage.options.rows = 1;
    bench->montage.options.strict = true;
    bench->paths[4] = "/nowhere/at/all.jpg";
    scratch_write(in_out(bench, "grid-1.jpg"), "old", 3);
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_TILE_FAILED);
    assert_int_equal(bench->result->output_count, 0);
    assert_int_equal(bench->result->failed_count, 1);
    for (uint32_t i = 0; i < IMAGES; i++) { /* also of the page that was never begun */
        assert_string_equal(bench->result->cells[i].source, bench->paths[i]);
        assert_int_equal(bench->result->cells[i].page, i / 3);
    }
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
    struct made_jpeg old = load(in_out(bench, "grid-1.jpg"));
    assert_int_equal(old.size, 3);
    made_clear(&old);
    bench->montage.options.strict = false;
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    assert_int_equal(bench->result->output_count, 3);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 3);
}

/* What is read is not written over: tests/unit/test_output.c has all its ways. */
static void output_is_never_an_input(void **state)
{
    struct bench *bench = *state;
    bench->paths[0] = in_out(bench, "both.jpg");
    struct made_jpeg jpeg = load(bench->images[0]);
    scratch_write(bench->paths[0], jpeg.data, jpeg.size);
    assert_int_equal(run(bench, "both.jpg"), TESS_ERR_INVALID);
    assert_non_null(strstr(bench->error.message, "both.jpg"));
    struct made_jpeg after = load(bench->paths[0]);
    assert_int_equal(after.size, jpeg.size);
    assert_memory_equal(after.data, jpeg.data, jpeg.size);
    made_clear(&after);
    made_clear(&jpeg);
    assert_null(bench->result);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
}

static void unwritable_outputs_are_told(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(run(bench, "missing/grid.jpg"), TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(bench->error.message, "missing/grid.jpg"));
    assert_int_equal(mkdir(in_out(bench, "folder.jpg"), 0700), 0);
    assert_int_equal(run(bench, "folder.jpg"), TESS_ERR_INVALID);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
    struct tess_result *result = NULL;
    bench->montage.output = NULL;
    assert_int_equal(tess_montage_run(bench->engine, &bench->montage, &result, NULL), TESS_ERR_INVALID);
    assert_null(result);
}

static void impossible_montages_touch_nothing(void **state)
{
    struct bench *bench = *state;
    bench->montage.path_count = 0;
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_INVALID);
    bench->montage.path_count = IMAGES;
    bench->montage.options.tile_width_px = 40000;
    bench->montage.options.columns = 2;
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "jpeg-side");
    assert_int_equal(run(bench, "grid.webp"), TESS_ERR_LIMIT); /* by the output's name */
    assert_string_equal(bench->error.limit, "webp-side");
    bench->montage.options.tile_width_px = 0;
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_INVALID);
    bench->montage.options.tile_width_px = 16;
    const char **many = calloc(10001, sizeof *many);
    assert_non_null(many);
    for (int i = 0; i < 10001; i++)
        many[i] = bench->images[0];
    bench->montage.paths = many;
    bench->montage.path_count = 10001;
    bench->montage.options.rows = 2; /* on pages of four: still too many in all */
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "max-cells");
    free(many);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 0);
}

static void memory_is_checked_before_any_file(void **state)
{
    struct bench *bench = *state;
    struct tess_engine_options options;
    struct tess_engine *small = NULL;
    tess_engine_options_defaults(&options);
    options.memory_bytes = 16 << 20;
    assert_int_equal(tess_engine_create(&options, &small, NULL), TESS_OK);
    tess_engine_destroy(bench->engine);
    bench->engine = small;
    bench->montage.options.tile_width_px = bench->montage.options.tile_height_px = 9000;
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "memory");
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 0);
    options.memory_bytes = 1 << 20;
    assert_int_equal(tess_engine_create(&options, &small, &bench->error), TESS_ERR_LIMIT);
    assert_null(small);
}

static void summary_is_what_comes_out(void **state)
{
    struct bench *bench = *state;
    struct tess_plan_summary summary;
    struct tess_grid_options *options = &bench->montage.options;
    options->columns = 2;
    options->rows = 2;
    options->gap_px = 3;
    assert_int_equal(tess_plan_summarise(bench->engine, options, IMAGES, "x.png", &summary, NULL), TESS_OK);
    assert_int_equal(summary.format, TESS_FORMAT_PNG);
    assert_int_equal(summary.pages, 2);
    assert_int_equal(summary.tiles, IMAGES);
    assert_int_equal(tess_plan_summarise(bench->engine, options, 0, NULL, &summary, NULL), TESS_ERR_INVALID);
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    assert_int_equal(summary.width_px, bench->result->width_px);
    assert_int_equal(summary.height_px, bench->result->height_px);
    assert_int_equal(summary.pages, bench->result->pages);
}

static void blank_cells_are_no_failures(void **state)
{
    struct bench *bench = *state;
    bench->paths[0] = bench->paths[6] = "";
    bench->montage.options.strict = true;
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    assert_int_equal(bench->result->failed_count, 0);
    assert_string_equal(bench->result->cells[0].source, "");
    for (uint32_t i = 0; i < IMAGES; i++) /* whoever asks for blank cells only gets them */
        bench->paths[i] = "";
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
}

/* Of images of which not one can be read no picture is made: what was there stays. */
static void nothing_readable_writes_nothing(void **state)
{
    struct bench *bench = *state;
    static const char junk[] = "\xFF\xD8\xFF\xE0 and nothing behind"; /* needs no libvips */
    char text[128];
    (void)snprintf(text, sizeof text, "%s/in/junk.jpg", bench->folder);
    scratch_write(text, junk, sizeof junk);
    for (uint32_t i = 0; i < IMAGES; i++)
        bench->paths[i] = "/nowhere/at/all.jpg";
    scratch_write(in_out(bench, "grid.jpg"), "old", 3);
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_NOT_FOUND);
    assert_non_null(bench->result);
    assert_int_equal(bench->result->failed_count, IMAGES);
    assert_int_equal(bench->result->output_count, 0);
    assert_non_null(strstr(bench->error.message, "none of the 7 images"));
    assert_non_null(strstr(bench->error.message, "/nowhere/at/all.jpg"));
    bench->paths[3] = text;
    bench->paths[4] = "";
    assert_int_equal(run(bench, "grid.jpg"), TESS_ERR_TILE_FAILED);
    assert_int_equal(bench->result->failed_count, IMAGES - 1);
    assert_non_null(strstr(bench->error.message, "junk.jpg"));
    bench->montage.options.columns = 3;
    bench->montage.options.rows = 1;
    assert_int_equal(run(bench, "page.jpg"), TESS_ERR_TILE_FAILED);
    assert_int_equal(bench->result->output_count, 0);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 1);
    struct made_jpeg old = load(in_out(bench, "grid.jpg"));
    assert_int_equal(old.size, 3);
    made_clear(&old);
}

/* Pages are parts of one work: one of them may have nothing but placeholders. */
static void a_page_of_placeholders_is_a_page(void **state)
{
    struct bench *bench = *state;
    bench->montage.options.columns = 3;
    bench->montage.options.rows = 1;
    for (uint32_t i = 0; i < 6; i++)
        bench->paths[i] = "/nowhere/at/all.jpg";
    assert_int_equal(run(bench, "grid.jpg"), TESS_OK);
    assert_int_equal(bench->result->failed_count, 6);
    assert_int_equal(bench->result->output_count, 3);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "out")), 3);
}

int main(void)
{
#define MONTAGE_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        MONTAGE_TEST(one_page_is_written),
        MONTAGE_TEST(pages_are_numbered),
        MONTAGE_TEST(one_page_with_a_number_in_its_name),
        MONTAGE_TEST(progress_goes_over_all_pages),
        MONTAGE_TEST(output_is_replaced_whole_or_not_at_all),
        MONTAGE_TEST(pages_become_visible_together),
        MONTAGE_TEST(output_is_never_an_input),
        MONTAGE_TEST(unwritable_outputs_are_told),
        MONTAGE_TEST(impossible_montages_touch_nothing),
        MONTAGE_TEST(memory_is_checked_before_any_file),
        MONTAGE_TEST(summary_is_what_comes_out),
        MONTAGE_TEST(blank_cells_are_no_failures),
        MONTAGE_TEST(nothing_readable_writes_nothing),
        MONTAGE_TEST(a_page_of_placeholders_is_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
