// SPDX-License-Identifier: MIT
#include "fake_http.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

enum { HEADERS_MAX_BYTES = 1 << 20, ERROR_BODY_MAX_BYTES = 64 * 1024 };

static void clear_request(struct fake_request *request)
{
    free(request->method);
    free(request->url);
    free(request->headers);
    free(request->body);
    *request = (struct fake_request){0};
}

static enum tess_status read_body(const struct http_body *body, struct fake_request *request)
{
    size_t size = (size_t)body->size_bytes, done = 0;
    request->body = calloc(1, size + 1);
    if (!request->body)
        return TESS_ERR_MEMORY;
    if (body->data)
        memcpy(request->body, body->data, size);
    while (!body->data && done < size) {
        size_t got = 0;
        enum tess_status status =
            body->read(body->context, done, request->body + done, size - done, &got, NULL);
        if (status != TESS_OK)
            return status;
        if (got == 0)
            return TESS_ERR_IO;
        done += got;
    }
    request->body_size = size;
    return TESS_OK;
}

static enum tess_status copy_headers(const struct http_request *asked, struct fake_request *request)
{
    struct bytes text;
    bytes_init(&text, HEADERS_MAX_BYTES);
    enum tess_status status = TESS_OK;
    for (size_t i = 0; status == TESS_OK && i < asked->header_count; i++) {
        const size_t name = text.size;
        status = bytes_append_format(&text, "%s: %s\n", asked->headers[i].name, asked->headers[i].value);
        for (size_t at = name; status == TESS_OK && text.data[at] != ':'; at++)
            text.data[at] = (uint8_t)tolower(text.data[at]);
    }
    const char *whole = status == TESS_OK ? bytes_text(&text) : NULL;
    request->headers = whole ? strdup(whole) : NULL;
    bytes_clear(&text);
    return status == TESS_OK && !request->headers ? TESS_ERR_MEMORY : status;
}

static enum tess_status copy_request(const struct http_request *asked, struct fake_request *request)
{
    *request = (struct fake_request){.max_body_bytes = asked->max_body_bytes,
                                     .connect_timeout_ms = asked->connect_timeout_ms,
                                     .stall_timeout_ms = asked->stall_timeout_ms,
                                     .total_timeout_ms = asked->total_timeout_ms,
                                     .not_repeatable = asked->not_repeatable,
                                     .fresh_connection = asked->fresh_connection,
                                     .public_addresses_only = asked->public_addresses_only,
                                     .no_proxy = asked->no_proxy};
    request->method = strdup(asked->method);
    request->url = strdup(asked->url);
    enum tess_status status = request->method && request->url ? TESS_OK : TESS_ERR_MEMORY;
    if (status == TESS_OK)
        status = copy_headers(asked, request);
    if (status == TESS_OK && asked->body)
        status = read_body(asked->body, request);
    if (status != TESS_OK)
        clear_request(request);
    return status;
}

/* "Name: value\nName: value" as http.h wants it. */
static enum tess_status parse_headers(const char *text, struct bytes *headers)
{
    enum tess_status status = TESS_OK;
    while (text && *text && status == TESS_OK) {
        const size_t line = strcspn(text, "\n"), name = strcspn(text, ":\n");
        size_t value = name + (name < line), end = line;
        while (value < end && text[value] == ' ')
            value++;
        while (end > value && text[end - 1] == ' ')
            end--;
        for (size_t i = 0; i < name && status == TESS_OK; i++)
            status = bytes_append(headers, &(char){(char)tolower((unsigned char)text[i])}, 1);
        if (status == TESS_OK)
            status = bytes_append(headers, "", 1);
        if (status == TESS_OK)
            status = bytes_append(headers, text + value, end - value);
        if (status == TESS_OK)
            status = bytes_append(headers, "", 1);
        text += line + (text[line] == '\n');
    }
    return status;
}

static enum tess_status break_off(struct http_response *response, enum http_failure failure,
                                  struct tess_error *error)
{
    bytes_clear(&response->body);
    response->failure = failure;
    switch (failure) {
    case HTTP_STALLED:
    case HTTP_OUT_OF_TIME:
        return error_set(error, TESS_ERR_TIMEOUT, "fake: the server took too long");
    case HTTP_TOO_LARGE:
        return error_limit(error, "max-bytes", "fake: the answer is too large");
    case HTTP_FORBIDDEN:
        return error_set(error, TESS_ERR_DENIED, "fake: the address is not allowed");
    case HTTP_STOPPED:
        return error_set(error, TESS_ERR_CANCELLED, "fake: stopped");
    case HTTP_LOCAL:
        return error_set(error, TESS_ERR_MEMORY, "fake: no memory");
    case HTTP_UNTRUSTED:
        return error_set(error, TESS_ERR_IO, "fake: the certificate does not verify");
    case HTTP_UNREACHABLE:
        return error_set(error, TESS_ERR_IO, "fake: cannot connect");
    default:
        return error_set(error, TESS_ERR_IO, "fake: the connection broke");
    }
}

