// SPDX-License-Identifier: MIT
/* Objects as files: names that stay inside, all-or-nothing writes, versions, listing, sweeping, full disks.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/objects_fs.h"
#include "base/clock.h"
#include "scratch.h"
#include "torture.h"

struct store {
    char folder[64];
    struct objects *objects;
};

static void open_store(struct store *store)
{
    struct tess_error error;
    assert_int_equal(objects_fs_open(store->folder, "http://127.0.0.1:8080", NULL, &store->objects, &error),
                     TESS_OK);
}

static int setup(void **state)
{
    struct store *store = calloc(1, sizeof *store);
    assert_non_null(store);
    scratch_make(store->folder);
    open_store(store);
    assert_int_equal(store->objects->ops->ensure_bucket(store->objects, "images", NULL, NULL), TESS_OK);
    *state = store;
    return 0;
}

static int teardown(void **state)
{
    struct store *store = *state;
    store->objects->ops->destroy(store->objects);
    (void)umount2(scratch_path(store->folder, "full"), MNT_DETACH); /* of a test that failed before its own */
    scratch_remove(store->folder);
    free(store);
    return 0;
}

static enum tess_status put(struct store *store, const char *key, const char *text)
{
    return objects_put(store->objects, "images", key, "image/jpeg", text, strlen(text), NULL);
}

static void expect_content(struct store *store, const char *key, const char *text)
{
    struct bytes bytes;
    assert_int_equal(
        store->objects->ops->get(store->objects,
                                 &(struct object_get){.bucket = "images", .key = key, .max_bytes = 1000},
                                 &bytes, NULL, NULL),
        TESS_OK);
    assert_int_equal(bytes.size, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.size);
    bytes_clear(&bytes);
}

/* A key of `size` bytes: `filler` again and again, and what is left over in "z". */
static char *long_key(const char *filler, size_t size)
{
    size_t step = strlen(filler), used = 0;
    char *key = calloc(1, size + 1);
    assert_non_null(key);
    for (; used + step <= size; used += step)
        memcpy(key + used, filler, step);
    memset(key + used, 'z', size - used);
    return key;
}

enum { HOSTILE_COUNT = 38 };

static void hostile_keys(char *keys[HOSTILE_COUNT])
{
    static const char *const plain[] = {
        "a",
        "a/b",
        "a%2Fb",
        "a%2fb",
        "A",
        "..",
        ".",
        "...",
        "../x",
        "../../etc/passwd",
        "/abs",
        "/",
        "//",
        "a/",
        "a//b",
        "./a",
        ".hidden",
        ".partial/x.part",
        "x.part",
        "%",
        "%%",
        "a%",
        "%2E",
        "+",
        "+a",
        "a b",
        "a\nb",
        "a\\b",
        "\xF0\x9F\x93\xB7.jpg",
        "\xC3\xA9",
        "*?[]\"'",
    };
    size_t count = 0;
    for (; count < sizeof plain / sizeof plain[0]; count++)
        keys[count] = strdup(plain[count]);
    keys[count++] = long_key("x", OBJECT_NAME_PIECE);
    keys[count++] = long_key("x", OBJECT_NAME_PIECE + 1);
    keys[count++] = long_key("x", 2 * OBJECT_NAME_PIECE);
    keys[count++] = long_key("x", 1024);
    keys[count++] = long_key("\xF0\x9F\x93\xB7", 1024);
    keys[count++] = long_key("../", 1024);
    keys[count++] = long_key(".", 1024);
    assert_int_equal(count, HOSTILE_COUNT);
}

