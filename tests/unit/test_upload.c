// SPDX-License-Identifier: MIT
/* Images that arrive in pieces: any pieces give the same object, and a failure at any point leaves nothing.
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

#include "engine/store_state.h"
#include "scratch.h"
#include "torture.h"
#include <tessera/tessera.h>

enum { IMAGE_BYTES = 5000, THREADS = 8, UPLOADS = 6 };

struct bench {
    char folder[64];
    struct tess_store *store;
    uint8_t image[IMAGE_BYTES]; /* begins as a JPEG does; the store looks no further */
};

static int bench_setup(void **state)
{
    static const uint8_t beginning[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1};
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    for (size_t i = 0; i < IMAGE_BYTES; i++)
        bench->image[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(bench->image, beginning, sizeof beginning);
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

/* Objects and temporaries that lie in the store. */
static int count_objects(const struct bench *bench)
{
    return scratch_count(scratch_path(bench->folder, "data/objects/images"));
}

static int count_partial(const struct bench *bench)
{
    return scratch_count(scratch_path(bench->folder, "data/objects/.partial"));
}

static enum tess_status upload(const struct bench *bench, const void *data, size_t size, size_t piece,
                               uint64_t max_bytes, char key[TESS_KEY_MAX_BYTES + 1], struct tess_error *error)
{
    struct tess_upload *one = NULL;
    enum tess_status status = tess_upload_open(bench->store, "g", max_bytes, &one, error);
    for (size_t at = 0; status == TESS_OK && at < size; at += piece)
        status =
            tess_upload_write(one, (const uint8_t *)data + at, size - at < piece ? size - at : piece, error);
    if (status == TESS_OK)
        return tess_upload_commit(one, key, error);
    tess_upload_abort(one);
    return status;
}

static void expect_object(const struct bench *bench, const char *key, const void *data, size_t size)
{
    const struct backend *backend = &bench->store->backend;
    const struct object_get get = {.bucket = "images", .key = key, .max_bytes = 1 << 20};
    struct bytes bytes;
    assert_int_equal(backend->objects->ops->get(backend->objects, &get, &bytes, NULL, NULL), TESS_OK);
    assert_int_equal(bytes.size, size);
    assert_memory_equal(bytes.data, data, size);
    bytes_clear(&bytes);
}

static void expect_no_trace(const struct bench *bench)
{
    struct tess_keys keys;
    assert_int_equal(count_objects(bench), 0);
    assert_int_equal(count_partial(bench), 0);
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_ADDED, &keys, NULL), TESS_ERR_NOT_FOUND);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    const struct bench *bench = *state;
    static const size_t pieces[] = {1, 3, 1023, 1024, 1025, 4999, 5000, 9000};
    static const size_t sizes[] = {12, 1023, 1024, 1025, IMAGE_BYTES};
    char key[TESS_KEY_MAX_BYTES + 1];
    int count = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            assert_int_equal(upload(bench, bench->image, sizes[k], pieces[i], sizes[k], key, NULL), TESS_OK);
            assert_string_equal(strrchr(key, '.'), ".jpg");
            expect_object(bench, key, bench->image, sizes[k]);
            count++;
        }
    }
    struct tess_keys keys;
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_ADDED, &keys, NULL), TESS_OK);
    assert_int_equal(keys.count, count);
    assert_string_equal(keys.keys[count - 1], key);
    tess_keys_clear(&keys);
    assert_int_equal(count_partial(bench), 0);
}

static void the_limit_is_exact(void **state)
{
    const struct bench *bench = *state;
    char key[TESS_KEY_MAX_BYTES + 1];
    static const size_t pieces[] = {1, 100, 1024, IMAGE_BYTES};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct tess_error error = {0};
        assert_int_equal(upload(bench, bench->image, 2000, pieces[i], 1999, key, &error), TESS_ERR_LIMIT);
        assert_string_equal(error.limit, "max-bytes");
        assert_int_equal(upload(bench, bench->image, 5, pieces[i], 4, key, &error), TESS_ERR_LIMIT);
        assert_int_equal(upload(bench, bench->image, 5, pieces[i], 0, key, &error), TESS_ERR_LIMIT);
    }
    expect_no_trace(bench);
    assert_int_equal(upload(bench, bench->image, 2000, 7, 2000, key, NULL), TESS_OK);
    expect_object(bench, key, bench->image, 2000);
}

