// SPDX-License-Identifier: MIT
/* Which route takes which path and method, and what the path names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/api.h"
#include "random_numbers.h"

static const char *const methods[] = {"GET",   "HEAD",  "POST",    "PUT", "DELETE", "OPTIONS",
                                      "PATCH", "TRACE", "CONNECT", "get", ""};
enum { METHODS = sizeof methods / sizeof *methods };

static enum api_route find(const char *method, const char *path)
{
    struct api_target target;
    const enum api_route route = api_route_find(method, path, &target);
    api_target_clear(&target);
    assert_null(target.id);
    assert_null(target.key);
    return route;
}

static void names(const char *method, const char *path, enum api_route route, const char *id, const char *key)
{
    struct api_target target;
    const enum api_route found = api_route_find(method, path, &target);
    if (found != route)
        fail_msg("%s %s is %s", method, path, api_route_name(found));
    assert_int_equal(!target.id, !id);
    assert_int_equal(!target.key, !key);
    if (id)
        assert_string_equal(target.id, id);
    if (key)
        assert_string_equal(target.key, key);
    api_target_clear(&target);
}

/* A path, and what each method makes of it; API_NONE: not allowed. */
static const struct {
    const char *path, *allow;
    enum api_route get, post, put, remove;
} known[] = {
    {"/add_image", "POST, OPTIONS", API_NONE, API_ADD_IMAGE, API_NONE, API_NONE},
    {"/generate_grid", "POST, OPTIONS", API_NONE, API_GENERATE_GRID, API_NONE, API_NONE},
    {"/create_grid", "POST, OPTIONS", API_NONE, API_GENERATE_GRID, API_NONE, API_NONE},
    {"/upload_url", "POST, OPTIONS", API_NONE, API_UPLOAD_URL, API_NONE, API_NONE},
    {"/grids/a", "GET, HEAD, DELETE, OPTIONS", API_LIST_GRID, API_NONE, API_NONE, API_REMOVE_GRID},
    {"/grids/a/b", "DELETE, OPTIONS", API_NONE, API_NONE, API_NONE, API_REMOVE_IMAGE},
    {"/grids/a/b/c", "DELETE, OPTIONS", API_NONE, API_NONE, API_NONE, API_REMOVE_IMAGE},
    {"/counters/a", "GET, HEAD, POST, OPTIONS", API_COUNTER_GET, API_COUNTER_HIT, API_NONE, API_NONE},
    {"/healthz", "GET, HEAD, OPTIONS", API_HEALTHZ, API_NONE, API_NONE, API_NONE},
    {"/readyz", "GET, HEAD, OPTIONS", API_READYZ, API_NONE, API_NONE, API_NONE},
    {"/openapi.json", "GET, HEAD, OPTIONS", API_OPENAPI, API_NONE, API_NONE, API_NONE},
    {"/metrics", "GET, HEAD, OPTIONS", API_METRICS, API_NONE, API_NONE, API_NONE},
    {"/", "GET, HEAD, OPTIONS", API_PAGE, API_NONE, API_NONE, API_NONE},
    {"/objects/b/k", "GET, HEAD, PUT, OPTIONS", API_OBJECT, API_NONE, API_OBJECT, API_NONE},
    {"/objects/b", "GET, HEAD, PUT, OPTIONS", API_OBJECT, API_NONE, API_OBJECT, API_NONE},
};

static void each_path_takes_its_methods(void **state)
{
    (void)state;
    bool seen[API_ROUTES] = {false};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *path = known[i].path;
        for (size_t j = 0; j < METHODS; j++) {
            enum api_route right = API_NONE;
            if (strcmp(methods[j], "GET") == 0 || strcmp(methods[j], "HEAD") == 0)
                right = known[i].get;
            else if (strcmp(methods[j], "POST") == 0)
                right = known[i].post;
            else if (strcmp(methods[j], "PUT") == 0)
                right = known[i].put;
            else if (strcmp(methods[j], "DELETE") == 0)
                right = known[i].remove;
            const enum api_route route = find(methods[j], path);
            if (route != (right != API_NONE ? right : API_WRONG_METHOD))
                fail_msg("%s %s is %s", methods[j], path, api_route_name(route));
            seen[route] = true;
        }
        assert_string_equal(api_allow(path), known[i].allow);
    }
    for (int route = API_NONE + 1; route < API_ROUTES; route++)
        if (!seen[route])
            fail_msg("no path leads to %s", api_route_name((enum api_route)route));
}

