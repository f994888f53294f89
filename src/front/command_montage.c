// SPDX-License-Identifier: MIT
/* tessera montage: files, stored objects and https:// images in, picture out. */
#include <stdlib.h>
#include <string.h>

#include "front/answer.h"
#include "front/command.h"
#include "front/inputs.h"
#include "front/interrupt.h"
#include "front/json_out.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/outputs.h"
#include "front/progress.h"
#include "front/xalloc.h"

static enum exit_status print_plan(const struct settings *settings, const struct tess_plan_summary *plan)
{
    cJSON *json = json_object();
    json_add_text(json, "message", "planned grid");
    json_add_plan(json, plan);
    return print_answer(settings, json, EXIT_GOOD);
}

static bool write_map(const struct settings *settings, const struct tess_result *result)
{
    cJSON *map = json_map(result);
    char *text = json_print(map);
    char *line = xprintf("%s\n", text);
    struct tess_error error = {0};
    const bool good = tess_write_file(settings->map, line, strlen(line), &error) == TESS_OK;
    if (!good)
        message_error(settings, "the map: %s", error.message);
    cJSON_Delete(map);
    free(text);
    free(line);
    return good;
}

static enum exit_status build(const struct settings *settings, struct tess_engine *engine,
                              struct tess_store *store, const struct inputs *inputs)
{
    struct tess_web_options web;
    enum exit_status exit_status;
    if (!web_options(settings, &web, &exit_status))
        return exit_status;
    struct tess_montage montage;
    tess_montage_defaults(&montage);
    montage.options = settings->grid;
    montage.options.order = TESS_ORDER_GIVEN; /* sorted already */
    montage.paths = (const char *const *)inputs->paths;
    montage.path_count = inputs->count;
    montage.store = store;
    montage.web = &web;
    montage.output = settings->output;
    struct progress progress;
    progress_begin(&progress, settings, "images", inputs->count);
    montage.watch = (struct tess_watch){
        .on_progress = progress_on_cells, .context = &progress, .cancel = interrupt_flag()};
    interrupt_install();

    struct tess_result *result = NULL;
    struct tess_error error = {0};
    enum tess_status status = tess_montage_run(engine, &montage, &result, &error);
    progress_end(&progress);
    if (status != TESS_OK && result) {
        exit_status = print_cells_failure(settings, &error, result);
    } else if (status != TESS_OK) {
        exit_status = message_failure(settings, &error);
    } else if (settings->map && !write_map(settings, result)) {
        exit_status = EXIT_FAILED;
    } else {
        cJSON *json = json_object();
        json_add_montage(json, result);
        exit_status = print_answer(settings, json, result->failed_count ? EXIT_PLACEHOLDERS : EXIT_GOOD);
        message_failed_cells(settings, result, true);
    }
    tess_result_destroy(result);
    return exit_status;
}

/* All limits and what may be overwritten first; nothing has been read but lists. */
static enum exit_status plan_and_build(const struct settings *settings, struct tess_engine *engine,
                                       struct tess_store *store, const struct inputs *inputs)
{
    struct tess_plan_summary plan;
    struct tess_error error = {0};
    if (tess_plan_summarise(engine, &settings->grid, inputs->count, settings->output, &plan, &error) !=
        TESS_OK)
        return message_failure(settings, &error);
    if (!outputs_check(settings, inputs, plan.pages))
        return EXIT_USAGE;
    return settings->dry_run ? print_plan(settings, &plan) : build(settings, engine, store, inputs);
}

enum exit_status command_montage(const struct settings *settings)
{
    if (!settings->output && !settings->dry_run)
        return message_usage(settings, "where to? Name the picture to write: -o grid.jpg");
    enum exit_status status;
    if (!check_output(settings, &status))
        return status;
    if (settings->map && settings->dry_run)
        return message_usage(settings, "--map needs the picture to be built, --dry-run builds none");
    struct inputs inputs;
    struct tess_store *store = NULL;
    if (!inputs_read(&inputs, settings, &store, &status))
        return status;
    inputs_sort(&inputs, settings->grid.order);
    struct tess_engine *engine = NULL;
    if (open_engine(settings, &engine, &status))
        status = plan_and_build(settings, engine, store, &inputs);
    tess_engine_destroy(engine);
    tess_store_close(store);
    inputs_clear(&inputs);
    return status;
}
