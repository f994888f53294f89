// SPDX-License-Identifier: MIT
/*
 * A real `struct aws` in a world of the test's own: keys from an environment that the test writes, a fake
 * HTTP client (fake_http.h), a clock that only moves when something sleeps, and sleeps that are remembered
 * instead of slept.
 */
#ifndef FAKE_AWS_H
#define FAKE_AWS_H

#include <stdatomic.h>

#include "fake_http.h"
#include "net/aws.h"

enum { FAKE_AWS_NOW_S = 1795514400 /* 2026-11-24T10:00:00Z */, FAKE_SLEEPS = 64 };

#define FAKE_AWS_KEY    "AKIAFAKEFAKEFAKEFAKE"
#define FAKE_AWS_SECRET "hush/ThisSecretMustNotShowInAnyMessage00"
#define FAKE_AWS_REGION "eu-north-1"
/* What fake_aws_begin() uses for NULL. */
#define FAKE_AWS_VARIABLES                                                                          \
    "AWS_ACCESS_KEY_ID=" FAKE_AWS_KEY "\nAWS_SECRET_ACCESS_KEY=" FAKE_AWS_SECRET                    \
    "\nAWS_REGION=" FAKE_AWS_REGION "\nAWS_EC2_METADATA_DISABLED=true\nAWS_CONFIG_FILE=/dev/null\n" \
    "AWS_SHARED_CREDENTIALS_FILE=/dev/null\nHOME=/nonexistent"

struct fake_aws {
    struct fake_http http;
    struct aws *aws;
    _Atomic int64_t unix_ms; /* the clock */
    double random01;         /* chance: 1.0 unless the test says otherwise */
    int64_t sleeps_ms[FAKE_SLEEPS];
    size_t sleep_count;
    bool stop_asleep;   /* the next sleep ends with TESS_ERR_CANCELLED */
    bool cancel_asleep; /* sleeps raise `cancel`, which is that of its surroundings */
    volatile int cancel;
};

/* `variables`: "NAME=value\nNAME=value"; the test's own environment does not matter. Fails the test. */
void fake_aws_begin(struct fake_aws *fake, const char *variables);
/* The same with the outcome told; fake->aws is NULL on failure. For tests of what happens without memory. */
enum tess_status fake_aws_try_begin(struct fake_aws *fake, const char *variables, struct tess_error *error);
void fake_aws_end(struct fake_aws *fake); /* as fake_http_end() */

/*
 * A service to call that is as simple as can be: an error answer's body is "Code: message", and an answer
 * that begins with "bad " is in truth a failure with what follows. The request reads photo.jpg from bucket
 * images, of S3 or by a POST to DynamoDB.
 */
struct aws_request fake_aws_request(enum aws_service service);

/* aws_call(), and the status must be this. The response is the caller's to clear. */
void fake_aws_expect(struct fake_aws *fake, const struct aws_request *request, enum tess_status status,
                     struct aws_response *response_out, struct tess_error *error_out);

#endif
