// SPDX-License-Identifier: MIT
/* The SQLite catalog: maps, lists in pages, counters that never overflow, files that are no catalogs. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "backend/catalog_sqlite.h"
#include "scratch.h"
#include "torture.h"

struct fixture {
    char folder[64];
    char path[128];
    struct catalog *catalog;
};

static struct catalog *open_catalog(const char *path)
{
    struct catalog *catalog = NULL;
    struct tess_error error = {.message = ""};
    if (catalog_sqlite_open(path, "GridBuilder", "hit-counters", &catalog, &error) != TESS_OK ||
        catalog->ops->ensure_tables(catalog, NULL, &error) != TESS_OK)
        fail_msg("%s", error.message);
    return catalog;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    scratch_make(fixture->folder);
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/catalog.db", fixture->folder);
    fixture->catalog = open_catalog(fixture->path);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->catalog)
        fixture->catalog->ops->destroy(fixture->catalog);
    scratch_remove(fixture->folder);
    free(fixture);
    return 0;
}

static void close_catalog(struct fixture *fixture)
{
    fixture->catalog->ops->destroy(fixture->catalog);
    fixture->catalog = NULL;
}

static enum tess_status add(struct fixture *fixture, const char *grid, const char *key, int64_t added_ms)
{
    return fixture->catalog->ops->add(fixture->catalog, grid, key, added_ms, NULL);
}

enum { LIST_MAX = 3000 };

struct list {
    size_t count;
    char *keys[LIST_MAX];
    int64_t added_ms[LIST_MAX];
};

static bool collect(void *context, const struct catalog_entry *entry)
{
    struct list *list = context;
    assert_true(list->count < LIST_MAX);
    list->keys[list->count] = strdup(entry->key);
    list->added_ms[list->count++] = entry->added_ms;
    return true;
}

static struct list *list_grid(struct fixture *fixture, const char *grid)
{
    struct list *list = calloc(1, sizeof *list);
    assert_non_null(list);
    assert_int_equal(fixture->catalog->ops->list(fixture->catalog, &(struct catalog_list){.grid_id = grid},
                                                 collect, list, NULL),
                     TESS_OK);
    return list;
}

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->keys[i]);
    free(list);
}

static void test_map(void **state)
{
    struct fixture *fixture = *state;
    static const char *const keys[] = {"b", "\xF0\x9F\x93\xB7", "a", "B", "a/b", "\xC3\xA9", "a0"};
    static const char *const sorted[] = {"B", "a", "a/b", "a0", "b", "\xC3\xA9", "\xF0\x9F\x93\xB7"};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(add(fixture, "g", keys[i], (int64_t)i), TESS_OK);
    assert_int_equal(add(fixture, "other", "x", 1), TESS_OK);
    assert_int_equal(add(fixture, "G", "y", 1), TESS_OK);
    assert_int_equal(add(fixture, "g", "b", 99), TESS_OK); /* again: harmless, and the first time stands */

    struct list *list = list_grid(fixture, "g");
    assert_int_equal(list->count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(list->keys[i], sorted[i]);
    assert_int_equal(list->added_ms[4], 0);
    assert_int_equal(list->added_ms[6], 1);
    free_list(list);

    bool removed = false;
    const struct catalog_ops *ops = fixture->catalog->ops;
    assert_int_equal(ops->remove(fixture->catalog, "g", "a", &removed, NULL), TESS_OK);
    assert_true(removed);
    assert_int_equal(ops->remove(fixture->catalog, "g", "a", &removed, NULL), TESS_OK);
    assert_false(removed);
    assert_int_equal(ops->remove(fixture->catalog, "absent", "a", &removed, NULL), TESS_OK);
    assert_false(removed);
    list = list_grid(fixture, "g");
    assert_int_equal(list->count, 6);
    free_list(list);
    list = list_grid(fixture, "absent");
    assert_int_equal(list->count, 0);
    free_list(list);
}

