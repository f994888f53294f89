// SPDX-License-Identifier: MIT
/* What "s3://bucket/prefix" stands for: one object, those below a prefix, those that look like images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/store_state.h"
#include "scratch.h"
#include <tessera/tessera.h>

enum { MOST = 8 };

struct bench {
    char folder[64];
    struct tess_store *store;
};

static int bench_setup(void **state)
{
    static const char *const keys[] = {"2026/a.jpg",     "2026/b.PNG", "2026/b/c.jpeg",   "2026/noending",
                                       "2026/notes.txt", "2026/",      "2026.old/x.webp", "a+b \xC3\xA9.jpg"};
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    bench->store = scratch_store(bench->folder);
    const struct backend *backend = &bench->store->backend;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(
            objects_put(backend->objects, backend->source_bucket, keys[i], "image/jpeg", "x", 1, NULL),
            TESS_OK);
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

static void expect(const struct bench *bench, const char *name, size_t count, const char *const *names)
{
    struct tess_keys found;
    struct tess_error error = {0};
    if (tess_store_find(bench->store, name, MOST, NULL, &found, &error) != TESS_OK)
        fail_msg("%s: %s", name, error.message);
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(found.keys[i], names[i]);
    tess_keys_clear(&found);
}

static void a_prefix_stands_for_the_images_below_it(void **state)
{
    const char *const below[] = {"s3://images/2026/a.jpg", "s3://images/2026/b.PNG",
                                 "s3://images/2026/b/c.jpeg", "s3://images/2026/noending"};
    expect(*state, "s3://images/2026/", 4, below);
    const char *const with_b[] = {"s3://images/2026/b.PNG", "s3://images/2026/b/c.jpeg"};
    expect(*state, "s3://images/2026/b", 2, with_b);
}

static void a_bucket_stands_for_all_its_images(void **state)
{
    const char *const all[] = {"s3://images/2026.old/x.webp", "s3://images/2026/a.jpg",
                               "s3://images/2026/b.PNG",      "s3://images/2026/b/c.jpeg",
                               "s3://images/2026/noending",   "s3://images/a+b \xC3\xA9.jpg"};
    expect(*state, "s3://images", 6, all);
    expect(*state, "s3://images/", 6, all);
}

static void a_whole_key_stands_for_its_object_alone(void **state)
{
    const char *const odd[] = {"s3://images/a+b \xC3\xA9.jpg"};
    expect(*state, odd[0], 1, odd);
    const char *const text[] = {"s3://images/2026/notes.txt"}; /* who names it means it */
    expect(*state, text[0], 1, text);
}

static void refuse(const struct bench *bench, const char *name, size_t most, enum tess_status status,
                   const char *words)
{
    struct tess_keys found;
    struct tess_error error = {0};
    assert_int_equal(tess_store_find(bench->store, name, most, NULL, &found, &error), status);
    assert_int_equal(found.count, 0);
    assert_null(found.keys);
    if (!strstr(error.message, words))
        fail_msg("%s: %s", name, error.message);
}

static void what_names_nothing_is_refused(void **state)
{
    refuse(*state, "s3://", MOST, TESS_ERR_INVALID, "bucket");
    refuse(*state, "s3://Images/a", MOST, TESS_ERR_INVALID, "bucket");
    refuse(*state, "s3://images/../x", MOST, TESS_ERR_NOT_FOUND, "no images");
    refuse(*state, "s3://../x", MOST, TESS_ERR_INVALID, "bucket");
    refuse(*state, "S3://images/", MOST, TESS_ERR_INVALID, "s3://");
    refuse(*state, "s3://images/2027", MOST, TESS_ERR_NOT_FOUND, "2027");
    refuse(*state, "s3://elsewhere", MOST, TESS_ERR_SETUP, "elsewhere");
    char name[1200] = "s3://images/";
    memset(name + 12, 'k', 1100);
    refuse(*state, name, MOST, TESS_ERR_LIMIT, "1024");
    memset(name + 5, 'b', 1100);
    refuse(*state, name, MOST, TESS_ERR_INVALID, "longer than 63");
}

