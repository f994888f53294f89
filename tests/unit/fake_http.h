// SPDX-License-Identifier: MIT
/*
 * A `struct http` that answers as the test tells it, and remembers what it was asked: for tests of all that
 * talks to a service, without a network.
 *
 *     struct fake_http fake;
 *     fake_http_begin(&fake);
 *     fake_http_answer(&fake, 503, NULL, "<Error><Code>SlowDown</Code></Error>");
 *     fake_http_answer(&fake, 200, "ETag: \"a\"\nx-amz-request-id: 1", "image");
 *     … give &fake.http to what is tested, let it work …
 *     assert_string_equal(fake.requests[1].method, "GET");
 *     fake_http_end(&fake);       // fails the test when answers are left over, or were too few
 *
 * Thread-safe. Nothing here fails the test while a request runs (that may be another thread): what is wrong
 * is told by fake_http_end().
 */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http.h"

enum { FAKE_ANSWERS = 256, FAKE_REQUESTS = 512 };

struct fake_answer {
    int status;                /* 200 */
    const char *headers;       /* "Name: value\nName: value"; NULL: none */
    const void *body;          /* borrowed until it was sent; NULL: none */
    size_t body_size;          /* 0 with a body: it is text */
    uint64_t content_length;   /* 0: the body's size, or as `headers` say; UINT64_MAX: not announced */
    enum http_failure failure; /* unless HTTP_DONE; status and headers had then come before it */
    bool request_sent;         /* with a failure. Whatever is answered, was sent */
};

/* All owned. */
struct fake_request {
    char *method, *url;
    char *headers; /* "name: value\n…", the names in lower case, in the order given */
    uint8_t *body; /* NUL-terminated; NULL: none */
    size_t body_size;
    uint64_t max_body_bytes;
    uint32_t connect_timeout_ms, stall_timeout_ms, total_timeout_ms;
    bool not_repeatable, fresh_connection, public_addresses_only, no_proxy;
};

struct fake_http {
    struct http http;

    /* NULL: the answers are taken in their order. Else it is asked; false: one of those is taken. One call at
     * a time, on the thread that asks. */
    bool (*handler)(void *context, const struct fake_request *request, struct fake_answer *answer_out);
    void *context;

    pthread_mutex_t lock; /* guards what follows while threads run */
    struct fake_answer answers[FAKE_ANSWERS];
    size_t answer_count, answers_used;
    struct fake_request requests[FAKE_REQUESTS]; /* the first ones */
    size_t request_count;                        /* all */
    size_t unexpected;                           /* for which there was no answer: HTTP_UNREACHABLE */
    bool destroyed; /* http.ops->destroy() was called, by whoever owned &fake->http */
};

void fake_http_begin(struct fake_http *fake);
void fake_http_end(struct fake_http *fake);

/* One more answer. The strings are borrowed until it was sent. */
void fake_http_add(struct fake_http *fake, const struct fake_answer *answer);
void fake_http_answer(struct fake_http *fake, int status, const char *headers, const char *body);
void fake_http_failure(struct fake_http *fake, enum http_failure failure, bool request_sent);

/* Forgets requests, and answers that are left. */
void fake_http_forget(struct fake_http *fake);

/*
 * The value of a request's header (name in lower case) into a buffer, which is returned; NULL: it has none,
 * or the test fails when it has several or the value is too long.
 */
enum { FAKE_VALUE_BYTES = 2048 };
const char *fake_http_header(const struct fake_request *request, const char *name,
                             char value_out[FAKE_VALUE_BYTES]);

#endif
