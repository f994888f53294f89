// SPDX-License-Identifier: MIT
/* The embedded store's links followed to their end: what they open, what they let in, what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/store_state.h"
#include "scratch.h"
#include <tessera/tessera.h>

enum { EXPIRES_S = 300 };

static const uint8_t image[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1};
static const uint8_t other_image[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13};

struct bench {
    char folder[64];
    struct tess_store *store;
    char key[TESS_KEY_MAX_BYTES + 1]; /* of an image in grid "g" */
    /* a link taken apart, as its client would send it */
    char host[256], path[2048], query[2048];
    struct tess_link_request request;
    struct tess_error error;
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    scratch_make(bench->folder);
    bench->store = scratch_store(bench->folder);
    assert_int_equal(tess_store_add(bench->store, "g", image, sizeof image, 100, bench->key, NULL), TESS_OK);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    tess_store_close(bench->store);
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

static void take_apart(struct bench *bench, const char *method, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    const char *path = strchr(host, '/'), *query = strchr(path, '?');
    (void)snprintf(bench->host, sizeof bench->host, "%.*s", (int)(path - host), host);
    (void)snprintf(bench->path, sizeof bench->path, "%.*s", (int)(query - path), path);
    (void)snprintf(bench->query, sizeof bench->query, "%s", query + 1);
    bench->request = (struct tess_link_request){.method = method,
                                                .host = bench->host,
                                                .path = bench->path,
                                                .query = bench->query,
                                                .now_s = clock_unix_ms() / 1000};
}

static void follow(struct bench *bench, const char *method, const char *bucket, const char *key,
                   const char *base)
{
    struct objects *objects = bench->store->backend.objects;
    const struct object_link_request wanted = {.bucket = bucket,
                                               .key = key,
                                               .method = method,
                                               .now_s = clock_unix_ms() / 1000,
                                               .expires_s = EXPIRES_S,
                                               .base = base};
    struct bytes url;
    int64_t end = 0;
    assert_int_equal(objects->ops->link(objects, &wanted, &url, &end, NULL), TESS_OK);
    take_apart(bench, method, bytes_text(&url));
    bytes_clear(&url);
}

static enum tess_status open_it(struct bench *bench)
{
    struct tess_object object;
    enum tess_status status = tess_link_open(bench->store, &bench->request, &object, &bench->error);
    assert_true((status == TESS_OK) == (object.fd >= 0));
    if (status == TESS_OK)
        assert_int_equal(close(object.fd), 0);
    return status;
}

static enum tess_status put_it(struct bench *bench, const void *data, size_t size, uint64_t max_bytes,
                               char key[TESS_KEY_MAX_BYTES + 1])
{
    struct tess_upload *upload = NULL;
    enum tess_status status = tess_link_put(bench->store, &bench->request, max_bytes, &upload, &bench->error);
    assert_true((status == TESS_OK) == (upload != NULL));
    if (status == TESS_OK)
        status = tess_upload_write(upload, data, size, &bench->error);
    if (status == TESS_OK)
        return tess_upload_commit(upload, key, &bench->error);
    tess_upload_abort(upload);
    return status;
}

static void a_link_opens_its_object(void **state)
{
    struct bench *bench = *state;
    struct tess_object object;
    uint8_t read_back[100];
    follow(bench, "GET", "images", bench->key, NULL);
    assert_int_equal(tess_link_open(bench->store, &bench->request, &object, NULL), TESS_OK);
    assert_int_equal(object.size_bytes, sizeof image);
    assert_int_equal(read(object.fd, read_back, sizeof read_back), sizeof image);
    assert_memory_equal(read_back, image, sizeof image);
    assert_string_equal(object.media_type, "image/jpeg");
    assert_true(object.modified_s >= bench->request.now_s - 60);
    assert_int_not_equal(object.etag[0], '\0');
    assert_null(strchr(object.etag, '"'));
    assert_int_equal(close(object.fd), 0);
    bench->request.method = "HEAD";
    assert_int_equal(open_it(bench), TESS_OK);
    bench->request.method = "PUT";
    assert_int_equal(open_it(bench), TESS_ERR_INVALID);
    bench->request.method = "GET";
    char key[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_ERR_INVALID);
    bench->request.method = "PUT";
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_ERR_DENIED);
}

