// SPDX-License-Identifier: MIT
/*
 * The one place of the library that reads the process's environment, once, into a struct that all the rest
 * works on. Not thread-safe against setenv(), as nothing that reads the environment is.
 */
#include "net/aws_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/digest.h"

enum { VALUE_MAX_BYTES = 16384 }; /* a session token is long */

static const char *const names[AWS_VARIABLES] = {
    [AWS_VAR_ACCESS_KEY_ID] = "AWS_ACCESS_KEY_ID",
    [AWS_VAR_SECRET_ACCESS_KEY] = "AWS_SECRET_ACCESS_KEY",
    [AWS_VAR_SESSION_TOKEN] = "AWS_SESSION_TOKEN",
    [AWS_VAR_PROFILE] = "AWS_PROFILE",
    [AWS_VAR_REGION] = "AWS_REGION",
    [AWS_VAR_DEFAULT_REGION] = "AWS_DEFAULT_REGION",
    [AWS_VAR_CONFIG_FILE] = "AWS_CONFIG_FILE",
    [AWS_VAR_SHARED_CREDENTIALS_FILE] = "AWS_SHARED_CREDENTIALS_FILE",
    [AWS_VAR_HOME] = "HOME",
    [AWS_VAR_WEB_IDENTITY_TOKEN_FILE] = "AWS_WEB_IDENTITY_TOKEN_FILE",
    [AWS_VAR_ROLE_ARN] = "AWS_ROLE_ARN",
    [AWS_VAR_ROLE_SESSION_NAME] = "AWS_ROLE_SESSION_NAME",
    [AWS_VAR_CONTAINER_RELATIVE_URI] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    [AWS_VAR_CONTAINER_FULL_URI] = "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    [AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN] = "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    [AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN_FILE] = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    [AWS_VAR_EC2_METADATA_DISABLED] = "AWS_EC2_METADATA_DISABLED",
    [AWS_VAR_EC2_METADATA_SERVICE_ENDPOINT] = "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    [AWS_VAR_ENDPOINT_URL] = "AWS_ENDPOINT_URL",
    [AWS_VAR_ENDPOINT_URL_S3] = "AWS_ENDPOINT_URL_S3",
    [AWS_VAR_ENDPOINT_URL_DYNAMODB] = "AWS_ENDPOINT_URL_DYNAMODB",
    [AWS_VAR_ENDPOINT_URL_SQS] = "AWS_ENDPOINT_URL_SQS",
    [AWS_VAR_ENDPOINT_URL_STS] = "AWS_ENDPOINT_URL_STS",
    [AWS_VAR_IGNORE_CONFIGURED_ENDPOINT_URLS] = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    [AWS_VAR_CA_BUNDLE] = "AWS_CA_BUNDLE",
    [AWS_VAR_MAX_ATTEMPTS] = "AWS_MAX_ATTEMPTS",
    [AWS_VAR_USE_FIPS_ENDPOINT] = "AWS_USE_FIPS_ENDPOINT",
    [AWS_VAR_USE_DUALSTACK_ENDPOINT] = "AWS_USE_DUALSTACK_ENDPOINT",
};

const char *aws_variable_name(enum aws_variable variable)
{
    return names[variable];
}

static enum tess_status copy_variable(const char *name, char **value_out, struct tess_error *error)
{
    const char *value = getenv(name);
    if (!value || !*value)
        return TESS_OK;
    if (strlen(value) > VALUE_MAX_BYTES)
        return error_limit(error, "value-bytes", "%s is longer than %d bytes", name, VALUE_MAX_BYTES);
    *value_out = strdup(value);
    return *value_out ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory to read the environment");
}

enum tess_status aws_environment_read(struct aws_environment *environment_out, struct tess_error *error)
{
    memset(environment_out, 0, sizeof *environment_out);
    enum tess_status status = TESS_OK;
    for (size_t i = 0; i < AWS_VARIABLES && status == TESS_OK; i++)
        status = copy_variable(names[i], &environment_out->values[i], error);
    if (status == TESS_OK && !environment_out->values[AWS_VAR_PROFILE])
        status = copy_variable("AWS_DEFAULT_PROFILE", &environment_out->values[AWS_VAR_PROFILE], error);
    if (status != TESS_OK)
        aws_environment_clear(environment_out);
    return status;
}

void aws_environment_clear(struct aws_environment *environment)
{
    for (size_t i = 0; i < AWS_VARIABLES; i++) {
        char *value = environment->values[i];
        if (value)
            digest_wipe(value, strlen(value));
        free(value);
        environment->values[i] = NULL;
    }
}
