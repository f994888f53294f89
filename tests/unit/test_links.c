// SPDX-License-Identifier: MIT
/* The embedded store's links and its signing key: made, verified, refused, created by several at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/objects_fs.h"
#include "backend/signing_key.h"
#include "scratch.h"

enum { NOW_S = 1790000000 };

static struct objects *open_at(const char *folder, const char *link_base)
{
    struct objects *objects = NULL;
    assert_int_equal(objects_fs_open(folder, link_base, NULL, &objects, NULL), TESS_OK);
    return objects;
}

static int setup(void **state)
{
    char *folder = calloc(1, 64);
    assert_non_null(folder);
    scratch_make(folder);
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

/* Makes a link, and the request that a client which follows it sends. `url` owns the text. */
static void follow(struct objects *objects, const char *method, const char *key, struct bytes *url,
                   struct object_request *request)
{
    const struct object_link_request wanted = {
        .bucket = "images", .key = key, .method = method, .now_s = NOW_S, .expires_s = 300};
    int64_t expires_at_s = 0;
    assert_int_equal(objects->ops->link(objects, &wanted, url, &expires_at_s, NULL), TESS_OK);
    assert_int_equal(expires_at_s, NOW_S + 300);
    char *text = (char *)url->data;
    char *host = strstr(text, "://") + 3;
    char *path = strchr(host, '/');
    char *query = strchr(path, '?');
    *query = '\0';
    *request = (struct object_request){.method = method, .query = query + 1};
    request->path = strdup(path);
    *path = '\0';
    request->host = host;
}

static void expect_round_trip(struct objects *objects, const char *key)
{
    struct bytes url;
    struct object_request request;
    struct object_target target;
    follow(objects, "GET", key, &url, &request);
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S + 299, &target, NULL), TESS_OK);
    assert_string_equal(target.bucket, "images");
    assert_string_equal(target.key, key);
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S + 300, &target, NULL), TESS_ERR_DENIED);
    assert_string_equal(target.key, "");
    free((char *)request.path);
    bytes_clear(&url);
}

static void test_round_trip(void **state)
{
    struct objects *objects = open_at(*state, "http://127.0.0.1:8080");
    static const char *const keys[] = {"a.jpg",    "a/b c.jpg", "%2F",     "a//b", "../../etc/passwd",
                                       "a/../b",   "./a",       "?x=1#y&", "+",    "\xF0\x9F\x93\xB7",
                                       "a\"b<c>d", "...",       "/a",      "a/"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        expect_round_trip(objects, keys[i]);
    char key[1025];
    memset(key, '/', 1024);
    key[1024] = '\0';
    expect_round_trip(objects, key);
    objects->ops->destroy(objects);
}

static void expect_url_start(const char *folder, const char *base, const char *key, const char *start)
{
    struct objects *objects = open_at(folder, base);
    const struct object_link_request wanted = {
        .bucket = "images", .key = key, .method = "GET", .now_s = NOW_S, .expires_s = 1};
    struct bytes url;
    int64_t expires_at_s;
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, NULL), TESS_OK);
    assert_int_equal(strncmp(bytes_text(&url), start, strlen(start)), 0);
    bytes_clear(&url);
    objects->ops->destroy(objects);
}

static void test_urls(void **state)
{
    const char *folder = *state;
    expect_url_start(folder, "http://127.0.0.1:8080", "a.jpg",
                     "http://127.0.0.1:8080/objects/images/a.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&");
    expect_url_start(folder, "https://Example.org/", "a b/c", "https://Example.org/objects/images/a%20b/c?");
    expect_url_start(folder, "https://h/prefix//", "a", "https://h/prefix/objects/images/a?");
    /* No dot segments for browsers to fold. */
    expect_url_start(folder, "http://h", "a/../b", "http://h/objects/images/a%2F..%2Fb?");
    expect_url_start(folder, "http://[::1]:8080", "a", "http://[::1]:8080/objects/images/a?");
}

