// SPDX-License-Identifier: MIT
/* Grids of named keys, links with a base of the request's own, the time of one job, and an engine's numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/budget.h"
#include "engine/caller.h"
#include "engine/grid_key.h"
#include "engine/store_state.h"
#include "jpeg_make.h"
#include "net/digest.h"
#include "scratch.h"
#include "torture.h"
#include <tessera/tessera.h>

enum { IMAGES = 5, MANY = 10000 };

struct bench {
    char folder[64];
    struct tess_engine *engine;
    struct tess_store *store;
    struct tess_keys keys; /* in the default order */
    struct tess_grid_request request;
    struct tess_answer *answer;
    struct tess_error error;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    bench->store = scratch_store(bench->folder);
    assert_int_equal(tess_engine_create(NULL, &bench->engine, NULL), TESS_OK);
    for (uint32_t i = 0; i < IMAGES; i++) {
        char key[TESS_KEY_MAX_BYTES + 1];
        struct made_jpeg jpeg = made_photo(60 + i, 40, 2, 2, 1);
        assert_int_equal(tess_store_add(bench->store, "grid", jpeg.data, jpeg.size, 1 << 26, key, NULL),
                         TESS_OK);
        made_clear(&jpeg);
    }
    assert_int_equal(tess_store_list(bench->store, "grid", TESS_ORDER_DEFAULT, &bench->keys, NULL), TESS_OK);
    tess_grid_request_defaults(&bench->request);
    bench->request.grid_id = "grid";
    bench->request.options.tile_width_px = bench->request.options.tile_height_px = 24;
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tess_answer_destroy(bench->answer);
    tess_keys_clear(&bench->keys);
    tess_store_close(bench->store);
    tess_engine_destroy(bench->engine);
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

static enum tess_status create(struct bench *bench)
{
    tess_answer_destroy(bench->answer);
    return tess_grid_create(bench->engine, bench->store, &bench->request, &bench->answer, &bench->error);
}

static void name_keys(struct bench *bench, const char *const *keys, size_t count)
{
    bench->request.keys = keys;
    bench->request.key_count = count;
}

static void the_default_order_by_name_is_the_same_grid(void **state)
{
    struct bench *bench = *state;
    char key[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(create(bench), TESS_OK);
    (void)snprintf(key, sizeof key, "%s", bench->answer->key);
    name_keys(bench, (const char *const *)bench->keys.keys, IMAGES);
    bench->request.options.order = TESS_ORDER_ADDED; /* not looked at */
    assert_int_equal(create(bench), TESS_OK);
    assert_string_equal(bench->answer->key, key);
    assert_true(bench->answer->cached);
}

static void cells_are_those_that_were_named(void **state)
{
    struct bench *bench = *state;
    char *const *all = bench->keys.keys;
    const char *const some[] = {all[3], all[0], all[4]}, *const turned[] = {all[0], all[3], all[4]};
    char first[TESS_KEY_MAX_BYTES + 1], planned[TESS_KEY_MAX_BYTES + 1];
    struct tess_plan_summary summary;
    name_keys(bench, some, 3);
    assert_int_equal(tess_grid_plan(bench->engine, bench->store, &bench->request, &summary, planned, NULL),
                     TESS_OK);
    assert_int_equal(summary.tiles, 3);
    assert_int_equal(create(bench), TESS_OK);
    assert_string_equal(bench->answer->key, planned);
    assert_int_equal(bench->answer->result->cell_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(bench->answer->result->cells[i].source, some[i]);
    (void)snprintf(first, sizeof first, "%s", bench->answer->key);
    name_keys(bench, turned, 3);
    assert_int_equal(create(bench), TESS_OK);
    assert_string_not_equal(bench->answer->key, first);
}

static void keys_that_cannot_be_are_refused(void **state)
{
    struct bench *bench = *state;
    char *const *all = bench->keys.keys;
    const char *const unknown[] = {all[0], "nobody.jpg", all[1]}, *const twice[] = {all[2], all[1], all[2]};
    name_keys(bench, unknown, 3);
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(bench->error.message, "nobody.jpg"));
    name_keys(bench, twice, 3);
    assert_int_equal(create(bench), TESS_ERR_INVALID);
    assert_non_null(strstr(bench->error.message, all[2]));
    name_keys(bench, twice, 0);
    assert_int_equal(create(bench), TESS_ERR_INVALID);
    name_keys(bench, twice, 2);
    bench->request.images = "s3://images";
    assert_int_equal(create(bench), TESS_ERR_INVALID);
    bench->request.images = NULL;
    bench->request.grid_id = "other";
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    bench->request.grid_id = "";
    assert_int_equal(create(bench), TESS_ERR_INVALID);
    assert_null(bench->answer);
}

/* A part of a grid may be asked of one that is larger than the limit; more than the limit not. */
static void many_keys_are_found(void **state)
{
    struct bench *bench = *state;
    struct catalog *catalog = bench->store->backend.catalog;
    static char names[MANY + 1][16];
    static const char *keys[MANY + 1];
    for (size_t i = 0; i <= MANY; i++) {
        (void)snprintf(names[i], sizeof names[i], "k%05zu", (i * 7919) % (MANY + 1));
        keys[i] = names[i];
        if (i % 2000 == 0) /* the others are not mapped: the last that is asked for tells */
            assert_int_equal(catalog->ops->add(catalog, "many", keys[i], 1, NULL), TESS_OK);
    }
    bench->request.grid_id = "many";
    name_keys(bench, keys, MANY + 1);
    assert_int_equal(create(bench), TESS_ERR_LIMIT);
    assert_string_equal(bench->error.limit, "max-cells");
    name_keys(bench, keys, MANY);
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(bench->error.message, keys[1]));
}

