// SPDX-License-Identifier: MIT
/* Signed calls: what is sent, what an answer means, and the words for it. (Retries: test_aws_retry.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "fake_aws.h"
#include "net/digest.h"
#include "torture.h"

#define TOKEN "hush+IQoJb3JpZ2luX2VjEKD//////////wEaCmV1LW5vcnRoLTEiRzBFAiEA"

static struct fake_aws fake;
static struct aws_response response;
static struct tess_error error;
static char value[FAKE_VALUE_BYTES];

static int begin(void **state)
{
    (void)state;
    fake_aws_begin(&fake, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    aws_response_clear(&response);
    fake_aws_end(&fake);
    return 0;
}

static void call(const struct aws_request *request, enum tess_status status)
{
    aws_response_clear(&response);
    fake_aws_expect(&fake, request, status, &response, &error);
}

static const struct fake_request *last_request(void)
{
    assert_true(fake.http.request_count > 0 && fake.http.request_count <= FAKE_REQUESTS);
    return &fake.http.requests[fake.http.request_count - 1];
}

static const char *header(const char *name)
{
    return fake_http_header(last_request(), name, value);
}

static void expect_header(const char *name, const char *expected)
{
    const char *found = header(name);
    assert_non_null(found);
    assert_string_equal(found, expected);
}

/* The published example of a signed GET of a range. */
static void test_vector(void **state)
{
    (void)state;
    struct fake_aws example;
    fake_aws_begin(&example, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"
                             "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
                             "AWS_CONFIG_FILE=/dev/null\nAWS_SHARED_CREDENTIALS_FILE=/dev/null");
    example.unix_ms = INT64_C(1369353600000);
    const struct http_header range = {"Range", "bytes=0-9"};
    struct aws_request request = fake_aws_request(AWS_S3);
    request.endpoint = "https://examplebucket.s3.amazonaws.com";
    request.path = "/test.txt";
    request.region = "us-east-1";
    request.headers = &range;
    request.header_count = 1;
    fake_http_answer(&example.http, 206, NULL, "Welcome to");
    fake_aws_expect(&example, &request, TESS_OK, &response, &error);
    assert_int_equal(response.http.body.size, 10);
    assert_int_equal(response.attempts, 1);
    assert_string_equal(
        fake_http_header(&example.http.requests[0], "authorization", value),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    aws_response_clear(&response);
    fake_aws_end(&example);
}

static void test_s3_request(void **state)
{
    (void)state;
    const struct http_body body = {.size_bytes = 5, .data = "image"};
    uint8_t hash[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX_BYTES];
    struct aws_request request = fake_aws_request(AWS_S3);
    request.method = "PUT";
    request.query = "a=b&c";
    request.body = &body;
    request.stall_timeout_ms = 1234;
    request.total_timeout_ms = 5678;
    request.not_repeatable = true;
    fake_http_answer(&fake.http, 200, NULL, NULL);
    call(&request, TESS_OK);
    assert_string_equal(last_request()->method, "PUT");
    assert_string_equal(last_request()->url, "https://images.s3.eu-north-1.amazonaws.com/photo.jpg?a=b&c");
    assert_int_equal(last_request()->max_body_bytes, 1 << 20);
    assert_int_equal(last_request()->stall_timeout_ms, 1234);
    assert_int_equal(last_request()->total_timeout_ms, 5678);
    assert_true(last_request()->not_repeatable);
    assert_memory_equal(last_request()->body, "image", 5);
    expect_header("host", "images.s3.eu-north-1.amazonaws.com");
    expect_header("x-amz-date", "20261124T100000Z");
    digest_sha256("image", 5, hash);
    digest_hex(hash, sizeof hash, hex);
    expect_header("x-amz-content-sha256", hex);
    assert_null(header("x-amz-security-token"));
    assert_non_null(strstr(header("authorization"),
                           "/20261124/eu-north-1/s3/aws4_request, "
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));

    request.payload_hash = SIGV4_UNSIGNED_PAYLOAD;
    request.not_repeatable = false;
    fake_http_answer(&fake.http, 200, NULL, NULL);
    call(&request, TESS_OK);
    expect_header("x-amz-content-sha256", SIGV4_UNSIGNED_PAYLOAD);
    assert_false(last_request()->not_repeatable);
}

static void test_dynamodb_request(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_DYNAMODB);
    fake_http_answer(&fake.http, 200, NULL, "{}");
    call(&request, TESS_OK);
    assert_string_equal(last_request()->url, "https://dynamodb.eu-north-1.amazonaws.com/");
    expect_header("content-type", "application/x-amz-json-1.0");
    assert_null(header("x-amz-content-sha256"));
    assert_non_null(strstr(header("authorization"),
                           "/dynamodb/aws4_request, "
                           "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="));
}

