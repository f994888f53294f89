// SPDX-License-Identifier: MIT
#include "net/web.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "net/random.h"
#include "net/retry.h"
#include "net/web_address.h"

struct web {
    struct http *http;
    struct web_options options;
    char *allowed_hosts; /* owned; NULL: all */
};

static bool pattern_allows(const char *pattern, size_t length, const char *host)
{
    const size_t host_length = strlen(host);
    if (length > 2 && pattern[0] == '*' && pattern[1] == '.')
        return host_length > length - 1 &&
               strncasecmp(host + host_length - (length - 1), pattern + 1, length - 1) == 0;
    return host_length == length && strncasecmp(host, pattern, length) == 0;
}

bool web_host_allowed(const char *allowed_hosts, const char *host)
{
    if (!allowed_hosts)
        return true;
    for (const char *pattern = allowed_hosts; *pattern;) {
        pattern += strspn(pattern, ", ");
        const size_t length = strcspn(pattern, ", ");
        if (length > 0 && pattern_allows(pattern, length, host))
            return true;
        pattern += length;
    }
    return false;
}

bool web_is_address(const char *text)
{
    return strncasecmp(text, "https://", 8) == 0;
}

enum tess_status web_create(const struct web_options *options, struct http *http, struct web **web_out,
                            struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    struct web *web = calloc(1, sizeof *web);
    *web_out = NULL;
    if (web) {
        web->options = *options;
        web->allowed_hosts = options->allowed_hosts ? strdup(options->allowed_hosts) : NULL;
    }
    if (!web || (options->allowed_hosts && !web->allowed_hosts))
        status = error_set(error, TESS_ERR_MEMORY, "no memory to fetch images");
    else if (web->allowed_hosts && strspn(web->allowed_hosts, ", ") == strlen(web->allowed_hosts))
        status = error_set(error, TESS_ERR_INVALID, "the list of allowed hosts names none");
    if (status == TESS_OK) {
        web->http = http;
        *web_out = web;
        return TESS_OK;
    }
    http->ops->destroy(http);
    if (web)
        free(web->allowed_hosts);
    free(web);
    return status;
}

void web_destroy(struct web *web)
{
    if (!web)
        return;
    web->http->ops->destroy(web->http);
    free(web->allowed_hosts);
    free(web);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static enum tess_status refuse_answer(const struct web_address *address, int status, struct tess_error *error)
{
    enum tess_status kind = TESS_ERR_IO;
    if (status == 404 || status == 410)
        kind = TESS_ERR_NOT_FOUND;
    else if (status == 401 || status == 403)
        kind = TESS_ERR_DENIED;
    else if (status == 429)
        kind = TESS_ERR_BUSY;
    else if (status >= 200 && status < 500)
        kind = TESS_ERR_INVALID;
    return error_set(error, kind, "%s answered %d%s", address->host, status,
                     status == 404 ? " (there is no such image)" : "");
}

static enum tess_status check_host(const struct web *web, const struct web_address *address,
                                   struct tess_error *error)
{
    if (web_host_allowed(web->allowed_hosts, address->host))
        return TESS_OK;
    return error_set(error, TESS_ERR_DENIED, "%s is not among the allowed hosts; --allow-host names them",
                     address->host);
}

/* One address, as often as its failures are passing ones. The response is the caller's to clear. */
static enum tess_status ask(struct web *web, const struct web_address *address, uint64_t max_bytes,
                            const struct stop *stop, struct http_response *response, struct tess_error *error)
{
    const struct retry_policy policy = retry_policy_of("https", WEB_ATTEMPTS);
    const struct http_request request = {.method = "GET",
                                         .url = address->url,
                                         .max_body_bytes = max_bytes,
                                         .connect_timeout_ms = web->options.connect_timeout_ms,
                                         .stall_timeout_ms = web->options.stall_timeout_ms,
                                         .public_addresses_only = !web->options.private_addresses,
                                         .stop = stop};
    for (uint32_t attempt = 1;; attempt++) {
        enum tess_status status = web->http->ops->perform(web->http, &request, response, error);
        enum retry_class class_ = retry_classify(response->failure, response->status, NULL);
        if (response->status == 429)
            class_ = RETRY_THROTTLING;
        if (class_ == RETRY_NEVER || attempt >= policy.attempts)
            return status;
        http_response_clear(response);
        status = stop_sleep(stop, retry_delay_ms(&policy, class_, attempt, random_unit(), -1), error);
        if (status != TESS_OK)
            return status;
    }
}

/* The next address of a redirect in place of the present one. */
static enum tess_status follow(struct web_address *address, const struct http_response *response,
                               struct tess_error *error)
{
    const char *location = http_response_header(response, "location");
    struct web_address next;
    if (!location)
        return error_set(error, TESS_ERR_CORRUPT, "%s redirects to nowhere (%d)", address->host,
                         response->status);
    enum tess_status status = web_address_read(address->url, location, &next, error);
    if (status != TESS_OK)
        return error_prefix(error, "%s redirects", address->host), status;
    web_address_clear(address);
    *address = next;
    return TESS_OK;
}

/* Follows redirects until there is an answer of another kind. */
static enum tess_status ask_on(struct web *web, struct web_address *address, uint64_t max_bytes,
                               const struct stop *stop, struct http_response *response,
                               struct tess_error *error)
{
    for (int redirects = 0;; redirects++) {
        enum tess_status status = check_host(web, address, error);
        if (status == TESS_OK)
            status = ask(web, address, max_bytes, stop, response, error);
        if (status != TESS_OK || !is_redirect(response->status))
            return status;
        if (redirects == WEB_MAX_REDIRECTS)
            return error_set(error, TESS_ERR_INVALID, "%s redirects more than %d times", address->host,
                             WEB_MAX_REDIRECTS);
        status = follow(address, response, error);
        http_response_clear(response);
        if (status != TESS_OK)
            return status;
    }
}

enum tess_status web_get(struct web *web, const char *address_text, uint64_t max_bytes,
                         const struct stop *stop, struct bytes *out, uint64_t *size_out,
                         struct tess_error *error)
{
    struct http_response response = {0};
    struct web_address address;
    bytes_init(out, 0);
    *size_out = 0;
    enum tess_status status = web_address_read(NULL, address_text, &address, error);
    if (status != TESS_OK)
        return status;
    status = ask_on(web, &address, max_bytes, stop, &response, error);
    if (status == TESS_ERR_LIMIT && response.failure == HTTP_TOO_LARGE && response.length_bytes != UINT64_MAX)
        *size_out = response.length_bytes;
    if (status == TESS_OK && response.status != 200)
        status = refuse_answer(&address, response.status, error);
    if (status == TESS_OK) {
        *out = response.body;
        response.body = (struct bytes){0};
    }
    http_response_clear(&response);
    web_address_clear(&address);
    return status;
}
