// SPDX-License-Identifier: MIT
/* Writing, and links, against an S3 that answers as the tests say. */
#include <dirent.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/s3_spool.h"
#include "s3_fixture.h"
#include "torture.h"

#define ON_AWS "https://images.s3.eu-north-1.amazonaws.com"

#define MD5_BASE64_HELLO "XUFAKrxLKna5cZ2REBfFkg=="
#define SHA256_HEX_HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void put_with_checksums(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 200, "ETag: \"x\"", NULL);
    assert_int_equal(s3_put(&fixture, "a.jpg", false, "hello", 5), TESS_OK);
    s3_expect_request(&fixture, 1, "PUT", ON_AWS "/a.jpg");
    assert_string_equal((const char *)fixture.http->requests[0].body, "hello");
    assert_string_equal(s3_header(&fixture, 0, "content-md5"), MD5_BASE64_HELLO);
    assert_string_equal(s3_header(&fixture, 0, "x-amz-content-sha256"), SHA256_HEX_HELLO);
    assert_string_equal(s3_header(&fixture, 0, "content-type"), "image/jpeg");
    assert_string_equal(s3_header(&fixture, 0, "if-none-match"), "");
    const char *signature = s3_header(&fixture, 0, "authorization");
    assert_non_null(strstr(signature, "SignedHeaders=content-md5;content-type;host;x-amz-content-sha256;"));
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "empty", false, "", 0), TESS_OK);
    assert_int_equal(fixture.http->requests[1].body_size, 0);
    assert_string_equal(s3_header(&fixture, 1, "content-md5"), "1B2M2Y8AsgTpgAmY7PhCfg==");
    s3_end(&fixture);
}

/* Descriptors of files that have no name any more. */
static size_t nameless_files(void)
{
    char path[64], target[4096];
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%.20s", entry->d_name);
        const ssize_t size = readlink(path, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        count += strstr(target, "(deleted)") != NULL;
    }
    closedir(folder);
    return count;
}

/* More than is kept in memory, twice, since the first attempt fails. */
static void a_large_one_goes_through_a_file(void **state)
{
    (void)state;
    enum { PIECE = 1000003, PIECES = 12 };
    struct s3_fixture fixture;
    struct object_writer *writer = NULL;
    uint8_t *piece = malloc(PIECE);
    assert_non_null(piece);
    s3_begin(&fixture);
    const struct objects_ops *ops = fixture.objects->ops;
    const struct object_put request = {.bucket = "images", .media_type = "image/png"};
    const size_t files = nameless_files();
    assert_int_equal(ops->writer_open(fixture.objects, &request, &writer, &fixture.error), TESS_OK);
    for (int i = 0; i < PIECES; i++) {
        memset(piece, 'a' + i, PIECE);
        assert_int_equal(ops->writer_write(writer, piece, PIECE, &fixture.error), TESS_OK);
        assert_int_equal(nameless_files() - files, (size_t)(i + 1) * PIECE > S3_SPOOL_MEMORY_BYTES ? 1 : 0);
    }
    s3_answer_error(&fixture, 503, NULL, "SlowDown", NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(ops->writer_commit(writer, "large.png", &fixture.error), TESS_OK);
    s3_expect_request(&fixture, 2, "PUT", ON_AWS "/large.png");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture.http->requests[i].body_size, PIECES * PIECE);
        for (size_t at = 0; at < PIECES; at++) {
            assert_int_equal(fixture.http->requests[i].body[at * PIECE], 'a' + at);
            assert_int_equal(fixture.http->requests[i].body[at * PIECE + PIECE - 1], 'a' + at);
        }
    }
    char first[FAKE_VALUE_BYTES];
    (void)snprintf(first, sizeof first, "%s", s3_header(&fixture, 0, "x-amz-content-sha256"));
    assert_int_equal(strlen(first), 64);
    assert_string_equal(first, s3_header(&fixture, 1, "x-amz-content-sha256"));
    assert_int_equal(nameless_files(), files);
    /* One that is given up leaves nothing either. */
    assert_int_equal(ops->writer_open(fixture.objects, &request, &writer, &fixture.error), TESS_OK);
    for (int i = 0; i < 9; i++)
        assert_int_equal(ops->writer_write(writer, piece, PIECE, &fixture.error), TESS_OK);
    assert_int_equal(nameless_files(), files + 1);
    ops->writer_abort(writer);
    assert_int_equal(nameless_files(), files);
    free(piece);
    s3_end(&fixture);
}