/* The signature of what was sent, made anew from it, without the code that sent it. */
static void expect_signature(const char *path, const char *query, const struct sigv4_scope *scope,
                             const char *token)
{
    char host[FAKE_VALUE_BYTES];
    const struct sigv4_credentials keys = {FAKE_AWS_KEY, FAKE_AWS_SECRET, token};
    const struct sigv4_header signed_host = {"host", fake_http_header(last_request(), "host", host)};
    const struct sigv4_request request = {
        .method = "GET", .path = path, .query = query, .headers = &signed_host, .header_count = 1};
    struct sigv4_result result;
    assert_int_equal(sigv4_sign(&request, &keys, scope, fake.unix_ms / 1000, &result, NULL), TESS_OK);
    expect_header("authorization", bytes_text(&result.output));
    sigv4_result_clear(&result);
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint, *path, *query, *host, *signed_path;
    } cases[] = {
        {"http://127.0.0.1:9000", "/images/a%20b", "list-type=2", "127.0.0.1:9000", "/images/a%20b"},
        {"http://LocalHost:80", "/a", NULL, "localhost", "/a"},
        {"https://s3.example:443", "/a", "", "s3.example", "/a"},
        {"https://s3.example:80", "/a", NULL, "s3.example:80", "/a"},
        {"http://[::1]:9000/store", "/a/../b", NULL, "[::1]:9000", "/store/a/../b"},
    };
    const struct sigv4_scope scope = sigv4_scope_s3(FAKE_AWS_REGION);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[256];
        struct aws_request request = fake_aws_request(AWS_S3);
        request.endpoint = cases[i].endpoint;
        request.path = cases[i].path;
        request.query = cases[i].query;
        fake_http_answer(&fake.http, 200, NULL, NULL);
        call(&request, TESS_OK);
        const bool query = cases[i].query && cases[i].query[0];
        (void)snprintf(url, sizeof url, "%s%s%s%s", cases[i].endpoint, cases[i].path, query ? "?" : "",
                       query ? cases[i].query : "");
        assert_string_equal(last_request()->url, url);
        expect_header("host", cases[i].host);
        expect_signature(cases[i].signed_path, cases[i].query, &scope, NULL);
    }
}

