// SPDX-License-Identifier: MIT
/*
 * Changing the catalog, many at a time.
 *
 * A durable change costs a sync of the disk, milliseconds, in which nothing else can be written. So changes
 * queue up: the first thread that finds no leader becomes it, takes the whole queue, makes all its changes in
 * one transaction and syncs once; those that come meanwhile wait for the next one. A thread by itself pays
 * one sync as before; sixteen threads pay one between them.
 *
 *     thread A   ──lead [A]──────sync──┐
 *     thread B      wait               ├─lead [B C D]──────sync──┐
 *     thread C        wait             │ wait                    │ done
 *     thread D          wait           │ wait                    │ done
 *
 * A change that fails for itself (a counter at the end of its range) leaves the others alone; when the
 * transaction fails, all of them report it. No change is acknowledged before the commit.
 */
#include <stdlib.h>

#include "backend/catalog_sqlite_parts.h"
#include "base/error.h"

/* One change, on the stack of the thread that waits for it. */
struct catalog_change {
    /* what to do; set by its thread before it is queued */
    enum catalog_statement which;
    const char *what; /* in words */
    const char *first, *second;
    int64_t number;
    /* what came of it; the leader's until done */
    enum tess_status status;
    bool found;    /* a row came back, or was changed */
    int64_t value; /* of that row */
    struct tess_error *error;
    /* under queue_mutex */
    struct catalog_change *next;
    bool done;
};

static int bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    return sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static int bind_change(sqlite3_stmt *statement, const struct catalog_change *change)
{
    const bool two_texts = change->which == STATEMENT_ADD || change->which == STATEMENT_REMOVE;
    int result = bind_text(statement, 1, change->first);
    if (result == SQLITE_OK && two_texts)
        result = bind_text(statement, 2, change->second);
    if (result == SQLITE_OK && change->which != STATEMENT_REMOVE)
        result = sqlite3_bind_int64(statement, two_texts ? 3 : 2, change->number);
    if (result == SQLITE_OK && change->which == STATEMENT_COUNTER_ADD) {
        /* The values to which the number can be added. */
        int64_t number = change->number;
        result = sqlite3_bind_int64(statement, 3, number < 0 ? INT64_MIN - number : INT64_MIN);
        if (result == SQLITE_OK)
            result = sqlite3_bind_int64(statement, 4, number > 0 ? INT64_MAX - number : INT64_MAX);
    }
    return result;
}

/* Returns SQLITE_OK or what went wrong. */
static int run_change(struct catalog_sqlite *catalog, struct catalog_change *change)
{
    sqlite3_stmt *statement = NULL;
    int result = catalog_sqlite_statement(catalog, &catalog->writer, change->which, &statement);
    if (result == SQLITE_OK)
        result = bind_change(statement, change);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        change->found = true;
        change->value = sqlite3_column_int64(statement, 0);
        result = sqlite3_step(statement); /* without a transaction around it, this is where it commits */
    } else if (result == SQLITE_DONE && change->which == STATEMENT_REMOVE) {
        change->found = sqlite3_changes(catalog->writer.database) > 0;
    }
    change->status =
        catalog_sqlite_end(catalog, &catalog->writer, change->which, result, change->what, change->error);
    return change->status == TESS_OK ? SQLITE_OK : result;
}

/* None of them happened. */
static void fail_all(struct catalog_sqlite *catalog, struct catalog_change *batch, int result)
{
    for (struct catalog_change *change = batch; change; change = change->next)
        change->status = catalog_sqlite_failed(catalog->writer.database, catalog->path, result, change->what,
                                               change->error);
}

static void run_batch(struct catalog_sqlite *catalog, struct catalog_change *batch)
{
    sqlite3 *database = catalog->writer.database;
    if (!batch->next) { /* a statement is a transaction of its own */
        (void)run_change(catalog, batch);
        return;
    }
    int result = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (struct catalog_change *change = batch; change && result == SQLITE_OK; change = change->next) {
        int failed = run_change(catalog, change);
        /* A full disk and the like may end the transaction, and with it what went before. */
        if (sqlite3_get_autocommit(database))
            result = failed != SQLITE_OK ? failed : SQLITE_ABORT;
    }
    if (result == SQLITE_OK)
        result = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    if (result != SQLITE_OK) {
        fail_all(catalog, batch, result);
        if (!sqlite3_get_autocommit(database))
            (void)sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    }
}

/*
 * Looked at before, so that nothing is written to a file that nobody will find, and after, so that nothing is
 * acknowledged of which that has come true meanwhile. Costs a stat each, beside a sync.
 */
static void run_where_it_lasts(struct catalog_sqlite *catalog, struct catalog_change *batch)
{
    bool moved = catalog_sqlite_has_moved(catalog);
    if (!moved) {
        run_batch(catalog, batch);
        moved = catalog_sqlite_has_moved(catalog);
    }
    for (struct catalog_change *change = batch; change && moved; change = change->next)
        change->status = catalog_sqlite_moved(catalog->path, change->what, change->error);
}