static void the_first_bytes_tell_what_the_ending_does_not(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *key, *data, *type;
        size_t size;
    } cases[] = {{"a", (const char *)other_image, "image/png", sizeof other_image},
                 {"a.JPG", "x", "image/jpeg", 1},
                 {"a.html", "<script>", "application/octet-stream", 8},
                 {"a.svg", "<svg/>", "application/octet-stream", 6},
                 {"a.bin", "", "application/octet-stream", 0}};
    struct objects *objects = bench->store->backend.objects;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tess_object object;
        assert_int_equal(
            objects_put(objects, "images", cases[i].key, "x/y", cases[i].data, cases[i].size, NULL), TESS_OK);
        follow(bench, "GET", "images", cases[i].key, NULL);
        assert_int_equal(tess_link_open(bench->store, &bench->request, &object, NULL), TESS_OK);
        assert_string_equal(object.media_type, cases[i].type);
        assert_int_equal(lseek(object.fd, 0, SEEK_CUR), 0);
        assert_int_equal(close(object.fd), 0);
    }
}

static void what_was_tampered_with_is_denied(void **state)
{
    struct bench *bench = *state;
    follow(bench, "GET", "images", bench->key, NULL);
    static const char *const parts[] = {
        "X-Amz-Date=", "X-Amz-Expires=", "X-Amz-Signature=", "X-Amz-Credential=", "X-Amz-SignedHeaders="};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *digit = strstr(bench->query, parts[i]);
        assert_non_null(digit);
        digit += strlen(parts[i]);
        const char before = *digit;
        *digit = before == '1' ? '2' : '1';
        assert_int_equal(open_it(bench), TESS_ERR_DENIED);
        *digit = before;
    }
    assert_int_equal(open_it(bench), TESS_OK);
    bench->request.query = NULL;
    assert_int_equal(open_it(bench), TESS_ERR_DENIED);
    bench->request.query = bench->query;
    bench->request.host = "127.0.0.1:8081";
    assert_int_equal(open_it(bench), TESS_ERR_DENIED);
    bench->request.host = NULL;
    assert_int_equal(open_it(bench), TESS_ERR_DENIED);
    bench->request.host = bench->host;
    bench->request.now_s += EXPIRES_S - 2;
    assert_int_equal(open_it(bench), TESS_OK);
    bench->request.now_s += 3;
    assert_int_equal(open_it(bench), TESS_ERR_DENIED);
}

static void paths_that_are_no_objects_lead_nowhere(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *path;
        enum tess_status status;
    } paths[] = {{"/objects/images/%2e%2e/signing-key", TESS_ERR_DENIED},
                 {"/objects/%2e%2e/signing-key", TESS_ERR_NOT_FOUND},
                 {"/objects/images/../../signing-key", TESS_ERR_DENIED},
                 {"/objects/images/a%00.jpg", TESS_ERR_NOT_FOUND},
                 {"/objects/images/%00", TESS_ERR_NOT_FOUND},
                 {"/objects/.partial/x", TESS_ERR_NOT_FOUND},
                 {"/objects/images/", TESS_ERR_NOT_FOUND},
                 {"/objects", TESS_ERR_NOT_FOUND},
                 {"objects/images/a", TESS_ERR_NOT_FOUND},
                 {"", TESS_ERR_NOT_FOUND},
                 {NULL, TESS_ERR_NOT_FOUND}};
    follow(bench, "GET", "images", bench->key, NULL);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        bench->request.path = paths[i].path;
        assert_int_equal(open_it(bench), paths[i].status);
    }
    follow(bench, "GET", "images", "../../signing-key", NULL); /* a key like any other, and not there */
    assert_int_equal(open_it(bench), TESS_ERR_NOT_FOUND);
    follow(bench, "GET", "nowhere", "a", NULL);
    assert_int_equal(open_it(bench), TESS_ERR_SETUP);
}

