// SPDX-License-Identifier: MIT
/* Objects that are handed on piece by piece: files, a cloud in memory, and S3 as it is asked for parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "fake_cloud.h"
#include "s3_fixture.h"
#include "scratch.h"
#include "torture.h"

enum { LARGE_BYTES = 2 * OBJECTS_PIECE_BYTES + 5 };

struct pieces {
    const uint8_t *expected;
    size_t bytes, largest;
    int count, fail_at;
    bool differ;
};

static enum tess_status take_piece(void *context, const void *data, size_t size, struct tess_error *error)
{
    struct pieces *pieces = context;
    if (++pieces->count == pieces->fail_at)
        return error_set(error, TESS_ERR_IO, "piece %d was to fail", pieces->fail_at);
    pieces->differ = pieces->differ || memcmp(pieces->expected + pieces->bytes, data, size) != 0;
    pieces->bytes += size;
    pieces->largest = size > pieces->largest ? size : pieces->largest;
    return TESS_OK;
}

static uint8_t *make_large(void)
{
    uint8_t *large = malloc(LARGE_BYTES);
    assert_non_null(large);
    for (size_t i = 0; i < LARGE_BYTES; i++)
        large[i] = (uint8_t)(i * 7 >> 3);
    return large;
}

/* The objects hold `large` under that name; `replace` puts other bytes there, `remove` takes them away. */
static void expect_pieces(struct objects *objects, const uint8_t *large, void (*replace)(void *context),
                          void (*take_away)(void *context), void *context)
{
    struct object_info info, other;
    struct tess_error error;
    struct pieces pieces = {.expected = large};
    struct object_copy copy = {
        .bucket = "grids", .key = "large", .info = &info, .take = take_piece, .context = &pieces};
    assert_int_equal(objects->ops->stat(objects, "grids", "large", NULL, &info, NULL), TESS_OK);
    assert_int_equal(objects_copy(objects, &copy, NULL), TESS_OK);
    assert_int_equal(pieces.bytes, LARGE_BYTES);
    assert_false(pieces.differ);
    assert_true(pieces.largest <= OBJECTS_PIECE_BYTES);
    pieces = (struct pieces){.fail_at = 2, .expected = large};
    assert_int_equal(objects_copy(objects, &copy, &error), TESS_ERR_IO);
    assert_int_equal(pieces.count, 2);
    replace(context);
    pieces = (struct pieces){.expected = large};
    assert_int_equal(objects_copy(objects, &copy, &error), TESS_ERR_NOT_FOUND);
    assert_int_equal(pieces.count, 0);
    assert_int_equal(objects->ops->stat(objects, "grids", "large", NULL, &other, NULL), TESS_OK);
    copy.info = &other;
    take_away(context);
    assert_int_equal(objects_copy(objects, &copy, &error), TESS_ERR_NOT_FOUND);
}

static void put_small(void *context)
{
    struct objects *objects = context;
    assert_int_equal(objects_put(objects, "grids", "large", "image/jpeg", "other", 5, NULL), TESS_OK);
}

static void drop(void *context)
{
    struct objects *objects = context;
    assert_int_equal(objects->ops->remove(objects, "grids", "large", NULL), TESS_OK);
}

static void files_come_in_pieces(void **state)
{
    char folder[64];
    uint8_t *large = make_large();
    (void)state;
    scratch_make(folder);
    struct tess_store *store = scratch_store(folder);
    struct objects *objects = store->backend.objects;
    assert_int_equal(objects_put(objects, "grids", "large", "image/jpeg", large, LARGE_BYTES, NULL), TESS_OK);
    expect_pieces(objects, large, put_small, drop, objects);
    tess_store_close(store);
    scratch_remove(folder);
    free(large);
}

static void put_in_cloud(void *context)
{
    cloud_put(context, "grids", "large", "other", 5);
}

static void drop_from_cloud(void *context)
{
    cloud_drop(context, "grids", "large");
}

