// SPDX-License-Identifier: MIT
/*
 * Grids of the store: when a grid is answered from the store and when it is built, what its key follows, and
 * what a failure leaves. Ids, lists and counters are in test_store.c.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "engine/store_state.h"
#include "jpeg_make.h"
#include "scratch.h"
#include "torture.h"
#include <tessera/tessera.h>

enum { IMAGES = 5 };

struct bench {
    char folder[64];
    struct tess_engine *engine;
    struct tess_store *store;
    char keys[IMAGES][TESS_KEY_MAX_BYTES + 1]; /* as added */
    struct made_jpeg images[IMAGES];
    struct tess_grid_request request;
    struct tess_answer *answer;
    struct tess_error error;
};

static struct tess_engine *engine_of(uint64_t memory_bytes)
{
    struct tess_engine_options options;
    struct tess_engine *engine = NULL;
    tess_engine_options_defaults(&options);
    options.memory_bytes = memory_bytes;
    assert_int_equal(tess_engine_create(&options, &engine, NULL), TESS_OK);
    return engine;
}

static void add(struct bench *bench, const struct made_jpeg *jpeg, char *key_out)
{
    assert_int_equal(tess_store_add(bench->store, "grid", jpeg->data, jpeg->size, 1 << 26, key_out, NULL),
                     TESS_OK);
}

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    bench->store = scratch_store(bench->folder);
    bench->engine = engine_of(0);
    for (uint32_t i = 0; i < IMAGES; i++) {
        bench->images[i] = made_photo(60 + i, 40, 2, 2, 1);
        add(bench, &bench->images[i], bench->keys[i]);
    }
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
    tess_store_close(bench->store);
    tess_engine_destroy(bench->engine);
    for (uint32_t i = 0; i < IMAGES; i++)
        made_clear(&bench->images[i]);
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

static enum tess_status create(struct bench *bench)
{
    tess_answer_destroy(bench->answer);
    memset(&bench->error, 0, sizeof bench->error);
    enum tess_status status =
        tess_grid_create(bench->engine, bench->store, &bench->request, &bench->answer, &bench->error);
    assert_int_equal(bench->error.status, status);
    assert_true(status == TESS_OK ? bench->answer != NULL : !bench->answer || !bench->answer->key[0]);
    assert_true(status != TESS_ERR_TILE_FAILED || bench->answer);
    return status;
}

/* Creates, expecting success, and gives the key (valid till the second call from now). */
static const char *key_of(struct bench *bench, bool cached, size_t failed)
{
    static char keys[2][TESS_KEY_MAX_BYTES + 1];
    static int turn;
    if (create(bench) != TESS_OK)
        fail_msg("%s", bench->error.message);
    assert_int_equal(bench->answer->cached, cached);
    assert_int_equal(bench->answer->result->failed_count, failed);
    turn = !turn;
    (void)snprintf(keys[turn], sizeof keys[turn], "%s", bench->answer->key);
    return keys[turn];
}

static bool count_one(void *context, const char *key, const struct object_info *info)
{
    (void)key;
    (void)info;
    ++*(int *)context;
    return true;
}

static int count_stored(const struct bench *bench)
{
    struct objects *objects = bench->store->backend.objects;
    int count = 0;
    assert_int_equal(
        objects->ops->list(objects,
                           &(struct object_list){.bucket = bench->store->backend.dest_bucket, .prefix = ""},
                           count_one, &count, NULL),
        TESS_OK);
    return count;
}

static void put(const struct bench *bench, const char *bucket, const char *key, const void *data, size_t size)
{
    assert_int_equal(objects_put(bench->store->backend.objects, bucket, key, "image/jpeg", data, size, NULL),
                     TESS_OK);
}

static struct made_jpeg stored_picture(const struct bench *bench, const char *key)
{
    struct objects *objects = bench->store->backend.objects;
    struct bytes bytes;
    assert_int_equal(objects->ops->get(objects,
                                       &(struct object_get){.bucket = bench->store->backend.dest_bucket,
                                                            .key = key,
                                                            .max_bytes = 1 << 26},
                                       &bytes, NULL, NULL),
                     TESS_OK);
    return (struct made_jpeg){bytes.data, bytes.size, 1};
}

