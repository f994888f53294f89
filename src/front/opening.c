// SPDX-License-Identifier: MIT
#include "front/opening.h"

#include <string.h>

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
    return conclude(settings, tess_store_open(&settings->store, store_out, &error), &error, status_out);
}

bool open_engine(const struct settings *settings, struct tess_engine **engine_out,
                 enum exit_status *status_out)
{
    struct tess_error error = {0};
    return conclude(settings, tess_engine_create(&settings->engine, engine_out, &error), &error, status_out);
}

bool check_grid_id(const struct settings *settings, const char *grid_id, enum exit_status *status_out)
{
    struct tess_error error = {0};
    if (tess_grid_id_check(grid_id, strlen(grid_id), &error) == TESS_OK)
        return true;
    *status_out = message_usage(settings, "%s", error.message);
    return false;
}
