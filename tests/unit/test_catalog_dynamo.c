// SPDX-License-Identifier: MIT
/* The rows and counters of the DynamoDB catalog: what is asked, and what is made of answers good, bad,
 * damaged, lost and malicious. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dynamo_script.h"
#include "torture.h"

/* "key=added;" for each; stops after `most`. */
struct seen {
    char text[4096];
    size_t size, count, most;
};

static bool see(void *context, const struct catalog_entry *entry)
{
    struct seen *seen = context;
    const int length = snprintf(seen->text + seen->size, sizeof seen->text - seen->size, "%s=%" PRId64 ";",
                                entry->key, entry->added_ms);
    assert_true(length > 0 && (size_t)length < sizeof seen->text - seen->size);
    seen->size += (size_t)length;
    return ++seen->count != seen->most;
}

static enum tess_status list(struct dynamo_script *script, bool descending, struct seen *seen,
                             struct tess_error *error)
{
    const struct catalog_list request = {.grid_id = "holi\"day", .descending = descending};
    seen->size = seen->count = 0;
    seen->text[0] = '\0';
    return script->catalog->ops->list(script->catalog, &request, see, seen, error);
}

#define ROW(key) "{\"s3Key\":{\"S\":\"" key "\"}}"
#define NEXT(key) \
    ",\"LastEvaluatedKey\":{\"uniqueGridId\":{\"S\":\"holi\\\"day\"},\"s3Key\":{\"S\":\"" key "\"}}}"

static void test_list(void **state)
{
    struct dynamo_script *script = *state;
    struct seen seen = {.most = 0};
    SCRIPT_PLAY(
        script,
        {.operation = "Query",
         .holds = {"\"TableName\":\"Grids\"", ":{\"S\":\"holi\\\"day\"}",
                   "\"ScanIndexForward\":true,\"Limit\":128", "\"ConsistentRead\":true"},
         .lacks = "ExclusiveStartKey",
         .body = "{\"Items\":[" ROW("a") ",{\"s3Key\":{\"S\":\"\\u00e9\"},\"addedMs\":{\"N\":\"12\"}}]" NEXT(
             "\\u00e9")},
        {.operation = "Query",
         .holds =
             {"\"ExclusiveStartKey\":{\"uniqueGridId\":{\"S\":\"holi\\\"day\"},\"s3Key\":{\"S\":\"é\"}}"},
         .lacks = "Limit",
         .body = "{\"Items\":[]" NEXT("\\u00e9x")}, /* an empty page is no end */
        {.operation = "Query",
         .holds = {"\"s3Key\":{\"S\":\"éx\"}"},
         .body = "{\"Items\":[{\"s3Key\":{\"S\":\"😀\"},\"addedMs\":{\"N\":\"1.5\"},\"x\":{\"L\":[]}}]}"});
    assert_int_equal(list(script, false, &seen, NULL), TESS_OK);
    assert_string_equal(seen.text, "a=0;é=12;😀=0;");
    expect_played(script);

    SCRIPT_PLAY(script,
                {.operation = "Query",
                 .holds = {"\"ScanIndexForward\":false"},
                 .body = "{\"Items\":[" ROW("b") "]" NEXT("b")},
                {.operation = "Query",
                 .holds = {"\"s3Key\":{\"S\":\"b\"}"},
                 .body = "{\"Items\":[" ROW("a") "],\"Count\":1}"});
    assert_int_equal(list(script, true, &seen, NULL), TESS_OK);
    assert_string_equal(seen.text, "b=0;a=0;");
    expect_played(script);

    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[]}"});
    assert_int_equal(list(script, true, &seen, NULL), TESS_OK);
    assert_string_equal(seen.text, "");

    seen.most = 1;
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[" ROW("a") "," ROW("b") "]" NEXT("b")});
    assert_int_equal(list(script, false, &seen, NULL), TESS_OK);
    assert_string_equal(seen.text, "a=0;");
}

static void expect_page_refused(struct dynamo_script *script, bool descending, const char *words)
{
    struct seen seen = {.most = 0};
    struct tess_error error = {.message = ""};
    assert_int_equal(list(script, descending, &seen, &error), TESS_ERR_IO);
    expect_words(&error, "cannot list grid holi\"day: DynamoDB's answer makes no sense");
    expect_words(&error, words);
    expect_played(script);
}

