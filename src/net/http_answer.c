// SPDX-License-Identifier: MIT
#include "net/http_answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_BODY_BYTES = 64 * 1024, BAD = 0 /* libcurl: not all was taken, so end */ };

uint64_t http_answer_body_limit(const struct http_transfer *transfer)
{
    const uint64_t limit = transfer->request->max_body_bytes;
    return transfer->response->status >= 300 && limit < ERROR_BODY_BYTES ? ERROR_BODY_BYTES : limit;
}

/* A Content-Length that is a whole decimal number; libcurl refuses answers with two that differ. */
static uint64_t announced_bytes(const struct http_response *response)
{
    const char *text = http_response_header(response, "content-length");
    if (!text || !isdigit((unsigned char)text[0]) || http_response_header(response, "transfer-encoding"))
        return UINT64_MAX;
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' ? value : UINT64_MAX;
}

/* The headers are complete: is the body to come within bounds? */
static bool begin_body(struct http_transfer *transfer)
{
    struct http_response *response = transfer->response;
    if (response->status < 200)
        return true; /* the real answer is still to come */
    transfer->head_complete = true;
    response->length_bytes = announced_bytes(response);
    const bool bodiless =
        strcmp(transfer->request->method, "HEAD") == 0 || response->status == 204 || response->status == 304;
    const uint64_t limit = http_answer_body_limit(transfer);
    bytes_clear(&response->body);
    bytes_init(&response->body, limit < SIZE_MAX ? (size_t)limit : SIZE_MAX);
    if (bodiless || response->length_bytes == UINT64_MAX || response->length_bytes == 0)
        return true;
    if (response->length_bytes > limit)
        return http_transfer_end(transfer, HTTP_TOO_LARGE), false;
    if (bytes_reserve(&response->body, (size_t)response->length_bytes) == TESS_OK)
        return true;
    return http_transfer_end(transfer, HTTP_LOCAL), false;
}

static enum tess_status add_header(struct bytes *headers, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (!colon || colon == line || memchr(line, '\0', length))
        return TESS_OK; /* no header that anyone could ask for */
    const char *value = colon + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    const size_t name_at = headers->size, name_length = (size_t)(colon - line);
    enum tess_status status = bytes_append(headers, line, name_length);
    for (size_t i = 0; status == TESS_OK && i < name_length; i++)
        headers->data[name_at + i] = (uint8_t)tolower(headers->data[name_at + i]);
    if (status == TESS_OK)
        status = bytes_append(headers, "", 1);
    if (status == TESS_OK)
        status = bytes_append(headers, value, (size_t)(end - value));
    return status == TESS_OK ? bytes_append(headers, "", 1) : status;
}

/* "HTTP/1.1 200 OK": a new answer begins, and what a 1xx said before counts no more. */
static void begin_answer(struct http_transfer *transfer, const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    transfer->response->status = 0;
    for (size_t i = 1; space && i <= 3 && space + i < line + length && isdigit((unsigned char)space[i]); i++)
        transfer->response->status = transfer->response->status * 10 + (space[i] - '0');
    transfer->response->headers.size = 0;
}

size_t http_answer_on_header(char *line, size_t unit, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    size_t length = unit * count;
    const size_t taken = length;
    transfer->new_bytes += length;
    transfer->head_bytes += length;
    if (transfer->head_bytes > HTTP_HEADERS_MAX_BYTES)
        return http_transfer_end(transfer, HTTP_BROKEN), BAD;
    if (transfer->head_complete)
        return taken; /* a trailer: nobody asks for them, and none may change what has been decided */
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length == 0)
        return begin_body(transfer) ? taken : BAD;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        begin_answer(transfer, line, length);
        return taken;
    }
    const enum tess_status status = add_header(&transfer->response->headers, line, length);
    if (status == TESS_OK)
        return taken;
    http_transfer_end(transfer, status == TESS_ERR_LIMIT ? HTTP_BROKEN : HTTP_LOCAL);
    return BAD;
}

size_t http_answer_on_body(char *data, size_t unit, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    const size_t size = unit * count;
    transfer->new_bytes += size;
    const enum tess_status status = bytes_append(&transfer->response->body, data, size);
    if (status == TESS_OK)
        return size;
    http_transfer_end(transfer, status == TESS_ERR_LIMIT ? HTTP_TOO_LARGE : HTTP_LOCAL);
    return BAD;
}
