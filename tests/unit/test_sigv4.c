// SPDX-License-Identifier: MIT
/*
 * SigV4 against AWS's own signing cases (read in place; skipped when they are not there), S3's published
 * presigned vectors, and the verifier against tampering.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "net/digest.h"
#include "net/sigv4.h"
#include "net/uri.h"

static char suite_folder[400]; /* set in main() */

enum { CASES = 38, HEADERS_MAX = 16, SUITE_TIME_S = 1440938160 };

/* A request as text, taken apart in place. */
struct parsed {
    struct bytes text;
    struct sigv4_header headers[HEADERS_MAX];
    struct sigv4_request request;
    char hash[DIGEST_SHA256_HEX_BYTES];
};

static struct bytes read_case(const char *name, const char *file)
{
    char path[2 * 4096];
    struct bytes text;
    (void)snprintf(path, sizeof path, "%s/%s/%s", suite_folder, name, file);
    assert_int_equal(file_read(path, 100000, &text, NULL), TESS_OK);
    assert_non_null(bytes_text(&text));
    return text;
}

/* A folded header continues on a line that starts with a blank: the line feed becomes one more blank. */
static void unfold(char *text)
{
    for (char *feed = strstr(text, "\n "); feed; feed = strstr(feed, "\n "))
        *feed = ' ';
}

static void parse_first_line(char *line, struct parsed *parsed)
{
    char *path = strchr(line, ' ');
    char *version = strstr(line, " HTTP/1.1");
    assert_true(path && version && path < version);
    *path++ = '\0';
    *version = '\0';
    char *query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    parsed->request.method = line;
    parsed->request.path = path;
    parsed->request.query = query;
}

static void parse_request(const char *name, const char *file, struct parsed *parsed)
{
    memset(parsed, 0, sizeof *parsed);
    parsed->text = read_case(name, file);
    char *text = (char *)parsed->text.data;
    char *body = strstr(text, "\n\n");
    if (body) {
        body[1] = '\0';
        body += 2;
    }
    uint8_t hash[DIGEST_SHA256_BYTES];
    digest_sha256(body, body ? strlen(body) : 0, hash);
    digest_hex(hash, sizeof hash, parsed->hash);
    parsed->request.payload_hash = parsed->hash;
    unfold(text);
    char *rest = NULL;
    parse_first_line(strtok_r(text, "\n", &rest), parsed);
    for (char *line = strtok_r(NULL, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *colon = strchr(line, ':');
        assert_non_null(colon);
        *colon = '\0';
        assert_true(parsed->request.header_count < HEADERS_MAX);
        parsed->headers[parsed->request.header_count++] = (struct sigv4_header){line, colon + 1};
    }
    parsed->request.headers = parsed->headers;
}

struct context {
    cJSON *json;
    struct sigv4_credentials credentials;
    struct sigv4_scope scope;
    uint32_t expires_s;
};

static const char *string_in(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void read_context(const char *name, struct context *context)
{
    struct bytes text = read_case(name, "context.json");
    context->json = cJSON_Parse((const char *)text.data);
    bytes_clear(&text);
    assert_non_null(context->json);
    const cJSON *json = context->json;
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(json, "credentials");
    context->credentials = (struct sigv4_credentials){
        string_in(keys, "access_key_id"), string_in(keys, "secret_access_key"), string_in(keys, "token")};
    context->scope = sigv4_scope_service(string_in(json, "region"), string_in(json, "service"));
    context->scope.path_normalised = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "normalize"));
    context->scope.content_sha256_header = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "sign_body"));
    context->scope.session_token_unsigned =
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "omit_session_token"));
    context->expires_s =
        (uint32_t)cJSON_GetObjectItemCaseSensitive(json, "expiration_in_seconds")->valuedouble;
    assert_string_equal(string_in(json, "timestamp"), "2015-08-30T12:36:00Z");
}