static void test_list_refused(void **state)
{
    struct dynamo_script *script = *state;
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[]" NEXT("b")},
                {.operation = "Query", .body = "{\"Items\":[]" NEXT("b")});
    expect_page_refused(script, false, "leads back");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[]" NEXT("b")},
                {.operation = "Query", .body = "{\"Items\":[]" NEXT("a")});
    expect_page_refused(script, false, "leads back");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[" ROW("b") "]" NEXT("c")});
    expect_page_refused(script, true, "leads back");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[" ROW("a") "," ROW("a") "]}"});
    expect_page_refused(script, false, "not in order");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[" ROW("a") "," ROW("b") "]}"});
    expect_page_refused(script, true, "not in order");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[" ROW("a") "]" NEXT("a")},
                {.operation = "Query", .body = "{\"Items\":[" ROW("a") "]" NEXT("b")});
    expect_page_refused(script, false, "not in order");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[" ROW("") "]}"});
    expect_page_refused(script, false, "s3Key");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[{\"s3Key\":{\"N\":\"1\"}}]}"});
    expect_page_refused(script, false, "s3Key");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":{}}"});
    expect_page_refused(script, false, "Items");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[],\"LastEvaluatedKey\":7}"});
    expect_page_refused(script, false, "no key of the grid");
    SCRIPT_PLAY(script, {.operation = "Query",
                         .body = "{\"Items\":[],\"LastEvaluatedKey\":{\"uniqueGridId\":{\"S\":\"other\"},"
                                 "\"s3Key\":{\"S\":\"a\"}}}"});
    expect_page_refused(script, false, "no key of the grid");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "<html>"});
    expect_page_refused(script, false, "byte 1");
    SCRIPT_PLAY(script, {.operation = "Query", .body = "[]"});
    expect_page_refused(script, false, "no JSON object");
}

static void test_damaged(void **state)
{
    struct dynamo_script *script = *state;
    struct seen seen = {.most = 0};
    struct tess_error error = {.message = ""};
    SCRIPT_PLAY(script, {.operation = "Query", .body = "{\"Items\":[]}", .damaged = true},
                {.operation = "Query", .failure = HTTP_BROKEN},
                {.operation = "Query", .body = "{\"Items\":[" ROW("a") "]}"});
    assert_int_equal(list(script, false, &seen, NULL), TESS_OK);
    assert_string_equal(seen.text, "a=0;");
    expect_played(script);
    SCRIPT_PLAY(script, {.operation = "Query", .damaged = true}, {.operation = "Query", .damaged = true},
                {.operation = "Query", .damaged = true}, {.operation = "Query", .damaged = true});
    assert_int_equal(list(script, false, &seen, &error), TESS_ERR_IO);
    expect_words(&error, "x-amz-crc32");
    expect_played(script);
}

