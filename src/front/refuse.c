// SPDX-License-Identifier: MIT
#include "front/refuse.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_BYTES = 4096 }; /* of which a message shows the beginning and the end */

static void refuse(struct tess_error *error, enum tess_status status, const char *limit, const char *format,
                   va_list args) TESS_PRINTF(4, 0);
static void refuse(struct tess_error *error, enum tess_status status, const char *limit, const char *format,
                   va_list args)
{
    char text[TEXT_BYTES] = "";
    (void)vsnprintf(text, sizeof text, format, args);
    (void)tess_error_fill(error, status, limit, "%s", text);
}

enum tess_status refuse_invalid(struct tess_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(error, TESS_ERR_INVALID, NULL, format, args);
    va_end(args);
    return TESS_ERR_INVALID;
}

enum tess_status refuse_limit(struct tess_error *error, const char *limit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(error, TESS_ERR_LIMIT, limit, format, args);
    va_end(args);
    return TESS_ERR_LIMIT;
}
