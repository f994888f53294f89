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

/* A catalog and objects that do as they are told, on top of the store's own. */
static struct {
    struct catalog_ops catalog;
    struct objects_ops objects;
    enum tess_status add, unmap, drop; /* TESS_OK: as ever */
    unsigned unmaps, unmaps_of_many;
    const struct catalog_ops *real_catalog;
    const struct objects_ops *real_objects;
} ordered;

static enum tess_status add_as_ordered(struct catalog *catalog, const char *grid_id, const char *key,
                                       int64_t added_ms, struct tess_error *error)
{
    if (ordered.add == TESS_OK)
        return ordered.real_catalog->add(catalog, grid_id, key, added_ms, error);
    *error = (struct tess_error){.status = ordered.add, .message = "as ordered"};
    return ordered.add;
}

static enum tess_status unmap_as_ordered(struct catalog *catalog, const char *grid_id, const char *key,
                                         bool *removed_out, struct tess_error *error)
{
    ordered.unmaps++;
    return ordered.unmap == TESS_OK ? ordered.real_catalog->remove(catalog, grid_id, key, removed_out, error)
                                    : ordered.unmap;
}

static enum tess_status unmap_many(struct catalog *catalog, const char *grid_id, const char *const *keys,
                                   size_t count, struct tess_error *error)
{
    ordered.unmaps_of_many++;
    return ordered.real_catalog->remove_many(catalog, grid_id, keys, count, error);
}

static enum tess_status drop_as_ordered(struct objects *objects, const char *bucket, const char *key,
                                        struct tess_error *error)
{
    return ordered.drop == TESS_OK ? ordered.real_objects->remove(objects, bucket, key, error) : ordered.drop;
}

static void take_orders(const struct bench *bench)
{
    struct backend *backend = &bench->store->backend;
    memset(&ordered, 0, sizeof ordered);
    ordered.real_catalog = backend->catalog->ops;
    ordered.real_objects = backend->objects->ops;
    ordered.catalog = *ordered.real_catalog;
    ordered.objects = *ordered.real_objects;
    ordered.catalog.add = add_as_ordered;
    ordered.catalog.remove = unmap_as_ordered;
    ordered.catalog.remove_many = unmap_many;
    ordered.objects.remove = drop_as_ordered;
    backend->catalog->ops = &ordered.catalog;
    backend->objects->ops = &ordered.objects;
}

static void what_cannot_be_mapped_is_taken_back(void **state)
{
    const struct bench *bench = *state;
    char key[TESS_KEY_MAX_BYTES + 1];
    struct tess_error error = {0};
    static const enum tess_status refusals[] = {TESS_ERR_SETUP, TESS_ERR_DENIED, TESS_ERR_LIMIT,
                                                TESS_ERR_MEMORY};
    take_orders(bench);
    ordered.unmap = TESS_ERR_SETUP; /* there is no table to take the row from, either */
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        ordered.add = refusals[i];
        assert_int_equal(add(bench, "g", image, sizeof image, key, &error), refusals[i]);
        assert_string_equal(error.message, "as ordered");
        assert_int_equal(count_images(bench), 0);
    }
    /* In doubt the row goes first; where it does not, the object must stay, and is named. */
    ordered.add = TESS_ERR_TIMEOUT;
    ordered.unmap = TESS_OK;
    assert_int_equal(add(bench, "g", image, sizeof image, key, &error), TESS_ERR_TIMEOUT);
    assert_int_equal(count_images(bench), 0);
    ordered.unmap = TESS_ERR_IO;
    assert_int_equal(add(bench, "g", image, sizeof image, key, &error), TESS_ERR_TIMEOUT);
    assert_int_equal(count_images(bench), 1);
    assert_non_null(
        strstr(error.message, ".jpg is stored, and may or may not belong to its grid: as ordered"));
    ordered.add = TESS_ERR_SETUP;
    ordered.drop = TESS_ERR_DENIED;
    assert_int_equal(add(bench, "g", image, sizeof image, key, &error), TESS_ERR_SETUP);
    assert_int_equal(count_images(bench), 2);
    assert_non_null(strstr(error.message, ".jpg is stored, belongs to no grid, and could not be removed"));
}

