// SPDX-License-Identifier: MIT
/* Filling a caller's struct tess_error. Every function accepts error == NULL and returns the status it was
 * given. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <tessera/status.h>

/*
 * Sets status and message (printf style; whatever goes into it, it becomes one line of valid UTF-8: see
 * utf8_line()) and clears the limit's name. Both are macros over a function, so that compilers and
 * analyzers see which status comes back. `status` is evaluated twice.
 */
#define error_set(error, status, ...) error_returned((status), error_fill((error), (status), __VA_ARGS__))

/* TESS_ERR_LIMIT with the limit's name; the message should state the limit and the value that broke it. */
#define error_limit(error, limit, ...) \
    error_returned(TESS_ERR_LIMIT, error_fill_limit((error), (limit), __VA_ARGS__))

enum tess_status error_fill(struct tess_error *error, enum tess_status status, const char *format, ...)
    TESS_PRINTF(3, 4);
enum tess_status error_fill_limit(struct tess_error *error, const char *limit, const char *format, ...)
    TESS_PRINTF(3, 4);

static inline enum tess_status error_returned(enum tess_status status, enum tess_status filled)
{
    (void)filled;
    return status;
}

/* From errno: ENOENT, EACCES, ENOSPC, … become the fitting status; the message is "<what>: <strerror>". */
enum tess_status error_errno(struct tess_error *error, int errnum, const char *format, ...) TESS_PRINTF(3, 4);

/* Puts "<prefix>: " before the message that is there. */
void error_prefix(struct tess_error *error, const char *format, ...) TESS_PRINTF(2, 3);

#endif
