// SPDX-License-Identifier: MIT
/* Events of Lambda: their forms, what makes them none, and what handlers make of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu_time.h"
#include "front/api_query.h"
#include "front/base64.h"
#include "front/lambda_answer.h"
#include "front/lambda_event.h"
#include "front/lambda_handler.h"

static enum tess_status read_below(const char *base_path, const char *text, struct lambda_event *event)
{
    struct tess_error error = {.status = TESS_OK};
    const enum tess_status status = lambda_event_read(text, strlen(text), base_path, event, &error);
    assert_int_equal(error.status, status);
    assert_true(status == TESS_OK || error.message[0] != '\0');
    return status;
}

static enum tess_status read_text(const char *text, struct lambda_event *event)
{
    return read_below(NULL, text, event);
}

static void test_base64(void **state)
{
    static const char *const wrong[] = {"A",     "AA",   "AAA",        "A===",  "====",     "AA=A",
                                        "=AAA",  "AAA ", "AB==",       "AAB=",  "AA==A",    "AA==AAAA",
                                        "AAA\n", "AA-_", "\xc3\xb6==", "AAAA=", "AA==AA==", "AAAAAAA\x80"};
    size_t size;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(base64_decode(wrong[i], strlen(wrong[i]), &size));
    static const struct {
        const char *text, *bytes;
    } right[] = {{"", ""},        {"Zg==", "f"},        {"Zm8=", "fo"},
                 {"Zm9v", "foo"}, {"Zm9vYg==", "foob"}, {"/+//", "\xff\xef\xff"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        char *bytes = base64_decode(right[i].text, strlen(right[i].text), &size);
        assert_non_null(bytes);
        assert_int_equal(size, strlen(right[i].bytes));
        assert_string_equal(bytes, right[i].bytes);
        free(bytes);
    }
}

static void test_v1(void **state)
{
    struct lambda_event event;
    (void)state;
    assert_int_equal(
        read_text("{\"httpMethod\":\"POST\",\"path\":\"/add_image\",\"headers\":{\"CONTENT-type\":"
                  "\"image/jpeg\"},\"queryStringParameters\":{\"a\":\"b c&d\",\"e\":\"\"},"
                  "\"multiValueQueryStringParameters\":null,\"body\":\"/9j/\","
                  "\"isBase64Encoded\":true,\"requestContext\":{\"stage\":\"add_image\"}}",
                  &event),
        TESS_OK);
    assert_int_equal(event.kind, LAMBDA_PROXY);
    assert_string_equal(event.method, "POST");
    assert_string_equal(event.path, "/add_image");
    assert_string_equal(event.content_type, "image/jpeg");
    assert_int_equal(event.body_bytes, 3);
    assert_memory_equal(event.body, "\xff\xd8\xff", 3);
    struct api_query query;
    assert_int_equal(api_query_read(&query, event.query, NULL), TESS_OK);
    assert_string_equal(api_query_get(&query, "a"), "b c&d");
    assert_string_equal(api_query_get(&query, "e"), "");
    api_query_clear(&query);
    lambda_event_clear(&event);
    /* Both members: the second has all values. A name twice is seen by who reads the query. */
    assert_int_equal(
        read_text("{\"httpMethod\":\"GET\",\"path\":\"/\",\"queryStringParameters\":{\"a\":\"2\"},"
                  "\"multiValueQueryStringParameters\":{\"a\":[\"1\",\"2\"],\"b\":[]},"
                  "\"headers\":null,\"multiValueHeaders\":{\"content-type\":[\"x/y\"]},\"body\":null}",
                  &event),
        TESS_OK);
    assert_string_equal(event.query, "a=1&a=2");
    assert_string_equal(event.content_type, "x/y");
    assert_null(event.body);
    lambda_event_clear(&event);
    assert_int_equal(
        read_text("{\"httpMethod\":\"GET\",\"path\":\"/\",\"queryStringParameters\":{\"a\":\"2\"},"
                  "\"multiValueQueryStringParameters\":{}}",
                  &event),
        TESS_OK);
    assert_string_equal(event.query, "a=2");
    lambda_event_clear(&event);
}