/* The words are those of tess_store_add(), wherever the pieces end. */
static void what_is_no_image_is_refused_early(void **state)
{
    const struct bench *bench = *state;
    static const char *const texts[] = {"", "hello", "%PDF-1.7 and so on", "II*\0\x10\0\0\0CR raw", "<svg/>"};
    static const size_t sizes[] = {0, 5, 18, 14, 6};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tess_error whole = {0}, pieces = {0};
        char key[TESS_KEY_MAX_BYTES + 1];
        assert_int_equal(
            tess_store_add(bench->store, "g", (const uint8_t *)texts[i], sizes[i], 99, key, &whole),
            TESS_ERR_NOT_IMAGE);
        assert_int_equal(upload(bench, texts[i], sizes[i], 1, 99, key, &pieces), TESS_ERR_NOT_IMAGE);
        assert_string_equal(pieces.message, whole.message);
    }
    static const uint8_t zeros[4096];
    struct tess_upload *one = NULL;
    struct tess_error error = {0};
    char key[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(tess_upload_open(bench->store, "g", 1 << 20, &one, NULL), TESS_OK);
    assert_int_equal(tess_upload_write(one, zeros, 1024, &error), TESS_ERR_NOT_IMAGE);
    assert_int_equal(count_partial(bench), 0); /* nothing was written for it */
    assert_int_equal(tess_upload_write(one, bench->image, 100, &error), TESS_ERR_NOT_IMAGE);
    assert_int_equal(tess_upload_commit(one, key, &error), TESS_ERR_NOT_IMAGE);
    assert_string_equal(key, "");
    expect_no_trace(bench);
}

static void an_abort_leaves_nothing(void **state)
{
    const struct bench *bench = *state;
    static const size_t sizes[] = {0, 10, 1024, IMAGE_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tess_upload *one = NULL;
        assert_int_equal(tess_upload_open(bench->store, "g", IMAGE_BYTES, &one, NULL), TESS_OK);
        assert_int_equal(tess_upload_write(one, bench->image, sizes[i], NULL), TESS_OK);
        assert_int_equal(tess_upload_bytes(one), sizes[i]);
        tess_upload_abort(one);
    }
    tess_upload_abort(NULL);
    expect_no_trace(bench);
}

static void bad_ids_are_refused(void **state)
{
    const struct bench *bench = *state;
    struct tess_upload *one = NULL;
    assert_int_equal(tess_upload_open(bench->store, "", 1, &one, NULL), TESS_ERR_INVALID);
    assert_int_equal(tess_upload_open(bench->store, "a\nb", 1, &one, NULL), TESS_ERR_INVALID);
    assert_null(one);
}

/* A catalog that takes nothing, in front of the store's own. */
struct refusing {
    struct catalog base;
    struct catalog_ops ops;
    struct catalog *inner;
};

static enum tess_status refuse(struct catalog *catalog, const char *grid_id, const char *key,
                               int64_t added_ms, struct tess_error *error)
{
    (void)catalog;
    (void)grid_id;
    (void)key;
    (void)added_ms;
    if (error)
        (void)snprintf(error->message, sizeof error->message, "refused");
    return TESS_ERR_BUSY;
}

static enum tess_status pass_on(struct catalog *catalog, const char *grid_id, const char *key,
                                bool *removed_out, struct tess_error *error)
{
    struct catalog *inner = ((struct refusing *)catalog)->inner;
    return inner->ops->remove(inner, grid_id, key, removed_out, error);
}

static void an_unmapped_object_is_taken_back(void **state)
{
    struct bench *bench = *state;
    struct backend *backend = &bench->store->backend;
    struct refusing refusing = {.ops = {.add = refuse, .remove = pass_on}, .inner = backend->catalog};
    char key[TESS_KEY_MAX_BYTES + 1];
    struct tess_upload_link link;
    const struct tess_upload_link_request request = {.grid_id = "g", .expires_s = 60};
    refusing.base.ops = &refusing.ops;
    backend->catalog = &refusing.base;
    assert_int_equal(upload(bench, bench->image, 2000, 500, 2000, key, NULL), TESS_ERR_BUSY);
    assert_string_equal(key, "");
    assert_int_equal(tess_upload_link_create(bench->store, &request, &link, NULL), TESS_ERR_BUSY);
    assert_null(link.url);
    backend->catalog = refusing.inner;
    expect_no_trace(bench);
}

