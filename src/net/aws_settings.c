// SPDX-License-Identifier: MIT
/*
 * Each setting has three places, asked in the same order: our option, a variable, a property of the profile.
 * What was found is checked here, with the place's name in the message, so that nothing below meets a region
 * that is a host name or an endpoint that is no URL.
 */
#include "net/aws_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "net/aws_endpoint.h"
#include "net/aws_profiles.h"
#include "net/shown.h"

enum {
    ATTEMPTS_MAX = 100,
    PROFILE_MAX_BYTES = 256,
    NAME_SHOWN_BYTES = 48,
    VALUE_SHOWN_BYTES = 64,
    FROM_BYTES = 480
};

/* A value, and what its place is called. Text is borrowed from the settings or options. */
struct setting {
    const char *value; /* NULL: nowhere */
    char from[FROM_BYTES];
};

static enum tess_status no_memory(struct tess_error *error)
{
    return error_set(error, TESS_ERR_MEMORY, "no memory for the AWS settings");
}

static enum tess_status keep(char **kept, const char *value, struct tess_error *error)
{
    *kept = strdup(value);
    return *kept ? TESS_OK : no_memory(error);
}

static struct setting from_text(const char *value, const char *from)
{
    struct setting setting = {.value = value && *value ? value : NULL};
    (void)snprintf(setting.from, sizeof setting.from, "%s", from);
    return setting;
}

static struct setting from_variable(const struct aws_settings *settings, enum aws_variable variable)
{
    return from_text(settings->environment.values[variable], aws_variable_name(variable));
}

static struct setting from_property(const struct aws_settings *settings, const struct aws_property_name *name)
{
    struct setting setting = {.value = NULL};
    struct aws_property property;
    if (!aws_profiles_find(settings->profiles, name, &property))
        return setting;
    setting.value = property.value;
    (void)snprintf(setting.from, sizeof setting.from, "%s%s%s of %s %s in %s, line %u",
                   name->parent ? name->parent : "", name->parent ? " " : "", name->key,
                   name->section == AWS_SECTION_SERVICES ? "services" : "profile",
                   shown_text(name->name, NAME_SHOWN_BYTES).text,
                   aws_profiles_path(settings->profiles, property.file), (unsigned)property.line);
    return setting;
}

static struct setting from_profile(const struct aws_settings *settings, const char *key)
{
    const struct aws_property_name name = {
        .section = AWS_SECTION_PROFILE, .name = settings->profile, .key = key};
    return from_property(settings, &name);
}

/* A variable, else a property of the profile. */
static struct setting look_up(const struct aws_settings *settings, enum aws_variable variable,
                              const char *key)
{
    struct setting setting = from_variable(settings, variable);
    return setting.value ? setting : from_profile(settings, key);
}

static enum tess_status read_flag(const struct setting *setting, bool *flag_out, struct tess_error *error)
{
    *flag_out = setting->value && strcasecmp(setting->value, "true") == 0;
    if (!setting->value || *flag_out || strcasecmp(setting->value, "false") == 0)
        return TESS_OK;
    return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is neither true nor false", setting->from,
                     shown_text(setting->value, VALUE_SHOWN_BYTES).text);
}

static enum tess_status read_attempts(struct aws_settings *settings, struct tess_error *error)
{
    const struct setting setting = look_up(settings, AWS_VAR_MAX_ATTEMPTS, "max_attempts");
    if (!setting.value)
        return TESS_OK;
    char *end = NULL;
    errno = 0;
    const unsigned long attempts = strtoul(setting.value, &end, 10);
    const bool is_number = setting.value[0] >= '0' && setting.value[0] <= '9' && *end == '\0' && errno == 0;
    if (!is_number || attempts < 1 || attempts > ATTEMPTS_MAX)
        return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is not a number from 1 to %d", setting.from,
                         shown_text(setting.value, VALUE_SHOWN_BYTES).text, ATTEMPTS_MAX);
    settings->attempts = (uint32_t)attempts;
    return TESS_OK;
}

