// SPDX-License-Identifier: MIT
/*
 * The store: which images belong to a grid id, where their bytes and the finished grids are, and the hit
 * counters.
 *
 * Without configuration it is embedded: files below DIR/objects/<bucket>/ and a SQLite catalog
 * DIR/catalog.db, safe with several processes at once. With buckets named it is S3 (or anything that speaks
 * its protocol) and DynamoDB. A store may be used from any number of threads at once.
 */
#ifndef TESSERA_STORE_H
#define TESSERA_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/engine.h>
#include <tessera/options.h>
#include <tessera/status.h>

struct tess_store;

enum tess_store_kind {
    TESS_STORE_AUTO, /* AWS when a bucket and no data_dir is named, else embedded */
    TESS_STORE_EMBEDDED,
    TESS_STORE_AWS /* S3 and DynamoDB */
};

/*
 * Where things are. Strings are borrowed for the call to tess_store_open() only. NULL or "" means the
 * default; for what AWS needs that is what every AWS tool finds in the environment (AWS_REGION, AWS_PROFILE,
 * AWS_ENDPOINT_URL_S3, …) and in ~/.aws, which tess_store_open() reads.
 */
struct tess_store_config {
    enum tess_store_kind kind;
    const char *data_dir;        /* embedded: "./tessera-data" */
    const char *source_bucket;   /* embedded: "images"; AWS: has to be named to use images */
    const char *dest_bucket;     /* embedded: "grids"; AWS: has to be named to use grids */
    const char *grid_table;      /* "GridBuilder" */
    const char *counter_table;   /* "hit-counters" */
    const char *link_base;       /* embedded: start of presigned links, "http://127.0.0.1:8080" */
    const char *region;          /* AWS */
    const char *profile;         /* AWS: section of ~/.aws/config and ~/.aws/credentials */
    const char *endpoint_url;    /* AWS: of all services, for servers that are not AWS's own */
    uint32_t connect_timeout_ms; /* AWS: 0: 5 s */
    uint32_t read_timeout_ms;    /* AWS: longest time without progress, 0: 10 s */
    /* AWS: set it non-zero as that of struct tess_watch, and calls that take no watch end with
     * TESS_ERR_CANCELLED instead of waiting for a server; clearing up what they left takes seconds at most.
     * Borrowed until the store is closed; NULL: they wait. */
    const volatile int *cancel;
};

/*
 * Opens the store, creating an embedded one that is missing; nothing is asked of a server yet. On success
 * *store_out is the caller's, for tess_store_close(). Errors: TESS_ERR_INVALID (a name, a setting),
 * TESS_ERR_SETUP (no region), TESS_ERR_IO, TESS_ERR_DENIED, TESS_ERR_UNSUPPORTED (AWS without libcurl),
 * TESS_ERR_MEMORY.
 *
 * An embedded store that may be read and not written (another user's, a read-only disk) opens all the same:
 * what would change it is TESS_ERR_DENIED.
 */
TESS_API enum tess_status tess_store_open(const struct tess_store_config *config,
                                          struct tess_store **store_out, struct tess_error *error);
TESS_API void tess_store_close(struct tess_store *store);

/* Whether the store is asked over a network: then every call waits for round trips. Thread-safe. */
TESS_API bool tess_store_is_remote(const struct tess_store *store);

/* What a remote store cost so far; all 0 for an embedded one. */
struct tess_store_stats {
    uint64_t calls;    /* of AWS services */
    uint64_t retries;  /* attempts beyond the first of each */
    uint64_t failures; /* calls that failed after all */
};

/* Thread-safe. */
TESS_API void tess_store_stats(const struct tess_store *store, struct tess_store_stats *stats_out);

/*
 * Creates what is missing: buckets, tables, signing key. Doing it twice is harmless. `created_out` (may be
 * NULL) tells whether anything was. tess_store_open() does the same for an embedded store.
 */
TESS_API enum tess_status tess_store_init(struct tess_store *store, bool *created_out,
                                          struct tess_error *error);

/*
 * Is all there that requests need: both buckets and both tables? Asks each of them once; changes nothing.
 * TESS_ERR_SETUP and TESS_ERR_DENIED say what is missing, others that it cannot be reached now. Thread-safe.
 */
TESS_API enum tess_status tess_store_ready(struct tess_store *store, struct tess_error *error);

