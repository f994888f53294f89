// SPDX-License-Identifier: MIT
/* An output is none of its inputs, by whatever name, and no file of a store. */
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

#include "scratch.h"
#include <tessera/tessera.h>

struct bench {
    char folder[64];
    struct tess_error error;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    assert_int_equal(mkdir(scratch_path(bench->folder, "in"), 0700), 0);
    scratch_write(scratch_path(bench->folder, "in/a.jpg"), "a", 1);
    scratch_write(scratch_path(bench->folder, "in/b.jpg"), "b", 1);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

static enum tess_status check(struct bench *bench, const char *output, uint32_t pages)
{
    const char *const inputs[] = {"",
                                  "s3://bucket/x.jpg",
                                  "https://example.com/x.jpg",
                                  scratch_path(bench->folder, "in/a.jpg"),
                                  scratch_path(bench->folder, "in/missing.jpg"),
                                  scratch_path(bench->folder, "in/b.jpg")};
    return tess_output_check(scratch_path(bench->folder, output), pages, inputs, 6, &bench->error);
}

static void inputs_are_refused_by_any_name(void **state)
{
    struct bench *bench = *state;
    const char *folder = bench->folder;
    assert_int_equal(symlink("in/b.jpg", scratch_path(folder, "symbolic.jpg")), 0);
    assert_int_equal(symlink("symbolic.jpg", scratch_path(folder, "twice.jpg")), 0);
    assert_int_equal(symlink("in", scratch_path(folder, "folder")), 0);
    assert_int_equal(link(scratch_path(folder, "in/a.jpg"), scratch_path(folder, "hard.jpg")), 0);
    static const char *const same[] = {"in/a.jpg",     "in/b.jpg",       "in/../in//b.jpg",
                                       "symbolic.jpg", "twice.jpg",      "folder/a.jpg",
                                       "hard.jpg",     "in/missing.jpg", "folder/missing.jpg"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(check(bench, same[i], 1), TESS_ERR_INVALID);
        assert_non_null(
            strstr(bench->error.message, strrchr(same[i], '/') ? strrchr(same[i], '/') + 1 : same[i]));
        assert_non_null(strstr(bench->error.message, "name another output"));
    }
    static const char *const others[] = {"in/c.jpg", "missing.jpg", "a.jpg", "none/a.jpg", "in/a.jpg/x"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(check(bench, others[i], 1), TESS_OK);
}

static void pages_are_refused_one_by_one(void **state)
{
    struct bench *bench = *state;
    scratch_write(scratch_path(bench->folder, "in/x-3.jpg"), "x", 1);
    const char *const inputs[] = {scratch_path(bench->folder, "in/x-3.jpg"),
                                  scratch_path(bench->folder, "in/y2z.jpg")};
    const char *x = scratch_path(bench->folder, "in/x.jpg"), *y = scratch_path(bench->folder, "in/y%dz.jpg");
    assert_int_equal(tess_output_check(x, 2, inputs, 2, &bench->error), TESS_OK);
    assert_int_equal(tess_output_check(x, 1, inputs, 2, &bench->error), TESS_OK);
    assert_int_equal(tess_output_check(x, 3, inputs, 2, &bench->error), TESS_ERR_INVALID);
    assert_non_null(strstr(bench->error.message, "x-3.jpg"));
    assert_int_equal(tess_output_check(x, 10000, inputs, 2, &bench->error), TESS_ERR_INVALID);
    assert_int_equal(tess_output_check(y, 1, inputs, 2, &bench->error), TESS_OK);
    assert_int_equal(tess_output_check(y, 2, inputs, 2, &bench->error), TESS_ERR_INVALID);
}

static void a_montage_is_refused_before_anything_is_read(void **state)
{
    struct bench *bench = *state;
    const char *const paths[] = {scratch_path(bench->folder, "in/a.jpg"),
                                 scratch_path(bench->folder, "in/b.jpg")};
    struct tess_engine *engine = NULL;
    struct tess_montage montage;
    struct tess_result *result = NULL;
    assert_int_equal(tess_engine_create(NULL, &engine, NULL), TESS_OK);
    tess_montage_defaults(&montage);
    montage.paths = paths;
    montage.path_count = 2;
    montage.output = paths[0];
    montage.options.strict = true; /* neither is an image: whoever read one would say so */
    assert_int_equal(tess_montage_run(engine, &montage, &result, &bench->error), TESS_ERR_INVALID);
    assert_null(result);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "in")), 2);
    tess_engine_destroy(engine);
}

static void files_of_a_store_are_refused(void **state)
{
    struct bench *bench = *state;
    const char *folder = bench->folder;
    struct tess_store *store = scratch_store(folder);
    assert_int_equal(symlink("data/objects", scratch_path(folder, "objects")), 0);
    assert_int_equal(symlink("data/catalog.db", scratch_path(folder, "x.jpg")), 0);
    assert_int_equal(mkdir(scratch_path(folder, "data/mine"), 0700), 0);
    static const char *const own[] = {"data/catalog.db",
                                      "data/signing-key",
                                      "data/x.jpg",
                                      "data/objects/x.jpg",
                                      "data/objects/grids/x.jpg",
                                      "data/objects/images/x.jpg",
                                      "objects/x.jpg",
                                      "objects/grids/x.jpg",
                                      "x.jpg",
                                      "data/mine/../objects/x.jpg"};
    struct tess_engine *engine = NULL;
    assert_int_equal(tess_engine_create(NULL, &engine, NULL), TESS_OK);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct tess_grid_request request;
        struct tess_answer *answer = NULL;
        assert_int_equal(check(bench, own[i], 1), TESS_ERR_INVALID);
        assert_non_null(strstr(bench->error.message, "store"));
        assert_int_equal(tess_write_file(scratch_path(folder, own[i]), "x", 1, &bench->error),
                         TESS_ERR_INVALID);
        tess_grid_request_defaults(&request);
        request.grid_id = "g";
        request.output = scratch_path(folder, own[i]);
        assert_int_equal(tess_grid_create(engine, store, &request, &answer, &bench->error), TESS_ERR_INVALID);
        assert_null(answer);
    }
    static const char *const others[] = {"y.jpg", "data/mine/x.jpg", "in/x.jpg"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(check(bench, others[i], 1), TESS_OK);
    tess_engine_destroy(engine);
    tess_store_close(store);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(inputs_are_refused_by_any_name),
        WITH_BENCH(pages_are_refused_one_by_one),
        WITH_BENCH(a_montage_is_refused_before_anything_is_read),
        WITH_BENCH(files_of_a_store_are_refused),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
