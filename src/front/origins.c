// SPDX-License-Identifier: MIT
#include "front/origins.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/refuse.h"
#include "front/xalloc.h"

static const char https[] = "https://", http[] = "http://";

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

static size_t scheme_size(const char *text)
{
    return strncasecmp(text, https, sizeof https - 1) == 0 ? sizeof https - 1
           : strncasecmp(text, http, sizeof http - 1) == 0 ? sizeof http - 1
                                                           : 0;
}

/* "HTTPS://A.example:443/" → "https://a.example", for free(); NULL: it is none. */
static char *read_one(const char *text, size_t size)
{
    char *origin = xprintf("%.*s", (int)size, text);
    const size_t scheme = scheme_size(origin), authority = authority_size(origin + scheme);
    const char *rest = origin + scheme + authority;
    if (authority == 0 || rest[strspn(rest, "/")] != '\0' || strcasecmp(origin, "null") == 0) {
        free(origin);
        return NULL;
    }
    size_t end = scheme + authority;
    const char *port = scheme == sizeof https - 1 ? ":443" : scheme > 0 ? ":80" : NULL;
    const size_t port_size = port ? strlen(port) : 0;
    if (port && end > port_size && strncmp(origin + end - port_size, port, port_size) == 0)
        end -= port_size;
    origin[end] = '\0';
    for (char *byte = origin; *byte; byte++) {
        if (*byte >= 'A' && *byte <= 'Z')
            *byte = (char)(*byte - 'A' + 'a');
    }
    return origin;
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

bool origins_allow(const struct origins *origins, const char *origin)
{
    bool allowed = origins->any;
    char *asking = allowed ? NULL : read_one(origin, strlen(origin));
    const size_t scheme = asking ? scheme_size(asking) : 0;
    for (size_t i = 0; scheme > 0 && !allowed && i < origins->count; i++) {
        const char *item = origins->items[i];
        allowed = strcmp(item, scheme_size(item) > 0 ? asking : asking + scheme) == 0;
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