enum { TESS_KEY_MAX_BYTES = 1024, TESS_GRID_ID_MAX_BYTES = 2048 };

/*
 * Grid ids are 1 to 2048 bytes of UTF-8 without control characters; anything else in them is allowed, "/" and
 * ".." too. TESS_ERR_INVALID or TESS_ERR_LIMIT ("grid-id-bytes") otherwise. Pure.
 */
TESS_API enum tess_status tess_grid_id_check(const char *grid_id, size_t length, struct tess_error *error);

/*
 * Stores one image and maps it to the grid id. When this returns TESS_OK both are durable. The bytes are
 * stored as they are; they must begin like an image of a known kind (TESS_ERR_NOT_IMAGE) and be within
 * `max_bytes` (TESS_ERR_LIMIT). `bytes` is borrowed. The new key, random and ending in ".jpg" or the like, is
 * written to `key_out`.
 */
TESS_API enum tess_status tess_store_add(struct tess_store *store, const char *grid_id, const uint8_t *bytes,
                                         size_t size_bytes, uint64_t max_bytes,
                                         char key_out[TESS_KEY_MAX_BYTES + 1], struct tess_error *error);

/*
 * As tess_store_add(), with its place in TESS_ORDER_ADDED chosen beforehand by tess_store_next_added_ms():
 * images that several threads add at once keep the order in which their places were taken.
 */
TESS_API enum tess_status tess_store_add_at(struct tess_store *store, const char *grid_id, int64_t added_ms,
                                            const uint8_t *bytes, size_t size_bytes, uint64_t max_bytes,
                                            char key_out[TESS_KEY_MAX_BYTES + 1], struct tess_error *error);

/* Unix time in milliseconds, later than that of any image that was added through this store before.
 * Thread-safe. */
TESS_API int64_t tess_store_next_added_ms(struct tess_store *store);

/* A list of keys, freed whole by tess_keys_clear(). */
struct tess_keys {
    size_t count;
    char **keys; /* each a NUL-terminated string */
};
TESS_API void tess_keys_clear(struct tess_keys *keys);

/*
 * The keys mapped to a grid id, in `order` (DEFAULT: key-desc; GIVEN counts as DEFAULT). An unknown grid id
 * gives TESS_ERR_NOT_FOUND. On success *keys_out is the caller's; on failure it is empty.
 */
TESS_API enum tess_status tess_store_list(struct tess_store *store, const char *grid_id,
                                          enum tess_order order, struct tess_keys *keys_out,
                                          struct tess_error *error);

/*
 * The images that "s3://BUCKET", "s3://BUCKET/PREFIX" or "s3://BUCKET/KEY" stands for, in any store, as full
 * names ("s3://BUCKET/KEY") in ascending byte order of their keys. An object of exactly that key stands for
 * itself alone. Otherwise all objects are meant whose key begins with the prefix, but for those whose ending
 * says that they are no images ("a/notes.txt"; without an ending they are taken for images) and for "folders"
 * ("a/b/"). `cancel` is as in tess_watch. Errors: TESS_ERR_INVALID (not such a name), TESS_ERR_NOT_FOUND
 * (nothing there), TESS_ERR_SETUP (no bucket), TESS_ERR_LIMIT ("max-cells": more than `most`), and what the
 * store says. On success *names_out is the caller's; on failure it is empty. Thread-safe.
 */
TESS_API enum tess_status tess_store_find(struct tess_store *store, const char *name, size_t most,
                                          const volatile int *cancel, struct tess_keys *names_out,
                                          struct tess_error *error);

/* Whether it begins like a name for tess_store_find(): "s3://". Pure. */
TESS_API bool tess_is_store_name(const char *text);

/*
 * Unmaps and deletes the named images, or with key_count 0 the whole grid. Names that are not mapped are
 * skipped. `removed_out` (may be NULL) counts. TESS_ERR_NOT_FOUND when nothing was there.
 */
TESS_API enum tess_status tess_store_remove(struct tess_store *store, const char *grid_id,
                                            const char *const *keys, size_t key_count, size_t *removed_out,
                                            struct tess_error *error);

