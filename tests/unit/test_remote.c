// SPDX-License-Identifier: MIT
/*
 * Grids of objects that are far away: how many requests a grid takes and how many of them run at once, what
 * its key follows, and what remains when a request fails or the job is killed in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "engine/engine_state.h"
#include "fake_cloud.h"
#include "jpeg_make.h"
#include "scratch.h"
#include <tessera/tessera.h>

enum { IMAGES = 100 };

struct bench {
    struct cloud cloud;
    struct tess_engine *engine;
    struct made_jpeg jpeg, other;
    struct tess_grid_request request;
    struct tess_answer *answer;
    struct tess_error error;
    volatile int cancel;
};

static struct tess_engine *engine_of(uint64_t memory_bytes)
{
    struct tess_engine_options options;
    struct tess_engine *engine = NULL;
    tess_engine_options_defaults(&options);
    options.threads = 2;
    options.memory_bytes = memory_bytes;
    assert_int_equal(tess_engine_create(&options, &engine, NULL), TESS_OK);
    return engine;
}

static const char *key_number(uint32_t number)
{
    static char keys[4][32];
    static uint32_t turn;
    char *key = keys[turn++ % 4];
    (void)snprintf(key, sizeof keys[0], "image-%03u.jpg", number);
    return key;
}

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    cloud_init(&bench->cloud);
    bench->engine = engine_of(UINT64_C(1) << 30);
    bench->jpeg = made_photo(60, 40, 2, 2, 1);
    bench->other = made_photo(50, 50, 2, 2, 1);
    for (uint32_t i = 0; i < IMAGES; i++) {
        cloud_put(&bench->cloud, "images", key_number(i), bench->jpeg.data, bench->jpeg.size);
        cloud_map(&bench->cloud, key_number(i));
    }
    tess_grid_request_defaults(&bench->request);
    bench->request.grid_id = "grid";
    bench->request.options.tile_width_px = bench->request.options.tile_height_px = 24;
    bench->request.watch.cancel = &bench->cancel;
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tess_answer_destroy(bench->answer);
    /* All that was reserved has been given back. */
    for (int share = 0; share < BUDGET_SHARES; share++)
        assert_true(budget_try_reserve(bench->engine->budget, (enum budget_share)share,
                                       budget_share_bytes(bench->engine->budget, (enum budget_share)share)));
    for (int share = 0; share < BUDGET_SHARES; share++)
        budget_release(bench->engine->budget, (enum budget_share)share,
                       budget_share_bytes(bench->engine->budget, (enum budget_share)share));
    tess_engine_destroy(bench->engine);
    cloud_clear(&bench->cloud);
    made_clear(&bench->jpeg);
    made_clear(&bench->other);
    free(bench);
    return 0;
}

static enum tess_status create(struct bench *bench)
{
    tess_answer_destroy(bench->answer);
    bench->answer = NULL;
    cloud_forget_counts(&bench->cloud);
    return tess_grid_create(bench->engine, &bench->cloud.store, &bench->request, &bench->answer,
                            &bench->error);
}

/* Creates, expecting success, and gives the key (valid till the fourth call from now). */
static const char *key_of(struct bench *bench, bool cached, size_t failed)
{
    static char keys[4][TESS_KEY_MAX_BYTES + 1];
    static uint32_t turn;
    char *key = keys[turn++ % 4];
    if (create(bench) != TESS_OK)
        fail_msg("%s", bench->error.message);
    assert_int_equal(bench->answer->cached, cached);
    assert_int_equal(bench->answer->result->failed_count, failed);
    (void)snprintf(key, sizeof keys[0], "%s", bench->answer->key);
    return key;
}

static void images_are_read_many_at_once_and_not_looked_at_before(void **state)
{
    struct bench *bench = *state;
    bench->cloud.gather = CLOUD_FETCHES;
    (void)key_of(bench, false, 0);
    assert_int_equal(atomic_load(&bench->cloud.gets.most), CLOUD_FETCHES);
    assert_int_equal(atomic_load(&bench->cloud.gets.total), IMAGES + 1); /* the sidecar */
    assert_int_equal(atomic_load(&bench->cloud.stats.total), 0);
    assert_int_equal(atomic_load(&bench->cloud.puts.total), 2);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 2);
}

