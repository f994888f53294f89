// SPDX-License-Identifier: MIT
/*
 * Objects: named byte strings in buckets, behind a vtable. Implementations: objects_fs.c (files); S3 later.
 *
 * All operations may be called from several threads at once on one `struct objects`. They block. Keys are 1
 * to 1024 bytes of any UTF-8 without NUL; an implementation must keep any such key from leaving its bucket.
 */
#ifndef BACKEND_OBJECTS_H
#define BACKEND_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include <tessera/status.h>

struct objects;
struct object_writer;

struct object_info {
    uint64_t size_bytes;
    char version[96]; /* ETag or the like: changes whenever the content may have changed */
};

struct object_link_request {
    const char *bucket, *key; /* borrowed */
    const char *method;       /* "GET" or "PUT" */
    int64_t now_s;            /* Unix time of signing */
    uint32_t expires_s;       /* wanted life, 1..604800 */
};

struct objects_ops {
    void (*destroy)(struct objects *objects);

    /* Creates the bucket if it is missing; *created_out (may be NULL) tells. */
    enum tess_status (*ensure_bucket)(struct objects *objects, const char *bucket, bool *created_out,
                                      struct tess_error *error);

    /* TESS_ERR_NOT_FOUND when there is no such object. */
    enum tess_status (*stat)(struct objects *objects, const char *bucket, const char *key,
                             struct object_info *info_out, struct tess_error *error);

    /* Whole object into `out` (initialised here, the caller's to clear; empty on failure). TESS_ERR_LIMIT
     * "max-bytes" before reading more. */
    enum tess_status (*get)(struct objects *objects, const char *bucket, const char *key, uint64_t max_bytes,
                            struct bytes *out, struct tess_error *error);

    /* Removing an object that is not there succeeds, as in S3; a missing bucket is TESS_ERR_NOT_FOUND. */
    enum tess_status (*remove)(struct objects *objects, const char *bucket, const char *key,
                               struct tess_error *error);

    /* Every key that starts with `prefix`, in UTF-8 byte order. `each` returns false to stop; it may use the
     * objects itself. */
    enum tess_status (*list)(struct objects *objects, const char *bucket, const char *prefix,
                             bool (*each)(void *context, const char *key, const struct object_info *info),
                             void *context, struct tess_error *error);

    /* A presigned link into `url_out` (initialised here); *expires_at_out is when it really ends (Unix time).
     */
    enum tess_status (*link)(struct objects *objects, const struct object_link_request *request,
                             struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error);

    /*
     * Streams an object in: nothing is visible until commit, then all of it, durably. write and commit may
     * fail; every opened writer ends with exactly one commit or abort, which free it (commit also when it
     * fails).
     */
    enum tess_status (*writer_open)(struct objects *objects, const char *bucket, const char *key,
                                    const char *media_type, struct object_writer **writer_out,
                                    struct tess_error *error);
    enum tess_status (*writer_write)(struct object_writer *writer, const void *data, size_t size,
                                     struct tess_error *error);
    enum tess_status (*writer_commit)(struct object_writer *writer, struct tess_error *error);
    void (*writer_abort)(struct object_writer *writer);
};

/* First member of every implementation. */
struct objects {
    const struct objects_ops *ops;
    uint32_t fetches; /* how many gets at once pay */
};

/* Puts a whole object through the writer. */
enum tess_status objects_put(struct objects *objects, const char *bucket, const char *key,
                             const char *media_type, const void *data, size_t size, struct tess_error *error);

#endif