static void parts_come_from_a_cloud(void **state)
{
    struct cloud *cloud = calloc(1, sizeof *cloud);
    uint8_t *large = make_large();
    (void)state;
    assert_non_null(cloud);
    cloud_init(cloud);
    cloud_put(cloud, "grids", "large", large, LARGE_BYTES);
    expect_pieces(&cloud->objects, large, put_in_cloud, drop_from_cloud, cloud);
    cloud_clear(cloud);
    free(cloud);
    free(large);
}

/* Every allocation and every call fails in turn. */
struct tortured {
    struct objects *objects;
    struct object_copy copy;
    struct pieces pieces;
};

static enum tess_status copy_once(void *context, struct tess_error *error)
{
    struct tortured *tortured = context;
    tortured->pieces.bytes = 0;
    tortured->copy.context = &tortured->pieces;
    return objects_copy(tortured->objects, &tortured->copy, error);
}

static void failures_are_told(void **state)
{
    char folder[64];
    struct object_info info;
    (void)state;
    scratch_make(folder);
    struct tess_store *store = scratch_store(folder);
    struct tortured tortured = {
        .objects = store->backend.objects,
        .copy = {.bucket = "grids", .key = "small", .info = &info, .take = take_piece},
        .pieces = {.expected = (const uint8_t *)"small"}};
    assert_int_equal(objects_put(tortured.objects, "grids", "small", "image/jpeg", "small", 5, NULL),
                     TESS_OK);
    assert_int_equal(tortured.objects->ops->stat(tortured.objects, "grids", "small", NULL, &info, NULL),
                     TESS_OK);
    assert_true(torture_loop(TORTURE_MEMORY, copy_once, &tortured) > 0);
    assert_true(torture_loop(TORTURE_IO, copy_once, &tortured) >= 3); /* open, fstat, read */
    tess_store_close(store);
    scratch_remove(folder);
}

static enum tess_status get_part(struct s3_fixture *fixture, const char *version, uint64_t offset,
                                 size_t size, struct bytes *out)
{
    const struct object_part part = {
        .bucket = "images", .key = "a.jpg", .version = version, .offset = offset, .size_bytes = size};
    return fixture->objects->ops->get_part(fixture->objects, &part, out, &fixture->error);
}

static void s3_is_asked_for_a_range(void **state)
{
    struct s3_fixture fixture;
    struct bytes out;
    (void)state;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 206, "ETag: \"v1\"", "hello");
    assert_int_equal(get_part(&fixture, "v1", 1000, 5, &out), TESS_OK);
    assert_int_equal(out.size, 5);
    assert_string_equal(s3_header(&fixture, 0, "range"), "bytes=1000-1004");
    bytes_clear(&out);
    fake_http_answer(fixture.http, 206, "ETag: \"v2\"", "hello");
    assert_int_equal(get_part(&fixture, "v1", 0, 5, &out), TESS_ERR_NOT_FOUND);
    assert_null(out.data);
    s3_expect_words(&fixture, "a.jpg in bucket images was replaced while it was read");
    fake_http_answer(fixture.http, 206, "ETag: \"v1\"", "hell");
    assert_int_equal(get_part(&fixture, "v1", 0, 5, &out), TESS_ERR_NOT_FOUND);
    s3_answer_error(&fixture, 416, NULL, "InvalidRange", NULL);
    assert_int_equal(get_part(&fixture, "v1", 0, 5, &out), TESS_ERR_NOT_FOUND);
    s3_answer_error(&fixture, 404, NULL, "NoSuchKey", NULL);
    assert_int_equal(get_part(&fixture, "v1", 0, 5, &out), TESS_ERR_NOT_FOUND);
    /* The whole of it is not what was asked for: tried again, then told. */
    for (int i = 0; i < 3; i++)
        fake_http_answer(fixture.http, 200, "ETag: \"v1\"", "hello");
    assert_int_equal(get_part(&fixture, "v1", 0, 5, &out), TESS_ERR_IO);
    assert_null(out.data);
    s3_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_in_pieces), cmocka_unit_test(parts_come_from_a_cloud),
        cmocka_unit_test(failures_are_told), cmocka_unit_test(s3_is_asked_for_a_range)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