static bool collect(void *context, const char *key, const struct object_info *info)
{
    struct {
        char *keys[100];
        size_t count;
    } *list = context;
    assert_true(info->size_bytes > 0 && info->version[0]);
    list->keys[list->count++] = strdup(key);
    return true;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void test_hostile_keys(void **state)
{
    struct store *store = *state;
    char *keys[HOSTILE_COUNT];
    hostile_keys(keys);
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        char content[32];
        (void)snprintf(content, sizeof content, "content %zu", i);
        assert_int_equal(put(store, keys[i], content), TESS_OK);
    }
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        char content[32];
        (void)snprintf(content, sizeof content, "content %zu", i);
        expect_content(store, keys[i], content);
    }
    /* Nothing went anywhere else: the bucket, .partial, and beside them the key. */
    assert_int_equal(scratch_count(store->folder), 2);
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects")), 2);
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects/.partial")), 0);

    struct {
        char *keys[100];
        size_t count;
    } list = {.count = 0};
    qsort(keys, HOSTILE_COUNT, sizeof *keys, by_bytes);
    assert_int_equal(store->objects->ops->list(store->objects,
                                               &(struct object_list){.bucket = "images", .prefix = ""},
                                               collect, &list, NULL),
                     TESS_OK);
    assert_int_equal(list.count, HOSTILE_COUNT);
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        assert_string_equal(list.keys[i], keys[i]);
        assert_int_equal(store->objects->ops->remove(store->objects, "images", keys[i], NULL), TESS_OK);
        struct object_info info;
        assert_int_equal(store->objects->ops->stat(store->objects, "images", keys[i], NULL, &info, NULL),
                         TESS_ERR_NOT_FOUND);
        free(list.keys[i]);
        free(keys[i]);
    }
}

static void test_names(void **state)
{
    (void)state;
    struct bytes out;
    bytes_init(&out, 10000);
    assert_int_equal(object_name_encode("a/b.jpg", &out), TESS_OK);
    assert_string_equal(bytes_text(&out), "a%2Fb.jpg");
    bytes_clear(&out);
    assert_int_equal(object_name_encode("..", &out), TESS_OK);
    assert_string_equal(bytes_text(&out), "%2E.");
    bytes_clear(&out);
    char *key = long_key("x", OBJECT_NAME_PIECE + 1);
    assert_int_equal(object_name_encode(key, &out), TESS_OK);
    assert_string_equal(bytes_text(&out) + OBJECT_NAME_PIECE, "%/+x");
    bytes_clear(&out);
    free(key);

    static const char *const strangers[] = {"a b",  "a%2fb", "%61",      ".hidden", "a%", "a%/+b", "a/b",
                                            "a%00", "%2",    "\xC3\xA9", "+a",      "",   "%/+"};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        assert_int_equal(object_name_decode(strangers[i], &out), TESS_ERR_NOT_FOUND);
    assert_int_equal(out.size, 0);
    bytes_clear(&out);
}

static void test_refused_names(void **state)
{
    struct store *store = *state;
    struct tess_error error;
    struct object_info info;
    static const char *const buckets[] = {"",
                                          "ab",
                                          "..",
                                          "a..b",
                                          "Images",
                                          "a/b",
                                          ".partial",
                                          "-abc",
                                          "abc-",
                                          "abc.",
                                          "a_b",
                                          "a b",
                                          "\xC3\xA9\xC3\xA9",
                                          "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        assert_int_equal(store->objects->ops->ensure_bucket(store->objects, buckets[i], NULL, &error),
                         TESS_ERR_INVALID);
        assert_int_equal(store->objects->ops->stat(store->objects, buckets[i], "a", NULL, &info, &error),
                         TESS_ERR_INVALID);
    }
    assert_int_equal(put(store, "", "x"), TESS_ERR_INVALID);
    char *key = long_key("x", 1025);
    assert_int_equal(store->objects->ops->stat(store->objects, "images", key, NULL, &info, &error),
                     TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "key-bytes");
    free(key);
    assert_int_equal(objects_put(store->objects, "nowhere", "a", "image/png", "x", 1, &error),
                     TESS_ERR_SETUP);
    assert_non_null(strstr(error.message, "no bucket nowhere"));
    struct bytes bytes;
    assert_int_equal(
        store->objects->ops->get(store->objects,
                                 &(struct object_get){.bucket = "images", .key = "absent", .max_bytes = 10},
                                 &bytes, NULL, &error),
        TESS_ERR_NOT_FOUND);
    assert_string_equal(error.message, "there is no object absent in bucket images");
    assert_int_equal(store->objects->ops->remove(store->objects, "images", "absent", NULL), TESS_OK);
    assert_int_equal(store->objects->ops->remove(store->objects, "nowhere", "a", NULL), TESS_ERR_SETUP);
}