static void only_plain_files_are_opened(void **state)
{
    struct bench *bench = *state;
    const char *folder = scratch_path(bench->folder, "data/objects/images");
    assert_int_equal(symlink("/etc/passwd", scratch_path(folder, "linked")), 0);
    assert_int_equal(mkfifo(scratch_path(folder, "pipe"), 0600), 0);
    assert_int_equal(mkdir(scratch_path(folder, "folder"), 0700), 0);
    static const char *const keys[] = {"linked", "pipe", "folder"};
    for (size_t i = 0; i < 3; i++) {
        follow(bench, "GET", "images", keys[i], NULL);
        assert_int_equal(open_it(bench), TESS_ERR_NOT_FOUND);
    }
    /* A put replaces the link itself. */
    char key[TESS_KEY_MAX_BYTES + 1];
    follow(bench, "PUT", "images", "linked", NULL);
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_OK);
    follow(bench, "GET", "images", "linked", NULL);
    assert_int_equal(open_it(bench), TESS_OK);
}

static void links_begin_as_was_asked(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *base, *sent_host, *path;
    } bases[] = {{"https://Grids.example", "grids.example", "/objects/images/"},
                 {"https://grids.example:443", "grids.example:443", "/objects/images/"},
                 {"https://grids.example", "GRIDS.example:443", "/objects/images/"},
                 {"http://grids.example", "grids.example:80", "/objects/images/"},
                 {"https://grids.example:80", "grids.example:80", "/objects/images/"},
                 {"http://[::1]:9000/", "[::1]:9000", "/objects/images/"}};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        follow(bench, "GET", "images", bench->key, bases[i].base);
        assert_int_equal(strncmp(bench->path, bases[i].path, strlen(bases[i].path)), 0);
        bench->request.host = bases[i].sent_host;
        assert_int_equal(open_it(bench), TESS_OK);
        bench->request.host = "127.0.0.1:8080";
        assert_int_equal(open_it(bench), TESS_ERR_DENIED);
    }
}

static void a_put_link_takes_one_image(void **state)
{
    struct bench *bench = *state;
    const struct tess_upload_link_request wanted = {
        .grid_id = "h", .media_type = "image/png", .expires_s = EXPIRES_S, .link_base = "https://x.example"};
    struct tess_upload_link link;
    struct tess_keys keys;
    char key[TESS_KEY_MAX_BYTES + 1];
    assert_int_equal(tess_upload_link_create(bench->store, &wanted, &link, NULL), TESS_OK);
    assert_string_equal(strrchr(link.key, '.'), ".png");
    assert_int_equal(strncmp(link.url, "https://x.example/objects/images/", 33), 0);
    take_apart(bench, "PUT", link.url);
    assert_true(link.expires_at_s - bench->request.now_s > EXPIRES_S - 10);
    assert_int_equal(tess_store_list(bench->store, "h", TESS_ORDER_KEY, &keys, NULL), TESS_OK);
    assert_int_equal(keys.count, 1);
    assert_string_equal(keys.keys[0], link.key);
    tess_keys_clear(&keys);

    assert_int_equal(put_it(bench, "no image", 8, 100, key), TESS_ERR_NOT_IMAGE);
    assert_int_equal(put_it(bench, "", 0, 100, key), TESS_ERR_NOT_IMAGE);
    assert_int_equal(put_it(bench, other_image, sizeof other_image, sizeof other_image - 1, key),
                     TESS_ERR_LIMIT);
    assert_int_equal(put_it(bench, other_image, sizeof other_image, sizeof other_image, key), TESS_OK);
    assert_string_equal(key, link.key);
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_OK); /* replaces it */
    assert_int_equal(tess_store_list(bench->store, "h", TESS_ORDER_KEY, &keys, NULL), TESS_OK);
    assert_int_equal(keys.count, 1);
    tess_keys_clear(&keys);
    bench->request.method = "GET";
    assert_int_equal(open_it(bench), TESS_ERR_DENIED);
    bench->request.method = "PUT";
    bench->request.now_s += EXPIRES_S + 1;
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_ERR_DENIED);
    tess_upload_link_clear(&link);
    assert_null(link.url);
}

