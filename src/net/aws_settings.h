// SPDX-License-Identifier: MIT
/*
 * How to talk to AWS, as every AWS tool finds it: our options, then the environment, then the profile files.
 *
 * The environment is read once, by aws_environment_read(), into a plain struct; all the rest
 * works on that, so that tests choose it. Source: AWS SDKs and Tools Reference Guide.
 */
#ifndef NET_AWS_SETTINGS_H
#define NET_AWS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

enum aws_variable {
    AWS_VAR_ACCESS_KEY_ID, /* AWS_ACCESS_KEY_ID */
    AWS_VAR_SECRET_ACCESS_KEY,
    AWS_VAR_SESSION_TOKEN,
    AWS_VAR_PROFILE, /* AWS_PROFILE, else AWS_DEFAULT_PROFILE */
    AWS_VAR_REGION,  /* AWS_REGION */
    AWS_VAR_DEFAULT_REGION,
    AWS_VAR_CONFIG_FILE,
    AWS_VAR_SHARED_CREDENTIALS_FILE,
    AWS_VAR_HOME, /* HOME */
    AWS_VAR_WEB_IDENTITY_TOKEN_FILE,
    AWS_VAR_ROLE_ARN,
    AWS_VAR_ROLE_SESSION_NAME,
    AWS_VAR_CONTAINER_RELATIVE_URI, /* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI */
    AWS_VAR_CONTAINER_FULL_URI,
    AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN,
    AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    AWS_VAR_EC2_METADATA_DISABLED,
    AWS_VAR_EC2_METADATA_SERVICE_ENDPOINT,
    AWS_VAR_ENDPOINT_URL,
    AWS_VAR_ENDPOINT_URL_S3,
    AWS_VAR_ENDPOINT_URL_DYNAMODB,
    AWS_VAR_ENDPOINT_URL_SQS,
    AWS_VAR_ENDPOINT_URL_STS,
    AWS_VAR_IGNORE_CONFIGURED_ENDPOINT_URLS,
    AWS_VAR_CA_BUNDLE,
    AWS_VAR_MAX_ATTEMPTS,
    AWS_VAR_USE_FIPS_ENDPOINT,
    AWS_VAR_USE_DUALSTACK_ENDPOINT,
    AWS_VARIABLES
};

/* Owned copies; NULL where unset or empty. */
struct aws_environment {
    char *values[AWS_VARIABLES];
};
enum tess_status aws_environment_read(struct aws_environment *environment_out, struct tess_error *error);
void aws_environment_clear(struct aws_environment *environment); /* wipes; safe on a zeroed struct */
const char *aws_variable_name(enum aws_variable variable);       /* "AWS_REGION". Static */

enum aws_service { AWS_S3, AWS_DYNAMODB, AWS_SQS, AWS_STS, AWS_SERVICES };
const char *aws_service_name(enum aws_service service); /* "s3", as in scopes and host names. Static */

/* What our own options say; NULL or 0: nothing. Borrowed for the call. */
struct aws_options {
    const char *region, *profile, *endpoint_url;
    uint32_t connect_timeout_ms, stall_timeout_ms;
};

struct aws_profiles; /* net/aws_profiles.h: the two files, parsed */

/* Owned strings; NULL where nothing says so. */
struct aws_settings {
    struct aws_environment environment;
    struct aws_profiles *profiles;
    char *profile;          /* "default" */
    bool profile_named;     /* by an option or variable: then it must exist */
    bool profile_by_option; /* by an option: then it comes before keys in the environment, as with the AWS CLI
                             */
    char region_source[160]; /* for people: "AWS_REGION", "profile work in ~/.aws/config"; "": nowhere */
    char *region; /* NULL: nowhere; s3 and dynamodb then have no endpoint unless one is configured */
    char
        *endpoints[AWS_SERVICES]; /* configured ones, "https://host:port/prefix" without a slash at the end */
    char *ca_bundle;
    uint32_t attempts; /* AWS_MAX_ATTEMPTS or max_attempts; 0: the service's own */
    uint32_t connect_timeout_ms, stall_timeout_ms;
    bool fips, dualstack;
};

/*
 * Puts it together; takes over `environment` (cleared, also on failure). A file that is not there is no
 * error, one that cannot be parsed or a named profile that does not exist is (TESS_ERR_INVALID, naming file
 * and line).
 */
enum tess_status aws_settings_load(struct aws_environment *environment, const struct aws_options *options,
                                   struct aws_settings *settings_out, struct tess_error *error);
void aws_settings_clear(struct aws_settings *settings);

enum { AWS_ENDPOINT_MAX_BYTES = 512 };

/*
 * "https://dynamodb.eu-north-1.amazonaws.com" (amazonaws.com.cn in China, FIPS and dual-stack forms), or the
 * configured one, into url_out. `region` overrides settings->region (NULL: does not). TESS_ERR_INVALID
 * without a region, saying where it was looked for. Pure.
 */
enum tess_status aws_endpoint(const struct aws_settings *settings, enum aws_service service,
                              const char *region, char url_out[AWS_ENDPOINT_MAX_BYTES],
                              struct tess_error *error);

#endif