static void an_unchanged_grid_is_not_built_again(void **state)
{
    struct bench *bench = *state;
    const char *key = key_of(bench, false, 0);
    assert_int_equal(strlen(key), 40 + 4);
    assert_string_equal(key + 40, ".jpg");
    assert_string_equal(bench->answer->grid_id, "grid");
    assert_non_null(strstr(bench->answer->presigned_url, key));
    assert_true(bench->answer->expires_at_s > 1700000000);
    const struct tess_result built = *bench->answer->result;
    struct made_jpeg jpeg = stored_picture(bench, key);
    struct picture rgb = made_decode(&jpeg);
    assert_int_equal(rgb.width_px, 48);
    assert_int_equal(rgb.height_px, 72);
    picture_clear(&rgb);
    assert_int_equal(built.bytes, jpeg.size);
    made_clear(&jpeg);
    assert_int_equal(count_stored(bench), 2); /* and what is remembered beside it */
    assert_string_equal(key_of(bench, true, 0), key);
    const struct tess_result *cached = bench->answer->result;
    assert_int_equal(cached->width_px, built.width_px);
    assert_int_equal(cached->columns, built.columns);
    assert_int_equal(cached->tiles, built.tiles);
    assert_int_equal(cached->bytes, built.bytes);
    assert_int_equal(cached->cell_count, IMAGES);
    for (uint32_t i = 0; i < IMAGES; i++) { /* descending keys */
        assert_true(i == 0 || strcmp(cached->cells[i - 1].source, cached->cells[i].source) > 0);
        assert_int_equal(cached->cells[i].rect.width_px, 24);
    }
    assert_int_equal(count_stored(bench), 2);
}

