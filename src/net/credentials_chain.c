// SPDX-License-Identifier: MIT
/* The order of the places, the one that keys in variables stand in, and what to say when all were empty. */
#include "net/credentials_source.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/credentials_sts.h"
#include "net/iso_time.h"

struct place {
    const char *name;
    credentials_source *source;
    bool by_variables; /* passed over when --profile says which credentials are wanted, as by the AWS CLI */
};

static const struct place places[] = {
    {"environment", credentials_from_environment, true},
    {"web identity", credentials_from_web_identity, true},
    {"profile", credentials_from_profile, false},
    {"container", credentials_from_container, false},
    {"instance metadata", credentials_from_instance, false},
};

enum { PLACES = sizeof places / sizeof places[0] };

enum tess_status credentials_from_environment(const struct credentials_search *search,
                                              struct credentials_found *found_out, struct tess_error *error)
{
    char *const *values = search->settings->environment.values;
    const char *id = values[AWS_VAR_ACCESS_KEY_ID], *secret = values[AWS_VAR_SECRET_ACCESS_KEY];
    if (!id && !secret) {
        credentials_say(found_out->note, sizeof found_out->note, "AWS_ACCESS_KEY_ID is not set");
        return TESS_OK;
    }
    if (!id || !secret)
        return error_set(error, TESS_ERR_INVALID, "%s is set, but %s is not: set both or neither",
                         aws_variable_name(id ? AWS_VAR_ACCESS_KEY_ID : AWS_VAR_SECRET_ACCESS_KEY),
                         aws_variable_name(id ? AWS_VAR_SECRET_ACCESS_KEY : AWS_VAR_ACCESS_KEY_ID));
    const struct credentials_parts parts = {id, secret, values[AWS_VAR_SESSION_TOKEN], 0};
    enum tess_status status = credentials_make(&parts, "the environment", &found_out->credentials, error);
    found_out->found = status == TESS_OK;
    return status;
}

enum tess_status credentials_from_web_identity(const struct credentials_search *search,
                                               struct credentials_found *found_out, struct tess_error *error)
{
    char *const *values = search->settings->environment.values;
    const char *path = values[AWS_VAR_WEB_IDENTITY_TOKEN_FILE];
    if (!path) {
        credentials_say(found_out->note, sizeof found_out->note, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
        return TESS_OK;
    }
    const struct credentials_role role = {.arn = values[AWS_VAR_ROLE_ARN],
                                          .session_name = values[AWS_VAR_ROLE_SESSION_NAME],
                                          .name = aws_variable_name(AWS_VAR_ROLE_ARN)};
    if (!role.arn)
        return error_set(error, TESS_ERR_INVALID,
                         "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    enum tess_status status =
        credentials_assume_role_by_web_identity(search, &role, path, &found_out->credentials, error);
    found_out->found = found_out->renewable = status == TESS_OK;
    return status;
}

/* What has ended already would be refused by every service: better to say so here. */
static enum tess_status check_end(const struct credentials_search *search, struct credentials_found *found,
                                  struct tess_error *error)
{
    char ended[ISO_TIME_BYTES], now[ISO_TIME_BYTES], source[sizeof found->credentials.source];
    if (found->credentials.expires_at_s == 0 || found->credentials.expires_at_s > search->now_s)
        return TESS_OK;
    iso_time_format(found->credentials.expires_at_s, ended);
    iso_time_format(search->now_s, now);
    credentials_say(source, sizeof source, "%s", found->credentials.source);
    credentials_clear(&found->credentials);
    found->found = false;
    return error_set(error, TESS_ERR_DENIED,
                     "the credentials of %s ended at %s; this computer's clock says %s", source, ended, now);
}

/* The advice comes first: a long list may be cut, and the advice must not be. */
static enum tess_status none_found(char notes[PLACES][CREDENTIALS_NOTE_BYTES], struct tess_error *error)
{
    char list[sizeof((struct tess_error *)0)->message] = "";
    size_t used = 0;
    for (size_t i = 0; i < PLACES && used < sizeof list; i++) {
        const int length =
            snprintf(list + used, sizeof list - used, "%s%s (%s)", i ? "; " : "", places[i].name, notes[i]);
        used += length > 0 ? (size_t)length : 0;
    }
    return error_set(error, TESS_ERR_DENIED,
                     "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run "
                     "`aws configure`; looked at: %s",
                     list);
}

enum tess_status credentials_search_all(const struct credentials_search *search,
                                        struct credentials_found *found_out, bool *nowhere_out,
                                        struct tess_error *error)
{
    char notes[PLACES][CREDENTIALS_NOTE_BYTES];
    *nowhere_out = false;
    for (size_t i = 0; i < PLACES; i++) {
        memset(found_out, 0, sizeof *found_out);
        if (places[i].by_variables && search->settings->profile_by_option) {
            credentials_say(notes[i], sizeof notes[i], "passed over for --profile");
            continue;
        }
        enum tess_status status = places[i].source(search, found_out, error);
        if (status == TESS_OK && found_out->found)
            return check_end(search, found_out, error);
        if (status != TESS_OK)
            return status;
        memcpy(notes[i], found_out->note, sizeof notes[i]);
    }
    *nowhere_out = true;
    return none_found(notes, error);
}