/* A few large cells: as many images are read at once all the same. */
static void large_tiles_do_not_hold_reading_back(void **state)
{
    struct bench *bench = *state;
    bench->request.options.tile_width_px = bench->request.options.tile_height_px = 400;
    bench->request.options.columns = 2;
    bench->cloud.gather = CLOUD_FETCHES;
    (void)key_of(bench, false, 0);
    assert_int_equal(atomic_load(&bench->cloud.gets.most), CLOUD_FETCHES);
}

static void a_grid_that_is_there_costs_no_image(void **state)
{
    struct bench *bench = *state;
    const char *key = key_of(bench, false, 0);
    bench->cloud.gather = CLOUD_FETCHES;
    assert_string_equal(key_of(bench, true, 0), key);
    assert_int_equal(atomic_load(&bench->cloud.gets.total), 1);
    assert_int_equal(atomic_load(&bench->cloud.stats.total), IMAGES + 1); /* the grid */
    assert_int_equal(atomic_load(&bench->cloud.stats.most), CLOUD_FETCHES);
    assert_int_equal(atomic_load(&bench->cloud.puts.total), 0);
    struct tess_plan_summary summary;
    char planned[TESS_KEY_MAX_BYTES + 1];
    cloud_forget_counts(&bench->cloud);
    assert_int_equal(
        tess_grid_plan(bench->engine, &bench->cloud.store, &bench->request, &summary, planned, NULL),
        TESS_OK);
    assert_string_equal(planned, key);
    assert_int_equal(atomic_load(&bench->cloud.stats.total), IMAGES);
    assert_int_equal(atomic_load(&bench->cloud.gets.total), 0);
}

static void put_padded(struct bench *bench, uint32_t number, size_t size)
{
    uint8_t *padded = calloc(1, size); /* what follows the picture is not read */
    assert_non_null(padded);
    memcpy(padded, bench->jpeg.data, bench->jpeg.size);
    cloud_put(&bench->cloud, "images", key_number(number), padded, size);
    free(padded);
}

static void a_guess_that_was_too_small_is_corrected(void **state)
{
    struct bench *bench = *state;
    put_padded(bench, 3, 6 << 20);
    put_padded(bench, 70, 7 << 20);
    tess_engine_destroy(bench->engine);
    bench->engine = engine_of(64 << 20);
    (void)key_of(bench, false, 0);
    const unsigned gets = atomic_load(&bench->cloud.gets.total);
    assert_true(gets > IMAGES + 1 && gets <= IMAGES + 3);
    assert_true(budget_peak_bytes(bench->engine->budget) <= 64 << 20);
}

static void what_is_over_a_limit_is_named(void **state)
{
    struct bench *bench = *state;
    put_padded(bench, 3, 9 << 20);
    tess_engine_destroy(bench->engine);
    bench->engine = engine_of(64 << 20);
    bench->engine->options.limits.max_input_bytes = 5 << 20;
    const char *key = key_of(bench, false, 1);
    const struct tess_cell_report *cell = &bench->answer->result->cells[IMAGES - 1 - 3];
    assert_int_equal(cell->status, TESS_ERR_LIMIT);
    assert_non_null(strstr(cell->reason, "9437184 bytes are more than the limit max-bytes of 5242880"));
    assert_string_equal(key_of(bench, true, 1), key);
    bench->engine->options.limits.max_input_bytes = 20 << 20; /* more than the budget has for it */
    assert_string_not_equal(key_of(bench, false, 1), key);
    (void)key_of(bench, false, 1); /* another budget may do: not remembered */
}

static void *cancel_when_all_wait(void *argument)
{
    struct bench *bench = argument;
    const bool good = cloud_await(&bench->cloud.got_images, CLOUD_FETCHES);
    __atomic_store_n(&bench->cancel, 1, __ATOMIC_RELAXED);
    return good ? NULL : "they did not begin";
}

static void cancel_ends_the_reads(void **state)
{
    struct bench *bench = *state;
    pthread_t thread;
    void *complaint = NULL;
    bench->cloud.hold_gets = true;
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_all_wait, bench), 0);
    assert_int_equal(create(bench), TESS_ERR_CANCELLED);
    assert_int_equal(pthread_join(thread, &complaint), 0);
    assert_null(complaint);
    assert_int_equal(atomic_load(&bench->cloud.stopped), CLOUD_FETCHES);
    assert_int_equal(atomic_load(&bench->cloud.got_images), CLOUD_FETCHES);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
}