static void five_gibibytes_at_most(void **state)
{
    (void)state;
    struct s3_spool spool;
    struct tess_error error;
    s3_spool_init(&spool);
    spool.size_bytes = S3_OBJECT_MAX_BYTES - 4;
    assert_int_equal(s3_spool_write(&spool, "hello", 5, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "object-bytes");
    assert_non_null(strstr(error.message, "5 GiB"));
    assert_int_equal(s3_spool_write(&spool, "hell", 4, &error), TESS_OK);
    s3_spool_clear(&spool);
}

static void good_that_is_bad(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin(&fixture);
    s3_answer_error(&fixture, 200, NULL, "InternalError", NULL);
    fake_http_answer(fixture.http, 200, NULL, "<html><p>Welcome");
    fake_http_answer(fixture.http, 200, NULL, " \n");
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_OK);
    assert_int_equal(fixture.http->request_count, 3);
    /* Words of a proxy, whatever they look like; of S3 they might be. */
    fake_http_answer(fixture.http, 200, NULL, "<html><p>Log in first</p></html>");
    fake_http_answer(fixture.http, 200, NULL, "Log in first");
    fake_http_answer(fixture.http, 200, "x-amz-request-id: 1", "<Done/>");
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_OK);
    assert_int_equal(fixture.http->request_count, 6);
    /* 304 is no success either. */
    fake_http_answer(fixture.http, 304, NULL, NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_OK);
    /* Damaged underway. */
    s3_answer_error(&fixture, 400, NULL, "BadDigest", NULL);
    s3_answer_error(&fixture, 400, NULL, "XAmzContentSHA256Mismatch", NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_OK);
    for (int i = 0; i < 3; i++)
        s3_answer_error(&fixture, 400, NULL, "BadDigest", NULL);
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_ERR_IO);
    s3_expect_words(&fixture, "BadDigest");
    for (int i = 0; i < 3; i++)
        s3_answer_error(&fixture, 200, NULL, "InternalError", NULL);
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_ERR_IO);
    s3_expect_words(&fixture, "cannot write a to bucket images: InternalError: In words.");
    s3_end(&fixture);
}

static void head_answer(struct s3_fixture *fixture, uint64_t size_bytes)
{
    fake_http_add(fixture->http, &(struct fake_answer){.status = 200, .content_length = size_bytes});
}

static void only_new(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin(&fixture);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_OK);
    assert_string_equal(s3_header(&fixture, 0, "if-none-match"), "*");
    /* There already, and the same as far as can be seen. */
    s3_answer_error(&fixture, 412, NULL, "PreconditionFailed", NULL);
    head_answer(&fixture, 5);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_OK);
    s3_expect_request(&fixture, 3, "HEAD", ON_AWS "/a");
    /* Our own, whose answer was lost. */
    fake_http_failure(fixture.http, HTTP_BROKEN, true);
    s3_answer_error(&fixture, 412, NULL, "PreconditionFailed", NULL);
    head_answer(&fixture, 5);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_OK);
    assert_int_equal(fixture.http->request_count, 6);
    /* Something else. */
    s3_answer_error(&fixture, 412, NULL, "PreconditionFailed", NULL);
    head_answer(&fixture, 6);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_ERR_EXISTS);
    s3_expect_words(&fixture, "with 6 bytes instead of 5 is there");
    /* Another writer at the same time; then it is gone again. */
    s3_answer_error(&fixture, 409, NULL, "ConditionalRequestConflict", NULL);
    s3_answer_error(&fixture, 412, NULL, "PreconditionFailed", NULL);
    fake_http_answer(fixture.http, 404, NULL, NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_OK);
    assert_int_equal(fixture.http->request_count, 12);
    /* Refused to look. */
    s3_answer_error(&fixture, 412, NULL, "PreconditionFailed", NULL);
    fake_http_answer(fixture.http, 403, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_ERR_DENIED);
    s3_expect_words(&fixture, "s3:GetObject");
    s3_end(&fixture);
}

