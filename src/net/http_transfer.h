// SPDX-License-Identifier: MIT
/*
 * One transfer on a libcurl handle: its options (http_transfer.c), what arrives (http_answer.h), how long
 * nothing has (http_pace.h), and what became of it (http_outcome.c). Everything here but
 * http_transfer_init() runs on the network thread, see http_curl.c.
 */
#ifndef NET_HTTP_TRANSFER_H
#define NET_HTTP_TRANSFER_H

#include <pthread.h>

#include "net/curl_library.h"
#include "net/http.h"
#include "net/http_pace.h"

struct http_transfer {
    const struct curl_library *curl;
    const struct http_config *config;
    const struct http_request *request;
    struct http_response *response;
    struct tess_error *error; /* never NULL */

    CURL *easy;
    struct curl_slist *headers;
    char words[CURL_ERROR_SIZE];   /* libcurl's */
    uint64_t read_bytes;           /* of the body, as libcurl asked for them */
    enum tess_status body_status;  /* of reading request->body */
    enum http_failure own_failure; /* why one of our callbacks ended it; HTTP_DONE: none did */

    /* Addresses that it was tried with. */
    bool refused_address, tried_address;
    int socket_errno; /* why there was no socket */

    size_t head_bytes; /* all lines of headers so far */
    bool head_complete;

    bool connected; /* the connection stands, the request goes out */
    int64_t begun_ns;
    struct http_pace pace;
    uint64_t new_bytes, seen_upload_bytes; /* received since the last look; sent until then */

    /* Between the caller and the network thread, under the client's lock. */
    struct http_transfer *next;
    pthread_cond_t changed;
    bool cancelled, finished;
};

/* TESS_ERR_MEMORY; TESS_ERR_DENIED for a scheme that is not http or https; TESS_ERR_INVALID for a header with
 * a line break. */
enum tess_status http_transfer_init(struct http_transfer *transfer);

/* Sets all options of `easy`, which is the transfer's from then on. TESS_ERR_MEMORY, TESS_ERR_IO. */
enum tess_status http_transfer_prepare(struct http_transfer *transfer, CURL *easy);

/* Why a callback is about to end the transfer; the first reason stays. */
void http_transfer_end(struct http_transfer *transfer, enum http_failure failure);

/* HTTP_DONE, or why it must be ended at `now_ns`. */
enum http_failure http_transfer_overdue(struct http_transfer *transfer, int64_t now_ns);

/* The request's timeouts, or their defaults. */
uint32_t http_transfer_connect_ms(const struct http_request *request);
uint32_t http_transfer_stall_ms(const struct http_request *request);

/* Fills in failure and error: libcurl's outcome, or `imposed` when that is not HTTP_DONE. */
void http_transfer_conclude(struct http_transfer *transfer, CURLcode code, enum http_failure imposed);

/* Sets response->failure and an error that names the host. Returns `status`. */
enum tess_status http_transfer_refuse(struct http_transfer *transfer, enum http_failure failure,
                                      enum tess_status status, const char *words);

#endif