static void the_key_follows_options_and_images(void **state)
{
    struct bench *bench = *state;
    char first[TESS_KEY_MAX_BYTES + 1];
    (void)snprintf(first, sizeof first, "%s", key_of(bench, false, 0));
    bench->request.options.gap_px = 2;
    assert_string_not_equal(key_of(bench, false, 0), first);
    bench->request.options.gap_px = 0;
    bench->request.options.order = TESS_ORDER_KEY;
    assert_string_not_equal(key_of(bench, false, 0), first);
    bench->request.options.order = TESS_ORDER_DEFAULT;
    bench->request.options.strict = true; /* what decides nothing about the picture is not in the key */
    bench->request.options.expires_s = 77;
    assert_string_equal(key_of(bench, true, 0), first);
    char added[TESS_KEY_MAX_BYTES + 1];
    add(bench, &bench->images[0], added);
    assert_string_not_equal(key_of(bench, false, 0), first);
    const char *const gone[] = {added};
    size_t removed = 0;
    assert_int_equal(tess_store_remove(bench->store, "grid", gone, 1, &removed, NULL), TESS_OK);
    assert_int_equal(removed, 1);
    assert_string_equal(key_of(bench, true, 0), first);
    struct tess_plan_summary summary;
    char planned[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(tess_grid_plan(bench->engine, bench->store, &bench->request, &summary, planned, NULL),
                     TESS_OK);
    assert_string_equal(planned, first);
    assert_int_equal(summary.width_px, 48);
}

/* The mapping is there, the bytes are not: a placeholder under a key of its own, until they are back. */
static void a_missing_object_is_a_placeholder_for_now(void **state)
{
    struct bench *bench = *state;
    const struct backend *backend = &bench->store->backend;
    assert_int_equal(
        backend->objects->ops->remove(backend->objects, backend->source_bucket, bench->keys[2], NULL),
        TESS_OK);
    char missing[TESS_KEY_MAX_BYTES + 1];
    (void)snprintf(missing, sizeof missing, "%s", key_of(bench, false, 1));
    assert_string_equal(key_of(bench, true, 1), missing);
    for (uint32_t i = 0; i < IMAGES; i++) {
        const struct tess_cell_report *cell = &bench->answer->result->cells[i];
        bool gone = strcmp(cell->source, bench->keys[2]) == 0;
        assert_int_equal(cell->status, gone ? TESS_ERR_NOT_FOUND : TESS_OK);
        assert_int_equal(cell->reason[0] != '\0', gone);
    }
    put(bench, backend->source_bucket, bench->keys[2], bench->images[2].data, bench->images[2].size);
    assert_string_not_equal(key_of(bench, false, 0), missing);
    put(bench, backend->source_bucket, bench->keys[2], bench->images[3].data, bench->images[3].size);
    (void)key_of(bench, false, 0); /* other bytes under the same name */
}

static void strict_does_not_take_a_lenient_answer(void **state)
{
    struct bench *bench = *state;
    char hurt[TESS_KEY_MAX_BYTES + 1], key[TESS_KEY_MAX_BYTES + 1];
    const struct made_jpeg half = {bench->images[0].data, bench->images[0].size / 2, 1};
    add(bench, &half, hurt);
    (void)snprintf(key, sizeof key, "%s", key_of(bench, false, 1));
    bench->request.options.strict = true;
    assert_int_equal(create(bench), TESS_ERR_TILE_FAILED);
    assert_string_equal(bench->answer->key, "");
    assert_string_equal(bench->answer->presigned_url, "");
    assert_int_equal(bench->answer->result->failed_count, 1);
    assert_non_null(strstr(bench->error.message, hurt));
    bench->request.options.strict = false; /* what was stored is still there */
    assert_string_equal(key_of(bench, true, 1), key);
    for (uint32_t i = 0; i <= IMAGES; i++) {
        const struct tess_cell_report *cell = &bench->answer->result->cells[i];
        assert_int_equal(cell->status, strcmp(cell->source, hurt) == 0 ? TESS_ERR_CORRUPT : TESS_OK);
    }
}

static bool take_sidecar(void *context, const char *key, const struct object_info *info)
{
    (void)info;
    if (strstr(key, ".json"))
        (void)snprintf(context, TESS_KEY_MAX_BYTES + 1, "%s", key);
    return true;
}

static void find_sidecar(const struct bench *bench, char key_out[TESS_KEY_MAX_BYTES + 1])
{
    struct objects *objects = bench->store->backend.objects;
    const struct object_list all = {.bucket = bench->store->backend.dest_bucket, .prefix = ""};
    assert_int_equal(objects->ops->list(objects, &all, take_sidecar, key_out, NULL), TESS_OK);
    assert_string_not_equal(key_out, "");
}

static void remove_object(const struct bench *bench, const char *bucket, const char *key)
{
    struct objects *objects = bench->store->backend.objects;
    assert_int_equal(objects->ops->remove(objects, bucket, key, NULL), TESS_OK);
}

/* Not one image can be read: no grid is made, stored or written, and the answer says what failed. */
static void a_grid_of_nothing_is_an_error(void **state)
{
    struct bench *bench = *state;
    const struct backend *backend = &bench->store->backend;
    bench->request.output = scratch_path(bench->folder, "out.jpg");
    for (uint32_t i = 0; i < IMAGES; i++)
        remove_object(bench, backend->source_bucket, bench->keys[i]);
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(bench->error.message, "none of the 5 images could be read"));
    assert_non_null(bench->answer);
    assert_int_equal(bench->answer->result->failed_count, IMAGES);
    assert_string_equal(bench->answer->presigned_url, "");
    put(bench, backend->source_bucket, bench->keys[1], bench->images[1].data, bench->images[1].size / 2);
    assert_int_equal(create(bench), TESS_ERR_TILE_FAILED);
    assert_non_null(strstr(bench->error.message, bench->keys[1]));
    assert_int_equal(count_stored(bench), 0);
    assert_int_equal(scratch_count(bench->folder), 1); /* the store */
    const char *images = scratch_path(bench->folder, "data/objects/images");
    const char *aside = scratch_path(bench->folder, "data/objects/aside");
    assert_int_equal(rename(images, aside), 0); /* a store without its bucket is no matter of images */
    assert_int_equal(create(bench), TESS_ERR_SETUP);
    assert_int_equal(rename(aside, images), 0);
    put(bench, backend->source_bucket, bench->keys[0], bench->images[0].data, bench->images[0].size);
    bench->request.output = NULL;
    (void)key_of(bench, false, IMAGES - 1);
}

