// SPDX-License-Identifier: MIT
#include "front/refuse.h"

#include <stdarg.h>
#include <stdio.h>

enum tess_status refuse_invalid(struct tess_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *error = (struct tess_error){.status = TESS_ERR_INVALID};
    (void)vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return TESS_ERR_INVALID;
}
