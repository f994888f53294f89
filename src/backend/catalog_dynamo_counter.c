// SPDX-License-Identifier: MIT
/*
 * Counters. A hit is counted by one UpdateItem, which is atomic and makes the counter where there is none.
 * It is the one request that must not be repeated once it may have been carried out: rather than count a hit
 * twice we say that we do not know.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/catalog_dynamo_parts.h"
#include "base/error.h"
#include "net/json.h"
#include "net/shown.h"

enum { SHOWN_NAME_BYTES = 120 };

static bool is_whole(const char *number)
{
    const char *digits = number + (number[0] == '-');
    return digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits);
}

enum tess_status dynamo_read_counter(const cJSON *attributes, const char *name, int64_t *value_out,
                                     struct tess_error *error)
{
    const cJSON *attribute = cJSON_GetObjectItemCaseSensitive(attributes, "counter-value");
    const char *number = json_text_at(attribute, "N");
    *value_out = 0;
    if (!attribute)
        return TESS_OK;
    if (!number || !is_whole(number))
        return error_set(error, TESS_ERR_SETUP,
                         "the counter %s holds %s, which is no whole number; `tessera counter NAME --set N` "
                         "gives it one",
                         shown_text(name, SHOWN_NAME_BYTES).text,
                         shown_text(number ? number : "a text", 64).text);
    if (json_int64_of(number, value_out) != TESS_OK)
        return error_limit(error, "counter-value",
                           "the counter %s holds %s, which is no whole number of 64 bits",
                           shown_text(name, SHOWN_NAME_BYTES).text, shown_text(number, 64).text);
    return TESS_OK;
}

/* One request about one counter; its attributes are below `member` of the answer (NULL: they do not matter).
 */
struct counting {
    const char *operation, *verb, *member;
    bool not_repeatable;
};

/* What else came of it; all false at first. */
struct outcome {
    bool refused;  /* its condition did not hold */
    bool fraction; /* it was carried out, on what is no whole number */
};

/* A cancelled request is one to send again, to whoever cancelled it: not this one. */
static enum tess_status tell_doubt(enum tess_status status, struct tess_error *error)
{
    if (status == TESS_ERR_CANCELLED)
        status = error_set(error, TESS_ERR_IO, "cancelled while the server was at it");
    error_prefix(error, "the hit may or may not have been counted");
    return status;
}

static enum tess_status ask(const struct catalog_dynamo *catalog, const struct counting *counting,
                            const char *name, const struct bytes *request, int64_t *value_out,
                            struct outcome *outcome, struct tess_error *error)
{
    char what[DYNAMO_WHAT_BYTES];
    struct dynamo_answer answer;
    (void)snprintf(what, sizeof what, "%s counter %s", counting->verb,
                   shown_text(name, SHOWN_NAME_BYTES).text);
    const struct dynamo_call call = {.operation = counting->operation,
                                     .table = catalog->counter_table,
                                     .what = what,
                                     .request = request,
                                     .not_repeatable = counting->not_repeatable};
    enum tess_status status = dynamo_ask(&catalog->dynamo, &call, &answer, error);
    if (status == TESS_OK && counting->member)
        status = dynamo_read_counter(json_object_at(answer.json, counting->member), name, value_out, error);
    if (counting->member && answer.json)
        outcome->fraction = status == TESS_ERR_SETUP;
    if (status != TESS_OK && strcmp(answer.code, "ConditionalCheckFailedException") == 0)
        outcome->refused = true;
    else if (status != TESS_OK && counting->not_repeatable && answer.ambiguous)
        status = tell_doubt(status, error);
    dynamo_answer_clear(&answer);
    return status;
}

static enum tess_status add(const struct catalog_dynamo *catalog, const char *name, int64_t delta,
                            int64_t *value_out, struct outcome *outcome, struct tess_error *error)
{
    static const struct counting counting = {"UpdateItem", "count", "Attributes", true};
    char step[24], low[24], high[24];
    struct bytes request;
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    (void)snprintf(step, sizeof step, "%" PRId64, delta);
    (void)snprintf(low, sizeof low, "%" PRId64, delta < 0 ? INT64_MIN - delta : INT64_MIN);
    (void)snprintf(high, sizeof high, "%" PRId64, delta > 0 ? INT64_MAX - delta : INT64_MAX);
    enum tess_status status =
        dynamo_write(&request, error,
                     "{'TableName':%s,'Key':{'counter-name':{'S':%s}},'UpdateExpression':'ADD #c :step',"
                     "'ConditionExpression':'attribute_not_exists(#c) OR #c BETWEEN :low AND :high',"
                     "'ExpressionAttributeNames':{'#c':'counter-value'},'ExpressionAttributeValues':"
                     "{':step':{'N':%s},':low':{'N':%s},':high':{'N':%s}},'ReturnValues':'UPDATED_NEW'}",
                     catalog->counter_table, name, step, low, high);
    if (status == TESS_OK)
        status = ask(catalog, &counting, name, &request, value_out, outcome, error);
    bytes_clear(&request);
    return status;
}

