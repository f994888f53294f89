// SPDX-License-Identifier: MIT
/* What a call that did not succeed means to its caller: a status, and words for people. Pure. */
#ifndef NET_AWS_EXPLAIN_H
#define NET_AWS_EXPLAIN_H

#include "net/aws.h"

/* `transport` is the status that came with response->http. As net/aws.h promises for aws_call(). */
enum tess_status aws_explain_status(const struct aws_response *response, enum tess_status transport);

/*
 * "cannot read photo.jpg from bucket images: NoSuchKey: The specified key does not exist. (HTTP 404, 3
 * attempts)". `error` holds the transport's words, which are kept when no answer came. `no_tokens`: it was
 * not tried again because too much fails at that server. Returns the status that is set.
 */
enum tess_status aws_explain(const struct aws_response *response, const char *what,
                             enum tess_status transport, bool no_tokens, struct tess_error *error);

/*
 * Credentials that could not be had, as a failure of the call that needs them: a token's file that is missing
 * must not look like a missing object, nor nonsense of a metadata service like a damaged one. TESS_ERR_SETUP
 * and TESS_ERR_IO stand for what may be taken for the object's own; the words stay. Returns the status.
 */
enum tess_status aws_explain_no_credentials(enum tess_status status, struct tess_error *error);

/* Does the service's code say that the thing is refused by what we said of ourselves or our clock? */
bool aws_complains_of_clock(const struct aws_complaint *complaint); /* certainly */
bool aws_complains_of_request(const struct aws_response *response); /* perhaps of the clock, too */
bool aws_complains_of_token(const struct aws_complaint *complaint); /* which can be renewed */

#endif
