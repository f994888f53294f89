// SPDX-License-Identifier: MIT
#include "front/serve_hosts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/origins.h"
#include "front/refuse.h"
#include "front/xalloc.h"

enum { NAME_BYTES = 256 };

static void add(struct hosts *hosts, const char *name, size_t size, const char *port)
{
    hosts->names = xgrow(hosts->names, hosts->count, sizeof *hosts->names);
    hosts->names[hosts->count++] = xprintf("%.*s%s", (int)size, name, port);
}

static const char *after_scheme(const char *url)
{
    const char *authority = strstr(url, "://");
    return authority ? authority + 3 : url;
}

/* The name of "GRIDS.example.com.:8080" as it is compared: an address in its one form, no dot at the end. */
static bool plain_name(const char *host, char name_out[NAME_BYTES], bool *is_address_out)
{
    struct in6_addr six;
    struct in_addr four;
    const size_t size = authority_name_size(host, authority_size(host));
    *is_address_out = false;
    if (size == 0 || size >= NAME_BYTES)
        return false;
    const bool bracketed = host[0] == '[';
    (void)snprintf(name_out, NAME_BYTES, "%.*s", (int)(bracketed ? size - 2 : size), host + bracketed);
    if (bracketed)
        *is_address_out =
            inet_pton(AF_INET6, name_out, &six) == 1 && inet_ntop(AF_INET6, &six, name_out, NAME_BYTES);
    else
        *is_address_out = inet_pton(AF_INET, name_out, &four) == 1;
    if (!bracketed && !*is_address_out && size > 1 && name_out[size - 1] == '.')
        name_out[size - 1] = '\0';
    return !bracketed || *is_address_out;
}

/* Where it listens, and what this machine calls itself, at that port. */
static void add_listening(struct hosts *hosts, const char *listen, const char *url)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *bound = after_scheme(url), *colon = strrchr(bound, ':');
    const char *port = colon && !strchr(colon, ']') ? colon : "";
    const size_t name_size = authority_name_size(listen, strlen(listen));
    const bool is_named = name_size > 0 && listen[name_size] == ':'; /* else ":8080" or "8080" */
    char name[NAME_BYTES] = "0.0.0.0";
    add(hosts, bound, strcspn(bound, "/"), "");
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        add(hosts, own[i], strlen(own[i]), port);
    if (is_named) {
        bool is_address;
        add(hosts, listen, name_size, port);
        (void)plain_name(hosts->names[hosts->count - 1], name, &is_address);
    }
    hosts->all_addresses = strcmp(name, "0.0.0.0") == 0 || strcmp(name, "::") == 0;
}

static enum tess_status add_allowed(struct hosts *hosts, const char *allowed, struct tess_error *error)
{
    for (const char *at = allowed;; at++) {
        at += strspn(at, " \t");
        const size_t size = authority_size(at), rest = strspn(at + size, " \t");
        if (size == 0 || (at[size + rest] != ',' && at[size + rest] != '\0'))
            return refuse_invalid(error,
                                  "allow-host-header: \"%.*s\" is no host; give names such as "
                                  "grids.example.com, with commas between",
                                  (int)(strcspn(at, ",") < 80 ? strcspn(at, ",") : 80), at);
        add(hosts, at, size, "");
        at += size + rest;
        if (*at == '\0')
            return TESS_OK;
    }
}

enum tess_status hosts_read(const char *listen, const char *url, const char *public_url, const char *allowed,
                            struct hosts *hosts_out, struct tess_error *error)
{
    *hosts_out = (struct hosts){0};
    add_listening(hosts_out, listen, url);
    hosts_out->first_told = hosts_out->count;
    if (public_url)
        add(hosts_out, after_scheme(public_url), strcspn(after_scheme(public_url), "/"), "");
    const enum tess_status status = allowed ? add_allowed(hosts_out, allowed, error) : TESS_OK;
    if (status != TESS_OK)
        hosts_clear(hosts_out);
    return status;
}

void hosts_clear(struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        free(hosts->names[i]);
    free(hosts->names);
    *hosts = (struct hosts){0};
}

bool hosts_know(const struct hosts *hosts, const char *host)
{
    char asked[NAME_BYTES], name[NAME_BYTES];
    bool is_address, is_other;
    if (!plain_name(host, asked, &is_address))
        return false;
    bool known = is_address && hosts->all_addresses;
    for (size_t i = 0; !known && i < hosts->count; i++)
        known = plain_name(hosts->names[i], name, &is_other) && is_other == is_address &&
                strcasecmp(name, asked) == 0;
    return known;
}

/* Without the port that goes without saying: which of the two schemes is spoken before a proxy is not known
 * here. */
static size_t without_port(const char *authority)
{
    const size_t size = strlen(authority), name = authority_name_size(authority, size);
    return strcmp(authority + name, ":80") == 0 || strcmp(authority + name, ":443") == 0 ? name : size;
}

static bool is_same(const char *one, const char *other)
{
    const size_t size = without_port(one);
    return size == without_port(other) && strncasecmp(one, other, size) == 0;
}

bool hosts_own_page(const struct hosts *hosts, const char *host, const char *origin)
{
    const char *scheme = strstr(origin, "://");
    if (!scheme)
        return false; /* "null" */
    bool own = host && is_same(scheme + 3, host);
    for (size_t i = hosts->first_told; !own && i < hosts->count; i++)
        own = is_same(scheme + 3, hosts->names[i]);
    return own;
}
