// SPDX-License-Identifier: MIT
/*
 * The catalog in one SQLite file, for one machine.
 *
 *     "GridBuilder"   ("uniqueGridId" TEXT, "s3Key" TEXT, "added_ms" INTEGER, PRIMARY KEY ("uniqueGridId",
 * "s3Key")) "hit-counters"  ("counter-name" TEXT PRIMARY KEY, "counter-value" INTEGER)
 *
 * Tables and columns are named as in DynamoDB. Text compares byte by byte.
 *
 * Processes. The file is in WAL mode: readers never wait, writers take turns, and one that waits longer than
 * 15 s gives up with TESS_ERR_BUSY. Every change is one statement or begins with BEGIN IMMEDIATE, so that
 * none finds out in the middle that another was first. synchronous=FULL: a change that was acknowledged has
 * been synced to the disk.
 *
 * Threads. One connection that writes and one that reads, each with its mutex and its prepared statements.
 * SQLite has one writer for the whole file anyway, so more of them would only move the waiting; but a read
 * never waits for the sync of a change, and begins a transaction of its own that sees all that was
 * acknowledged before. Changes of several threads that come in while the disk
 * syncs are committed together (see catalog_sqlite_write.c): each costs a sync alone, and many at once still
 * cost one. Listing reads pages of rows under the reader's mutex and hands them out without it: no
 * transaction stays open over a callback, which may use the catalog itself.
 *
 * A connection does not survive fork(): a child opens its own.
 */
#ifndef BACKEND_CATALOG_SQLITE_H
#define BACKEND_CATALOG_SQLITE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/catalog.h"

/*
 * Opens the catalog file, creating an empty one that is missing; call ops->ensure_tables() before anything
 * else. One that may be read only is read without a trace beside it, and changing it is TESS_ERR_DENIED. One
 * that is removed or replaced while it is open answers TESS_ERR_BUSY until it is back. Errors:
 * TESS_ERR_INVALID (a table's name), TESS_ERR_UNSUPPORTED (written by a newer tessera), TESS_ERR_IO (damaged,
 * or no catalog), TESS_ERR_DENIED, TESS_ERR_BUSY, TESS_ERR_MEMORY.
 */
enum tess_status catalog_sqlite_open(const char *path, const char *grid_table, const char *counter_table,
                                     struct catalog **catalog_out, struct tess_error *error);

/*
 * Looks at a catalog without changing it or leaving files beside it: is it one, of a version we know, whole
 * (quick_check), with both tables? Errors as above; TESS_ERR_NOT_FOUND when the file or a table is missing.
 */
enum tess_status catalog_sqlite_inspect(const char *path, const char *grid_table, const char *counter_table,
                                        struct tess_error *error);

/* Every row of a catalog that is looked at as above, a grid's rows together. `each` returns false to stop. */
enum tess_status catalog_sqlite_scan(const char *path, const char *grid_table,
                                     bool (*each)(void *context, const char *grid_id, const char *key),
                                     void *context, struct tess_error *error);

/* DynamoDB's rules: 3 to 255 of A-Z a-z 0-9 _ . -; and not SQLite's own "sqlite_…". TESS_ERR_INVALID. */
enum tess_status table_name_check(const char *name, struct tess_error *error);

/* Of both, which must not be the same. TESS_ERR_INVALID. */
enum tess_status table_names_check(const char *grid_table, const char *counter_table,
                                   struct tess_error *error);

#endif
