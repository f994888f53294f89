// SPDX-License-Identifier: MIT
/*
 * A client of the AWS Lambda Runtime API (version 2018-06-01): what a custom runtime asks for its next event
 * and answers by. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 *
 * One invocation at a time, as the API has it: not thread-safe, but different threads may call one after the
 * other. What the events hold is the caller's business.
 */
#ifndef TESSERA_LAMBDA_H
#define TESSERA_LAMBDA_H

#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

enum { TESS_LAMBDA_EVENT_MAX_BYTES = 6 << 20, TESS_LAMBDA_ANSWER_MAX_BYTES = 6 << 20 };

struct tess_lambda;

/*
 * `host_port` is the value of AWS_LAMBDA_RUNTIME_API, copied. Nothing is asked yet. On success *lambda_out is
 * the caller's, for tess_lambda_close(). TESS_ERR_INVALID (no host and port), TESS_ERR_UNSUPPORTED (no
 * libcurl), TESS_ERR_MEMORY.
 */
TESS_API enum tess_status tess_lambda_open(const char *host_port, struct tess_lambda **lambda_out,
                                           struct tess_error *error);
TESS_API void tess_lambda_close(struct tess_lambda *lambda);

/* One invocation; freed whole by tess_lambda_invocation_clear(). */
struct tess_lambda_invocation {
    char *request_id;
    char *event; /* terminated; event_bytes long without that */
    size_t event_bytes;
    int64_t deadline_ms; /* Unix time, perhaps past; 0: not told, or absurd */
    char *trace_id;      /* "" when absent */
    char *function_arn;  /* "" when absent */
};
TESS_API void tess_lambda_invocation_clear(struct tess_lambda_invocation *invocation);

/*
 * Waits for the next event, without limit of time (a frozen process waits for days), until *cancel (as in
 * struct tess_watch; may be NULL) is set: TESS_ERR_CANCELLED. A connection that died while the process was
 * frozen is tried again once on a fresh one. TESS_ERR_IO, TESS_ERR_LIMIT ("event-bytes"), TESS_ERR_MEMORY.
 * The caller clears the invocation, whatever comes back; after TESS_ERR_LIMIT its request_id tells which one
 * to fail, if it was told (else NULL).
 */
TESS_API enum tess_status tess_lambda_next(struct tess_lambda *lambda, const volatile int *cancel,
                                           struct tess_lambda_invocation *invocation_out,
                                           struct tess_error *error);

/* The answer to an invocation: JSON of any kind. TESS_ERR_LIMIT ("answer-bytes": nothing was sent, or the
 * server found it too large), TESS_ERR_INVALID (no request id), TESS_ERR_IO, TESS_ERR_TIMEOUT,
 * TESS_ERR_MEMORY. */
TESS_API enum tess_status tess_lambda_respond(struct tess_lambda *lambda, const char *request_id,
                                              const char *json, size_t size_bytes, struct tess_error *error);

/*
 * Reports that an invocation failed (request_id) or that the function cannot start at all (request_id NULL).
 * `type` is of the form "Tessera.NotFound". Errors as above.
 */
TESS_API enum tess_status tess_lambda_fail(struct tess_lambda *lambda, const char *request_id,
                                           const char *type, const char *message, struct tess_error *error);

#endif
