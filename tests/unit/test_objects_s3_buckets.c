// SPDX-License-Identifier: MIT
/* Buckets: where they are, and how they are made. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "s3_fixture.h"

#define ON_AWS "https://images.s3.eu-north-1.amazonaws.com"

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
        assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_SETUP);
        s3_expect_words(&fixture, "elsewhere");
        s3_expect_request(&fixture, i + 1, "GET", ON_AWS "/a");
    }
    /* Once, not from one to the other for ever. */
    s3_answer_error(&fixture, 301, NULL, "PermanentRedirect", "<Region>us-west-1</Region>");
    s3_answer_error(&fixture, 301, NULL, "PermanentRedirect", "<Region>us-west-2</Region>");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_SETUP);
    s3_answer_error(&fixture, 400, NULL, "InvalidRequest", "<Region>us-west-2</Region>");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_SETUP);
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
    fake_http_answer(fixture.http, 400, NULL, NULL);
    assert_int_equal(fixture.objects->ops->stat(fixture.objects, "grids", "a", NULL, &info, &fixture.error),
                     TESS_ERR_SETUP);
    s3_end(&fixture);
}

/* A HEAD that is refused for its token has no words for it either: the listing has, and renews it. */
static void a_token_that_ended(void **state)
{
    (void)state;
    static const char keys[] = "{\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"hush\",\"Token\":\"%s\","
                               "\"Expiration\":\"2026-11-24T16:00:00Z\"}";
    struct s3_fixture fixture;
    struct object_info info;
    char first[256], second[256];
    (void)snprintf(first, sizeof first, keys, "first");
    (void)snprintf(second, sizeof second, keys, "second");
    memset(&fixture, 0, sizeof fixture);
    fake_aws_begin(&fixture.aws,
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/keys\nAWS_REGION=eu-north-1\n"
                   "AWS_EC2_METADATA_DISABLED=true\nAWS_CONFIG_FILE=/dev/null\n"
                   "AWS_SHARED_CREDENTIALS_FILE=/dev/null\nHOME=/nonexistent");
    fixture.http = &fixture.aws.http;
    assert_int_equal(objects_s3_open(fixture.aws.aws, &fixture.objects, &fixture.error), TESS_OK);
    fake_http_answer(fixture.http, 200, NULL, first);
    fake_http_answer(fixture.http, 400, NULL, NULL);
    s3_answer_error(&fixture, 400, NULL, "ExpiredToken", NULL);
    fake_http_answer(fixture.http, 200, NULL, second);
    fake_http_answer(fixture.http, 200, NULL, "<ListBucketResult></ListBucketResult>");
    fake_http_add(fixture.http, &(struct fake_answer){.status = 200, .content_length = 5});
    assert_int_equal(fixture.objects->ops->stat(fixture.objects, "images", "a", NULL, &info, &fixture.error),
                     TESS_OK);
    s3_expect_request(&fixture, 6, "HEAD", ON_AWS "/a");
    assert_string_equal(s3_header(&fixture, 1, "x-amz-security-token"), "first");
    assert_string_equal(s3_header(&fixture, 5, "x-amz-security-token"), "second");
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
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_ERR_SETUP);
    s3_expect_words(&fixture, "AWS_REGION");
    s3_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_elsewhere),
        cmocka_unit_test(redirects_that_lead_nowhere),
        cmocka_unit_test(a_configured_endpoint_stays),
        cmocka_unit_test(a_token_that_ended),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(buckets_are_made),
        cmocka_unit_test(without_a_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
