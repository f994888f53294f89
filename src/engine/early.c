// SPDX-License-Identifier: MIT
/* See early.h. One thread watches the listing; the work itself is done by the engine's fetchers and workers,
 * no more cells at a time than reads that pay. */
#include "engine/early.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/decode.h"
#include "engine/fetch.h"
#include "engine/montage.h"

enum cell_state { CELL_IDLE, CELL_RUNNING, CELL_DONE, CELL_DROPPED };

struct early_cell {
    struct pool_task task; /* first */
    struct early *early;
    /* its task's, then of whoever took it */
    struct bytes bytes;
    uint64_t bytes_ticket, tile_ticket; /* of BUDGET_EARLY */
    struct picture tile;
    struct tess_error error;
    int64_t fetch_ns, decode_ns;
    bool dropped;
    /* under the lock */
    enum cell_state state;
    struct pool_task *then;
};

struct early {
    struct early_config config;
    uint32_t fetches; /* at once, at most */
    struct source_objects source;
    struct stop stop; /* the caller's reasons and `stopping` */
    char *keys[EARLY_MOST_CELLS];
    char versions[EARLY_MOST_CELLS][OBJECT_VERSION_BYTES];
    struct early_cell cells[EARLY_MOST_CELLS];
    struct plan plan; /* of the keys that had come when it began; immutable from then on */
    struct decode_config decode;
    char (*adopted_versions)[OBJECT_VERSION_BYTES];
    atomic_bool stopping;
    pthread_t watcher;

    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t changed;
    uint32_t offered, kept; /* keys; those of the first EARLY_MOST_CELLS are kept */
    uint32_t next, running; /* the next cell to begin; cells on their way */
    uint32_t allowed;       /* how many may be on their way: as many as there was room for, and growing */
    int64_t last_offer_ns;
    bool listed, begun, closed; /* closed: no further cell is begun */
};

static enum tess_status must_stop(const void *context, struct tess_error *error)
{
    const struct early *early = context;
    if (atomic_load(&early->stopping))
        return error_set(error, TESS_ERR_CANCELLED, "not needed");
    return stop_check(early->config.stop, error);
}

static void fetch_early(struct pool_task *task);

static void begin_cells_locked(struct early *early)
{
    while (early->begun && !early->closed && !atomic_load(&early->stopping) && early->next < early->kept &&
           early->running < early->allowed) {
        struct early_cell *cell = &early->cells[early->next++];
        *cell = (struct early_cell){.task.run = fetch_early, .early = early, .state = CELL_RUNNING};
        early->running++;
        pool_submit(early->config.engine->fetchers, &cell->task, false);
    }
}

/* A cell's end. After this it is the taker's, or nobody's. */
static void finish(struct early_cell *cell)
{
    struct early *early = cell->early;
    pthread_mutex_lock(&early->lock);
    cell->state = cell->dropped ? CELL_DROPPED : CELL_DONE;
    early->running--;
    if (!cell->dropped && early->allowed < early->fetches)
        early->allowed++;
    else if (cell->dropped)
        early->allowed = early->running; /* 0: there is no room at all */
    if (cell->then)
        pool_submit(early->config.engine->workers, cell->then, true);
    begin_cells_locked(early);
    pthread_cond_broadcast(&early->changed);
    pthread_mutex_unlock(&early->lock);
}

static void release(struct early *early, uint64_t *ticket)
{
    if (*ticket)
        budget_release(early->config.engine->budget, BUDGET_EARLY, *ticket);
    *ticket = 0;
}

static void decode_early(struct pool_task *task)
{
    struct early_cell *cell = (struct early_cell *)task;
    struct early *early = cell->early;
    const int64_t begun_ns = clock_monotonic_ns();
    if (!cell->dropped && cell->error.status == TESS_OK)
        cell->error.status = decode_cell(&early->decode, &cell->bytes, &cell->tile, &cell->error);
    /* The pipeline may have more room than was to spare here. */
    cell->dropped =
        cell->dropped || strcmp(cell->error.limit, "memory") == 0 || cell->error.status == TESS_ERR_MEMORY;
    cell->decode_ns = clock_monotonic_ns() - begun_ns;
    bytes_clear(&cell->bytes);
    release(early, &cell->bytes_ticket);
    if (cell->dropped || cell->error.status != TESS_OK) {
        picture_clear(&cell->tile);
        release(early, &cell->tile_ticket);
    }
    finish(cell);
}

static void fetch_early(struct pool_task *task)
{
    struct early_cell *cell = (struct early_cell *)task;
    struct early *early = cell->early;
    struct budget *budget = early->config.engine->budget;
    struct fetch request = {.source = &early->source.source,
                            .index = (size_t)(cell - early->cells),
                            .most_bytes = early->decode.limits->max_input_bytes,
                            .fetches = early->fetches,
                            .budget = budget,
                            .share = BUDGET_EARLY,
                            .stop = &early->stop};
    const uint64_t tile_bytes =
        picture_bytes(early->plan.layout, early->plan.tile_width_px, early->plan.tile_height_px);
    if (!atomic_load(&early->stopping) && budget_try_reserve(budget, BUDGET_EARLY, tile_bytes)) {
        cell->tile_ticket = tile_bytes;
        cell->error.status = fetch_item(&request, &cell->bytes, &cell->bytes_ticket, &cell->error);
        cell->dropped = cell->error.status == TESS_ERR_BUSY || must_stop(early, NULL) != TESS_OK;
    } else {
        cell->dropped = true;
    }
    cell->fetch_ns = request.read_ns;
    cell->task.run = decode_early;
    pool_submit(early->config.engine->workers, &cell->task, false);
}

