// SPDX-License-Identifier: MIT
/*
 * The catalog file as a file: is it one, which version, how it is set up, which tables it has.
 *
 * user_version holds the version of the layout, application_id marks the file as ours. Both are set in the
 * transaction that creates the first tables, so that a file is either empty or complete.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/catalog_sqlite_parts.h"
#include "base/clock.h"
#include "base/error.h"

enum {
    SCHEMA_VERSION = 1,
    APPLICATION_ID = 0x74657373 /* "tess" */,
    TABLE_NAME_MIN = 3,
    TABLE_NAME_MAX = 255
};

static const int64_t busy_limit_ns = 15000000000;

enum tess_status table_name_check(const char *name, struct tess_error *error)
{
    size_t size = strlen(name);
    bool good = size >= TABLE_NAME_MIN && size <= TABLE_NAME_MAX &&
                strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == size;
    if (!good)
        return error_set(
            error, TESS_ERR_INVALID,
            "\"%.80s\" cannot be a table's name: it takes 3 to 255 characters of A-Z, a-z, 0-9, '_', "
            "'.' and '-'",
            name);
    if (strncasecmp(name, "sqlite_", 7) == 0)
        return error_set(
            error, TESS_ERR_INVALID,
            "\"%.80s\" cannot be a table's name: SQLite keeps names that begin with sqlite_ to itself", name);
    return TESS_OK;
}

enum tess_status table_names_check(const char *grid_table, const char *counter_table,
                                   struct tess_error *error)
{
    enum tess_status status = table_name_check(grid_table, error);
    if (status == TESS_OK)
        status = table_name_check(counter_table, error);
    if (status == TESS_OK && strcasecmp(grid_table, counter_table) == 0)
        status =
            error_set(error, TESS_ERR_INVALID,
                      "grids and counters cannot share the table \"%.80s\" (upper and lower case count as "
                      "the same)",
                      grid_table);
    return status;
}

enum tess_status catalog_sqlite_moved(const char *path, const char *what, struct tess_error *error)
{
    return error_set(error, TESS_ERR_BUSY,
                     "cannot %s: the catalog %s has been removed or replaced while it was in use: put it "
                     "back, or start again with the new one",
                     what, path);
}

bool catalog_sqlite_has_moved(const struct catalog_sqlite *catalog)
{
    struct stat now;
    return stat(catalog->path, &now) != 0 || now.st_dev != catalog->device || now.st_ino != catalog->inode;
}

enum tess_status catalog_sqlite_failed(sqlite3 *database, const char *path, int result, const char *what,
                                       struct tess_error *error)
{
    const char *words = database ? sqlite3_errmsg(database) : sqlite3_errstr(result);
    int errnum = database ? sqlite3_system_errno(database) : 0;
    switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(error, TESS_ERR_BUSY,
                         "cannot %s: another process has locked the catalog %s for too long; try again", what,
                         path);
    case SQLITE_NOTADB:
        return error_set(error, TESS_ERR_IO,
                         "cannot %s: %s is not a catalog; move it away and a new one is made", what, path);
    case SQLITE_CORRUPT:
        return error_set(
            error, TESS_ERR_IO,
            "cannot %s: the catalog %s is damaged (%s); restore it from a copy, or save what is left "
            "with `sqlite3 %s .recover`",
            what, path, words, path);
    case SQLITE_FULL:
        return error_set(error, TESS_ERR_IO, "cannot %s: no space left for the catalog %s", what, path);
    case SQLITE_NOMEM:
        return error_set(error, TESS_ERR_MEMORY, "cannot %s: no memory for the catalog", what);
    case SQLITE_TOOBIG:
        return error_limit(error, "catalog-value-bytes", "cannot %s: the value is too large for the catalog",
                           what);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return error_set(error, TESS_ERR_DENIED,
                         "cannot %s: the catalog %s, or the folder it is in, may not be written", what, path);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        if (errnum != 0)
            return error_errno(error, errnum, "cannot %s in the catalog %s (%s)", what, path, words);
        break;
    default:
        break;
    }
    return error_set(error, TESS_ERR_IO, "cannot %s: catalog %s: %s", what, path, words);
}

