// SPDX-License-Identifier: MIT
/* The tables of the DynamoDB catalog: looked at, made, waited for, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dynamo_script.h"
#include "torture.h"

enum { STEPS_MAX = 40 };

#define NO_TABLE \
    .status = 400, .body = "{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"no such table\"}"
#define TABLE(state, keys, types)                                            \
    .body = "{\"Table\":{\"TableStatus\":\"" state "\",\"KeySchema\":[" keys \
            "],\"AttributeDefinitions\":[" types "],\"TableSizeBytes\":1}}"
#define KEY(name, kind)  "{\"AttributeName\":\"" name "\",\"KeyType\":\"" kind "\"}"
#define TYPE(name, kind) "{\"AttributeName\":\"" name "\",\"AttributeType\":\"" kind "\"}"
#define GRIDS(state)                                                    \
    TABLE(state, KEY("uniqueGridId", "HASH") "," KEY("s3Key", "RANGE"), \
          TYPE("s3Key", "S") "," TYPE("uniqueGridId", "S"))
#define HITS(state) TABLE(state, KEY("counter-name", "HASH"), TYPE("counter-name", "S"))

static void test_tables(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    bool created = true;
    SCRIPT_PLAY(script,
                {.operation = "DescribeTable", .holds = {"{\"TableName\":\"Grids\"}"}, GRIDS("ACTIVE")},
                {.operation = "DescribeTable", .holds = {"{\"TableName\":\"Hits\"}"}, HITS("ACTIVE")});
    assert_int_equal(ops->ensure_tables(script->catalog, &created, NULL), TESS_OK);
    assert_false(created);
    expect_played(script);

    SCRIPT_PLAY(script, {.operation = "DescribeTable", NO_TABLE}, {.operation = "DescribeTable", NO_TABLE},
                {.operation = "CreateTable",
                 .holds = {"\"TableName\":\"Grids\",\"BillingMode\":\"PAY_PER_REQUEST\"",
                           "[" KEY("uniqueGridId", "HASH") "," KEY("s3Key", "RANGE") "]",
                           "[" TYPE("uniqueGridId", "S") "," TYPE("s3Key", "S") "]"}},
                {.operation = "CreateTable",
                 .holds = {"[" KEY("counter-name", "HASH") "]", "[" TYPE("counter-name", "S") "]"},
                 .status = 400,
                 .body = "{\"__type\":\"x#ResourceInUseException\"}"}, /* somebody was quicker */
                {.operation = "DescribeTable", NO_TABLE}, {.operation = "DescribeTable", GRIDS("CREATING")},
                {.operation = "DescribeTable", GRIDS("ACTIVE")},
                {.operation = "DescribeTable", HITS("ACTIVE")});
    assert_int_equal(ops->ensure_tables(script->catalog, &created, NULL), TESS_OK);
    assert_true(created);
    expect_played(script);

    static struct script_step slow[STEPS_MAX];
    for (size_t i = 0; i < STEPS_MAX; i++)
        slow[i] = (struct script_step){.operation = "DescribeTable", GRIDS("CREATING")};
    slow[1] = (struct script_step){.operation = "DescribeTable", HITS("UPDATING")};
    script->steps = slow;
    script->count = STEPS_MAX;
    script->at = 0;
    script->slept_ms = 0;
    struct tess_error error = {.message = ""};
    assert_int_equal(ops->ensure_tables(script->catalog, NULL, &error), TESS_ERR_TIMEOUT);
    expect_words(&error, "Grids is still being created");
    assert_in_range(script->slept_ms, 60000, 63000);
}

