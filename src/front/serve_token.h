// SPDX-License-Identifier: MIT
/* The token that callers of the service must know: $TESSERA_TOKEN, or the first line of --token-file. */
#ifndef FRONT_SERVE_TOKEN_H
#define FRONT_SERVE_TOKEN_H

#include "front/settings.h"

/* *token_out (for free()) is NULL where none is asked for. False after a message; *status_out is what to exit
 * with. Not on the command line itself: there everybody on the machine could read it. */
bool serve_token(const struct settings *settings, char **token_out, enum exit_status *status_out);

#endif