static void other_paths_are_none(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "*",
        "//",
        "/x",
        "healthz",
        "/healthz/",
        "//healthz",
        "/Healthz",
        "/healthz?",
        "/healthz#x",
        "/%68ealthz",
        "/healthz%2F",
        "/add_image/",
        "/add_image/x",
        "/grids",
        "/grids/",
        "/grids//",
        "/grids//key",
        "/grids/a/",
        "/grids///",
        "/counters",
        "/counters/",
        "/counters//",
        "/counters/a/",
        "/counters/a/b",
        "/objects",
        "/objects/",
        "/openapi",
        "/metrics/x",
        "/../healthz",
        "/./healthz",
        "/ ",
        "/healthz ",
        " /healthz",
        "/grid/a",
        "/gridsa",
        "http://host/healthz",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (size_t j = 0; j < METHODS; j++)
            if (find(methods[j], paths[i]) != API_NONE)
                fail_msg("%s %s is %s", methods[j], paths[i], api_route_name(find(methods[j], paths[i])));
        assert_null(api_allow(paths[i]));
    }
}

static void ids_and_keys_are_decoded(void **state)
{
    (void)state;
    names("GET", "/grids/abc", API_LIST_GRID, "abc", NULL);
    names("HEAD", "/grids/abc", API_LIST_GRID, "abc", NULL);
    names("DELETE", "/grids/abc", API_REMOVE_GRID, "abc", NULL);
    names("GET", "/grids/a%2Fb", API_LIST_GRID, "a/b", NULL);
    names("GET", "/grids/%2f", API_LIST_GRID, "/", NULL);
    names("GET", "/grids/%2e%2e", API_LIST_GRID, "..", NULL);
    names("GET", "/grids/..", API_LIST_GRID, "..", NULL);
    names("GET", "/grids/%2e%2e%2fhealthz", API_LIST_GRID, "../healthz", NULL);
    names("GET", "/grids/a+b", API_LIST_GRID, "a+b", NULL); /* no blank: this is no query */
    names("GET", "/grids/a%20b", API_LIST_GRID, "a b", NULL);
    names("GET", "/grids/%2541", API_LIST_GRID, "%41", NULL); /* decoded once */
    names("GET", "/grids/%C3%A4", API_LIST_GRID, "ä", NULL);
    names("GET", "/grids/ä", API_LIST_GRID, "ä", NULL);
    names("GET", "/grids/a?b", API_LIST_GRID, "a?b", NULL);
    names("DELETE", "/grids/a%2Fb/c.jpg", API_REMOVE_IMAGE, "a/b", "c.jpg");
    names("DELETE", "/grids/a/b/c/d.jpg", API_REMOVE_IMAGE, "a", "b/c/d.jpg");
    names("DELETE", "/grids/a/b%2Fc.jpg", API_REMOVE_IMAGE, "a", "b/c.jpg");
    names("DELETE", "/grids/a//b", API_REMOVE_IMAGE, "a", "/b");
    names("DELETE", "/grids/a//", API_REMOVE_IMAGE, "a", "/");
    names("DELETE", "/grids/a/b/", API_REMOVE_IMAGE, "a", "b/");
    names("DELETE", "/grids/a/../b", API_REMOVE_IMAGE, "a", "../b");
    names("POST", "/counters/visits", API_COUNTER_HIT, "visits", NULL);
    names("GET", "/counters/a%2Fb", API_COUNTER_GET, "a/b", NULL);
    names("GET", "/objects/%00/%zz", API_OBJECT, NULL, NULL); /* whoever checks its signature reads it */
    names("POST", "/grids/a", API_WRONG_METHOD, NULL, NULL);
}

static void what_cannot_be_a_name_is_none(void **state)
{
    (void)state;
    static const char *const parts[] = {"%00",    "a%00",      "%",    "%2",           "%zz", "a%",
                                        "%c0%80", "%ed%a0%80", "\xff", "%F5%80%80%80", "%c3", "%2%46"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        static const char *const formats[] = {"/grids/%s", "/grids/a/%s", "/grids/%s/key", "/counters/%s"};
        for (size_t j = 0; j < sizeof formats / sizeof *formats; j++) {
            char path[64];
            const char *before = formats[j], *mark = strchr(before, '%');
            (void)snprintf(path, sizeof path, "%.*s%s%s", (int)(mark - before), before, parts[i], mark + 2);
            for (size_t k = 0; k < METHODS; k++)
                assert_true(find(methods[k], path) <= API_WRONG_METHOD);
            assert_int_equal(find(j < 3 ? "DELETE" : "POST", path), API_NONE);
        }
    }
}