/* "~/x" and "x" below HOME. NULL with TESS_OK: there is no HOME to look in. */
static enum tess_status path_of(const struct aws_settings *settings, enum aws_variable variable,
                                const char *usual, char **path_out, struct tess_error *error)
{
    const char *named = settings->environment.values[variable];
    const char *home = settings->environment.values[AWS_VAR_HOME];
    *path_out = NULL;
    if (named && (strncmp(named, "~/", 2) != 0 || !home))
        return keep(path_out, named, error);
    if (!home)
        return TESS_OK;
    return asprintf(path_out, "%s/%s", home, named ? named + 2 : usual) < 0 ? no_memory(error) : TESS_OK;
}

static enum tess_status read_files(struct aws_settings *settings, struct tess_error *error)
{
    char *paths[AWS_FILES] = {NULL};
    enum tess_status status = path_of(settings, AWS_VAR_SHARED_CREDENTIALS_FILE, ".aws/credentials",
                                      &paths[AWS_FILE_CREDENTIALS], error);
    if (status == TESS_OK)
        status = path_of(settings, AWS_VAR_CONFIG_FILE, ".aws/config", &paths[AWS_FILE_CONFIG], error);
    if (status == TESS_OK) {
        struct aws_profiles_source sources[AWS_FILES] = {{NULL, false}};
        sources[AWS_FILE_CREDENTIALS] = (struct aws_profiles_source){
            paths[AWS_FILE_CREDENTIALS],
            settings->environment.values[AWS_VAR_SHARED_CREDENTIALS_FILE] != NULL};
        sources[AWS_FILE_CONFIG] = (struct aws_profiles_source){
            paths[AWS_FILE_CONFIG], settings->environment.values[AWS_VAR_CONFIG_FILE] != NULL};
        status = aws_profiles_read(sources, settings->environment.values[AWS_VAR_HOME], &settings->profiles,
                                   error);
    }
    for (int i = 0; i < AWS_FILES; i++)
        free(paths[i]);
    return status;
}

static const char *file_shown(const struct aws_settings *settings, enum aws_file file, const char *usual)
{
    const char *path = aws_profiles_path(settings->profiles, file);
    return *path ? path : usual;
}

static enum tess_status choose_profile(struct aws_settings *settings, const struct aws_options *options,
                                       struct tess_error *error)
{
    struct setting setting = from_text(options->profile, "--profile");
    settings->profile_by_option = setting.value != NULL;
    if (!setting.value)
        setting = from_variable(settings, AWS_VAR_PROFILE);
    settings->profile_named = setting.value != NULL;
    const char *name = setting.value ? setting.value : "default";
    if (strlen(name) > PROFILE_MAX_BYTES)
        return error_limit(error, "profile-bytes", "%s: the profile's name is longer than %d bytes",
                           setting.from, PROFILE_MAX_BYTES);
    enum tess_status status = keep(&settings->profile, name, error);
    if (status != TESS_OK || !settings->profile_named ||
        aws_profiles_has(settings->profiles, AWS_SECTION_PROFILE, name))
        return status;
    return error_set(error, TESS_ERR_INVALID,
                     "%s: there is no profile \"%s\" in %s or %s; `aws configure list-profiles` shows those "
                     "there are",
                     setting.from, shown_text(name, NAME_SHOWN_BYTES).text,
                     file_shown(settings, AWS_FILE_CREDENTIALS, "~/.aws/credentials"),
                     file_shown(settings, AWS_FILE_CONFIG, "~/.aws/config"));
}

static enum tess_status choose_region(struct aws_settings *settings, const struct aws_options *options,
                                      struct tess_error *error)
{
    struct setting setting = from_text(options->region, "--region");
    if (!setting.value)
        setting = from_variable(settings, AWS_VAR_REGION);
    if (!setting.value)
        setting = from_variable(settings, AWS_VAR_DEFAULT_REGION);
    if (!setting.value)
        setting = from_profile(settings, "region");
    if (!setting.value)
        return TESS_OK;
    enum tess_status status = aws_region_check(setting.value, setting.from, error);
    if (status != TESS_OK)
        return status;
    const struct shown from = shown_text(setting.from, sizeof settings->region_source - 1);
    memcpy(settings->region_source, from.text, sizeof settings->region_source - 1);
    return keep(&settings->region, setting.value, error);
}