/* Text that would be something else than text to a careless statement. */
static void test_hostile_text(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {"'; DROP TABLE \"GridBuilder\"; --",
                                        "\"",
                                        "%s%n",
                                        "..",
                                        "/",
                                        "?1",
                                        "\xF0\x9F\x93\xB7",
                                        "1",
                                        "1.0",
                                        " 1",
                                        "NULL",
                                        "\xFF\xFE",
                                        "a\nb"};
    enum { COUNT = sizeof texts / sizeof texts[0] };
    char *huge = malloc(2049);
    assert_non_null(huge);
    memset(huge, 'x', 2048);
    huge[2048] = '\0';
    for (size_t i = 0; i < COUNT; i++) {
        int64_t value = 0;
        assert_int_equal(add(fixture, texts[i], texts[COUNT - 1 - i], 5), TESS_OK);
        assert_int_equal(add(fixture, huge, texts[i], 5), TESS_OK);
        assert_int_equal(fixture->catalog->ops->counter_add(fixture->catalog, texts[i], 1, &value, NULL),
                         TESS_OK);
        assert_int_equal(value, 1);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct list *list = list_grid(fixture, texts[i]);
        assert_int_equal(list->count, 1);
        assert_string_equal(list->keys[0], texts[COUNT - 1 - i]);
        free_list(list);
    }
    struct list *list = list_grid(fixture, huge);
    assert_int_equal(list->count, COUNT);
    free_list(list);
    free(huge);
}

static bool remove_as_listed(void *context, const struct catalog_entry *entry)
{
    struct fixture *fixture = context;
    bool removed = false;
    assert_int_equal(fixture->catalog->ops->remove(fixture->catalog, "many", entry->key, &removed, NULL),
                     TESS_OK);
    assert_true(removed);
    return true;
}

static bool stop_at_600(void *context, const struct catalog_entry *entry)
{
    (void)entry;
    return ++*(int *)context < 600;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* More rows than a page, exactly a page's, and a callback that changes what is being listed. */
static void test_pages(void **state)
{
    struct fixture *fixture = *state;
    static const size_t counts[] = {511, 512, 513, 1024, 1025};
    size_t have = 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char sql[400]; /* one transaction for all of them */
        (void)snprintf(sql, sizeof sql,
                       "WITH RECURSIVE n(i) AS (SELECT %zu UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %zu) "
                       "INSERT INTO \"GridBuilder\" SELECT 'many', printf('key-%%06d', i), 1 FROM n",
                       have, counts[i]);
        run_sql(fixture->path, sql);
        have = counts[i];
        struct list *list = list_grid(fixture, "many");
        assert_int_equal(list->count, counts[i]);
        for (size_t k = 1; k < list->count; k++)
            assert_true(strcmp(list->keys[k - 1], list->keys[k]) < 0);
        free_list(list);
    }
    int seen = 0;
    const struct catalog_ops *ops = fixture->catalog->ops;
    assert_int_equal(
        ops->list(fixture->catalog, &(struct catalog_list){.grid_id = "many"}, stop_at_600, &seen, NULL),
        TESS_OK);
    assert_int_equal(seen, 600);
    run_sql(fixture->path, "DELETE FROM \"GridBuilder\" WHERE \"s3Key\" > 'key-000530'");
    assert_int_equal(ops->list(fixture->catalog, &(struct catalog_list){.grid_id = "many"}, remove_as_listed,
                               fixture, NULL),
                     TESS_OK);
    struct list *list = list_grid(fixture, "many");
    assert_int_equal(list->count, 0);
    free_list(list);
}

static int64_t count_by(struct fixture *fixture, const char *name, int64_t delta)
{
    int64_t value = -1;
    assert_int_equal(fixture->catalog->ops->counter_add(fixture->catalog, name, delta, &value, NULL),
                     TESS_OK);
    return value;
}

static void test_counters(void **state)
{
    struct fixture *fixture = *state;
    const struct catalog_ops *ops = fixture->catalog->ops;
    int64_t value = -1;
    assert_int_equal(ops->counter_get(fixture->catalog, "c", &value, NULL), TESS_OK);
    assert_int_equal(value, 0);
    assert_int_equal(count_by(fixture, "c", 1), 1);
    assert_int_equal(count_by(fixture, "c", 1), 2);
    assert_int_equal(count_by(fixture, "c", 40), 42);
    assert_int_equal(count_by(fixture, "c", -43), -1);
    assert_int_equal(count_by(fixture, "C", 1), 1);
    assert_int_equal(ops->counter_set(fixture->catalog, "c", 9, NULL), TESS_OK);
    assert_int_equal(ops->counter_get(fixture->catalog, "c", &value, NULL), TESS_OK);
    assert_int_equal(value, 9);

    /* What was acknowledged is there after closing. */
    close_catalog(fixture);
    fixture->catalog = open_catalog(fixture->path);
    assert_int_equal(fixture->catalog->ops->counter_get(fixture->catalog, "c", &value, NULL), TESS_OK);
    assert_int_equal(value, 9);
}

