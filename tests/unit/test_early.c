// SPDX-License-Identifier: MIT
/*
 * Images that are read while later pages of keys are on their way: when that begins and when it does not,
 * that the picture is the same, and that what was begun in vain leaves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/early.h"
#include "engine/engine_state.h"
#include "fake_cloud.h"
#include "jpeg_make.h"
#include "torture.h"
#include <tessera/tessera.h>

enum { IMAGES = 400, PAGE_KEYS = 100, KINDS = 5, ENOUGH = 40, ATTEMPTS = 5 };

struct bench {
    struct cloud cloud;
    struct tess_engine *engine;
    struct made_jpeg kinds[KINDS];
    struct tess_grid_request request;
    struct tess_answer *answer;
    struct tess_error error;
    volatile int cancel;
    /* what a page finds */
    unsigned await; /* images to be read before the second page comes */
    bool awaited;
    uint32_t pause_ms; /* before each page */
};

static const char *key_number(uint32_t number)
{
    static char keys[4][32];
    static uint32_t turn;
    char *key = keys[turn++ % 4];
    (void)snprintf(key, sizeof keys[0], "image-%03u.jpg", number);
    return key;
}

static void engine_with(struct bench *bench, uint64_t memory_bytes)
{
    struct tess_engine_options options;
    tess_engine_destroy(bench->engine);
    tess_engine_options_defaults(&options);
    options.threads = 2;
    options.memory_bytes = memory_bytes;
    assert_int_equal(tess_engine_create(&options, &bench->engine, NULL), TESS_OK);
}

static void before_page(struct cloud *cloud, uint32_t page)
{
    struct bench *bench = cloud->context;
    if (page == 1 && bench->await)
        bench->awaited = cloud_await(&cloud->got_images, bench->await);
    if (bench->pause_ms)
        usleep(bench->pause_ms * 1000);
}

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    cloud_init(&bench->cloud);
    engine_with(bench, UINT64_C(4) << 30); /* to spare: as many reads as pay, each with the first guess */
    for (uint32_t i = 0; i < KINDS; i++)
        bench->kinds[i] = made_photo(40 + 8 * i, 60 - 6 * i, 2, 2, (uint8_t)(1 + i));
    for (uint32_t i = 0; i < IMAGES; i++) {
        const struct made_jpeg *kind = &bench->kinds[i * 7 % KINDS];
        cloud_put(&bench->cloud, "images", key_number(i), kind->data, kind->size);
        cloud_map(&bench->cloud, key_number(i));
    }
    bench->cloud.context = bench;
    bench->cloud.on_page = before_page;
    tess_grid_request_defaults(&bench->request);
    bench->request.grid_id = "grid";
    bench->request.options.tile_width_px = bench->request.options.tile_height_px = 16;
    bench->request.watch.cancel = &bench->cancel;
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tess_answer_destroy(bench->answer);
    for (int share = 0; share < BUDGET_SHARES; share++) { /* all has been given back */
        struct budget *budget = bench->engine->budget;
        const uint64_t all = budget_share_bytes(budget, (enum budget_share)share);
        assert_true(budget_try_reserve(budget, (enum budget_share)share, all));
        budget_release(budget, (enum budget_share)share, all);
    }
    tess_engine_destroy(bench->engine);
    cloud_clear(&bench->cloud);
    for (uint32_t i = 0; i < KINDS; i++)
        made_clear(&bench->kinds[i]);
    free(bench);
    return 0;
}

static enum tess_status create(struct bench *bench)
{
    tess_answer_destroy(bench->answer);
    bench->answer = NULL;
    bench->awaited = false;
    cloud_forget_counts(&bench->cloud);
    return tess_grid_create(bench->engine, &bench->cloud.store, &bench->request, &bench->answer,
                            &bench->error);
}

static void create_well(struct bench *bench, bool cached, size_t failed)
{
    if (create(bench) != TESS_OK)
        fail_msg("%s", bench->error.message);
    assert_int_equal(bench->answer->cached, cached);
    assert_int_equal(bench->answer->result->failed_count, failed);
}

