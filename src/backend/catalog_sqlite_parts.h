// SPDX-License-Identifier: MIT
/* What the files of catalog_sqlite share, and nobody else includes. */
#ifndef BACKEND_CATALOG_SQLITE_PARTS_H
#define BACKEND_CATALOG_SQLITE_PARTS_H

#include <pthread.h>

#include <sqlite3.h>

#include "backend/catalog.h"
#include "backend/catalog_sqlite.h"

enum catalog_statement {
    STATEMENT_ADD,
    STATEMENT_LIST,
    STATEMENT_REMOVE,
    STATEMENT_COUNTER_ADD,
    STATEMENT_COUNTER_GET,
    STATEMENT_COUNTER_SET,
    STATEMENT_COUNT
};

struct catalog_sqlite {
    struct catalog base;
    /* immutable */
    char *path, *grid_table, *counter_table;
    /* under the mutex */
    pthread_mutex_t mutex;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use */
    int64_t busy_since_ns;
};

/* A status and words for an SQLite result code. Needs the mutex for the database's own words. */
enum tess_status catalog_sqlite_failed(sqlite3 *database, const char *path, int result, const char *what,
                                       struct tess_error *error);

/* Is it a catalog of a version that we know? *empty_out: there is nothing in it yet. Read only. */
enum tess_status catalog_sqlite_check_version(sqlite3 *database, const char *path, bool *empty_out,
                                              struct tess_error *error);

/* Does a table of this name exist? */
enum tess_status catalog_sqlite_has_table(sqlite3 *database, const char *path, const char *name,
                                          bool *exists_out, struct tess_error *error);

/* ops->ensure_tables. */
enum tess_status catalog_sqlite_ensure_tables(struct catalog *catalog, bool *created_out,
                                              struct tess_error *error);

/* WAL, synchronous=FULL and the switches that a file from anywhere needs. */
enum tess_status catalog_sqlite_configure(struct catalog_sqlite *catalog, struct tess_error *error);

enum tess_status table_names_check(const char *grid_table, const char *counter_table,
                                   struct tess_error *error);

#endif
