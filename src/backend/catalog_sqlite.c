// SPDX-License-Identifier: MIT
#include "backend/catalog_sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/catalog_sqlite_parts.h"
#include "base/bytes.h"
#include "base/error.h"

enum { PAGE_ROWS = 512, PAGE_MAX_BYTES = 16 * 1024 * 1024 };

/* "%w" is the table's name; each statement names it once. */
static const struct {
    const char *sql;
    bool is_counter;
} statement_texts[STATEMENT_COUNT] = {
    [STATEMENT_ADD] = {"INSERT INTO \"%w\" (\"uniqueGridId\", \"s3Key\", \"added_ms\") VALUES (?1, ?2, ?3) "
                       "ON CONFLICT DO NOTHING",
                       false},
    [STATEMENT_LIST] =
        {"SELECT \"s3Key\", \"added_ms\" FROM \"%w\" WHERE \"uniqueGridId\" = ?1 AND \"s3Key\" > ?2 "
         "ORDER BY \"s3Key\" LIMIT ?3",
         false},
    /* A NULL is the beginning: no text is known to be above all others. */
    [STATEMENT_LIST_DOWN] =
        {"SELECT \"s3Key\", \"added_ms\" FROM \"%w\" WHERE \"uniqueGridId\" = ?1 AND \"s3Key\" > '' "
         "AND (?2 IS NULL OR \"s3Key\" < ?2) "
         "ORDER BY \"s3Key\" DESC LIMIT ?3",
         false},
    [STATEMENT_REMOVE] = {"DELETE FROM \"%w\" WHERE \"uniqueGridId\" = ?1 AND \"s3Key\" = ?2", false},
    /* SQLite would turn an overflowing sum into a floating-point number; such a row is left as it is instead.
     */
    [STATEMENT_COUNTER_ADD] = {"INSERT INTO \"%w\" (\"counter-name\", \"counter-value\") VALUES (?1, ?2) "
                               "ON CONFLICT (\"counter-name\") DO UPDATE "
                               "SET \"counter-value\" = \"counter-value\" + excluded.\"counter-value\" "
                               "WHERE typeof(\"counter-value\") = 'integer' AND \"counter-value\" "
                               "BETWEEN ?3 AND ?4 RETURNING \"counter-value\"",
                               true},
    [STATEMENT_COUNTER_GET] = {"SELECT \"counter-value\" FROM \"%w\" WHERE \"counter-name\" = ?1", true},
    [STATEMENT_COUNTER_SET] = {"INSERT INTO \"%w\" (\"counter-name\", \"counter-value\") VALUES (?1, ?2) "
                               "ON CONFLICT (\"counter-name\") DO UPDATE "
                               "SET \"counter-value\" = excluded.\"counter-value\"",
                               true},
};

static struct catalog_sqlite *sqlite_of(struct catalog *catalog)
{
    return (struct catalog_sqlite *)catalog;
}

int catalog_sqlite_statement(const struct catalog_sqlite *catalog, struct catalog_connection *connection,
                             enum catalog_statement which, sqlite3_stmt **statement_out)
{
    if (!connection->statements[which]) {
        char *sql =
            sqlite3_mprintf(statement_texts[which].sql,
                            statement_texts[which].is_counter ? catalog->counter_table : catalog->grid_table);
        int result = sql ? sqlite3_prepare_v3(connection->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                              &connection->statements[which], NULL)
                         : SQLITE_NOMEM;
        sqlite3_free(sql);
        if (result != SQLITE_OK)
            return result;
    }
    *statement_out = connection->statements[which];
    return SQLITE_OK;
}

enum tess_status catalog_sqlite_end(const struct catalog_sqlite *catalog,
                                    struct catalog_connection *connection, enum catalog_statement which,
                                    int result, const char *what, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    if (result != SQLITE_OK && result != SQLITE_DONE)
        status = catalog_sqlite_failed(connection->database, catalog->path, result, what, error);
    if (connection->statements[which]) {
        (void)sqlite3_reset(connection->statements[which]); /* repeats the failure reported above */
        (void)sqlite3_clear_bindings(connection->statements[which]);
    }
    return status;
}

static void close_connection(struct catalog_connection *connection)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(connection->statements[i]);
        connection->statements[i] = NULL;
    }
    (void)sqlite3_close(connection->database);
    connection->database = NULL;
}

