// SPDX-License-Identifier: MIT
/* Reading, looking and removing, against an S3 that answers as the tests say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

/* printf hello | md5sum, sha256sum | xxd -r -p | base64, gzip -1 | CRC in the trailer */
#define MD5_HELLO    "5d41402abc4b2a76b9719d911017c592"
#define CRC32_HELLO  "NhCmhg=="
#define SHA256_HELLO "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

#define ON_AWS "https://images.s3.eu-north-1.amazonaws.com"

static void expect_read(const char *headers, const char *body, size_t attempts, enum tess_status expected)
{
    struct s3_fixture fixture;
    struct bytes out;
    struct object_info info;
    s3_begin(&fixture);
    for (size_t i = 0; i < attempts; i++)
        fake_http_answer(fixture.http, 200, headers, body);
    assert_int_equal(s3_get(&fixture, "a.jpg", 100, &out, &info), expected);
    s3_expect_request(&fixture, attempts, "GET", ON_AWS "/a.jpg");
    if (expected == TESS_OK) {
        assert_int_equal(info.size_bytes, strlen(body));
        assert_memory_equal(out.data, body, strlen(body));
    } else {
        assert_int_equal(out.size, 0);
        s3_expect_words(&fixture, "damaged underway");
    }
    bytes_clear(&out);
    s3_end(&fixture);
}

static void reads_are_compared_with_their_checksums(void **state)
{
    (void)state;
    const enum tess_status bad = TESS_ERR_IO;
    expect_read("ETag: \"" MD5_HELLO "\"", "hello", 1, TESS_OK);
    expect_read("ETag: \"5D41402ABC4B2A76B9719D911017C592\"", "hello", 1, TESS_OK);
    expect_read("ETag: " MD5_HELLO, "hellp", 3, bad);
    expect_read("ETag: \"" MD5_HELLO "\"", "hellp", 3, bad);
    expect_read("x-amz-checksum-crc32: " CRC32_HELLO, "hello", 1, TESS_OK);
    expect_read("x-amz-checksum-crc32: " CRC32_HELLO, "hellp", 3, bad);
    expect_read("x-amz-checksum-type: FULL_OBJECT\nx-amz-checksum-sha256: " SHA256_HELLO, "hello", 1,
                TESS_OK);
    expect_read("x-amz-checksum-sha256: " SHA256_HELLO, "hell", 3, bad);
    /* With a checksum, the ETag need not be one too. */
    expect_read("ETag: \"00000000000000000000000000000000\"\nx-amz-checksum-crc32: " CRC32_HELLO, "hello", 1,
                TESS_OK);
    expect_read("ETag: \"" MD5_HELLO "\"\nx-amz-checksum-type: COMPOSITE\nx-amz-checksum-crc32: AAAAAA==",
                "hello", 1, TESS_OK);
}

static void etags_that_are_no_md5(void **state)
{
    (void)state;
    expect_read("ETag: \"" MD5_HELLO "-2\"", "other", 1, TESS_OK);
    expect_read("ETag: W/\"" MD5_HELLO "\"", "other", 1, TESS_OK);
    expect_read("ETag: \"" MD5_HELLO "0\"", "other", 1, TESS_OK);
    expect_read("ETag: \"" MD5_HELLO "\"\nx-amz-server-side-encryption: aws:kms", "other", 1, TESS_OK);
    expect_read("ETag: \"" MD5_HELLO "\"\nx-amz-server-side-encryption-customer-algorithm: AES256", "other",
                1, TESS_OK);
    expect_read("ETag: \"" MD5_HELLO "\"\nx-amz-checksum-crc32: AAAAAA==-3\nx-amz-mp-parts-count: 3", "other",
                1, TESS_OK);
    expect_read(NULL, "other", 1, TESS_OK);
}

static void damage_is_read_again(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    struct object_info info;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 200, "ETag: \"" MD5_HELLO "\"", "hellp");
    fake_http_answer(fixture.http, 200, "ETag: \"" MD5_HELLO "\"", "hello");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, &info), TESS_OK);
    assert_int_equal(out.size, 5);
    assert_string_equal(info.version, MD5_HELLO);
    bytes_clear(&out);
    /* More than asked for is no less wrong than other bytes. */
    for (int i = 0; i < 3; i++)
        fake_http_answer(fixture.http, i == 2 ? 200 : 206, NULL, "hello");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_OK);
    bytes_clear(&out);
    assert_string_equal(s3_header(&fixture, 0, "accept-encoding"), "");
    assert_string_equal(s3_header(&fixture, 0, "x-amz-checksum-mode"), "ENABLED");
    s3_end(&fixture);
}

