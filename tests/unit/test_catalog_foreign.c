// SPDX-License-Identifier: MIT
/* A catalog that others have their hands in: numbers that are none of ours, and all rows read from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "backend/catalog_sqlite.h"
#include "scratch.h"

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

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* Another program's number, or a hand's: nothing is counted on it, and it is not rounded. */
static void test_counter_of_fractions(void **state)
{
    struct fixture *fixture = *state;
    const struct catalog_ops *ops = fixture->catalog->ops;
    struct tess_error error;
    int64_t value = 3;
    assert_int_equal(ops->counter_set(fixture->catalog, "c", 7, NULL), TESS_OK);
    run_sql(fixture->path,
            "PRAGMA ignore_check_constraints=ON; UPDATE \"hit-counters\" SET \"counter-value\" = 7.5");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ops->counter_add(fixture->catalog, "c", 1, &value, &error), TESS_ERR_SETUP);
        assert_non_null(strstr(error.message, "--set"));
        assert_int_equal(ops->counter_get(fixture->catalog, "c", &value, NULL), TESS_ERR_SETUP);
    }
    assert_true(value == 3);
    run_sql(fixture->path,
            "PRAGMA ignore_check_constraints=ON; UPDATE \"hit-counters\" SET \"counter-value\" = "
            "\"counter-value\" - 0.5");
    assert_int_equal(ops->counter_set(fixture->catalog, "c", 7, NULL), TESS_OK);
    assert_int_equal(ops->counter_add(fixture->catalog, "c", 1, &value, NULL), TESS_OK);
    assert_true(value == 8);
}

/* All rows, a grid's together, from outside. */
static bool count_row(void *context, const char *grid_id, const char *key)
{
    char *text = context;
    (void)snprintf(text + strlen(text), 64 - strlen(text), "%s/%s ", grid_id, key);
    return strlen(text) < 12;
}

static void test_scan(void **state)
{
    struct fixture *fixture = *state;
    char text[64] = "";
    assert_int_equal(fixture->catalog->ops->add(fixture->catalog, "b", "1", 1, NULL), TESS_OK);
    assert_int_equal(fixture->catalog->ops->add(fixture->catalog, "a", "2", 1, NULL), TESS_OK);
    assert_int_equal(catalog_sqlite_scan(fixture->path, "GridBuilder", count_row, text, NULL), TESS_OK);
    assert_string_equal(text, "a/2 b/1 ");
    assert_int_equal(fixture->catalog->ops->add(fixture->catalog, "a", "1", 1, NULL), TESS_OK);
    assert_int_equal(fixture->catalog->ops->add(fixture->catalog, "c", "1", 1, NULL), TESS_OK);
    text[0] = '\0';
    assert_int_equal(catalog_sqlite_scan(fixture->path, "GridBuilder", count_row, text, NULL), TESS_OK);
    assert_string_equal(text, "a/1 a/2 b/1 "); /* as far as was wanted */
    assert_int_equal(catalog_sqlite_scan(fixture->path, "nothing", count_row, text, NULL), TESS_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counter_of_fractions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
