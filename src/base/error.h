// SPDX-License-Identifier: MIT
/* Filling a caller's struct tess_error. Every function accepts error == NULL and returns the status it was
 * given. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <tessera/status.h>

/* Sets status and message (printf style, cut to fit on a UTF-8 boundary) and clears the limit's name. */
enum tess_status error_set(struct tess_error *error, enum tess_status status, const char *format, ...)
    TESS_PRINTF(3, 4);

/* TESS_ERR_LIMIT with the limit's name; the message should state the limit and the value that broke it. */
enum tess_status error_limit(struct tess_error *error, const char *limit, const char *format, ...)
    TESS_PRINTF(3, 4);

/* From errno: ENOENT, EACCES, ENOSPC, … become the fitting status; the message is "<what>: <strerror>". */
enum tess_status error_errno(struct tess_error *error, int errnum, const char *format, ...) TESS_PRINTF(3, 4);

/* Puts "<prefix>: " before the message that is there. */
void error_prefix(struct tess_error *error, const char *format, ...) TESS_PRINTF(2, 3);

void error_clear(struct tess_error *error);

#endif