/* A grid asked of the store. */
struct tess_grid_request {
    const char *grid_id; /* borrowed for the call */
    /* Instead of the images mapped to the grid id: those that this stands for ("s3://BUCKET/PREFIX", see
     * tess_store_find()). The grid id then only takes part in the stored grid's name. NULL: the mapped ones.
     * Borrowed. */
    const char *images;
    /* Instead of all images mapped to the grid id: these of them, in this order (options.order is not looked
     * at). Each must be mapped (TESS_ERR_NOT_FOUND names one that is not) and be there once
     * (TESS_ERR_INVALID). Not together with `images`. NULL: all. Borrowed. */
    const char *const *keys;
    size_t key_count;
    struct tess_grid_options options;
    const char *output; /* also save the picture here; NULL: do not */
    /* Embedded: where the link begins, as link_base of struct tess_store_config; NULL: as the store was
     * opened. For a server that is known by more than one name. Borrowed. */
    const char *link_base;
    struct tess_watch watch;
};
TESS_API void tess_grid_request_defaults(struct tess_grid_request *request);

/* The answer; freed whole by tess_answer_destroy(). */
struct tess_answer {
    const char *grid_id;
    const char *key; /* of the stored grid, in the destination bucket */
    const char *presigned_url;
    int64_t expires_at_s; /* Unix time */
    bool cached;          /* answered from the store without building */
    const struct tess_result
        *result; /* of a cached grid: geometry and failed cells as they were stored with it */
};
TESS_API void tess_answer_destroy(struct tess_answer *answer);

/*
 * Builds the grid of request->grid_id, stores it under a key derived from its content and options, and
 * presigns a link. An unchanged grid is answered from the store (unless options.fresh). Errors as
 * tess_montage_run(), TESS_ERR_NOT_FOUND for a grid id without images, and TESS_ERR_SETUP for a bucket that
 * is missing. On failure nothing is stored; where it is cells that failed the job *answer_out is the caller's
 * all the same and lists them (key and link are ""). Blocks. Thread-safe.
 */
TESS_API enum tess_status tess_grid_create(struct tess_engine *engine, struct tess_store *store,
                                           const struct tess_grid_request *request,
                                           struct tess_answer **answer_out, struct tess_error *error);

/*
 * The plan and key of a grid without building it (the catalog is asked, no pixel is read). `key_out` receives
 * the key that tess_grid_create() would store under.
 */
TESS_API enum tess_status tess_grid_plan(struct tess_engine *engine, struct tess_store *store,
                                         const struct tess_grid_request *request,
                                         struct tess_plan_summary *summary_out,
                                         char key_out[TESS_KEY_MAX_BYTES + 1], struct tess_error *error);

/* What a counter may be called: 1 to 2048 bytes of UTF-8 without control characters. TESS_ERR_INVALID or
 * TESS_ERR_LIMIT
 * ("counter-name-bytes") otherwise. Pure. */
TESS_API enum tess_status tess_counter_name_check(const char *name, size_t length, struct tess_error *error);

/*
 * Hit counters. Names are 1 to 2048 bytes of UTF-8 without control characters. `hit` adds one, atomically
 * over threads and processes, and is durable when it returns; `get` of an unknown counter gives 0; values
 * stay within int64 (TESS_ERR_LIMIT).
 */
TESS_API enum tess_status tess_counter_hit(struct tess_store *store, const char *name, int64_t *value_out,
                                           struct tess_error *error);
TESS_API enum tess_status tess_counter_get(struct tess_store *store, const char *name, int64_t *value_out,
                                           struct tess_error *error);
TESS_API enum tess_status tess_counter_set(struct tess_store *store, const char *name, int64_t value,
                                           struct tess_error *error);

/* One finding of tess_store_check(). Strings are valid during the callback only. */
struct tess_finding {
    bool good;
    const char *subject; /* "catalog", "bucket images", "signing key" */
    const char *detail;  /* what was found */
    const char *advice;  /* what to do; "" when good */
};

/*
 * Examines a configuration without changing anything; reports each thing looked at. Last, every row of the
 * catalog is compared with the source bucket, in portions: `progress` (may be NULL) is told after each how
 * many rows have been looked at. config->cancel ends that. Returns the number of bad findings.
 */
TESS_API size_t tess_store_check(const struct tess_store_config *config,
                                 void (*report)(void *context, const struct tess_finding *finding),
                                 void (*progress)(void *context, uint64_t rows), void *context);

#endif
