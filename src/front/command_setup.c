// SPDX-License-Identifier: MIT
/* tessera init and doctor: make the store, examine it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/answer.h"
#include "front/command.h"
#include "front/json_out.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/progress.h"
#include "front/safe_text.h"
#include "front/xalloc.h"

enum exit_status command_init(const struct settings *settings)
{
    struct tess_store *store = NULL;
    struct tess_error error = {0};
    bool created = false;
    enum exit_status exit_status;
    if (!open_store(settings, &store, &exit_status))
        return exit_status;
    enum tess_status status = tess_store_init(store, &created, &error);
    tess_store_close(store);
    if (status != TESS_OK) {
        (void)message_failure(settings, &error);
        message_advice(settings, "tessera doctor looks for the cause");
        return EXIT_FAILED;
    }
    cJSON *json = json_object();
    json_add_text(json, "message", "store ready");
    json_add_flag(json, "created", created);
    return print_answer(settings, json, EXIT_GOOD);
}

struct examination {
    const struct settings *settings;
    cJSON *findings;
    bool colour;
    struct progress progress;
};

/* For people, on stderr, while it happens; the same as JSON goes to stdout at the end. */
static void show_finding(const struct examination *examination, const struct tess_finding *finding)
{
    if (examination->settings->json_log || (examination->settings->quiet && finding->good))
        return;
    char *subject = text_for_terminal(finding->subject), *detail = text_for_terminal(finding->detail);
    char *advice = text_for_terminal(finding->advice);
    const char *colour = !examination->colour ? "" : finding->good ? "\x1b[32m" : "\x1b[31m";
    (void)fprintf(stderr, "%s%-4s%s  %-20s %s\n", colour, finding->good ? "ok" : "bad",
                  examination->colour ? "\x1b[0m" : "", subject, detail);
    if (advice[0] != '\0')
        (void)fprintf(stderr, "      to fix it: %s\n", advice);
    free(subject);
    free(detail);
    free(advice);
}

static void on_finding(void *context, const struct tess_finding *finding)
{
    struct examination *examination = context;
    progress_hide(&examination->progress);
    show_finding(examination, finding);
    cJSON *item = json_object();
    json_add_text(item, "subject", finding->subject);
    json_add_flag(item, "good", finding->good);
    json_add_text(item, "detail", finding->detail);
    json_add_text(item, "advice", finding->advice);
    (void)cJSON_AddItemToArray(examination->findings, item);
}

static void on_rows(void *context, uint64_t rows)
{
    struct examination *examination = context;
    progress_update(&examination->progress, (struct progress_counts){.done = rows});
}

enum exit_status command_doctor(const struct settings *settings)
{
    struct tess_store_config config;
    enum exit_status exit_status;
    if (!store_config(settings, &config, &exit_status))
        return exit_status;
    struct examination examination = {.settings = settings,
                                      .findings = cJSON_CreateArray(),
                                      .colour = isatty(STDERR_FILENO) && !settings->plain_terminal &&
                                                !settings->no_colour};
    if (!examination.findings)
        out_of_memory();
    progress_begin(&examination.progress, settings, "rows", 0);
    size_t bad = tess_store_check(&config, on_finding, on_rows, &examination);
    progress_end(&examination.progress);
    cJSON *json = json_object();
    json_add_text(json, "message", bad ? "something needs fixing" : "all good");
    json_add_integer(json, "bad", (int64_t)bad);
    json_add(json, "findings", examination.findings);
    return print_answer(settings, json, bad ? EXIT_FAILED : EXIT_GOOD);
}