static enum tess_status answer(const struct fake_answer *told, const struct http_request *request,
                               struct http_response *response, struct tess_error *error)
{
    const bool no_body = strcmp(request->method, "HEAD") == 0 || told->status == 304;
    const size_t size = told->body && told->body_size == 0 ? strlen(told->body) : told->body_size;
    uint64_t most = request->max_body_bytes;
    if (told->status >= 300 && most < ERROR_BODY_MAX_BYTES)
        most = ERROR_BODY_MAX_BYTES;
    response->status = told->status;
    response->request_sent = told->failure == HTTP_DONE || told->request_sent;
    if (parse_headers(told->headers, &response->headers) != TESS_OK)
        return break_off(response, HTTP_LOCAL, error);
    const char *length = http_response_header(response, "content-length");
    response->length_bytes = told->content_length ? told->content_length : size;
    if (length)
        response->length_bytes = strtoull(length, NULL, 10);
    if (told->failure != HTTP_DONE)
        return break_off(response, told->failure, error);
    if (no_body)
        return TESS_OK;
    if (size > most || (response->length_bytes != UINT64_MAX && response->length_bytes > most))
        return break_off(response, HTTP_TOO_LARGE, error);
    if (size > 0 && bytes_append(&response->body, told->body, size) != TESS_OK)
        return break_off(response, HTTP_LOCAL, error);
    return TESS_OK;
}

/* With the lock held. */
static void choose_answer(struct fake_http *fake, const struct fake_request *request,
                          struct fake_answer *answer_out)
{
    *answer_out = (struct fake_answer){.status = 200};
    if (fake->handler && fake->handler(fake->context, request, answer_out))
        return;
    if (fake->answers_used < fake->answer_count) {
        *answer_out = fake->answers[fake->answers_used++];
        return;
    }
    *answer_out = (struct fake_answer){.failure = HTTP_UNREACHABLE};
    fake->unexpected++;
}

static enum tess_status perform(struct http *http, const struct http_request *request,
                                struct http_response *response_out, struct tess_error *error)
{
    struct fake_http *fake = (struct fake_http *)(void *)http; /* its first member */
    struct fake_request asked;
    *response_out = (struct http_response){.length_bytes = UINT64_MAX};
    bytes_init(&response_out->headers, HEADERS_MAX_BYTES);
    bytes_init(&response_out->body, SIZE_MAX);
    enum tess_status status = stop_check(request->stop, error);
    if (status != TESS_OK) {
        response_out->failure = HTTP_STOPPED;
        return status;
    }
    if (copy_request(request, &asked) != TESS_OK)
        return break_off(response_out, HTTP_LOCAL, error);
    struct fake_answer told;
    (void)pthread_mutex_lock(&fake->lock);
    choose_answer(fake, &asked, &told);
    status = answer(&told, request, response_out, error);
    if (fake->request_count < FAKE_REQUESTS)
        fake->requests[fake->request_count] = asked;
    else
        clear_request(&asked);
    fake->request_count++;
    (void)pthread_mutex_unlock(&fake->lock);
    return status;
}

static void destroy(struct http *http)
{
    ((struct fake_http *)(void *)http)->destroyed = true;
}

void fake_http_begin(struct fake_http *fake)
{
    static const struct http_ops ops = {.perform = perform, .destroy = destroy};
    *fake = (struct fake_http){.http.ops = &ops};
    assert_int_equal(pthread_mutex_init(&fake->lock, NULL), 0);
}

void fake_http_forget(struct fake_http *fake)
{
    for (size_t i = 0; i < fake->request_count && i < FAKE_REQUESTS; i++)
        clear_request(&fake->requests[i]);
    fake->request_count = fake->answer_count = fake->answers_used = 0;
}

void fake_http_end(struct fake_http *fake)
{
    const size_t left = fake->answer_count - fake->answers_used, unexpected = fake->unexpected;
    fake_http_forget(fake);
    (void)pthread_mutex_destroy(&fake->lock);
    if (unexpected > 0)
        fail_msg("%zu requests came that no answer was told for", unexpected);
    if (left > 0)
        fail_msg("%zu answers were not asked for", left);
}

void fake_http_add(struct fake_http *fake, const struct fake_answer *answer)
{
    assert_true(fake->answer_count < FAKE_ANSWERS);
    fake->answers[fake->answer_count++] = *answer;
}

void fake_http_answer(struct fake_http *fake, int status, const char *headers, const char *body)
{
    fake_http_add(fake, &(struct fake_answer){.status = status, .headers = headers, .body = body});
}

void fake_http_failure(struct fake_http *fake, enum http_failure failure, bool request_sent)
{
    fake_http_add(fake, &(struct fake_answer){.failure = failure, .request_sent = request_sent});
}

const char *fake_http_header(const struct fake_request *request, const char *name,
                             char value_out[FAKE_VALUE_BYTES])
{
    const size_t name_size = strlen(name);
    unsigned found = 0;
    for (const char *line = request->headers; *line; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, name, name_size) != 0 || line[name_size] != ':')
            continue;
        const char *value = line + name_size + 2;
        const size_t size = strcspn(value, "\n");
        assert_true(size < FAKE_VALUE_BYTES);
        memcpy(value_out, value, size);
        value_out[size] = '\0';
        found++;
    }
    assert_true(found <= 1);
    return found ? value_out : NULL;
}
