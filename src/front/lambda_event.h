// SPDX-License-Identifier: MIT
/*
 * What a Lambda function is invoked with, taken apart. Seven forms are known:
 *
 *     {"httpMethod":"POST","path":"/add_image","queryStringParameters":{…},…}    API Gateway, REST (v1)
 *     {"version":"2.0","rawPath":"/prod/add_image","requestContext":{…},…}       HTTP API (v2), Function URL
 *     {"counter":"cloud-resume"}                                                 direct: count a hit
 *     {"uniqueGridId":"holiday","tile":256,…}                                    direct: a grid
 *     {"SOURCE_BUCKET":"photos","DESTINATION_BUCKET":"grids",…}                  direct: a whole bucket
 *     {"Records":[{"eventSource":"aws:sqs","messageId":"…","body":"…"}]}         a batch from a queue
 *     {"source":"aws.events",…}, {"warmer":true}, {"warmup":true}                wakes the function, asks
 * nothing
 *
 * What is no such form, or two of them at once, is an error with words: an event that was misunderstood would
 * count as done.
 */
#ifndef FRONT_LAMBDA_EVENT_H
#define FRONT_LAMBDA_EVENT_H

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

#include "front/lambda_path.h"

enum { LAMBDA_MAX_RECORDS = 10000 }; /* the most that SQS puts into one event */

enum lambda_kind {
    LAMBDA_PROXY,   /* API Gateway or Function URL: wants an answer with statusCode and body */
    LAMBDA_COUNTER, /* `counter` */
    LAMBDA_GRID,    /* `text` is the request's JSON body */
    LAMBDA_BUCKET,  /* `tree` with `source_bucket` and `dest_bucket`; its other members are options */
    LAMBDA_RECORDS, /* `records` */
    LAMBDA_NOTHING, /* {} or null: for a handler that needs to be told nothing */
    LAMBDA_WAKE,    /* a schedule's or a warmer's: answered, and nothing is done */
};

struct lambda_record {
    const char *message_id, *body;
};

/* Strings belong to the event, those that are const to its tree. */
struct lambda_event {
    enum lambda_kind kind;
    cJSON *tree;
    const char *text; /* as given to lambda_event_read(), borrowed */
    size_t text_bytes;
    const char *base_path; /* likewise */

    /* LAMBDA_PROXY */
    const char *method;
    char *path; /* of the API, percent-encoded: see lambda_path.h */
    enum path_trust trust;
    char *query;                  /* as in an address; NULL: none */
    const char *content_type;     /* NULL: not told */
    const char *content_encoding; /* likewise */
    const char *origin;           /* of the page that asks; NULL: not told */
    const char *body;             /* decoded; NULL: none */
    size_t body_bytes;
    char *decoded;  /* what `body` points to, if it came in base64 */
    bool has_nul;   /* came as text with NULs, which are U+FFFD now */
    bool is_spoilt; /* came as text with U+FFFD: what was no text is lost */

    const char *counter;                     /* LAMBDA_COUNTER */
    const char *source_bucket, *dest_bucket; /* LAMBDA_BUCKET; the second NULL: as configured */

    struct lambda_record *records; /* LAMBDA_RECORDS; at least one */
    size_t record_count;
};

/* `base_path` may be NULL, as in lambda_path_find(). TESS_ERR_INVALID, with words. The caller clears the
 * event, whatever comes back. Pure. */
enum tess_status lambda_event_read(const char *text, size_t size, const char *base_path,
                                   struct lambda_event *event, struct tess_error *error);
void lambda_event_clear(struct lambda_event *event);

#endif