static void assert_file_equal(const char *name, const char *file, struct bytes *actual)
{
    struct bytes expected = read_case(name, file);
    char *text = (char *)expected.data;
    size_t size = expected.size;
    while (size > 0 && text[size - 1] == '\n') /* some files end in a line feed, some do not */
        text[--size] = '\0';
    if (strcmp(bytes_text(actual), text) != 0)
        print_error("case %s, %s\n", name, file);
    assert_string_equal(bytes_text(actual), text);
    bytes_clear(&expected);
}

static void assert_signature(const char *name, const char *file, const char *signature)
{
    struct bytes actual;
    bytes_init(&actual, 100);
    assert_int_equal(bytes_append_text(&actual, signature), TESS_OK);
    assert_file_equal(name, file, &actual);
    bytes_clear(&actual);
}

static void check_header_form(const char *name, const struct context *context, const struct parsed *parsed)
{
    struct sigv4_result result;
    struct tess_error error;
    assert_int_equal(
        sigv4_sign(&parsed->request, &context->credentials, &context->scope, SUITE_TIME_S, &result, &error),
        TESS_OK);
    assert_file_equal(name, "header-canonical-request.txt", &result.canonical);
    assert_file_equal(name, "header-string-to-sign.txt", &result.string_to_sign);
    assert_signature(name, "header-signature.txt", result.signature);
    struct bytes whole = read_case(name, "header-signed-request.txt");
    struct bytes line;
    bytes_init(&line, 10000);
    assert_int_equal(bytes_append_format(&line, "\nAuthorization:%s\n", bytes_text(&result.output)), TESS_OK);
    assert_non_null(strstr((const char *)whole.data, bytes_text(&line)));
    bytes_clear(&line);
    bytes_clear(&whole);
    sigv4_result_clear(&result);
}

static void check_query_form(const char *name, const struct context *context, const struct parsed *parsed)
{
    struct sigv4_result result;
    struct tess_error error;
    assert_int_equal(sigv4_presign(&parsed->request, &context->credentials, &context->scope, SUITE_TIME_S,
                                   context->expires_s, &result, &error),
                     TESS_OK);
    assert_file_equal(name, "query-canonical-request.txt", &result.canonical);
    assert_file_equal(name, "query-string-to-sign.txt", &result.string_to_sign);
    assert_signature(name, "query-signature.txt", result.signature);

    /* Our verifier accepts what we made, and the request that AWS signed, for as long as it lives. */
    struct sigv4_request ours = parsed->request;
    ours.query = bytes_text(&result.output);
    struct parsed theirs;
    parse_request(name, "query-signed-request.txt", &theirs);
    const struct sigv4_request *both[] = {&ours, &theirs.request};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sigv4_verify(both[i], &context->credentials, &context->scope, SUITE_TIME_S, &error),
                         TESS_OK);
        assert_int_equal(
            sigv4_verify(both[i], &context->credentials, &context->scope, SUITE_TIME_S + 3600, &error),
            TESS_ERR_DENIED);
        assert_non_null(strstr(error.message, "expired"));
    }
    bytes_clear(&theirs.text);
    sigv4_result_clear(&result);
}

static void test_suite(void **state)
{
    (void)state;
    DIR *suite = opendir(suite_folder);
    if (!suite) {
        print_message("skipped here: AWS's signing cases are not at %s\n", suite_folder);
        skip();
    }
    int cases = 0;
    for (const struct dirent *entry = readdir(suite); entry; entry = readdir(suite)) {
        if (entry->d_name[0] == '.')
            continue;
        struct context context;
        struct parsed parsed;
        read_context(entry->d_name, &context);
        parse_request(entry->d_name, "request.txt", &parsed);
        check_header_form(entry->d_name, &context, &parsed);
        check_query_form(entry->d_name, &context, &parsed);
        cJSON_Delete(context.json);
        bytes_clear(&parsed.text);
        cases++;
    }
    closedir(suite);
    assert_int_equal(cases, CASES);
}

/* S3's published examples. */
enum { S3_TIME_S = 1369353600 };

