// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* The longest path with words around it, and what is said behind that. */
enum { WORDS_BYTES = 4096 + 1024, REASON_BYTES = sizeof((struct tess_error *)0)->message };

/* The one place where a message is made. `reason` (may be NULL, or the message so far) comes behind the
 * words. */
static void set_message(struct tess_error *error, const char *reason, const char *format, va_list args)
    TESS_PRINTF(3, 0);
static void set_message(struct tess_error *error, const char *reason, const char *format, va_list args)
{
    char text[WORDS_BYTES + REASON_BYTES + 2];
    if (vsnprintf(text, WORDS_BYTES, format, args) < 0)
        text[0] = '\0';
    const size_t used = strlen(text);
    if (reason)
        (void)snprintf(text + used, sizeof text - used, ": %s", reason);
    (void)utf8_line(text, error->message, sizeof error->message);
}

enum tess_status error_fill(struct tess_error *error, enum tess_status status, const char *format, ...)
{
    if (!error)
        return status;
    va_list args;
    va_start(args, format);
    error->status = status;
    error->limit[0] = '\0';
    set_message(error, NULL, format, args);
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
    set_message(error, NULL, format, args);
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
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case EAGAIN: /* threads */
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
    /* GNU strerror_r: the text may or may not be in `room`. */
    char room[128];
    const char *reason = strerror_r(errnum, room, sizeof room);
    va_list args;
    va_start(args, format);
    error->status = status;
    error->limit[0] = '\0';
    set_message(error, reason, format, args);
    va_end(args);
    return status;
}

void error_prefix(struct tess_error *error, const char *format, ...)
{
    if (!error)
        return;
    va_list args;
    va_start(args, format);
    set_message(error, error->message, format, args);
    va_end(args);
}

enum tess_status tess_error_fill(struct tess_error *error, enum tess_status status, const char *limit,
                                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error->status = status;
    (void)snprintf(error->limit, sizeof error->limit, "%s", limit ? limit : "");
    set_message(error, NULL, format, args);
    va_end(args);
    return status;
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
