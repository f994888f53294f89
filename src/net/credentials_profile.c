// SPDX-License-Identifier: MIT
/*
 * What a profile says of credentials. A role leads to the profile, or the place, whose keys may take it on,
 * and that profile may have a role again: the way is walked to its end first, then the roles are taken on one
 * after another, back to where it began.
 *
 *     [profile build]              [profile deploy]              [profile me]
 *     role_arn = …role/build   ◀── role_arn = …role/deploy   ◀── aws_access_key_id = …
 *     source_profile = deploy      source_profile = me           aws_secret_access_key = …
 */
#include "net/credentials_source.h"

#include <string.h>

#include "base/error.h"
#include "net/aws_profiles.h"
#include "net/credentials_sts.h"
#include "net/shown.h"

enum { ROLES_MAX = 5, NAME_SHOWN_BYTES = 32, PATH_SHOWN_BYTES = 40, SOURCE_BYTES = 96 };

/* One profile on the way. All borrowed from the settings. */
struct step {
    const char *profile;
    const char *role_arn, *source_profile, *credential_source, *token_file;
};

static struct shown name_of(const char *profile)
{
    return shown_text(profile, NAME_SHOWN_BYTES);
}

static const char *text_of(const struct credentials_search *search, const char *profile, const char *key)
{
    return aws_profile_text(search->settings->profiles, profile, key);
}

static const char *text_in(const struct aws_profiles *profiles, enum aws_file file, const char *profile,
                           const char *key)
{
    const struct aws_property_name name = {.section = AWS_SECTION_PROFILE, .name = profile, .key = key};
    struct aws_property property;
    return aws_profiles_find_in(profiles, file, &name, &property) ? property.value : NULL;
}

/* Keys in one file: a key and its secret must stand in the same. */
static enum tess_status keys_in(const struct aws_profiles *profiles, enum aws_file file, const char *profile,
                                struct credentials_found *found_out, struct tess_error *error)
{
    const struct credentials_parts parts = {
        text_in(profiles, file, profile, "aws_access_key_id"),
        text_in(profiles, file, profile, "aws_secret_access_key"),
        text_in(profiles, file, profile, "aws_session_token"),
        0,
    };
    if (!parts.access_key_id && !parts.secret_access_key)
        return TESS_OK;
    char source[SOURCE_BYTES];
    credentials_say(source, sizeof source, "profile %s in %s", name_of(profile).text,
                    shown_text(aws_profiles_path(profiles, file), PATH_SHOWN_BYTES).text);
    enum tess_status status = credentials_make(&parts, source, &found_out->credentials, error);
    found_out->found = status == TESS_OK;
    return status;
}

static enum tess_status keys_of(const struct credentials_search *search, const char *profile,
                                struct credentials_found *found_out, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    for (int i = 0; i < AWS_FILES && status == TESS_OK && !found_out->found; i++)
        status = keys_in(search->settings->profiles, (enum aws_file)i, profile, found_out, error);
    return status;
}