/* A proxy may pass the prefix on or strip it; hosts compare without case and default port. */
static void test_prefix_and_host(void **state)
{
    struct objects *objects = open_at(*state, "https://Example.org:443/pics");
    struct bytes url;
    struct object_request request;
    struct object_target target;
    follow(objects, "GET", "a.jpg", &url, &request);
    const char *path = request.path;
    assert_string_equal(path, "/pics/objects/images/a.jpg");
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_OK);
    request.path = path + strlen("/pics");
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_OK);
    static const char *const hosts[] = {"example.org", "EXAMPLE.ORG", "example.org:443"};
    for (size_t i = 0; i < 3; i++) {
        request.host = hosts[i];
        assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_OK);
    }
    request.host = "example.com";
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_ERR_DENIED);
    free((char *)path);
    bytes_clear(&url);
    objects->ops->destroy(objects);
}

/* A proxy that says in Host how it reaches the server, and not what the client asked. */
static void test_other_hosts(void **state)
{
    struct objects *objects = open_at(*state, "https://grids.example.com");
    static const char *const hosts[] = {"127.0.0.1:8080", "grids.example.com:443"};
    struct bytes url;
    struct object_request request;
    struct object_target target;
    struct tess_error error = {0};
    follow(objects, "GET", "a.jpg", &url, &request);
    request.host = "127.0.0.1:8080";
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_ERR_DENIED);
    request.other_hosts = hosts;
    request.other_host_count = 1;
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_ERR_DENIED);
    request.other_host_count = 2;
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_OK);
    assert_string_equal(target.key, "a.jpg");
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S + 300, &target, &error), TESS_ERR_DENIED);
    assert_non_null(strstr(error.message, "expired"));
    assert_string_equal(target.key, "");
    request.host = "grids.example.com"; /* its own, and then the others */
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S + 300, &target, &error), TESS_ERR_DENIED);
    assert_non_null(strstr(error.message, "expired"));
    free((char *)request.path);
    bytes_clear(&url);
    objects->ops->destroy(objects);
}

static void test_refused_requests(void **state)
{
    struct objects *objects = open_at(*state, "http://h");
    struct bytes url;
    struct object_request request;
    struct object_target target;
    follow(objects, "PUT", "a/b.jpg", &url, &request);
    char *path = (char *)request.path;
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_OK);
    request.method = "GET";
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_ERR_DENIED);
    request.method = "PUT";
    static const struct {
        const char *path;
        enum tess_status status;
    } paths[] = {{"/objects/images/a/c.jpg", TESS_ERR_DENIED},
                 {"/objects/grids1/a/b.jpg", TESS_ERR_DENIED},
                 {"/objects/images/a/b.jpg/", TESS_ERR_DENIED},
                 {"/objects/images/", TESS_ERR_NOT_FOUND},
                 {"/objects/images", TESS_ERR_NOT_FOUND},
                 {"/objects/", TESS_ERR_NOT_FOUND},
                 {"/", TESS_ERR_NOT_FOUND},
                 {"", TESS_ERR_NOT_FOUND},
                 {"/objects/../a/b.jpg", TESS_ERR_NOT_FOUND},
                 {"/objects//a/b.jpg", TESS_ERR_NOT_FOUND},
                 {"/objects/images/a%00", TESS_ERR_NOT_FOUND},
                 {"/objects/images/a%2", TESS_ERR_NOT_FOUND},
                 {"/objects/.partial/a.part", TESS_ERR_NOT_FOUND}};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        request.path = paths[i].path;
        assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), paths[i].status);
        assert_string_equal(target.key, "");
    }
    request.path = path;
    request.query = NULL;
    assert_int_equal(objects_fs_verify(objects, &request, NOW_S, &target, NULL), TESS_ERR_DENIED);
    free(path);
    bytes_clear(&url);
    objects->ops->destroy(objects);
}

