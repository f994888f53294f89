// SPDX-License-Identifier: MIT
#include "front/lambda_path.h"

#include <stdlib.h>
#include <string.h>

#include "front/api.h"
#include "front/api_query.h"
#include "front/json_in.h"
#include "front/xalloc.h"

enum gateway { GATEWAY_REST, GATEWAY_HTTP, GATEWAY_FUNCTION_URL, GATEWAY_UNKNOWN };

/* What an event tells about its path. All borrowed from the event's tree. */
struct hints {
    enum gateway gateway;
    const char *method, *path;
    const char *route;       /* "/grids/{id}"; NULL: none, or the catch-all $default */
    const cJSON *parameters; /* of the route; NULL: none */
    const char *stage;       /* that the path may begin with; NULL: it does not */
    const char *base_path;
};

/* "/prod/counters/x" → "/counters/x" for "prod". NULL where there is no prefix, or the path does not begin
 * so. */
static const char *skip(const char *path, const char *prefix)
{
    if (!prefix)
        return NULL;
    prefix += strspn(prefix, "/");
    size_t size = strlen(prefix);
    while (size > 0 && prefix[size - 1] == '/')
        size--;
    if (size == 0 || path[0] != '/' || strncmp(path + 1, prefix, size) != 0)
        return NULL;
    if (path[1 + size] == '\0')
        return "/";
    return path[1 + size] == '/' ? path + 1 + size : NULL;
}

/* Without stage and base path, in whichever order they come. */
static const char *skip_both(const struct hints *hints, const char *path)
{
    const char *behind_stage = skip(path, hints->stage);
    path = behind_stage ? behind_stage : path;
    const char *behind_base = skip(path, hints->base_path);
    path = behind_base ? behind_base : path;
    const char *again = behind_base && !behind_stage ? skip(path, hints->stage) : NULL;
    return again ? again : path;
}

/* One segment of a route, "{key+}" taken apart. */
struct segment {
    const char *text; /* a parameter's without the braces */
    size_t size;
    bool parameter, greedy;
};

/* False past the last. */
static bool next_segment(const char **route, struct segment *segment_out)
{
    if (**route != '/' || (*route)[1] == '\0')
        return false;
    struct segment segment = {.text = *route + 1, .size = strcspn(*route + 1, "/")};
    *route += 1 + segment.size;
    segment.parameter = segment.size > 2 && segment.text[0] == '{' && segment.text[segment.size - 1] == '}';
    if (segment.parameter) {
        segment.text++;
        segment.size -= 2;
        segment.greedy = segment.size > 1 && segment.text[segment.size - 1] == '+';
        segment.size -= segment.greedy;
    }
    *segment_out = segment;
    return true;
}

static bool is_named(const struct segment *segment, const char *name)
{
    return strlen(name) == segment->size && strncmp(name, segment->text, segment->size) == 0;
}

/* The parameter's value; NULL: the event has none. */
static const char *value_of(const struct hints *hints, const struct segment *segment)
{
    const cJSON *parameter = hints->parameters ? hints->parameters->child : NULL;
    while (parameter && !is_named(segment, parameter->string))
        parameter = parameter->next;
    return cJSON_GetStringValue(parameter);
}

static bool is_known(const char *method, const char *path)
{
    char *joined = api_allow(path) ? NULL : api_path_join(method, path);
    const bool known = joined || api_allow(path);
    free(joined);
    return known;
}

static char *append(char *text, const char *more, size_t size)
{
    char *longer = xprintf("%s/%.*s", text, (int)size, more);
    free(text);
    return longer;
}

/*
 * The route with its decoded parameters, encoded again: a plain one is one segment, a greedy one keeps its
 * slashes. What stands before {proxy+} is where the API was mounted, unless it is a path of ours. NULL where
 * a parameter is missing.
 */
static char *expand(const struct hints *hints)
{
    char *path = xstrdup("");
    const char *route = hints->route;
    for (struct segment segment; next_segment(&route, &segment);) {
        const char *value = segment.parameter ? value_of(hints, &segment) : NULL;
        if (segment.parameter && !value) {
            free(path);
            return NULL;
        }
        char *encoded = value ? api_encode(value, segment.greedy ? "/" : "") : NULL;
        path = append(path, value ? encoded : segment.text, value ? strlen(encoded) : segment.size);
        if (segment.greedy && !is_known(hints->method, skip_both(hints, path))) {
            free(path);
            path = append(xstrdup(""), encoded, strlen(encoded));
        }
        free(encoded);
    }
    return path[0] ? path : append(path, "", 0);
}

/* The path's end from its count-th slash from behind, before `end`; NULL: there are not as many. */
static const char *last_segments(const char *path, const char *end, size_t count)
{
    while (count > 0 && end > path)
        count -= *--end == '/';
    return count == 0 && *end == '/' ? end : NULL;
}

