// SPDX-License-Identifier: MIT
/* What the files of the DynamoDB catalog share. */
#ifndef BACKEND_CATALOG_DYNAMO_PARTS_H
#define BACKEND_CATALOG_DYNAMO_PARTS_H

#include <cjson/cJSON.h>

#include "backend/catalog_dynamo.h"
#include "base/bytes.h"

enum {
    DYNAMO_HASH_MAX_BYTES = 2048, /* DynamoDB's limits for the parts of a key */
    DYNAMO_RANGE_MAX_BYTES = 1024,
    DYNAMO_BATCH_KEYS = 25,
    DYNAMO_WHAT_BYTES = 400, /* has room for two names of 80 bytes as shown */
    DYNAMO_REQUEST_MAX_BYTES = 1 << 20,
    DYNAMO_ANSWER_MAX_BYTES = 16 << 20 /* a page is 1 MB as DynamoDB counts, more as JSON */
};

struct dynamo {
    struct aws *aws;
    char region[64];
    char endpoint[AWS_ENDPOINT_MAX_BYTES];
    /* stop_sleep(), or a test's */
    enum tess_status (*sleep_ms)(void *context, const struct stop *stop, int64_t duration_ms,
                                 struct tess_error *error);
    void *sleep_context;
};

struct catalog_dynamo {
    struct catalog base;
    struct dynamo dynamo;
    char *grid_table, *counter_table;
};

static inline struct catalog_dynamo *catalog_dynamo_of(struct catalog *catalog)
{
    return (struct catalog_dynamo *)catalog;
}

/* Where DynamoDB is. TESS_ERR_SETUP: no region is set. */
enum tess_status dynamo_init(struct dynamo *dynamo, struct aws *aws, struct tess_error *error);

/* All borrowed. */
struct dynamo_call {
    const char *operation; /* "Query": also the IAM action's name */
    const char *table;
    const char *what; /* "list grid holiday", for messages */
    const struct bytes *request;
    bool not_repeatable;
    const struct stop *stop;
};

struct dynamo_answer {
    cJSON *json;                /* an object; NULL on failure */
    char code[96];              /* DynamoDB's, of a failure */
    bool ambiguous;             /* failed, and may have been carried out all the same */
    bool may_have_acted_before; /* an earlier attempt may have been carried out */
};
void dynamo_answer_clear(struct dynamo_answer *answer);

/* Asks. *answer_out is initialised here and the caller's to clear, also on failure. A missing table and a
 * missing permission are put in words of ours; otherwise as aws_call(), and TESS_ERR_IO for an answer that is
 * no JSON object. */
enum tess_status dynamo_ask(const struct dynamo *dynamo, const struct dynamo_call *call,
                            struct dynamo_answer *answer_out, struct tess_error *error);

/* A 200 with something in it that cannot be. */
enum tess_status dynamo_nonsense(const struct dynamo_call *call, const char *why, struct tess_error *error);

/* The callback of net/aws.h: code and words of a failure, and the checksum of any answer. */
bool dynamo_read_answer(const struct http_response *response, struct aws_complaint *complaint_out);

/*
 * Appends JSON: of `format`, ' becomes ", and each %s a string with its quotes, escaped; nothing else is
 * special. TESS_ERR_INVALID when a text is not UTF-8, TESS_ERR_MEMORY, TESS_ERR_LIMIT.
 */
enum tess_status dynamo_write(struct bytes *out, struct tess_error *error, const char *format, ...)
    TESS_PRINTF(3, 4);

/* 1 to `most` bytes, or TESS_ERR_INVALID, or TESS_ERR_LIMIT `limit`. */
enum tess_status dynamo_check_key_text(const char *what, const char *limit, const char *text, size_t most,
                                       struct tess_error *error);

/* The text of attribute {"name":{"S":"…"}}, NULL: not there, or of another type. */
const char *dynamo_text_at(const cJSON *item, const char *name);

/* The listing's state from one page to the next. */
struct dynamo_listing {
    const struct catalog_list *request;
    bool (*each)(void *context, const struct catalog_entry *entry);
    void *context;
    char place[DYNAMO_RANGE_MAX_BYTES + 1]; /* the key that all later ones come after; "" at first */
    bool more;                              /* there is another page after `place` */
};

/* Hands out a Query's page. NULL, or why it is refused. */
const char *dynamo_read_page(struct dynamo_listing *listing, const cJSON *answer);

/* Marks in `again` which of the batch's keys DynamoDB has not come to. NULL, or why the answer is refused. */
const char *dynamo_read_unprocessed(const cJSON *answer, const char *table, const char *const *keys,
                                    size_t count, bool again[DYNAMO_BATCH_KEYS]);

/* NULL, or why it is refused. */
const char *dynamo_read_table(const cJSON *answer, struct dynamo_table *table_out);

/* counter-value among an item's attributes; absent is 0. TESS_ERR_LIMIT "counter-value", TESS_ERR_SETUP (no
 * whole number). */
enum tess_status dynamo_read_counter(const cJSON *attributes, const char *name, int64_t *value_out,
                                     struct tess_error *error);

/* Entries of the vtable; see catalog.h. */
enum tess_status catalog_dynamo_ensure_tables(struct catalog *base, bool *created_out,
                                              struct tess_error *error);
enum tess_status catalog_dynamo_list(struct catalog *base, const struct catalog_list *request,
                                     bool (*each)(void *context, const struct catalog_entry *entry),
                                     void *context, struct tess_error *error);
enum tess_status catalog_dynamo_add(struct catalog *base, const char *grid_id, const char *key,
                                    int64_t added_ms, struct tess_error *error);
enum tess_status catalog_dynamo_remove(struct catalog *base, const char *grid_id, const char *key,
                                       bool *removed_out, struct tess_error *error);
enum tess_status catalog_dynamo_remove_many(struct catalog *base, const char *grid_id,
                                            const char *const *keys, size_t count, struct tess_error *error);
enum tess_status catalog_dynamo_counter_add(struct catalog *base, const char *name, int64_t delta,
                                            int64_t *value_out, struct tess_error *error);
enum tess_status catalog_dynamo_counter_get(struct catalog *base, const char *name, int64_t *value_out,
                                            struct tess_error *error);
enum tess_status catalog_dynamo_counter_set(struct catalog *base, const char *name, int64_t value,
                                            struct tess_error *error);

#endif