/* Runs a statement whose first column is a number. */
static int read_number(sqlite3 *database, const char *sql, const char *parameter, int64_t *number_out)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    if (result == SQLITE_OK && parameter)
        result = sqlite3_bind_text(statement, 1, parameter, -1, SQLITE_STATIC);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        *number_out = sqlite3_column_int64(statement, 0);
        result = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return result;
}

enum tess_status catalog_sqlite_check_version(sqlite3 *database, const char *path, bool *empty_out,
                                              struct tess_error *error)
{
    int64_t version = 0, application = 0, tables = 0;
    /* One read transaction: a process that is creating the tables shows none of it or all. */
    int result = sqlite3_exec(database, "BEGIN", NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = read_number(database, "SELECT count(*) FROM sqlite_master", NULL, &tables);
    if (result == SQLITE_OK)
        result = read_number(database, "PRAGMA user_version", NULL, &version);
    if (result == SQLITE_OK)
        result = read_number(database, "PRAGMA application_id", NULL, &application);
    enum tess_status status =
        result == SQLITE_OK ? TESS_OK : catalog_sqlite_failed(database, path, result, "open", error);
    (void)sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    if (status != TESS_OK)
        return status;
    *empty_out = tables == 0 && version == 0;
    if (*empty_out)
        return TESS_OK;
    if (application != APPLICATION_ID)
        return error_set(error, TESS_ERR_IO,
                         "%s is the database of another program; choose another folder for the store", path);
    if (version != SCHEMA_VERSION)
        return error_set(
            error, TESS_ERR_UNSUPPORTED,
            "the catalog %s has layout %lld, and this tessera knows layout %d: use a newer tessera", path,
            (long long)version, SCHEMA_VERSION);
    return TESS_OK;
}

/* Sleeps a little and tells SQLite to try again, until the limit. Short steps: turns last milliseconds. */
static int wait_for_turn(void *context, int attempt)
{
    struct catalog_connection *connection = context;
    int64_t now_ns = clock_monotonic_ns();
    if (attempt == 0)
        connection->busy_since_ns = now_ns;
    if (now_ns - connection->busy_since_ns > busy_limit_ns)
        return 0;
    /* The clock's low digits keep processes that started together from staying in step. */
    long step_ns = 200000 + (attempt < 20 ? attempt : 20) * 100000L + (long)(now_ns % 300000);
    const struct timespec pause = {.tv_nsec = step_ns};
    (void)nanosleep(&pause, NULL);
    return 1;
}

/*
 * Changing to WAL needs the file for itself, and SQLite does not call the busy handler for that: two
 * processes that meet a new file at once have to wait by hand.
 */
static int switch_to_wal(struct catalog_sqlite *catalog)
{
    int result = SQLITE_BUSY;
    for (int attempt = 0; (result & 0xFF) == SQLITE_BUSY; attempt++) {
        result = sqlite3_exec(catalog->writer.database, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((result & 0xFF) == SQLITE_BUSY && !wait_for_turn(&catalog->writer, attempt))
            break;
    }
    return result;
}

int catalog_sqlite_harden(struct catalog_connection *connection)
{
    sqlite3 *database = connection->database;
    /* A file from anywhere: what its schema says must not run code or write where it should not. */
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_busy_handler(database, wait_for_turn, connection);
    return sqlite3_exec(database, "PRAGMA cell_size_check=ON", NULL, NULL, NULL);
}

enum tess_status catalog_sqlite_configure(struct catalog_sqlite *catalog, struct tess_error *error)
{
    sqlite3 *database = catalog->writer.database;
    bool empty;
    int result = catalog_sqlite_harden(&catalog->writer);
    if (result != SQLITE_OK)
        return catalog_sqlite_failed(database, catalog->path, result, "open", error);
    enum tess_status status = catalog_sqlite_check_version(database, catalog->path, &empty, error);
    if (status != TESS_OK || catalog->read_only)
        return status;
    result = switch_to_wal(catalog);
    if (result == SQLITE_OK)
        result = sqlite3_exec(database, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    return result == SQLITE_OK ? TESS_OK
                               : catalog_sqlite_failed(database, catalog->path, result, "open", error);
}

enum tess_status catalog_sqlite_has_table(sqlite3 *database, const char *path, const char *name,
                                          bool *exists_out, struct tess_error *error)
{
    int64_t count = 0;
    int result = read_number(
        database, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
        name, &count);
    *exists_out = count > 0;
    return result == SQLITE_OK ? TESS_OK : catalog_sqlite_failed(database, path, result, "read", error);
}

/* Runs SQL in which the first %w is the table's name. */
static int run_with_name(sqlite3 *database, const char *sql, const char *table)
{
    char *text = sqlite3_mprintf(sql, table);
    if (!text)
        return SQLITE_NOMEM;
    int result = sqlite3_exec(database, text, NULL, NULL, NULL);
    sqlite3_free(text);
    return result;
}

static int create_tables(struct catalog_sqlite *catalog)
{
    sqlite3 *database = catalog->writer.database;
    int result = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return result;
    result = run_with_name(database,
                           "CREATE TABLE IF NOT EXISTS \"%w\" ("
                           "\"uniqueGridId\" TEXT NOT NULL, \"s3Key\" TEXT NOT NULL, "
                           "\"added_ms\" INTEGER NOT NULL DEFAULT 0, "
                           "PRIMARY KEY (\"uniqueGridId\", \"s3Key\")) WITHOUT ROWID",
                           catalog->grid_table);
    if (result == SQLITE_OK)
        result =
            run_with_name(database,
                          "CREATE TABLE IF NOT EXISTS \"%w\" ("
                          "\"counter-name\" TEXT NOT NULL PRIMARY KEY, "
                          "\"counter-value\" INTEGER NOT NULL CHECK (typeof(\"counter-value\") = 'integer')) "
                          "WITHOUT ROWID",
                          catalog->counter_table);
    if (result == SQLITE_OK) {
        char *marks = sqlite3_mprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID,
                                      SCHEMA_VERSION);
        result = marks ? sqlite3_exec(database, marks, NULL, NULL, NULL) : SQLITE_NOMEM;
        sqlite3_free(marks);
    }
    if (result == SQLITE_OK)
        result = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    if (result != SQLITE_OK && !sqlite3_get_autocommit(database))
        (void)sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

enum tess_status catalog_sqlite_ensure_tables(struct catalog *self, bool *created_out,
                                              struct tess_error *error)
{
    struct catalog_sqlite *catalog = (struct catalog_sqlite *)self;
    bool grids = false, counters = false;
    if (created_out)
        *created_out = false;
    pthread_mutex_lock(&catalog->writer.mutex);
    /* Looking first keeps the ordinary start from taking a writer's turn. */
    enum tess_status status =
        catalog_sqlite_has_table(catalog->writer.database, catalog->path, catalog->grid_table, &grids, error);
    if (status == TESS_OK)
        status = catalog_sqlite_has_table(catalog->writer.database, catalog->path, catalog->counter_table,
                                          &counters, error);
    if (status == TESS_OK && !(grids && counters)) {
        int result = create_tables(catalog);
        if (result != SQLITE_OK)
            status = catalog_sqlite_failed(catalog->writer.database, catalog->path, result,
                                           "create the tables", error);
        else if (created_out)
            *created_out = true;
    }
    pthread_mutex_unlock(&catalog->writer.mutex);
    return status;
}
