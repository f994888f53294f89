// SPDX-License-Identifier: MIT
/*
 * Mapping and unmapping keys. All of it may be repeated without harm: a row that is there stays as it is (the
 * time of its first adding, and whatever others keep in it), one that is gone is gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"
#include "net/json.h"
#include "net/random.h"
#include "net/shown.h"

enum { SHOWN_KEY_BYTES = 80, ROUNDS_WITHOUT_PROGRESS = 10 };

static enum tess_status check_row(const char *grid_id, const char *key, struct tess_error *error)
{
    enum tess_status status =
        dynamo_check_key_text("grid id", "grid-id-bytes", grid_id, DYNAMO_HASH_MAX_BYTES, error);
    return status == TESS_OK ? dynamo_check_key_text("key", "key-bytes", key, DYNAMO_RANGE_MAX_BYTES, error)
                             : status;
}

static void describe_row(char what_out[DYNAMO_WHAT_BYTES], const char *verb, const char *key,
                         const char *preposition, const char *grid_id)
{
    (void)snprintf(what_out, DYNAMO_WHAT_BYTES, "%s %s %s grid %s", verb,
                   shown_text(key, SHOWN_KEY_BYTES).text, preposition,
                   shown_text(grid_id, SHOWN_KEY_BYTES).text);
}

/* An attempt before the one that was refused may have been carried out: "refused" is not what came of it. */
static enum tess_status dynamo_doubt(enum tess_status status, struct tess_error *error)
{
    if (status == TESS_ERR_TIMEOUT || status == TESS_ERR_BUSY || status == TESS_ERR_CANCELLED)
        return status;
    if (error)
        error->status = TESS_ERR_IO;
    return TESS_ERR_IO;
}

enum tess_status catalog_dynamo_add(struct catalog *base, const char *grid_id, const char *key,
                                    int64_t added_ms, struct tess_error *error)
{
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    char number[24], what[DYNAMO_WHAT_BYTES];
    struct bytes request;
    struct dynamo_answer answer = {0};
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    describe_row(what, "map", key, "to", grid_id);
    (void)snprintf(number, sizeof number, "%" PRId64, added_ms);
    const struct dynamo_call call = {
        .operation = "PutItem", .table = catalog->grid_table, .what = what, .request = &request};
    enum tess_status status = check_row(grid_id, key, error);
    if (status == TESS_OK)
        status = dynamo_write(
            &request, error,
            "{'TableName':%s,'Item':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s},'addedMs':{'N':%s}},"
            "'ConditionExpression':'attribute_not_exists(#k)','ExpressionAttributeNames':{'#k':'s3Key'}}",
            catalog->grid_table, grid_id, key, number);
    if (status == TESS_OK)
        status = dynamo_ask(&catalog->dynamo, &call, &answer, error);
    if (status != TESS_OK && strcmp(answer.code, "ConditionalCheckFailedException") == 0)
        status = TESS_OK; /* it is there */
    else if (status != TESS_OK && answer.ambiguous)
        status = dynamo_doubt(status, error);
    dynamo_answer_clear(&answer);
    bytes_clear(&request);
    return status;
}

enum tess_status catalog_dynamo_remove(struct catalog *base, const char *grid_id, const char *key,
                                       bool *removed_out, struct tess_error *error)
{
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    char what[DYNAMO_WHAT_BYTES];
    struct bytes request;
    struct dynamo_answer answer = {0};
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    describe_row(what, "unmap", key, "from", grid_id);
    const struct dynamo_call call = {
        .operation = "DeleteItem", .table = catalog->grid_table, .what = what, .request = &request};
    enum tess_status status = check_row(grid_id, key, error);
    if (status == TESS_OK)
        status = dynamo_write(&request, error,
                              "{'TableName':%s,'Key':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s}},"
                              "'ReturnValues':'ALL_OLD'}",
                              catalog->grid_table, grid_id, key);
    if (status == TESS_OK)
        status = dynamo_ask(&catalog->dynamo, &call, &answer, error);
    /* After an attempt whose answer was lost the row may be gone because of us. */
    if (status == TESS_OK && removed_out)
        *removed_out = answer.may_have_acted_before || json_object_at(answer.json, "Attributes");
    dynamo_answer_clear(&answer);
    bytes_clear(&request);
    return status;
}

/* Up to 25 keys, all different. `left` says which of them are still to do. */
struct batch {
    const char *grid_id;
    const char *const *keys;
    size_t count;
    bool left[DYNAMO_BATCH_KEYS];
};

static size_t count_left(const struct batch *batch)
{
    size_t left = 0;
    for (size_t i = 0; i < batch->count; i++)
        left += batch->left[i] ? 1 : 0;
    return left;
}

static enum tess_status write_batch(const char *table, const struct batch *batch, struct bytes *out,
                                    struct tess_error *error)
{
    const char *comma = "";
    enum tess_status status = dynamo_write(out, error, "{'RequestItems':{%s:[", table);
    for (size_t i = 0; i < batch->count && status == TESS_OK; i++) {
        if (!batch->left[i])
            continue;
        status = bytes_append_text(out, comma);
        if (status == TESS_OK)
            status = dynamo_write(out, error,
                                  "{'DeleteRequest':{'Key':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s}}}}",
                                  batch->grid_id, batch->keys[i]);
        comma = ",";
    }
    return status == TESS_OK ? dynamo_write(out, error, "]}}") : status;
}