/* The variable of a service, the one for all, the profile's section "services", the profile. */
static struct setting configured_endpoint(const struct aws_settings *settings, enum aws_service service)
{
    static const enum aws_variable variables[AWS_SERVICES] = {
        [AWS_S3] = AWS_VAR_ENDPOINT_URL_S3,
        [AWS_DYNAMODB] = AWS_VAR_ENDPOINT_URL_DYNAMODB,
        [AWS_SQS] = AWS_VAR_ENDPOINT_URL_SQS,
        [AWS_STS] = AWS_VAR_ENDPOINT_URL_STS,
    };
    struct setting setting = from_variable(settings, variables[service]);
    if (!setting.value)
        setting = from_variable(settings, AWS_VAR_ENDPOINT_URL);
    const char *section = aws_profile_text(settings->profiles, settings->profile, "services");
    if (!setting.value && section) {
        const struct aws_property_name name = {AWS_SECTION_SERVICES, section, aws_service_name(service),
                                               "endpoint_url"};
        setting = from_property(settings, &name);
    }
    return setting.value ? setting : from_profile(settings, "endpoint_url");
}

/* --endpoint-url is where the data is: STS, which gives out keys, is not asked for there. */
static enum tess_status choose_endpoints(struct aws_settings *settings, const struct aws_options *options,
                                         struct tess_error *error)
{
    bool ignored = false;
    const struct setting flag =
        look_up(settings, AWS_VAR_IGNORE_CONFIGURED_ENDPOINT_URLS, "ignore_configured_endpoint_urls");
    enum tess_status status = read_flag(&flag, &ignored, error);
    for (int i = 0; i < AWS_SERVICES && status == TESS_OK; i++) {
        struct setting setting = {.value = NULL};
        if (i != AWS_STS)
            setting = from_text(options->endpoint_url, "--endpoint-url");
        if (!setting.value && !ignored)
            setting = configured_endpoint(settings, (enum aws_service)i);
        if (!setting.value)
            continue;
        status = aws_url_check(setting.value, setting.from, NULL, error);
        if (status == TESS_OK)
            status = keep(&settings->endpoints[i], setting.value, error);
        if (status != TESS_OK)
            break;
        char *url = settings->endpoints[i];
        for (size_t size = strlen(url); size > 0 && url[size - 1] == '/'; size--)
            url[size - 1] = '\0';
    }
    return status;
}

static enum tess_status choose_rest(struct aws_settings *settings, const struct aws_options *options,
                                    struct tess_error *error)
{
    settings->connect_timeout_ms = options->connect_timeout_ms;
    settings->stall_timeout_ms = options->stall_timeout_ms;
    const struct setting fips = look_up(settings, AWS_VAR_USE_FIPS_ENDPOINT, "use_fips_endpoint");
    const struct setting dualstack =
        look_up(settings, AWS_VAR_USE_DUALSTACK_ENDPOINT, "use_dualstack_endpoint");
    const struct setting bundle = look_up(settings, AWS_VAR_CA_BUNDLE, "ca_bundle");
    enum tess_status status = read_flag(&fips, &settings->fips, error);
    if (status == TESS_OK)
        status = read_flag(&dualstack, &settings->dualstack, error);
    if (status == TESS_OK)
        status = read_attempts(settings, error);
    if (status == TESS_OK && bundle.value)
        status = keep(&settings->ca_bundle, bundle.value, error);
    return status;
}

enum tess_status aws_settings_load(struct aws_environment *environment, const struct aws_options *options,
                                   struct aws_settings *settings_out, struct tess_error *error)
{
    static const struct aws_options no_options;
    memset(settings_out, 0, sizeof *settings_out);
    settings_out->environment = *environment;
    memset(environment, 0, sizeof *environment);
    if (!options)
        options = &no_options;
    enum tess_status status = read_files(settings_out, error);
    if (status == TESS_OK)
        status = choose_profile(settings_out, options, error);
    if (status == TESS_OK)
        status = choose_region(settings_out, options, error);
    if (status == TESS_OK)
        status = choose_endpoints(settings_out, options, error);
    if (status == TESS_OK)
        status = choose_rest(settings_out, options, error);
    if (status != TESS_OK)
        aws_settings_clear(settings_out);
    return status;
}

void aws_settings_clear(struct aws_settings *settings)
{
    aws_environment_clear(&settings->environment);
    aws_profiles_destroy(settings->profiles);
    free(settings->profile);
    free(settings->region);
    free(settings->ca_bundle);
    for (int i = 0; i < AWS_SERVICES; i++)
        free(settings->endpoints[i]);
    memset(settings, 0, sizeof *settings);
}
