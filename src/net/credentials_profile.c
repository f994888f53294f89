// SPDX-License-Identifier: MIT
/* What a profile says of credentials. A key and its secret must stand in the same file. */
#include "net/credentials_source.h"

#include <string.h>

#include "base/error.h"
#include "net/aws_profiles.h"
#include "net/shown.h"

enum { NAME_SHOWN_BYTES = 32 };

static const char *text_in(const struct aws_profiles *profiles, enum aws_file file, const char *profile,
                           const char *key)
{
    const struct aws_property_name name = {.section = AWS_SECTION_PROFILE, .name = profile, .key = key};
    struct aws_property property;
    return aws_profiles_find_in(profiles, file, &name, &property) ? property.value : NULL;
}

/* Keys in one file. */
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
    char source[sizeof found_out->credentials.source];
    credentials_say(source, sizeof source, "profile %s in %s", shown_text(profile, NAME_SHOWN_BYTES).text,
                    shown_text(aws_profiles_path(profiles, file), 40).text);
    enum tess_status status = credentials_make(&parts, source, &found_out->credentials, error);
    found_out->found = status == TESS_OK;
    return status;
}

static void note(const struct aws_settings *settings, struct credentials_found *found_out)
{
    const struct aws_profiles *profiles = settings->profiles;
    const struct shown name = shown_text(settings->profile, NAME_SHOWN_BYTES);
    const bool there = aws_profiles_has(profiles, AWS_SECTION_PROFILE, settings->profile);
    const bool read = aws_profiles_state(profiles, AWS_FILE_CREDENTIALS) == AWS_FILE_READ ||
                      aws_profiles_state(profiles, AWS_FILE_CONFIG) == AWS_FILE_READ;
    credentials_say(found_out->note, sizeof found_out->note, "%s: %s", name.text,
                    there  ? "has no keys"
                    : read ? "not in the AWS files"
                           : "~/.aws/credentials and ~/.aws/config cannot be read or are not there");
}

enum tess_status credentials_from_profile(const struct credentials_search *search,
                                          struct credentials_found *found_out, struct tess_error *error)
{
    const struct aws_settings *settings = search->settings;
    enum tess_status status = TESS_OK;
    for (int i = 0; i < AWS_FILES && status == TESS_OK && !found_out->found; i++)
        status = keys_in(settings->profiles, (enum aws_file)i, settings->profile, found_out, error);
    if (status == TESS_OK && !found_out->found)
        note(settings, found_out);
    return status;
}