static void test_token(void **state)
{
    (void)state;
    struct fake_aws temporary;
    fake_aws_begin(&temporary, FAKE_AWS_VARIABLES "\nAWS_SESSION_TOKEN=" TOKEN);
    const struct aws_request request = fake_aws_request(AWS_S3);
    fake_http_answer(&temporary.http, 200, NULL, NULL);
    fake_aws_expect(&temporary, &request, TESS_OK, &response, &error);
    assert_string_equal(fake_http_header(&temporary.http.requests[0], "x-amz-security-token", value), TOKEN);
    assert_non_null(strstr(fake_http_header(&temporary.http.requests[0], "authorization", value),
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));

    /* A server that repeats the request it refuses: fake_aws_expect() looks for "hush" in the message. */
    static const char *const bodies[] = {"SignatureDoesNotMatch: The request was x-amz-security-token:" TOKEN,
                                         "AccessDenied: " TOKEN, TOKEN ": no"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        aws_response_clear(&response);
        fake_http_answer(&temporary.http, 403, NULL, bodies[i]);
        fake_aws_expect(&temporary, &request,
                        strstr(bodies[i], "SignatureDoesNotMatch") ? TESS_ERR_SETUP : TESS_ERR_DENIED,
                        &response, &error);
        assert_null(strstr(response.complaint.code, "hush"));
        assert_null(strstr(response.complaint.message, "hush"));
    }
    aws_response_clear(&response);
    fake_aws_end(&temporary);
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *body;
        enum tess_status status;
    } cases[] = {
        {404, "NoSuchKey: The specified key does not exist.", TESS_ERR_NOT_FOUND},
        {404, "", TESS_ERR_NOT_FOUND},
        {404, "NoSuchBucket: x", TESS_ERR_SETUP},
        {400, "ResourceNotFoundException: Requested resource not found", TESS_ERR_SETUP},
        {401, "", TESS_ERR_DENIED},
        {403, "", TESS_ERR_DENIED},
        {403, "AccessDenied: Access Denied", TESS_ERR_DENIED},
        {403, "SignatureDoesNotMatch: x", TESS_ERR_SETUP},
        {403, "InvalidAccessKeyId: x", TESS_ERR_SETUP},
        {403, "RequestTimeTooSkewed: x", TESS_ERR_SETUP},
        {400, "AccessDeniedException: x", TESS_ERR_DENIED},
        {400, "UnrecognizedClientException: x", TESS_ERR_SETUP},
        {400, "InvalidSignatureException: x", TESS_ERR_SETUP},
        {400, "MissingAuthenticationTokenException: x", TESS_ERR_SETUP},
        {400, "AuthorizationHeaderMalformed: x", TESS_ERR_SETUP},
        {400, "ExpiredToken: x", TESS_ERR_SETUP},
        {400, "ExpiredTokenException: x", TESS_ERR_SETUP},
        {400, "InvalidToken: x", TESS_ERR_SETUP},
        {409, "OperationAborted: x", TESS_ERR_EXISTS},
        {412, "PreconditionFailed: x", TESS_ERR_EXISTS},
        {400, "ValidationException: x", TESS_ERR_SETUP},
        {301, "PermanentRedirect: x", TESS_ERR_SETUP},
        {416, "", TESS_ERR_SETUP},
        {501, "NotImplemented: x", TESS_ERR_IO},
        {999, "", TESS_ERR_IO},
    };
    const struct aws_request request = fake_aws_request(AWS_S3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_http_answer(&fake.http, cases[i].http, NULL, cases[i].body);
        call(&request, cases[i].status);
        assert_int_equal(response.attempts, 1);
        assert_int_equal(response.http.status, cases[i].http);
        assert_false(response.may_have_acted_before);
        assert_int_equal(response.ambiguous, cases[i].http == 999);
    }
    static const int good[] = {200, 201, 204, 206, 299, 304};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        fake_http_answer(&fake.http, good[i], NULL, "");
        call(&request, TESS_OK);
        assert_false(response.ambiguous);
    }
    const struct aws_counts counts = aws_counts_of(fake.aws);
    assert_int_equal(counts.retries, 0);
    assert_int_equal(counts.throttled, 0);
    assert_int_equal(counts.calls, counts.failures + sizeof good / sizeof *good);
}

static void test_words(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    static const char id[] = "x-amz-request-id: 4442587FB7D0A2F9";
    fake_http_answer(&fake.http, 404, id, "NoSuchKey: The specified key does not exist.");
    call(&request, TESS_ERR_NOT_FOUND);
    assert_string_equal(error.message,
                        "cannot read photo.jpg from bucket images: NoSuchKey: The specified key "
                        "does not exist. (HTTP 404)");
    for (int i = 0; i < 3; i++)
        fake_http_answer(&fake.http, 503, id, "SlowDown: Reduce your request rate.");
    call(&request, TESS_ERR_BUSY);
    assert_string_equal(error.message,
                        "cannot read photo.jpg from bucket images: SlowDown: Reduce your request rate. "
                        "(HTTP 503, 3 attempts, request 4442587FB7D0A2F9)");
    fake_http_answer(&fake.http, 403, "x-amzn-RequestId: A1\a\xc2\x9b\063\061m", "AccessDenied");
    call(&request, TESS_ERR_DENIED);
    assert_string_equal(error.message, "cannot read photo.jpg from bucket images: AccessDenied (HTTP 403, "
                                       "request A1???31m)");
    fake_http_answer(&fake.http, 400, NULL, NULL);
    call(&request, TESS_ERR_SETUP);
    assert_string_equal(error.message,
                        "cannot read photo.jpg from bucket images: the server says no more (HTTP 400)");
    for (int i = 0; i < 3; i++)
        fake_http_failure(&fake.http, HTTP_UNREACHABLE, false);
    call(&request, TESS_ERR_IO);
    assert_string_equal(error.message,
                        "cannot read photo.jpg from bucket images: fake: cannot connect (3 attempts)");
    fake_http_failure(&fake.http, HTTP_UNTRUSTED, false);
    call(&request, TESS_ERR_IO);
    assert_string_equal(error.message,
                        "cannot read photo.jpg from bucket images: fake: the certificate does not verify");
}