/* One that an earlier version stored is no answer: it is built again, which now fails. */
static void a_stored_grid_of_nothing_is_not_believed(void **state)
{
    struct bench *bench = *state;
    const struct backend *backend = &bench->store->backend;
    char sidecar[TESS_KEY_MAX_BYTES + 1] = "", text[1024];
    const char *key = key_of(bench, false, 0);
    int length = snprintf(text, sizeof text, "{\"key\":\"%s\",\"tiles\":%d,\"bytes\":%d,\"failed\":[", key,
                          IMAGES, (int)bench->answer->result->bytes);
    for (int i = 0; i < IMAGES; i++)
        length += snprintf(text + length, sizeof text - (size_t)length,
                           "%s{\"cell\":%d,\"status\":\"corrupt\",\"reason\":\"x\"}", i ? "," : "", i);
    (void)snprintf(text + length, sizeof text - (size_t)length, "]}");
    find_sidecar(bench, sidecar);
    put(bench, backend->dest_bucket, sidecar, text, strlen(text));
    assert_string_equal(key_of(bench, false, 0), key);
    assert_string_equal(key_of(bench, true, 0), key);
}

static void fresh_builds_again(void **state)
{
    struct bench *bench = *state;
    const char *key = key_of(bench, false, 0);
    bench->request.options.fresh = true;
    assert_string_equal(key_of(bench, false, 0), key);
    assert_int_equal(count_stored(bench), 2);
}

static void output_is_saved_also_from_the_store(void **state)
{
    struct bench *bench = *state;
    struct made_jpeg files[2];
    bench->request.output = scratch_path(bench->folder, "out.jpg");
    for (int i = 0; i < 2; i++) {
        struct bytes bytes;
        (void)key_of(bench, i == 1, 0);
        assert_int_equal(bench->answer->result->output_count, 1);
        assert_string_equal(bench->answer->result->outputs[0], bench->request.output);
        assert_int_equal(file_read(bench->request.output, 1 << 26, &bytes, NULL), TESS_OK);
        files[i] = (struct made_jpeg){bytes.data, bytes.size, 1};
        assert_int_equal(remove(bench->request.output), 0);
    }
    assert_int_equal(files[0].size, files[1].size);
    assert_memory_equal(files[0].data, files[1].data, files[0].size);
    made_clear(&files[0]);
    made_clear(&files[1]);
    assert_int_equal(scratch_count(bench->folder), 1); /* the store */
}

static void damaged_grids_are_built_again(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *start; /* with the key in it */
        int tiles;         /* the rest says so; 0: there is no rest */
        int more_bytes;    /* … than the grid has */
    } sidecars[] = {
        {"", 0, 0},
        {"{", 0, 0},
        {"[]", 0, 0},
        {"{\"failed\":[]", IMAGES, 0},
        {"{\"key\":7,\"failed\":[]", IMAGES, 0},
        {"{\"key\":\"%s000000000000000000000000000000\",\"failed\":[]", IMAGES, 0},
        {"{\"key\":\"%.39sx.jpg\",\"failed\":[]", IMAGES, 0},
        {"{\"key\":\"%s\",\"failed\":[]", IMAGES, 1},
        {"{\"key\":\"%s\",\"failed\":[]", IMAGES - 1, 0},
        {"{\"key\":\"%s\",\"failed\":[{\"cell\":9,\"status\":\"corrupt\",\"reason\":\"x\"}]", IMAGES, 0},
        {"{\"key\":\"%s\",\"failed\":[{\"cell\":1,\"status\":\"io\",\"reason\":\"x\"}]", IMAGES, 0}};
    char key[TESS_KEY_MAX_BYTES + 1], sidecar[TESS_KEY_MAX_BYTES + 1] = "", text[512];
    (void)snprintf(key, sizeof key, "%s", key_of(bench, false, 0));
    find_sidecar(bench, sidecar);
    for (size_t i = 0; i < sizeof sidecars / sizeof *sidecars; i++) {
        int length = snprintf(text, sizeof text, sidecars[i].start, key);
        if (sidecars[i].tiles)
            (void)snprintf(text + length, sizeof text - (size_t)length, ",\"tiles\":%d,\"bytes\":%d}",
                           sidecars[i].tiles, (int)bench->answer->result->bytes + sidecars[i].more_bytes);
        put(bench, bench->store->backend.dest_bucket, sidecar, text, strlen(text));
        assert_string_equal(key_of(bench, false, 0), key);
        assert_string_equal(key_of(bench, true, 0), key);
    }
    put(bench, bench->store->backend.dest_bucket, key, "half a grid", 11); /* not what was remembered */
    assert_string_equal(key_of(bench, false, 0), key);
    assert_string_equal(key_of(bench, true, 0), key);
}

