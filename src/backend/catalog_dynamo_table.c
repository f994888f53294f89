// SPDX-License-Identifier: MIT
/*
 * The tables: what is there, is it what we need, and making what is missing. Tables of ours are billed by
 * request, so that one that nobody uses costs nothing.
 */
#include <stdio.h>
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"
#include "net/json.h"
#include "net/shown.h"

enum { READY_LIMIT_MS = 60000, FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2000 };

static const struct key_names {
    const char *hash, *range; /* of type S */
    const char *text;
} needed_keys[] = {
    [DYNAMO_GRIDS] = {"uniqueGridId", "s3Key", "uniqueGridId (S) and s3Key (S)"},
    [DYNAMO_COUNTERS] = {"counter-name", "", "counter-name (S) alone"},
};

static bool copy_text(char *text_out, size_t size, const char *text)
{
    const int length = text ? snprintf(text_out, size, "%s", text) : -1;
    return length > 0 && (size_t)length < size;
}

/* The type of the key's attribute. */
static bool read_type(const cJSON *table, struct dynamo_key *key)
{
    const cJSON *attribute = NULL;
    cJSON_ArrayForEach(attribute, json_array_at(table, "AttributeDefinitions"))
    {
        const char *name = json_text_at(attribute, "AttributeName");
        if (name && strcmp(name, key->name) == 0)
            return copy_text(key->type, sizeof key->type, json_text_at(attribute, "AttributeType"));
    }
    return false;
}

const char *dynamo_read_table(const cJSON *answer, struct dynamo_table *table_out)
{
    const cJSON *table = json_object_at(answer, "Table"), *element = NULL;
    memset(table_out, 0, sizeof *table_out);
    if (!table || !copy_text(table_out->state, sizeof table_out->state, json_text_at(table, "TableStatus")))
        return "it has no TableStatus";
    cJSON_ArrayForEach(element, json_array_at(table, "KeySchema"))
    {
        const char *kind = json_text_at(element, "KeyType");
        struct dynamo_key *key = kind && strcmp(kind, "HASH") == 0    ? &table_out->hash
                                 : kind && strcmp(kind, "RANGE") == 0 ? &table_out->range
                                                                      : NULL;
        if (!key || key->name[0] != '\0' ||
            !copy_text(key->name, sizeof key->name, json_text_at(element, "AttributeName")) ||
            !read_type(table, key))
            return "its KeySchema cannot be";
    }
    if (table_out->hash.name[0] == '\0')
        return "it has no KeySchema";
    table_out->exists = true;
    return NULL;
}

static enum tess_status describe(const struct dynamo *dynamo, const char *table, const struct stop *stop,
                                 struct dynamo_table *table_out, struct tess_error *error)
{
    char what[DYNAMO_WHAT_BYTES];
    struct bytes request;
    struct dynamo_answer answer = {0};
    memset(table_out, 0, sizeof *table_out);
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    (void)snprintf(what, sizeof what, "look at table %s", shown_text(table, 80).text);
    const struct dynamo_call call = {
        .operation = "DescribeTable", .table = table, .what = what, .request = &request, .stop = stop};
    enum tess_status status = dynamo_write(&request, error, "{'TableName':%s}", table);
    if (status == TESS_OK)
        status = dynamo_ask(dynamo, &call, &answer, error);
    if (status == TESS_OK) {
        const char *why = dynamo_read_table(answer.json, table_out);
        if (why)
            status = dynamo_nonsense(&call, why, error);
    } else if (strcmp(answer.code, "ResourceNotFoundException") == 0) {
        status = TESS_OK;
    }
    dynamo_answer_clear(&answer);
    bytes_clear(&request);
    return status;
}

enum tess_status catalog_dynamo_describe(struct aws *aws, const char *table, const struct stop *stop,
                                         struct dynamo_table *table_out, struct tess_error *error)
{
    struct dynamo dynamo;
    memset(table_out, 0, sizeof *table_out);
    enum tess_status status = dynamo_init(&dynamo, aws, error);
    return status == TESS_OK ? describe(&dynamo, table, stop, table_out, error) : status;
}

static bool fits(const struct dynamo_key *key, const char *name)
{
    return strcmp(key->name, name) == 0 && (name[0] == '\0' || strcmp(key->type, "S") == 0);
}

/* "uniqueGridId (S) and s3Key (S)" */
static void show_key(char text_out[DYNAMO_WHAT_BYTES], const struct dynamo_key *hash,
                     const struct dynamo_key *range)
{
    const struct shown first = shown_text(hash->name, 60), second = shown_text(range->name, 60);
    if (range->name[0] != '\0')
        (void)snprintf(text_out, DYNAMO_WHAT_BYTES, "%s (%s) and %s (%s)", first.text, hash->type,
                       second.text, range->type);
    else
        (void)snprintf(text_out, DYNAMO_WHAT_BYTES, "%s (%s)", first.text, hash->type);
}

