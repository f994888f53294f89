// SPDX-License-Identifier: MIT
#include "net/http_transfer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/address.h"
#include "net/http_answer.h"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    STALL_TIMEOUT_MS = 10000,
    BUFFER_BYTES = 256 * 1024,
    UNSENT_BYTES = 64 * 1024,
    IDLE_MAX_S = 2 /* of a kept connection that takes what must not be sent twice */
};

uint32_t http_transfer_connect_ms(const struct http_request *request)
{
    return request->connect_timeout_ms ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS;
}

uint32_t http_transfer_stall_ms(const struct http_request *request)
{
    return request->stall_timeout_ms ? request->stall_timeout_ms : STALL_TIMEOUT_MS;
}

void http_transfer_end(struct http_transfer *transfer, enum http_failure failure)
{
    if (transfer->own_failure == HTTP_DONE)
        transfer->own_failure = failure;
}

/* What goes out as a body. A PUT or POST of nothing has one too, so that it says "Content-Length: 0": servers
 * refuse them without. */
static const struct http_body *body_of(const struct http_request *request)
{
    static const struct http_body nothing = {.data = ""};
    if (request->body)
        return request->body;
    const bool expected = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    return expected ? &nothing : NULL;
}

static enum tess_status read_body(struct http_transfer *transfer, void *buffer, size_t size, size_t *got_out)
{
    const struct http_body *body = body_of(transfer->request);
    *got_out = size;
    if (size == 0)
        return TESS_OK;
    if (body->data) {
        memcpy(buffer, (const char *)body->data + transfer->read_bytes, size);
        return TESS_OK;
    }
    enum tess_status status =
        body->read(body->context, transfer->read_bytes, buffer, size, got_out, transfer->error);
    if (status == TESS_OK && (*got_out == 0 || *got_out > size)) /* the server would wait for the rest */
        status = error_set(transfer->error, TESS_ERR_IO, "what is sent ends after %llu of %llu bytes",
                           (unsigned long long)transfer->read_bytes, (unsigned long long)body->size_bytes);
    return status;
}

static size_t on_upload(char *buffer, size_t unit, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    const uint64_t left = body_of(transfer->request)->size_bytes - transfer->read_bytes;
    size_t size = unit * count < left ? unit * count : (size_t)left;
    transfer->body_status = read_body(transfer, buffer, size, &size);
    if (transfer->body_status != TESS_OK) {
        http_transfer_end(transfer, HTTP_LOCAL);
        return CURL_READFUNC_ABORT;
    }
    transfer->read_bytes += size;
    return size;
}

/* libcurl sends the body again, on a connection of its own choice. */
static int on_rewind(void *context, curl_off_t offset, int origin)
{
    struct http_transfer *transfer = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > body_of(transfer->request)->size_bytes)
        return CURL_SEEKFUNC_FAIL;
    transfer->read_bytes = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* The connection stands, the request goes out next. */
