// SPDX-License-Identifier: MIT
/* Images in and out of the store: ids of every kind, orders of a list, what is refused, and the counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/store_state.h"
#include "scratch.h"
#include <tessera/tessera.h>

/* Begins as a JPEG does; the store looks no further. */
static const uint8_t image[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1};

struct bench {
    char folder[64];
    struct tess_store *store;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    bench->store = scratch_store(bench->folder);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tess_store_close(bench->store);
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

static bool count_one(void *context, const char *key, const struct object_info *info)
{
    (void)key;
    (void)info;
    ++*(int *)context;
    return true;
}

static int count_images(const struct bench *bench)
{
    const struct backend *backend = &bench->store->backend;
    int count = 0;
    assert_int_equal(
        backend->objects->ops->list(backend->objects,
                                    &(struct object_list){.bucket = backend->source_bucket, .prefix = ""},
                                    count_one, &count, NULL),
        TESS_OK);
    return count;
}

static enum tess_status add(const struct bench *bench, const char *id, const void *data, size_t size,
                            char key[TESS_KEY_MAX_BYTES + 1], struct tess_error *error)
{
    return tess_store_add(bench->store, id, data, size, 1000, key, error);
}

static void good_ids_keep_their_grids_apart(void **state)
{
    const struct bench *bench = *state;
    char longest[2049], key[TESS_KEY_MAX_BYTES + 1], found[12][TESS_KEY_MAX_BYTES + 1];
    memset(longest, 'x', 2048);
    longest[2048] = '\0';
    const char *const ids[] = {"a",        "A",    "..", "../../etc/passwd", "/",
                               "a/b",      "a\\b", " ",  "\xF0\x9F\x98\x80", "e\xCC\x81",
                               "\xC3\xA9", longest};
    enum { COUNT = sizeof ids / sizeof *ids };
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(add(bench, ids[i], image, sizeof image, key, NULL), TESS_OK);
        memcpy(found[i], key, sizeof key);
        assert_string_equal(strrchr(key, '.'), ".jpg");
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct tess_keys keys;
        assert_int_equal(tess_store_list(bench->store, ids[i], TESS_ORDER_DEFAULT, &keys, NULL), TESS_OK);
        assert_int_equal(keys.count, 1);
        assert_string_equal(keys.keys[0], found[i]);
        tess_keys_clear(&keys);
    }
    assert_int_equal(count_images(bench), COUNT);
    assert_int_equal(scratch_count(bench->folder), 1); /* none has left the store's folder */
}

static void bad_ids_are_refused_everywhere(void **state)
{
    const struct bench *bench = *state;
    char longer[2050], key[TESS_KEY_MAX_BYTES + 1];
    memset(longer, 'x', 2049);
    longer[2049] = '\0';
    const char *const ids[] = {"",        "\xFF", "a\xC0\xAF", "\xED\xA0\x80",     "line\nbreak",
                               "\x1B[0m", "\x7F", "\xC2\x85",  "\xF4\x90\x80\x80", longer};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const bool is_long = ids[i] == longer;
        const enum tess_status expected = is_long ? TESS_ERR_LIMIT : TESS_ERR_INVALID;
        struct tess_error error = {0};
        struct tess_keys keys;
        assert_int_equal(tess_grid_id_check(ids[i], strlen(ids[i]), &error), expected);
        assert_string_equal(error.limit, is_long ? "grid-id-bytes" : "");
        assert_int_equal(add(bench, ids[i], image, sizeof image, key, &error), expected);
        assert_int_equal(tess_store_list(bench->store, ids[i], TESS_ORDER_KEY, &keys, &error), expected);
        assert_int_equal(keys.count, 0);
        assert_int_equal(tess_store_remove(bench->store, ids[i], NULL, 0, NULL, &error), expected);
    }
    assert_int_equal(tess_grid_id_check("a\0b", 3, NULL), TESS_ERR_INVALID);
    assert_int_equal(count_images(bench), 0);
}

static void what_is_no_image_is_not_stored(void **state)
{
    const struct bench *bench = *state;
    char key[TESS_KEY_MAX_BYTES + 1];
    struct tess_error error = {0};
    assert_int_equal(add(bench, "g", "hello", 5, key, &error), TESS_ERR_NOT_IMAGE);
    assert_int_equal(add(bench, "g", "", 0, key, &error), TESS_ERR_NOT_IMAGE);
    assert_int_equal(add(bench, "g", "%PDF-1.7 and so on", 18, key, &error), TESS_ERR_NOT_IMAGE);
    assert_int_equal(tess_store_add(bench->store, "g", image, sizeof image, sizeof image - 1, key, &error),
                     TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_int_equal(count_images(bench), 0);
    assert_int_equal(tess_store_add(bench->store, "g", image, sizeof image, sizeof image, key, &error),
                     TESS_OK);
    struct tess_keys keys;
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_KEY, &keys, &error), TESS_OK);
    assert_int_equal(keys.count, 1);
    tess_keys_clear(&keys);
}

enum { IMAGES = 9 };