static void the_deadline_ends_the_reads(void **state)
{
    struct bench *bench = *state;
    bench->cloud.hold_gets = true;
    bench->engine->options.limits.timeout_ms = 300;
    bench->request.options.strict = true; /* it is not a cell that failed */
    assert_int_equal(create(bench), TESS_ERR_TIMEOUT);
    assert_string_equal(bench->error.limit, "timeout");
    assert_int_equal(atomic_load(&bench->cloud.stopped), atomic_load(&bench->cloud.got_images));
}

static void replace_while_read(struct cloud *cloud, const char *key)
{
    const struct bench *bench = cloud->context;
    if (strcmp(key, "image-005.jpg") == 0)
        cloud_put(cloud, "images", key, bench->other.data, bench->other.size);
}

static void the_key_is_of_the_bytes_that_were_read(void **state)
{
    struct bench *bench = *state;
    struct tess_plan_summary summary;
    char planned[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(
        tess_grid_plan(bench->engine, &bench->cloud.store, &bench->request, &summary, planned, NULL),
        TESS_OK);
    bench->cloud.context = bench;
    bench->cloud.on_get = replace_while_read;
    assert_string_equal(key_of(bench, false, 0), planned); /* the old bytes under the old key */
    bench->cloud.on_get = NULL;
    const char *key = key_of(bench, false, 0);
    assert_string_not_equal(key, planned);
    assert_string_equal(key_of(bench, true, 0), key);
    cloud_put(&bench->cloud, "images", key_number(50), bench->other.data, bench->other.size);
    assert_string_not_equal(key_of(bench, false, 0), key);
}

/* Killed between the two puts, in either order, there is no wrong answer, and no second copy after it. */
static void half_of_what_is_stored_is_not_believed(void **state)
{
    struct bench *bench = *state;
    bench->cloud.fail_commit = ".json";
    assert_int_equal(create(bench), TESS_ERR_IO);
    assert_true(cloud_count(&bench->cloud, "grids") <= 1);
    bench->cloud.fail_commit = NULL;
    const char *key = key_of(bench, false, 0);
    assert_string_equal(key_of(bench, true, 0), key);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 2);
    cloud_drop(&bench->cloud, "grids", ".json"); /* the grid without a sidecar */
    assert_string_equal(key_of(bench, false, 0), key);
    assert_string_equal(key_of(bench, true, 0), key);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 2);
    cloud_drop(&bench->cloud, "grids", ".jpg"); /* the sidecar without a grid */
    assert_string_equal(key_of(bench, false, 0), key);

    cloud_put(&bench->cloud, "images", key_number(0), bench->other.data, bench->other.size);
    bench->cloud.fail_commit = ".jpg";
    assert_int_equal(create(bench), TESS_ERR_IO); /* the sidecar names a grid that is not there */
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 2);
    bench->cloud.fail_commit = NULL;
    key = key_of(bench, false, 0);
    assert_string_equal(key_of(bench, true, 0), key);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 3);

    cloud_put(&bench->cloud, "images", key_number(1), bench->other.data, bench->other.size);
    bench->cloud.fail_commit = ".json";
    assert_int_equal(create(bench), TESS_ERR_IO); /* the sidecar is the earlier grid's */
    bench->cloud.fail_commit = NULL;
    (void)key_of(bench, false, 0);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 4);
}

static void failures_that_pass_are_not_remembered(void **state)
{
    struct bench *bench = *state;
    cloud_fail(&bench->cloud, key_number(9), TESS_ERR_IO);
    const char *hurt = key_of(bench, false, 1);
    assert_string_equal(key_of(bench, false, 1), hurt);
    bench->request.options.strict = true;
    assert_int_equal(create(bench), TESS_ERR_TILE_FAILED);
    bench->request.options.strict = false;
    cloud_fail(&bench->cloud, key_number(9), TESS_OK);
    const char *whole = key_of(bench, false, 0);
    assert_string_not_equal(whole, hurt);
    assert_string_equal(key_of(bench, true, 0), whole);
    cloud_fail(&bench->cloud, key_number(9), TESS_ERR_NOT_FOUND); /* stat still tells a version */
    assert_string_equal(key_of(bench, true, 0), whole);
}