static void a_server_without_conditions(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    s3_begin_endpoint(&fixture, "http://localhost:9000", "us-east-1");
    s3_answer_error(&fixture, 501, NULL, "NotImplemented", NULL);
    fake_http_answer(fixture.http, 404, NULL, NULL);
    fake_http_answer(fixture.http, 200, NULL, NULL);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_OK);
    s3_expect_request(&fixture, 3, "PUT", "http://localhost:9000/images/a");
    assert_string_equal(s3_header(&fixture, 2, "if-none-match"), "");
    assert_string_equal((const char *)fixture.http->requests[2].body, "hello");
    /* Remembered. */
    head_answer(&fixture, 5);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_OK);
    s3_expect_request(&fixture, 4, "HEAD", "http://localhost:9000/images/a");
    head_answer(&fixture, 4);
    assert_int_equal(s3_put(&fixture, "a", true, "hello", 5), TESS_ERR_EXISTS);
    s3_end(&fixture);
}

static enum tess_status stop_now(const void *context, struct tess_error *error)
{
    (void)error;
    return *(const bool *)context ? TESS_ERR_CANCELLED : TESS_OK;
}

static bool stop_after_conflict(void *context, const struct fake_request *request,
                                struct fake_answer *answer_out)
{
    (void)request;
    *(bool *)context = true;
    *answer_out = (struct fake_answer){.status = 409};
    return true;
}

static void a_stop_ends_the_waiting(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct object_writer *writer = NULL;
    bool stopped = false;
    const struct stop stop = {stop_now, &stopped};
    const struct object_put request = {
        .bucket = "images", .media_type = "image/jpeg", .only_new = true, .stop = &stop};
    s3_begin(&fixture);
    fixture.http->handler = stop_after_conflict;
    fixture.http->context = &stopped;
    const struct objects_ops *ops = fixture.objects->ops;
    assert_int_equal(ops->writer_open(fixture.objects, &request, &writer, &fixture.error), TESS_OK);
    assert_int_equal(ops->writer_write(writer, "x", 1, &fixture.error), TESS_OK);
    assert_int_equal(ops->writer_commit(writer, "a", &fixture.error), TESS_ERR_CANCELLED);
    assert_int_equal(fixture.http->request_count, 1);
    s3_end(&fixture);
}

static void names_are_checked(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct object_writer *writer = NULL;
    s3_begin(&fixture);
    const struct object_put nowhere = {.bucket = ""};
    assert_int_equal(fixture.objects->ops->writer_open(fixture.objects, &nowhere, &writer, &fixture.error),
                     TESS_ERR_SETUP);
    s3_expect_words(&fixture, "no bucket is named");
    assert_int_equal(s3_put(&fixture, "\xff", false, "x", 1), TESS_ERR_INVALID);
    s3_end(&fixture);
}

static enum tess_status make_link(struct s3_fixture *fixture, const char *bucket, const char *key,
                                  const char *method, uint32_t expires_s, struct bytes *url, int64_t *end_out)
{
    const struct object_link_request request = {
        .bucket = bucket, .key = key, .method = method, .now_s = FAKE_AWS_NOW_S, .expires_s = expires_s};
    return fixture->objects->ops->link(fixture->objects, &request, url, end_out, &fixture->error);
}