/* Everything that is queued. Needs queue_mutex. */
static struct catalog_change *take_queue_locked(struct catalog_sqlite *catalog)
{
    struct catalog_change *batch = catalog->queue;
    catalog->queue = NULL;
    return batch;
}

/* Makes changes durable, as leader or by waiting for one. They stand side by side in the queue, so that one
 * leader takes them all. The first status that is not TESS_OK. */
static enum tess_status submit_many(struct catalog_sqlite *catalog, struct catalog_change *changes,
                                    size_t count)
{
    const struct catalog_change *last = &changes[count - 1];
    pthread_mutex_lock(&catalog->queue_mutex);
    if (!catalog->queue)
        catalog->queue_end = &catalog->queue;
    for (size_t i = 0; i < count; i++) {
        *catalog->queue_end = &changes[i];
        catalog->queue_end = &changes[i].next;
    }
    while (!last->done && catalog->has_leader)
        pthread_cond_wait(&catalog->queue_moved, &catalog->queue_mutex);
    if (!last->done) {
        struct catalog_change *batch = take_queue_locked(catalog);
        catalog->has_leader = true;
        pthread_mutex_unlock(&catalog->queue_mutex);

        pthread_mutex_lock(&catalog->writer.mutex);
        run_where_it_lasts(catalog, batch);
        pthread_mutex_unlock(&catalog->writer.mutex);

        pthread_mutex_lock(&catalog->queue_mutex);
        for (; batch; batch = batch->next) /* their threads cannot end before the mutex is free */
            batch->done = true;
        catalog->has_leader = false;
        pthread_cond_broadcast(&catalog->queue_moved);
    }
    pthread_mutex_unlock(&catalog->queue_mutex);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].status != TESS_OK)
            return changes[i].status;
    }
    return TESS_OK;
}

static enum tess_status submit(struct catalog_sqlite *catalog, struct catalog_change *change)
{
    return submit_many(catalog, change, 1);
}

enum tess_status catalog_sqlite_add(struct catalog *catalog, const char *grid_id, const char *key,
                                    int64_t added_ms, struct tess_error *error)
{
    struct catalog_change change = {.which = STATEMENT_ADD,
                                    .what = "map an image to its grid",
                                    .first = grid_id,
                                    .second = key,
                                    .number = added_ms,
                                    .error = error};
    return submit((struct catalog_sqlite *)catalog, &change);
}

enum tess_status catalog_sqlite_remove(struct catalog *catalog, const char *grid_id, const char *key,
                                       bool *removed_out, struct tess_error *error)
{
    struct catalog_change change = {.which = STATEMENT_REMOVE,
                                    .what = "unmap an image from its grid",
                                    .first = grid_id,
                                    .second = key,
                                    .error = error};
    enum tess_status status = submit((struct catalog_sqlite *)catalog, &change);
    *removed_out = status == TESS_OK && change.found;
    return status;
}

/* One transaction, unless others' changes come between. */
enum tess_status catalog_sqlite_remove_many(struct catalog *catalog, const char *grid_id,
                                            const char *const *keys, size_t count, struct tess_error *error)
{
    struct catalog_change *changes = calloc(count ? count : 1, sizeof *changes);
    if (!changes)
        return error_set(error, TESS_ERR_MEMORY, "no memory to unmap %zu images", count);
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct catalog_change){.which = STATEMENT_REMOVE,
                                             .what = "unmap an image from its grid",
                                             .first = grid_id,
                                             .second = keys[i],
                                             .error = error};
    enum tess_status status = TESS_OK;
    if (count > 0)
        status = submit_many((struct catalog_sqlite *)catalog, changes, count);
    free(changes);
    return status;
}

enum tess_status catalog_sqlite_counter_add(struct catalog *catalog, const char *name, int64_t delta,
                                            int64_t *value_out, struct tess_error *error)
{
    struct catalog_change change = {
        .which = STATEMENT_COUNTER_ADD, .what = "count", .first = name, .number = delta, .error = error};
    enum tess_status status = submit((struct catalog_sqlite *)catalog, &change);
    if (status == TESS_OK && !change.found) /* its value says why */
        status = catalog->ops->counter_get(catalog, name, &(int64_t){0}, error);
    if (status == TESS_OK && !change.found)
        return error_limit(error, "counter-value", "the counter %.200s cannot go beyond the 64-bit range",
                           name);
    if (status == TESS_OK)
        *value_out = change.value;
    return status;
}

enum tess_status catalog_sqlite_counter_set(struct catalog *catalog, const char *name, int64_t value,
                                            struct tess_error *error)
{
    struct catalog_change change = {.which = STATEMENT_COUNTER_SET,
                                    .what = "set a counter",
                                    .first = name,
                                    .number = value,
                                    .error = error};
    return submit((struct catalog_sqlite *)catalog, &change);
}