/* All limits that the keys so far can exceed are checked. */
static void begin_locked(struct early *early)
{
    const struct early_config *config = &early->config;
    early->begun = true;
    if (montage_plan(config->engine, config->options, early->offered, config->format, &early->plan, NULL) !=
        TESS_OK)
        early->closed = true;
    else
        pool_grow(config->engine->fetchers, early->fetches);
    begin_cells_locked(early);
}

/* The watcher: begins once a page has come and the listing goes on. */
static void *watch(void *argument)
{
    struct early *early = argument;
    pthread_mutex_lock(&early->lock);
    while (!early->listed && !early->begun) {
        const int64_t begin_ns = early->last_offer_ns + (int64_t)EARLY_PAUSE_MS * 1000000;
        if (early->offered == 0) {
            pthread_cond_wait(&early->changed, &early->lock);
        } else if (clock_monotonic_ns() >= begin_ns) {
            begin_locked(early);
        } else {
            const struct timespec until = {.tv_sec = begin_ns / 1000000000, .tv_nsec = begin_ns % 1000000000};
            (void)pthread_cond_clockwait(&early->changed, &early->lock, CLOCK_MONOTONIC, &until);
        }
    }
    pthread_mutex_unlock(&early->lock);
    return NULL;
}

struct early *early_create(const struct early_config *config)
{
    struct tess_engine *engine = config->engine;
    struct objects *objects = config->store->backend.objects;
    struct early *early = calloc(1, sizeof *early);
    if (!early)
        return NULL;
    early->config = *config;
    early->fetches = engine->options.fetches ? engine->options.fetches : objects->fetches;
    early->allowed = early->fetches;
    early->stop = (struct stop){must_stop, early};
    early->decode = (struct decode_config){.plan = &early->plan,
                                           .options = config->options,
                                           .limits = &engine->options.limits,
                                           .budget = engine->budget,
                                           .profiles = engine->profiles,
                                           .stop = &early->stop,
                                           .workers = engine->options.threads};
    source_objects_init(&early->source, objects, config->bucket, early->keys, early->versions,
                        &config->store->typical_bytes);
    pthread_mutex_init(&early->lock, NULL);
    pthread_cond_init(&early->changed, NULL);
    if (pthread_create(&early->watcher, NULL, watch, early) == 0)
        return early;
    pthread_cond_destroy(&early->changed);
    pthread_mutex_destroy(&early->lock);
    free(early);
    return NULL;
}

void early_destroy(struct early *early)
{
    if (!early)
        return;
    early_listed(early);
    early_stop(early);
    pthread_mutex_lock(&early->lock);
    while (early->running > 0)
        pthread_cond_wait(&early->changed, &early->lock);
    pthread_mutex_unlock(&early->lock);
    for (uint32_t i = 0; i < early->kept; i++) {
        picture_clear(&early->cells[i].tile);
        release(early, &early->cells[i].tile_ticket);
        free(early->keys[i]);
    }
    pthread_cond_destroy(&early->changed);
    pthread_mutex_destroy(&early->lock);
    free(early);
}

void early_offer(struct early *early, const char *key)
{
    pthread_mutex_lock(&early->lock);
    if (early->kept == early->offered && early->kept < EARLY_MOST_CELLS) {
        early->keys[early->kept] = strdup(key);
        early->kept += early->keys[early->kept] != NULL; /* without memory the cells before it will do */
    }
    early->last_offer_ns = clock_monotonic_ns();
    if (early->offered++ == 0)
        pthread_cond_broadcast(&early->changed);
    begin_cells_locked(early);
    pthread_mutex_unlock(&early->lock);
}

void early_listed(struct early *early)
{
    pthread_mutex_lock(&early->lock);
    const bool first = !early->listed;
    early->listed = true;
    pthread_cond_broadcast(&early->changed);
    pthread_mutex_unlock(&early->lock);
    if (first)
        pthread_join(early->watcher, NULL);
}

void early_adopt(struct early *early, const struct plan *plan, char (*versions)[OBJECT_VERSION_BYTES])
{
    pthread_mutex_lock(&early->lock);
    early->adopted_versions = versions;
    early->closed = true;
    /* A tile's size and layout follow from the options alone; were they not to, no tile fits. */
    if (early->next > 0 &&
        (early->plan.layout != plan->layout || early->plan.tile_width_px != plan->tile_width_px ||
         early->plan.tile_height_px != plan->tile_height_px))
        early->next = 0;
    pthread_mutex_unlock(&early->lock);
}

void early_stop(struct early *early)
{
    if (early)
        atomic_store(&early->stopping, true);
}

bool early_take(struct early *early, uint32_t cell, struct pool_task *then)
{
    if (!early)
        return false;
    pthread_mutex_lock(&early->lock);
    struct early_cell *taken = cell < early->next ? &early->cells[cell] : NULL;
    const bool begun = taken && taken->state != CELL_DROPPED;
    if (begun && taken->state == CELL_DONE)
        pool_submit(early->config.engine->workers, then, true);
    else if (begun)
        taken->then = then;
    pthread_mutex_unlock(&early->lock);
    return begun;
}

struct early_cell_result early_look(struct early *early, uint32_t cell)
{
    const struct early_cell *taken = &early->cells[cell];
    if (!taken->dropped && early->versions[cell][0])
        memcpy(early->adopted_versions[cell], early->versions[cell], OBJECT_VERSION_BYTES);
    return (struct early_cell_result){.dropped = taken->dropped,
                                      .tile = &taken->tile,
                                      .error = &taken->error,
                                      .fetch_ns = taken->fetch_ns,
                                      .decode_ns = taken->decode_ns};
}

void early_give_back(struct early *early, uint32_t cell)
{
    picture_clear(&early->cells[cell].tile);
    release(early, &early->cells[cell].tile_ticket);
}