/* Legal ways that need a browser or another program. */
static enum tess_status check_supported(const struct credentials_search *search, const char *profile,
                                        struct tess_error *error)
{
    static const char *const keys[] = {"sso_session", "sso_start_url", "sso_account_id", "login_session",
                                       "credential_process"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (text_of(search, profile, keys[i]))
            return error_set(
                error, TESS_ERR_UNSUPPORTED,
                "profile %s has its credentials by %s, which tessera does not do: run `aws configure "
                "export-credentials --profile %s --format env` and set what it prints",
                name_of(profile).text, keys[i], name_of(profile).text);
    return TESS_OK;
}

/* What stands on its own: keys, and what to say where there are none. */
static enum tess_status from_keys(const struct credentials_search *search, const char *profile,
                                  struct credentials_found *found_out, struct tess_error *error)
{
    enum tess_status status = keys_of(search, profile, found_out, error);
    if (status != TESS_OK || found_out->found)
        return status;
    return check_supported(search, profile, error);
}

static enum tess_status from_place(const struct credentials_search *search, const struct step *step,
                                   struct credentials_found *found_out, struct tess_error *error)
{
    static const struct {
        const char *name;
        credentials_source *source;
    } places[] = {{"Environment", credentials_from_environment},
                  {"EcsContainer", credentials_from_container},
                  {"Ec2InstanceMetadata", credentials_from_instance}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(step->credential_source, places[i].name) != 0)
            continue;
        enum tess_status status = places[i].source(search, found_out, error);
        if (status != TESS_OK || found_out->found)
            return status;
        return error_set(error, TESS_ERR_DENIED,
                         "profile %s has credential_source = %s, but there are no credentials there: %s",
                         name_of(step->profile).text, places[i].name, found_out->note);
    }
    return error_set(error, TESS_ERR_INVALID,
                     "profile %s: credential_source is \"%s\"; it may be Environment, EcsContainer or "
                     "Ec2InstanceMetadata",
                     name_of(step->profile).text, name_of(step->credential_source).text);
}

static enum tess_status read_step(const struct credentials_search *search, const char *profile,
                                  struct step *step_out, struct tess_error *error)
{
    const struct shown shown = name_of(profile);
    const char *name = shown.text;
    *step_out = (struct step){
        profile, text_of(search, profile, "role_arn"), text_of(search, profile, "source_profile"),
        text_of(search, profile, "credential_source"), text_of(search, profile, "web_identity_token_file")};
    const int ways = !!step_out->source_profile + !!step_out->credential_source + !!step_out->token_file;
    if (!step_out->role_arn && step_out->token_file)
        return error_set(error, TESS_ERR_INVALID, "profile %s has web_identity_token_file, but no role_arn",
                         name);
    if (!step_out->role_arn)
        return TESS_OK;
    if (ways > 1)
        return error_set(error, TESS_ERR_INVALID,
                         "profile %s has more than one of source_profile, credential_source and "
                         "web_identity_token_file: only one can say whose keys take on its role_arn",
                         name);
    if (ways == 0)
        return error_set(error, TESS_ERR_INVALID,
                         "profile %s has role_arn, but none of source_profile, credential_source and "
                         "web_identity_token_file, which would say whose keys take it on",
                         name);
    if (text_of(search, profile, "mfa_serial"))
        return error_set(
            error, TESS_ERR_UNSUPPORTED,
            "profile %s needs a code (mfa_serial), which tessera does not ask for: run `aws configure "
            "export-credentials --profile %s --format env` and set what it prints",
            name, name);
    return TESS_OK;
}

static struct credentials_role role_of(const struct credentials_search *search, const struct step *step,
                                       const char *name)
{
    return (struct credentials_role){.arn = step->role_arn,
                                     .session_name = text_of(search, step->profile, "role_session_name"),
                                     .external_id = text_of(search, step->profile, "external_id"),
                                     .duration_s = text_of(search, step->profile, "duration_seconds"),
                                     .name = name};
}

/* Walks to the profile that has no role of its own, or whose role needs no other profile. */
static enum tess_status walk(const struct credentials_search *search, const char *profile,
                             struct step steps[ROLES_MAX + 1], size_t *count_out, struct tess_error *error)
{
    for (size_t count = 0;; count++) {
        struct step *step = &steps[count];
        enum tess_status status = read_step(search, profile, step, error);
        *count_out = count + 1;
        if (status == TESS_OK && step->role_arn && count == ROLES_MAX)
            return error_limit(error, "roles", "source_profile leads through more than %d roles", ROLES_MAX);
        if (status != TESS_OK || !step->role_arn || !step->source_profile)
            return status;
        const char *next = step->source_profile;
        if (!aws_profiles_has(search->settings->profiles, AWS_SECTION_PROFILE, next))
            return error_set(error, TESS_ERR_INVALID, "profile %s: its source_profile %s does not exist",
                             name_of(profile).text, name_of(next).text);
        if (strcmp(next, profile) == 0) { /* its own keys take on its role: allowed, and the end */
            steps[count + 1] = (struct step){.profile = next};
            *count_out = count + 2;
            return TESS_OK;
        }
        for (size_t i = 0; i <= count; i++)
            if (strcmp(steps[i].profile, next) == 0)
                return error_set(error, TESS_ERR_INVALID,
                                 "source_profile leads in a circle: from %s back to %s",
                                 name_of(profile).text, name_of(next).text);
        profile = next;
    }
}

