// SPDX-License-Identifier: MIT
/*
 * What the server sends, as libcurl hands it over: headers and body, within their bounds. A server may say
 * anything, as long as it likes: all lines of headers count, those of 1xx answers and trailers too.
 */
#ifndef NET_HTTP_ANSWER_H
#define NET_HTTP_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "net/http_transfer.h"

/* As CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION; `context` is a struct http_transfer. */
size_t http_answer_on_header(char *line, size_t unit, size_t count, void *context);
size_t http_answer_on_body(char *data, size_t unit, size_t count, void *context);

/* How many bytes the body may have: the caller's limit, but room for an error's own words in any case. */
uint64_t http_answer_body_limit(const struct http_transfer *transfer);

#endif
