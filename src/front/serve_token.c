// SPDX-License-Identifier: MIT
#include "front/serve_token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/message.h"
#include "front/xalloc.h"

enum { TOKEN_LEAST_BYTES = 8, TOKEN_MAX_BYTES = 512 };

static bool is_token(const char *token)
{
    const size_t size = strlen(token);
    for (const char *byte = token; *byte; byte++) {
        if (*byte <= ' ' || *byte > '~')
            return false;
    }
    return size >= TOKEN_LEAST_BYTES && size <= TOKEN_MAX_BYTES;
}

static char *read_file(const struct settings *settings)
{
    char line[TOKEN_MAX_BYTES + 3] = "";
    FILE *file = fopen(settings->token_file, "re");
    if (!file || (!fgets(line, sizeof line, file) && ferror(file))) {
        message_error(settings, "cannot read the token in %s: %s", settings->token_file, strerror(errno));
        if (file)
            (void)fclose(file);
        return NULL;
    }
    (void)fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    return xstrdup(line);
}

bool serve_token(const struct settings *settings, char **token_out, enum exit_status *status_out)
{
    *token_out = NULL;
    if (!settings->token_file && !settings->token)
        return true;
    if (!settings->token_file && settings->token[0] == '\0') {
        *status_out = message_usage(settings,
                                    "TESSERA_TOKEN is set, but empty: give it a token of %d to %d "
                                    "characters, or unset it to let anybody call",
                                    TOKEN_LEAST_BYTES, TOKEN_MAX_BYTES);
        return false;
    }
    *status_out = EXIT_FAILED;
    char *token = settings->token_file ? read_file(settings) : xstrdup(settings->token);
    if (!token)
        return false;
    if (is_token(token)) {
        *token_out = token;
        return true;
    }
    free(token);
    *status_out = message_usage(
        settings, "%s: the token must be %d to %d printable characters without blanks",
        settings->token_file ? settings->token_file : "TESSERA_TOKEN", TOKEN_LEAST_BYTES, TOKEN_MAX_BYTES);
    return false;
}