static void expect_full(struct fixture *fixture, int64_t from, int64_t delta)
{
    const struct catalog_ops *ops = fixture->catalog->ops;
    struct tess_error error;
    int64_t value = 77;
    assert_int_equal(ops->counter_set(fixture->catalog, "c", from, NULL), TESS_OK);
    assert_int_equal(ops->counter_add(fixture->catalog, "c", delta, &value, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "counter-value");
    assert_int_equal(value, 77);
    assert_int_equal(ops->counter_get(fixture->catalog, "c", &value, NULL), TESS_OK);
    assert_true(value == from);
}

static void test_counter_limits(void **state)
{
    struct fixture *fixture = *state;
    const struct catalog_ops *ops = fixture->catalog->ops;
    expect_full(fixture, INT64_MAX, 1);
    expect_full(fixture, INT64_MAX - 5, 6);
    expect_full(fixture, 1, INT64_MAX);
    expect_full(fixture, INT64_MIN, -1);
    expect_full(fixture, -1, INT64_MIN);
    assert_int_equal(ops->counter_set(fixture->catalog, "c", INT64_MAX - 1, NULL), TESS_OK);
    assert_true(count_by(fixture, "c", 1) == INT64_MAX);
    assert_true(count_by(fixture, "c", 0) == INT64_MAX);
    assert_true(count_by(fixture, "c", INT64_MIN) == -1);
    assert_true(count_by(fixture, "c", INT64_MIN + 1) == INT64_MIN);
    assert_true(count_by(fixture, "new", INT64_MIN) == INT64_MIN);
}

enum { THREADS = 4, HITS = 100 };

static void *hit_many(void *context)
{
    struct catalog *catalog = context;
    for (int i = 0; i < HITS; i++) {
        int64_t value;
        char key[32];
        (void)snprintf(key, sizeof key, "%p-%d", (void *)&value, i);
        if (catalog->ops->counter_add(catalog, "shared", 1, &value, NULL) != TESS_OK ||
            catalog->ops->add(catalog, "threads", key, 1, NULL) != TESS_OK)
            return catalog;
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hit_many, fixture->catalog), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(count_by(fixture, "shared", 0), THREADS * HITS);
    struct list *list = list_grid(fixture, "threads");
    assert_int_equal(list->count, THREADS * HITS);
    free_list(list);
}

/* Threads whose hits cannot all succeed: one that fails does not take the others in its batch with it. */
static void *hit_full(void *context)
{
    struct catalog *catalog = context;
    size_t failures = 0;
    for (int i = 0; i < HITS; i++) {
        struct tess_error error;
        int64_t value;
        bool removed = true;
        if (catalog->ops->counter_add(catalog, "full", 1, &value, &error) == TESS_ERR_LIMIT)
            failures += strcmp(error.limit, "counter-value") == 0;
        if (catalog->ops->remove(catalog, "nobody", "nothing", &removed, &error) != TESS_OK || removed)
            failures += 1000;
        if (catalog->ops->counter_add(catalog, "shared", 1, &value, &error) != TESS_OK)
            failures += 1000;
    }
    return (void *)failures;
}

static void test_threads_with_failures(void **state)
{
    struct fixture *fixture = *state;
    enum { ROOM = 30 };
    pthread_t threads[THREADS];
    size_t failures = 0;
    assert_int_equal(fixture->catalog->ops->counter_set(fixture->catalog, "full", INT64_MAX - ROOM, NULL),
                     TESS_OK);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hit_full, fixture->catalog), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        failures += (size_t)failed;
    }
    assert_int_equal(failures, THREADS * HITS - ROOM);
    assert_int_equal(count_by(fixture, "shared", 0), THREADS * HITS);
    assert_true(count_by(fixture, "full", 0) == INT64_MAX);
}

