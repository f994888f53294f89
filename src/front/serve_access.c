// SPDX-License-Identifier: MIT
#include "front/serve_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/page_files.h"
#include "front/serve.h"

/* As long for a wrong token as for a right one. */
static bool is_same(const char *given, const char *token)
{
    const size_t given_size = strlen(given), size = strlen(token);
    unsigned difference = given_size != size;
    for (size_t i = 0; i < size; i++)
        difference |=
            (unsigned)(unsigned char)token[i] ^ (unsigned char)given[given_size ? i % given_size : 0];
    return difference == 0;
}

static bool knows_token(const struct exchange *exchange, const struct access_claims *claims)
{
    static const char scheme[] = "Bearer ";
    const char *token = exchange->service->token;
    if (claims->api_key && is_same(claims->api_key, token))
        return true;
    return claims->authorization && strncasecmp(claims->authorization, scheme, sizeof scheme - 1) == 0 &&
           is_same(claims->authorization + sizeof scheme - 1, token);
}

static bool is_page(const struct exchange *exchange)
{
    return exchange->route == API_PAGE || page_file_find(exchange->path);
}

/* What the page loads asks for the token; links carry their signature; a preflight never has one. */
static bool needs_token(const struct exchange *exchange)
{
    const enum api_route route = exchange->route;
    return route != API_HEALTHZ && route != API_READYZ && route != API_OPENAPI && route != API_OBJECT &&
           !is_page(exchange) && strcmp(exchange->method, "OPTIONS") != 0;
}

static bool is_value(const char *value, const char *word)
{
    return value && strcasecmp(value, word) == 0;
}

/* A person who follows a link to the page: nothing is changed by that, and the page it came from sees none of
 * it. In a frame it would. */
static bool is_visit(const struct exchange *exchange, const struct access_claims *claims)
{
    return is_page(exchange) && strcmp(exchange->method, "GET") == 0 && claims->origins == 0 &&
           is_value(claims->fetch_mode, "navigate") && is_value(claims->fetch_dest, "document");
}

/*
 * Does it come from a page that may not call? Where there is an origin, that decides. "null" is how browsers
 * call pages without one (sandboxed frames, files) and our own after some redirects: only they know which.
 * What comes without one is either no page's or changes nothing.
 */
static bool is_foreign(const struct exchange *exchange, const struct access_claims *claims)
{
    const struct service *service = exchange->service;
    const bool across = is_value(claims->fetch_site, "cross-site");
    if (claims->origins == 0)
        return across && !is_visit(exchange, claims);
    if (claims->origins > 1)
        return true;
    if (origins_allow(&service->origins, claims->origin))
        return false;
    if (strcmp(claims->origin, "null") == 0)
        return !is_value(claims->fetch_site, "same-origin") && !is_value(claims->fetch_site, "none");
    return across || !hosts_own_page(&service->hosts, exchange->host, claims->origin);
}

static bool refuse(struct exchange *exchange, int http_status, const char *code, const char *message)
{
    serve_refuse(exchange, http_status, code, message);
    return false;
}

static bool check_page(struct exchange *exchange, const struct access_claims *claims)
{
    const struct service *service = exchange->service;
    char message[512];
    if (service->origins.any || exchange->route == API_OBJECT)
        return true;
    if (exchange->host && !hosts_know(&service->hosts, exchange->host)) {
        (void)snprintf(message, sizeof message,
                       "this service does not go by the name %.255s; start it with --allow-host-header or "
                       "--public-url to have it do so",
                       exchange->host);
        return refuse(exchange, 403, "unknown-host", message);
    }
    if (!is_foreign(exchange, claims))
        return true;
    const char *site = claims->origins == 1 ? strstr(claims->origin, "://") : NULL;
    const bool is_shown =
        site && strlen(claims->origin) <= 200 && authority_size(site + 3) == strlen(site + 3);
    (void)snprintf(message, sizeof message,
                   "pages of %.200s may not call this service; start it with --cors-origin to allow them",
                   is_shown ? claims->origin : "other sites");
    return refuse(exchange, 403, "foreign-page", message);
}

bool serve_check_access(struct exchange *exchange, const struct access_claims *claims)
{
    if (!exchange->service->token)
        return check_page(exchange, claims);
    if (!needs_token(exchange) || knows_token(exchange, claims))
        return true;
    return refuse(exchange, 401, "unauthorized",
                  "this service asks for a token: send Authorization: Bearer TOKEN");
}