static void test_limits(void **state)
{
    (void)state;
    struct aws_request request = fake_aws_request(AWS_S3);
    request.max_body_bytes = 3;
    fake_http_answer(&fake.http, 200, NULL, "image");
    call(&request, TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_int_equal(response.http.length_bytes, 5);
    assert_int_equal(response.attempts, 1);
}

/* Whatever a server writes, a message is one line of text. */
static void test_hostile_words(void **state)
{
    (void)state;
    const struct aws_request request = fake_aws_request(AWS_S3);
    static const char *const bodies[] = {"A\r\nB\x1b[2J: C\x07\tD\x7f", "\xff\xfe: \xc3",
                                         "%s%n%d: %s%n%500000d", ": ", "\n\n\n"};
    char body[4096];
    for (size_t i = 0; i <= sizeof bodies / sizeof *bodies; i++) {
        memset(body, 'x', sizeof body - 1);
        body[sizeof body - 1] = '\0';
        if (i < sizeof bodies / sizeof *bodies)
            (void)snprintf(body, sizeof body, "%s", bodies[i]);
        fake_http_answer(&fake.http, 400, NULL, body);
        call(&request, TESS_ERR_SETUP);
        for (const char *at = error.message; *at; at++)
            assert_true((unsigned char)*at >= ' ' && *at != '\x7f');
        assert_non_null(strstr(error.message, "(HTTP 400)"));
    }
}

static void test_unsent(void **state)
{
    (void)state;
    static char path[20000];
    struct aws_request request = fake_aws_request(AWS_S3);
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    request.path = path;
    call(&request, TESS_ERR_LIMIT);
    assert_int_equal(response.attempts, 0);

    request = fake_aws_request(AWS_S3);
    request.endpoint = "ftp://a";
    call(&request, TESS_ERR_INVALID);

    struct http_header many[20];
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = (struct http_header){"x-amz-a", "b"};
    request = fake_aws_request(AWS_S3);
    request.headers = many;
    request.header_count = sizeof many / sizeof *many;
    call(&request, TESS_ERR_INTERNAL);

    const struct http_header bad = {"x-amz-a", "b\r\nx-amz-c: d"};
    request.headers = &bad;
    request.header_count = 1;
    call(&request, TESS_ERR_INVALID);
    assert_int_equal(fake.http.request_count, 0);

    struct fake_aws nobody;
    fake_aws_begin(&nobody, "AWS_REGION=eu-north-1\nAWS_EC2_METADATA_DISABLED=true\nHOME=/nonexistent\n"
                            "AWS_CONFIG_FILE=/dev/null\nAWS_SHARED_CREDENTIALS_FILE=/dev/null");
    request = fake_aws_request(AWS_S3);
    fake_aws_expect(&nobody, &request, TESS_ERR_SETUP, &response, &error);
    assert_non_null(strstr(error.message, "cannot read photo.jpg from bucket images: "));
    assert_int_equal(nobody.http.request_count, 0);
    fake_aws_end(&nobody);
}

/* It is not the object that is missing, damaged, too large or of an unknown kind. */
static void test_no_credentials(void **state)
{
    (void)state;
    static const struct {
        const char *variables, *answer, *words;
        enum tess_status status;
    } cases[] = {
        {"AWS_WEB_IDENTITY_TOKEN_FILE=/nonexistent/token\nAWS_ROLE_ARN=arn:aws:iam::1:role/web", NULL,
         "/nonexistent/token", TESS_ERR_SETUP},
        {"AWS_WEB_IDENTITY_TOKEN_FILE=/bin/sh\nAWS_ROLE_ARN=arn:aws:iam::1:role/web", NULL,
         "the web identity token", TESS_ERR_SETUP},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/", "<html>", "not JSON", TESS_ERR_IO},
    };
    const struct aws_request request = fake_aws_request(AWS_S3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake_aws alone;
        char variables[512];
        (void)snprintf(variables, sizeof variables,
                       "%s\nAWS_REGION=eu-north-1\nAWS_EC2_METADATA_DISABLED=true\nHOME=/nonexistent\n"
                       "AWS_CONFIG_FILE=/dev/null\nAWS_SHARED_CREDENTIALS_FILE=/dev/null",
                       cases[i].variables);
        fake_aws_begin(&alone, variables);
        if (cases[i].answer)
            fake_http_answer(&alone.http, 200, NULL, cases[i].answer);
        fake_aws_expect(&alone, &request, cases[i].status, &response, &error);
        assert_int_equal(error.status, cases[i].status);
        assert_string_equal(error.limit, "");
        assert_non_null(strstr(error.message, "cannot read photo.jpg from bucket images: "));
        assert_non_null(strstr(error.message, cases[i].words));
        fake_aws_end(&alone);
    }
}

/* The one that programs use, with the real client, clock and chance. */
static void test_real(void **state)
{
    (void)state;
    struct aws_settings settings = {0};
    struct aws_environment environment = {0};
    struct aws *aws = NULL;
    assert_int_equal(aws_settings_load(&environment, NULL, &settings, &error), TESS_OK);
    assert_int_equal(aws_create(&settings, NULL, &aws, &error), TESS_OK);
    assert_true(aws_now_ms(aws) > INT64_C(1700000000000));
    assert_non_null(aws_credentials_of(aws));
    assert_string_equal(aws_settings_of(aws)->profile, "default");
    aws_destroy(aws);
    aws_destroy(NULL);
}

static bool busy_once(void *context, const struct fake_request *request, struct fake_answer *answer_out)
{
    (void)request;
    int *calls = context;
    *answer_out = (struct fake_answer){.status = (*calls)++ ? 200 : 503, .body = "SlowDown: x"};
    return true;
}

static enum tess_status whole_life(void *context, struct tess_error *error_out)
{
    struct fake_aws short_lived;
    struct aws_response answer = {0};
    const struct aws_request request = fake_aws_request(AWS_DYNAMODB);
    int calls = 0;
    (void)context;
    enum tess_status status =
        fake_aws_try_begin(&short_lived, FAKE_AWS_VARIABLES "\nAWS_SESSION_TOKEN=" TOKEN, error_out);
    short_lived.http.handler = busy_once;
    short_lived.http.context = &calls;
    if (status == TESS_OK)
        status = aws_call(short_lived.aws, &request, &answer, error_out);
    assert_true(status != TESS_OK || answer.attempts == 2);
    aws_response_clear(&answer);
    fake_aws_end(&short_lived);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(torture_loop(TORTURE_MEMORY, whole_life, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vector, begin, end),
        cmocka_unit_test_setup_teardown(test_s3_request, begin, end),
        cmocka_unit_test_setup_teardown(test_dynamodb_request, begin, end),
        cmocka_unit_test_setup_teardown(test_addresses, begin, end),
        cmocka_unit_test_setup_teardown(test_token, begin, end),
        cmocka_unit_test_setup_teardown(test_statuses, begin, end),
        cmocka_unit_test_setup_teardown(test_words, begin, end),
        cmocka_unit_test_setup_teardown(test_limits, begin, end),
        cmocka_unit_test_setup_teardown(test_hostile_words, begin, end),
        cmocka_unit_test_setup_teardown(test_unsent, begin, end),
        cmocka_unit_test(test_no_credentials),
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests_name("aws", tests, NULL, NULL);
}