static void test_add(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    struct tess_error error = {.message = ""};
    char longest[DYNAMO_HASH_MAX_BYTES + 2];
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    SCRIPT_PLAY(script,
                {.operation = "PutItem",
                 .holds = {"\"Item\":{\"uniqueGridId\":{\"S\":\"g\\\\\"},\"s3Key\":{\"S\":\"a\\u0001\"},"
                           "\"addedMs\":{\"N\":"
                           "\"123\"}}",
                           "attribute_not_exists"}},
                {.operation = "PutItem",
                 .status = 400,
                 .body = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
                         "ConditionalCheckFailedException\",\"message\":\"no\"}"});
    assert_int_equal(ops->add(script->catalog, "g\\", "a\x01", 123, NULL), TESS_OK);
    assert_int_equal(ops->add(script->catalog, "g", "a", INT64_MIN, NULL), TESS_OK); /* it is there already */
    expect_played(script);
    assert_int_equal(ops->add(script->catalog, "g", "", 0, NULL), TESS_ERR_INVALID);
    assert_int_equal(ops->add(script->catalog, "g", "\xFF", 0, &error), TESS_ERR_INVALID);
    expect_words(&error, "UTF-8");
    assert_int_equal(
        ops->add(script->catalog, "g", longest + sizeof longest - 2 - DYNAMO_RANGE_MAX_BYTES, 0, &error),
        TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "key-bytes");
    expect_words(&error, "1025 bytes");
    assert_int_equal(ops->add(script->catalog, longest, "a", 0, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "grid-id-bytes");
    assert_int_equal(ops->counter_add(script->catalog, longest, 1, NULL, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "counter-name-bytes");
}

static void test_remove(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    bool removed = false;
    SCRIPT_PLAY(script,
                {.operation = "DeleteItem",
                 .holds = {"\"Key\":{\"uniqueGridId\":{\"S\":\"g\"},\"s3Key\":{\"S\":\"a\"}}",
                           "\"ReturnValues\":\"ALL_OLD\""},
                 .body = "{\"Attributes\":{\"s3Key\":{\"S\":\"a\"}}}"},
                {.operation = "DeleteItem"}, {.operation = "DeleteItem", .status = 500},
                {.operation = "DeleteItem"},
                {.operation = "DeleteItem", .status = 400, .body = "{\"__type\":\"a#ThrottlingException\"}"},
                {.operation = "DeleteItem"});
    assert_int_equal(ops->remove(script->catalog, "g", "a", &removed, NULL), TESS_OK);
    assert_true(removed);
    assert_int_equal(ops->remove(script->catalog, "g", "a", &removed, NULL), TESS_OK);
    assert_false(removed);
    assert_int_equal(ops->remove(script->catalog, "g", "a", &removed, NULL), TESS_OK);
    assert_true(removed); /* by the attempt whose answer was lost, as far as anyone can tell */
    assert_int_equal(ops->remove(script->catalog, "g", "a", &removed, NULL), TESS_OK);
    assert_false(removed);
    expect_played(script);
}

#define UNDONE(key) \
    "{\"DeleteRequest\":{\"Key\":{\"uniqueGridId\":{\"S\":\"g\"},\"s3Key\":{\"S\":\"" key "\"}}}}"

static void test_remove_many(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    struct tess_error error = {.message = ""};
    char texts[30][8];
    const char *keys[60];
    for (size_t i = 0; i < 60; i++) { /* each twice */
        (void)snprintf(texts[i % 30], sizeof texts[0], "k%02u", (unsigned)(i % 30));
        keys[i] = texts[i % 30];
    }
    SCRIPT_PLAY(
        script,
        {.operation = "BatchWriteItem",
         .holds = {"{\"RequestItems\":{\"Grids\":[" UNDONE("k00") "," UNDONE("k01"), UNDONE("k24") "]}}"},
         .lacks = "k25",
         .body = "{\"UnprocessedItems\":{\"Grids\":[" UNDONE("k24") "," UNDONE("k07") "]}}"},
        {.operation = "BatchWriteItem",
         .holds = {"[" UNDONE("k07") "," UNDONE("k24") "]"},
         .body = "{\"UnprocessedItems\":{}}"},
        {.operation = "BatchWriteItem", .holds = {"[" UNDONE("k25"), UNDONE("k29") "]"}, .lacks = "k24"});
    assert_int_equal(ops->remove_many(script->catalog, "g", keys, 60, NULL), TESS_OK);
    expect_played(script);
    assert_int_equal(ops->remove_many(script->catalog, "g", keys, 0, NULL), TESS_OK);

    SCRIPT_PLAY(script, {.operation = "BatchWriteItem",
                         .body = "{\"UnprocessedItems\":{\"Grids\":[" UNDONE("precious") "]}}"});
    assert_int_equal(ops->remove_many(script->catalog, "g", keys, 2, &error), TESS_ERR_IO);
    expect_words(&error, "not asked for");
    SCRIPT_PLAY(script, {.operation = "BatchWriteItem",
                         .body = "{\"UnprocessedItems\":{\"Other\":[" UNDONE("k00") "]}}"});
    assert_int_equal(ops->remove_many(script->catalog, "g", keys, 2, &error), TESS_ERR_IO);
    expect_words(&error, "another table");

    static struct script_step busy[11];
    for (size_t i = 0; i < 11; i++)
        busy[i] = (struct script_step){.operation = "BatchWriteItem",
                                       .body = "{\"UnprocessedItems\":{\"Grids\":[" UNDONE("k01") "]}}"};
    script->steps = busy;
    script->count = 11;
    script->at = 0;
    assert_int_equal(ops->remove_many(script->catalog, "g", keys, 2, &error), TESS_ERR_BUSY);
    expect_words(&error, "1 of them");
}

#define COUNTED(value) "{\"Attributes\":{\"counter-value\":{\"N\":\"" value "\"}}}"

static void test_counters(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    int64_t value = 0;
    SCRIPT_PLAY(
        script,
        {.operation = "UpdateItem",
         .holds =
             {"\"TableName\":\"Hits\",\"Key\":{\"counter-name\":{\"S\":\"c\"}},\"UpdateExpression\":\"ADD #c "
              ":step\"",
              "\":step\":{\"N\":\"1\"},\":low\":{\"N\":\"-9223372036854775808\"},"
              "\":high\":{\"N\":\"9223372036854775806\"}"},
         .body = COUNTED("9")},
        {.operation = "UpdateItem",
         .holds = {"\":step\":{\"N\":\"-9223372036854775808\"},\":low\":{\"N\":\"0\"},"
                   "\":high\":{\"N\":\"9223372036854775807\"}"},
         .body = COUNTED("-9223372036854775808")},
        {.operation = "GetItem",
         .holds = {"\"ConsistentRead\":true"},
         .body = "{\"Item\":{\"counter-value\":{\"N\":\"8\"}}}"},
        {.operation = "GetItem"}, {.operation = "GetItem", .body = "{\"Item\":{}}"},
        {.operation = "UpdateItem", .holds = {"\"SET #c = :value\"", "\":value\":{\"N\":\"-7\"}"}});
    assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, NULL), TESS_OK);
    assert_true(value == 9);
    assert_int_equal(ops->counter_add(script->catalog, "c", INT64_MIN, &value, NULL), TESS_OK);
    assert_true(value == INT64_MIN);
    assert_int_equal(ops->counter_get(script->catalog, "c", &value, NULL), TESS_OK);
    assert_true(value == 8);
    assert_int_equal(ops->counter_get(script->catalog, "c", &value, NULL), TESS_OK);
    assert_true(value == 0);
    value = 5;
    assert_int_equal(ops->counter_get(script->catalog, "c", &value, NULL), TESS_OK);
    assert_true(value == 0);
    assert_int_equal(ops->counter_set(script->catalog, "c", -7, NULL), TESS_OK);
    expect_played(script);
}

