// SPDX-License-Identifier: MIT
/* A DynamoDB catalog whose server follows a script: each request must be the one that comes next, and gets
 * the answer that stands beside it. */
#ifndef DYNAMO_SCRIPT_H
#define DYNAMO_SCRIPT_H

#include "backend/catalog_dynamo_parts.h"

/* One request that must come, and its answer. */
struct script_step {
    const char *operation;
    const char *holds[4]; /* all of these are in the request's body */
    const char *lacks;    /* and this is not */
    int status;           /* 0: 200 */
    const char *body;
    bool damaged;              /* on its way: the checksum does not fit */
    enum http_failure failure; /* instead of an answer; the request was sent */
};

struct dynamo_script {
    struct http http;
    const struct script_step *steps;
    size_t count, at;
    struct aws *aws;
    struct catalog *catalog;
    int64_t slept_ms; /* by the catalog, not the client */
};

/* Opened on the tables "Grids" and "Hits" in eu-north-1; no wait takes any time. To be closed also on
 * failure. */
enum tess_status script_open(struct dynamo_script *script, struct tess_error *error);
void script_close(struct dynamo_script *script);

/* The client alone. */
enum tess_status script_make_aws(struct dynamo_script *script, bool with_region, struct tess_error *error);

/* For cmocka; *state is the script. */
int script_setup(void **state);
int script_teardown(void **state);

/* The script, and that all of it has been played. */
#define SCRIPT_PLAY(script, ...)                                  \
    do {                                                          \
        static const struct script_step played[] = {__VA_ARGS__}; \
        (script)->steps = played;                                 \
        (script)->count = sizeof played / sizeof played[0];       \
        (script)->at = 0;                                         \
    } while (0)

void expect_played(const struct dynamo_script *script);

void expect_words(const struct tess_error *error, const char *words);

#endif
