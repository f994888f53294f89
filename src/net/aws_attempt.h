// SPDX-License-Identifier: MIT
/* One attempt of a call: sign as of now, send, read what came back. */
#ifndef NET_AWS_ATTEMPT_H
#define NET_AWS_ATTEMPT_H

#include "net/aws.h"

enum aws_attempt_outcome {
    AWS_ATTEMPT_UNSENT, /* no credentials, no memory, stopped: trying again is of no use */
    AWS_ATTEMPT_GOOD,
    AWS_ATTEMPT_FAILED,    /* no answer, or one that says so by its status */
    AWS_ATTEMPT_BAD_ANSWER /* one that says it is good and is not */
};

struct aws_attempt {
    struct aws *aws;
    const struct aws_request *request;
    struct http *http;
    enum aws_attempt_outcome outcome; /* set by aws_attempt() */
};

/* What of an address is signed: the host as it is sent (lower case, without the scheme's own port), and the
 * whole path. */
struct aws_signed_place {
    char host[320];
    char path[16384];
};
/* TESS_ERR_INVALID, TESS_ERR_LIMIT. Pure. */
enum tess_status aws_signed_place(const char *endpoint, const char *path, struct aws_signed_place *place_out,
                                  struct tess_error *error);

/*
 * `credentials` are replaced by those of this attempt, response->http and ->complaint by what came. The
 * status is the transport's (TESS_OK with any answer) or why nothing was sent.
 */
enum tess_status aws_attempt(struct aws_attempt *attempt, struct credentials *credentials,
                             struct aws_response *response, struct tess_error *error);

#endif
