// SPDX-License-Identifier: MIT
/*
 * Credentials from the service that ECS, EKS and others run beside a container. It is told who asks by a
 * token in a variable or file, which is replaced from time to time and so read anew for each request.
 *
 * The address comes from the environment: plain HTTP may go to this computer and its own link only, so that
 * nobody is made to send the token across a network.
 */
#include "net/credentials_http.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "net/digest.h"
#include "net/shown.h"

enum { URL_MAX_BYTES = 400, TOKEN_MAX_BYTES = 16384, CONNECT_MS = 2000, TOTAL_MS = 5000, SHOWN_BYTES = 80 };

#define ECS_HOST "http://169.254.170.2"
static const char source_name[] = "the container's credentials service";

/* Loopback, or link-local in the sense that AWS gives it: fd00:ec2::/32 is where its services live. */
static bool is_near(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        const uint32_t address = ntohl(v4.s_addr);
        return address >> 24 == 127 || address >> 16 == 0xA9FE;
    }
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return false;
    static const uint8_t loopback[16] = {[15] = 1}, amazon[4] = {0xFD, 0x00, 0x0E, 0xC2};
    return memcmp(v6.s6_addr, loopback, sizeof loopback) == 0 ||
           memcmp(v6.s6_addr, amazon, sizeof amazon) == 0 ||
           (v6.s6_addr[0] == 0xFE && (v6.s6_addr[1] & 0xC0) == 0x80);
}

static bool is_query(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"#<>\\^`{|}", *text))
            return false;
    return true;
}

/* An endpoint's address, but it may have a query. */
static enum tess_status check_url(const char *url, const char *from, bool *near_out, struct tess_error *error)
{
    char plain[URL_MAX_BYTES + 1], host[URL_MAX_BYTES + 1];
    struct aws_url parts;
    const size_t size = strcspn(url, "?");
    *near_out = false;
    if (strlen(url) > URL_MAX_BYTES)
        return error_set(error, TESS_ERR_INVALID, "%s is longer than %d bytes", from, URL_MAX_BYTES);
    memcpy(plain, url, size);
    plain[size] = '\0';
    enum tess_status status = aws_url_check(plain, from, &parts, error);
    if (status != TESS_OK)
        return status;
    if (!is_query(url + size))
        return error_set(error, TESS_ERR_INVALID, "%s: its query has characters that do not belong there",
                         from);
    memcpy(host, parts.host, parts.host_size);
    host[parts.host_size] = '\0';
    *near_out = is_near(host);
    if (parts.secure || *near_out)
        return TESS_OK;
    return error_set(
        error, TESS_ERR_INVALID,
        "%s: http to %s is not allowed, for the token would cross a network; it must be https, or "
        "an address of this computer or its link",
        from, shown_text(host, SHOWN_BYTES).text);
}

/* Into a header: no line may end in it. */
static enum tess_status check_token(const char *token, const char *from, struct tess_error *error)
{
    for (const char *at = token; *at; at++)
        if ((*at < ' ' && *at != '\t') || *at > '~')
            return error_set(error, TESS_ERR_INVALID,
                             "%s: the token has a line break or a character that is not ASCII in it", from);
    return *token ? TESS_OK : error_set(error, TESS_ERR_INVALID, "%s: the token is empty", from);
}

/* `text` holds it for the caller, who wipes it; *token_out is NULL where there is none. */
static enum tess_status read_token(char *const *values, struct bytes *text, const char **token_out,
                                   struct tess_error *error)
{
    const char *path = values[AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN_FILE];
    const char *token = values[AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN];
    const char *from = aws_variable_name(AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN);
    if (path) {
        from = aws_variable_name(AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN_FILE);
        enum tess_status status = file_read(path, TOKEN_MAX_BYTES, text, error);
        if (status != TESS_OK) {
            error_prefix(error, "%s", from);
            return status;
        }
        token = bytes_text(text);
        if (!token)
            return error_set(error, TESS_ERR_MEMORY, "no memory for AWS credentials");
        if (strlen(token) != text->size)
            return error_set(error, TESS_ERR_INVALID, "%s: the token has a NUL byte in it", from);
    }
    *token_out = token;
    return token ? check_token(token, from, error) : TESS_OK;
}

static enum tess_status ask(const struct credentials_search *search, const char *url, bool is_close,
                            const char *token, struct credentials_found *found_out, struct tess_error *error)
{
    const struct http_header headers[] = {{"Accept", "application/json"}, {"Authorization", token}};
    const struct credentials_call call = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .header_count = token ? 2 : 1,
        .connect_timeout_ms = CONNECT_MS,
        .total_timeout_ms = TOTAL_MS,
        .no_proxy = is_close,
    };
    struct http_response response;
    enum tess_status status = credentials_ask(search, &call, &response, error);
    if (status != TESS_OK)
        error_prefix(error, "%s", source_name);
    else if (response.status != 200)
        status = error_set(error, credentials_status_of(response.status), "%s refuses: HTTP %d", source_name,
                           response.status);
    else
        status = credentials_from_json(&response, source_name, &found_out->credentials, error);
    credentials_response_clear(&response);
    return status;
}

enum tess_status credentials_from_container(const struct credentials_search *search,
                                            struct credentials_found *found_out, struct tess_error *error)
{
    char *const *values = search->settings->environment.values;
    const char *relative = values[AWS_VAR_CONTAINER_RELATIVE_URI], *full = values[AWS_VAR_CONTAINER_FULL_URI];
    const char *from =
        aws_variable_name(relative ? AWS_VAR_CONTAINER_RELATIVE_URI : AWS_VAR_CONTAINER_FULL_URI);
    char url[sizeof ECS_HOST + URL_MAX_BYTES];
    bool is_close = false;
    if (!relative && !full) {
        credentials_say(found_out->note, sizeof found_out->note, "no AWS_CONTAINER_CREDENTIALS_… is set");
        return TESS_OK;
    }
    if (relative && relative[0] != '/')
        return error_set(error, TESS_ERR_INVALID, "%s does not begin with /", from);
    if (strlen(relative ? relative : full) > URL_MAX_BYTES)
        return error_set(error, TESS_ERR_INVALID, "%s is longer than %d bytes", from, URL_MAX_BYTES);
    (void)snprintf(url, sizeof url, "%s%s", relative ? ECS_HOST : "", relative ? relative : full);
    enum tess_status status = check_url(url, from, &is_close, error);
    if (status != TESS_OK)
        return status;
    struct bytes text = {.data = NULL};
    const char *token = NULL;
    status = read_token(values, &text, &token, error);
    if (status == TESS_OK)
        status = ask(search, url, is_close, token, found_out, error);
    if (text.data)
        digest_wipe(text.data, text.size);
    bytes_clear(&text);
    found_out->found = found_out->renewable = status == TESS_OK;
    return status;
}
