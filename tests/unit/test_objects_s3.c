// SPDX-License-Identifier: MIT
/* Reading, looking, removing, buckets and regions, against an S3 that answers as the tests say. */
#include <pthread.h>
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
    assert_int_equal(s3_get(&fixture, "a", 5, &out, &info), TESS_ERR_NOT_FOUND);
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
    assert_int_equal(ops->remove(fixture.objects, "images", "b", &fixture.error), TESS_ERR_NOT_FOUND);
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
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_DENIED);
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
    assert_int_equal(ops->stat(fixture.objects, "", "a", NULL, &info, &fixture.error), TESS_ERR_INVALID);
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

static void a_bucket_elsewhere(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    s3_begin(&fixture);
    s3_answer_error(&fixture, 301, "x-amz-bucket-region: us-west-2", "PermanentRedirect", NULL);
    fake_http_answer(fixture.http, 200, NULL, "hello");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_OK);
    bytes_clear(&out);
    s3_expect_request(&fixture, 2, "GET", "https://images.s3.us-west-2.amazonaws.com/a");
    assert_non_null(strstr(s3_header(&fixture, 1, "authorization"), "/us-west-2/s3/aws4_request"));
    /* Remembered, for this bucket. */
    fake_http_answer(fixture.http, 200, NULL, "hello");
    assert_int_equal(s3_get(&fixture, "b", 5, &out, NULL), TESS_OK);
    bytes_clear(&out);
    s3_expect_request(&fixture, 3, "GET", "https://images.s3.us-west-2.amazonaws.com/b");
    fake_http_answer(fixture.http, 204, NULL, NULL);
    assert_int_equal(fixture.objects->ops->remove(fixture.objects, "grids", "a", &fixture.error), TESS_OK);
    s3_expect_request(&fixture, 4, "DELETE", "https://grids.s3.eu-north-1.amazonaws.com/a");
    /* It moved; the region is in the body. */
    s3_answer_error(&fixture, 307, NULL, "TemporaryRedirect", "<Region>eu-west-1</Region>");
    s3_answer_error(&fixture, 404, NULL, "NoSuchKey", NULL);
    assert_int_equal(s3_get(&fixture, "c", 5, &out, NULL), TESS_ERR_NOT_FOUND);
    fake_http_answer(fixture.http, 200, NULL, "hello");
    assert_int_equal(s3_get(&fixture, "c", 5, &out, NULL), TESS_OK);
    bytes_clear(&out);
    s3_expect_request(&fixture, 7, "GET", "https://images.s3.eu-west-1.amazonaws.com/c");
    s3_end(&fixture);
}

static void redirects_that_lead_nowhere(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    s3_begin(&fixture);
    static const char *const bad[] = {"<Region>evil.com/</Region>", "<Region>a@b</Region>",
                                      "<Region></Region>", "<Region>eu-north-1</Region>", NULL};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        s3_answer_error(&fixture, 301, NULL, "PermanentRedirect", bad[i]);
        assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_INVALID);
        s3_expect_words(&fixture, "elsewhere");
        s3_expect_request(&fixture, i + 1, "GET", ON_AWS "/a");
    }
    /* Once, not from one to the other for ever. */
    s3_answer_error(&fixture, 301, NULL, "PermanentRedirect", "<Region>us-west-1</Region>");
    s3_answer_error(&fixture, 301, NULL, "PermanentRedirect", "<Region>us-west-2</Region>");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_INVALID);
    s3_answer_error(&fixture, 400, NULL, "InvalidRequest", "<Region>us-west-2</Region>");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_INVALID);
    s3_expect_words(&fixture, "InvalidRequest");
    s3_end(&fixture);
}

static void a_configured_endpoint_stays(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct object_info info;
    s3_begin_endpoint(&fixture, "http://localhost:9000", NULL);
    /* HEAD is answered without a body; a listing tells. */
    fake_http_answer(fixture.http, 400, NULL, NULL);
    s3_answer_error(&fixture, 400, NULL, "AuthorizationHeaderMalformed", "<Region>here</Region>");
    fake_http_add(fixture.http, &(struct fake_answer){.status = 200, .content_length = 5});
    assert_int_equal(fixture.objects->ops->stat(fixture.objects, "images", "a", NULL, &info, &fixture.error),
                     TESS_OK);
    s3_expect_request(&fixture, 3, "HEAD", "http://localhost:9000/images/a");
    assert_string_equal(fixture.http->requests[1].url, "http://localhost:9000/images?list-type=2&max-keys=0");
    assert_non_null(strstr(s3_header(&fixture, 2, "authorization"), "/here/s3/aws4_request"));
    fake_http_add(fixture.http, &(struct fake_answer){.status = 200, .content_length = 5});
    assert_int_equal(fixture.objects->ops->stat(fixture.objects, "images", "a", NULL, &info, &fixture.error),
                     TESS_OK);
    assert_non_null(strstr(s3_header(&fixture, 3, "authorization"), "/here/s3/aws4_request"));
    /* A 400 that is no matter of regions. */
    fake_http_answer(fixture.http, 400, NULL, NULL);
    fake_http_answer(fixture.http, 200, NULL, "<ListBucketResult></ListBucketResult>");
    assert_int_equal(fixture.objects->ops->stat(fixture.objects, "grids", "a", NULL, &info, &fixture.error),
                     TESS_ERR_INVALID);
    s3_end(&fixture);
}

