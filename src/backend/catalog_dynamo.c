// SPDX-License-Identifier: MIT
#include "backend/catalog_dynamo.h"

#include <stdlib.h>
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"

enum { TABLE_NAME_MIN = 3, TABLE_NAME_MAX = 255 };

static void dynamo_destroy(struct catalog *base)
{
    struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    if (!catalog)
        return;
    free(catalog->grid_table);
    free(catalog->counter_table);
    free(catalog);
}

static const struct catalog_ops dynamo_ops = {
    .destroy = dynamo_destroy,
    .ensure_tables = catalog_dynamo_ensure_tables,
    .add = catalog_dynamo_add,
    .list = catalog_dynamo_list,
    .remove = catalog_dynamo_remove,
    .remove_many = catalog_dynamo_remove_many,
    .counter_add = catalog_dynamo_counter_add,
    .counter_get = catalog_dynamo_counter_get,
    .counter_set = catalog_dynamo_counter_set,
};

static bool is_table_name(const char *name)
{
    const size_t size = strlen(name);
    return size >= TABLE_NAME_MIN && size <= TABLE_NAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == size;
}

/* Skips a part of an ARN, which ends with ':'. */
static bool skip_part(const char **at, const char *characters)
{
    const size_t size = strspn(*at, characters);
    const bool good = size > 0 && (*at)[size] == ':';
    *at += good ? size + 1 : 0;
    return good;
}

/* arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME */
static bool is_table_arn(const char *name)
{
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789-",
                      service[] = "dynamodb:", table[] = "table/";
    const char *at = name + 4;
    if (strncmp(name, "arn:", 4) != 0 || !skip_part(&at, lower) ||
        strncmp(at, service, sizeof service - 1) != 0)
        return false;
    at += sizeof service - 1;
    return skip_part(&at, lower) && skip_part(&at, "0123456789") &&
           strncmp(at, table, sizeof table - 1) == 0 && is_table_name(at + sizeof table - 1);
}

static enum tess_status check_table_name(const char *name, struct tess_error *error)
{
    if (is_table_name(name) || is_table_arn(name))
        return TESS_OK;
    return error_set(error, TESS_ERR_INVALID,
                     "\"%.80s\" cannot be a DynamoDB table's name: it takes 3 to 255 characters of A-Z, a-z, "
                     "0-9, '_', '.' and '-', or a table's ARN",
                     name);
}

enum tess_status dynamo_table_names_check(const char *grid_table, const char *counter_table,
                                          struct tess_error *error)
{
    enum tess_status status = check_table_name(grid_table, error);
    if (status == TESS_OK)
        status = check_table_name(counter_table, error);
    if (status == TESS_OK && strcmp(grid_table, counter_table) == 0)
        status =
            error_set(error, TESS_ERR_INVALID, "grids and counters cannot share the table %.80s", grid_table);
    return status;
}

enum tess_status catalog_dynamo_open(struct aws *aws, const char *grid_table, const char *counter_table,
                                     struct catalog **catalog_out, struct tess_error *error)
{
    struct catalog_dynamo *catalog = NULL;
    *catalog_out = NULL;
    enum tess_status status = dynamo_table_names_check(grid_table, counter_table, error);
    if (status != TESS_OK)
        return status;
    catalog = calloc(1, sizeof *catalog);
    if (!catalog)
        return error_set(error, TESS_ERR_MEMORY, "no memory to open the catalog on DynamoDB");
    catalog->base.ops = &dynamo_ops;
    catalog->grid_table = strdup(grid_table);
    catalog->counter_table = strdup(counter_table);
    if (catalog->grid_table && catalog->counter_table)
        status = dynamo_init(&catalog->dynamo, aws, error);
    else
        status = error_set(error, TESS_ERR_MEMORY, "no memory to open the catalog on DynamoDB");
    if (status == TESS_OK)
        *catalog_out = &catalog->base;
    else
        dynamo_destroy(&catalog->base);
    return status;
}