static const struct sigv4_credentials s3_keys = {"AKIAIOSFODNN7EXAMPLE",
                                                 "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};

static void test_s3_presigned_get(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"}};
    const struct sigv4_request request = {.method = "GET",
                                          .path = "/test.txt",
                                          .headers = headers,
                                          .header_count = 1,
                                          .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    const struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    struct sigv4_result result;
    assert_int_equal(sigv4_presign(&request, &s3_keys, &scope, S3_TIME_S, 86400, &result, NULL), TESS_OK);
    assert_string_equal(result.signature, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    assert_string_equal(result.date, "20130524T000000Z");
    assert_string_equal(
        bytes_text(&result.output),
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%"
        "2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&"
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    sigv4_result_clear(&result);
}

static void test_s3_header_get(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"},
                                           {"Range", "bytes=0-9"}};
    const struct sigv4_request request = {
        .method = "GET", .path = "/test.txt", .headers = headers, .header_count = 2};
    const struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    struct sigv4_result result;
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, S3_TIME_S, &result, NULL), TESS_OK);
    assert_string_equal(result.signature, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    sigv4_result_clear(&result);
}

static void test_s3_header_put(void **state)
{
    (void)state;
    static const char body[] = "Welcome to Amazon S3.";
    uint8_t hash[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX_BYTES];
    digest_sha256(body, strlen(body), hash);
    digest_hex(hash, sizeof hash, hex);
    const struct sigv4_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"},
                                           {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                           {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    const struct sigv4_request request = {.method = "PUT",
                                          .path = "/test%24file.text",
                                          .headers = headers,
                                          .header_count = 3,
                                          .payload_hash = hex};
    const struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    struct sigv4_result result;
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, S3_TIME_S, &result, NULL), TESS_OK);
    assert_string_equal(result.signature, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    sigv4_result_clear(&result);
}

/* A link for GET /a%20b?x=1 made at S3_TIME_S for 300 s, and a request that may be bent before verifying. */
struct link {
    struct sigv4_header headers[2];
    struct sigv4_request request;
    struct sigv4_result result;
    char query[2000];
};

static void make_link(struct link *link)
{
    memset(link, 0, sizeof *link);
    link->headers[0] = (struct sigv4_header){"host", "h:8080"};
    link->headers[1] = (struct sigv4_header){"accept", "*/*"};
    link->request = (struct sigv4_request){.method = "GET",
                                           .path = "/a%20b",
                                           .query = "x=1",
                                           .headers = link->headers,
                                           .header_count = 1,
                                           .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    const struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    assert_int_equal(sigv4_presign(&link->request, &s3_keys, &scope, S3_TIME_S, 300, &link->result, NULL),
                     TESS_OK);
    (void)snprintf(link->query, sizeof link->query, "%s", bytes_text(&link->result.output));
    link->request.query = link->query;
    link->request.header_count = 2; /* what arrives has headers that were not signed */
    sigv4_result_clear(&link->result);
}

static enum tess_status verify_at(const struct link *link, int64_t now_s, struct tess_error *error)
{
    const struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    return sigv4_verify(&link->request, &s3_keys, &scope, now_s, error);
}

static void test_verify_time(void **state)
{
    (void)state;
    struct link link;
    struct tess_error error;
    make_link(&link);
    assert_int_equal(verify_at(&link, S3_TIME_S, &error), TESS_OK);
    assert_int_equal(verify_at(&link, S3_TIME_S + 299, &error), TESS_OK);
    assert_int_equal(verify_at(&link, S3_TIME_S + 300, &error), TESS_ERR_DENIED);
    assert_string_equal(error.message, "the link has expired: ask for a new one");
    assert_int_equal(verify_at(&link, S3_TIME_S - SIGV4_CLOCK_SKEW_S, &error), TESS_OK);
    assert_int_equal(verify_at(&link, S3_TIME_S - SIGV4_CLOCK_SKEW_S - 1, &error), TESS_ERR_DENIED);
    assert_non_null(strstr(error.message, "not valid yet"));
}

static void expect_refused(const struct link *link)
{
    struct tess_error error;
    assert_int_equal(verify_at(link, S3_TIME_S, &error), TESS_ERR_DENIED);
    assert_non_null(strstr(error.message, "does not verify"));
}

static void replace(char *text, const char *old, const char *new)
{
    char *at = strstr(text, old);
    assert_non_null(at);
    assert_true(strlen(text) + strlen(new) < sizeof((struct link *)NULL)->query);
    memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
    memcpy(at, new, strlen(new));
}

static void test_verify_tampering(void **state)
{
    (void)state;
    static const char *const edits[][2] = {
        {"x=1", "x=2"},
        {"x=1", "x=1&y=2"},
        {"x=1", ""},
        {"Expires=300", "Expires=301"},
        {"Expires=300", "Expires=0"},
        {"Expires=300", "Expires=-1"},
        {"Expires=300", "Expires=604801"},
        {"Expires=300", "Expires=4294967596"},
        {"Expires=300", "Expires=300&X-Amz-Expires=300"},
        {"X-Amz-Expires=300", "y=1"},
        {"20130524T000000Z", "20130524T000001Z"},
        {"20130524T000000Z", "20130532T000000Z"},
        {"20130524T000000Z", "20130524"},
        {"%2F20130524%2F", "%2F20130525%2F"},
        {"us-east-1", "us-east-2"},
        {"%2Fs3%2F", "%2Fsqs%2F"},
        {"AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"},
        {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"},
        {"SignedHeaders=host", "SignedHeaders=host%3Bhost"},
        {"SignedHeaders=host", "SignedHeaders=accept"},
        {"SignedHeaders=host", "SignedHeaders="},
        {"SignedHeaders=host", "SignedHeaders=host%3Bx-absent"},
        {"X-Amz-Signature=", "X-Amz-Signature=0"},
        {"X-Amz-Signature=", "X-Amz-Signature="
                             "0000000000000000000000000000000000000000000000000000000000000000&z="},
        {"X-Amz-Signature=", "X-Amz-Sig="},
        {"x=1", "x=%zz"},
        {"x=1", "x=%00"},
    };
    struct link link;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        make_link(&link);
        replace(link.query, edits[i][0], edits[i][1]);
        expect_refused(&link);
    }
    make_link(&link);
    link.request.query = "";
    expect_refused(&link);
    link.request.query = NULL;
    expect_refused(&link);
}

static void test_verify_other_request(void **state)
{
    (void)state;
    struct link link;
    make_link(&link);
    link.request.method = "PUT";
    expect_refused(&link);
    make_link(&link);
    link.request.path = "/a%20c";
    expect_refused(&link);
    make_link(&link);
    link.headers[0].value = "h:8081";
    expect_refused(&link);
    make_link(&link);
    link.headers[1] = link.headers[0]; /* a second Host header */
    expect_refused(&link);
    make_link(&link);
    link.request.header_count = 0;
    expect_refused(&link);

    /* Other spellings of the same thing verify: order, case of hex digits, needless escapes. */
    make_link(&link);
    link.request.path = "/%61%20b";
    assert_int_equal(verify_at(&link, S3_TIME_S, NULL), TESS_OK);
    replace(link.query, "%2Fs3%2F", "%2fs3/");
    assert_int_equal(verify_at(&link, S3_TIME_S, NULL), TESS_OK);
    replace(link.query, "x=1", "");
    replace(link.query, "X-Amz-Algorithm", "x=%31&X-Amz-Algorithm");
    assert_int_equal(verify_at(&link, S3_TIME_S, NULL), TESS_OK);
}

/* Every byte of the signature counts. */
static void test_verify_each_digit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        struct link link;
        make_link(&link);
        char *digit = strstr(link.query, "Signature=") + strlen("Signature=") + i;
        *digit = *digit == '0' ? '1' : '0';
        expect_refused(&link);
    }
}

static void test_bad_requests(void **state)
{
    (void)state;
    struct sigv4_header header = {"host", "a"};
    struct sigv4_request request = {.method = "GET", .path = "/", .headers = &header, .header_count = 1};
    struct sigv4_scope scope = sigv4_scope_s3("us-east-1");
    struct sigv4_result result;
    struct tess_error error;
    assert_int_equal(sigv4_presign(&request, &s3_keys, &scope, 0, 0, &result, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "expires");
    assert_int_equal(sigv4_presign(&request, &s3_keys, &scope, 0, 604801, &result, &error), TESS_ERR_LIMIT);
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, -1, &result, &error), TESS_ERR_INVALID);
    sigv4_result_clear(&result);
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, INT64_MAX, &result, &error), TESS_ERR_INVALID);
    sigv4_result_clear(&result);
    header.value = "a\r\nx-evil: 1";
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, 0, &result, &error), TESS_ERR_INVALID);
    sigv4_result_clear(&result);
    header = (struct sigv4_header){"ho st", "a"};
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, 0, &result, &error), TESS_ERR_INVALID);
    sigv4_result_clear(&result);
    header = (struct sigv4_header){"host", "a"};
    request.path = "no-slash";
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, 0, &result, &error), TESS_ERR_INVALID);
    sigv4_result_clear(&result);
    request.path = "/%4";
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, 0, &result, &error), TESS_ERR_INVALID);
    sigv4_result_clear(&result);

    char *huge = malloc(300 * 1024);
    assert_non_null(huge);
    memset(huge, 'a', 300 * 1024 - 1);
    huge[300 * 1024 - 1] = '\0';
    request.path = "/";
    request.query = huge;
    assert_int_equal(sigv4_sign(&request, &s3_keys, &scope, 0, &result, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "signed-bytes");
    sigv4_result_clear(&result);
    free(huge);
}