static void fail_all(struct bench *bench, enum tess_status status)
{
    for (uint32_t i = 0; i < IMAGES; i++)
        cloud_fail(&bench->cloud, key_number(i), status);
}

/* No permission, no connection, a redirect, no key to decrypt with: that is not a grid of bad images. */
static void a_store_that_gives_nothing_is_an_error(void **state)
{
    struct bench *bench = *state;
    static const enum tess_status
        cases[][2] = {{TESS_ERR_DENIED, TESS_ERR_DENIED},  {TESS_ERR_IO, TESS_ERR_IO},
                      {TESS_ERR_BUSY, TESS_ERR_BUSY},      {TESS_ERR_SETUP, TESS_ERR_SETUP},
                      {TESS_ERR_INVALID, TESS_ERR_IO}, /* our request, the store's fault */
                      {TESS_ERR_TIMEOUT, TESS_ERR_TIMEOUT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fail_all(bench, cases[i][0]);
        cloud_fail(&bench->cloud, key_number(2),
                   TESS_ERR_NOT_FOUND); /* one that is missing changes nothing */
        assert_int_equal(create(bench), cases[i][1]);
        assert_int_equal(bench->error.status, cases[i][1]);
        assert_non_null(strstr(bench->error.message, "none of the 100 images could be read"));
        assert_non_null(strstr(bench->error.message, "image-099.jpg"));
        assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
        assert_int_equal(bench->answer->result->failed_count, IMAGES);
        assert_string_equal(bench->answer->key, "");
    }
    fail_all(bench, TESS_ERR_NOT_FOUND);
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
    cloud_fail(&bench->cloud, key_number(7), TESS_OK);
    (void)key_of(bench, false, IMAGES - 1); /* one is enough */
}

/* Of a bucket that is not there a server says the same as of objects: it is the operator's to mend. */
static void a_missing_bucket_is_a_matter_of_setup(void **state)
{
    struct bench *bench = *state;
    static char elsewhere[] = "elsewhere";
    bench->cloud.store.backend.source_bucket = elsewhere;
    assert_int_equal(create(bench), TESS_ERR_SETUP);
    assert_int_equal(bench->error.status, TESS_ERR_SETUP);
    assert_non_null(strstr(bench->error.message, "there is no bucket elsewhere"));
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
}

static enum tess_status create_without_descriptors(struct bench *bench)
{
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const enum tess_status status = create(bench);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    return status;
}

/* What the machine lacked says nothing about an image: the whole job fails, and the next one is whole. */
static void want_of_resources_is_no_cells_failure(void **state)
{
    struct bench *bench = *state;
    cloud_fail(&bench->cloud, key_number(9), TESS_ERR_MEMORY);
    assert_int_equal(create(bench), TESS_ERR_MEMORY);
    assert_null(bench->answer);
    assert_non_null(strstr(bench->error.message, "image-009.jpg"));
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
    bench->request.options.strict = true;
    assert_int_equal(create(bench), TESS_ERR_MEMORY);
    bench->request.options.strict = false;
    cloud_fail(&bench->cloud, key_number(9), TESS_ERR_IO); /* as a server that cannot be reached is told */
    assert_int_equal(create_without_descriptors(bench), TESS_ERR_MEMORY);
    assert_non_null(strstr(bench->error.message, "descriptors"));
    cloud_fail(&bench->cloud, key_number(9), TESS_OK);
    assert_int_equal(create_without_descriptors(bench), TESS_OK);
    assert_false(bench->answer->cached);
    assert_int_equal(bench->answer->result->failed_count, 0);
}

/* Between the look-up and the reading of the picture another process may remove it. */
static void a_stored_grid_that_vanishes_is_built(void **state)
{
    struct bench *bench = *state;
    char folder[64], output[128];
    scratch_make(folder);
    (void)snprintf(output, sizeof output, "%s/out.jpg", folder);
    const char *key = key_of(bench, false, 0);
    bench->request.output = output;
    assert_string_equal(key_of(bench, true, 0), key);
    assert_int_equal(remove(output), 0);
    cloud_fail_in(&bench->cloud, "grids", key, TESS_ERR_NOT_FOUND);
    assert_string_equal(key_of(bench, false, 0), key);
    assert_int_equal(bench->answer->result->output_count, 1);
    assert_int_equal(remove(output), 0);
    cloud_fail_in(&bench->cloud, "grids", key, TESS_ERR_IO); /* any other failure is one */
    assert_int_equal(create(bench), TESS_ERR_IO);
    assert_int_equal(scratch_count(folder), 0);
    scratch_remove(folder);
}

static void many_keys_are_refused_before_a_byte_is_read(void **state)
{
    struct bench *bench = *state;
    bench->engine->options.limits.max_cells = IMAGES - 1;
    /* A listing that is held up on a busy machine looks like one of several pages: not every time. */
    for (int attempt = 1; attempt == 1 || atomic_load(&bench->cloud.gets.total) > 0; attempt++) {
        assert_true(attempt <= 5);
        assert_int_equal(create(bench), TESS_ERR_LIMIT);
        assert_string_equal(bench->error.limit, "max-cells");
    }
}

static void removals_run_many_at_once(void **state)
{
    struct bench *bench = *state;
    size_t removed = 0;
    const char *const some[] = {"image-001.jpg", "no such image", "image-003.jpg"};
    assert_int_equal(tess_store_remove(&bench->cloud.store, "grid", some, 3, &removed, NULL), TESS_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(cloud_count(&bench->cloud, "images"), IMAGES - 2);
    cloud_forget_counts(&bench->cloud);
    bench->cloud.gather = CLOUD_FETCHES;
    assert_int_equal(tess_store_remove(&bench->cloud.store, "grid", NULL, 0, &removed, NULL), TESS_OK);
    assert_int_equal(removed, IMAGES - 2);
    assert_int_equal(atomic_load(&bench->cloud.removes.most), CLOUD_FETCHES);
    assert_int_equal(cloud_count(&bench->cloud, "images"), 0);
    assert_int_equal(bench->cloud.mapped_count, 0);
}

/* A misspelt bucket must not cost the mappings of the images in the right one. */
static void nothing_is_removed_from_a_wrong_bucket(void **state)
{
    struct bench *bench = *state;
    static char elsewhere[] = "elsewhere";
    const char *const some[] = {"image-001.jpg"};
    struct tess_error error = {0};
    size_t removed = 0;
    bench->cloud.store.backend.source_bucket = elsewhere;
    assert_int_equal(tess_store_remove(&bench->cloud.store, "grid", NULL, 0, &removed, &error),
                     TESS_ERR_SETUP);
    assert_non_null(strstr(error.message, "elsewhere"));
    assert_int_equal(tess_store_remove(&bench->cloud.store, "grid", some, 1, &removed, &error),
                     TESS_ERR_SETUP);
    assert_int_equal(removed, 0);
    assert_int_equal(bench->cloud.mapped_count, IMAGES);
    assert_int_equal(cloud_count(&bench->cloud, "images"), IMAGES);
}

int main(void)
{
#define REMOTE_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        REMOTE_TEST(images_are_read_many_at_once_and_not_looked_at_before),
        REMOTE_TEST(large_tiles_do_not_hold_reading_back),
        REMOTE_TEST(a_grid_that_is_there_costs_no_image),
        REMOTE_TEST(a_guess_that_was_too_small_is_corrected),
        REMOTE_TEST(what_is_over_a_limit_is_named),
        REMOTE_TEST(cancel_ends_the_reads),
        REMOTE_TEST(the_deadline_ends_the_reads),
        REMOTE_TEST(the_key_is_of_the_bytes_that_were_read),
        REMOTE_TEST(half_of_what_is_stored_is_not_believed),
        REMOTE_TEST(failures_that_pass_are_not_remembered),
        REMOTE_TEST(a_store_that_gives_nothing_is_an_error),
        REMOTE_TEST(a_missing_bucket_is_a_matter_of_setup),
        REMOTE_TEST(want_of_resources_is_no_cells_failure),
        REMOTE_TEST(a_stored_grid_that_vanishes_is_built),
        REMOTE_TEST(many_keys_are_refused_before_a_byte_is_read),
        REMOTE_TEST(removals_run_many_at_once),
        REMOTE_TEST(nothing_is_removed_from_a_wrong_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
