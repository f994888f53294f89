// SPDX-License-Identifier: MIT
/*
 * <tessera/lambda.h> over any HTTP client. tess_lambda_open() gives it the real one, tests give it a fake.
 */
#ifndef NET_LAMBDA_RUNTIME_H
#define NET_LAMBDA_RUNTIME_H

#include <stdint.h>

#include "net/http.h"
#include <tessera/lambda.h>

/* On success *lambda_out is the caller's and `http` is its own, destroyed by tess_lambda_close(); on failure
 * `http` stays the caller's. TESS_ERR_INVALID (no host and port), TESS_ERR_MEMORY. */
enum tess_status lambda_runtime_create(struct http *http, const char *host_port,
                                       struct tess_lambda **lambda_out, struct tess_error *error);

/* The header's text as a Unix time in milliseconds; 0 for what is none, is not after 1970 or is more than a
 * day after `now_ms`: no invocation has that long. Times that are past are kept. Pure. */
int64_t lambda_runtime_deadline(const char *text, int64_t now_ms);

#endif
