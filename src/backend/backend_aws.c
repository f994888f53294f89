// SPDX-License-Identifier: MIT
#include "backend/backend_aws.h"

#include "backend/catalog_dynamo.h"
#include "backend/objects_s3.h"

enum tess_status backend_aws_client(const struct tess_store_config *config, struct aws **aws_out,
                                    struct tess_error *error)
{
    const struct aws_options options = {.region = config->region,
                                        .profile = config->profile,
                                        .endpoint_url = config->endpoint_url,
                                        .connect_timeout_ms = config->connect_timeout_ms,
                                        .stall_timeout_ms = config->read_timeout_ms};
    struct aws_environment environment = {0};
    struct aws_settings settings = {0};
    struct aws_surroundings surroundings = {.cancel = config->cancel};
    *aws_out = NULL;
    enum tess_status status = aws_environment_read(&environment, error);
    if (status == TESS_OK)
        status = aws_settings_load(&environment, &options, &settings, error);
    if (status != TESS_OK)
        return status;
    const struct http_config http = {.ca_bundle = settings.ca_bundle,
                                     .user_agent = "tessera/" TESSERA_VERSION};
    status = http_curl_create(&http, &surroundings.http, error);
    if (status == TESS_OK)
        return aws_create(&settings, &surroundings, aws_out, error);
    aws_settings_clear(&settings);
    return status;
}

enum tess_status backend_aws_open(const struct tess_store_config *config, const struct backend_names *names,
                                  struct backend *backend, struct tess_error *error)
{
    enum tess_status status = backend_aws_client(config, &backend->aws, error);
    if (status == TESS_OK)
        status = objects_s3_open(backend->aws, &backend->objects, error);
    if (status == TESS_OK)
        status = catalog_dynamo_open(backend->aws, names->grid_table, names->counter_table, &backend->catalog,
                                     error);
    return status;
}
