// SPDX-License-Identifier: MIT
/*
 * Messages on stderr: "tessera montage: …" lines for people, or one JSON object a line with --json.
 * Whatever they quote is made safe for a terminal first.
 */
#ifndef FRONT_MESSAGE_H
#define FRONT_MESSAGE_H

#include "front/settings.h"

/* An error; shown always. */
void message_error(const struct settings *settings, const char *format, ...) TESS_PRINTF(2, 3);

/* What a user may do about the error before it; shown always, indented. */
void message_advice(const struct settings *settings, const char *format, ...) TESS_PRINTF(2, 3);

/* Good news or a warning; not shown with --quiet. */
void message_note(const struct settings *settings, const char *format, ...) TESS_PRINTF(2, 3);

/* "usage" errors end with a pointer to the help. Returns EXIT_USAGE. */
enum exit_status message_usage(const struct settings *settings, const char *format, ...) TESS_PRINTF(2, 3);

/* A library error with the advice that fits it. Returns EXIT_FAILED. */
enum exit_status message_failure(const struct settings *settings, const struct tess_error *error);

/* Whether a message of the library names the file already (as it writes names: control characters escaped).
 */
bool message_names(const char *message, const char *path);

/* The failed cells of a result, at most ten of them one by one; `built`: there is a grid all the same. */
void message_failed_cells(const struct settings *settings, const struct tess_result *result, bool built);

#endif
