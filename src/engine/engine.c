// SPDX-License-Identifier: MIT
/* The engine's life: its defaults come from the machine, its threads start here and nowhere else. */
#include <stdlib.h>

#include "base/error.h"
#include "base/machine_limits.h"
#include "engine/engine_state.h"

enum { MAX_THREADS = 256, MAX_FETCHES = 512, LOCAL_FETCHES = 2 };

static const uint64_t LEAST_MEMORY_BYTES = 16 << 20;

void tess_machine_read(struct tess_machine *machine_out)
{
    struct machine machine;
    machine_read("", &machine);
    *machine_out = (struct tess_machine){machine.cores, machine.memory_bytes};
}

/* Where they were left open: as many workers as there are cores, and half of the memory. The other half is
 * for the program itself, its libraries and what they hold beside pixels. */
static void fill_defaults(struct tess_engine_options *options)
{
    struct machine machine;
    if (options->threads > 0 && options->memory_bytes > 0)
        return;
    machine_read("", &machine);
    if (options->threads == 0)
        options->threads = machine.cores < MAX_THREADS ? machine.cores : MAX_THREADS;
    if (options->memory_bytes == 0)
        options->memory_bytes =
            machine.memory_bytes / 2 > LEAST_MEMORY_BYTES ? machine.memory_bytes / 2 : LEAST_MEMORY_BYTES;
}

void tess_engine_options_defaults(struct tess_engine_options *options)
{
    *options = (struct tess_engine_options){0};
    tess_limits_defaults(&options->limits);
}

static enum tess_status check_options(const struct tess_engine_options *options, struct tess_error *error)
{
    if (options->threads > MAX_THREADS)
        return error_limit(error, "threads", "%u threads are more than the limit threads of %d",
                           options->threads, MAX_THREADS);
    if (options->fetches > MAX_FETCHES)
        return error_limit(error, "fetches", "%u fetches at once are more than the limit fetches of %d",
                           options->fetches, MAX_FETCHES);
    if (options->memory_bytes > 0 && options->memory_bytes < LEAST_MEMORY_BYTES)
        return error_limit(error, "memory", "a memory budget of %llu bytes is below the least, 16 MiB",
                           (unsigned long long)options->memory_bytes);
    return TESS_OK;
}

enum tess_status tess_engine_create(const struct tess_engine_options *options,
                                    struct tess_engine **engine_out, struct tess_error *error)
{
    struct tess_engine_options chosen;
    tess_engine_options_defaults(&chosen);
    if (options)
        chosen = *options;
    *engine_out = NULL;
    enum tess_status status = check_options(&chosen, error);
    if (status != TESS_OK)
        return status;
    fill_defaults(&chosen);

    struct tess_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return error_set(error, TESS_ERR_MEMORY, "no memory for an engine");
    engine->options = chosen;
    engine->budget = budget_create(chosen.memory_bytes);
    engine->profiles = colour_profiles_create();
    engine->workers = pool_create(chosen.threads);
    engine->fetchers = pool_create(chosen.fetches ? chosen.fetches : LOCAL_FETCHES);
    if (!engine->budget || !engine->profiles || !engine->workers || !engine->fetchers) {
        tess_engine_destroy(engine);
        return error_set(error, TESS_ERR_MEMORY, "no memory or threads for an engine of %u threads",
                         chosen.threads);
    }
    *engine_out = engine;
    return TESS_OK;
}

void tess_engine_destroy(struct tess_engine *engine)
{
    if (!engine)
        return;
    pool_destroy(engine->fetchers); /* first: fetch tasks hand over to the workers */
    pool_destroy(engine->workers);
    colour_profiles_destroy(engine->profiles);
    budget_destroy(engine->budget);
    free(engine);
}

void tess_engine_stats(struct tess_engine *engine, struct tess_engine_stats *stats_out)
{
    *stats_out = (struct tess_engine_stats){.memory_budget_bytes = engine->options.memory_bytes,
                                            .memory_used_bytes = budget_used_bytes(engine->budget),
                                            .memory_peak_bytes = budget_peak_bytes(engine->budget),
                                            .threads = pool_threads(engine->workers),
                                            .fetches = pool_threads(engine->fetchers)};
}
