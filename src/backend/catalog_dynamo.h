// SPDX-License-Identifier: MIT
/*
 * The catalog on two DynamoDB tables, as the earlier Python back end made them:
 *
 *     GridBuilder    uniqueGridId (S, HASH), s3Key (S, RANGE)     and of ours addedMs (N), which may be
 * missing hit-counters   counter-name (S, HASH)                       and counter-value (N)
 *
 * Nothing is kept here: every call asks DynamoDB, consistently, and any number of threads may ask at once.
 */
#ifndef BACKEND_CATALOG_DYNAMO_H
#define BACKEND_CATALOG_DYNAMO_H

#include "backend/catalog.h"
#include "net/aws.h"

/*
 * Of both: 3 to 255 of A-Z a-z 0-9 _ . -, or a table's ARN ("arn:aws:dynamodb:eu-north-1:123456789012:
 * table/GridBuilder"), which DynamoDB takes wherever it takes a name; and not the same. TESS_ERR_INVALID.
 */
enum tess_status dynamo_table_names_check(const char *grid_table, const char *counter_table,
                                          struct tess_error *error);

/* `aws` is borrowed for the catalog's life; nothing is asked of a server yet. TESS_ERR_INVALID (a table's
 * name), TESS_ERR_SETUP (no region), TESS_ERR_MEMORY. */
enum tess_status catalog_dynamo_open(struct aws *aws, const char *grid_table, const char *counter_table,
                                     struct catalog **catalog_out, struct tess_error *error);

enum dynamo_table_kind { DYNAMO_GRIDS, DYNAMO_COUNTERS };

/* A part of a table's key; "" where there is none. */
struct dynamo_key {
    char name[256], type[4]; /* "S", "N" or "B" */
};

struct dynamo_table {
    bool exists;
    char state[32]; /* "ACTIVE", "CREATING", "UPDATING", "DELETING", … */
    struct dynamo_key hash, range;
};

/* What DynamoDB says of a table; that it does not exist is no error. `stop` may be NULL. */
enum tess_status catalog_dynamo_describe(struct aws *aws, const char *table, const struct stop *stop,
                                         struct dynamo_table *table_out, struct tess_error *error);

/* Has it the key that the catalog needs? TESS_ERR_INVALID names what was found and what is expected. Pure. */
enum tess_status catalog_dynamo_check_key(enum dynamo_table_kind kind, const char *table,
                                          const struct dynamo_table *found, struct tess_error *error);

/* Every row of every grid, page by page, a grid's rows together. `each` returns false to stop. */
enum tess_status catalog_dynamo_scan(struct catalog *base,
                                     bool (*each)(void *context, const char *grid_id, const char *key),
                                     void *context, struct tess_error *error);

/*
 * Is the catalog's table there, has it the right key, and may it be read and written? Nothing is changed:
 * `probe`, which no row has as its key, is written under the condition that it is there. TESS_ERR_SETUP (no
 * table), TESS_ERR_INVALID (the key), TESS_ERR_DENIED (naming the permission), TESS_ERR_BUSY (it is being
 * created), and as aws_call().
 */
enum tess_status catalog_dynamo_try(struct catalog *base, enum dynamo_table_kind kind, const char *probe,
                                    struct tess_error *error);

#endif
