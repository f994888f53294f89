// SPDX-License-Identifier: MIT
/*
 * Status and error: how every fallible call in tessera reports.
 *
 * A call returns an enum tess_status and, where the caller passed one, fills a struct tess_error that the
 * caller owns. There is no thread-local or global error state: two threads never see each other's errors,
 * and an error may be kept for as long as the caller keeps the struct.
 */
#ifndef TESSERA_STATUS_H
#define TESSERA_STATUS_H

#if defined(__GNUC__)
#define TESS_API              __attribute__((visibility("default")))
#define TESS_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#else
#define TESS_API
#define TESS_PRINTF(fmt, arg)
#endif

enum tess_status {
    TESS_OK = 0,
    TESS_ERR_INVALID,     /* the request makes no sense: an argument, an option, an id */
    TESS_ERR_LIMIT,       /* a stated limit would be exceeded; tess_error.limit names it */
    TESS_ERR_NOT_FOUND,   /* no such file, object, grid or counter */
    TESS_ERR_NOT_IMAGE,   /* the bytes are no image of a known kind */
    TESS_ERR_CORRUPT,     /* an image, but damaged or cut short */
    TESS_ERR_UNSUPPORTED, /* a legal thing that this build cannot handle */
    TESS_ERR_IO,          /* the operating system or the store failed; the message carries its words */
    TESS_ERR_DENIED,      /* permission refused, or a signature that does not verify */
    TESS_ERR_EXISTS,      /* it is there already */
    TESS_ERR_BUSY,        /* full or locked for now; trying again may help */
    TESS_ERR_MEMORY,      /* the machine gave no memory, thread or descriptor; another time it may */
    TESS_ERR_CANCELLED,   /* the caller asked to stop */
    TESS_ERR_TIMEOUT,     /* the deadline passed */
    TESS_ERR_TILE_FAILED, /* strict mode: a cell failed, so the whole grid did; or not one image is usable */
    TESS_ERR_SETUP,       /* what the store or the program is made of is missing, incomplete or refused: a
                             bucket, a table, credentials, the module for libvips. The operator's to mend,
                             not the caller's */
    TESS_ERR_INTERNAL     /* a bug of ours */
};

/* Everything a caller may want to tell a user about one failure. Plain data: copy, keep or drop it freely. */
struct tess_error {
    enum tess_status status;
    char limit[32];    /* name of the limit that was hit ("max-pixels"), or "" */
    char message[480]; /* one line of valid UTF-8, always, without a trailing full stop or newline. Of what is
                          too long "…" stands for the middle; control characters and bytes that are no UTF-8,
                          such as a file's name may have, are written \xNN */
};

/*
 * The status's name in lower case with hyphens ("not-found"), as used for the `code` of JSON errors.
 * Static storage; never NULL, also for a value outside the enum. Thread-safe.
 */
TESS_API const char *tess_status_name(enum tess_status status);

/*
 * Fills *error (not NULL) as the library does: printf style, and whatever goes into the message, it is one
 * line of valid UTF-8. `limit` names the limit that was hit; NULL: none was. Returns `status`. Thread-safe.
 */
TESS_API enum tess_status tess_error_fill(struct tess_error *error, enum tess_status status,
                                          const char *limit, const char *format, ...) TESS_PRINTF(4, 5);

#endif