enum tess_status catalog_dynamo_check_key(enum dynamo_table_kind kind, const char *table,
                                          const struct dynamo_table *found, struct tess_error *error)
{
    const struct key_names *needed = &needed_keys[kind];
    char found_text[DYNAMO_WHAT_BYTES];
    if (fits(&found->hash, needed->hash) && fits(&found->range, needed->range))
        return TESS_OK;
    show_key(found_text, &found->hash, &found->range);
    return error_set(error, TESS_ERR_INVALID,
                     "table %s has the key %s; expected is %s: name another table with %s", table, found_text,
                     needed->text, kind == DYNAMO_GRIDS ? "GRID_TABLE" : "COUNTER_TABLE");
}

static enum tess_status create(const struct dynamo *dynamo, enum dynamo_table_kind kind, const char *table,
                               struct tess_error *error)
{
    char what[DYNAMO_WHAT_BYTES];
    struct bytes request;
    struct dynamo_answer answer = {0};
    const struct key_names *key = &needed_keys[kind];
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    (void)snprintf(what, sizeof what, "create table %s", shown_text(table, 80).text);
    const struct dynamo_call call = {
        .operation = "CreateTable", .table = table, .what = what, .request = &request};
    enum tess_status status = dynamo_write(
        &request, error,
        "{'TableName':%s,'BillingMode':'PAY_PER_REQUEST','KeySchema':[{'AttributeName':%s,'KeyType':'HASH'}",
        table, key->hash);
    if (status == TESS_OK && key->range[0])
        status = dynamo_write(&request, error, ",{'AttributeName':%s,'KeyType':'RANGE'}", key->range);
    if (status == TESS_OK)
        status = dynamo_write(
            &request, error, "],'AttributeDefinitions':[{'AttributeName':%s,'AttributeType':'S'}", key->hash);
    if (status == TESS_OK && key->range[0])
        status = dynamo_write(&request, error, ",{'AttributeName':%s,'AttributeType':'S'}", key->range);
    if (status == TESS_OK)
        status = dynamo_write(&request, error, "]}");
    if (status == TESS_OK)
        status = dynamo_ask(dynamo, &call, &answer, error);
    /* Somebody else made it meanwhile, or an attempt of ours whose answer was lost. */
    if (status != TESS_OK && strcmp(answer.code, "ResourceInUseException") == 0)
        status = TESS_OK;
    dynamo_answer_clear(&answer);
    bytes_clear(&request);
    return status;
}

/* Until it can be used. A table that was just asked for may be unknown for a moment yet. */
static enum tess_status await(const struct dynamo *dynamo, enum dynamo_table_kind kind, const char *table,
                              struct tess_error *error)
{
    int64_t waited_ms = 0, pause_ms = FIRST_PAUSE_MS;
    struct dynamo_table found;
    enum tess_status status = describe(dynamo, table, NULL, &found, error);
    while (status == TESS_OK) {
        const bool is_coming = !found.exists || strcmp(found.state, "CREATING") == 0;
        if (found.exists && (strcmp(found.state, "ACTIVE") == 0 || strcmp(found.state, "UPDATING") == 0))
            return catalog_dynamo_check_key(kind, table, &found, error);
        if (!is_coming)
            return error_set(error, TESS_ERR_BUSY, "table %s cannot be used: DynamoDB says that it is %s",
                             table, shown_text(found.state, sizeof found.state).text);
        if (waited_ms >= READY_LIMIT_MS)
            return error_set(error, TESS_ERR_TIMEOUT,
                             "table %s is still being created after %d s; try again later", table,
                             READY_LIMIT_MS / 1000);
        status = dynamo->sleep_ms(dynamo->sleep_context, NULL, pause_ms, error);
        waited_ms += pause_ms;
        pause_ms = pause_ms * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause_ms * 2;
        if (status == TESS_OK)
            status = describe(dynamo, table, NULL, &found, error);
    }
    return status;
}

enum tess_status catalog_dynamo_ensure_tables(struct catalog *base, bool *created_out,
                                              struct tess_error *error)
{
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    const struct dynamo *dynamo = &catalog->dynamo;
    const char *const tables[] = {
        [DYNAMO_GRIDS] = catalog->grid_table, [DYNAMO_COUNTERS] = catalog->counter_table};
    struct dynamo_table found[2] = {{.exists = false}};
    enum tess_status status = TESS_OK;
    if (created_out)
        *created_out = false;
    /* Both are looked at before one is made, and both are made before one is waited for. */
    for (int kind = DYNAMO_GRIDS; kind <= DYNAMO_COUNTERS && status == TESS_OK; kind++) {
        status = describe(dynamo, tables[kind], NULL, &found[kind], error);
        if (status == TESS_OK && found[kind].exists)
            status =
                catalog_dynamo_check_key((enum dynamo_table_kind)kind, tables[kind], &found[kind], error);
    }
    for (int kind = DYNAMO_GRIDS; kind <= DYNAMO_COUNTERS && status == TESS_OK; kind++) {
        if (found[kind].exists)
            continue;
        status = create(dynamo, (enum dynamo_table_kind)kind, tables[kind], error);
        if (status == TESS_OK && created_out)
            *created_out = true;
    }
    for (int kind = DYNAMO_GRIDS; kind <= DYNAMO_COUNTERS && status == TESS_OK; kind++) {
        if (!found[kind].exists || strcmp(found[kind].state, "ACTIVE") != 0)
            status = await(dynamo, (enum dynamo_table_kind)kind, tables[kind], error);
    }
    return status;
}