/* Most programs open a catalog for one change: the second connection is for those that read. */
static int open_reader_locked(struct catalog_sqlite *catalog)
{
    struct catalog_connection *reader = &catalog->reader;
    /* What is opened without traces does not see what others write from then on. */
    if (reader->database && catalog->read_only)
        close_connection(reader);
    if (reader->database)
        return SQLITE_OK;
    int result =
        catalog->read_only
            ? catalog_sqlite_open_without_traces(catalog->path, &reader->database)
            : sqlite3_open_v2(catalog->path, &reader->database,
                              SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (result == SQLITE_OK)
        result = catalog_sqlite_harden(reader);
    if (result != SQLITE_OK)
        close_connection(reader);
    return result;
}

/* Takes the reader's mutex and gives the prepared statement; end with finish(), also after a failure. */
static int begin(struct catalog_sqlite *catalog, enum catalog_statement which, sqlite3_stmt **statement_out)
{
    pthread_mutex_lock(&catalog->reader.mutex);
    const int result = open_reader_locked(catalog);
    return result == SQLITE_OK ? catalog_sqlite_statement(catalog, &catalog->reader, which, statement_out)
                               : result;
}

static enum tess_status finish(struct catalog_sqlite *catalog, enum catalog_statement which, int result,
                               const char *what, struct tess_error *error)
{
    enum tess_status status = catalog_sqlite_end(catalog, &catalog->reader, which, result, what, error);
    if (catalog_sqlite_has_moved(catalog))
        status = catalog_sqlite_moved(catalog->path, what, error);
    pthread_mutex_unlock(&catalog->reader.mutex);
    return status;
}

static int bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    return sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* Rows that have been read and not yet handed out. */
struct page {
    struct bytes text; /* terminated keys, one after the other */
    size_t count;
    struct {
        size_t offset;
        int64_t added_ms;
    } rows[PAGE_ROWS];
};

static int read_rows(sqlite3_stmt *statement, struct page *page)
{
    int result = SQLITE_ROW;
    while (page->count < PAGE_ROWS && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(statement, 0);
        if (!key)
            return SQLITE_NOMEM;
        page->rows[page->count].offset = page->text.size;
        page->rows[page->count].added_ms = sqlite3_column_int64(statement, 1);
        if (bytes_append(&page->text, key, strlen(key) + 1) != TESS_OK)
            return SQLITE_NOMEM;
        page->count++;
    }
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* The rows that come after `after`, NULL for the first page. */
static enum tess_status read_page(struct catalog_sqlite *catalog, const struct catalog_list *request,
                                  const char *after, struct page *page, struct tess_error *error)
{
    const enum catalog_statement which = request->descending ? STATEMENT_LIST_DOWN : STATEMENT_LIST;
    sqlite3_stmt *statement = NULL;
    page->count = 0;
    page->text.size = 0;
    int result = begin(catalog, which, &statement);
    if (result == SQLITE_OK)
        result = bind_text(statement, 1, request->grid_id);
    if (result == SQLITE_OK)
        result = bind_text(statement, 2, after || request->descending ? after : "");
    if (result == SQLITE_OK)
        result = sqlite3_bind_int(statement, 3, PAGE_ROWS);
    if (result == SQLITE_OK)
        result = read_rows(statement, page);
    return finish(catalog, which, result, "list a grid's images", error);
}

static enum tess_status sqlite_list(struct catalog *base, const struct catalog_list *request,
                                    bool (*each)(void *context, const struct catalog_entry *entry),
                                    void *context, struct tess_error *error)
{
    struct catalog_sqlite *catalog = sqlite_of(base);
    struct page *page = calloc(1, sizeof *page);
    char *after = NULL;
    enum tess_status status = TESS_OK;
    bool more = true;
    if (!page) {
        status = error_set(error, TESS_ERR_MEMORY, "no memory to list a grid's images");
        goto cleanup;
    }
    bytes_init(&page->text, PAGE_MAX_BYTES);
    while (more) {
        status = read_page(catalog, request, after, page, error);
        if (status != TESS_OK)
            goto cleanup;
        more = page->count == PAGE_ROWS;
        for (size_t i = 0; i < page->count; i++) {
            const struct catalog_entry entry = {.key = (const char *)page->text.data + page->rows[i].offset,
                                                .added_ms = page->rows[i].added_ms};
            if (!each(context, &entry))
                goto cleanup;
        }
        if (more) {
            free(after);
            after = strdup((const char *)page->text.data + page->rows[page->count - 1].offset);
            if (!after) {
                status = error_set(error, TESS_ERR_MEMORY, "no memory to list a grid's images");
                goto cleanup;
            }
        }
    }
cleanup:
    if (page)
        bytes_clear(&page->text);
    free(page);
    free(after);
    return status;
}

static enum tess_status sqlite_counter_get(struct catalog *base, const char *name, int64_t *value_out,
                                           struct tess_error *error)
{
    struct catalog_sqlite *catalog = sqlite_of(base);
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;
    bool whole = true;
    int result = begin(catalog, STATEMENT_COUNTER_GET, &statement);
    if (result == SQLITE_OK)
        result = bind_text(statement, 1, name);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        whole = sqlite3_column_type(statement, 0) == SQLITE_INTEGER;
        value = sqlite3_column_int64(statement, 0);
        result = SQLITE_DONE;
    }
    enum tess_status status = finish(catalog, STATEMENT_COUNTER_GET, result, "read a counter", error);
    if (status == TESS_OK && !whole)
        return error_set(
            error, TESS_ERR_SETUP,
            "the counter %.200s holds no whole number; `tessera counter NAME --set N` gives it one", name);
    if (status == TESS_OK)
        *value_out = value;
    return status;
}

static void sqlite_destroy(struct catalog *base)
{
    struct catalog_sqlite *catalog = sqlite_of(base);
    if (!catalog)
        return;
    close_connection(&catalog->reader); /* first: the last one to close moves the log into the file */
    close_connection(&catalog->writer);
    pthread_mutex_destroy(&catalog->reader.mutex);
    pthread_mutex_destroy(&catalog->writer.mutex);
    pthread_mutex_destroy(&catalog->queue_mutex);
    pthread_cond_destroy(&catalog->queue_moved);
    free(catalog->path);
    free(catalog->grid_table);
    free(catalog->counter_table);
    free(catalog);
}

static const struct catalog_ops sqlite_ops = {
    .destroy = sqlite_destroy,
    .ensure_tables = catalog_sqlite_ensure_tables,
    .add = catalog_sqlite_add,
    .list = sqlite_list,
    .remove = catalog_sqlite_remove,
    .remove_many = catalog_sqlite_remove_many,
    .counter_add = catalog_sqlite_counter_add,
    .counter_get = sqlite_counter_get,
    .counter_set = catalog_sqlite_counter_set,
};

static bool may_not_write(const char *path)
{
    return access(path, W_OK) != 0 && (errno == EACCES || errno == EROFS);
}

/* May it be read, but not changed, or no other file made beside it? */
static bool is_read_only(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const int size = slash ? (int)(slash - path) + 1 : 0;
    const int length = snprintf(folder, sizeof folder, "%.*s.", size, path);
    return access(path, R_OK) == 0 &&
           (may_not_write(path) || (length < (int)sizeof folder && may_not_write(folder)));
}

static enum tess_status open_writer(struct catalog_sqlite *catalog, struct tess_error *error)
{
    struct stat info;
    sqlite3 **database = &catalog->writer.database;
    catalog->read_only = is_read_only(catalog->path);
    const int result = catalog->read_only ? catalog_sqlite_open_without_traces(catalog->path, database)
                                          : sqlite3_open_v2(catalog->path, database,
                                                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                                                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                                            NULL);
    if (result != SQLITE_OK)
        return catalog_sqlite_failed(*database, catalog->path, result, "open", error);
    if (stat(catalog->path, &info) != 0)
        return error_errno(error, errno, "cannot examine the catalog %s", catalog->path);
    catalog->device = info.st_dev;
    catalog->inode = info.st_ino;
    return catalog_sqlite_configure(catalog, error);
}

enum tess_status catalog_sqlite_open(const char *path, const char *grid_table, const char *counter_table,
                                     struct catalog **catalog_out, struct tess_error *error)
{
    *catalog_out = NULL;
    enum tess_status status = table_names_check(grid_table, counter_table, error);
    if (status != TESS_OK)
        return status;
    struct catalog_sqlite *catalog = calloc(1, sizeof *catalog);
    if (!catalog)
        return error_set(error, TESS_ERR_MEMORY, "no memory to open the catalog %s", path);
    catalog->base.ops = &sqlite_ops;
    (void)pthread_mutex_init(&catalog->writer.mutex, NULL); /* none can fail with default attributes */
    (void)pthread_mutex_init(&catalog->reader.mutex, NULL);
    (void)pthread_mutex_init(&catalog->queue_mutex, NULL);
    (void)pthread_cond_init(&catalog->queue_moved, NULL);
    catalog->path = strdup(path);
    catalog->grid_table = strdup(grid_table);
    catalog->counter_table = strdup(counter_table);
    if (!catalog->path || !catalog->grid_table || !catalog->counter_table) {
        status = error_set(error, TESS_ERR_MEMORY, "no memory to open the catalog %s", path);
    } else {
        status = open_writer(catalog, error);
    }
    if (status == TESS_OK)
        *catalog_out = &catalog->base;
    else
        sqlite_destroy(&catalog->base);
    return status;
}