static void test_v2_and_its_stage(void **state)
{
    static const struct {
        const char *path, *stage, *expected;
    } cases[] = {{"/prod/counters/x", "prod", "/counters/x"},
                 {"/prod", "prod", "/"},
                 {"/production/x", "prod", "/production/x"},
                 {"/counters/x", "$default", "/counters/x"},
                 {"/counters/prod", "prod", "/counters/prod"},
                 {"prod/x", "prod", "prod/x"},
                 {"/x", "", "/x"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lambda_event event;
        char text[512];
        (void)snprintf(text, sizeof text,
                       "{\"version\":\"2.0\",\"rawPath\":\"%s\",\"rawQueryString\":\"a=%%20\","
                       "\"requestContext\":{\"stage\":\"%s\",\"http\":{\"method\":\"GET\"}}}",
                       cases[i].path, cases[i].stage);
        assert_int_equal(read_text(text, &event), TESS_OK);
        assert_string_equal(event.path, cases[i].expected);
        assert_string_equal(event.query, "a=%20");
        assert_string_equal(event.method, "GET");
        lambda_event_clear(&event);
    }
}

#define V1 "{\"httpMethod\":\"GET\","
#define REST(resource, stage, context_path)                                                                 \
    V1 "\"resource\":\"" resource "\",\"requestContext\":{\"stage\":\"" stage "\",\"path\":\"" context_path \
       "\"},"
#define HTTP_V1(resource, stage) \
    V1 "\"version\":\"1.0\",\"resource\":\"" resource "\",\"requestContext\":{\"stage\":\"" stage "\"},"
#define V2(method, key, stage, domain)                                                     \
    "{\"version\":\"2.0\",\"routeKey\":\"" key "\",\"requestContext\":{\"stage\":\"" stage \
    "\",\"domainName\":\"" domain "\",\"http\":{\"method\":\"" method "\"}},"
#define HTTP_V2(method, key, stage) V2(method, key, stage, "a.execute-api.eu-north-1.amazonaws.com")
#define PATH(name, path)            "\"" name "\":\"" path "\"}"
#define PARAMETERS(text)            "\"pathParameters\":{" text "},"

/* What each gateway makes of a path, and which one is meant. */
static const struct {
    const char *event, *base_path, *path;
    enum path_trust trust;
} paths_of_gateways[] = {
    /* REST: as sent; with a custom domain the base path, and the stage where the mapping has none */
    {REST("/{proxy+}", "prod", "/prod/grids/%2541") PARAMETERS("\"proxy\":\"grids/%2541\"")
         PATH("path", "/grids/%2541"),
     NULL, "/grids/%2541", PATH_AS_SENT},
    {REST("/grids/{id}", "prod", "/prod/grids/a%2Fb") PARAMETERS("\"id\":\"a%2Fb\"")
         PATH("path", "/grids/a%2Fb"),
     NULL, "/grids/a%2Fb", PATH_AS_SENT},
    {REST("/grids/{id}/{key+}", "p", "/t/grids/a/b/c") PARAMETERS("\"id\":\"a\",\"key\":\"b/c\"")
         PATH("path", "/t/grids/a/b/c"),
     NULL, "/grids/a/b/c", PATH_AS_SENT},
    {REST("/{proxy+}", "p", "/t/grids/a") PARAMETERS("\"proxy\":\"grids/a\"") PATH("path", "/t/grids/a"),
     NULL, "/grids/a", PATH_AS_SENT},
    {REST("/api/{proxy+}", "p", "/p/api/grids/a") PARAMETERS("\"proxy\":\"grids/a\"")
         PATH("path", "/api/grids/a"),
     NULL, "/grids/a", PATH_AS_SENT},
    {REST("/grids/{proxy+}", "p", "/p/grids/a") PARAMETERS("\"proxy\":\"a\"") PATH("path", "/grids/a"), NULL,
     "/grids/a", PATH_AS_SENT},
    {REST("/add_image", "p", "/v1/deep/add_image") PATH("path", "/v1/deep/add_image/"), NULL, "/add_image",
     PATH_AS_SENT},
    {REST("/", "p", "/p/grids/a") PATH("path", "/grids/a"), NULL, "/grids/a", PATH_AS_SENT},
    {V1 "\"requestContext\":{\"stage\":\"grids\",\"path\":\"/grids/grids/a\"}," PATH("path", "/grids/a"),
     NULL, "/grids/a", PATH_AS_SENT},
    {V1
     "\"requestContext\":{\"stage\":\"prod\",\"path\":\"/t/prod/grids/a\"}," PATH("path", "/t/prod/grids/a"),
     "t", "/grids/a", PATH_AS_SENT},
    {V1 PATH("path", "/t/grids/a"), "/t/", "/grids/a", PATH_AS_SENT},
    {V1 PATH("path", "/total/grids/a"), "/t", "/total/grids/a", PATH_AS_SENT},
    {V1 PATH("path", "/t"), "/t", "/", PATH_AS_SENT},
    /* HTTP, 1.0: decoded, with the stage or a mapping's key */
    {HTTP_V1("$default", "prod") PATH("path", "/prod/grids/x"), NULL, "/grids/x", PATH_SLASHES_LOST},
    {HTTP_V1("$default", "prod") PATH("path", "/t/grids/a b"), "/t", "/grids/a%20b", PATH_SLASHES_LOST},
    {HTTP_V1("/{proxy+}", "prod") PARAMETERS("\"proxy\":\"grids/%41\"") PATH("path", "/t/grids/%41"), NULL,
     "/grids/%2541", PATH_SLASHES_LOST},
    {HTTP_V1("/grids/{id}", "$default") PARAMETERS("\"id\":\"a/b\"") PATH("path", "/grids/a/b"), NULL,
     "/grids/a%2Fb", PATH_SLASHES_LOST},
    /* HTTP, 2.0 */
    {HTTP_V2("DELETE", "DELETE /grids/{id}", "$default") PARAMETERS("\"id\":\"%41\"")
         PATH("rawPath", "/grids/%41"),
     NULL, "/grids/%2541", PATH_SLASHES_LOST},
    {HTTP_V2("DELETE", "DELETE /grids/{id}", "$default") PARAMETERS("\"id\":\"a/b\"")
         PATH("rawPath", "/grids/a/b"),
     NULL, "/grids/a%2Fb", PATH_SLASHES_LOST},
    {HTTP_V2("DELETE", "DELETE /grids/{id}/{key+}", "s") PARAMETERS("\"id\":\"a\",\"key\":\"b/c d\"")
         PATH("rawPath", "/s/grids/a/b/c d"),
     NULL, "/grids/a/b/c%20d", PATH_SLASHES_LOST},
    {HTTP_V2("DELETE", "$default", "$default") PATH("rawPath", "/grids/%41"), NULL, "/grids/%2541",
     PATH_UNSURE},
    {HTTP_V2("DELETE", "$default", "s") PATH("rawPath", "/s/grids/a/b"), NULL, "/grids/a/b",
     PATH_SLASHES_LOST},
    {HTTP_V2("GET", "$default", "s") PATH("rawPath", "/s/grids/a/b"), NULL, "/grids/a%2Fb",
     PATH_SLASHES_LOST},
    {HTTP_V2("POST", "$default", "s") PATH("rawPath", "/s/counters/100%"), NULL, "/counters/100%25",
     PATH_UNSURE},
    {HTTP_V2("POST", "POST /counters/{name}", "$default") PARAMETERS("\"name\":\"100%\"")
         PATH("rawPath", "/counters/100%"),
     NULL, "/counters/100%25", PATH_SLASHES_LOST},
    {HTTP_V2("GET", "ANY /api/{proxy+}", "s") PARAMETERS("\"proxy\":\"counters/ö\"")
         PATH("rawPath", "/s/api/counters/ö"),
     NULL, "/counters/%C3%B6", PATH_SLASHES_LOST},
    {HTTP_V2("GET", "GET /v1/counters/{name}", "s") PARAMETERS("\"name\":\"x\"")
         PATH("rawPath", "/s/v1/counters/x"),
     "/v1", "/counters/x", PATH_SLASHES_LOST},
    {HTTP_V2("GET", "GET /grids/{id}", "s") PATH("rawPath", "/s/grids/x"), NULL, "/grids/x",
     PATH_SLASHES_LOST},
    /* Function URL */
    {V2("DELETE", "$default", "$default", "x.lambda-url.eu-north-1.on.aws") PATH("rawPath", "/grids/%2541"),
     NULL, "/grids/%2541", PATH_AS_SENT},
    {V2("DELETE", "$default", "$default", "x.lambda-url.eu-north-1.on.aws") PATH("rawPath", "/t/grids/a/b"),
     "/t", "/grids/a/b", PATH_AS_SENT},
};

static void test_paths_of_gateways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof paths_of_gateways / sizeof *paths_of_gateways; i++) {
        struct lambda_event event;
        assert_int_equal(read_below(paths_of_gateways[i].base_path, paths_of_gateways[i].event, &event),
                         TESS_OK);
        if (strcmp(event.path, paths_of_gateways[i].path) != 0 || event.trust != paths_of_gateways[i].trust)
            fail_msg("%s: %s, %d", paths_of_gateways[i].event, event.path, (int)event.trust);
        lambda_event_clear(&event);
    }
}

