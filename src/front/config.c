// SPDX-License-Identifier: MIT
/* The one place that reads the environment. An empty variable counts as unset, but for the token: who forgot
 * to fill that in did not mean to let everybody in. */
#include "front/settings.h"

#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] != '\0' ? value : NULL;
}

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->command = "";
    tess_grid_options_defaults(&settings->grid);
    tess_engine_options_defaults(&settings->engine);
    settings->store = (struct tess_store_config){.data_dir = variable("TESSERA_DATA"),
                                                 .source_bucket = variable("SOURCE_BUCKET"),
                                                 .dest_bucket = variable("DESTINATION_BUCKET"),
                                                 .grid_table = variable("GRID_TABLE"),
                                                 .counter_table = variable("COUNTER_TABLE")};
    settings->store_kind = variable("TESSERA_STORE");
    settings->connect_timeout = variable("TESSERA_CONNECT_TIMEOUT");
    settings->read_timeout = variable("TESSERA_READ_TIMEOUT");
    settings->web = (struct tess_web_options){.allowed_hosts = variable("TESSERA_ALLOW_HOST"),
                                              .ca_bundle = variable("TESSERA_CA_BUNDLE")};
    settings->token = getenv("TESSERA_TOKEN");
    settings->cors_origin = variable("TESSERA_CORS_ORIGIN");
    settings->base_path = variable("TESSERA_BASE_PATH");
    settings->allow_host_header = variable("TESSERA_ALLOW_HOST_HEADER");
    settings->lambda_runtime_api = variable("AWS_LAMBDA_RUNTIME_API");
    settings->lambda_handler = variable("_HANDLER");
    settings->counter_name = variable("COUNTER_NAME");
    const char *terminal = variable("TERM");
    settings->plain_terminal = !terminal || strcmp(terminal, "dumb") == 0;
    settings->no_colour = variable("NO_COLOR") != NULL;
}

void settings_clear(struct settings *settings)
{
    for (size_t i = 0; i < SETTINGS_LISTS; i++)
        free(settings->lists[i]);
    free(settings->operands);
    settings->operands = NULL;
    settings->operand_count = 0;
}