static void test_wrong_tables(void **state)
{
    struct dynamo_script *script = *state;
    const struct catalog_ops *ops = script->catalog->ops;
    struct tess_error error = {.message = ""};
    SCRIPT_PLAY(
        script, {.operation = "DescribeTable", HITS("ACTIVE")}, /* the two are swapped */
        {.operation = "DescribeTable", GRIDS("ACTIVE")}, {.operation = "DescribeTable", GRIDS("ACTIVE")},
        {.operation = "DescribeTable", GRIDS("ACTIVE")},
        {.operation = "DescribeTable",
         TABLE("ACTIVE", KEY("counter-name", "HASH"), TYPE("counter-name", "N"))},
        {.operation = "DescribeTable", GRIDS("DELETING")}, {.operation = "DescribeTable", HITS("ACTIVE")},
        {.operation = "DescribeTable", GRIDS("DELETING")},
        {.operation = "DescribeTable", .body = "{\"Table\":{}}"});
    assert_int_equal(ops->ensure_tables(script->catalog, NULL, &error), TESS_ERR_INVALID);
    expect_words(&error, "has the key counter-name (S); expected is uniqueGridId (S) and s3Key (S)");
    script->at = 2;
    assert_int_equal(ops->ensure_tables(script->catalog, NULL, &error), TESS_ERR_INVALID);
    expect_words(&error, "has the key uniqueGridId (S) and s3Key (S); expected is counter-name (S) alone");
    script->at = 3;
    assert_int_equal(ops->ensure_tables(script->catalog, NULL, &error), TESS_ERR_INVALID);
    expect_words(&error, "has the key counter-name (N)");
    assert_int_equal(ops->ensure_tables(script->catalog, NULL, &error), TESS_ERR_BUSY);
    expect_words(&error, "DELETING");
    assert_int_equal(ops->ensure_tables(script->catalog, NULL, &error), TESS_ERR_IO);
    expect_words(&error, "TableStatus");
    expect_played(script);
}

static void test_describe(void **state)
{
    struct dynamo_script *script = *state;
    struct dynamo_table table;
    SCRIPT_PLAY(
        script, {.operation = "DescribeTable", NO_TABLE}, {.operation = "DescribeTable", GRIDS("ACTIVE")},
        {.operation = "DescribeTable", .status = 400, .body = "{\"__type\":\"x#AccessDeniedException\"}"},
        {.operation = "DescribeTable",
         TABLE("ACTIVE", KEY("a", "HASH") "," KEY("b", "HASH"), TYPE("a", "S"))},
        {.operation = "DescribeTable", TABLE("ACTIVE", KEY("a", "HASH"), TYPE("b", "S"))},
        {.operation = "DescribeTable", TABLE("ACTIVE", "", "")});
    assert_int_equal(catalog_dynamo_describe(script->aws, "Grids", NULL, &table, NULL), TESS_OK);
    assert_false(table.exists);
    assert_int_equal(catalog_dynamo_describe(script->aws, "Grids", NULL, &table, NULL), TESS_OK);
    assert_true(table.exists);
    assert_string_equal(table.state, "ACTIVE");
    assert_string_equal(table.hash.name, "uniqueGridId");
    assert_string_equal(table.range.name, "s3Key");
    assert_string_equal(table.range.type, "S");
    struct tess_error error = {.message = ""};
    assert_int_equal(catalog_dynamo_describe(script->aws, "Grids", NULL, &table, &error), TESS_ERR_DENIED);
    expect_words(&error, "dynamodb:DescribeTable");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(catalog_dynamo_describe(script->aws, "Grids", NULL, &table, &error), TESS_ERR_IO);
        expect_words(&error, "KeySchema");
        assert_false(table.exists);
    }
    expect_played(script);
}

static enum tess_status tortured(void *context, struct tess_error *error)
{
    (void)context;
    struct dynamo_script script;
    enum tess_status status = script_open(&script, error);
    SCRIPT_PLAY(&script, {.operation = "DescribeTable", NO_TABLE},
                {.operation = "DescribeTable", HITS("ACTIVE")}, {.operation = "CreateTable"},
                {.operation = "DescribeTable", GRIDS("ACTIVE")});
    if (status == TESS_OK)
        status = script.catalog->ops->ensure_tables(script.catalog, NULL, error);
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
        cmocka_unit_test_setup_teardown(test_tables, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_tables, script_setup, script_teardown),
        cmocka_unit_test_setup_teardown(test_describe, script_setup, script_teardown),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