/* A path of which nobody knows what it names removes nothing; what it reads or counts is as harmless as
 * before. */
static void test_unsure_paths_remove_nothing(void **state)
{
    static const char *const paths[] = {"/grids/%41", "/grids/a/%41", "/grids/100%"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (unsigned known = 0; known < 2; known++) {
            char text[512];
            struct lambda_event event;
            struct api_target target;
            struct api_request request;
            struct tess_error error = {.status = TESS_OK};
            (void)snprintf(
                text, sizeof text,
                "{\"version\":\"2.0\",\"rawPath\":\"%s\",\"requestContext\":{%s\"http\":{\"method\":"
                "\"DELETE\"}}}",
                paths[i], known ? "\"domainName\":\"a.example\"," : "");
            assert_int_equal(read_text(text, &event), TESS_OK);
            assert_int_equal(lambda_handler_request(HANDLER_API, &event, NULL, &target, &request, &error),
                             TESS_ERR_INVALID);
            assert_non_null(strstr(error.message, "decoded"));
            api_target_clear(&target);
            lambda_event_clear(&event);
        }
    }
}

static void test_direct_forms(void **state)
{
    struct lambda_event event;
    (void)state;
    assert_int_equal(read_text(" {\"counter\":\"r\"} ", &event), TESS_OK);
    assert_int_equal(event.kind, LAMBDA_COUNTER);
    assert_string_equal(event.counter, "r");
    lambda_event_clear(&event);
    assert_int_equal(read_text("\n{\"tile\":3,\"uniqueGridId\":\"g\"}", &event), TESS_OK);
    assert_int_equal(event.kind, LAMBDA_GRID);
    lambda_event_clear(&event);
    assert_int_equal(read_text("{\"SOURCE_BUCKET\":\"s\",\"DESTINATION_BUCKET\":null}", &event), TESS_OK);
    assert_int_equal(event.kind, LAMBDA_BUCKET);
    assert_string_equal(event.source_bucket, "s");
    assert_null(event.dest_bucket);
    lambda_event_clear(&event);
    assert_int_equal(
        read_text("{\"Records\":[{\"messageId\":\"1\",\"body\":\"\",\"eventSource\":\"aws:sqs\"},"
                  "{\"messageId\":\"2\",\"body\":\"g\",\"eventSource\":\"aws:sqs\"}]}",
                  &event),
        TESS_OK);
    assert_int_equal(event.kind, LAMBDA_RECORDS);
    assert_int_equal(event.record_count, 2);
    assert_string_equal(event.records[1].message_id, "2");
    const bool done[] = {true, false};
    char *text = lambda_answer_records(&event, done);
    assert_string_equal(text, "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}");
    free(text);
    lambda_event_clear(&event);
    static const char *const wake[] = {
        "{\"version\":\"0\",\"detail-type\":\"Scheduled Event\",\"source\":\"aws.events\",\"detail\":{}}",
        "{\"source\":\"aws.scheduler\"}", "{\"source\":\"serverless-plugin-warmup\"}",
        "{\"warmer\":true,\"concurrency\":3}", "{\"warmup\":true}"};
    for (size_t i = 0; i < sizeof wake / sizeof *wake; i++) {
        assert_int_equal(read_text(wake[i], &event), TESS_OK);
        assert_int_equal(event.kind, LAMBDA_WAKE);
        lambda_event_clear(&event);
    }
    static const char *const nothing[] = {"{}", "null"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_text(nothing[i], &event), TESS_OK);
        assert_int_equal(event.kind, LAMBDA_NOTHING);
        lambda_event_clear(&event);
    }
}

