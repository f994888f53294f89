// SPDX-License-Identifier: MIT
/* What the files of catalog_sqlite share, and nobody else includes. */
#ifndef BACKEND_CATALOG_SQLITE_PARTS_H
#define BACKEND_CATALOG_SQLITE_PARTS_H

#include <pthread.h>
#include <sys/types.h>

#include <sqlite3.h>

#include "backend/catalog.h"
#include "backend/catalog_sqlite.h"

enum catalog_statement {
    STATEMENT_ADD,
    STATEMENT_LIST,
    STATEMENT_LIST_DOWN,
    STATEMENT_REMOVE,
    STATEMENT_COUNTER_ADD,
    STATEMENT_COUNTER_GET,
    STATEMENT_COUNTER_SET,
    STATEMENT_COUNT
};

struct catalog_change;

struct catalog_connection {
    pthread_mutex_t mutex; /* over all that follows */
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use */
    int64_t busy_since_ns;
};

struct catalog_sqlite {
    struct catalog base;
    /* immutable */
    char *path, *grid_table, *counter_table;
    dev_t device; /* of the file that is open */
    ino_t inode;
    bool read_only; /* neither it nor its folder may be written */
    struct catalog_connection writer;
    struct catalog_connection reader; /* opened by the first read */
    /* under queue_mutex, which is never held while waiting for the other one */
    pthread_mutex_t queue_mutex;
    pthread_cond_t queue_moved;
    struct catalog_change *queue, **queue_end; /* changes that wait for a leader, oldest first */
    bool has_leader;
};

/* A status and words for an SQLite result code. Needs the connection's mutex for the database's own words. */
enum tess_status catalog_sqlite_failed(sqlite3 *database, const char *path, int result, const char *what,
                                       struct tess_error *error);

/*
 * Is the file that is open another than the one of its name? SQLite goes on with a file that was removed or
 * replaced, and what it acknowledges then is lost.
 */
bool catalog_sqlite_has_moved(const struct catalog_sqlite *catalog);
/* TESS_ERR_BUSY: the file may come back, and is then used again. */
enum tess_status catalog_sqlite_moved(const char *path, const char *what, struct tess_error *error);

/* For reading, without creating or changing a file. *database_out is the caller's to close, also on failure.
 */
int catalog_sqlite_open_without_traces(const char *path, sqlite3 **database_out);

/* The prepared statement. Needs the connection's mutex. */
int catalog_sqlite_statement(const struct catalog_sqlite *catalog, struct catalog_connection *connection,
                             enum catalog_statement which, sqlite3_stmt **statement_out);

/* Puts a failure in words and resets the statement. Needs the connection's mutex. */
enum tess_status catalog_sqlite_end(const struct catalog_sqlite *catalog,
                                    struct catalog_connection *connection, enum catalog_statement which,
                                    int result, const char *what, struct tess_error *error);

/* Is it a catalog of a version that we know? *empty_out: there is nothing in it yet. Read only. */
enum tess_status catalog_sqlite_check_version(sqlite3 *database, const char *path, bool *empty_out,
                                              struct tess_error *error);

/* Does a table of this name exist? */
enum tess_status catalog_sqlite_has_table(sqlite3 *database, const char *path, const char *name,
                                          bool *exists_out, struct tess_error *error);

/* Entries of the vtable; see catalog.h. */
enum tess_status catalog_sqlite_add(struct catalog *catalog, const char *grid_id, const char *key,
                                    int64_t added_ms, struct tess_error *error);
enum tess_status catalog_sqlite_remove(struct catalog *catalog, const char *grid_id, const char *key,
                                       bool *removed_out, struct tess_error *error);
enum tess_status catalog_sqlite_remove_many(struct catalog *catalog, const char *grid_id,
                                            const char *const *keys, size_t count, struct tess_error *error);
enum tess_status catalog_sqlite_counter_add(struct catalog *catalog, const char *name, int64_t delta,
                                            int64_t *value_out, struct tess_error *error);
enum tess_status catalog_sqlite_counter_set(struct catalog *catalog, const char *name, int64_t value,
                                            struct tess_error *error);
enum tess_status catalog_sqlite_ensure_tables(struct catalog *self, bool *created_out,
                                              struct tess_error *error);

/* The switches that a file from anywhere needs, and turns that are waited for. */
int catalog_sqlite_harden(struct catalog_connection *connection);

/* For the writer: WAL, synchronous=FULL and the switches that a file from anywhere needs. */
enum tess_status catalog_sqlite_configure(struct catalog_sqlite *catalog, struct tess_error *error);

#endif
