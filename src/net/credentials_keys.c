// SPDX-License-Identifier: MIT
/* Keys as owned text: checked once when they come in, copied, compared, and wiped before they are freed. */
#include "net/credentials_source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/digest.h"

enum { KEY_MAX_BYTES = 1024, TOKEN_MAX_BYTES = 16384 };

static void wipe(const char *text)
{
    char *secret = (char *)text; /* owned by the struct, which shows it as const */
    if (secret)
        digest_wipe(secret, strlen(secret));
    free(secret);
}

void credentials_clear(struct credentials *credentials)
{
    wipe(credentials->keys.access_key_id);
    wipe(credentials->keys.secret_access_key);
    wipe(credentials->keys.session_token);
    memset(credentials, 0, sizeof *credentials);
}

static bool is_visible_ascii(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static enum tess_status check(const char *text, const char *what, size_t most, const char *source,
                              struct tess_error *error)
{
    if (!text || !*text)
        return error_set(error, TESS_ERR_INVALID, "%s gives no %s", source, what);
    if (strnlen(text, most + 1) > most)
        return error_set(error, TESS_ERR_INVALID, "the %s of %s is longer than %zu bytes", what, source,
                         most);
    if (!is_visible_ascii(text))
        return error_set(error, TESS_ERR_INVALID,
                         "the %s of %s has a blank, a line break or a character that is not ASCII in it",
                         what, source);
    return TESS_OK;
}

enum tess_status credentials_make(const struct credentials_parts *parts, const char *source,
                                  struct credentials *credentials_out, struct tess_error *error)
{
    const bool has_token = parts->session_token && *parts->session_token;
    memset(credentials_out, 0, sizeof *credentials_out);
    enum tess_status status = check(parts->access_key_id, "access key id", KEY_MAX_BYTES, source, error);
    if (status == TESS_OK)
        status = check(parts->secret_access_key, "secret access key", KEY_MAX_BYTES, source, error);
    if (status == TESS_OK && has_token)
        status = check(parts->session_token, "session token", TOKEN_MAX_BYTES, source, error);
    if (status != TESS_OK)
        return status;
    struct sigv4_credentials *keys = &credentials_out->keys;
    keys->access_key_id = strdup(parts->access_key_id);
    keys->secret_access_key = strdup(parts->secret_access_key);
    keys->session_token = has_token ? strdup(parts->session_token) : NULL;
    credentials_out->expires_at_s = parts->expires_at_s;
    credentials_say(credentials_out->source, sizeof credentials_out->source, "%s", source);
    if (keys->access_key_id && keys->secret_access_key && (!has_token || keys->session_token))
        return TESS_OK;
    credentials_clear(credentials_out);
    return error_set(error, TESS_ERR_MEMORY, "no memory for AWS credentials");
}

enum tess_status credentials_make_answered(const struct credentials_parts *parts, const char *source,
                                           struct credentials *credentials_out, struct tess_error *error)
{
    enum tess_status status = credentials_make(parts, source, credentials_out, error);
    if (status != TESS_ERR_INVALID)
        return status;
    if (error)
        error->status = TESS_ERR_CORRUPT;
    return TESS_ERR_CORRUPT;
}

enum tess_status credentials_copy(const struct credentials *credentials, struct credentials *copy_out,
                                  struct tess_error *error)
{
    const struct credentials_parts parts = {credentials->keys.access_key_id,
                                            credentials->keys.secret_access_key,
                                            credentials->keys.session_token, credentials->expires_at_s};
    return credentials_make(&parts, credentials->source, copy_out, error);
}

static bool same(const char *left, const char *right)
{
    return strcmp(left ? left : "", right ? right : "") == 0;
}

/* The secret belongs to its id: comparing it would tell nothing more. */
bool credentials_equal(const struct credentials *left, const struct credentials *right)
{
    return same(left->keys.access_key_id, right->keys.access_key_id) &&
           same(left->keys.session_token, right->keys.session_token);
}

void credentials_say(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out, size, format, args);
    va_end(args);
}
