// SPDX-License-Identifier: MIT
/*
 * The catalog: which keys belong to a grid id, and the hit counters, behind a vtable. Implementations:
 * catalog_sqlite.c, catalog_dynamo.c. Operations block, may be called from several threads and processes at
 * once, and what they have acknowledged is durable. Ids and names were checked by the caller
 * (tess_grid_id_check).
 */
#ifndef BACKEND_CATALOG_H
#define BACKEND_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include <tessera/status.h>

struct catalog;

struct catalog_entry {
    const char *key;  /* valid during the callback */
    int64_t added_ms; /* Unix time; 0 where the row does not say (written by an earlier back end) */
};

/* Borrowed for the call. */
struct catalog_list {
    const char *grid_id;
    bool descending; /* the order in which keys are handed out */
    const struct stop *stop;
};

struct catalog_ops {
    void (*destroy)(struct catalog *catalog);
    enum tess_status (*ensure_tables)(struct catalog *catalog, bool *created_out, struct tess_error *error);

    /* Maps a key to a grid id; mapping it twice is harmless. After TESS_ERR_IO, _TIMEOUT, _BUSY and
     * _CANCELLED it may be mapped all the same, after any other failure it is not. */
    enum tess_status (*add)(struct catalog *catalog, const char *grid_id, const char *key, int64_t added_ms,
                            struct tess_error *error);

    /* Every key of the grid id in ascending or descending UTF-8 byte order, as pages arrive; none is no
     * error. `each` returns false to stop. */
    enum tess_status (*list)(struct catalog *catalog, const struct catalog_list *request,
                             bool (*each)(void *context, const struct catalog_entry *entry), void *context,
                             struct tess_error *error);

    /* *removed_out tells whether it was there. */
    enum tess_status (*remove)(struct catalog *catalog, const char *grid_id, const char *key,
                               bool *removed_out, struct tess_error *error);

    /* Unmaps many keys, of which it need not tell which were there. */
    enum tess_status (*remove_many)(struct catalog *catalog, const char *grid_id, const char *const *keys,
                                    size_t count, struct tess_error *error);

    /* Atomic; *value_out is the value after it. TESS_ERR_LIMIT "counter-value" rather than overflow. */
    enum tess_status (*counter_add)(struct catalog *catalog, const char *name, int64_t delta,
                                    int64_t *value_out, struct tess_error *error);
    enum tess_status (*counter_get)(struct catalog *catalog, const char *name, int64_t *value_out,
                                    struct tess_error *error);
    enum tess_status (*counter_set)(struct catalog *catalog, const char *name, int64_t value,
                                    struct tess_error *error);
};

struct catalog {
    const struct catalog_ops *ops;
};

#endif
