// SPDX-License-Identifier: MIT
/*
 * Looking at a catalog without touching it.
 *
 * Reading a file in WAL mode makes SQLite create the files "-wal" and "-shm" beside it. Where there is no
 * "-wal" nobody has it open and nothing is waiting in it, so it is opened as immutable, which creates
 * nothing. Where there is one the two files are there already.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/catalog_sqlite_parts.h"
#include "base/bytes.h"
#include "base/error.h"
#include "net/uri.h"

enum { URI_MAX_BYTES = 16384 };

int catalog_sqlite_open_without_traces(const char *path, sqlite3 **database_out)
{
    struct bytes wal, uri;
    bytes_init(&wal, URI_MAX_BYTES);
    bytes_init(&uri, URI_MAX_BYTES);
    int result = SQLITE_NOMEM;
    if (bytes_append_format(&wal, "%s-wal", path) == TESS_OK && bytes_append_text(&uri, "file:") == TESS_OK &&
        uri_encode(&uri, path, strlen(path), true) == TESS_OK &&
        bytes_append_format(&uri, "?mode=ro%s",
                            access((const char *)wal.data, F_OK) == 0 ? "" : "&immutable=1") == TESS_OK)
        result = sqlite3_open_v2(
            (const char *)uri.data, database_out,
            SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    bytes_clear(&wal);
    bytes_clear(&uri);
    return result;
}

static enum tess_status check_whole(sqlite3 *database, const char *path, struct tess_error *error)
{
    sqlite3_stmt *statement = NULL;
    enum tess_status status = TESS_OK;
    int result = sqlite3_prepare_v2(database, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    const char *words = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (result != SQLITE_ROW)
        status = catalog_sqlite_failed(database, path, result, "check", error);
    else if (!words || strcmp(words, "ok") != 0)
        status = error_set(error, TESS_ERR_IO, "the catalog %s is damaged: %s", path, words ? words : "?");
    sqlite3_finalize(statement);
    return status;
}

static enum tess_status check_table(sqlite3 *database, const char *path, const char *name,
                                    struct tess_error *error)
{
    bool exists = false;
    enum tess_status status = catalog_sqlite_has_table(database, path, name, &exists, error);
    if (status == TESS_OK && !exists)
        status = error_set(error, TESS_ERR_NOT_FOUND, "the catalog %s has no table %s", path, name);
    return status;
}

enum tess_status catalog_sqlite_inspect(const char *path, const char *grid_table, const char *counter_table,
                                        struct tess_error *error)
{
    sqlite3 *database = NULL;
    struct stat info;
    bool empty = false;
    enum tess_status status = table_names_check(grid_table, counter_table, error);
    if (status != TESS_OK)
        return status;
    if (stat(path, &info) != 0)
        return error_errno(error, errno, "cannot examine the catalog %s", path);
    int result = catalog_sqlite_open_without_traces(path, &database);
    if (result == SQLITE_OK)
        (void)sqlite3_busy_timeout(database, 2000);
    status = result == SQLITE_OK ? catalog_sqlite_check_version(database, path, &empty, error)
                                 : catalog_sqlite_failed(database, path, result, "open", error);
    if (status == TESS_OK)
        status = check_whole(database, path, error);
    if (status == TESS_OK)
        status = check_table(database, path, grid_table, error);
    if (status == TESS_OK)
        status = check_table(database, path, counter_table, error);
    (void)sqlite3_close(database);
    return status;
}

enum tess_status catalog_sqlite_scan(const char *path, const char *grid_table,
                                     bool (*each)(void *context, const char *grid_id, const char *key),
                                     void *context, struct tess_error *error)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    char *sql = sqlite3_mprintf(
        "SELECT \"uniqueGridId\", \"s3Key\" FROM \"%w\" ORDER BY \"uniqueGridId\", \"s3Key\"", grid_table);
    int result = sql ? catalog_sqlite_open_without_traces(path, &database) : SQLITE_NOMEM;
    if (result == SQLITE_OK)
        (void)sqlite3_busy_timeout(database, 2000);
    if (result == SQLITE_OK)
        result = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    while (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *grid_id = (const char *)sqlite3_column_text(statement, 0);
        const char *key = (const char *)sqlite3_column_text(statement, 1);
        result = !grid_id || !key ? SQLITE_NOMEM : each(context, grid_id, key) ? SQLITE_OK : SQLITE_DONE;
    }
    const enum tess_status status =
        result == SQLITE_DONE ? TESS_OK : catalog_sqlite_failed(database, path, result, "read", error);
    sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    sqlite3_free(sql);
    return status;
}