static void too_large(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    struct object_info info;
    const struct fake_answer announced = {.status = 200,
                                          .headers = "ETag: \"x\"",
                                          .content_length = 7000,
                                          .failure = HTTP_TOO_LARGE,
                                          .request_sent = true};
    const struct fake_answer unknown = {
        .status = 200, .content_length = UINT64_MAX, .failure = HTTP_TOO_LARGE, .request_sent = true};
    s3_begin(&fixture);
    fake_http_add(fixture.http, &announced);
    assert_int_equal(s3_get(&fixture, "a", 5, &out, &info), TESS_ERR_LIMIT);
    assert_int_equal(fixture.http->requests[0].max_body_bytes, 5);
    assert_int_equal(info.size_bytes, 7000);
    assert_string_equal(fixture.error.limit, "max-bytes");
    s3_expect_words(&fixture, "a in bucket images has 7000 bytes; the limit max-bytes is 5");
    fake_http_add(fixture.http, &unknown);
    assert_int_equal(s3_get(&fixture, "a", 5, &out, &info), TESS_ERR_LIMIT);
    assert_int_equal(info.size_bytes, 0);
    assert_null(out.data);
    s3_end(&fixture);
}

static void what_is_missing(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    struct object_info info;
    s3_begin(&fixture);
    const struct objects_ops *ops = fixture.objects->ops;
    s3_answer_error(&fixture, 404, NULL, "NoSuchKey", NULL);
    assert_int_equal(s3_get(&fixture, "a\n\x1b[31m.jpg", 5, &out, &info), TESS_ERR_NOT_FOUND);
    s3_expect_words(&fixture, "there is no object a??[31m.jpg in bucket images");
    s3_answer_error(&fixture, 404, NULL, "NoSuchBucket", NULL);
    assert_int_equal(s3_get(&fixture, "a", 5, &out, &info), TESS_ERR_SETUP);
    s3_expect_words(&fixture, "there is no bucket images at https://s3.eu-north-1.amazonaws.com");
    s3_expect_words(&fixture, "SOURCE_BUCKET");
    fake_http_answer(fixture.http, 404, NULL, NULL);
    assert_int_equal(ops->stat(fixture.objects, "images", "b", NULL, &info, &fixture.error),
                     TESS_ERR_NOT_FOUND);
    s3_expect_request(&fixture, 3, "HEAD", ON_AWS "/b");
    fake_http_answer(fixture.http, 204, NULL, NULL);
    assert_int_equal(ops->remove(fixture.objects, "images", "b", &fixture.error), TESS_OK);
    s3_expect_request(&fixture, 4, "DELETE", ON_AWS "/b");
    s3_answer_error(&fixture, 404, NULL, "NoSuchKey", NULL);
    assert_int_equal(ops->remove(fixture.objects, "images", "b", &fixture.error), TESS_OK);
    s3_answer_error(&fixture, 404, NULL, "NoSuchBucket", NULL);
    assert_int_equal(ops->remove(fixture.objects, "images", "b", &fixture.error), TESS_ERR_SETUP);
    s3_end(&fixture);
}

static void looked_at(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct object_info info;
    char etag[400] = "ETag: \"";
    s3_begin(&fixture);
    const struct objects_ops *ops = fixture.objects->ops;
    fake_http_add(fixture.http, &(struct fake_answer){.status = 200,
                                                      .headers = "ETag: \"" MD5_HELLO "\"",
                                                      .content_length = (uint64_t)6 << 30});
    assert_int_equal(ops->stat(fixture.objects, "images", "b", NULL, &info, &fixture.error), TESS_OK);
    assert_int_equal(info.size_bytes, (uint64_t)6 << 30);
    assert_string_equal(info.version, MD5_HELLO);
    /* A long one is known by its hash, none by the time. */
    memset(etag + strlen(etag), 'x', 300);
    fake_http_add(fixture.http, &(struct fake_answer){.status = 200, .headers = etag, .content_length = 1});
    assert_int_equal(ops->stat(fixture.objects, "images", "b", NULL, &info, &fixture.error), TESS_OK);
    assert_int_equal(strlen(info.version), 64);
    fake_http_add(fixture.http,
                  &(struct fake_answer){.status = 200,
                                        .headers = "Last-Modified: Tue, 24 Nov 2026 10:00:00 GMT",
                                        .content_length = 1});
    assert_int_equal(ops->stat(fixture.objects, "images", "b", NULL, &info, &fixture.error), TESS_OK);
    assert_int_not_equal(info.version[0], '\0');
    fake_http_add(fixture.http, &(struct fake_answer){.status = 200, .content_length = UINT64_MAX});
    assert_int_equal(ops->stat(fixture.objects, "images", "b", NULL, &info, &fixture.error), TESS_ERR_IO);
    s3_end(&fixture);
}