static void long_paths_are_read_whole(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    char *path = malloc(SIZE + 1);
    struct api_target target;
    assert_non_null(path);
    memset(path, '/', SIZE);
    path[SIZE] = '\0';
    assert_int_equal(find("GET", path), API_NONE);
    memcpy(path, "/grids/a", 8);
    assert_int_equal(api_route_find("DELETE", path, &target), API_REMOVE_IMAGE);
    assert_int_equal(strlen(target.key), SIZE - 9);
    api_target_clear(&target);
    memset(path + 7, 'a', SIZE - 7);
    assert_int_equal(api_route_find("GET", path, &target), API_LIST_GRID);
    assert_int_equal(strlen(target.id), SIZE - 7);
    api_target_clear(&target);
    free(path);
}

/* A path has words exactly when some method leads somewhere or is refused, and they name those that do. */
static void allowed_is_what_is_found(const char *path)
{
    const char *allow = api_allow(path);
    for (size_t i = 0; i < 5; i++) { /* those that may be allowed */
        const enum api_route route = find(methods[i], path);
        if (route > API_WRONG_METHOD && (!allow || !strstr(allow, methods[i])))
            fail_msg("%s %s is %s, but allowed is %s", methods[i], path, api_route_name(route),
                     allow ? allow : "nothing");
        if (route == API_WRONG_METHOD && (!allow || strstr(allow, methods[i])))
            fail_msg("%s %s is refused, but allowed is %s", methods[i], path, allow ? allow : "nothing");
    }
    if (allow)
        assert_non_null(strstr(allow, "OPTIONS"));
}

static void allowed_and_found_agree(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "/",         "grids",       "counters", "objects",     "healthz", "readyz",    "metrics",
        "add_image", "a",           "%2F",      "%00",         "//",      "%c3%a4",    "openapi.json",
        "..",        "create_grid", "grids/a",  "/counters/b", "%",       "upload_url"};
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        char path[256] = "/";
        for (uint64_t count = random_below(&seed, 6); count > 0; count--)
            (void)snprintf(path + strlen(path), sizeof path - strlen(path), "%s",
                           pieces[random_below(&seed, sizeof pieces / sizeof *pieces)]);
        allowed_is_what_is_found(path);
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        allowed_is_what_is_found(known[i].path);
}

static void routes_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < API_ROUTES; i++) {
        const char *name = api_route_name((enum api_route)i);
        assert_non_null(name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, api_route_name((enum api_route)j));
    }
    assert_string_equal(api_route_name(API_ROUTES), "none");
}

/* Slashes that somebody decoded go back into names where no other reading is possible. */
static void test_join(void **state)
{
    static const struct {
        const char *method, *path, *joined;
    } cases[] = {{"GET", "/grids/a/b", "/grids/a%2Fb"},
                 {"HEAD", "/grids/a//%2Fb/", "/grids/a%2F%2F%2Fb%2F"},
                 {"POST", "/counters/a/b", "/counters/a%2Fb"},
                 {"OPTIONS", "/counters/a/b", "/counters/a%2Fb"},
                 {"DELETE", "/grids/a/", "/grids/a%2F"},
                 {"DELETE", "/grids//a", "/grids/%2Fa"},
                 {"DELETE", "/grids/a/b", NULL},
                 {"OPTIONS", "/grids/a/b", NULL},
                 {"PUT", "/grids/a/b", NULL},
                 {"GET", "/grids/a", NULL},
                 {"GET", "/grids/", NULL},
                 {"GET", "/grids", NULL},
                 {"GET", "/elsewhere/a/b", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *joined = api_path_join(cases[i].method, cases[i].path);
        assert_int_equal(!joined, !cases[i].joined);
        if (joined)
            assert_string_equal(joined, cases[i].joined);
        free(joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join),
        cmocka_unit_test(each_path_takes_its_methods),
        cmocka_unit_test(other_paths_are_none),
        cmocka_unit_test(ids_and_keys_are_decoded),
        cmocka_unit_test(what_cannot_be_a_name_is_none),
        cmocka_unit_test(long_paths_are_read_whole),
        cmocka_unit_test(allowed_and_found_agree),
        cmocka_unit_test(routes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