static void test_counter_failures(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    struct tess_error error = {.message = ""};
    int64_t value = 5;
    /* may have been counted: asked once only */
    SCRIPT_PLAY(script, {.operation = "UpdateItem", .status = 500},
                {.operation = "UpdateItem", .failure = HTTP_BROKEN},
                {.operation = "UpdateItem", .failure = HTTP_STOPPED},
                {.operation = "UpdateItem", .body = COUNTED("9"), .damaged = true},
                {.operation = "UpdateItem", .body = "{\"Attributes\""});
    for (size_t i = 0; i < 5; i++) {
        error.message[0] = '\0';
        assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, &error), TESS_ERR_IO);
        expect_words(&error, "the hit may or may not have been counted");
        assert_int_equal(script->at, i + 1);
    }
    /* has not: may be asked again */
    SCRIPT_PLAY(script,
                {.operation = "UpdateItem",
                 .status = 400,
                 .body = "{\"__type\":\"x#ProvisionedThroughputExceededException\"}"},
                {.operation = "UpdateItem", .body = COUNTED("10")});
    assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, NULL), TESS_OK);
    assert_true(value == 10);
    SCRIPT_PLAY(
        script,
        {.operation = "UpdateItem",
         .status = 400,
         .body = "{\"__type\":\"x#ConditionalCheckFailedException\"}"},
        {.operation = "GetItem", .body = "{\"Item\":{\"counter-value\":{\"N\":\"9223372036854775807\"}}}"},
        {.operation = "GetItem", .body = "{\"Item\":{\"counter-value\":{\"N\":\"12345678901234567890\"}}}"},
        {.operation = "GetItem", .body = "{\"Item\":{\"counter-value\":{\"S\":\"9\"}}}"},
        {.operation = "UpdateItem",
         .status = 400,
         .body = "{\"__type\":\"x#ValidationException\",\"Message\":\"bad\\nday\"}"});
    assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "counter-value");
    expect_words(&error, "nothing was counted");
    assert_int_equal(ops->counter_get(script->catalog, "c", &value, &error), TESS_ERR_LIMIT);
    expect_words(&error, "12345678901234567890");
    assert_int_equal(ops->counter_get(script->catalog, "c", &value, &error), TESS_ERR_SETUP);
    assert_int_equal(ops->counter_set(script->catalog, "c", 1, &error), TESS_ERR_SETUP);
    expect_words(&error, "bad?day");
    assert_true(value == 10);
}