/*
 * DynamoDB's conditions cannot ask whether a number is whole, and reading each counter before would double
 * what a hit costs. So a fraction is seen in the answer, and the step is taken back: sums do not depend on
 * their order, so that hits of others in between keep their own.
 */
static enum tess_status undo(const struct catalog_dynamo *catalog, const char *name, int64_t delta,
                             struct tess_error *error)
{
    int64_t value = 0;
    struct outcome outcome = {0};
    struct tess_error words = {.message = "it cannot be taken back"};
    if (delta == INT64_MIN ||
        (add(catalog, name, -delta, &value, &outcome, &words) != TESS_OK && !outcome.fraction))
        error_prefix(error, "%" PRId64 " was added all the same (%.80s)", delta, words.message);
    return TESS_ERR_SETUP;
}

enum tess_status catalog_dynamo_counter_add(struct catalog *base, const char *name, int64_t delta,
                                            int64_t *value_out, struct tess_error *error)
{
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    int64_t value = 0;
    struct outcome outcome = {0};
    enum tess_status status =
        dynamo_check_key_text("counter's name", "counter-name-bytes", name, DYNAMO_HASH_MAX_BYTES, error);
    if (status == TESS_OK)
        status = add(catalog, name, delta, &value, &outcome, error);
    if (outcome.fraction)
        return undo(catalog, name, delta, error);
    if (outcome.refused) { /* its value says why */
        status = catalog_dynamo_counter_get(base, name, &value, error);
        return status != TESS_OK ? status
                                 : error_limit(error, "counter-value",
                                               "the counter %s would go beyond the 64-bit range; nothing was "
                                               "counted",
                                               shown_text(name, SHOWN_NAME_BYTES).text);
    }
    if (status == TESS_OK && value_out)
        *value_out = value;
    return status;
}

enum tess_status catalog_dynamo_counter_get(struct catalog *base, const char *name, int64_t *value_out,
                                            struct tess_error *error)
{
    static const struct counting counting = {"GetItem", "read", "Item", false};
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    int64_t value = 0;
    struct outcome outcome = {0};
    struct bytes request;
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    enum tess_status status =
        dynamo_check_key_text("counter's name", "counter-name-bytes", name, DYNAMO_HASH_MAX_BYTES, error);
    if (status == TESS_OK)
        status =
            dynamo_write(&request, error,
                         "{'TableName':%s,'Key':{'counter-name':{'S':%s}},'ConsistentRead':true,"
                         "'ProjectionExpression':'#c','ExpressionAttributeNames':{'#c':'counter-value'}}",
                         catalog->counter_table, name);
    if (status == TESS_OK)
        status = ask(catalog, &counting, name, &request, &value, &outcome, error);
    if (status == TESS_OK)
        *value_out = value;
    bytes_clear(&request);
    return status;
}

enum tess_status catalog_dynamo_counter_set(struct catalog *base, const char *name, int64_t value,
                                            struct tess_error *error)
{
    static const struct counting counting = {"UpdateItem", "set", NULL, false};
    const struct catalog_dynamo *catalog = catalog_dynamo_of(base);
    char number[24];
    int64_t unused = 0;
    struct outcome outcome = {0};
    struct bytes request;
    bytes_init(&request, DYNAMO_REQUEST_MAX_BYTES);
    (void)snprintf(number, sizeof number, "%" PRId64, value);
    enum tess_status status =
        dynamo_check_key_text("counter's name", "counter-name-bytes", name, DYNAMO_HASH_MAX_BYTES, error);
    if (status == TESS_OK)
        status = dynamo_write(
            &request, error,
            "{'TableName':%s,'Key':{'counter-name':{'S':%s}},'UpdateExpression':'SET #c = :value',"
            "'ExpressionAttributeNames':{'#c':'counter-value'},"
            "'ExpressionAttributeValues':{':value':{'N':%s}}}",
            catalog->counter_table, name, number);
    if (status == TESS_OK)
        status = ask(catalog, &counting, name, &request, &unused, &outcome, error);
    bytes_clear(&request);
    return status;
}