static void test_refused_links(void **state)
{
    struct objects *objects = open_at(*state, "http://h");
    struct object_link_request wanted = {
        .bucket = "images", .key = "a", .method = "GET", .now_s = NOW_S, .expires_s = 604800};
    struct bytes url;
    int64_t expires_at_s;
    struct tess_error error;
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, &error), TESS_OK);
    bytes_clear(&url);
    wanted.expires_s = 604801;
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "expires");
    wanted.expires_s = 0;
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, &error), TESS_ERR_LIMIT);
    wanted.expires_s = 300;
    wanted.method = "DELETE";
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, &error), TESS_ERR_INVALID);
    wanted.method = "GET";
    wanted.key = "..";
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, &error), TESS_ERR_INVALID);
    wanted.key = "a";
    wanted.bucket = "../x";
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &expires_at_s, &error), TESS_ERR_INVALID);
    objects->ops->destroy(objects);

    static const char *const bases[] = {"",
                                        "h",
                                        "ftp://h",
                                        "http://",
                                        "http:///x",
                                        "http://h?",
                                        "http://a b",
                                        "http://h/#",
                                        "http://u@h",
                                        "http://h/a b",
                                        "http://h\r\nx",
                                        "https:/h",
                                        "http://h/\x01"};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        assert_int_equal(objects_fs_open(*state, bases[i], NULL, &objects, &error), TESS_ERR_INVALID);
        assert_null(objects);
    }
}

static void test_key_file(void **state)
{
    const char *folder = *state;
    bool created = false;
    struct objects *objects = NULL;
    struct signing_key first, second;
    struct stat info;
    const char *path = scratch_path(folder, "signing-key");
    assert_int_equal(objects_fs_open(folder, "http://h", &created, &objects, NULL), TESS_OK);
    assert_true(created);
    objects->ops->destroy(objects);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(signing_key_read(path, &first, NULL), TESS_OK);
    assert_int_equal(objects_fs_open(folder, "http://h", &created, &objects, NULL), TESS_OK);
    assert_false(created);
    objects->ops->destroy(objects);
    assert_int_equal(signing_key_read(path, &second, NULL), TESS_OK);
    assert_memory_equal(&first, &second, sizeof first);

    struct tess_error error;
    static const char *const wrong[] = {"", "x", "TESS0123456789abcdef", "TESS0123456789abcdef short\n"};
    for (size_t i = 0; i < 4; i++) {
        scratch_write(path, wrong[i], strlen(wrong[i]));
        assert_int_equal(objects_fs_open(folder, "http://h", NULL, &objects, &error), TESS_ERR_IO);
        assert_non_null(strstr(error.message, "does not hold a signing key; remove it"));
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(objects_fs_open(folder, "http://h", &created, &objects, NULL), TESS_OK);
    assert_true(created);
    objects->ops->destroy(objects);
    assert_int_equal(signing_key_read(path, &second, NULL), TESS_OK);
    assert_string_not_equal(first.secret, second.secret);
    assert_string_not_equal(first.id, second.id);
}

/* Processes that meet an empty folder at once all end up with one key. */
static void test_key_race(void **state)
{
    enum { RACERS = 8, ROUNDS = 20 };
    const char *folder = *state;
    for (int round = 0; round < ROUNDS; round++) {
        int gate[2], answers[2];
        char place[128], ids[RACERS][SIGNING_KEY_ID_CHARS + 1];
        (void)snprintf(place, sizeof place, "%s/%d", folder, round);
        assert_int_equal(pipe(gate), 0);
        assert_int_equal(pipe(answers), 0);
        for (int i = 0; i < RACERS; i++) {
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                struct objects *objects = NULL;
                struct signing_key key = {.id = ""};
                char letter;
                close(gate[1]);
                (void)!read(gate[0], &letter, 1); /* until the gate is closed */
                if (objects_fs_open(place, "http://h", NULL, &objects, NULL) == TESS_OK)
                    (void)signing_key_read(scratch_path(place, "signing-key"), &key, NULL);
                (void)!write(answers[1], key.id, sizeof key.id);
                _exit(0);
            }
        }
        close(gate[0]);
        close(gate[1]);
        for (int i = 0; i < RACERS; i++) {
            assert_int_equal(read(answers[0], ids[i], sizeof ids[i]), sizeof ids[i]);
            assert_int_equal(strlen(ids[i]), SIGNING_KEY_ID_CHARS);
            assert_string_equal(ids[i], ids[0]);
        }
        for (int i = 0; i < RACERS; i++)
            assert_true(wait(NULL) > 0);
        assert_int_equal(scratch_count(scratch_path(place, "objects/.partial")), 0);
        close(answers[0]);
        close(answers[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_urls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prefix_and_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_hosts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_race, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