/* Of an encoded path what belongs to the route: its last segments, or those before a greedy parameter and
 * that. NULL where the path does not end so. */
static const char *end_of_route(const struct hints *hints, const char *path)
{
    const char *route = hints->route, *end = path + strlen(path);
    size_t before = 0;
    for (struct segment segment; next_segment(&route, &segment); before++) {
        if (!segment.greedy)
            continue;
        const char *value = value_of(hints, &segment);
        const size_t size = value ? strlen(value) : 0;
        if (size == 0 || (size_t)(end - path) <= size || strcmp(end - size, value) != 0 ||
            *(end - size - 1) != '/')
            return NULL;
        const char *mounted = last_segments(path, end - size - 1, before);
        return mounted && api_allow(mounted) ? mounted : end - size - 1;
    }
    return before > 0 ? last_segments(path, end, before) : NULL;
}

/* REST APIs route "/grids/x/" like "/grids/x"; a greedy parameter may hold the slash, or not. */
static char *encoded_path(const struct hints *hints)
{
    char *path = xstrdup(hints->path);
    const size_t size = strlen(path);
    const bool greedy = hints->route && strstr(hints->route, "+}");
    const bool slash = size > 0 && path[size - 1] == '/';
    const char *found = hints->route && (greedy || !slash) ? end_of_route(hints, path) : NULL;
    if (hints->route && !found && size > 1 && slash) {
        path[size - 1] = '\0';
        found = end_of_route(hints, path);
        path[size - 1] = found ? '\0' : '/';
    }
    char *own = xstrdup(skip_both(hints, found ? found : path));
    free(path);
    return own;
}

static char *decoded_path(const struct hints *hints, enum path_trust *trust_out)
{
    char *expanded = hints->route && (hints->parameters || !strchr(hints->route, '{')) ? expand(hints) : NULL;
    char *path =
        expanded ? xstrdup(skip_both(hints, expanded)) : api_encode(skip_both(hints, hints->path), "/");
    *trust_out = !expanded && strchr(hints->path, '%') ? PATH_UNSURE : PATH_SLASHES_LOST;
    free(expanded);
    return path;
}

/* An event made by hand, or by what imitates a gateway: taken for encoded where it can be. */
static char *unknown_path(const struct hints *hints, enum path_trust *trust_out)
{
    const char *path = skip_both(hints, hints->path);
    char *decoded = api_decode(path, strlen(path), false);
    char *own = decoded ? xstrdup(path) : api_encode(path, "/");
    *trust_out = strchr(path, '%') ? PATH_UNSURE : PATH_SLASHES_LOST;
    free(decoded);
    return own;
}

/* "ANY /grids/{id}" or "/grids/{id}" → "/grids/{id}" */
static const char *route_of(const char *key)
{
    const char *blank = key ? strchr(key, ' ') : NULL;
    key = blank ? blank + 1 : key;
    return key && key[0] == '/' ? key : NULL;
}

static struct hints hints_of(const cJSON *event, const char *method, const char *path, const char *base_path)
{
    const cJSON *context = json_member(event, "requestContext");
    const char *domain = json_text(context, "domainName"), *stage = json_text(context, "stage");
    const char *version = json_text(event, "version"), *in_context = json_text(context, "path");
    struct hints hints = {.gateway = GATEWAY_HTTP,
                          .method = method,
                          .path = path,
                          .stage = stage,
                          .parameters = json_member(event, "pathParameters"),
                          .base_path = base_path};
    if (!json_text(event, "rawPath")) {
        hints.route = route_of(json_text(event, "resource"));
        if (version)
            return hints;
        hints.gateway = GATEWAY_REST;
        if (!in_context || strcmp(in_context, path) != 0)
            hints.stage = NULL; /* has been taken off */
        return hints;
    }
    hints.route = route_of(json_text(event, "routeKey"));
    if (domain && strstr(domain, ".lambda-url."))
        hints.gateway = GATEWAY_FUNCTION_URL;
    else if (!domain && !hints.route)
        hints.gateway = GATEWAY_UNKNOWN;
    return hints;
}

char *lambda_path_find(const cJSON *event, const char *method, const char *path, const char *base_path,
                       enum path_trust *trust_out)
{
    const struct hints hints = hints_of(event, method, path, base_path);
    *trust_out = PATH_AS_SENT;
    if (hints.gateway == GATEWAY_REST || hints.gateway == GATEWAY_FUNCTION_URL)
        return encoded_path(&hints);
    char *found =
        hints.gateway == GATEWAY_HTTP ? decoded_path(&hints, trust_out) : unknown_path(&hints, trust_out);
    char *joined = api_path_join(method, found);
    if (!joined)
        return found;
    free(found);
    return joined;
}