static void lists_come_in_every_order(void **state)
{
    const struct bench *bench = *state;
    char added[IMAGES][TESS_KEY_MAX_BYTES + 1];
    static const enum tess_order orders[] = {TESS_ORDER_KEY, TESS_ORDER_KEY_DESC, TESS_ORDER_DEFAULT,
                                             TESS_ORDER_GIVEN, TESS_ORDER_ADDED};
    for (int i = 0; i < IMAGES; i++) {
        assert_int_equal(add(bench, "g", image, sizeof image, added[i], NULL), TESS_OK);
        usleep(2000); /* the catalog counts milliseconds */
    }
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct tess_keys keys;
        assert_int_equal(tess_store_list(bench->store, "g", orders[i], &keys, NULL), TESS_OK);
        assert_int_equal(keys.count, IMAGES);
        for (int k = 0; k < IMAGES; k++) {
            if (orders[i] == TESS_ORDER_ADDED)
                assert_string_equal(keys.keys[k], added[k]);
            else if (k > 0)
                assert_true((strcmp(keys.keys[k - 1], keys.keys[k]) < 0) == (orders[i] == TESS_ORDER_KEY));
        }
        tess_keys_clear(&keys);
        assert_null(keys.keys);
    }
    struct tess_keys keys;
    struct tess_error error = {0};
    assert_int_equal(tess_store_list(bench->store, "h", TESS_ORDER_KEY, &keys, &error), TESS_ERR_NOT_FOUND);
}

static void images_are_removed_one_by_one_or_all(void **state)
{
    const struct bench *bench = *state;
    char added[4][TESS_KEY_MAX_BYTES + 1], other[TESS_KEY_MAX_BYTES + 1];
    for (int i = 0; i < 4; i++)
        assert_int_equal(add(bench, "g", image, sizeof image, added[i], NULL), TESS_OK);
    assert_int_equal(add(bench, "h", image, sizeof image, other, NULL), TESS_OK);
    size_t removed = 99;
    const char *const some[] = {added[1], "unknown", other, added[1], added[3]};
    assert_int_equal(tess_store_remove(bench->store, "g", some, 5, &removed, NULL), TESS_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(count_images(bench), 3); /* the other grid's is untouched */
    assert_int_equal(tess_store_remove(bench->store, "g", some, 5, &removed, NULL), TESS_ERR_NOT_FOUND);
    assert_int_equal(removed, 0);
    assert_int_equal(tess_store_remove(bench->store, "g", NULL, 0, &removed, NULL), TESS_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(tess_store_remove(bench->store, "g", NULL, 0, NULL, NULL), TESS_ERR_NOT_FOUND);
    assert_int_equal(count_images(bench), 1);
}

static void counters_count(void **state)
{
    const struct bench *bench = *state;
    struct tess_error error = {0};
    int64_t value = -1;
    assert_int_equal(tess_counter_get(bench->store, "visits", &value, NULL), TESS_OK);
    assert_int_equal(value, 0);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(tess_counter_hit(bench->store, "visits", &value, NULL), TESS_OK);
        assert_int_equal(value, i);
    }
    assert_int_equal(tess_counter_hit(bench->store, "Visits", &value, NULL), TESS_OK);
    assert_int_equal(value, 1);
    assert_int_equal(tess_counter_set(bench->store, "visits", INT64_MAX, NULL), TESS_OK);
    assert_int_equal(tess_counter_hit(bench->store, "visits", &value, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "counter-value");
    assert_int_equal(tess_counter_get(bench->store, "visits", &value, NULL), TESS_OK);
    assert_true(value == INT64_MAX);
    char longer[2050];
    memset(longer, 'x', 2049);
    longer[2049] = '\0';
    assert_int_equal(tess_counter_hit(bench->store, longer, &value, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "counter-name-bytes");
    assert_int_equal(tess_counter_hit(bench->store, "", &value, NULL), TESS_ERR_INVALID);
    assert_int_equal(tess_counter_set(bench->store, "a\nb", 1, NULL), TESS_ERR_INVALID);
    assert_int_equal(tess_counter_get(bench->store, "\xFF", &value, NULL), TESS_ERR_INVALID);
    longer[2048] = '\0';
    assert_int_equal(tess_counter_hit(bench->store, longer, &value, NULL), TESS_OK);
}

static void a_reopened_store_holds_what_it_held(void **state)
{
    struct bench *bench = *state;
    char key[TESS_KEY_MAX_BYTES + 1];
    int64_t value = 0;
    bool created = true;
    assert_int_equal(add(bench, "g", image, sizeof image, key, NULL), TESS_OK);
    assert_int_equal(tess_counter_set(bench->store, "visits", -7, NULL), TESS_OK);
    tess_store_close(bench->store);
    bench->store = NULL;
    bench->store = scratch_store(bench->folder);
    assert_int_equal(tess_store_init(bench->store, &created, NULL), TESS_OK);
    assert_false(created);
    struct tess_keys keys;
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_KEY, &keys, NULL), TESS_OK);
    assert_int_equal(keys.count, 1);
    assert_string_equal(keys.keys[0], key);
    tess_keys_clear(&keys);
    assert_int_equal(tess_counter_get(bench->store, "visits", &value, NULL), TESS_OK);
    assert_int_equal(value, -7);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(good_ids_keep_their_grids_apart),      STORE_TEST(bad_ids_are_refused_everywhere),
        STORE_TEST(what_is_no_image_is_not_stored),       STORE_TEST(lists_come_in_every_order),
        STORE_TEST(images_are_removed_one_by_one_or_all), STORE_TEST(counters_count),
        STORE_TEST(a_reopened_store_holds_what_it_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