/* A refusal is none where an attempt before it may have been carried out. */
static void test_add_in_doubt(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    SCRIPT_PLAY(script,
                {.operation = "PutItem",
                 .status = 400,
                 .body = "{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"no\"}"},
                {.operation = "PutItem", .failure = HTTP_BROKEN},
                {.operation = "PutItem",
                 .status = 400,
                 .body = "{\"__type\":\"x#AccessDeniedException\",\"Message\":\"no\"}"});
    assert_int_equal(ops->add(script->catalog, "g", "a", 1, NULL), TESS_ERR_SETUP);
    assert_int_equal(ops->add(script->catalog, "g", "a", 1, NULL), TESS_ERR_IO);
    expect_played(script);
}

struct scanned {
    char text[200];
    size_t most;
};

static bool note_row(void *context, const char *grid_id, const char *key)
{
    struct scanned *scanned = context;
    const size_t used = strlen(scanned->text);
    (void)snprintf(scanned->text + used, sizeof scanned->text - used, "%s/%s ", grid_id, key);
    return --scanned->most > 0;
}

#define SCANNED(grid, key) "{\"uniqueGridId\":{\"S\":\"" grid "\"},\"s3Key\":{\"S\":\"" key "\"}}"

static void test_scan(void **state)
{
    struct dynamo_script *script = *state;
    struct scanned scanned = {.most = 9};
    struct tess_error error = {.message = ""};
    SCRIPT_PLAY(script,
                {.operation = "Scan",
                 .holds = {"\"TableName\":\"Grids\"", "\"ConsistentRead\":true"},
                 .lacks = "ExclusiveStartKey",
                 .body = "{\"Items\":[" SCANNED("g", "a") "],\"LastEvaluatedKey\":" SCANNED("g", "a") "}"},
                {.operation = "Scan",
                 .holds = {"\"ExclusiveStartKey\":" SCANNED("g", "a")},
                 .body = "{\"Items\":[],\"LastEvaluatedKey\":" SCANNED("h", "b") "}"},
                {.operation = "Scan",
                 .holds = {"\"ExclusiveStartKey\":" SCANNED("h", "b")},
                 .body = "{\"Items\":[" SCANNED("i", "c") "," SCANNED("i", "d") "]}"});
    assert_int_equal(catalog_dynamo_scan(script->catalog, note_row, &scanned, NULL), TESS_OK);
    assert_string_equal(scanned.text, "g/a i/c i/d ");
    expect_played(script);
    /* As far as is wanted; and not in circles. */
    scanned = (struct scanned){.most = 1};
    SCRIPT_PLAY(script, {.operation = "Scan",
                         .body = "{\"Items\":[" SCANNED("g", "a") "," SCANNED(
                             "g", "b") "],\"LastEvaluatedKey\":" SCANNED("g", "b") "}"});
    assert_int_equal(catalog_dynamo_scan(script->catalog, note_row, &scanned, NULL), TESS_OK);
    assert_string_equal(scanned.text, "g/a ");
    scanned.most = 9;
    SCRIPT_PLAY(script,
                {.operation = "Scan", .body = "{\"Items\":[],\"LastEvaluatedKey\":" SCANNED("g", "b") "}"},
                {.operation = "Scan", .body = "{\"Items\":[],\"LastEvaluatedKey\":" SCANNED("g", "b") "}"});
    assert_int_equal(catalog_dynamo_scan(script->catalog, note_row, &scanned, &error), TESS_ERR_IO);
    expect_words(&error, "leads nowhere");
    expect_played(script);
}

/* A fraction shows in the answer only; the step is taken back, and nothing of it is counted. */
static void test_counter_of_fractions(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    struct tess_error error = {.message = ""};
    int64_t value = 10;
    SCRIPT_PLAY(script,
                {.operation = "UpdateItem", .holds = {"\":step\":{\"N\":\"1\"}"}, .body = COUNTED("8.5")},
                {.operation = "UpdateItem", .holds = {"\":step\":{\"N\":\"-1\"}"}, .body = COUNTED("7.5")});
    assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, &error), TESS_ERR_SETUP);
    expect_words(&error, "8.5, which is no whole number");
    expect_words(&error, "--set");
    assert_null(strstr(error.message, "all the same"));
    /* Others count meanwhile: theirs stays. */
    SCRIPT_PLAY(script, {.operation = "UpdateItem", .body = COUNTED("8.5")},
                {.operation = "UpdateItem", .body = COUNTED("8.5")});
    assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, &error), TESS_ERR_SETUP);
    /* It cannot be taken back: then that is said. */
    SCRIPT_PLAY(script, {.operation = "UpdateItem", .body = COUNTED("8.5")},
                {.operation = "UpdateItem",
                 .status = 400,
                 .body = "{\"__type\":\"x#AccessDeniedException\",\"Message\":\"no\"}"});
    assert_int_equal(ops->counter_add(script->catalog, "c", 1, &value, &error), TESS_ERR_SETUP);
    expect_words(&error, "was added all the same");
    assert_true(value == 10);
    expect_played(script);
}

