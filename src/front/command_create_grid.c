// SPDX-License-Identifier: MIT
/* tessera create-grid: the grid of an id, built or answered from the store. */
#include "front/answer.h"
#include "front/command.h"
#include "front/interrupt.h"
#include "front/json_out.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/progress.h"

static enum exit_status print_plan(const struct settings *settings, struct tess_engine *engine,
                                   struct tess_store *store, const struct tess_grid_request *request)
{
    struct tess_plan_summary plan;
    struct tess_error error = {0};
    char key[TESS_KEY_MAX_BYTES + 1] = "";
    if (tess_grid_plan(engine, store, request, &plan, key, &error) != TESS_OK)
        return message_failure(settings, &error);
    cJSON *json = json_object();
    json_add_text(json, "message", "planned grid");
    json_add_text(json, "grid_id", request->grid_id);
    json_add_text(json, "key", key);
    json_add_plan(json, &plan);
    return print_answer(settings, json, EXIT_GOOD);
}

static enum exit_status build(const struct settings *settings, struct tess_engine *engine,
                              struct tess_store *store, struct tess_grid_request *request)
{
    struct progress progress;
    progress_begin(&progress, settings, "images", 0);
    request->watch = (struct tess_watch){
        .on_progress = progress_on_cells, .context = &progress, .cancel = interrupt_flag()};
    interrupt_install();
    struct tess_answer *answer = NULL;
    struct tess_error error = {0};
    enum tess_status status = tess_grid_create(engine, store, request, &answer, &error);
    progress_end(&progress);
    enum exit_status exit_status;
    if (status != TESS_OK && answer) {
        exit_status = print_cells_failure(settings, &error, answer->result);
    } else if (status != TESS_OK) {
        exit_status = message_failure(settings, &error);
    } else {
        cJSON *json = json_object();
        json_add_grid(json, answer);
        exit_status =
            print_answer(settings, json, answer->result->failed_count ? EXIT_PLACEHOLDERS : EXIT_GOOD);
        message_failed_cells(settings, answer->result, true);
    }
    tess_answer_destroy(answer);
    return exit_status;
}

/* Into the store's own files a grid is not written as well. */
static bool check_overwriting(const struct settings *settings, enum exit_status *status_out)
{
    struct tess_error error;
    if (!settings->output || tess_output_check(settings->output, 1, NULL, 0, &error) == TESS_OK)
        return true;
    *status_out = message_usage(settings, "-o %s: %s", settings->output, error.message);
    return false;
}

enum exit_status command_create_grid(const struct settings *settings)
{
    struct tess_grid_request request;
    tess_grid_request_defaults(&request);
    request.grid_id = settings->operands[0];
    if (tess_is_store_name(request.grid_id))
        request.images = request.grid_id;
    request.options = settings->grid;
    request.output = settings->output;
    enum exit_status status;
    if (!check_grid_id(settings, request.grid_id, &status) || !check_output(settings, &status))
        return status;

    struct tess_engine *engine = NULL;
    struct tess_store *store = NULL;
    if (open_store(settings, &store, &status) && check_overwriting(settings, &status) &&
        open_engine(settings, &engine, &status))
        status = settings->dry_run ? print_plan(settings, engine, store, &request)
                                   : build(settings, engine, store, &request);
    tess_engine_destroy(engine);
    tess_store_close(store);
    return status;
}
