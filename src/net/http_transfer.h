// SPDX-License-Identifier: MIT
/*
 * One transfer on a libcurl handle: its options, what arrives, how long nothing has, and what became of it.
 * Everything here but http_transfer_init() runs on the network thread, see http_curl.c.
 */
#ifndef NET_HTTP_TRANSFER_H
#define NET_HTTP_TRANSFER_H

#include <pthread.h>

#include "net/curl_library.h"
#include "net/http.h"

struct http_transfer {
    const struct curl_library *curl;
    const struct http_config *config;
    const struct http_request *request;
    struct http_response *response;
    struct tess_error *error; /* never NULL */

    CURL *easy;
    struct curl_slist *headers;
    char words[CURL_ERROR_SIZE]; /* libcurl's */
    uint64_t sent_bytes;         /* of the body, as libcurl asked for them */
    bool refused_address;
    enum tess_status body_status;  /* of reading request->body */
    enum http_failure own_failure; /* why one of our callbacks ended it; HTTP_DONE: none did */

    /* Progress within the present stall window, which begins when the connection stands. */
    bool connected;
    int64_t begun_ns, window_ns;
    uint64_t window_bytes;

    /* Between the caller and the network thread, under the client's lock. */
    struct http_transfer *next;
    pthread_cond_t changed;
    bool cancelled, finished;
};

/* TESS_ERR_MEMORY, and TESS_ERR_DENIED for a scheme that is not http or https. */
enum tess_status http_transfer_init(struct http_transfer *transfer);

/* Sets all options of `easy`, which is the transfer's from then on. TESS_ERR_MEMORY, TESS_ERR_IO. */
enum tess_status http_transfer_prepare(struct http_transfer *transfer, CURL *easy);

/* HTTP_DONE, or why it must be ended at `now_ns`. */
enum http_failure http_transfer_overdue(struct http_transfer *transfer, int64_t now_ns);

/* Fills in failure and error: libcurl's outcome, or `imposed` when that is not HTTP_DONE. */
void http_transfer_conclude(struct http_transfer *transfer, CURLcode code, enum http_failure imposed);

#endif