const char *dynamo_read_unprocessed(const cJSON *answer, const char *table, const char *const *keys,
                                    size_t count, bool again[DYNAMO_BATCH_KEYS])
{
    const cJSON *unprocessed = json_object_at(answer, "UnprocessedItems");
    const cJSON *request = NULL;
    memset(again, 0, DYNAMO_BATCH_KEYS * sizeof *again);
    if (!unprocessed || !unprocessed->child)
        return NULL;
    const char *name = strrchr(table, '/'); /* a table that is named by its ARN may be answered by its name */
    const cJSON *requests = json_array_at(unprocessed, table);
    if (!requests && name)
        requests = json_array_at(unprocessed, name + 1);
    if (!requests || unprocessed->child->next)
        return "its UnprocessedItems are of another table";
    cJSON_ArrayForEach(request, requests)
    {
        /* Sent again is only what we asked for, never what a server puts there. */
        const char *key =
            dynamo_text_at(json_object_at(json_object_at(request, "DeleteRequest"), "Key"), "s3Key");
        size_t i = 0;
        while (key && i < count && strcmp(keys[i], key) != 0)
            i++;
        if (!key || i == count)
            return "its UnprocessedItems name a key that was not asked for";
        again[i] = true;
    }
    return NULL;
}

static enum tess_status ask_batch(const struct catalog_dynamo *catalog, struct batch *batch, const char *what,
                                  struct tess_error *error)
{
    struct bytes request;
    struct dynamo_answer answer = {0};
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    const struct dynamo_call call = {
        .operation = "BatchWriteItem", .table = catalog->grid_table, .what = what, .request = &request};
    enum tess_status status = write_batch(catalog->grid_table, batch, &request, error);
    if (status == TESS_OK)
        status = dynamo_ask(&catalog->dynamo, &call, &answer, error);
    if (status == TESS_OK) {
        bool again[DYNAMO_BATCH_KEYS];
        const char *why =
            dynamo_read_unprocessed(answer.json, catalog->grid_table, batch->keys, batch->count, again);
        if (why)
            status = dynamo_nonsense(&call, why, error);
        for (size_t i = 0; i < batch->count && !why; i++)
            batch->left[i] = batch->left[i] && again[i];
    }
    dynamo_answer_clear(&answer);
    bytes_clear(&request);
    return status;
}

/* Asks until nothing is left. A table that is too busy takes some of a batch, or nothing: then we wait. */
static enum tess_status remove_batch(const struct catalog_dynamo *catalog, struct batch *batch,
                                     struct tess_error *error)
{
    const struct retry_policy policy = retry_policy_of("dynamodb", 0);
    char what[DYNAMO_WHAT_BYTES];
    uint32_t fruitless = 0;
    (void)snprintf(what, sizeof what, "unmap %zu keys from grid %s", batch->count,
                   shown_text(batch->grid_id, SHOWN_KEY_BYTES).text);
    enum tess_status status = TESS_OK;
    for (size_t left = count_left(batch); status == TESS_OK && left > 0;) {
        status = ask_batch(catalog, batch, what, error);
        const size_t now_left = count_left(batch);
        fruitless = now_left < left ? 1 : fruitless + 1;
        left = now_left;
        if (status != TESS_OK || left == 0)
            break;
        if (fruitless > ROUNDS_WITHOUT_PROGRESS)
            return error_set(error, TESS_ERR_BUSY,
                             "cannot %s: table %s is too busy, %zu of them are still mapped; try again", what,
                             catalog->grid_table, left);
        const uint32_t pause_ms = retry_delay_ms(&policy, RETRY_TRANSIENT, fruitless, random_unit(), -1);
        status = catalog->dynamo.sleep_ms(catalog->dynamo.sleep_context, NULL, pause_ms, error);
    }
    return status;
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

enum tess_status catalog_dynamo_remove_many(struct catalog *base, const char *grid_id,
                                            const char *const *keys, size_t count, struct tess_error *error)
{
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    enum tess_status status = TESS_OK;
    if (count == 0)
        return TESS_OK;
    for (size_t i = 0; i < count && status == TESS_OK; i++)
        status = check_row(grid_id, keys[i], error);
    if (status != TESS_OK)
        return status;
    const char **sorted = calloc(count, sizeof *sorted);
    if (!sorted)
        return error_set(error, TESS_ERR_MEMORY, "no memory to unmap %zu keys", count);
    /* A batch that names a key twice is refused as a whole. */
    size_t distinct = 0;
    memcpy(sorted, keys, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || strcmp(sorted[distinct - 1], sorted[i]) != 0)
            sorted[distinct++] = sorted[i];
    }
    for (size_t done = 0; done < distinct && status == TESS_OK; done += DYNAMO_BATCH_KEYS) {
        struct batch batch = {.grid_id = grid_id, .keys = sorted + done, .count = distinct - done};
        if (batch.count > DYNAMO_BATCH_KEYS)
            batch.count = DYNAMO_BATCH_KEYS;
        memset(batch.left, true, batch.count * sizeof *batch.left);
        status = remove_batch(catalog, &batch, error);
    }
    free(sorted);
    return status;
}
