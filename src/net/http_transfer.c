// SPDX-License-Identifier: MIT
#include "net/http_transfer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/address.h"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    STALL_TIMEOUT_MS = 10000,
    SLOWEST_BYTES_A_SECOND = 1024,
    ERROR_BODY_BYTES = 64 * 1024, /* of an error answer, whatever the caller's cap */
    BUFFER_BYTES = 256 * 1024
};

static void end_with(struct http_transfer *transfer, enum http_failure failure)
{
    if (transfer->own_failure == HTTP_DONE)
        transfer->own_failure = failure;
}

static uint64_t body_cap(const struct http_transfer *transfer)
{
    const uint64_t cap = transfer->request->max_body_bytes;
    return transfer->response->status >= 300 && cap < ERROR_BODY_BYTES ? ERROR_BODY_BYTES : cap;
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
    response->length_bytes = announced_bytes(response);
    const bool bodiless = strcmp(transfer->request->method, "HEAD") == 0 || response->status < 200 ||
                          response->status == 204 || response->status == 304;
    const uint64_t cap = body_cap(transfer);
    bytes_clear(&response->body);
    bytes_init(&response->body, cap < SIZE_MAX ? (size_t)cap : SIZE_MAX);
    if (bodiless || response->length_bytes == UINT64_MAX)
        return true;
    if (response->length_bytes > cap)
        return end_with(transfer, HTTP_TOO_LARGE), false;
    if (bytes_reserve(&response->body, (size_t)response->length_bytes) == TESS_OK)
        return true;
    return end_with(transfer, HTTP_LOCAL), false;
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

/* "HTTP/1.1 200 OK": a new answer begins (after a 1xx, or a proxy's own), and what came before counts no
 * more. */
static void begin_answer(struct http_transfer *transfer, const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    transfer->response->status = 0;
    for (size_t i = 1; space && i <= 3 && space + i < line + length && isdigit((unsigned char)space[i]); i++)
        transfer->response->status = transfer->response->status * 10 + (space[i] - '0');
    transfer->response->headers.size = 0;
}

static size_t on_header(char *line, size_t unit, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    size_t length = unit * count;
    const size_t taken = length;
    transfer->window_bytes += length;
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length == 0)
        return begin_body(transfer) ? taken : CURL_WRITEFUNC_ERROR;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        begin_answer(transfer, line, length);
        return taken;
    }
    const enum tess_status status = add_header(&transfer->response->headers, line, length);
    if (status == TESS_OK)
        return taken;
    end_with(transfer, status == TESS_ERR_LIMIT ? HTTP_BROKEN : HTTP_LOCAL);
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_body(char *data, size_t unit, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    const size_t size = unit * count;
    transfer->window_bytes += size;
    const enum tess_status status = bytes_append(&transfer->response->body, data, size);
    if (status == TESS_OK)
        return size;
    end_with(transfer, status == TESS_ERR_LIMIT ? HTTP_TOO_LARGE : HTTP_LOCAL);
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_upload(char *buffer, size_t unit, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    const struct http_body *body = transfer->request->body;
    const uint64_t left = body->size_bytes - transfer->sent_bytes;
    size_t size = unit * count < left ? unit * count : (size_t)left;
    if (body->data)
        memcpy(buffer, (const char *)body->data + transfer->sent_bytes, size);
    else if (size > 0)
        transfer->body_status =
            body->read(body->context, transfer->sent_bytes, buffer, size, &size, transfer->error);
    if (transfer->body_status != TESS_OK) {
        end_with(transfer, HTTP_LOCAL);
        return CURL_READFUNC_ABORT;
    }
    transfer->sent_bytes += size;
    transfer->window_bytes += size;
    return size;
}

/* libcurl sends the body again, on a connection of its own choice. */
static int on_rewind(void *context, curl_off_t offset, int origin)
{
    struct http_transfer *transfer = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->request->body->size_bytes)
        return CURL_SEEKFUNC_FAIL;
    transfer->sent_bytes = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* The connection stands, the request goes out next. */
static int on_connected(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct http_transfer *transfer = context;
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    transfer->connected = true;
    transfer->window_ns = clock_monotonic_ns();
    transfer->window_bytes = 0;
    return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_transfer *transfer = context;
    (void)purpose;
    if (transfer->request->public_addresses_only && !address_is_public(&address->addr, address->addrlen)) {
        transfer->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* "host:8080" of an address. */
static const char *authority(const struct http_transfer *transfer, int *length_out)
{
    const char *begin = strstr(transfer->request->url, "://");
    begin = begin ? begin + 3 : transfer->request->url;
    const size_t length = strcspn(begin, "/?#");
    *length_out = length < 100 ? (int)length : 100;
    return begin;
}

enum tess_status http_transfer_init(struct http_transfer *transfer)
{
    const struct http_request *request = transfer->request;
    int length;
    const char *host = authority(transfer, &length);
    *transfer->response = (struct http_response){.length_bytes = UINT64_MAX};
    bytes_init(&transfer->response->headers, HTTP_HEADERS_MAX_BYTES);
    if (strncasecmp(request->url, "http://", 7) != 0 && strncasecmp(request->url, "https://", 8) != 0) {
        transfer->response->failure = HTTP_FORBIDDEN;
        return error_set(transfer->error, TESS_ERR_DENIED, "%.*s: neither http nor https", length, host);
    }
    /* Not sent at all is better than sent with a pause: servers that do not know it make libcurl wait a
     * second. */
    transfer->headers = transfer->curl->slist_append(NULL, "Expect:");
    for (size_t i = 0; transfer->headers && i < request->header_count; i++) {
        struct bytes line;
        bytes_init(&line, HTTP_HEADERS_MAX_BYTES);
        const struct http_header *header = &request->headers[i];
        struct curl_slist *longer = NULL;
        /* "name;" is how libcurl is told of a header without a value. */
        if (bytes_append_format(&line, header->value[0] ? "%s: %s" : "%s;%s", header->name, header->value) ==
            TESS_OK)
            longer = transfer->curl->slist_append(transfer->headers, (const char *)line.data);
        bytes_clear(&line);
        if (!longer)
            transfer->curl->slist_free_all(transfer->headers);
        transfer->headers = longer;
    }
    if (transfer->headers)
        return TESS_OK;
    transfer->response->failure = HTTP_LOCAL;
    return error_set(transfer->error, TESS_ERR_MEMORY, "no memory for a request");
}

/* Options that say what is sent. */
static CURLcode prepare_request(struct http_transfer *transfer, CURL *easy)
{
    const struct http_request *request = transfer->request;
    __typeof__(curl_easy_setopt) *const set = transfer->curl->easy_setopt;
    CURLcode code = set(easy, CURLOPT_URL, request->url);
    code = code ? code : set(easy, CURLOPT_PATH_AS_IS, 1L);
    code = code ? code : set(easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (request->body) {
        code = code ? code : set(easy, CURLOPT_UPLOAD, 1L);
        code = code ? code : set(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body->size_bytes);
        code = code ? code : set(easy, CURLOPT_READFUNCTION, on_upload);
        code = code ? code : set(easy, CURLOPT_READDATA, transfer);
        code = code ? code : set(easy, CURLOPT_SEEKFUNCTION, on_rewind);
        code = code ? code : set(easy, CURLOPT_SEEKDATA, transfer);
        code = code ? code : set(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
    } else if (strcmp(request->method, "HEAD") == 0) {
        code = code ? code : set(easy, CURLOPT_NOBODY, 1L);
    }
    code = code ? code : set(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (transfer->config->user_agent)
        code = code ? code : set(easy, CURLOPT_USERAGENT, transfer->config->user_agent);
    return code;
}

/* Options that say whom to connect to, and how. */
static CURLcode prepare_connection(struct http_transfer *transfer, CURL *easy)
{
    const struct http_request *request = transfer->request;
    __typeof__(curl_easy_setopt) *const set = transfer->curl->easy_setopt;
    const uint32_t connect_ms =
        request->connect_timeout_ms ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    CURLcode code = set(easy, CURLOPT_NOSIGNAL, 1L);
    code = code ? code : set(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    code = code ? code : set(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    code = code ? code : set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    code = code ? code : set(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    code = code ? code : set(easy, CURLOPT_OPENSOCKETDATA, transfer);
    code = code ? code : set(easy, CURLOPT_PREREQFUNCTION, on_connected);
    code = code ? code : set(easy, CURLOPT_PREREQDATA, transfer);
    if (transfer->config->ca_bundle)
        code = code ? code : set(easy, CURLOPT_CAINFO, transfer->config->ca_bundle);
    if (request->no_proxy || request->public_addresses_only) /* a proxy connects to where we do not see */
        code = code ? code : set(easy, CURLOPT_PROXY, "");
    if (request->not_repeatable)
        code = code ? code : set(easy, CURLOPT_FRESH_CONNECT, 1L);
    (void)set(easy, CURLOPT_QUICK_EXIT, 1L); /* from 7.87 on: ending does not wait for a name server */
    return code;
}

/* Options that say where the answer goes. */
static CURLcode prepare_answer(struct http_transfer *transfer, CURL *easy)
{
    __typeof__(curl_easy_setopt) *const set = transfer->curl->easy_setopt;
    CURLcode code = set(easy, CURLOPT_PRIVATE, transfer);
    code = code ? code : set(easy, CURLOPT_ERRORBUFFER, transfer->words);
    code = code ? code : set(easy, CURLOPT_HEADERFUNCTION, on_header);
    code = code ? code : set(easy, CURLOPT_HEADERDATA, transfer);
    code = code ? code : set(easy, CURLOPT_WRITEFUNCTION, on_body);
    code = code ? code : set(easy, CURLOPT_WRITEDATA, transfer);
    return code ? code : set(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
}

enum tess_status http_transfer_prepare(struct http_transfer *transfer, CURL *easy)
{
    transfer->easy = easy;
    transfer->begun_ns = clock_monotonic_ns();
    CURLcode code = prepare_request(transfer, easy);
    code = code ? code : prepare_connection(transfer, easy);
    code = code ? code : prepare_answer(transfer, easy);
    if (code == CURLE_OK)
        return TESS_OK;
    transfer->response->failure = HTTP_LOCAL;
    return error_set(transfer->error, code == CURLE_OUT_OF_MEMORY ? TESS_ERR_MEMORY : TESS_ERR_IO,
                     "cannot set up a connection: %s", transfer->curl->easy_strerror(code));
}

enum http_failure http_transfer_overdue(struct http_transfer *transfer, int64_t now_ns)
{
    const struct http_request *request = transfer->request;
    const int64_t stall_ms = request->stall_timeout_ms ? request->stall_timeout_ms : STALL_TIMEOUT_MS;
    if (request->total_timeout_ms &&
        now_ns - transfer->begun_ns > (int64_t)request->total_timeout_ms * 1000000)
        return HTTP_OUT_OF_TIME;
    if (!transfer->connected || now_ns - transfer->window_ns < stall_ms * 1000000)
        return HTTP_DONE;
    if (transfer->window_bytes * 1000 < (uint64_t)stall_ms * SLOWEST_BYTES_A_SECOND)
        return HTTP_STALLED;
    transfer->window_ns = now_ns;
    transfer->window_bytes = 0;
    return HTTP_DONE;
}

static enum http_failure failure_of(const struct http_transfer *transfer, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_DONE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_UNTRUSTED;
    case CURLE_OUT_OF_MEMORY:
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
    return transfer->refused_address ? HTTP_FORBIDDEN : HTTP_UNREACHABLE;
}

static enum tess_status explain(struct http_transfer *transfer, CURLcode code, enum http_failure failure)
{
    const struct http_request *request = transfer->request;
    const char *words = transfer->words[0] ? transfer->words : transfer->curl->easy_strerror(code);
    int length;
    const char *host = authority(transfer, &length);
    switch (failure) {
    case HTTP_DONE:
        return TESS_OK;
    case HTTP_UNREACHABLE:
        return error_set(transfer->error, TESS_ERR_IO, "cannot connect to %.*s: %s", length, host, words);
    case HTTP_UNTRUSTED:
        return error_set(transfer->error, TESS_ERR_IO,
                         "the certificate of %.*s does not verify: %s; if the server is your own, name its "
                         "authority's PEM "
                         "file (AWS_CA_BUNDLE, or --ca-bundle for images)",
                         length, host, words);
    case HTTP_STALLED:
        return error_set(transfer->error, TESS_ERR_TIMEOUT, "%.*s: less than 1 KiB a second for %.1f s",
                         length, host,
                         (request->stall_timeout_ms ? request->stall_timeout_ms : STALL_TIMEOUT_MS) / 1000.0);
    case HTTP_OUT_OF_TIME:
        return error_set(transfer->error, TESS_ERR_TIMEOUT, "%.*s: no complete answer within %.1f s", length,
                         host, request->total_timeout_ms / 1000.0);
    case HTTP_TOO_LARGE:
        return error_limit(transfer->error, "max-bytes",
                           "%.*s: the answer has more than the limit max-bytes of %llu", length, host,
                           (unsigned long long)body_cap(transfer));
    case HTTP_FORBIDDEN:
        return error_set(transfer->error, TESS_ERR_DENIED, "%.*s: %s", length, host,
                         transfer->refused_address ? "not a public address" : words);
    case HTTP_STOPPED: /* the caller knows why */
        return error_set(transfer->error, TESS_ERR_CANCELLED, "cancelled");
    case HTTP_LOCAL:
        if (transfer->body_status != TESS_OK)
            return transfer->body_status; /* with its own words */
        return error_set(transfer->error, code == CURLE_SSL_CACERT_BADFILE ? TESS_ERR_IO : TESS_ERR_MEMORY,
                         "%.*s: %s", length, host,
                         code == CURLE_SSL_CACERT_BADFILE ? words : "no memory for the transfer");
    case HTTP_BROKEN:
        break;
    }
    if (transfer->own_failure == HTTP_BROKEN)
        return error_set(transfer->error, TESS_ERR_IO, "%.*s: the headers have more than %d bytes", length,
                         host, HTTP_HEADERS_MAX_BYTES);
    return error_set(transfer->error, TESS_ERR_IO, "%.*s: the connection broke: %s", length, host, words);
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
