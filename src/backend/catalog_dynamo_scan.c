// SPDX-License-Identifier: MIT
/* All rows of all grids, for `tessera doctor`. Each page leads to the next by a key that is sent back as it
 * came. */
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"
#include "net/json.h"

struct scan {
    const struct catalog_dynamo *catalog;
    bool (*each)(void *context, const char *grid_id, const char *key);
    void *context;
    cJSON *last; /* the row that all of the next page come after; NULL: the beginning */
    bool done;
};

static enum tess_status write_request(const struct scan *scan, struct bytes *out, struct tess_error *error)
{
    enum tess_status status =
        dynamo_write(out, error,
                     "{'TableName':%s,'ProjectionExpression':'#g, #k','ExpressionAttributeNames':"
                     "{'#g':'uniqueGridId','#k':'s3Key'},'ConsistentRead':true",
                     scan->catalog->grid_table);
    if (status == TESS_OK && scan->last)
        status =
            dynamo_write(out, error, ",'ExclusiveStartKey':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s}}",
                         dynamo_text_at(scan->last, "uniqueGridId"), dynamo_text_at(scan->last, "s3Key"));
    return status == TESS_OK ? dynamo_write(out, error, "}") : status;
}

/* NULL, or why the page is refused. */
static const char *read_page(struct scan *scan, cJSON *answer)
{
    const cJSON *items = json_array_at(answer, "Items"), *item = NULL;
    if (!items)
        return "it has no \"Items\"";
    cJSON_ArrayForEach(item, items)
    {
        const char *grid_id = dynamo_text_at(item, "uniqueGridId"), *key = dynamo_text_at(item, "s3Key");
        if (!grid_id || !key)
            return "a row without its key";
        if (!scan->each(scan->context, grid_id, key)) {
            scan->done = true;
            return NULL;
        }
    }
    cJSON *last = cJSON_DetachItemFromObjectCaseSensitive(answer, "LastEvaluatedKey");
    const char *grid_id = dynamo_text_at(last, "uniqueGridId"), *key = dynamo_text_at(last, "s3Key");
    scan->done = !last || cJSON_IsNull(last);
    const bool same = grid_id && key && scan->last &&
                      strcmp(grid_id, dynamo_text_at(scan->last, "uniqueGridId")) == 0 &&
                      strcmp(key, dynamo_text_at(scan->last, "s3Key")) == 0;
    cJSON_Delete(scan->last);
    scan->last = last;
    if (!scan->done && (!grid_id || !key || same))
        return "its LastEvaluatedKey leads nowhere";
    return NULL;
}

enum tess_status catalog_dynamo_scan(struct catalog *base,
                                     bool (*each)(void *context, const char *grid_id, const char *key),
                                     void *context, struct tess_error *error)
{
    struct scan scan = {.catalog = catalog_dynamo_of(base), .each = each, .context = context};
    enum tess_status status = TESS_OK;
    while (status == TESS_OK && !scan.done) {
        struct dynamo_answer answer = {0};
        struct bytes request;
        bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
        const struct dynamo_call call = {.operation = "Scan",
                                         .table = scan.catalog->grid_table,
                                         .what = "read all rows",
                                         .request = &request};
        status = write_request(&scan, &request, error);
        if (status == TESS_OK)
            status = dynamo_ask(&scan.catalog->dynamo, &call, &answer, error);
        const char *why = status == TESS_OK ? read_page(&scan, answer.json) : NULL;
        if (why)
            status = dynamo_nonsense(&call, why, error);
        dynamo_answer_clear(&answer);
        bytes_clear(&request);
    }
    cJSON_Delete(scan.last);
    return status;
}