/* The keys at the end of the way. */
static enum tess_status begin(const struct credentials_search *search, const struct step *last,
                              struct credentials_found *found_out, struct tess_error *error)
{
    if (!last->role_arn)
        return from_keys(search, last->profile, found_out, error);
    if (last->credential_source)
        return from_place(search, last, found_out, error);
    char name[SOURCE_BYTES];
    credentials_say(name, sizeof name, "profile %s", name_of(last->profile).text);
    const struct credentials_role role = role_of(search, last, name);
    enum tess_status status = credentials_assume_role_by_web_identity(search, &role, last->token_file,
                                                                      &found_out->credentials, error);
    found_out->found = found_out->renewable = status == TESS_OK;
    return status;
}

/* Takes on a step's role with what has been found so far, which it replaces. */
static enum tess_status take_on(const struct credentials_search *search, const struct step *step,
                                struct credentials_found *found, struct tess_error *error)
{
    char name[SOURCE_BYTES];
    struct credentials next;
    credentials_say(name, sizeof name, "profile %s", name_of(step->profile).text);
    const struct credentials_role role = role_of(search, step, name);
    enum tess_status status = credentials_assume_role(search, &role, &found->credentials, &next, error);
    credentials_clear(&found->credentials);
    found->credentials = next;
    found->found = found->renewable = status == TESS_OK;
    return status;
}

static void note(const struct aws_settings *settings, struct credentials_found *found_out)
{
    const struct aws_profiles *profiles = settings->profiles;
    const char *text = "the files ~/.aws/credentials and ~/.aws/config are not there";
    bool read = false;
    for (int i = 0; i < AWS_FILES; i++)
        read = read || aws_profiles_state(profiles, (enum aws_file)i) == AWS_FILE_READ;
    if (aws_profiles_has(profiles, AWS_SECTION_PROFILE, settings->profile))
        text = "has no keys and no role";
    else if (read)
        text = "is in none of the AWS files";
    else if (aws_profiles_state(profiles, AWS_FILE_CREDENTIALS) == AWS_FILE_UNREADABLE ||
             aws_profiles_state(profiles, AWS_FILE_CONFIG) == AWS_FILE_UNREADABLE)
        text = "the AWS files may not be read";
    credentials_say(found_out->note, sizeof found_out->note, "%s: %s", name_of(settings->profile).text, text);
}

enum tess_status credentials_from_profile(const struct credentials_search *search,
                                          struct credentials_found *found_out, struct tess_error *error)
{
    struct step steps[ROLES_MAX + 1];
    size_t count = 0;
    enum tess_status status = walk(search, search->settings->profile, steps, &count, error);
    if (status == TESS_OK)
        status = begin(search, &steps[count - 1], found_out, error);
    if (status != TESS_OK)
        return status;
    if (!found_out->found && count > 1)
        return error_set(error, TESS_ERR_INVALID, "profile %s, the source_profile of %s, has no keys",
                         name_of(steps[count - 1].profile).text, name_of(steps[count - 2].profile).text);
    if (!found_out->found) {
        note(search->settings, found_out);
        return TESS_OK;
    }
    /* The last step has taken on its role, if it has one, unless that asks for a place's keys. */
    size_t left = count - 1;
    if (steps[left].role_arn && steps[left].credential_source)
        left++;
    while (left > 0 && status == TESS_OK)
        status = take_on(search, &steps[--left], found_out, error);
    return status;
}