static void permissions_are_named(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    struct object_info info;
    s3_begin(&fixture);
    const struct objects_ops *ops = fixture.objects->ops;
    s3_answer_error(&fixture, 403, NULL, "AccessDenied", NULL);
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "it takes s3:GetObject on arn:aws:s3:::images/*");
    fake_http_answer(fixture.http, 403, NULL, NULL);
    assert_int_equal(ops->stat(fixture.objects, "images", "a", NULL, &info, &fixture.error), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "s3:GetObject on arn:aws:s3:::images/* and valid keys");
    s3_answer_error(&fixture, 403, NULL, "AccessDenied", NULL);
    assert_int_equal(ops->remove(fixture.objects, "images", "a", &fixture.error), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "s3:DeleteObject on arn:aws:s3:::images/*");
    s3_answer_error(&fixture, 403, NULL, "AccessDenied", NULL);
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "s3:PutObject on arn:aws:s3:::images/*");
    fake_http_answer(fixture.http, 403, NULL, NULL);
    assert_int_equal(ops->ensure_bucket(fixture.objects, "images", NULL, &fixture.error), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "s3:ListBucket on arn:aws:s3:::images");
    /* A wrong key is not a missing permission. */
    s3_answer_error(&fixture, 403, NULL, "InvalidAccessKeyId", NULL);
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_SETUP);
    s3_expect_words(&fixture, "InvalidAccessKeyId");
    assert_null(strstr(fixture.error.message, "it takes"));
    s3_end(&fixture);
}

static void names_are_checked_first(void **state)
{
    (void)state;
    static const char *const bad_keys[] = {"", "\xff", "\xed\xa0\x80"};
    struct s3_fixture fixture;
    struct object_info info;
    char long_key[1100] = "";
    s3_begin(&fixture);
    const struct objects_ops *ops = fixture.objects->ops;
    assert_int_equal(ops->stat(fixture.objects, "", "a", NULL, &info, &fixture.error), TESS_ERR_SETUP);
    s3_expect_words(
        &fixture,
        "no bucket is named: set SOURCE_BUCKET and DESTINATION_BUCKET, or give --source and --dest");
    assert_int_equal(ops->stat(fixture.objects, "evil.com/", "a", NULL, &info, &fixture.error),
                     TESS_ERR_INVALID);
    for (size_t i = 0; i < sizeof bad_keys / sizeof bad_keys[0]; i++)
        assert_int_equal(ops->stat(fixture.objects, "images", bad_keys[i], NULL, &info, &fixture.error),
                         TESS_ERR_INVALID);
    memset(long_key, 'x', 1025);
    assert_int_equal(ops->stat(fixture.objects, "images", long_key, NULL, &info, &fixture.error),
                     TESS_ERR_LIMIT);
    assert_int_equal(fixture.http->request_count, 0);
    s3_end(&fixture);
}

static void keys_are_encoded_once(void **state)
{
    (void)state;
    static const struct {
        const char *key, *path;
    } cases[] = {{"a/../b", "/a/../b"}, {"/a", "//a"},
                 {"a//b/", "/a//b/"},   {"a b+c%20?#&", "/a%20b%2Bc%2520%3F%23%26"},
                 {"å\n", "/%C3%A5%0A"}, {"-._~!*'()", "/-._~%21%2A%27%28%29"},
                 {"..", "/.."}};
    struct s3_fixture fixture;
    char url[256];
    s3_begin(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_http_answer(fixture.http, 204, NULL, NULL);
        assert_int_equal(
            fixture.objects->ops->remove(fixture.objects, "images", cases[i].key, &fixture.error), TESS_OK);
        (void)snprintf(url, sizeof url, ON_AWS "%s", cases[i].path);
        s3_expect_request(&fixture, i + 1, "DELETE", url);
    }
    fake_http_answer(fixture.http, 204, NULL, NULL);
    assert_int_equal(fixture.objects->ops->remove(fixture.objects, "my.images", "a", &fixture.error),
                     TESS_OK);
    s3_expect_request(&fixture, fixture.http->request_count, "DELETE",
                      "https://s3.eu-north-1.amazonaws.com/my.images/a");
    s3_end(&fixture);
    s3_begin_endpoint(&fixture, "http://localhost:9000/pre/", NULL);
    fake_http_answer(fixture.http, 204, NULL, NULL);
    assert_int_equal(fixture.objects->ops->remove(fixture.objects, "images", "a", &fixture.error), TESS_OK);
    s3_expect_request(&fixture, 1, "DELETE", "http://localhost:9000/pre/images/a");
    assert_string_equal(s3_header(&fixture, 0, "x-amz-checksum-mode"), "");
    assert_non_null(strstr(s3_header(&fixture, 0, "authorization"), "/us-east-1/s3/aws4_request"));
    s3_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_compared_with_their_checksums),
        cmocka_unit_test(etags_that_are_no_md5),
        cmocka_unit_test(damage_is_read_again),
        cmocka_unit_test(too_large),
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(looked_at),
        cmocka_unit_test(permissions_are_named),
        cmocka_unit_test(names_are_checked_first),
        cmocka_unit_test(keys_are_encoded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
