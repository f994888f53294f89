// SPDX-License-Identifier: MIT
/* What became of a transfer, in our kinds of failure and in words: libcurl's codes are many, and its words
 * are for programmers. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "net/http_answer.h"
#include "net/http_transfer.h"
#include "net/shown.h"

enum { HOST_BYTES = 100 };

struct outcome_words {
    char text[CURL_ERROR_SIZE];
};

/* "host:8080" of the address, without a user and password. */
static struct shown authority(const struct http_request *request)
{
    const char *scheme_end = strstr(request->url, "://");
    const char *begin = scheme_end ? scheme_end + 3 : request->url;
    const char *end = begin + strcspn(begin, "/?#\\");
    for (const char *at = begin; at < end; at++)
        if (*at == '@')
            begin = at + 1;
    char text[HOST_BYTES + 2]; /* one more than is shown, so that it shows that there is more */
    const size_t length = (size_t)(end - begin) < sizeof text - 1 ? (size_t)(end - begin) : sizeof text - 1;
    memcpy(text, begin, length);
    text[length] = '\0';
    return shown_text(length > 0 ? text : "the address", HOST_BYTES);
}

enum tess_status http_transfer_refuse(struct http_transfer *transfer, enum http_failure failure,
                                      enum tess_status status, const char *words)
{
    transfer->response->failure = failure;
    return error_set(transfer->error, status, "%s: %s", authority(transfer->request).text, words);
}

static bool is_out_of_sockets(int error_number)
{
    return error_number == EMFILE || error_number == ENFILE || error_number == ENOMEM ||
           error_number == ENOBUFS;
}

static enum http_failure failure_of(const struct http_transfer *transfer, CURLcode code)
{
    switch (code) {
    case CURLE_OK: /* also when a connection ends in the midst of the headers */
        return transfer->head_complete ? HTTP_DONE : HTTP_BROKEN;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_UNTRUSTED;
    case CURLE_OUT_OF_MEMORY: /* also for one line of headers that is beyond libcurl's limit of 100 KB */
        return transfer->connected && !transfer->head_complete ? HTTP_BROKEN : HTTP_LOCAL;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_FAILED_INIT:
        return HTTP_LOCAL;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return transfer->connected ? HTTP_BROKEN : HTTP_FORBIDDEN;
    default:
        break;
    }
    if (transfer->connected)
        return HTTP_BROKEN;
    if (!transfer->tried_address && is_out_of_sockets(transfer->socket_errno))
        return HTTP_LOCAL;
    return transfer->refused_address && !transfer->tried_address ? HTTP_FORBIDDEN : HTTP_UNREACHABLE;
}

static struct outcome_words error_words(int error_number)
{
    struct outcome_words words = {{0}};
    char buffer[128];
    const char *text = strerror_r(error_number, buffer, sizeof buffer); /* GNU's: perhaps not in `buffer` */
    (void)snprintf(words.text, sizeof words.text, "%s", text);
    words.text[0] = (char)tolower((unsigned char)words.text[0]);
    return words;
}

/* How far it had come when the time to connect was over. */
static struct outcome_words timeout_words(const struct http_transfer *transfer)
{
    struct outcome_words words = {{0}};
    curl_off_t resolved_us = 0, connected_us = 0;
    const double limit_s = http_transfer_connect_ms(transfer->request) / 1000.0;
    (void)transfer->curl->easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved_us);
    (void)transfer->curl->easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
    (void)snprintf(words.text, sizeof words.text, "%s within %.1f s",
                   connected_us > 0  ? "no secure connection"
                   : resolved_us > 0 ? "no connection"
                                     : "no name server told its address",
                   limit_s);
    return words;
}

/* libcurl's reason, in its words where there are no better ones. */
static struct outcome_words words_of(const struct http_transfer *transfer, CURLcode code)
{
    struct outcome_words words = {{0}};
    const char *text = transfer->words[0] ? transfer->words : transfer->curl->easy_strerror(code);
    long error_number = 0;
    if (code == CURLE_COULDNT_CONNECT &&
        transfer->curl->easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error_number) == CURLE_OK &&
        error_number > 0)
        return error_words((int)error_number);
    if (code == CURLE_OPERATION_TIMEDOUT && !transfer->connected)
        return timeout_words(transfer);
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        text = "there is no such host, or no name server answers";
    else if (code == CURLE_GOT_NOTHING)
        text = "it was closed without an answer";
    else if (code == CURLE_OK)
        text = "it was closed in the midst of the headers";
    else if (code == CURLE_UNSUPPORTED_PROTOCOL && transfer->connected)
        text = "what came is not HTTP";
    (void)snprintf(words.text, sizeof words.text, "%s", shown_text(text, SHOWN_MAX_BYTES).text);
    return words;
}