/* The advice to raise --memory must help: a grid that lacked it is not answered from the store. */
static void want_of_memory_is_not_remembered(void **state)
{
    struct bench *bench = *state;
    struct tess_engine *ample = bench->engine;
    struct made_jpeg large = made_photo(60, 40, 1, 1, 1);
    enum {
        LARGE_BYTES = 3 << 20
    }; /* more than 16 MiB leave for one file; what follows the picture is not read */
    uint8_t *grown = calloc(1, LARGE_BYTES);
    assert_non_null(grown);
    memcpy(grown, large.data, large.size);
    free(large.data);
    large.data = grown;
    large.size = LARGE_BYTES;
    char name[TESS_KEY_MAX_BYTES + 1], key[TESS_KEY_MAX_BYTES + 1];
    add(bench, &large, name);
    made_clear(&large);
    bench->request.options.tile_width_px = bench->request.options.tile_height_px = 200;
    bench->engine = engine_of(16 << 20);
    (void)snprintf(key, sizeof key, "%s", key_of(bench, false, 1));
    tess_engine_destroy(bench->engine);
    bench->engine = ample;
    assert_string_equal(key_of(bench, false, 0), key);
    assert_string_equal(key_of(bench, true, 0), key);
}

static void failures_leave_nothing(void **state)
{
    struct bench *bench = *state;
    int cancel = 1;
    bench->request.watch.cancel = &cancel;
    bench->request.output = scratch_path(bench->folder, "out.jpg");
    assert_int_equal(create(bench), TESS_ERR_CANCELLED);
    bench->request.watch.cancel = NULL;
    bench->request.output = scratch_path(bench->folder, "missing/out.jpg");
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    bench->request.output = NULL;
    bench->request.options.tile_width_px = 60000;
    assert_int_equal(create(bench), TESS_ERR_LIMIT);
    bench->request.options.tile_width_px = 24;
    bench->request.grid_id = "another";
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    bench->request.grid_id = "";
    assert_int_equal(create(bench), TESS_ERR_INVALID);
    assert_int_equal(count_stored(bench), 0);
    assert_int_equal(scratch_count(bench->folder), 1);
}

/* Any allocation and any I/O call may fail; what is answered from the store afterwards is whole all the same.
 */
static void a_tortured_store_stays_sound(void **state)
{
    struct bench *bench = *state;
    for (int kind = TORTURE_MEMORY; kind <= TORTURE_IO; kind++) {
        bool failing = true;
        bench->request.options.gap_px = 2 * (uint32_t)kind;
        for (size_t nth = 1; failing; nth += 1 + nth / 30) {
            torture_arm((enum torture_kind)kind, nth, nth % 2);
            enum tess_status status = create(bench);
            failing = torture_disarm();
            assert_true(failing || status == TESS_OK);
            assert_int_not_equal(status, TESS_ERR_INTERNAL);
            bench->request.options.fresh = nth % 3 == 0;
        }
        bench->request.options.fresh = false;
        assert_int_equal(create(bench), TESS_OK);
        assert_int_equal(bench->answer->result->failed_count, 0);
        struct made_jpeg jpeg = stored_picture(bench, bench->answer->key);
        struct picture rgb = made_decode(&jpeg);
        picture_clear(&rgb);
        made_clear(&jpeg);
    }
    assert_int_equal(count_stored(bench), 4);
}

