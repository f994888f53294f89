// SPDX-License-Identifier: MIT
/* What `tessera doctor` asks of a table: writes under a condition that cannot hold, since nothing has the key
 * that is named. */
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"

/* One write. That its condition did not hold is what is hoped for. */
static enum tess_status try_write(const struct catalog_dynamo *catalog, const char *operation,
                                  const char *table, struct bytes *request, struct tess_error *error)
{
    const struct dynamo_call call = {
        .operation = operation, .table = table, .what = "try out a permission", .request = request};
    struct dynamo_answer answer = {0};
    enum tess_status status = dynamo_ask(&catalog->dynamo, &call, &answer, error);
    if (status != TESS_OK && strcmp(answer.code, "ConditionalCheckFailedException") == 0)
        status = TESS_OK;
    dynamo_answer_clear(&answer);
    return status;
}

static bool ignore(void *context, const struct catalog_entry *entry)
{
    (void)context;
    (void)entry;
    return true;
}

static enum tess_status try_grids(struct catalog_dynamo *catalog, const char *probe, struct tess_error *error)
{
    static const char put[] = "{'TableName':%s,'Item':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s}},"
                              "'ConditionExpression':'attribute_exists(#k)',"
                              "'ExpressionAttributeNames':{'#k':'s3Key'}}";
    static const char delete[] = "{'TableName':%s,'Key':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s}},"
                                 "'ConditionExpression':'attribute_exists(#k)',"
                                 "'ExpressionAttributeNames':{'#k':'s3Key'}}";
    const struct catalog_list list = {.grid_id = probe};
    struct bytes request;
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    enum tess_status status = catalog_dynamo_list(&catalog->base, &list, ignore, NULL, error);
    if (status == TESS_OK)
        status = dynamo_write(&request, error, put, catalog->grid_table, probe, probe);
    if (status == TESS_OK)
        status = try_write(catalog, "PutItem", catalog->grid_table, &request, error);
    request.size = 0;
    if (status == TESS_OK)
        status = dynamo_write(&request, error, delete, catalog->grid_table, probe, probe);
    if (status == TESS_OK)
        status = try_write(catalog, "DeleteItem", catalog->grid_table, &request, error);
    bytes_clear(&request);
    return status;
}

static enum tess_status try_counters(struct catalog_dynamo *catalog, const char *probe,
                                     struct tess_error *error)
{
    int64_t value;
    struct bytes request;
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    enum tess_status status = catalog_dynamo_counter_get(&catalog->base, probe, &value, error);
    if (status == TESS_OK)
        status =
            dynamo_write(&request, error,
                         "{'TableName':%s,'Key':{'counter-name':{'S':%s}},'UpdateExpression':'ADD #c :zero',"
                         "'ConditionExpression':'attribute_exists(#k)',"
                         "'ExpressionAttributeNames':{'#c':'counter-value','#k':'counter-name'},"
                         "'ExpressionAttributeValues':{':zero':{'N':'0'}}}",
                         catalog->counter_table, probe);
    if (status == TESS_OK)
        status = try_write(catalog, "UpdateItem", catalog->counter_table, &request, error);
    bytes_clear(&request);
    return status;
}

enum tess_status catalog_dynamo_try(struct catalog *base, enum dynamo_table_kind kind, const char *probe,
                                    struct tess_error *error)
{
    struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    const char *table = kind == DYNAMO_GRIDS ? catalog->grid_table : catalog->counter_table;
    struct dynamo_table found;
    enum tess_status status = catalog_dynamo_describe(catalog->dynamo.aws, table, NULL, &found, error);
    if (status == TESS_OK && !found.exists)
        status = error_set(error, TESS_ERR_SETUP, "there is no table %s in region %s", table,
                           catalog->dynamo.region);
    if (status == TESS_OK)
        status = catalog_dynamo_check_key(kind, table, &found, error);
    if (status == TESS_OK && strcmp(found.state, "CREATING") == 0)
        status = error_set(error, TESS_ERR_BUSY, "table %s is being created", table);
    if (status != TESS_OK)
        return status;
    return kind == DYNAMO_GRIDS ? try_grids(catalog, probe, error) : try_counters(catalog, probe, error);
}