static void test_no_events(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "1",
        "\"g\"",
        "{\"a\":1}",
        "{\"counter\":1}",
        "{\"counter\":null}",
        "{\"warmer\":false}",
        "{\"warmup\":1}",
        "{\"source\":\"aws.s3\"}",
        "{\"warmer\":true,\"counter\":\"a\"}",
        "{\"counter\":\"a\",\"x\":1}",
        "{\"x\":1,\"counter\":\"a\"}",
        "{\"counter\":\"a\",\"uniqueGridId\":\"g\"}",
        "{\"uniqueGridId\":\"g\",\"SOURCE_BUCKET\":\"s\"}",
        "{\"SOURCE_BUCKET\":1}",
        "{\"SOURCE_BUCKET\":\"\"}",
        "{\"DESTINATION_BUCKET\":\"d\"}",
        "{\"SOURCE_BUCKET\":\"s\",\"DESTINATION_BUCKET\":2}",
        "{\"Records\":[]}",
        "{\"Records\":{}}",
        "{\"Records\":null}",
        "{\"Records\":[1]}",
        "{\"Records\":[{\"eventSource\":\"aws:s3\"}]}",
        "{\"Records\":[{\"messageId\":\"1\",\"body\":\"b\"}]}",
        "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"body\":\"b\"}]}",
        "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"messageId\":\"\",\"body\":\"b\"}]}",
        "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"messageId\":\"1\",\"body\":null}]}",
        "{\"version\":\"2.0\"}",
        "{\"version\":\"2.0\",\"rawPath\":\"/\"}",
        "{\"version\":\"2.0\",\"rawPath\":\"/\",\"requestContext\":null}",
        "{\"version\":\"2.0\",\"rawPath\":\"/\",\"requestContext\":{\"http\":{}}}",
        ("{\"version\":\"2.0\",\"httpMethod\":\"GET\",\"rawPath\":\"/"
         "\",\"requestContext\":{\"http\":{\"method\":\"GET\"}}}"),
        "{\"httpMethod\":\"GET\",\"rawPath\":\"/\"}",
        "{\"httpMethod\":\"GET\"}",
        "{\"httpMethod\":1,\"path\":\"/\"}",
        "{\"version\":\"1.0\",\"rawPath\":\"/\"}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"body\":1}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"body\":\"a\",\"isBase64Encoded\":true}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"body\":\"a\",\"isBase64Encoded\":\"true\"}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"queryStringParameters\":[]}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"queryStringParameters\":{\"a\":1}}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"multiValueQueryStringParameters\":{\"a\":\"1\"}}",
        "{\"httpMethod\":\"GET\",\"path\":\"/\",\"requestContext\":{\"elb\":{}}}",
        "{\"httpMethod\":\"GET\",\"httpMethod\":\"GET\",\"path\":\"/\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct lambda_event event;
        if (read_text(wrong[i], &event) != TESS_ERR_INVALID)
            fail_msg("an event was made of %s", wrong[i]);
        lambda_event_clear(&event);
    }
}

