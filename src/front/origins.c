// SPDX-License-Identifier: MIT
#include "front/origins.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/refuse.h"
#include "front/xalloc.h"

/* Letters, digits and what is between them in names; or an IPv6 address in its brackets. */
static size_t name_size(const char *text)
{
    if (text[0] == '[') {
        const size_t size = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
        return text[size] == ']' && size > 2 ? size + 1 : 0;
    }
    const size_t size = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
    return text[0] == '.' || text[0] == '-' ? 0 : size;
}

size_t authority_size(const char *text)
{
    const size_t size = name_size(text);
    if (size == 0 || text[size] != ':')
        return size;
    const char *port = text + size + 1;
    const size_t digits = strspn(port, "0123456789");
    if (digits == 0 || digits > 5 || strtoul(port, NULL, 10) < 1 || strtoul(port, NULL, 10) > 65535)
        return 0;
    return size + 1 + digits;
}

size_t authority_name_size(const char *text, size_t size)
{
    const size_t name = name_size(text);
    return name < size ? name : size;
}

/* Of "https://", also of the schemes of apps and extensions ("capacitor://"); 0: there is none. RFC
 * 3986, 3.1. */
static size_t scheme_size(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    return strspn(text, letters) > 0 && strncmp(text + name, "://", 3) == 0 ? name + 3 : 0;
}

/* Of files and of FTP browsers make no origin ("null"). */
static bool has_origin(const char *text, size_t scheme)
{
    static const char *const without[] = {"file://", "ftp://"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (scheme == strlen(without[i]) && strncasecmp(text, without[i], scheme) == 0)
            return false;
    return strcasecmp(text, "null") != 0;
}

/* Cuts off the port that browsers leave out; a bare host with one has that scheme. Takes and gives memory. */
static char *without_default_port(char *origin, size_t scheme)
{
    static const char *const defaults[][2] = {{"https://", ":443"}, {"http://", ":80"}};
    const size_t end = strlen(origin);
    for (size_t i = 0; i < 2; i++) {
        const char *name = defaults[i][0], *port = defaults[i][1];
        const size_t size = strlen(port);
        const bool fits = scheme == 0 || (scheme == strlen(name) && memcmp(origin, name, scheme) == 0);
        if (!fits || end <= size || strcmp(origin + end - size, port) != 0)
            continue;
        char *plain = xprintf("%s%.*s", name, (int)(end - size - scheme), origin + scheme);
        free(origin);
        return plain;
    }
    return origin;
}

/* "HTTPS://A.example:443/" → "https://a.example", for free(); NULL: it is none. */
static char *read_one(const char *text, size_t size)
{
    char *origin = xprintf("%.*s", (int)size, text);
    const size_t scheme = scheme_size(origin), authority = authority_size(origin + scheme);
    const char *rest = origin + scheme + authority;
    if (authority == 0 || rest[strspn(rest, "/")] != '\0' || !has_origin(origin, scheme)) {
        free(origin);
        return NULL;
    }
    origin[scheme + authority] = '\0';
    for (char *byte = origin; *byte; byte++) {
        if (*byte >= 'A' && *byte <= 'Z')
            *byte = (char)(*byte - 'A' + 'a');
    }
    return without_default_port(origin, scheme);
}

static bool is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

enum tess_status origins_read(const char *list, struct origins *origins_out, struct tess_error *error)
{
    bool none = false;
    *origins_out = (struct origins){0};
    for (const char *at = list;; at++) {
        at += strspn(at, " \t");
        const size_t length = strcspn(at, ",");
        size_t size = length;
        while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
            size--;
        char *item = NULL;
        if (is_word(at, size, "*")) {
            origins_out->any = true;
        } else if (is_word(at, size, "none")) {
            none = true;
        } else if ((item = read_one(at, size))) {
            origins_out->items = xgrow(origins_out->items, origins_out->count, sizeof *origins_out->items);
            origins_out->items[origins_out->count++] = item;
        } else {
            origins_clear(origins_out);
            return refuse_invalid(
                error,
                "cors-origin: \"%.*s\" is no origin; give such as https://photos.example.com, "
                "several with commas between, * for all or none",
                (int)(size < 80 ? size : 80), at);
        }
        at += length;
        if (*at == '\0')
            break;
    }
    if (none && (origins_out->any || origins_out->count > 0)) {
        origins_clear(origins_out);
        return refuse_invalid(error, "cors-origin: \"none\" stands alone");
    }
    return TESS_OK;
}

void origins_clear(struct origins *origins)
{
    for (size_t i = 0; i < origins->count; i++)
        free(origins->items[i]);
    free(origins->items);
    *origins = (struct origins){0};
}

/* A bare host stands for its pages, not for an app's or an extension's of that name. */
static bool is_web(const char *origin)
{
    return strncmp(origin, "https://", 8) == 0 || strncmp(origin, "http://", 7) == 0;
}

bool origins_allow(const struct origins *origins, const char *origin)
{
    bool allowed = origins->any;
    char *asking = allowed ? NULL : read_one(origin, strlen(origin));
    const size_t scheme = asking ? scheme_size(asking) : 0;
    for (size_t i = 0; scheme > 0 && !allowed && i < origins->count; i++) {
        const char *item = origins->items[i];
        allowed = strcmp(item, asking) == 0 || (is_web(asking) && strcmp(item, asking + scheme) == 0);
    }
    free(asking);
    return allowed;
}

const char *origins_answer(const struct origins *origins, const char *origin)
{
    if (origins->any)
        return "*";
    if (origin && origins_allow(origins, origin))
        return origin;
    return origins->count == 1 && scheme_size(origins->items[0]) > 0 ? origins->items[0] : NULL;
}

bool origins_vary(const struct origins *origins)
{
    return !origins->any && origins->count > 0;
}