/* The picture of the last answer. */
static struct bytes picture_of(struct bench *bench)
{
    struct bytes bytes;
    const struct object_get request = {.bucket = "grids", .key = bench->answer->key, .max_bytes = 1 << 26};
    assert_int_equal(bench->cloud.objects.ops->get(&bench->cloud.objects, &request, &bytes, NULL, NULL),
                     TESS_OK);
    return bytes;
}

/* Builds the same once with all keys on one page, and compares. */
static void assert_as_without(struct bench *bench)
{
    char key[TESS_KEY_MAX_BYTES + 1];
    struct bytes early = picture_of(bench);
    (void)snprintf(key, sizeof key, "%s", bench->answer->key);
    bench->cloud.page_keys = 0;
    bench->await = 0;
    bench->request.options.fresh = true;
    create_well(bench, false, bench->answer->result->failed_count);
    struct bytes late = picture_of(bench);
    assert_string_equal(bench->answer->key, key);
    assert_int_equal(early.size, late.size);
    assert_memory_equal(early.data, late.data, late.size);
    bytes_clear(&early);
    bytes_clear(&late);
}

static void reading_begins_before_the_second_page(void **state)
{
    struct bench *bench = *state;
    static const enum tess_order orders[] = {TESS_ORDER_DEFAULT, TESS_ORDER_KEY};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        bench->request.options.order = orders[i];
        bench->request.options.fresh = false;
        bench->cloud.page_keys = PAGE_KEYS;
        bench->await = ENOUGH;
        create_well(bench, false, 0);
        assert_true(bench->awaited);
        assert_int_equal(atomic_load(&bench->cloud.got_images), IMAGES); /* each once */
        assert_true(atomic_load(&bench->cloud.gets.most) <= 2 * CLOUD_FETCHES);
        assert_as_without(bench);
    }
}

static void the_first_page_can_be_ready_before_the_last_has_come(void **state)
{
    struct bench *bench = *state;
    bench->cloud.page_keys = 300;
    bench->await = 256; /* all that are ever begun early */
    create_well(bench, false, 0);
    assert_true(bench->awaited);
    assert_int_equal(atomic_load(&bench->cloud.got_images), IMAGES);
    assert_as_without(bench);
}

static void bad_images_are_the_same_early(void **state)
{
    struct bench *bench = *state;
    cloud_put(&bench->cloud, "images", key_number(399), "", 0);
    cloud_put(&bench->cloud, "images", key_number(390), bench->kinds[0].data, bench->kinds[0].size / 2);
    cloud_fail(&bench->cloud, key_number(380), TESS_ERR_NOT_FOUND);
    bench->cloud.page_keys = PAGE_KEYS;
    bench->await = ENOUGH;
    create_well(bench, false, 3);
    assert_true(bench->awaited);
    assert_int_equal(bench->answer->result->cells[0].status, TESS_ERR_NOT_IMAGE);
    assert_int_equal(bench->answer->result->cells[9].status, TESS_ERR_CORRUPT);
    assert_int_equal(bench->answer->result->cells[19].status, TESS_ERR_NOT_FOUND);
    assert_as_without(bench);
    bench->request.options.fresh = false;
    bench->request.options.strict = true;
    bench->cloud.page_keys = PAGE_KEYS;
    bench->await = ENOUGH;
    assert_int_equal(create(bench), TESS_ERR_TILE_FAILED);
}

/* A listing that is held up on a busy machine looks like one of several pages: not every time. */
static void one_page_is_asked_about_before_anything_is_read(void **state)
{
    struct bench *bench = *state;
    create_well(bench, false, 0);
    for (int attempt = 1; attempt == 1 || atomic_load(&bench->cloud.got_images) > 0; attempt++) {
        assert_true(attempt <= ATTEMPTS);
        create_well(bench, true, 0);
    }
}