static void the_link_begins_as_the_request_says(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(create(bench), TESS_OK);
    assert_int_equal(strncmp(bench->answer->presigned_url, "http://127.0.0.1:8080/objects/", 30), 0);
    bench->request.link_base = "https://grids.example/pics/";
    assert_int_equal(create(bench), TESS_OK);
    assert_true(bench->answer->cached);
    assert_int_equal(strncmp(bench->answer->presigned_url, "https://grids.example/pics/objects/grids/", 41),
                     0);
    bench->request.link_base = "grids.example";
    assert_int_equal(create(bench), TESS_ERR_INVALID);
}

static void a_job_has_the_time_its_watch_says(void **state)
{
    (void)state;
    const struct tess_limits limits = {.timeout_ms = 30000}, none = {0};
    const struct tess_watch plain = {0}, short_one = {.timeout_ms = 7}, over = {.timeout_ms = 60000};
    assert_int_equal(caller_timeout_ms(&plain, &limits), 30000);
    assert_int_equal(caller_timeout_ms(&over, &limits), 60000);
    assert_int_equal(caller_timeout_ms(&short_one, &none), 7);
    assert_int_equal(caller_from_now(&plain, &none).deadline_ns, 0);
    struct caller caller = caller_from_now(&short_one, &limits);
    struct tess_error error = {0};
    caller.deadline_ns -= 8 * 1000000;
    assert_int_equal(caller_must_stop(&caller, &error), TESS_ERR_TIMEOUT);
    assert_string_equal(error.limit, "timeout");
    assert_non_null(strstr(error.message, " 7 ms"));
}

static void an_engine_tells_its_numbers(void **state)
{
    struct bench *bench = *state;
    struct tess_engine_stats stats;
    struct tess_store_stats store;
    struct budget *budget = budget_create(1 << 20);
    assert_int_equal(budget_used_bytes(budget), 0);
    assert_true(budget_try_reserve(budget, BUDGET_CANVAS, 100));
    assert_int_equal(budget_used_bytes(budget), 100);
    budget_release(budget, BUDGET_CANVAS, 100);
    assert_int_equal(budget_used_bytes(budget), 0);
    budget_destroy(budget);
    assert_int_equal(create(bench), TESS_OK);
    tess_engine_stats(bench->engine, &stats);
    assert_true(stats.memory_budget_bytes >= stats.memory_peak_bytes);
    assert_true(stats.memory_peak_bytes > 0);
    assert_int_equal(stats.memory_used_bytes, 0);
    assert_true(stats.threads > 0 && stats.fetches > 0);
    assert_false(tess_store_is_remote(bench->store));
    tess_store_stats(bench->store, &store);
    assert_int_equal(store.calls + store.retries + store.failures, 0);
}

static void add_text(struct digest *digest, const char *text)
{
    char length[24];
    (void)snprintf(length, sizeof length, "%zu:", strlen(text));
    digest_add(digest, length, strlen(length));
    digest_add(digest, text, strlen(text));
}

/* The grid's key and its sidecar's are hashes of these texts in this order, and of the images. */
static void expect_key(const struct grid_key_input *input, const char *const *options, size_t count)
{
    uint8_t hash[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX_BYTES], made[GRID_KEY_BYTES];
    for (int sidecar = 0; sidecar <= 1; sidecar++) {
        struct digest digest;
        digest_init(&digest);
        if (sidecar)
            add_text(&digest, "sidecar");
        add_text(&digest, input->grid_id);
        for (size_t i = 0; i < count; i++)
            add_text(&digest, options[i]);
        for (size_t i = 0; i < input->count; i++) {
            add_text(&digest, input->keys[i]);
            if (!sidecar)
                add_text(&digest, input->versions[i]);
        }
        digest_finish(&digest, hash);
        digest_hex(hash, sizeof hash, hex);
        if (sidecar)
            grid_key_make_sidecar(input, made);
        else
            grid_key_make(input, made);
        assert_memory_equal(made, hex, 40);
        assert_string_equal(made + 40, sidecar ? ".json" : ".webp");
    }
}