static enum tess_status explain_local(struct http_transfer *transfer, CURLcode code, const char *host)
{
    if (transfer->body_status != TESS_OK)
        return transfer->body_status; /* with its own words */
    if (is_out_of_sockets(transfer->socket_errno))
        return error_set(transfer->error, TESS_ERR_MEMORY, "%s: no socket for a connection: %s", host,
                         error_words(transfer->socket_errno).text);
    if (code == CURLE_SSL_CACERT_BADFILE)
        return error_set(transfer->error, TESS_ERR_IO, "%s: the CA bundle %s is no PEM file of certificates",
                         host,
                         transfer->config->ca_bundle ? shown_text(transfer->config->ca_bundle, 100).text
                                                     : "of the system");
    return error_set(transfer->error, TESS_ERR_MEMORY, "%s: no memory for the transfer", host);
}

static enum tess_status explain_broken(struct http_transfer *transfer, CURLcode code, const char *host)
{
    if (transfer->own_failure == HTTP_BROKEN || code == CURLE_OUT_OF_MEMORY)
        return error_set(transfer->error, TESS_ERR_IO,
                         "%s: the answer's headers have more than the limit of %d bytes", host,
                         HTTP_HEADERS_MAX_BYTES);
    return error_set(transfer->error, TESS_ERR_IO, "%s: the connection broke: %s", host,
                     words_of(transfer, code).text);
}

static enum tess_status explain(struct http_transfer *transfer, CURLcode code, enum http_failure failure)
{
    const struct http_request *request = transfer->request;
    const struct shown host = authority(request);
    switch (failure) {
    case HTTP_DONE:
        return TESS_OK;
    case HTTP_UNREACHABLE:
        return error_set(transfer->error, TESS_ERR_IO, "cannot connect to %s: %s", host.text,
                         words_of(transfer, code).text);
    case HTTP_UNTRUSTED:
        return error_set(transfer->error, TESS_ERR_IO,
                         "the certificate of %s does not verify: %s; if the server is your own, name its "
                         "authority's PEM file (AWS_CA_BUNDLE, or --ca-bundle for images)",
                         host.text, words_of(transfer, code).text);
    case HTTP_BROKEN:
        return explain_broken(transfer, code, host.text);
    case HTTP_STALLED:
        return error_set(transfer->error, TESS_ERR_TIMEOUT, "%s: less than 1 KiB a second for %.1f s",
                         host.text, http_transfer_stall_ms(request) / 1000.0);
    case HTTP_OUT_OF_TIME:
        return error_set(transfer->error, TESS_ERR_TIMEOUT, "%s: no complete answer within %.1f s", host.text,
                         request->total_timeout_ms / 1000.0);
    case HTTP_TOO_LARGE:
        return error_limit(transfer->error, "max-bytes",
                           "%s: the answer has more than the limit max-bytes of %llu", host.text,
                           (unsigned long long)http_answer_body_limit(transfer));
    case HTTP_FORBIDDEN:
        return error_set(transfer->error, TESS_ERR_DENIED, "%s: %s", host.text,
                         transfer->refused_address ? "not a public address (--allow-private permits it)"
                                                   : words_of(transfer, code).text);
    case HTTP_STOPPED: /* the caller knows why */
        return error_set(transfer->error, TESS_ERR_CANCELLED, "cancelled");
    case HTTP_LOCAL:
        break;
    }
    return explain_local(transfer, code, host.text);
}

void http_transfer_conclude(struct http_transfer *transfer, CURLcode code, enum http_failure imposed)
{
    struct http_response *response = transfer->response;
    if (imposed == HTTP_DONE)
        imposed = transfer->own_failure;
    response->failure = imposed != HTTP_DONE ? imposed : failure_of(transfer, code);
    response->request_sent = transfer->connected;
    if (explain(transfer, code, response->failure) != TESS_OK)
        bytes_clear(&response->body);
}