/* A grid that is there: what has been begun ends, and is few. */
static void a_stored_grid_of_many_pages_wastes_little(void **state)
{
    struct bench *bench = *state;
    create_well(bench, false, 0);
    bench->cloud.page_keys = PAGE_KEYS;
    bench->await = ENOUGH;
    create_well(bench, true, 0);
    assert_true(bench->awaited);
    assert_true(atomic_load(&bench->cloud.got_images) <= 256);
    assert_int_equal(atomic_load(&bench->cloud.gets.running), 0);
}

static void nothing_is_read_for_what_cannot_be(void **state)
{
    struct bench *bench = *state;
    bench->cloud.page_keys = PAGE_KEYS;
    bench->pause_ms = 40;
    bench->request.options.tile_width_px = 60000;
    bench->request.options.columns = 2;
    assert_int_equal(create(bench), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "jpeg-side");
    assert_int_equal(atomic_load(&bench->cloud.got_images), 0);
    bench->request.options.tile_width_px = 16;
    bench->engine->options.limits.max_cells = IMAGES - 1; /* not known before the last page */
    assert_int_equal(create(bench), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "max-cells");
    assert_int_equal(atomic_load(&bench->cloud.gets.running), 0);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
}

static void other_orders_and_plans_read_nothing_early(void **state)
{
    struct bench *bench = *state;
    struct tess_plan_summary summary;
    char key[TESS_KEY_MAX_BYTES + 1];
    bench->cloud.page_keys = PAGE_KEYS;
    bench->pause_ms = 40;
    assert_int_equal(tess_grid_plan(bench->engine, &bench->cloud.store, &bench->request, &summary, key, NULL),
                     TESS_OK);
    assert_int_equal(atomic_load(&bench->cloud.got_images), 0);
    bench->pause_ms = 0;
    bench->request.options.order = TESS_ORDER_ADDED;
    create_well(bench, false, 0);
    assert_int_equal(atomic_load(&bench->cloud.got_images), IMAGES);
}

/* Where there is nothing to spare, cells are fetched when it is their turn. */
static void a_small_budget_only_means_less_is_early(void **state)
{
    struct bench *bench = *state;
    engine_with(bench, 16 << 20);
    bench->cloud.page_keys = PAGE_KEYS;
    bench->pause_ms = 20;
    create_well(bench, false, 0);
    assert_true(budget_peak_bytes(bench->engine->budget) <= 16 << 20);
    bench->pause_ms = 0;
    assert_as_without(bench);
    uint64_t all = budget_share_bytes(bench->engine->budget, BUDGET_EARLY);
    assert_true(budget_try_reserve(bench->engine->budget, BUDGET_EARLY, all)); /* another job's */
    bench->cloud.page_keys = PAGE_KEYS;
    bench->pause_ms = 20;
    create_well(bench, false, 0);
    assert_int_equal(atomic_load(&bench->cloud.got_images), IMAGES);
    budget_release(bench->engine->budget, BUDGET_EARLY, all);
}

static void cancel_at_page(struct cloud *cloud, uint32_t page)
{
    struct bench *bench = cloud->context;
    if (page == 1)
        bench->awaited = cloud_await(&cloud->got_images, CLOUD_FETCHES);
    __atomic_store_n(&bench->cancel, 1, __ATOMIC_RELAXED);
}

static void cancel_ends_early_reads(void **state)
{
    struct bench *bench = *state;
    bench->cloud.page_keys = PAGE_KEYS;
    bench->cloud.on_page = cancel_at_page;
    bench->cloud.hold_gets = true;
    assert_int_equal(create(bench), TESS_ERR_CANCELLED);
    assert_true(bench->awaited);
    assert_int_equal(atomic_load(&bench->cloud.stopped), CLOUD_FETCHES);
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 0);
}

static void replace_while_read(struct cloud *cloud, const char *key)
{
    const struct bench *bench = cloud->context;
    if (strcmp(key, "image-395.jpg") == 0)
        cloud_put(cloud, "images", key, bench->kinds[1].data, bench->kinds[1].size);
}