static void more_than_the_limit_is_refused(void **state)
{
    refuse(*state, "s3://images", 5, TESS_ERR_LIMIT, "max-cells");
}

/* What tools leave where a folder is to be seen. */
static void folders_are_no_images(void **state)
{
    const struct bench *bench = *state;
    const struct backend *backend = &bench->store->backend;
    static const char *const marks[] = {"f/_$folder$", "f/sub_$folder$", "f/sub/", "f/sub"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        assert_int_equal(
            objects_put(backend->objects, backend->source_bucket, marks[i], "image/jpeg", "x", i < 2, NULL),
            TESS_OK);
    refuse(bench, "s3://images/f/", MOST, TESS_ERR_NOT_FOUND, "no images");
    assert_int_equal(
        objects_put(backend->objects, backend->source_bucket, "f/empty.jpg", "image/jpeg", "", 0, NULL),
        TESS_OK); /* damaged, which its cell will say */
    const char *const found[] = {"s3://images/f/empty.jpg"};
    expect(bench, "s3://images/f/", 1, found);
}

/* A server that lists backwards, and its last key twice. */
static enum tess_status list_backwards(struct objects *objects, const struct object_list *request,
                                       bool (*each)(void *context, const char *key,
                                                    const struct object_info *info),
                                       void *context, struct tess_error *error)
{
    static const char *const keys[] = {"p/c.jpg", "p/b.jpg", "p/a.jpg", "p/a.jpg", "p"};
    const struct object_info info = {.size_bytes = 1};
    (void)objects;
    (void)error;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strncmp(keys[i], request->prefix, strlen(request->prefix)) == 0 && !each(context, keys[i], &info))
            break;
    return TESS_OK;
}

static void any_order_will_do(void **state)
{
    const struct bench *bench = *state;
    struct backend *backend = &bench->store->backend;
    struct objects_ops backwards = *backend->objects->ops;
    const struct objects_ops *forwards = backend->objects->ops;
    const char *const sorted[] = {"s3://images/p/a.jpg", "s3://images/p/b.jpg", "s3://images/p/c.jpg"};
    const char *const alone[] = {"s3://images/p"};
    assert_int_equal(objects_put(backend->objects, "images", "p", "image/jpeg", "x", 1, NULL), TESS_OK);
    backwards.list = list_backwards;
    backend->objects->ops = &backwards;
    expect(bench, "s3://images/p/", 3, sorted);
    expect(bench, "s3://images/p", 1, alone);
    refuse(bench, "s3://images/p/", 2, TESS_ERR_LIMIT, "max-cells");
    struct tess_keys found; /* the object itself comes after more keys than are taken */
    assert_int_equal(tess_store_find(bench->store, alone[0], 2, NULL, &found, NULL), TESS_OK);
    assert_int_equal(found.count, 1);
    tess_keys_clear(&found);
    backend->objects->ops = forwards;
}

static void it_can_be_cancelled_like_a_job(void **state)
{
    /* The embedded store waits for a disk only: asked with the flag set it may answer, but must not crash. */
    const struct bench *bench = *state;
    const volatile int cancel = 1;
    struct tess_keys found;
    enum tess_status status = tess_store_find(bench->store, "s3://images", MOST, &cancel, &found, NULL);
    assert_true(status == TESS_OK || status == TESS_ERR_CANCELLED);
    tess_keys_clear(&found);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(a_prefix_stands_for_the_images_below_it),
        WITH_BENCH(a_bucket_stands_for_all_its_images),
        WITH_BENCH(a_whole_key_stands_for_its_object_alone),
        WITH_BENCH(what_names_nothing_is_refused),
        WITH_BENCH(folders_are_no_images),
        WITH_BENCH(any_order_will_do),
        WITH_BENCH(more_than_the_limit_is_refused),
        WITH_BENCH(it_can_be_cancelled_like_a_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