static void no_link_writes_to_another_bucket(void **state)
{
    struct bench *bench = *state;
    char key[TESS_KEY_MAX_BYTES + 1];
    follow(bench, "PUT", "grids", "a.jpg", NULL); /* signed well, and still not allowed */
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_ERR_DENIED);
    assert_int_equal(scratch_count(scratch_path(bench->folder, "data/objects/grids")), 0);
}

/* Where links lead to a server of their own, as those of S3 do. */
static void other_stores_open_no_links(void **state)
{
    struct bench *bench = *state;
    struct objects *objects = bench->store->backend.objects;
    const struct objects_ops *ops = objects->ops;
    struct objects_ops without = *ops;
    char key[TESS_KEY_MAX_BYTES + 1];
    without.verify = NULL;
    without.open = NULL;
    follow(bench, "GET", "images", bench->key, NULL);
    objects->ops = &without;
    assert_int_equal(open_it(bench), TESS_ERR_UNSUPPORTED);
    bench->request.method = "PUT";
    assert_int_equal(put_it(bench, image, sizeof image, 100, key), TESS_ERR_UNSUPPORTED);
    objects->ops = ops;
}

static void bad_upload_links_are_refused(void **state)
{
    struct bench *bench = *state;
    static const struct {
        struct tess_upload_link_request request;
        enum tess_status status;
    } cases[] = {{{"", NULL, 60, NULL}, TESS_ERR_INVALID},
                 {{"h", "text/html", 60, NULL}, TESS_ERR_INVALID},
                 {{"h", "image/svg+xml", 60, NULL}, TESS_ERR_INVALID},
                 {{"h", "", 60, NULL}, TESS_ERR_INVALID},
                 {{"h", NULL, 0, NULL}, TESS_ERR_LIMIT},
                 {{"h", NULL, 604801, NULL}, TESS_ERR_LIMIT},
                 {{"h", NULL, 60, "ftp://x"}, TESS_ERR_INVALID},
                 {{"h", NULL, 60, ""}, TESS_ERR_INVALID},
                 {{"h", NULL, 60, "http://x/?a"}, TESS_ERR_INVALID}};
    struct tess_upload_link link;
    struct tess_keys keys;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(tess_upload_link_create(bench->store, &cases[i].request, &link, &bench->error),
                         cases[i].status);
        assert_null(link.url);
    }
    assert_int_equal(tess_store_list(bench->store, "h", TESS_ORDER_KEY, &keys, NULL), TESS_ERR_NOT_FOUND);
    const struct tess_upload_link_request plain = {"h", NULL, 604800, NULL},
                                          heif = {"h", "IMAGE/heif", 1, NULL};
    assert_int_equal(tess_upload_link_create(bench->store, &plain, &link, NULL), TESS_OK);
    assert_null(strchr(link.key, '.'));
    tess_upload_link_clear(&link);
    assert_int_equal(tess_upload_link_create(bench->store, &heif, &link, NULL), TESS_OK);
    assert_string_equal(strrchr(link.key, '.'), ".heic");
    tess_upload_link_clear(&link);
}

int main(void)
{
#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        LINK_TEST(a_link_opens_its_object),          LINK_TEST(the_first_bytes_tell_what_the_ending_does_not),
        LINK_TEST(what_was_tampered_with_is_denied), LINK_TEST(paths_that_are_no_objects_lead_nowhere),
        LINK_TEST(only_plain_files_are_opened),      LINK_TEST(links_begin_as_was_asked),
        LINK_TEST(a_put_link_takes_one_image),       LINK_TEST(no_link_writes_to_another_bucket),
        LINK_TEST(other_stores_open_no_links),       LINK_TEST(bad_upload_links_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