/* By the host that is asked, as AWS has it. */
static bool answer_by_host(void *context, const struct fake_request *request, struct fake_answer *answer_out)
{
    (void)context;
    const bool here =
        strstr(request->url, "images.s3.us-west-2") || strstr(request->url, "grids.s3.eu-north-1");
    *answer_out = here ? (struct fake_answer){.status = 200, .body = "hello"}
                       : (struct fake_answer){.status = 301, .headers = "x-amz-bucket-region: us-west-2"};
    return true;
}

enum { THREADS = 8, READS = 40 };

static void *read_from_both(void *context)
{
    struct objects *objects = context;
    size_t *good = calloc(1, sizeof *good);
    for (int i = 0; good && i < READS; i++) {
        const struct object_get request = {.bucket = i % 2 ? "images" : "grids", .key = "a", .max_bytes = 5};
        struct bytes out;
        *good += objects->ops->get(objects, &request, &out, NULL, NULL) == TESS_OK && out.size == 5;
        bytes_clear(&out);
    }
    return good;
}

static void many_threads(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    pthread_t threads[THREADS];
    s3_begin(&fixture);
    fixture.http->handler = answer_by_host;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_from_both, fixture.objects), 0);
    for (int i = 0; i < THREADS; i++) {
        void *good;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_int_equal(*(size_t *)good, READS);
        free(good);
    }
    assert_in_range(fixture.http->request_count, THREADS * READS + 1, THREADS * READS + THREADS);
    s3_end(&fixture);
}

static void buckets_are_made(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    bool created = true;
    s3_begin(&fixture);
    const struct objects_ops *ops = fixture.objects->ops;
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(ops->ensure_bucket(fixture.objects, "images", &created, &fixture.error), TESS_OK);
    assert_false(created);
    s3_expect_request(&fixture, 1, "HEAD", ON_AWS "/");
    fake_http_answer(fixture.http, 404, NULL, NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(ops->ensure_bucket(fixture.objects, "images", &created, &fixture.error), TESS_OK);
    assert_true(created);
    s3_expect_request(&fixture, 3, "PUT", ON_AWS "/");
    assert_non_null(strstr((const char *)fixture.http->requests[2].body,
                           "<LocationConstraint>eu-north-1</LocationConstraint>"));
    fake_http_answer(fixture.http, 404, NULL, NULL);
    s3_answer_error(&fixture, 409, NULL, "BucketAlreadyOwnedByYou", NULL);
    assert_int_equal(ops->ensure_bucket(fixture.objects, "images", &created, &fixture.error), TESS_OK);
    assert_false(created);
    fake_http_answer(fixture.http, 404, NULL, NULL);
    s3_answer_error(&fixture, 409, NULL, "BucketAlreadyExists", NULL);
    assert_int_equal(ops->ensure_bucket(fixture.objects, "images", &created, &fixture.error),
                     TESS_ERR_EXISTS);
    s3_expect_words(&fixture, "somebody else has one of that name");
    s3_end(&fixture);
    /* us-east-1 is not to be named. */
    s3_begin_endpoint(&fixture, "http://localhost:9000", NULL);
    fake_http_answer(fixture.http, 404, NULL, NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(fixture.objects->ops->ensure_bucket(fixture.objects, "images", NULL, &fixture.error),
                     TESS_OK);
    s3_expect_request(&fixture, 2, "PUT", "http://localhost:9000/images");
    assert_int_equal(fixture.http->requests[1].body_size, 0);
    s3_end(&fixture);
}

static void without_a_region(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes out;
    memset(&fixture, 0, sizeof fixture);
    fake_aws_begin(&fixture.aws, "AWS_ACCESS_KEY_ID=" FAKE_AWS_KEY "\nAWS_SECRET_ACCESS_KEY=" FAKE_AWS_SECRET
                                 "\nAWS_CONFIG_FILE=/dev/null\nAWS_SHARED_CREDENTIALS_FILE=/dev/null");
    fixture.http = &fixture.aws.http;
    assert_int_equal(objects_s3_open(fixture.aws.aws, &fixture.objects, NULL), TESS_OK);
    assert_true(fixture.objects->remote);
    assert_int_equal(fixture.objects->fetches, 32);
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_INVALID);
    s3_expect_words(&fixture, "AWS_REGION");
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
        cmocka_unit_test(a_bucket_elsewhere),
        cmocka_unit_test(redirects_that_lead_nowhere),
        cmocka_unit_test(a_configured_endpoint_stays),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(buckets_are_made),
        cmocka_unit_test(without_a_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
