// SPDX-License-Identifier: MIT
/* The embedded store as a whole: opening, what the doctor finds in each state, a full disk. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "scratch.h"

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
    (void)umount2(scratch_path(*state, "data"), MNT_DETACH); /* of a test that failed before its own */
    scratch_remove(*state);
    free(*state);
    return 0;
}

static struct tess_store_config config_below(const char *folder)
{
    return (struct tess_store_config){.data_dir = scratch_path(folder, "data")};
}

static void open_and_close(const struct tess_store_config *config)
{
    struct backend backend;
    struct tess_error error = {.message = ""};
    if (backend_open(config, &backend, &error) != TESS_OK)
        fail_msg("%s", error.message);
    backend_close(&backend);
}

static void test_open(void **state)
{
    struct tess_store_config config = config_below(*state);
    struct backend backend;
    struct tess_error error;
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    assert_true(backend.created);
    assert_string_equal(backend.source_bucket, "images");
    assert_string_equal(backend.dest_bucket, "grids");
    assert_int_equal(backend.objects->fetches, 2);
    bool created = true;
    assert_int_equal(backend_ensure(&backend, &created, &error), TESS_OK);
    assert_false(created);
    backend_close(&backend);
    backend_close(&backend); /* a zeroed struct */
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    assert_false(backend.created);
    backend_close(&backend);

    config.source_bucket = "same";
    config.dest_bucket = "same";
    config.grid_table = "";
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    assert_true(backend.created);
    backend_close(&backend);
}

/* A wrong name anywhere: nothing is created. */
static void test_wrong_names(void **state)
{
    for (int i = 0; i < 5; i++) {
        struct tess_store_config config = config_below(*state);
        struct backend backend;
        struct tess_error error;
        const char **fields[] = {&config.source_bucket, &config.dest_bucket, &config.grid_table,
                                 &config.counter_table, &config.link_base};
        *fields[i] = "!";
        assert_int_equal(backend_open(&config, &backend, &error), TESS_ERR_INVALID);
        assert_null(backend.objects);
        assert_null(backend.source_bucket);
        assert_int_equal(access(config.data_dir, F_OK), -1);
    }
}

static void test_data_folder_is_a_file(void **state)
{
    struct tess_store_config config = config_below(*state);
    struct backend backend;
    struct tess_error error;
    scratch_write(config.data_dir, "x", 1);
    assert_int_not_equal(backend_open(&config, &backend, &error), TESS_OK);
    assert_non_null(strstr(error.message, config.data_dir));
}

struct findings {
    size_t count, bad;
    char text[4096]; /* "subject: detail [advice]\n" of the bad ones */
};

static void note(void *context, const struct tess_finding *finding)
{
    struct findings *findings = context;
    findings->count++;
    assert_true(finding->subject[0] && finding->detail[0]);
    assert_int_equal(finding->good, finding->advice[0] == '\0');
    if (finding->good)
        return;
    findings->bad++;
    size_t used = strlen(findings->text);
    (void)snprintf(findings->text + used, sizeof findings->text - used, "%s: %s [%s]\n", finding->subject,
                   finding->detail, finding->advice);
}

static void expect_findings(const struct tess_store_config *config, size_t bad, const char *subject,
                            const char *words)
{
    struct findings findings = {.count = 0};
    assert_int_equal(backend_check(config, note, NULL, &findings), bad);
    if (findings.bad != bad || !strstr(findings.text, subject) || !strstr(findings.text, words))
        fail_msg("expected %zu with \"%s\" and \"%s\", found %zu:\n%s", bad, subject, words, findings.bad,
                 findings.text);
}

static void test_check_nothing_there(void **state)
{
    struct tess_store_config config = config_below(*state);
    expect_findings(&config, 1, "data folder", "tessera init");
    assert_int_equal(access(config.data_dir, F_OK), -1); /* looking created nothing */
    assert_int_equal(mkdir(config.data_dir, 0777), 0);
    expect_findings(&config, 4, "catalog", "tessera init"); /* and two buckets, and the key */
    assert_int_equal(scratch_count(config.data_dir), 0);
}

static void test_check_good(void **state)
{
    struct tess_store_config config = config_below(*state);
    open_and_close(&config);
    int files = scratch_count(config.data_dir);
    struct findings findings = {.count = 0};
    assert_int_equal(backend_check(&config, note, NULL, &findings), 0);
    assert_int_equal(findings.count, 7);
    assert_int_equal(scratch_count(config.data_dir), files);

    /* Also while it is in use. */
    struct backend backend;
    int64_t value;
    assert_int_equal(backend_open(&config, &backend, NULL), TESS_OK);
    assert_int_equal(backend.catalog->ops->counter_add(backend.catalog, "c", 1, &value, NULL), TESS_OK);
    assert_int_equal(backend_check(&config, note, NULL, &findings), 0);
    backend_close(&backend);
}

