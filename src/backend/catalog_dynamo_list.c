// SPDX-License-Identifier: MIT
/*
 * The keys of a grid, page by page. The first page is a short one, so that fetching images can begin while
 * the others are asked for. Keys must come in order, which also means that none comes twice and that a server
 * cannot send us in circles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"
#include "net/json.h"
#include "net/shown.h"

enum { SHOWN_GRID_BYTES = 80 };

/* > 0: `key` comes later in the listing than `place`. */
static int order_of(const struct dynamo_listing *listing, const char *key)
{
    if (listing->place[0] == '\0')
        return 1;
    const int order = strcmp(key, listing->place);
    return listing->request->descending ? -order : order;
}

static bool is_key(const char *key)
{
    return key && key[0] != '\0' && strlen(key) <= DYNAMO_RANGE_MAX_BYTES;
}

static void move_to(struct dynamo_listing *listing, const char *key)
{
    (void)snprintf(listing->place, sizeof listing->place, "%s", key);
}

/* Where it is missing or odd, the row is as good as one of the earlier back end's. */
static int64_t added_ms_of(const cJSON *item)
{
    const char *number = json_text_at(json_object_at(item, "addedMs"), "N");
    int64_t added_ms = 0;
    if (!number || json_int64_of(number, &added_ms) != TESS_OK || added_ms < 0)
        return 0;
    return added_ms;
}

const char *dynamo_read_page(struct dynamo_listing *listing, const cJSON *answer)
{
    const cJSON *items = json_array_at(answer, "Items");
    const cJSON *item = NULL;
    char start[sizeof listing->place];
    memcpy(start, listing->place, sizeof start);
    listing->more = false;
    if (!items)
        return "it has no \"Items\"";
    cJSON_ArrayForEach(item, items)
    {
        const struct catalog_entry entry = {.key = dynamo_text_at(item, "s3Key"),
                                            .added_ms = added_ms_of(item)};
        if (!is_key(entry.key))
            return "a row's s3Key is not there, or no text of 1 to 1024 bytes";
        if (order_of(listing, entry.key) <= 0)
            return "its rows are not in order";
        if (!listing->each(listing->context, &entry))
            return NULL;
        move_to(listing, entry.key);
    }
    const cJSON *last = cJSON_GetObjectItemCaseSensitive(answer, "LastEvaluatedKey");
    if (!last || cJSON_IsNull(last))
        return NULL;
    const char *grid_id = dynamo_text_at(last, "uniqueGridId");
    const char *key = dynamo_text_at(last, "s3Key");
    if (!grid_id || strcmp(grid_id, listing->request->grid_id) != 0 || !is_key(key))
        return "its LastEvaluatedKey is no key of the grid";
    if (order_of(listing, key) < 0 || strcmp(key, start) == 0)
        return "its LastEvaluatedKey leads back to what was there already";
    move_to(listing, key);
    listing->more = true;
    return NULL;
}

static enum tess_status write_query(const struct catalog_dynamo *catalog,
                                    const struct dynamo_listing *listing, struct bytes *out,
                                    struct tess_error *error)
{
    const struct catalog_list *request = listing->request;
    const bool is_first = listing->place[0] == '\0';
    enum tess_status status =
        dynamo_write(out, error,
                     "{'TableName':%s,'KeyConditionExpression':'#g = :g','ProjectionExpression':'#k, #a',"
                     "'ExpressionAttributeNames':{'#g':'uniqueGridId','#k':'s3Key','#a':'addedMs'},"
                     "'ExpressionAttributeValues':{':g':{'S':%s}},'ConsistentRead':true",
                     catalog->grid_table, request->grid_id);
    if (status == TESS_OK)
        status = dynamo_write(out, error,
                              request->descending ? ",'ScanIndexForward':false" : ",'ScanIndexForward':true");
    if (status == TESS_OK && is_first)
        status = dynamo_write(out, error, ",'Limit':128}");
    else if (status == TESS_OK)
        status = dynamo_write(out, error, ",'ExclusiveStartKey':{'uniqueGridId':{'S':%s},'s3Key':{'S':%s}}}",
                              request->grid_id, listing->place);
    return status;
}

static enum tess_status ask_page(const struct catalog_dynamo *catalog, struct dynamo_listing *listing,
                                 const char *what, struct tess_error *error)
{
    struct bytes query;
    bytes_init(&query, DYNAMO_REQUEST_MAX_BYTES);
    enum tess_status status = write_query(catalog, listing, &query, error);
    if (status == TESS_OK) {
        const struct dynamo_call call = {.operation = "Query",
                                         .table = catalog->grid_table,
                                         .what = what,
                                         .request = &query,
                                         .stop = listing->request->stop};
        struct dynamo_answer answer;
        status = dynamo_ask(&catalog->dynamo, &call, &answer, error);
        const char *why = status == TESS_OK ? dynamo_read_page(listing, answer.json) : NULL;
        if (why)
            status = dynamo_nonsense(&call, why, error);
        dynamo_answer_clear(&answer);
    }
    bytes_clear(&query);
    return status;
}

enum tess_status catalog_dynamo_list(struct catalog *base, const struct catalog_list *request,
                                     bool (*each)(void *context, const struct catalog_entry *entry),
                                     void *context, struct tess_error *error)
{
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    struct dynamo_listing listing = {.request = request, .each = each, .context = context, .more = true};
    char what[DYNAMO_WHAT_BYTES];
    enum tess_status status =
        dynamo_check_key_text("grid id", "grid-id-bytes", request->grid_id, DYNAMO_HASH_MAX_BYTES, error);
    (void)snprintf(what, sizeof what, "list grid %s", shown_text(request->grid_id, SHOWN_GRID_BYTES).text);
    while (status == TESS_OK && listing.more)
        status = ask_page(catalog, &listing, what, error);
    return status;
}
