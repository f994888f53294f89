// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A message that was cut in the middle of a UTF-8 sequence would make invalid JSON: drop the broken tail. */
static void trim_to_utf8(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < need)
        text[start - 1] = '\0';
}

static void set_message(struct tess_error *error, const char *format, va_list args) TESS_PRINTF(2, 0);
static void set_message(struct tess_error *error, const char *format, va_list args)
{
    int length = vsnprintf(error->message, sizeof error->message, format, args);
    if (length >= (int)sizeof error->message)
        trim_to_utf8(error->message);
}

enum tess_status error_fill(struct tess_error *error, enum tess_status status, const char *format, ...)
{
    if (!error)
        return status;
    va_list args;
    va_start(args, format);
    error->status = status;
    error->limit[0] = '\0';
    set_message(error, format, args);
    va_end(args);
    return status;
}

enum tess_status error_fill_limit(struct tess_error *error, const char *limit, const char *format, ...)
{
    if (!error)
        return TESS_ERR_LIMIT;
    va_list args;
    va_start(args, format);
    error->status = TESS_ERR_LIMIT;
    (void)snprintf(error->limit, sizeof error->limit, "%s", limit);
    set_message(error, format, args);
    va_end(args);
    return TESS_ERR_LIMIT;
}

static enum tess_status status_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return TESS_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return TESS_ERR_DENIED;
    case EEXIST:
        return TESS_ERR_EXISTS;
    case ENOMEM:
        return TESS_ERR_MEMORY;
    default:
        return TESS_ERR_IO;
    }
}

enum tess_status error_errno(struct tess_error *error, int errnum, const char *format, ...)
{
    enum tess_status status = status_of_errno(errnum);
    if (!error)
        return status;
    va_list args;
    va_start(args, format);
    error->status = status;
    error->limit[0] = '\0';
    set_message(error, format, args);
    va_end(args);
    char reason[128];
    size_t used = strlen(error->message);
    /* GNU strerror_r: the text may or may not be in `reason`. */
    const char *words = strerror_r(errnum, reason, sizeof reason);
    (void)snprintf(error->message + used, sizeof error->message - used, ": %s", words);
    return status;
}

void error_prefix(struct tess_error *error, const char *format, ...)
{
    if (!error)
        return;
    char old[sizeof error->message];
    memcpy(old, error->message, sizeof old);
    va_list args;
    va_start(args, format);
    set_message(error, format, args);
    va_end(args);
    size_t used = strlen(error->message);
    int length = snprintf(error->message + used, sizeof error->message - used, ": %s", old);
    if (length >= (int)(sizeof error->message - used))
        trim_to_utf8(error->message);
}

const char *tess_status_name(enum tess_status status)
{
    switch (status) {
    case TESS_OK:
        return "ok";
    case TESS_ERR_INVALID:
        return "invalid";
    case TESS_ERR_LIMIT:
        return "limit";
    case TESS_ERR_NOT_FOUND:
        return "not-found";
    case TESS_ERR_NOT_IMAGE:
        return "not-image";
    case TESS_ERR_CORRUPT:
        return "corrupt";
    case TESS_ERR_UNSUPPORTED:
        return "unsupported";
    case TESS_ERR_IO:
        return "io";
    case TESS_ERR_DENIED:
        return "denied";
    case TESS_ERR_EXISTS:
        return "exists";
    case TESS_ERR_BUSY:
        return "busy";
    case TESS_ERR_MEMORY:
        return "memory";
    case TESS_ERR_CANCELLED:
        return "cancelled";
    case TESS_ERR_TIMEOUT:
        return "timeout";
    case TESS_ERR_TILE_FAILED:
        return "tile-failed";
    case TESS_ERR_SETUP:
        return "setup";
    case TESS_ERR_INTERNAL:
        return "internal";
    }
    return "unknown";
}
