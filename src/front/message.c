// SPDX-License-Identifier: MIT
#include "front/message.h"

#include <cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "front/json_out.h"
#include "front/safe_text.h"
#include "front/xalloc.h"

enum { MAX_CELLS_SHOWN = 10 };

static void write_json(const struct settings *settings, const char *level, const char *text)
{
    char now[32];
    json_format_time(time(NULL), now);
    cJSON *line = json_object();
    json_add_text(line, "time", now);
    json_add_text(line, "level", level);
    json_add_text(line, "command", settings->command);
    json_add_text(line, "message", text);
    char *printed = json_print(line);
    (void)fprintf(stderr, "%s\n", printed);
    free(printed);
    cJSON_Delete(line);
}

static void write_message(const struct settings *settings, const char *level, const char *format,
                          va_list args) TESS_PRINTF(3, 0);
static void write_message(const struct settings *settings, const char *level, const char *format,
                          va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        out_of_memory();
    if (settings->json_log) {
        write_json(settings, level, text);
    } else {
        char *safe = text_for_terminal(text);
        if (strcmp(level, "advice") == 0)
            (void)fprintf(stderr, "  %s\n", safe);
        else
            (void)fprintf(stderr, "tessera%s%s: %s\n", settings->command[0] ? " " : "", settings->command,
                          safe);
        free(safe);
    }
    free(text);
}

void message_error(const struct settings *settings, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_message(settings, "error", format, args);
    va_end(args);
}

void message_advice(const struct settings *settings, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_message(settings, "advice", format, args);
    va_end(args);
}

void message_note(const struct settings *settings, const char *format, ...)
{
    if (settings->quiet)
        return;
    va_list args;
    va_start(args, format);
    write_message(settings, "info", format, args);
    va_end(args);
}

enum exit_status message_usage(const struct settings *settings, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_message(settings, "error", format, args);
    va_end(args);
    message_advice(settings, "tessera help%s%s shows how it is used", settings->command[0] ? " " : "",
                   settings->command);
    return EXIT_USAGE;
}

/* Limits that a user may raise have an option of the same name. */
static bool is_raisable(const char *limit)
{
    const struct tess_option_info *info;
    for (size_t i = 0; (info = tess_limit_info(i)); i++) {
        if (strcmp(info->name, limit) == 0)
            return true;
    }
    return strcmp(limit, "memory") == 0;
}

enum exit_status message_failure(const struct settings *settings, const struct tess_error *error)
{
    message_error(settings, "%s", error->message);
    char option[sizeof error->limit + 3];
    (void)snprintf(option, sizeof option, "--%s", error->limit);
    if (error->limit[0] != '\0' && is_raisable(error->limit) && !strstr(error->message, option))
        message_advice(settings, "%s sets this limit", option);
    /* The library does not know how images are added here. */
    static const char empty_grid[] = "no images in grid ";
    if (error->status == TESS_ERR_NOT_FOUND &&
        strncmp(error->message, empty_grid, sizeof empty_grid - 1) == 0)
        message_advice(settings, "tessera add --grid ID IMAGE adds some");
    if (error->status == TESS_ERR_INTERNAL)
        message_advice(settings, "this is a bug in tessera %s, please report it", tess_version());
    return EXIT_FAILED;
}

bool message_names(const char *message, const char *path)
{
    char *shown = text_for_terminal(path);
    const bool named = strstr(message, shown) != NULL;
    free(shown);
    return named;
}

void message_failed_cells(const struct settings *settings, const struct tess_result *result, bool built)
{
    if (result->failed_count == 0)
        return;
    message_error(settings, "%zu of %u images could not be used%s", result->failed_count, result->tiles,
                  built ? ", their cells are placeholders" : "");
    size_t shown = 0;
    for (size_t i = 0; i < result->cell_count && shown < MAX_CELLS_SHOWN; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        if (cell->status == TESS_OK)
            continue;
        /* Reasons that come from the file system name the file already. */
        if (message_names(cell->reason, cell->source))
            message_advice(settings, "cell %u: %s", cell->cell, cell->reason);
        else
            message_advice(settings, "cell %u: %s: %s", cell->cell, cell->source, cell->reason);
        shown++;
    }
    if (result->failed_count > shown)
        message_advice(settings, "and %zu more, all are in the answer", result->failed_count - shown);
}
