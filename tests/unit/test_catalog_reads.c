// SPDX-License-Identifier: MIT
/* Reading the SQLite catalog while it is being changed: no read waits for a change, and each sees all that
 * was acknowledged before it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "backend/catalog_sqlite.h"
#include "scratch.h"

enum { THREADS = 4, HITS = 60 };

struct fixture {
    char folder[64];
    char path[128];
    struct catalog *catalog;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    scratch_make(fixture->folder);
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/catalog.db", fixture->folder);
    assert_int_equal(
        catalog_sqlite_open(fixture->path, "GridBuilder", "hit-counters", &fixture->catalog, NULL), TESS_OK);
    assert_int_equal(fixture->catalog->ops->ensure_tables(fixture->catalog, NULL, NULL), TESS_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fixture->catalog->ops->destroy(fixture->catalog);
    assert_int_equal(scratch_count(fixture->folder), 1); /* the log has been moved into the file */
    scratch_remove(fixture->folder);
    free(fixture);
    return 0;
}

static int64_t get(struct catalog *catalog, const char *name)
{
    int64_t value = -1;
    assert_int_equal(catalog->ops->counter_get(catalog, name, &value, NULL), TESS_OK);
    return value;
}

static bool count_one(void *context, const struct catalog_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return true;
}

static int count(struct catalog *catalog)
{
    const struct catalog_list request = {.grid_id = "g"};
    int found = 0;
    assert_int_equal(catalog->ops->list(catalog, &request, count_one, &found, NULL), TESS_OK);
    return found;
}

static void *hit_once(void *context)
{
    struct catalog *catalog = context;
    int64_t value = 0;
    return catalog->ops->counter_add(catalog, "waits", 1, &value, NULL) == TESS_OK ? NULL : context;
}

/* Somebody else has the writer's turn, our own change waits for it, and reads go on: one that waited for the
 * turn, which nobody gives up before they are done, would end as BUSY. */
static void reads_pass_a_change_that_waits(void **state)
{
    struct fixture *fixture = *state;
    struct catalog *catalog = fixture->catalog;
    sqlite3 *other = NULL;
    pthread_t thread;
    void *failed = NULL;
    assert_int_equal(catalog->ops->counter_set(catalog, "n", 5, NULL), TESS_OK);
    assert_int_equal(catalog->ops->add(catalog, "g", "a", 1, NULL), TESS_OK);
    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(pthread_create(&thread, NULL, hit_once, catalog), 0);
    usleep(50000); /* it holds the writer by now; if not, the test proves less and still passes */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(get(catalog, "n"), 5);
        assert_int_equal(get(catalog, "waits"), 0);
        assert_int_equal(count(catalog), 1);
    }
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(get(catalog, "waits"), 1);
}

struct hitter {
    struct catalog *catalog;
    char name[8];
};

/* No read after an acknowledged change shows less than it. */
static void *hit_and_look(void *context)
{
    struct hitter *hitter = context;
    struct catalog *catalog = hitter->catalog;
    for (int i = 1; i <= HITS; i++) {
        int64_t own = 0, all = 0, seen = 0;
        if (catalog->ops->counter_add(catalog, hitter->name, 1, &own, NULL) != TESS_OK || own != i ||
            catalog->ops->counter_get(catalog, hitter->name, &seen, NULL) != TESS_OK || seen != i ||
            catalog->ops->counter_add(catalog, "all", 1, &all, NULL) != TESS_OK ||
            catalog->ops->counter_get(catalog, "all", &seen, NULL) != TESS_OK || seen < all)
            return context;
    }
    return NULL;
}

static void reads_see_what_was_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    struct hitter hitters[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        hitters[i].catalog = fixture->catalog;
        (void)snprintf(hitters[i].name, sizeof hitters[i].name, "c%d", i);
        assert_int_equal(pthread_create(&threads[i], NULL, hit_and_look, &hitters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(get(fixture->catalog, "all"), THREADS * HITS);
}

/* The second connection is opened by the first read; when that fails, the next read tries again. */
static void a_first_read_that_fails_can_be_repeated(void **state)
{
    struct fixture *fixture = *state;
    struct catalog *catalog = fixture->catalog;
    struct tess_error error = {0};
    char away[160];
    int64_t value = 0;
    assert_int_equal(catalog->ops->counter_set(catalog, "n", 7, NULL), TESS_OK);
    (void)snprintf(away, sizeof away, "%s.away", fixture->path);
    assert_int_equal(rename(fixture->path, away), 0);
    assert_int_not_equal(catalog->ops->counter_get(catalog, "n", &value, &error), TESS_OK);
    assert_int_not_equal(error.message[0], '\0');
    assert_int_equal(rename(away, fixture->path), 0);
    assert_int_equal(get(catalog, "n"), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_pass_a_change_that_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_see_what_was_acknowledged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_first_read_that_fails_can_be_repeated, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
