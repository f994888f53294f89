// SPDX-License-Identifier: MIT
/*
 * Paths to routes. A path is split at its slashes before anything is decoded, so that "%2F" is a slash inside
 * a grid id and never a separator; dots mean nothing ("%2e%2e" is an id like any other). Everything behind
 * the second slash of /grids/ID/KEY is the key: those of earlier back ends have slashes of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "front/api.h"
#include "front/api_query.h"
#include "front/xalloc.h"

enum shape {
    SHAPE_EXACT, /* the path is `path` */
    SHAPE_ID,    /* "path" + one segment */
    SHAPE_KEY,   /* "path" + a segment, a slash and the rest */
    SHAPE_BELOW  /* anything that begins with `path` */
};

static const struct {
    const char *method, *path;
    enum shape shape;
    enum api_route route;
} routes[] = {
    {"POST", "/add_image", SHAPE_EXACT, API_ADD_IMAGE},
    {"POST", "/generate_grid", SHAPE_EXACT, API_GENERATE_GRID},
    {"POST", "/create_grid", SHAPE_EXACT, API_GENERATE_GRID},
    {"POST", "/upload_url", SHAPE_EXACT, API_UPLOAD_URL},
    {"GET", "/grids/", SHAPE_ID, API_LIST_GRID},
    {"DELETE", "/grids/", SHAPE_ID, API_REMOVE_GRID},
    {"DELETE", "/grids/", SHAPE_KEY, API_REMOVE_IMAGE},
    {"POST", "/counters/", SHAPE_ID, API_COUNTER_HIT},
    {"GET", "/counters/", SHAPE_ID, API_COUNTER_GET},
    {"GET", "/healthz", SHAPE_EXACT, API_HEALTHZ},
    {"GET", "/readyz", SHAPE_EXACT, API_READYZ},
    {"GET", "/openapi.json", SHAPE_EXACT, API_OPENAPI},
    {"GET", "/metrics", SHAPE_EXACT, API_METRICS},
    {"GET", "/", SHAPE_EXACT, API_PAGE},
    {"GET", "/objects/", SHAPE_BELOW, API_OBJECT},
    {"PUT", "/objects/", SHAPE_BELOW, API_OBJECT},
};

enum { ROUTE_COUNT = sizeof routes / sizeof *routes };

static const char *const route_names[API_ROUTES] = {
    [API_NONE] = "none",
    [API_WRONG_METHOD] = "wrong_method",
    [API_ADD_IMAGE] = "add_image",
    [API_GENERATE_GRID] = "generate_grid",
    [API_UPLOAD_URL] = "upload_url",
    [API_LIST_GRID] = "list_grid",
    [API_REMOVE_GRID] = "remove_grid",
    [API_REMOVE_IMAGE] = "remove_image",
    [API_COUNTER_HIT] = "counter_hit",
    [API_COUNTER_GET] = "counter_get",
    [API_HEALTHZ] = "healthz",
    [API_READYZ] = "readyz",
    [API_OPENAPI] = "openapi",
    [API_METRICS] = "metrics",
    [API_PAGE] = "page",
    [API_OBJECT] = "object",
};

const char *api_route_name(enum api_route route)
{
    return route_names[(unsigned)route < API_ROUTES ? route : API_NONE];
}

void api_target_clear(struct api_target *target)
{
    free(target->id);
    free(target->key);
    *target = (struct api_target){0};
}

static bool has_shape(size_t index, const char *path)
{
    const size_t size = strlen(routes[index].path);
    const char *rest = path + size;
    if (strncmp(path, routes[index].path, size) != 0)
        return false;
    switch (routes[index].shape) {
    case SHAPE_EXACT:
        return *rest == '\0';
    case SHAPE_ID:
        return *rest != '\0' && !strchr(rest, '/');
    case SHAPE_KEY:
        return *rest != '/' && strchr(rest, '/') && strchr(rest, '/')[1] != '\0';
    case SHAPE_BELOW:
        return *rest != '\0';
    }
    return false;
}

static bool has_method(size_t index, const char *method)
{
    return strcmp(routes[index].method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(routes[index].method, "GET") == 0);
}

static bool read_target(size_t index, const char *path, struct api_target *target)
{
    const char *id = path + strlen(routes[index].path);
    const enum shape shape = routes[index].shape;
    if (shape != SHAPE_ID && shape != SHAPE_KEY)
        return true;
    const size_t id_size = strcspn(id, "/");
    target->id = api_decode(id, id_size, false);
    if (target->id && shape == SHAPE_KEY)
        target->key = api_decode(id + id_size + 1, strlen(id + id_size + 1), false);
    return target->id && (shape == SHAPE_ID || target->key);
}

enum api_route api_route_find(const char *method, const char *path, struct api_target *target_out)
{
    *target_out = (struct api_target){0};
    bool known = false;
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (!has_shape(i, path))
            continue;
        known = true;
        if (has_method(i, method))
            return read_target(i, path, target_out) ? routes[i].route : API_NONE;
    }
    return known ? API_WRONG_METHOD : API_NONE;
}

/* Does the method decide nothing, because a browser asks about the path itself? */
static bool takes(size_t index, const char *method)
{
    return strcmp(method, "OPTIONS") == 0 || has_method(index, method);
}

char *api_path_join(const char *method, const char *path)
{
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (has_shape(i, path) && takes(i, method))
            return NULL;
    }
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const size_t size = strlen(routes[i].path);
        if (routes[i].shape != SHAPE_ID || strncmp(path, routes[i].path, size) != 0 ||
            !strchr(path + size, '/') || !takes(i, method))
            continue;
        char *joined = xcalloc(3 * strlen(path) + 1, 1), *out = joined;
        for (size_t at = 0; path[at]; at++) {
            const bool slash = at >= size && path[at] == '/';
            memcpy(out, slash ? "%2F" : path + at, slash ? 3 : 1);
            out += slash ? 3 : 1;
        }
        return joined;
    }
    return NULL;
}

const char *api_allow(const char *path)
{
    static const struct {
        bool get, post, put, remove;
        const char *words;
    } sets[] = {
        {true, false, false, false, "GET, HEAD, OPTIONS"},
        {false, true, false, false, "POST, OPTIONS"},
        {true, true, false, false, "GET, HEAD, POST, OPTIONS"},
        {true, false, true, false, "GET, HEAD, PUT, OPTIONS"},
        {true, false, false, true, "GET, HEAD, DELETE, OPTIONS"},
        {false, false, false, true, "DELETE, OPTIONS"},
    };
    bool get = false, post = false, put = false, remove = false;
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (!has_shape(i, path))
            continue;
        get = get || strcmp(routes[i].method, "GET") == 0;
        post = post || strcmp(routes[i].method, "POST") == 0;
        put = put || strcmp(routes[i].method, "PUT") == 0;
        remove = remove || strcmp(routes[i].method, "DELETE") == 0;
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (sets[i].get == get && sets[i].post == post && sets[i].put == put && sets[i].remove == remove)
            return sets[i].words;
    }
    return NULL;
}