// NOLINTNEXTLINE(readability-non-const-parameter): as libcurl declares it
static int on_connected(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct http_transfer *transfer = context;
    (void)local;
    (void)remote_port;
    (void)local_port;
    /* It may be a kept one, opened for a request that was allowed to. */
    if (transfer->request->public_addresses_only && !address_text_is_public(remote)) {
        transfer->refused_address = true;
        http_transfer_end(transfer, HTTP_FORBIDDEN);
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->connected = true;
    http_pace_begin(&transfer->pace, clock_monotonic_ns(), http_transfer_stall_ms(transfer->request));
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
    const int unsent = UNSENT_BYTES;
    const int socket_fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket_fd < 0) {
        transfer->socket_errno = errno;
        return CURL_SOCKET_BAD;
    }
    transfer->tried_address = true;
    /* The system takes megabytes ahead of what it has sent; on a slow line it would then look for longer than
     * a stall as if nothing moved. Where it is not known, nothing but that is lost. */
    (void)setsockopt(socket_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    return socket_fd;
}

static enum tess_status add_header(struct http_transfer *transfer, const struct http_header *header)
{
    struct bytes line;
    if (strpbrk(header->name, "\r\n") || strpbrk(header->value, "\r\n"))
        return http_transfer_refuse(transfer, HTTP_LOCAL, TESS_ERR_INVALID,
                                    "a header to be sent has a line break in it");
    /* "name;" is how libcurl is told of a header without a value. */
    const bool is_empty = header->value[strspn(header->value, " \t")] == '\0';
    bytes_init(&line, HTTP_HEADERS_MAX_BYTES);
    enum tess_status status = bytes_append_format(&line, "%s%s%s", header->name, is_empty ? ";" : ": ",
                                                  is_empty ? "" : header->value);
    struct curl_slist *longer = NULL;
    if (status == TESS_OK)
        longer = transfer->curl->slist_append(transfer->headers, (const char *)line.data);
    bytes_clear(&line);
    if (!longer)
        return http_transfer_refuse(transfer, HTTP_LOCAL, TESS_ERR_MEMORY, "no memory for a request");
    transfer->headers = longer;
    return TESS_OK;
}

enum tess_status http_transfer_init(struct http_transfer *transfer)
{
    const struct http_request *request = transfer->request;
    *transfer->response = (struct http_response){.length_bytes = UINT64_MAX};
    bytes_init(&transfer->response->headers, HTTP_HEADERS_MAX_BYTES);
    if (strncasecmp(request->url, "http://", 7) != 0 && strncasecmp(request->url, "https://", 8) != 0)
        return http_transfer_refuse(transfer, HTTP_FORBIDDEN, TESS_ERR_DENIED, "neither http nor https");
    /* Not sent at all is better than sent with a pause: servers that do not know it make libcurl wait a
     * second. */
    transfer->headers = transfer->curl->slist_append(NULL, "Expect:");
    if (!transfer->headers)
        return http_transfer_refuse(transfer, HTTP_LOCAL, TESS_ERR_MEMORY, "no memory for a request");
    enum tess_status status = TESS_OK;
    for (size_t i = 0; status == TESS_OK && i < request->header_count; i++)
        status = add_header(transfer, &request->headers[i]);
    return status;
}

/* Options that say what is sent. */
static CURLcode prepare_request(struct http_transfer *transfer, CURL *easy)
{
    const struct http_request *request = transfer->request;
    const struct http_body *body = body_of(request);
    __typeof__(curl_easy_setopt) *const set = transfer->curl->easy_setopt;
    CURLcode code = set(easy, CURLOPT_URL, request->url);
    code = code ? code : set(easy, CURLOPT_PATH_AS_IS, 1L);
    code = code ? code : set(easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (body) {
        code = code ? code : set(easy, CURLOPT_UPLOAD, 1L);
        code = code ? code : set(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->size_bytes);
        code = code ? code : set(easy, CURLOPT_READFUNCTION, on_upload);
        code = code ? code : set(easy, CURLOPT_READDATA, transfer);
        if (!request->not_repeatable) {
            code = code ? code : set(easy, CURLOPT_SEEKFUNCTION, on_rewind);
            code = code ? code : set(easy, CURLOPT_SEEKDATA, transfer);
        }
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
    CURLcode code = set(easy, CURLOPT_NOSIGNAL, 1L);
    code = code ? code : set(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    code = code ? code : set(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http_transfer_connect_ms(request));
    code = code ? code : set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    code = code ? code : set(easy, CURLOPT_TCP_NODELAY, 1L);
    code = code ? code : set(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    code = code ? code : set(easy, CURLOPT_OPENSOCKETDATA, transfer);
    code = code ? code : set(easy, CURLOPT_PREREQFUNCTION, on_connected);
    code = code ? code : set(easy, CURLOPT_PREREQDATA, transfer);
    if (transfer->config->ca_bundle)
        code = code ? code : set(easy, CURLOPT_CAINFO, transfer->config->ca_bundle);
    if (request->no_proxy || request->public_addresses_only) /* a proxy connects to where we do not see */
        code = code ? code : set(easy, CURLOPT_PROXY, "");
    code = code ? code : set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's are no answer */
    if (request->fresh_connection || (request->not_repeatable && !body_of(request)))
        code = code ? code : set(easy, CURLOPT_FRESH_CONNECT, 1L);
    else if (request->not_repeatable)
        code = code ? code : set(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S);
#if LIBCURL_VERSION_NUM >= 0x075700
    (void)set(easy, CURLOPT_QUICK_EXIT, 1L); /* ending does not wait for a name server */
#endif
    return code;
}

/* Options that say where the answer goes. */
static CURLcode prepare_answer(struct http_transfer *transfer, CURL *easy)
{
    __typeof__(curl_easy_setopt) *const set = transfer->curl->easy_setopt;
    CURLcode code = set(easy, CURLOPT_PRIVATE, transfer);
    code = code ? code : set(easy, CURLOPT_ERRORBUFFER, transfer->words);
    code = code ? code : set(easy, CURLOPT_HEADERFUNCTION, http_answer_on_header);
    code = code ? code : set(easy, CURLOPT_HEADERDATA, transfer);
    code = code ? code : set(easy, CURLOPT_WRITEFUNCTION, http_answer_on_body);
    code = code ? code : set(easy, CURLOPT_WRITEDATA, transfer);
    /* Refused on a handle that still has a buffer, of this very size, as one has whose transfer was ended
     * while it waited for its connection. */
    (void)set(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    return code;
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
    return http_transfer_refuse(transfer, HTTP_LOCAL,
                                code == CURLE_OUT_OF_MEMORY ? TESS_ERR_MEMORY : TESS_ERR_IO,
                                transfer->curl->easy_strerror(code));
}

/* What has moved in either direction since the last time; what went out is what the system took. */
static uint64_t moved_bytes(struct http_transfer *transfer)
{
    uint64_t moved = transfer->new_bytes;
    curl_off_t sent = 0;
    transfer->new_bytes = 0;
    if (transfer->curl->easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent) == CURLE_OK &&
        sent >= 0) {
        if ((uint64_t)sent > transfer->seen_upload_bytes)
            moved += (uint64_t)sent - transfer->seen_upload_bytes;
        transfer->seen_upload_bytes = (uint64_t)sent; /* less than before when it is sent again */
    }
    return moved;
}

enum http_failure http_transfer_overdue(struct http_transfer *transfer, int64_t now_ns)
{
    const struct http_request *request = transfer->request;
    if (request->total_timeout_ms &&
        now_ns - transfer->begun_ns > (int64_t)request->total_timeout_ms * 1000000)
        return HTTP_OUT_OF_TIME;
    if (transfer->connected && request->stall_timeout_ms != HTTP_NEVER_STALLS &&
        http_pace_is_slow(&transfer->pace, now_ns, moved_bytes(transfer)))
        return HTTP_STALLED;
    return HTTP_DONE;
}