/* Images named by bucket and prefix: the same picture under another key, and other buckets than the usual. */
static void images_may_be_named_instead_of_mapped(void **state)
{
    struct bench *bench = *state;
    struct objects *objects = bench->store->backend.objects;
    const char *mapped = key_of(bench, false, 0);
    struct made_jpeg one = stored_picture(bench, mapped);
    bench->request.images = "s3://images";
    char named[TESS_KEY_MAX_BYTES + 1];
    (void)snprintf(named, sizeof named, "%s", key_of(bench, false, 0));
    assert_string_not_equal(named, mapped);
    struct made_jpeg other = stored_picture(bench, named);
    assert_int_equal(one.size, other.size);
    assert_memory_equal(one.data, other.data, one.size);
    made_clear(&one);
    made_clear(&other);
    assert_string_equal(key_of(bench, true, 0), named);
    bench->request.options.order = TESS_ORDER_KEY;
    assert_string_not_equal(key_of(bench, false, 0), named);
    for (uint32_t i = 1; i < IMAGES; i++)
        assert_true(
            strcmp(bench->answer->result->cells[i - 1].source, bench->answer->result->cells[i].source) < 0);
    bench->request.options.order = TESS_ORDER_ADDED; /* objects do not tell */
    assert_int_equal(create(bench), TESS_ERR_INVALID);
    bench->request.options.order = TESS_ORDER_DEFAULT;

    assert_int_equal(objects->ops->ensure_bucket(objects, "elsewhere", NULL, NULL), TESS_OK);
    put(bench, "elsewhere", "2026/a.jpg", bench->images[0].data, bench->images[0].size);
    put(bench, "elsewhere", "2027/a.jpg", bench->images[1].data, bench->images[1].size);
    bench->request.images = "s3://elsewhere/2026/";
    (void)key_of(bench, false, 0);
    assert_int_equal(bench->answer->result->cell_count, 1);
    assert_string_equal(bench->answer->result->cells[0].source, "2026/a.jpg");
    bench->request.images = "s3://elsewhere/2028/";
    assert_int_equal(create(bench), TESS_ERR_NOT_FOUND);
    bench->request.images = "elsewhere";
    assert_int_equal(create(bench), TESS_ERR_INVALID);
}

static void *create_one(void *argument)
{
    struct bench *bench = argument;
    return tess_grid_create(bench->engine, bench->store, &bench->request, &bench->answer, &bench->error) ==
                   TESS_OK
               ? NULL
               : "failed";
}

static void threads_build_one_grid(void **state)
{
    enum { THREADS = 4 };
    struct bench *bench = *state, copies[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        copies[i] = *bench;
        copies[i].request.options.fresh = i % 2;
        assert_int_equal(pthread_create(&threads[i], NULL, create_one, &copies[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        assert_null(complaint);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_string_equal(copies[i].answer->key, copies[0].answer->key);
        if (i > 0)
            tess_answer_destroy(copies[i].answer);
    }
    bench->answer = copies[0].answer;
    assert_int_equal(count_stored(bench), 2);
    (void)key_of(bench, true, 0);
}

int main(void)
{
#define GRID_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        GRID_TEST(an_unchanged_grid_is_not_built_again),
        GRID_TEST(the_key_follows_options_and_images),
        GRID_TEST(a_missing_object_is_a_placeholder_for_now),
        GRID_TEST(strict_does_not_take_a_lenient_answer),
        GRID_TEST(a_grid_of_nothing_is_an_error),
        GRID_TEST(a_stored_grid_of_nothing_is_not_believed),
        GRID_TEST(fresh_builds_again),
        GRID_TEST(output_is_saved_also_from_the_store),
        GRID_TEST(damaged_grids_are_built_again),
        GRID_TEST(want_of_memory_is_not_remembered),
        GRID_TEST(failures_leave_nothing),
        GRID_TEST(a_tortured_store_stays_sound),
        GRID_TEST(images_may_be_named_instead_of_mapped),
        GRID_TEST(threads_build_one_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