static void test_handlers(void **state)
{
    (void)state;
    assert_int_equal(lambda_handler_find(NULL), HANDLER_API);
    assert_int_equal(lambda_handler_find("api"), HANDLER_API);
    assert_int_equal(lambda_handler_find("index.api"), HANDLER_API);
    assert_int_equal(lambda_handler_find("src/a.b.add_image"), HANDLER_ADD_IMAGE);
    assert_int_equal(lambda_handler_find("create_grid"), HANDLER_GENERATE_GRID);
    assert_int_equal(lambda_handler_find("tessera.generate_grid"), HANDLER_GENERATE_GRID);
    assert_int_equal(lambda_handler_find("hit_counter"), HANDLER_HIT_COUNT);
    assert_int_equal(lambda_handler_find("getHitCount"), HANDLER_HIT_COUNT);
    static const char *const unknown[] = {"", "api.", "gethitcount", "index.handler", "api.py"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(lambda_handler_find(unknown[i]), HANDLER_UNKNOWN);
}

static void test_error_types(void **state)
{
    char type[LAMBDA_TYPE_BYTES];
    (void)state;
    lambda_error_type(TESS_ERR_NOT_FOUND, type);
    assert_string_equal(type, "Tessera.NotFound");
    lambda_error_type(TESS_ERR_TIMEOUT, type);
    assert_string_equal(type, "Tessera.Timeout");
}

/* Events as AWS documents them, where they are at hand. */
static void test_real_events(void **state)
{
    static const struct {
        const char *name;
        enum lambda_kind kind;
        const char *path, *query;
    } cases[] = {{"example-apigw-request.json", LAMBDA_PROXY, "/hello/world", "name=me"},
                 {"example-apigw-console-test-request.json", LAMBDA_PROXY, "/myPath", NULL},
                 {"example-apigw-sam-rest-request.json", LAMBDA_PROXY, "/test", NULL},
                 {"example-apigw-v2-request-multi-value-parameters.json", LAMBDA_PROXY, "/my/path",
                  "Parameter1=value1&Parameter1=value2"},
                 {"example-apigw-v2-request-no-authorizer.json", LAMBDA_PROXY, "/", ""},
                 {"example-sqs-event.json", LAMBDA_RECORDS, NULL, NULL}};
    (void)state;
    const char *source = getenv("TESSERA_SOURCE_DIR");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[1024], text[16384];
        struct lambda_event event;
        (void)snprintf(path, sizeof path, "%s/../shared/lambda-events/%s", source ? source : ".",
                       cases[i].name);
        FILE *file = fopen(path, "rb");
        if (!file) {
            (void)printf("skipped here: no %s\n", path);
            skip();
        }
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        (void)fclose(file);
        assert_int_equal(read_text(text, &event), TESS_OK);
        assert_int_equal(event.kind, cases[i].kind);
        if (cases[i].path)
            assert_string_equal(event.path, cases[i].path);
        if (cases[i].query)
            assert_string_equal(event.query, cases[i].query);
        lambda_event_clear(&event);
    }
}

