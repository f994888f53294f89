// SPDX-License-Identifier: MIT
/* What `tessera doctor` finds, on its way to who asked; backend_check.c and backend_check_aws.c. */
#ifndef BACKEND_BACKEND_FINDING_H
#define BACKEND_BACKEND_FINDING_H

#include <tessera/store.h>

struct findings {
    void (*report)(void *context, const struct tess_finding *finding);
    void (*progress)(void *context, uint64_t rows); /* NULL: nobody asks */
    void *context;
    size_t bad;
};

/* Reports one thing that was looked at. `advice` is what to do, NULL when all is good; the format is what was
 * found. */
void finding_tell(struct findings *findings, const char *subject, const char *advice, const char *format, ...)
    TESS_PRINTF(4, 5);

struct objects;

/*
 * Compares the rows of a catalog with the bucket, in portions: rows_begin(), rows_add() for each, rows_end(),
 * which reports. Of an object that is missing there is a finding that says how to unmap it; of the first few
 * only, as a bucket that was emptied misses all.
 */
struct rows {
    struct findings *findings;
    struct objects *objects; /* borrowed, as is the bucket */
    const char *bucket;
    struct row_portion *portion;
    uint64_t seen, missing;
    struct tess_error trouble; /* why the looking ended; TESS_OK: it did not */
};
void rows_begin(struct rows *rows, struct findings *findings, struct objects *objects, const char *bucket);
bool rows_add(void *rows, const char *grid_id, const char *key); /* false: no more of them */
void rows_end(struct rows *rows, enum tess_status listed, const struct tess_error *error);

/* Examines S3 and DynamoDB as `config` says. Nothing is created or changed there. */
void backend_check_aws(struct findings *findings, const struct tess_store_config *config);

#endif
