// SPDX-License-Identifier: MIT
/*
 * What every request must pass before it means anything: one length, one host, and whoever sent it may
 * (serve_access.c). Two lengths, or a length and an encoding, are how requests are smuggled past a proxy that
 * reads them differently (RFC 9112, section 6.3): such a message is refused and its connection closed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/api_query.h"
#include "front/serve.h"
#include "front/serve_access.h"
#include "front/xalloc.h"

enum { HOST_MAX_BYTES = 255, REQUEST_ID_MAX_BYTES = 64 };

/* What one walk over the headers finds. */
struct headers {
    unsigned lengths, encodings, hosts;
    bool malformed, has_nul;
    const char *end; /* of the line before, in the library's buffer */
    const char *length, *encoding, *host, *content_type, *content_encoding, *request_id;
    struct access_claims claims;
};

/*
 * No name of a header (RFC 9110, section 5.1), such as "Content-Length ", which some take for the length and
 * some do not; or one of those that tell where the body ends with something behind it: libmicrohttpd 0.9.75
 * puts a line that continues the one before it behind that one's name.
 */
static bool is_malformed(const char *name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof framing / sizeof *framing; i++) {
        const size_t size = strlen(framing[i]);
        if (strncasecmp(name, framing[i], size) == 0 && name[size] != '\0')
            return true;
    }
    static const char token[] =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return name[0] == '\0' || name[strspn(name, token)] != '\0';
}

static enum MHD_Result look(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                            const char *value, size_t value_size)
{
    (void)kind;
    struct headers *headers = context;
    headers->malformed |= is_malformed(name) || memchr(name, '\0', name_size);
    if (!value)
        value = "";
    headers->has_nul |= memchr(value, '\0', value_size) || !raw_is_clean(headers->end, name, RAW_LINE_NULS);
    headers->end = value + strlen(value);
    if (strcasecmp(name, "Content-Length") == 0) {
        headers->lengths++;
        headers->length = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        headers->encodings++;
        headers->encoding = value;
    } else if (strcasecmp(name, "Host") == 0) {
        headers->hosts++;
        headers->host = value;
    } else if (strcasecmp(name, "Content-Type") == 0) {
        headers->content_type = value;
    } else if (strcasecmp(name, "Content-Encoding") == 0) {
        headers->content_encoding = value;
    } else if (strcasecmp(name, "Authorization") == 0) {
        headers->claims.authorization = value;
    } else if (strcasecmp(name, "X-API-Key") == 0) {
        headers->claims.api_key = value;
    } else if (strcasecmp(name, "Origin") == 0) {
        headers->claims.origins++;
        headers->claims.origin = value;
    } else if (strcasecmp(name, "Sec-Fetch-Site") == 0) {
        headers->claims.fetch_site = value;
    } else if (strcasecmp(name, "Sec-Fetch-Mode") == 0) {
        headers->claims.fetch_mode = value;
    } else if (strcasecmp(name, "Sec-Fetch-Dest") == 0) {
        headers->claims.fetch_dest = value;
    } else if (strcasecmp(name, "X-Request-Id") == 0) {
        headers->request_id = value;
    }
    return MHD_YES;
}