/* 6 MB of event in base64 take tens of milliseconds, not seconds. */
static void test_large_event(void **state)
{
    enum { BODY = 6000000 };
    static const char head[] = "{\"httpMethod\":\"POST\",\"path\":\"/\",\"isBase64Encoded\":true,\"body\":\"";
    char *text = calloc(1, BODY + 256);
    struct lambda_event event;
    struct tess_error error;
    (void)state;
    assert_non_null(text);
    memcpy(text, head, sizeof head - 1);
    memset(text + sizeof head - 1, 'A', BODY);
    memcpy(text + sizeof head - 1 + BODY, "\"}", 3);
    const int64_t start_ms = cpu_time_ms();
    assert_int_equal(lambda_event_read(text, strlen(text), NULL, &event, &error), TESS_OK);
    const int64_t took_ms = cpu_time_ms() - start_ms;
    (void)printf("%d bytes: %lld ms of processor time\n", BODY, (long long)took_ms);
    assert_int_equal(event.body_bytes, BODY / 4 * 3);
    assert_true(took_ms < 20000); /* also under valgrind */
    lambda_event_clear(&event);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_v1),
        cmocka_unit_test(test_v2_and_its_stage),
        cmocka_unit_test(test_direct_forms),
        cmocka_unit_test(test_paths_of_gateways),
        cmocka_unit_test(test_unsure_paths_remove_nothing),
        cmocka_unit_test(test_no_events),
        cmocka_unit_test(test_handlers),
        cmocka_unit_test(test_error_types),
        cmocka_unit_test(test_real_events),
        cmocka_unit_test(test_large_event),
    };
    return cmocka_run_group_tests_name("lambda_event", tests, NULL, NULL);
}
