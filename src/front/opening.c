// SPDX-License-Identifier: MIT
#include "front/opening.h"

#include <string.h>
#include <strings.h>

#include "front/message.h"

static bool conclude(const struct settings *settings, enum tess_status status, const struct tess_error *error,
                     enum exit_status *status_out)
{
    if (status == TESS_OK)
        return true;
    *status_out = status == TESS_ERR_INVALID ? message_usage(settings, "%s", error->message)
                                             : message_failure(settings, error);
    return false;
}

bool open_store(const struct settings *settings, struct tess_store **store_out, enum exit_status *status_out)
{
    struct tess_error error = {0};
    if (conclude(settings, tess_store_open(&settings->store, store_out, &error), &error, status_out))
        return true;
    if (*status_out == EXIT_FAILED && settings->store.data_dir)
        message_advice(settings, "tessera doctor --data %s looks for the cause", settings->store.data_dir);
    else if (*status_out == EXIT_FAILED)
        message_advice(settings, "tessera doctor looks for the cause");
    return false;
}

bool open_engine(const struct settings *settings, struct tess_engine **engine_out,
                 enum exit_status *status_out)
{
    struct tess_error error = {0};
    return conclude(settings, tess_engine_create(&settings->engine, engine_out, &error), &error, status_out);
}

/* The ending of a kind of image that is known but not written; NULL: none. */
static const char *foreign_ending(const char *name)
{
    static const char *const endings[] = {"gif", "bmp", "heic", "heif", "jxl", "jp2",
                                          "ppm", "pnm", "tga",  "svg",  "pdf", "psd"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return endings[i];
    }
    return NULL;
}

bool check_output(const struct settings *settings, enum exit_status *status_out)
{
    if (!settings->output)
        return true;
    const char *foreign = foreign_ending(settings->output);
    if (strcmp(settings->output, "-") == 0) {
        *status_out = message_usage(settings, "-o - is not possible: standard output carries the answer");
    } else if (foreign && settings->grid.format == TESS_FORMAT_AUTO) {
        *status_out = message_usage(
            settings, "%s: tessera does not write %s; end the name in jpg, png, webp, avif or tiff",
            settings->output, foreign);
    } else {
        return true;
    }
    return false;
}

bool check_grid_id(const struct settings *settings, const char *grid_id, enum exit_status *status_out)
{
    struct tess_error error = {0};
    if (tess_grid_id_check(grid_id, strlen(grid_id), &error) == TESS_OK)
        return true;
    *status_out = message_usage(settings, "%s", error.message);
    return false;
}
