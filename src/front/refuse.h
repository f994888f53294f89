// SPDX-License-Identifier: MIT
/* What a parser of the front end says of input that makes no sense. */
#ifndef FRONT_REFUSE_H
#define FRONT_REFUSE_H

#include <tessera/status.h>

/* Fills `error` (not NULL) with TESS_ERR_INVALID and the words, and returns that status. */
enum tess_status refuse_invalid(struct tess_error *error, const char *format, ...) TESS_PRINTF(2, 3);

/* The same with TESS_ERR_LIMIT and the limit's name. */
enum tess_status refuse_limit(struct tess_error *error, const char *limit, const char *format, ...)
    TESS_PRINTF(3, 4);

#endif