static void the_order_is_that_of_the_beginnings(void **state)
{
    const struct bench *bench = *state;
    struct tess_upload *uploads[UPLOADS] = {NULL};
    char keys[UPLOADS][TESS_KEY_MAX_BYTES + 1];
    for (int i = 0; i < UPLOADS; i++)
        assert_int_equal(tess_upload_open(bench->store, "g", IMAGE_BYTES, &uploads[i], NULL), TESS_OK);
    for (int i = UPLOADS - 1; i >= 0; i--) {
        assert_int_equal(tess_upload_write(uploads[i], bench->image, 2000, NULL), TESS_OK);
        assert_int_equal(tess_upload_commit(uploads[i], keys[i], NULL), TESS_OK);
    }
    struct tess_keys listed;
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_ADDED, &listed, NULL), TESS_OK);
    assert_int_equal(listed.count, UPLOADS);
    for (int i = 0; i < UPLOADS; i++)
        assert_string_equal(listed.keys[i], keys[i]);
    tess_keys_clear(&listed);
}

static void *upload_several(void *context)
{
    const struct bench *bench = context;
    char key[TESS_KEY_MAX_BYTES + 1];
    for (size_t i = 0; i < UPLOADS; i++)
        if (upload(bench, bench->image, IMAGE_BYTES, 100 + 900 * i, IMAGE_BYTES, key, NULL) != TESS_OK)
            return context;
    return NULL;
}

static void many_at_once(void **state)
{
    struct bench *bench = *state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, upload_several, bench), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    struct tess_keys keys;
    assert_int_equal(tess_store_list(bench->store, "g", TESS_ORDER_KEY, &keys, NULL), TESS_OK);
    assert_int_equal(keys.count, THREADS * UPLOADS);
    for (size_t i = 0; i < keys.count; i++)
        expect_object(bench, keys.keys[i], bench->image, IMAGE_BYTES);
    tess_keys_clear(&keys);
    assert_int_equal(count_partial(bench), 0);
}

static enum tess_status upload_and_remove(void *context, struct tess_error *error)
{
    const struct bench *bench = context;
    char key[TESS_KEY_MAX_BYTES + 1];
    const int before = count_objects(bench);
    enum tess_status status = upload(bench, bench->image, IMAGE_BYTES, 700, IMAGE_BYTES, key, error);
    if (status != TESS_OK)
        return status;
    assert_int_equal(count_objects(bench), before + 1);
    return TESS_OK;
}

static enum tess_status make_link(void *context, struct tess_error *error)
{
    const struct bench *bench = context;
    const struct tess_upload_link_request request = {
        .grid_id = "g", .media_type = "image/png", .expires_s = 60, .link_base = "https://x/y"};
    struct tess_upload_link link;
    enum tess_status status = tess_upload_link_create(bench->store, &request, &link, error);
    assert_true((status == TESS_OK) == (link.url != NULL));
    tess_upload_link_clear(&link);
    return status;
}

static void failures_are_survived(void **state)
{
    struct bench *bench = *state;
    struct tess_error error = {0};
    assert_int_equal(upload_and_remove(bench, &error), TESS_OK); /* statements are prepared */
    assert_true(torture_loop(TORTURE_MEMORY, upload_and_remove, bench) > 3);
    assert_true(torture_loop(TORTURE_IO, upload_and_remove, bench) > 3);
    assert_int_equal(make_link(bench, &error), TESS_OK);
    assert_true(torture_loop(TORTURE_MEMORY, make_link, bench) > 3);
}

int main(void)
{
#define UPLOAD_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        UPLOAD_TEST(pieces_of_any_size_give_the_same),
        UPLOAD_TEST(the_limit_is_exact),
        UPLOAD_TEST(what_is_no_image_is_refused_early),
        UPLOAD_TEST(an_abort_leaves_nothing),
        UPLOAD_TEST(bad_ids_are_refused),
        UPLOAD_TEST(an_unmapped_object_is_taken_back),
        UPLOAD_TEST(the_order_is_that_of_the_beginnings),
        UPLOAD_TEST(many_at_once),
        UPLOAD_TEST(failures_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