static bool consists_of(const char *text, size_t most, const char *others)
{
    size_t size = 0;
    for (; text[size]; size++) {
        const char byte = text[size];
        if (size == most || !((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                              (byte >= 'A' && byte <= 'Z') || strchr(others, byte)))
            return false;
    }
    return size > 0;
}

/* The caller's own id where it can be one, so that a request can be followed through several services. */
static void name_request(struct exchange *exchange, const char *wanted)
{
    struct service *service = exchange->service;
    if (wanted && consists_of(wanted, REQUEST_ID_MAX_BYTES, "-._:"))
        (void)snprintf(exchange->request_id, sizeof exchange->request_id, "%s", wanted);
    else
        (void)snprintf(exchange->request_id, sizeof exchange->request_id, "%08llx-%06llx",
                       (unsigned long long)service->start_number & 0xFFFFFFFF,
                       (unsigned long long)atomic_fetch_add(&service->next_number, 1));
}

static bool refuse(struct exchange *exchange, int http_status, const char *code, const char *message)
{
    exchange->close = true;
    serve_refuse(exchange, http_status, code, message);
    return false;
}

static bool check_framing(struct exchange *exchange, const struct headers *headers)
{
    if (headers->malformed)
        return refuse(exchange, 400, "invalid", "the request has a header whose name is none");
    if (headers->has_nul)
        return refuse(exchange, 400, "invalid", "the request has a NUL, or a header of several lines");
    if (headers->lengths > 1 || headers->encodings > 1 || (headers->lengths && headers->encodings))
        return refuse(exchange, 400, "invalid",
                      "the request has more than one of Content-Length and Transfer-Encoding");
    if (headers->length &&
        (strspn(headers->length, "0123456789") != strlen(headers->length) || headers->length[0] == '\0'))
        return refuse(exchange, 400, "invalid", "Content-Length is no number");
    if (headers->encoding && strcasecmp(headers->encoding, "chunked") != 0)
        return refuse(exchange, 501, "unsupported", "Transfer-Encoding: only chunked is understood");
    if (headers->encoding && !exchange->needs_host)
        exchange->close = true; /* HTTP/1.0 knows none: others may see its end elsewhere (RFC 9112, 6.1) */
    if (headers->hosts > 1)
        return refuse(exchange, 400, "invalid", "the request has more than one Host header");
    if (headers->hosts == 0 && exchange->needs_host)
        return refuse(exchange, 400, "invalid", "the request has no Host header");
    if (exchange->host &&
        (exchange->host[0] == '\0' || !consists_of(exchange->host, HOST_MAX_BYTES, ".-_:[]")))
        return refuse(exchange, 400, "invalid", "the host that the request names is none");
    return true;
}

/* Before anybody takes it apart. */
static bool check_query(struct exchange *exchange)
{
    const char *query = exchange->query ? exchange->query : "";
    size_t parameters = 1;
    for (const char *at = query; (at = strchr(at, '&')); at++)
        parameters++;
    if (parameters <= API_QUERY_MAX_PARAMETERS && strlen(query) <= API_QUERY_MAX_BYTES)
        return true;
    char message[128];
    (void)snprintf(message, sizeof message, "the query has more than %d parameters or %d bytes",
                   API_QUERY_MAX_PARAMETERS, API_QUERY_MAX_BYTES);
    serve_refuse(exchange, 414, "limit", message);
    return false;
}

const char *serve_header(const struct exchange *exchange, const char *name)
{
    return exchange->service->http->lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

bool serve_check(struct exchange *exchange)
{
    const struct raw_request *raw = &exchange->raw;
    struct headers headers = {.has_nul = !raw_first_line_is_clean(raw),
                              .end = raw->version + strlen(raw->version)};
    (void)exchange->service->http->get_connection_values_n(exchange->connection, MHD_HEADER_KIND, look,
                                                           &headers);
    headers.has_nul |= !raw_is_clean(headers.end, raw->end, 2 * RAW_LINE_NULS);
    name_request(exchange, headers.request_id);
    exchange->route = api_route_find(exchange->method, exchange->path, &exchange->target);
    const char *host = exchange->target_host ? exchange->target_host : headers.host;
    exchange->host = host;
    exchange->content_type = headers.content_type;
    exchange->content_encoding = headers.content_encoding;
    exchange->origin = headers.claims.origin;
    if (!check_framing(exchange, &headers) || !check_query(exchange))
        return false;
    if (!serve_check_access(exchange, &headers.claims))
        return false;
    if (!exchange->service->fixed_links && exchange->host)
        exchange->link_base = xprintf("http://%s", exchange->host);
    return true;
}