static void test_bucket_twice(void **state)
{
    struct store *store = *state;
    bool created = false;
    assert_int_equal(store->objects->ops->ensure_bucket(store->objects, "grids", &created, NULL), TESS_OK);
    assert_true(created);
    assert_int_equal(store->objects->ops->ensure_bucket(store->objects, "grids", &created, NULL), TESS_OK);
    assert_false(created);
    scratch_write(scratch_path(store->folder, "objects/taken"), "x", 1);
    struct tess_error error;
    assert_int_equal(store->objects->ops->ensure_bucket(store->objects, "taken", &created, &error),
                     TESS_ERR_INVALID);
    assert_non_null(strstr(error.message, "is not a folder"));
}

static void test_limit(void **state)
{
    struct store *store = *state;
    struct tess_error error;
    struct bytes bytes;
    assert_int_equal(put(store, "k", "12345"), TESS_OK);
    assert_int_equal(store->objects->ops->get(
                         store->objects, &(struct object_get){.bucket = "images", .key = "k", .max_bytes = 4},
                         &bytes, NULL, &error),
                     TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_int_equal(bytes.size, 0);
    assert_int_equal(store->objects->ops->get(
                         store->objects, &(struct object_get){.bucket = "images", .key = "k", .max_bytes = 5},
                         &bytes, NULL, &error),
                     TESS_OK);
    bytes_clear(&bytes);
}

static const struct object_put to_images = {.bucket = "images", .media_type = "image/jpeg"};

static void test_writer(void **state)
{
    struct store *store = *state;
    struct object_writer *writer = NULL;
    const struct objects_ops *ops = store->objects->ops;
    struct object_info info;
    assert_int_equal(ops->writer_open(store->objects, &to_images, &writer, NULL), TESS_OK);
    assert_int_equal(ops->writer_write(writer, "abc", 3, NULL), TESS_OK);
    assert_int_equal(ops->writer_write(writer, "def", 3, NULL), TESS_OK);
    assert_int_equal(ops->stat(store->objects, "images", "k", NULL, &info, NULL), TESS_ERR_NOT_FOUND);
    assert_int_equal(ops->writer_commit(writer, "k", NULL), TESS_OK);
    expect_content(store, "k", "abcdef");

    /* An aborted writer leaves the old object and no temporary. */
    assert_int_equal(ops->writer_open(store->objects, &to_images, &writer, NULL), TESS_OK);
    assert_int_equal(ops->writer_write(writer, "XYZ", 3, NULL), TESS_OK);
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects/.partial")), 1);
    ops->writer_abort(writer);
    expect_content(store, "k", "abcdef");
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects/.partial")), 0);

    /* Two writers of one key: the last to commit wins, whole. */
    struct object_writer *other = NULL;
    assert_int_equal(ops->writer_open(store->objects, &to_images, &writer, NULL), TESS_OK);
    assert_int_equal(ops->writer_open(store->objects, &to_images, &other, NULL), TESS_OK);
    assert_int_equal(ops->writer_write(writer, "one", 3, NULL), TESS_OK);
    assert_int_equal(ops->writer_write(other, "two", 3, NULL), TESS_OK);
    assert_int_equal(ops->writer_commit(other, "k", NULL), TESS_OK);
    assert_int_equal(ops->writer_commit(writer, "k", NULL), TESS_OK);
    expect_content(store, "k", "one");

    /* An empty object is an object. */
    assert_int_equal(put(store, "empty", ""), TESS_OK);
    expect_content(store, "empty", "");
}

static void version_of(struct store *store, const char *key, struct object_info *info)
{
    assert_int_equal(store->objects->ops->stat(store->objects, "images", key, NULL, info, NULL), TESS_OK);
}

static void test_versions(void **state)
{
    struct store *store = *state;
    struct object_info before, after;
    assert_int_equal(put(store, "k", "aaaa"), TESS_OK);
    version_of(store, "k", &before);
    assert_int_equal(before.size_bytes, 4);
    version_of(store, "k", &after);
    assert_string_equal(before.version, after.version);
    /* Writes of the same size as fast as they come: every one shows. */
    for (int i = 0; i < 50; i++) {
        assert_int_equal(put(store, "k", i % 2 ? "aaaa" : "bbbb"), TESS_OK);
        version_of(store, "k", &after);
        assert_string_not_equal(before.version, after.version);
        before = after;
    }
    /* A copy that keeps times keeps the version. */
    char command[512];
    (void)snprintf(command, sizeof command, "cp -a %s/objects/images/k %s/objects/images/copy", store->folder,
                   store->folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a copy as users make it
    version_of(store, "copy", &after);
    assert_string_equal(before.version, after.version);
}

static bool stop_at_two(void *context, const char *key, const struct object_info *info)
{
    int *count = context;
    (void)key;
    (void)info;
    return ++*count < 2;
}

static bool remove_each(void *context, const char *key, const struct object_info *info)
{
    struct store *store = context;
    (void)info;
    assert_int_equal(store->objects->ops->remove(store->objects, "images", key, NULL), TESS_OK);
    return true;
}

static void test_list(void **state)
{
    struct store *store = *state;
    static const char *const keys[] = {"b", "a/2", "a/1", "a", "a0", "\xF0\x9F\x93\xB7", "Z"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_int_equal(put(store, keys[i], "x"), TESS_OK);
    /* Files that are no objects. */
    scratch_write(scratch_path(store->folder, "objects/images/by hand.jpg"), "x", 1);
    scratch_write(scratch_path(store->folder, "objects/images/.hidden"), "x", 1);
    assert_int_equal(mkdir(scratch_path(store->folder, "objects/images/folder"), 0777), 0);
    char *name = long_key("x", 230);
    name[229] = '%';
    scratch_write(scratch_path(scratch_path(store->folder, "objects/images"), name), "x", 1);
    free(name);

    struct {
        char *keys[100];
        size_t count;
    } list = {.count = 0};
    static const char *const sorted[] = {"Z", "a", "a/1", "a/2", "a0", "b", "\xF0\x9F\x93\xB7"};
    assert_int_equal(store->objects->ops->list(store->objects,
                                               &(struct object_list){.bucket = "images", .prefix = ""},
                                               collect, &list, NULL),
                     TESS_OK);
    assert_int_equal(list.count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(list.keys[i], sorted[i]);
        free(list.keys[i]);
    }
    list.count = 0;
    assert_int_equal(store->objects->ops->list(store->objects,
                                               &(struct object_list){.bucket = "images", .prefix = "a/"},
                                               collect, &list, NULL),
                     TESS_OK);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.keys[0], "a/1");
    free(list.keys[0]);
    free(list.keys[1]);
    int count = 0;
    assert_int_equal(store->objects->ops->list(store->objects,
                                               &(struct object_list){.bucket = "images", .prefix = ""},
                                               stop_at_two, &count, NULL),
                     TESS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store->objects->ops->list(store->objects,
                                               &(struct object_list){.bucket = "images", .prefix = ""},
                                               remove_each, store, NULL),
                     TESS_OK);
    struct tess_error error;
    assert_int_equal(store->objects->ops->list(store->objects,
                                               &(struct object_list){.bucket = "absent", .prefix = ""},
                                               collect, &list, &error),
                     TESS_ERR_SETUP);
    assert_non_null(strstr(error.message, "no bucket absent"));
}

static void test_sweep(void **state)
{
    struct store *store = *state;
    const char *partial = scratch_path(store->folder, "objects/.partial");
    scratch_write(scratch_path(partial, "old.part"), "x", 1);
    scratch_write(scratch_path(partial, "young.part"), "x", 1);
    scratch_write(scratch_path(partial, "old.other"), "x", 1);
    const int64_t now_s = clock_unix_ms() / 1000;
    const struct timespec old[2] = {{.tv_sec = now_s - 3700}, {.tv_sec = now_s - 3700}};
    const struct timespec young[2] = {{.tv_sec = now_s - 3500}, {.tv_sec = now_s - 3500}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(partial, "old.part"), old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(partial, "old.other"), old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(partial, "young.part"), young, 0), 0);
    store->objects->ops->destroy(store->objects);
    open_store(store);
    assert_int_equal(access(scratch_path(partial, "old.part"), F_OK), -1);
    assert_int_equal(access(scratch_path(partial, "young.part"), F_OK), 0);
    assert_int_equal(access(scratch_path(partial, "old.other"), F_OK), 0);
}

/* Puts or fails; when it fails, the object is as it was and no temporary is left. */
static enum tess_status put_over(void *context, struct tess_error *error)
{
    struct store *store = context;
    const struct objects_ops *ops = store->objects->ops;
    struct object_writer *writer = NULL;
    char key[501]; /* with folders to make and sync */
    memset(key, 'x', 500);
    key[500] = '\0';
    enum tess_status status = ops->writer_open(store->objects, &to_images, &writer, error);
    if (status == TESS_OK) {
        status = ops->writer_write(writer, "new", 3, error);
        if (status == TESS_OK)
            status = ops->writer_commit(writer, key, error);
        else
            ops->writer_abort(writer);
    }
    return status;
}

static void test_torture(void **state)
{
    struct store *store = *state;
    assert_true(torture_loop(TORTURE_MEMORY, put_over, store) > 3);
    assert_true(torture_loop(TORTURE_IO, put_over, store) > 5);
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects/.partial")), 0);
}

static enum tess_status open_and_close(void *context, struct tess_error *error)
{
    const char *folder = context;
    struct objects *objects = NULL;
    (void)unlink(scratch_path(folder, "signing-key")); /* so that it has to be made */
    enum tess_status status = objects_fs_open(folder, "http://h", NULL, &objects, error);
    if (status == TESS_OK)
        objects->ops->destroy(objects);
    else
        assert_null(objects);
    return status;
}

static void test_torture_open(void **state)
{
    struct store *store = *state;
    assert_true(torture_loop(TORTURE_MEMORY, open_and_close, store->folder) > 5);
    assert_true(torture_loop(TORTURE_IO, open_and_close, store->folder) > 10);
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects/.partial")), 0);
}

/* RLIMIT_FSIZE refuses writes beyond a size: what a full disk does, without one. */
static void test_write_refused(void **state)
{
    struct store *store = *state;
    struct rlimit old, small;
    struct tess_error error;
    assert_int_equal(put(store, "k", "old"), TESS_OK);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    char *data = calloc(1, 300000);
    assert_non_null(data);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum tess_status status = objects_put(store->objects, "images", "k", "image/jpeg", data, 300000, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    free(data);
    assert_int_equal(status, TESS_ERR_IO);
    assert_non_null(strstr(error.message, "File too large"));
    expect_content(store, "k", "old");
    assert_int_equal(scratch_count(scratch_path(store->folder, "objects/.partial")), 0);
}

/* A real full disk, where a tmpfs can be mounted. */
static void test_disk_full(void **state)
{
    struct store *store = *state;
    struct store full = {.objects = NULL};
    int length = snprintf(full.folder, sizeof full.folder, "%.50s/full", store->folder);
    assert_true(length > 0 && (size_t)length < sizeof full.folder);
    assert_int_equal(mkdir(full.folder, 0777), 0);
    if (mount("none", full.folder, "tmpfs", 0, "size=512k") != 0) {
        print_message("skipped here: cannot mount a tmpfs (%s)\n", strerror(errno));
        skip();
    }
    open_store(&full);
    assert_int_equal(full.objects->ops->ensure_bucket(full.objects, "images", NULL, NULL), TESS_OK);
    assert_int_equal(put(&full, "k", "old"), TESS_OK);
    char *data = calloc(1, 1000000);
    assert_non_null(data);
    struct tess_error error;
    assert_int_equal(objects_put(full.objects, "images", "k", "image/jpeg", data, 1000000, &error),
                     TESS_ERR_IO);
    assert_non_null(strstr(error.message, "No space left on device"));
    expect_content(&full, "k", "old");
    assert_int_equal(scratch_count(scratch_path(full.folder, "objects/.partial")), 0);
    assert_int_equal(objects_put(full.objects, "images", "small", "image/jpeg", data, 100000, &error),
                     TESS_OK);
    free(data);
    full.objects->ops->destroy(full.objects);
    assert_int_equal(umount(full.folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_hostile_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bucket_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torture_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