static void test_explained(void **state)
{
    struct dynamo_script *script = *state;
    struct tess_error error = {.message = ""};
    struct seen seen = {.most = 0};
    SCRIPT_PLAY(
        script,
        {.operation = "Query",
         .status = 400,
         .body = "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"Message\":\"User: me\"}"},
        {.operation = "Query",
         .status = 400,
         .body = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
                 "ResourceNotFoundException\",\"message\":\"Requested resource\"}"},
        {.operation = "Query", .status = 403, .body = "<html>"},
        {.operation = "Query",
         .status = 400,
         .body = "{\"__type\":\"x#UnrecognizedClientException\",\"message\":\"token\"}"});
    assert_int_equal(list(script, false, &seen, &error), TESS_ERR_DENIED);
    expect_words(&error, "dynamodb:Query on table Grids in eu-north-1; DynamoDB says: User: me");
    assert_int_equal(list(script, false, &seen, &error), TESS_ERR_SETUP);
    expect_words(&error, "no table Grids");
    expect_words(&error, "`tessera init`");
    assert_int_equal(list(script, false, &seen, &error), TESS_ERR_DENIED);
    expect_words(&error, "dynamodb:Query on table Grids");
    assert_int_equal(list(script, false, &seen, &error), TESS_ERR_SETUP);
    expect_words(&error, "UnrecognizedClientException: token");
    expect_played(script);
}

static void test_open(void **state)
{
    (void)state;
    struct dynamo_script script = {.catalog = NULL};
    struct tess_error error = {.message = ""};
    struct dynamo_table table;
    assert_int_equal(script_make_aws(&script, true, NULL), TESS_OK);
    static const char *const names[][2] = {{"ab", "Hits"}, {"Grids", "a b"}, {"Grids", ""}, {"Same", "Same"}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(catalog_dynamo_open(script.aws, names[i][0], names[i][1], &script.catalog, &error),
                         TESS_ERR_INVALID);
        assert_null(script.catalog);
    }
    aws_destroy(script.aws);
    assert_int_equal(script_make_aws(&script, false, NULL), TESS_OK);
    assert_int_equal(catalog_dynamo_open(script.aws, "Grids", "Hits", &script.catalog, &error),
                     TESS_ERR_SETUP);
    expect_words(&error, "region");
    assert_int_equal(catalog_dynamo_describe(script.aws, "Grids", NULL, &table, &error), TESS_ERR_SETUP);
    aws_destroy(script.aws);
}

static enum tess_status tortured(void *context, struct tess_error *error)
{
    (void)context;
    struct dynamo_script script;
    struct seen seen = {.most = 0};
    const char *keys[] = {"a", "b"};
    int64_t value = 0;
    enum tess_status status = script_open(&script, error);
    SCRIPT_PLAY(&script, {.operation = "Query", .body = "{\"Items\":[" ROW("a") "]" NEXT("a")},
                {.operation = "Query", .body = "{\"Items\":[" ROW("b") "]}"}, {.operation = "BatchWriteItem"},
                {.operation = "UpdateItem", .body = COUNTED("9")});
    if (status == TESS_OK)
        status = list(&script, false, &seen, error);
    if (status == TESS_OK)
        status = script.catalog->ops->remove_many(script.catalog, "g", keys, 2, error);
    if (status == TESS_OK)
        status = script.catalog->ops->counter_add(script.catalog, "c", 1, &value, error);
    if (status == TESS_OK)
        expect_played(&script);
    script_close(&script);
    return status;
}

static void test_torture(void **state)
{
    (void)state;
    assert_true(torture_loop(TORTURE_MEMORY, tortured, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_list_refused, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_damaged, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_add, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_remove, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_remove_many, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_counters, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_counter_failures, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_add_in_doubt, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_scan, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_counter_of_fractions, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_explained, script_setup, script_teardown),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
