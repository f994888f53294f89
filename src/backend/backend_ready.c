// SPDX-License-Identifier: MIT
/*
 * Is the store able to serve? Both buckets and both tables are asked for what nobody has. A permission that
 * is not given is no reason to say no: a function that only counts hits may not look at buckets. But where
 * none of them may be looked at, nothing can be served.
 */
#include <stdint.h>
#include <string.h>

#include "backend/backend.h"
#include "base/parallel.h"

enum { LOOKS = 4 };

static const char nobody[] = "tessera-readiness";

struct looking {
    const struct backend *backend;
    enum tess_status statuses[LOOKS];
    struct tess_error errors[LOOKS];
};

static bool ignore_entry(void *context, const struct catalog_entry *entry)
{
    (void)context;
    (void)entry;
    return false;
}

static enum tess_status look_at_grids(struct catalog *catalog, struct tess_error *error)
{
    const struct catalog_list request = {.grid_id = nobody};
    return catalog->ops->list(catalog, &request, ignore_entry, NULL, error);
}

static enum tess_status look_at_counters(struct catalog *catalog, struct tess_error *error)
{
    int64_t value;
    return catalog->ops->counter_get(catalog, nobody, &value, error);
}

/* One who only counts hits names no buckets. */
static enum tess_status look_at_bucket(const struct backend *backend, const char *bucket,
                                       struct tess_error *error)
{
    return bucket[0] ? objects_check_bucket(backend->objects, bucket, nobody, error) : TESS_OK;
}

/* All turns run to their end; what came of each is kept. */
static enum tess_status look(void *context, size_t turn, struct tess_error *error)
{
    struct looking *looking = context;
    const struct backend *backend = looking->backend;
    struct tess_error *words = &looking->errors[turn];
    (void)error;
    looking->statuses[turn] = turn == 0   ? look_at_grids(backend->catalog, words)
                              : turn == 1 ? look_at_counters(backend->catalog, words)
                              : turn == 2 ? look_at_bucket(backend, backend->source_bucket, words)
                                          : look_at_bucket(backend, backend->dest_bucket, words);
    return TESS_OK;
}

enum tess_status backend_ready(const struct backend *backend, struct tess_error *error)
{
    struct looking looking = {.backend = backend};
    (void)parallel_for(LOOKS, backend->objects->remote ? LOOKS : 1, look, &looking, NULL);
    size_t good = 0, worst = LOOKS;
    for (size_t i = 0; i < LOOKS; i++) {
        const enum tess_status status = looking.statuses[i];
        good += status == TESS_OK && (i < 2 || (i == 2 ? backend->source_bucket : backend->dest_bucket)[0]);
        if (status != TESS_OK && (worst == LOOKS || looking.statuses[worst] == TESS_ERR_DENIED))
            worst = i;
    }
    if (worst == LOOKS || (looking.statuses[worst] == TESS_ERR_DENIED && good > 0))
        return TESS_OK;
    if (error)
        *error = looking.errors[worst];
    return looking.statuses[worst];
}