/* What is written in the file is what the specification promises to other tools. */
static void test_layout(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(add(fixture, "g", "k", 5), TESS_OK);
    assert_int_equal(count_by(fixture, "c", 3), 3);
    run_sql(fixture->path, "UPDATE \"GridBuilder\" SET \"uniqueGridId\" = 'h' WHERE \"s3Key\" = 'k'");
    run_sql(fixture->path, "INSERT INTO \"GridBuilder\" (\"uniqueGridId\", \"s3Key\") VALUES ('h', 'old')");
    run_sql(fixture->path, "UPDATE \"hit-counters\" SET \"counter-value\" = 10 WHERE \"counter-name\" = 'c'");
    struct list *list = list_grid(fixture, "h");
    assert_int_equal(list->count, 2);
    assert_string_equal(list->keys[1], "old");
    assert_int_equal(list->added_ms[1], 0);
    free_list(list);
    assert_int_equal(count_by(fixture, "c", 1), 11);
}

static void expect_refused(struct fixture *fixture, enum tess_status status, const char *words)
{
    struct catalog *catalog = NULL;
    struct tess_error error;
    assert_int_equal(catalog_sqlite_open(fixture->path, "GridBuilder", "hit-counters", &catalog, &error),
                     status);
    assert_null(catalog);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_int_equal(catalog_sqlite_inspect(fixture->path, "GridBuilder", "hit-counters", &error), status);
    assert_non_null(strstr(error.message, words));
}

static void test_newer_layout(void **state)
{
    struct fixture *fixture = *state;
    close_catalog(fixture);
    run_sql(fixture->path, "PRAGMA user_version=2");
    expect_refused(fixture, TESS_ERR_UNSUPPORTED, "use a newer tessera");
}

static void test_foreign_database(void **state)
{
    struct fixture *fixture = *state;
    close_catalog(fixture);
    assert_int_equal(unlink(fixture->path), 0);
    run_sql(fixture->path, "CREATE TABLE theirs (x)");
    expect_refused(fixture, TESS_ERR_IO, "database of another program");
    run_sql(fixture->path, "INSERT INTO theirs VALUES (1)"); /* and it was left alone */
}

static void test_not_a_database(void **state)
{
    struct fixture *fixture = *state;
    close_catalog(fixture);
    static const char text[] =
        "this is a letter to my landlord, not a database; it is long enough for a header "
        "of one hundred bytes, or so I hope, as one never knows with these things";
    scratch_write(fixture->path, text, sizeof text);
    expect_refused(fixture, TESS_ERR_IO, "is not a catalog");
}

static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 200; i++) {
        char key[300];
        (void)snprintf(key, sizeof key, "%0290d", i);
        assert_int_equal(add(fixture, "g", key, 1), TESS_OK);
    }
    close_catalog(fixture); /* the last one out moves everything into the file */
    char noise[4096];
    memset(noise, 0xA5, sizeof noise);
    int fd = open(fixture->path, O_WRONLY);
    assert_true(fd >= 0);
    for (off_t page = 3; page < 12; page++)
        assert_int_equal(pwrite(fd, noise, sizeof noise, page * (off_t)sizeof noise), (ssize_t)sizeof noise);
    close(fd);
    struct tess_error error;
    assert_int_equal(catalog_sqlite_inspect(fixture->path, "GridBuilder", "hit-counters", &error),
                     TESS_ERR_IO);
    assert_non_null(strstr(error.message, "damaged"));
    fixture->catalog = open_catalog(fixture->path);
    struct list *list = calloc(1, sizeof *list);
    assert_non_null(list);
    assert_int_equal(fixture->catalog->ops->list(fixture->catalog, &(struct catalog_list){.grid_id = "g"},
                                                 collect, list, &error),
                     TESS_ERR_IO);
    assert_non_null(strstr(error.message, "is damaged"));
    free_list(list);
}

static void test_cannot_open(void **state)
{
    struct fixture *fixture = *state;
    struct catalog *catalog = NULL;
    struct tess_error error;
    assert_int_equal(catalog_sqlite_open(scratch_path(fixture->folder, "no/such/catalog.db"), "abc", "def",
                                         &catalog, &error),
                     TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, "no/such/catalog.db"));
    assert_int_equal(mkdir(scratch_path(fixture->folder, "folder"), 0777), 0);
    assert_int_not_equal(
        catalog_sqlite_open(scratch_path(fixture->folder, "folder"), "abc", "def", &catalog, &error),
        TESS_OK);
    assert_null(catalog);
}

