// SPDX-License-Identifier: MIT
#include "front/opening.h"

#include <string.h>
#include <strings.h>

#include "front/interrupt.h"
#include "front/message.h"

static bool conclude(const struct settings *settings, enum tess_status status, const struct tess_error *error,
                     enum exit_status *status_out)
{
    if (status == TESS_OK)
        return true;
    *status_out = status == TESS_ERR_INVALID || status == TESS_ERR_SETUP
                      ? message_usage(settings, "%s", error->message)
                      : message_failure(settings, error);
    return false;
}

static bool read_kind(const struct settings *settings, enum tess_store_kind *kind_out)
{
    static const struct {
        const char *name;
        enum tess_store_kind kind;
    } kinds[] = {{"auto", TESS_STORE_AUTO}, {"embedded", TESS_STORE_EMBEDDED}, {"aws", TESS_STORE_AWS}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!settings->store_kind || strcmp(settings->store_kind, kinds[i].name) == 0) {
            *kind_out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* NULL stays 0: the library's default. */
static bool read_seconds(const char *text, uint32_t *ms_out)
{
    struct tess_limits limits; /* whose timeout is written the same way */
    tess_limits_defaults(&limits);
    limits.timeout_ms = 0;
    bool good = !text || tess_limits_set(&limits, "timeout", text, NULL) == TESS_OK;
    *ms_out = limits.timeout_ms;
    return good && (!text || limits.timeout_ms > 0);
}

static bool read_timeouts(const struct settings *settings, uint32_t *connect_ms_out, uint32_t *read_ms_out,
                          enum exit_status *status_out)
{
    if (!read_seconds(settings->connect_timeout, connect_ms_out))
        *status_out =
            message_usage(settings,
                          "--connect-timeout or TESSERA_CONNECT_TIMEOUT: \"%s\" is no time, give seconds "
                          "such as 5 or 0.5",
                          settings->connect_timeout);
    else if (!read_seconds(settings->read_timeout, read_ms_out))
        *status_out =
            message_usage(settings,
                          "--read-timeout or TESSERA_READ_TIMEOUT: \"%s\" is no time, give seconds such as "
                          "10 or 2.5",
                          settings->read_timeout);
    else
        return true;
    return false;
}

static bool names_bucket(const struct settings *settings)
{
    for (size_t i = 0; i < settings->operand_count; i++)
        if (tess_is_store_name(settings->operands[i]))
            return true;
    return false;
}

bool store_config(const struct settings *settings, struct tess_store_config *config_out,
                  enum exit_status *status_out)
{
    *config_out = settings->store;
    if (!read_kind(settings, &config_out->kind)) {
        *status_out = message_usage(
            settings, "--store or TESSERA_STORE: \"%s\" is no store, give auto, embedded or aws",
            settings->store_kind);
        return false;
    }
    if (config_out->kind == TESS_STORE_AUTO && !config_out->data_dir && names_bucket(settings))
        config_out->kind = TESS_STORE_AWS;
    return read_timeouts(settings, &config_out->connect_timeout_ms, &config_out->read_timeout_ms, status_out);
}

bool web_options(const struct settings *settings, struct tess_web_options *options_out,
                 enum exit_status *status_out)
{
    *options_out = settings->web;
    return read_timeouts(settings, &options_out->connect_timeout_ms, &options_out->read_timeout_ms,
                         status_out);
}

bool open_store(const struct settings *settings, struct tess_store **store_out, enum exit_status *status_out)
{
    struct tess_error error = {0};
    struct tess_store_config config;
    if (!store_config(settings, &config, status_out))
        return false;
    if (!config.cancel)
        config.cancel = interrupt_flag();
    if (conclude(settings, tess_store_open(&config, store_out, &error), &error, status_out))
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
    } else if (tess_is_store_name(settings->output)) {
        *status_out = message_usage(
            settings,
            "%s: -o names a file; into a bucket grids are put by tessera create-grid (--dest BUCKET)",
            settings->output);
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
