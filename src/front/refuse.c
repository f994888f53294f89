// SPDX-License-Identifier: MIT
#include "front/refuse.h"

#include <stdarg.h>
#include <stdio.h>

static enum tess_status refuse(struct tess_error *error, enum tess_status status, const char *format,
                               va_list args) TESS_PRINTF(3, 0);
static enum tess_status refuse(struct tess_error *error, enum tess_status status, const char *format,
                               va_list args)
{
    *error = (struct tess_error){.status = status};
    (void)vsnprintf(error->message, sizeof error->message, format, args);
    return status;
}

enum tess_status refuse_invalid(struct tess_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)refuse(error, TESS_ERR_INVALID, format, args);
    va_end(args);
    return TESS_ERR_INVALID;
}

enum tess_status refuse_limit(struct tess_error *error, const char *limit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)refuse(error, TESS_ERR_LIMIT, format, args);
    va_end(args);
    (void)snprintf(error->limit, sizeof error->limit, "%s", limit);
    return TESS_ERR_LIMIT;
}