static void the_key_is_of_the_bytes_that_were_read_early(void **state)
{
    struct bench *bench = *state;
    struct tess_plan_summary summary;
    char planned[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(
        tess_grid_plan(bench->engine, &bench->cloud.store, &bench->request, &summary, planned, NULL),
        TESS_OK);
    bench->cloud.page_keys = PAGE_KEYS;
    bench->await = ENOUGH;
    bench->cloud.on_get = replace_while_read;
    create_well(bench, false, 0);
    assert_true(bench->awaited);
    assert_string_equal(bench->answer->key, planned);
    bench->cloud.on_get = NULL;
    create_well(bench, false, 0);
    assert_string_not_equal(bench->answer->key, planned);
}

struct one_of_many {
    struct bench *bench;
    struct tess_grid_request request;
    struct tess_error error;
    bool good;
    pthread_t thread;
};

static void *create_one(void *argument)
{
    struct one_of_many *one = argument;
    struct tess_answer *answer = NULL;
    one->good = tess_grid_create(one->bench->engine, &one->bench->cloud.store, &one->request, &answer,
                                 &one->error) == TESS_OK;
    tess_answer_destroy(answer);
    return NULL;
}

/* Jobs whose early tiles take what there is of the budget do not wait for each other for ever. */
static void jobs_share_what_there_is(void **state)
{
    enum { JOBS = 4 };
    struct bench *bench = *state;
    static struct one_of_many jobs[JOBS];
    engine_with(bench, 24 << 20);
    bench->cloud.page_keys = PAGE_KEYS;
    bench->pause_ms = 20;
    for (uint32_t i = 0; i < JOBS; i++) {
        jobs[i] = (struct one_of_many){.bench = bench, .request = bench->request};
        jobs[i].request.options.tile_width_px = 60 + 20 * i;
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, create_one, &jobs[i]), 0);
    }
    for (uint32_t i = 0; i < JOBS; i++) {
        assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
        if (!jobs[i].good)
            fail_msg("%s", jobs[i].error.message);
    }
    assert_int_equal(cloud_count(&bench->cloud, "grids"), 2 * JOBS);
}

/* Any allocation may fail: a clean error, or a grid that tells of the cells that suffered. */
static void no_memory_is_survived_early(void **state)
{
    enum { FEW = 24 };
    struct bench *bench = *state;
    bool failing = true;
    bench->cloud.mapped_count = FEW;
    bench->cloud.page_keys = FEW / 2;
    bench->pause_ms = EARLY_PAUSE_MS + 5;
    bench->request.options.fresh = true;
    for (size_t nth = 1; failing; nth += 1 + nth / 8) {
        torture_arm(TORTURE_MEMORY, nth, nth % 2);
        enum tess_status status = create(bench);
        failing = torture_disarm();
        assert_true(failing || (status == TESS_OK && bench->answer->result->failed_count == 0));
        assert_true(status == TESS_OK || status == TESS_ERR_MEMORY);
    }
}

int main(void)
{
#define EARLY_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        EARLY_TEST(reading_begins_before_the_second_page),
        EARLY_TEST(the_first_page_can_be_ready_before_the_last_has_come),
        EARLY_TEST(bad_images_are_the_same_early),
        EARLY_TEST(one_page_is_asked_about_before_anything_is_read),
        EARLY_TEST(a_stored_grid_of_many_pages_wastes_little),
        EARLY_TEST(nothing_is_read_for_what_cannot_be),
        EARLY_TEST(other_orders_and_plans_read_nothing_early),
        EARLY_TEST(a_small_budget_only_means_less_is_early),
        EARLY_TEST(cancel_ends_early_reads),
        EARLY_TEST(the_key_is_of_the_bytes_that_were_read_early),
        EARLY_TEST(jobs_share_what_there_is),
        EARLY_TEST(no_memory_is_survived_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