static void test_uri(void **state)
{
    (void)state;
    struct bytes out;
    bytes_init(&out, 1000);
    assert_int_equal(uri_encode(&out, "a/b c+~%\xC3\xA9", 10, true), TESS_OK);
    assert_string_equal(bytes_text(&out), "a/b%20c%2B~%25%C3%A9");
    bytes_clear(&out);
    assert_int_equal(uri_encode(&out, "/", 1, false), TESS_OK);
    assert_string_equal(bytes_text(&out), "%2F");
    bytes_clear(&out);
    assert_int_equal(uri_decode(&out, "a%2fb+%C3%a9", 12), TESS_OK);
    assert_string_equal(bytes_text(&out), "a/b+\xC3\xA9");
    bytes_clear(&out);
    static const char *const bad[] = {"%", "%4", "%4g", "a%-1", "% 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(uri_decode(&out, bad[i], strlen(bad[i])), TESS_ERR_INVALID);
        bytes_clear(&out);
    }
}

static void test_digest(void **state)
{
    (void)state;
    uint8_t hash[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX_BYTES];
    digest_sha256("abc", 3, hash);
    digest_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256(NULL, 0, hash);
    digest_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, SIGV4_EMPTY_PAYLOAD);

    struct digest digest;
    digest_init(&digest);
    digest_add(&digest, "a", 1);
    digest_add(&digest, "", 0);
    digest_add(&digest, "bc", 2);
    digest_finish(&digest, hash);
    digest_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_clear(&digest);

    /* RFC 4231, case 2. */
    static const char text[] = "what do ya want for nothing?";
    digest_hmac_sha256("Jefe", 4, text, strlen(text), hash);
    digest_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(digest_equal("ab", "ab", 2));
    assert_false(digest_equal("ab", "ac", 2));
}

int main(void)
{
    const char *source = getenv("TESSERA_SOURCE_DIR");
    (void)snprintf(suite_folder, sizeof suite_folder, "%s/../shared/sigv4-suite", source ? source : ".");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),
        cmocka_unit_test(test_s3_presigned_get),
        cmocka_unit_test(test_s3_header_get),
        cmocka_unit_test(test_s3_header_put),
        cmocka_unit_test(test_verify_time),
        cmocka_unit_test(test_verify_tampering),
        cmocka_unit_test(test_verify_other_request),
        cmocka_unit_test(test_verify_each_digit),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_uri),
        cmocka_unit_test(test_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