static void test_check_bad(void **state)
{
    struct tess_store_config config = config_below(*state);
    open_and_close(&config);
    const char *key = scratch_path(config.data_dir, "signing-key");
    const char *catalog = scratch_path(config.data_dir, "catalog.db");
    assert_int_equal(chmod(key, 0644), 0);
    expect_findings(&config, 1, "signing key", "chmod 600");
    scratch_write(key, "nonsense", 8);
    expect_findings(&config, 1, "signing key", "does not hold a signing key");
    assert_int_equal(unlink(key), 0);
    expect_findings(&config, 1, "signing key", "tessera init");
    open_and_close(&config);

    assert_int_equal(rmdir(scratch_path(config.data_dir, "objects/grids")), 0);
    expect_findings(&config, 1, "bucket grids", "tessera init");
    config.dest_bucket = "No!";
    expect_findings(&config, 1, "bucket No!", "cannot be a bucket's name");
    config.dest_bucket = "images";
    config.grid_table = "Other";
    expect_findings(&config, 1, "catalog", "no table Other");
    config.grid_table = "x";
    expect_findings(&config, 1, "catalog", "cannot be a table's name");
    config.grid_table = NULL;
    char noise[8192];
    memset(noise, 'x', sizeof noise);
    scratch_write(catalog, noise, sizeof noise);
    expect_findings(&config, 1, "catalog", "is not a catalog");
    assert_int_equal(unlink(catalog), 0);
    expect_findings(&config, 1, "catalog", "tessera init");
    config.data_dir = key;
    expect_findings(&config, 1, "data folder", "is a file");
}

enum { NOBODY = 65534 };

/* What a user without rights sees. Root has them all, and becomes nobody for the while. */
static void test_check_not_writable(void **state)
{
    struct tess_store_config config = config_below(*state);
    const bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(chmod(*state, 0777), 0);
        assert_int_equal(setresuid(NOBODY, NOBODY, 0), 0);
    }
    open_and_close(&config);
    assert_int_equal(chmod(config.data_dir, 0500), 0);
    expect_findings(&config, 1, "data folder", "cannot be written");
    assert_int_equal(chmod(config.data_dir, 0700), 0);
    if (root) {
        assert_int_equal(setresuid(0, 0, 0), 0);
        assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0); /* lost with the user id; LeakSanitizer needs it */
    }
}

static bool count_row(void *context, const struct catalog_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return true;
}

static atomic_size_t next_number;

/* Adds rows until one is refused; how many were acknowledged. */
static void *add_until_full(void *context)
{
    struct backend *backend = context;
    size_t added = 0;
    for (;; added++) {
        struct tess_error error;
        char key[900];
        (void)snprintf(key, sizeof key, "%0800zu", atomic_fetch_add(&next_number, 1));
        enum tess_status status = backend->catalog->ops->add(backend->catalog, "threads", key, 1, &error);
        if (status != TESS_OK)
            return (void *)added;
    }
}

/* The same with changes of several threads in one transaction: what fails together was acknowledged to none.
 */
static void fill_by_threads(struct backend *backend)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int listed = 0;
    size_t added = 0;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_until_full, backend), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *count = NULL;
        assert_int_equal(pthread_join(threads[i], &count), 0);
        added += (size_t)count;
    }
    assert_int_equal(backend->catalog->ops->list(backend->catalog,
                                                 &(struct catalog_list){.grid_id = "threads"}, count_row,
                                                 &listed, NULL),
                     TESS_OK);
    assert_int_equal(listed, added);
}

/* The catalog on a full disk: refused in words, and what was acknowledged stays. */
static void test_disk_full(void **state)
{
    struct tess_store_config config = config_below(*state);
    struct backend backend;
    struct tess_error error;
    assert_int_equal(mkdir(config.data_dir, 0777), 0);
    if (mount("none", config.data_dir, "tmpfs", 0, "size=1m") != 0) {
        print_message("skipped here: cannot mount a tmpfs (%s)\n", strerror(errno));
        skip();
    }
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    int added = 0, listed = 0;
    enum tess_status status = TESS_OK;
    for (; status == TESS_OK && added < 100000; added += status == TESS_OK) {
        char key[900];
        (void)snprintf(key, sizeof key, "%0800d", added);
        status = backend.catalog->ops->add(backend.catalog, "grid", key, 1, &error);
    }
    assert_int_equal(status, TESS_ERR_IO);
    if (!strstr(error.message, "pace left"))
        fail_msg("\"%s\" does not say that the disk is full", error.message);
    assert_true(added > 10);
    assert_int_equal(backend.catalog->ops->list(backend.catalog, &(struct catalog_list){.grid_id = "grid"},
                                                count_row, &listed, &error),
                     TESS_OK);
    assert_int_equal(listed, added);
    expect_findings(&config, 1, "free space", "free some space");
    backend_close(&backend);
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    listed = 0;
    assert_int_equal(backend.catalog->ops->list(backend.catalog, &(struct catalog_list){.grid_id = "grid"},
                                                count_row, &listed, &error),
                     TESS_OK);
    assert_int_equal(listed, added);
    backend_close(&backend);
    assert_int_equal(umount(config.data_dir), 0);

    assert_int_equal(mount("none", config.data_dir, "tmpfs", 0, "size=1m"), 0);
    assert_int_equal(backend_open(&config, &backend, &error), TESS_OK);
    fill_by_threads(&backend);
    backend_close(&backend);
    assert_int_equal(umount(config.data_dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_data_folder_is_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_nothing_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_bad, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_not_writable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_disk_full, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