/* The signatures are botocore's, of the same keys and time. */
static void links(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes url;
    int64_t end;
    s3_begin(&fixture);
    assert_int_equal(make_link(&fixture, "images", "a b/../å+.jpg", "GET", 3600, &url, &end), TESS_OK);
    assert_string_equal((const char *)url.data, ON_AWS
                        "/a%20b/../%C3%A5%2B.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                        "&X-Amz-Credential=AKIAFAKEFAKEFAKEFAKE%2F20261124%2Feu-north-1%2Fs3%2Faws4_request"
                        "&X-Amz-Date=20261124T100000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host"
                        "&X-Amz-Signature=236e4dd2455561dfaf118127c974775ed8c6a0d5372bfd5ec26ece8e60f09eb7");
    assert_int_equal(end, FAKE_AWS_NOW_S + 3600);
    bytes_clear(&url);
    /* The server's clock is ten minutes ahead of ours: the link begins there, and that is when it ends. */
    fake_http_answer(fixture.http, 200, "Date: Tue, 24 Nov 2026 10:10:00 GMT", NULL);
    assert_int_equal(s3_put(&fixture, "a", false, "x", 1), TESS_OK);
    assert_int_equal(make_link(&fixture, "images", "a", "GET", 300, &url, &end), TESS_OK);
    assert_non_null(strstr((const char *)url.data, "&X-Amz-Date=20261124T101000Z&X-Amz-Expires=300"));
    assert_int_equal(end, FAKE_AWS_NOW_S + 600 + 300);
    bytes_clear(&url);
    assert_int_equal(make_link(&fixture, "images", "a", "DELETE", 3600, &url, &end), TESS_ERR_INVALID);
    assert_int_equal(make_link(&fixture, "", "a", "GET", 3600, &url, &end), TESS_ERR_SETUP);
    s3_end(&fixture);
    s3_begin_endpoint(&fixture, "http://LOCALHOST:9000/pre", NULL);
    assert_int_equal(make_link(&fixture, "my.bucket", "/x", "PUT", UINT32_MAX, &url, &end), TESS_OK);
    assert_string_equal((const char *)url.data,
                        "http://localhost:9000/pre/my.bucket//x?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                        "&X-Amz-Credential=AKIAFAKEFAKEFAKEFAKE%2F20261124%2Fus-east-1%2Fs3%2Faws4_request"
                        "&X-Amz-Date=20261124T100000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host"
                        "&X-Amz-Signature=74830eb71cfed4c6ae5251a6fe4ce9f22769c8bef73a16bf317dc83c6e365bdf");
    assert_int_equal(end, FAKE_AWS_NOW_S + 604800);
    bytes_clear(&url);
    assert_int_equal(fixture.http->request_count, 0);
    s3_end(&fixture);
    s3_begin_endpoint(&fixture, "https://s3.example.org:443", NULL);
    assert_int_equal(make_link(&fixture, "images", "x", "GET", 0, &url, &end), TESS_OK);
    assert_non_null(strstr((const char *)url.data, "https://s3.example.org/images/x?"));
    bytes_clear(&url);
    s3_end(&fixture);
}

/* A server's clock counts, and a link ends with its keys. */
static void ends_of_links(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct bytes url, out;
    int64_t end;
    s3_begin(&fixture);
    s3_answer_error(&fixture, 403, "Date: Tue, 24 Nov 2026 11:00:00 GMT", "RequestTimeTooSkewed", NULL);
    fake_http_answer(fixture.http, 200, NULL, "hello");
    assert_int_equal(s3_get(&fixture, "a", 5, &out, NULL), TESS_OK);
    bytes_clear(&out);
    assert_int_equal(make_link(&fixture, "images", "a", "GET", 60, &url, &end), TESS_OK);
    assert_non_null(strstr((const char *)url.data, "X-Amz-Date=20261124T110000Z"));
    assert_int_equal(end, FAKE_AWS_NOW_S + 3600 + 60);
    bytes_clear(&url);
    s3_end(&fixture);

    memset(&fixture, 0, sizeof fixture);
    fake_aws_begin(&fixture.aws,
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/keys\nAWS_REGION=eu-north-1"
                   "\nAWS_CONFIG_FILE=/dev/null\nAWS_SHARED_CREDENTIALS_FILE=/dev/null");
    fixture.http = &fixture.aws.http;
    assert_int_equal(objects_s3_open(fixture.aws.aws, &fixture.objects, NULL), TESS_OK);
    fake_http_answer(
        fixture.http, 200, NULL,
        "{\"AccessKeyId\":\"AKIAFAKEFAKEFAKEFAKE\",\"SecretAccessKey\":\"hush\",\"Token\":\"tok/en\","
        "\"Expiration\":\"2026-11-24T11:00:00Z\"}");
    assert_int_equal(make_link(&fixture, "images", "a", "GET", 86400, &url, &end), TESS_OK);
    assert_int_equal(end, FAKE_AWS_NOW_S + 3600);
    assert_non_null(strstr((const char *)url.data, "X-Amz-Expires=3600&"));
    assert_non_null(strstr((const char *)url.data, "X-Amz-Security-Token=tok%2Fen&"));
    bytes_clear(&url);
    s3_end(&fixture);
}

