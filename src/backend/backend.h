// SPDX-License-Identifier: MIT
/* The one place that chooses concrete backends from a configuration; the engine sees only their vtables. */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include "backend/catalog.h"
#include "backend/objects.h"
#include <tessera/store.h>

struct aws;

struct backend {
    struct objects *objects;
    struct catalog *catalog;
    char *source_bucket, *dest_bucket; /* owned copies, defaults filled in */
    struct aws *aws;                   /* what S3 and DynamoDB are called through; NULL: embedded */
    bool created;                      /* opening found something missing and created it */
};

/*
 * Opens both backends as `config` (NULL: all defaults) says (embedded: creates folders, database, buckets and
 * signing key that are missing; AWS: nothing is asked of a server). All names are checked before anything is
 * created. On failure nothing is left open. backend_close() accepts a zeroed struct.
 */
enum tess_status backend_open(const struct tess_store_config *config, struct backend *backend_out,
                              struct tess_error *error);
void backend_close(struct backend *backend);

/* Creates buckets and tables that are missing, again; *created_out (may be NULL) tells whether any was. */
enum tess_status backend_ensure(struct backend *backend, bool *created_out, struct tess_error *error);

/* What was asked of AWS so far; all 0 where nothing is. Thread-safe. */
void backend_stats(const struct backend *backend, struct tess_store_stats *stats_out);

/*
 * TESS_ERR_INVALID when `path` (which need not exist) lies, through symbolic links, in the data folder of an
 * embedded store or below its objects: of any, asked of the disk, so that one that is not open is protected
 * too. Else TESS_OK, or TESS_ERR_MEMORY.
 */
enum tess_status backend_refuse_own(const char *path, struct tess_error *error);

/* Whether the configuration (not NULL) means S3 and DynamoDB. */
bool backend_is_aws(const struct tess_store_config *config);

/* See tess_store_check(). Changes nothing. */
size_t backend_check(const struct tess_store_config *config,
                     void (*report)(void *context, const struct tess_finding *finding),
                     void (*progress)(void *context, uint64_t rows), void *context);

/* See tess_store_ready(). */
enum tess_status backend_ready(const struct backend *backend, struct tess_error *error);

#endif
