// SPDX-License-Identifier: MIT
/* Answers in the forms that Lambda's callers expect. The texts are one line of JSON, for free(). Pure. */
#ifndef FRONT_LAMBDA_ANSWER_H
#define FRONT_LAMBDA_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "front/api.h"
#include "front/lambda_handler.h"
#include "front/origins.h"

/*
 * To API Gateway and Function URLs:
 *     {"statusCode":200,"headers":{"content-type":"application/json",…},"body":"{\"value\":9}",
 *      "isBase64Encoded":false}
 * `origins` is whose pages may call. The event's method, path and Origin header, and the handler, say what
 * else the answer needs: none of the body for HEAD, what is allowed for 405 and OPTIONS.
 */
char *lambda_answer_proxy(enum lambda_handler handler, const struct lambda_event *event,
                          const struct api_answer *answer, const struct origins *origins);

/* Is it a browser's question what it may send? It is answered without store or engine. */
bool lambda_is_preflight(enum lambda_handler handler, const struct lambda_event *event);
char *lambda_answer_preflight(enum lambda_handler handler, const struct lambda_event *event,
                              const struct origins *origins);

/* {"value":9} → {"statusCode":200,"value":9}: the hit counter's own form. */
char *lambda_answer_counter(const struct api_answer *answer);

/* {"batchItemFailures":[{"itemIdentifier":"…"}]}: of the records, those that are not done. */
char *lambda_answer_records(const struct lambda_event *event, const bool *done);

/* What went wrong, from an answer that says so: its "message", for free(). */
char *lambda_answer_message(const struct api_answer *answer);

enum { LAMBDA_TYPE_BYTES = 48 };

/* "Tessera.NotFound" */
void lambda_error_type(enum tess_status status, char type_out[LAMBDA_TYPE_BYTES]);

#endif