enum { IN_MEMORY_BYTES = 100000, IN_FILE_BYTES = S3_SPOOL_MEMORY_BYTES + 1 };

struct writing {
    struct s3_fixture *fixture;
    size_t size_bytes;
};

static bool answer_all(void *context, const struct fake_request *request, struct fake_answer *answer_out)
{
    const struct writing *writing = context;
    const bool is_put = strcmp(request->method, "PUT") == 0;
    *answer_out = (struct fake_answer){.status = is_put ? 412 : 200,
                                       .content_length = is_put ? 0 : writing->size_bytes};
    return true;
}

/* Refused, looked at, found. */
static enum tess_status write_twice(void *context, struct tess_error *error)
{
    static const uint8_t zeros[IN_FILE_BYTES];
    const struct writing *writing = context;
    struct objects *objects = writing->fixture->objects;
    const struct object_put request = {.bucket = "images", .only_new = true};
    struct object_writer *writer = NULL;
    enum tess_status status = objects->ops->writer_open(objects, &request, &writer, error);
    if (status != TESS_OK)
        return status;
    status = objects->ops->writer_write(writer, zeros, 10, error);
    if (status == TESS_OK)
        status = objects->ops->writer_write(writer, zeros, writing->size_bytes - 10, error);
    if (status == TESS_OK)
        return objects->ops->writer_commit(writer, "a", error);
    objects->ops->writer_abort(writer);
    return status;
}

/* In a world where /tmp cannot be written to: 0, it is as it should be; 77, there is no such world here. */
static int spool_without_tmp(void)
{
    static const char zeros[IN_FILE_BYTES];
    struct s3_spool spool;
    struct tess_error error;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        mount("none", "/tmp", "tmpfs", MS_RDONLY, "size=4k") != 0)
        return 77;
    s3_spool_init(&spool);
    const enum tess_status status = s3_spool_write(&spool, zeros, sizeof zeros, &error);
    s3_spool_clear(&spool);
    return status == TESS_ERR_IO && error.status == TESS_ERR_IO && strstr(error.message, "/tmp") ? 0 : 1;
}

/* It is nothing that a caller may not do, and no object is missing. */
static void a_missing_tmp_is_a_fault_of_the_machine(void **state)
{
    (void)state;
    const pid_t child = fork();
    int outcome = 0;
    if (child == 0)
        _exit(spool_without_tmp());
    assert_true(child > 0 && waitpid(child, &outcome, 0) == child && WIFEXITED(outcome));
    if (WEXITSTATUS(outcome) == 77) {
        print_message("skipped here: no namespace in which /tmp could be read-only\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(outcome), 0);
}

static void without_memory_or_a_disk(void **state)
{
    (void)state;
    struct s3_fixture fixture;
    struct writing writing = {&fixture, IN_MEMORY_BYTES};
    s3_begin(&fixture);
    fixture.http->handler = answer_all;
    fixture.http->context = &writing;
    const size_t files = nameless_files();
    assert_true(torture_loop(TORTURE_MEMORY, write_twice, &writing) > 20);
    /* To open, and to write twice; whether it can be closed does not matter any more. */
    writing.size_bytes = IN_FILE_BYTES;
    for (size_t nth = 1; nth <= 4; nth++) {
        torture_arm(TORTURE_IO, nth, false);
        const enum tess_status status = write_twice(&writing, &fixture.error);
        assert_true(torture_disarm());
        assert_int_equal(status, nth < 4 ? TESS_ERR_IO : TESS_OK);
        if (nth < 4)
            s3_expect_words(&fixture, "cannot keep an object in /tmp until it is sent");
    }
    assert_int_equal(nameless_files(), files);
    s3_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_with_checksums),
        cmocka_unit_test(a_large_one_goes_through_a_file),
        cmocka_unit_test(five_gibibytes_at_most),
        cmocka_unit_test(good_that_is_bad),
        cmocka_unit_test(only_new),
        cmocka_unit_test(a_server_without_conditions),
        cmocka_unit_test(a_stop_ends_the_waiting),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(links),
        cmocka_unit_test(ends_of_links),
        cmocka_unit_test(a_missing_tmp_is_a_fault_of_the_machine),
        cmocka_unit_test(without_memory_or_a_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