/* In one step of the catalog, not one each; a key of another grid is left alone. */
static void many_keys_are_removed_at_once(void **state)
{
    enum { MANY = 12 };
    const struct bench *bench = *state;
    char keys[MANY + 1][TESS_KEY_MAX_BYTES + 1];
    const char *named[MANY + 2];
    size_t removed = 0;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(add(bench, "g", image, sizeof image, keys[i], NULL), TESS_OK);
        named[i] = keys[i];
    }
    assert_int_equal(add(bench, "other", image, sizeof image, keys[MANY], NULL), TESS_OK);
    named[MANY - 1] = "nobody.jpg"; /* so that the last one stays */
    named[MANY] = keys[MANY];
    named[MANY + 1] = keys[0]; /* twice */
    take_orders(bench);
    assert_int_equal(tess_store_remove(bench->store, "g", named, MANY + 2, &removed, NULL), TESS_OK);
    assert_int_equal(removed, MANY - 1);
    assert_int_equal(ordered.unmaps, 0);
    assert_int_equal(ordered.unmaps_of_many, 1);
    assert_int_equal(count_images(bench), 2);
    struct tess_error error = {0};
    assert_int_equal(tess_store_remove(bench->store, "g", named, MANY + 2, &removed, &error),
                     TESS_ERR_NOT_FOUND);
    assert_int_equal(removed, 0);
}

static void removed_folder(const struct bench *bench, enum tess_status ready, enum tess_status status)
{
    char key[TESS_KEY_MAX_BYTES + 1];
    int64_t value = 0;
    struct tess_keys keys;
    assert_int_equal(tess_store_ready(bench->store, NULL), ready);
    assert_int_equal(tess_counter_hit(bench->store, "c", &value, NULL), status);
    assert_int_equal(tess_counter_get(bench->store, "c", &value, NULL), status);
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_KEY, &keys, NULL), status);
    tess_keys_clear(&keys);
    assert_int_equal(add(bench, "g", image, sizeof image, key, NULL), status);
}

/* SQLite would go on writing to a file that nobody finds again. */
static void a_folder_that_is_gone_is_noticed(void **state)
{
    const struct bench *bench = *state;
    const char *data = scratch_path(bench->folder, "data"), *away = scratch_path(bench->folder, "away");
    int64_t value = 0;
    char key[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(add(bench, "g", image, sizeof image, key, NULL), TESS_OK);
    removed_folder(bench, TESS_OK, TESS_OK);
    assert_int_equal(rename(data, away), 0);
    removed_folder(bench, TESS_ERR_BUSY, TESS_ERR_BUSY);
    /* Another one in its place is another one. */
    struct tess_store *other = scratch_store(bench->folder);
    assert_int_equal(tess_store_ready(bench->store, NULL), TESS_ERR_BUSY);
    assert_int_equal(tess_counter_hit(bench->store, "c", &value, NULL), TESS_ERR_BUSY);
    assert_int_equal(add(bench, "g", image, sizeof image, key, NULL), TESS_ERR_BUSY);
    assert_int_equal(tess_counter_get(other, "c", &value, NULL), TESS_OK);
    assert_true(value == 0);
    tess_store_close(other);
    scratch_remove(data);
    /* What was acknowledged is there when it is back, and nothing else. */
    assert_int_equal(rename(away, data), 0);
    assert_int_equal(tess_counter_get(bench->store, "c", &value, NULL), TESS_OK);
    assert_true(value == 1);
    removed_folder(bench, TESS_OK, TESS_OK);
    assert_int_equal(rename(scratch_path(bench->folder, "data/objects/grids"), away), 0);
    assert_int_equal(tess_store_ready(bench->store, NULL), TESS_ERR_SETUP);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(good_ids_keep_their_grids_apart),      STORE_TEST(bad_ids_are_refused_everywhere),
        STORE_TEST(what_is_no_image_is_not_stored),       STORE_TEST(lists_come_in_every_order),
        STORE_TEST(images_are_removed_one_by_one_or_all), STORE_TEST(counters_count),
        STORE_TEST(what_cannot_be_mapped_is_taken_back),  STORE_TEST(many_keys_are_removed_at_once),
        STORE_TEST(a_folder_that_is_gone_is_noticed),     STORE_TEST(a_reopened_store_holds_what_it_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