static void test_table_names(void **state)
{
    struct fixture *fixture = *state;
    struct catalog *catalog = NULL;
    struct tess_error error;
    static const char *const bad[] = {"",           "ab",  "a b",      "a\"b",
                                      "t\xC3\xA9s", "a;b", "sqlite_x", "SQLite_stat1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(table_name_check(bad[i], &error), TESS_ERR_INVALID);
        assert_int_equal(catalog_sqlite_open(fixture->path, bad[i], "abc", &catalog, &error),
                         TESS_ERR_INVALID);
    }
    char name[257];
    memset(name, 'a', 256);
    name[255] = '\0';
    assert_int_equal(table_name_check(name, &error), TESS_OK);
    name[255] = 'a';
    name[256] = '\0';
    assert_int_equal(table_name_check(name, &error), TESS_ERR_INVALID);
    assert_int_equal(catalog_sqlite_open(fixture->path, "same", "SAME", &catalog, &error), TESS_ERR_INVALID);

    /* Other names live beside the first ones. */
    bool created = false;
    assert_int_equal(catalog_sqlite_open(fixture->path, "a.b-c", "SELECT", &catalog, &error), TESS_OK);
    assert_int_equal(catalog->ops->ensure_tables(catalog, &created, &error), TESS_OK);
    assert_true(created);
    assert_int_equal(catalog->ops->ensure_tables(catalog, &created, &error), TESS_OK);
    assert_false(created);
    int64_t value;
    assert_int_equal(catalog->ops->counter_add(catalog, "c", 1, &value, &error), TESS_OK);
    assert_int_equal(catalog->ops->add(catalog, "g", "k", 1, &error), TESS_OK);
    catalog->ops->destroy(catalog);
    assert_int_equal(count_by(fixture, "c", 0), 0);
}

/* Looking leaves no trace, whether the catalog is closed or open. */
static void test_inspect(void **state)
{
    struct fixture *fixture = *state;
    struct tess_error error;
    assert_int_equal(add(fixture, "g", "k", 1), TESS_OK);
    int files = scratch_count(fixture->folder);
    assert_int_equal(catalog_sqlite_inspect(fixture->path, "GridBuilder", "hit-counters", &error), TESS_OK);
    assert_int_equal(scratch_count(fixture->folder), files);
    close_catalog(fixture);
    assert_int_equal(scratch_count(fixture->folder), 1);
    assert_int_equal(catalog_sqlite_inspect(fixture->path, "GridBuilder", "hit-counters", &error), TESS_OK);
    assert_int_equal(scratch_count(fixture->folder), 1);
    assert_int_equal(catalog_sqlite_inspect(fixture->path, "Absent", "hit-counters", &error),
                     TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, "no table Absent"));
    assert_int_equal(catalog_sqlite_inspect(scratch_path(fixture->folder, "x"), "abc", "def", &error),
                     TESS_ERR_NOT_FOUND);
    assert_int_equal(scratch_count(fixture->folder), 1);
}

/* Another process holds the write lock for a while: waiting, not failing. */
static void test_waits(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hit_many, fixture->catalog), 0);
    (void)usleep(300000);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    void *failed = NULL;
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static enum tess_status use(void *context, struct tess_error *error)
{
    const char *path = context;
    struct catalog *catalog = NULL;
    int seen = 0;
    int64_t value;
    enum tess_status status = catalog_sqlite_open(path, "GridBuilder", "hit-counters", &catalog, error);
    if (status != TESS_OK)
        return status;
    status = catalog->ops->ensure_tables(catalog, NULL, error);
    if (status == TESS_OK)
        status = catalog->ops->add(catalog, "torture", "k", 1, error);
    if (status == TESS_OK)
        status = catalog->ops->list(catalog, &(struct catalog_list){.grid_id = "torture"}, stop_at_600, &seen,
                                    error);
    if (status == TESS_OK)
        status = catalog->ops->counter_add(catalog, "torture", 1, &value, error);
    catalog->ops->destroy(catalog);
    return status;
}

static void test_torture(void **state)
{
    struct fixture *fixture = *state;
    assert_true(torture_loop(TORTURE_MEMORY, use, fixture->path) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counter_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads_with_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_database, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_a_database, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cannot_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inspect, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torture, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