/* The keys are known to every store there is: what goes into them are names and numbers that mean the same in
 * any version, never the place of a word in an enum. */
static void keys_are_made_of_names(void **state)
{
    (void)state;
    static const char *const options[] = {"rendering=2",
                                          "format",
                                          "webp",
                                          "tile-width=30",
                                          "tile-height=20",
                                          "columns=1",
                                          "rows=2",
                                          "gap=3",
                                          "margin=4",
                                          "fit",
                                          "contain",
                                          "gravity",
                                          "south-west",
                                          "enlarge=0",
                                          "resample",
                                          "fast",
                                          "background=66051",
                                          "quality=77",
                                          "max-pixels=100000000",
                                          "max-bytes=67108864",
                                          "max-scans=100",
                                          "%n",
                                          "a title"};
    char *const keys[] = {(char *)(uintptr_t) "b.jpg", (char *)(uintptr_t) "a.jpg"};
    char versions[2][OBJECT_VERSION_BYTES] = {"v1", ""};
    struct tess_grid_options wanted;
    struct tess_limits limits;
    struct plan plan = {.columns = 1, .rows = 2, .format = TESS_FORMAT_WEBP};
    tess_grid_options_defaults(&wanted);
    tess_limits_defaults(&limits);
    static const char *const words[][2] = {
        {"tile", "30x20"},         {"gap", "3"},        {"margin", "4"},      {"fit", "contain"},
        {"gravity", "south-west"}, {"no-enlarge", "1"}, {"resample", "fast"}, {"background", "#010203"},
        {"quality", "77"},         {"label", "%n"},     {"title", "a title"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(tess_grid_options_set(&wanted, words[i][0], words[i][1], NULL), TESS_OK);
    const struct grid_key_input input = {.grid_id = "grid",
                                         .plan = &plan,
                                         .options = &wanted,
                                         .limits = &limits,
                                         .count = 2,
                                         .keys = keys,
                                         .versions = versions};
    expect_key(&input, options, sizeof options / sizeof *options);
}

/* Each word gives a key of its own. */
static void every_word_counts(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        {"fit", "cover"},          {"fit", "contain"},  {"fit", "fill"},           {"gravity", "north"},
        {"gravity", "north-east"}, {"gravity", "east"}, {"gravity", "south-east"}, {"gravity", "south"},
        {"gravity", "south-west"}, {"gravity", "west"}, {"gravity", "north-west"}, {"gravity", "attention"},
        {"gravity", "entropy"},    {"resample", "fast"}};
    enum { WORDS = sizeof words / sizeof *words };
    char made[WORDS][GRID_KEY_BYTES];
    struct tess_limits limits;
    const struct plan plan = {.columns = 1, .rows = 2, .format = TESS_FORMAT_JPEG};
    tess_limits_defaults(&limits);
    for (size_t i = 0; i < WORDS; i++) {
        struct tess_grid_options options;
        tess_grid_options_defaults(&options);
        assert_int_equal(tess_grid_options_set(&options, words[i][0], words[i][1], NULL), TESS_OK);
        const struct grid_key_input input = {
            .grid_id = "grid", .plan = &plan, .options = &options, .limits = &limits};
        grid_key_make(&input, made[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(made[j], made[i]);
    }
}

static enum tess_status plan(void *context, struct tess_error *error)
{
    struct bench *bench = context;
    struct tess_plan_summary summary;
    char key[TESS_KEY_MAX_BYTES + 1];
    return tess_grid_plan(bench->engine, bench->store, &bench->request, &summary, key, error);
}

static void failures_are_survived(void **state)
{
    struct bench *bench = *state;
    char *const *all = bench->keys.keys;
    const char *const some[] = {all[3], all[0], all[4]};
    name_keys(bench, some, 3);
    assert_int_equal(plan(bench, &bench->error), TESS_OK);
    assert_true(torture_loop(TORTURE_MEMORY, plan, bench) > 5);
}

int main(void)
{
#define GRID_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        GRID_TEST(the_default_order_by_name_is_the_same_grid),
        GRID_TEST(cells_are_those_that_were_named),
        GRID_TEST(keys_that_cannot_be_are_refused),
        GRID_TEST(many_keys_are_found),
        GRID_TEST(the_link_begins_as_the_request_says),
        cmocka_unit_test(a_job_has_the_time_its_watch_says),
        GRID_TEST(an_engine_tells_its_numbers),
        cmocka_unit_test(keys_are_made_of_names),
        cmocka_unit_test(every_word_counts),
        GRID_TEST(failures_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
