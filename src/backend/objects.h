// SPDX-License-Identifier: MIT
/*
 * Objects: named byte strings in buckets, behind a vtable. Implementations: objects_fs.c (files),
 * objects_s3.c.
 *
 * All operations may be called from several threads at once on one `struct objects`. They block; a `stop`
 * (NULL: none) ends the wait for a server with what it says, and is nothing to an implementation that waits
 * for a disk only. A bucket that is missing is TESS_ERR_SETUP everywhere, as is whatever else of the
 * configuration the store refuses (credentials, region). Keys are 1 to 1024 bytes of any UTF-8 without NUL;
 * an implementation must keep any such key from leaving its bucket.
 */
#ifndef BACKEND_OBJECTS_H
#define BACKEND_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/stop.h"
#include <tessera/status.h>
#include <tessera/store.h>

struct objects;
struct object_writer;

enum { OBJECT_VERSION_BYTES = 96 };

struct object_info {
    uint64_t size_bytes;
    char version[OBJECT_VERSION_BYTES]; /* ETag or the like: changes whenever the content may have changed */
};

/* All borrowed for the call. */
struct object_get {
    const char *bucket, *key;
    uint64_t max_bytes;
    const struct stop *stop;
};

/* Some bytes of an object of a certain version, which ends at size_bytes or later. */
struct object_part {
    const char *bucket, *key, *version;
    uint64_t offset;
    size_t size_bytes;
    const struct stop *stop;
};

struct object_list {
    const char *bucket, *prefix; /* "": all */
    const struct stop *stop;
};

/* Borrowed until the writer's end, but for `bucket` and `media_type`, which are copied. */
struct object_put {
    const char *bucket, *media_type;
    /* The key names this very content: where an object of that key and size is already, the commit leaves it
     * and succeeds. (A retry whose first attempt got through, or two builders of one grid.) */
    bool only_new;
    const struct stop *stop;
};

struct object_link_request {
    const char *bucket, *key; /* borrowed */
    const char *method;       /* "GET" or "PUT" */
    int64_t now_s;            /* Unix time of signing */
    uint32_t expires_s;       /* wanted life, 1..604800 */
    const char *base;         /* files: where the link begins; NULL: as the store was opened. S3: unused */
};

/* A request for an object as a server received it. All borrowed. */
struct object_request {
    const char *method;
    const char *host;               /* the Host header */
    const char *path;               /* as received, still encoded: "/objects/images/a%20b.jpg" */
    const char *query;              /* as received, without the '?' */
    const char *const *other_hosts; /* further names of this server, which links may be for */
    size_t other_host_count;
};

enum { BUCKET_NAME_MAX_BYTES = 63 };

/* Which object a verified request is about. */
struct object_target {
    char bucket[BUCKET_NAME_MAX_BYTES + 1];
    char key[TESS_KEY_MAX_BYTES + 1];
};

/* An object to be read piece by piece. */
struct object_file {
    int fd; /* the caller's to close() */
    struct object_info info;
    int64_t modified_s; /* Unix time */
};

struct objects_ops {
    void (*destroy)(struct objects *objects);

    /* Creates the bucket if it is missing; *created_out (may be NULL) tells. */
    enum tess_status (*ensure_bucket)(struct objects *objects, const char *bucket, bool *created_out,
                                      struct tess_error *error);

    /* TESS_ERR_NOT_FOUND when there is no such object. */
    enum tess_status (*stat)(struct objects *objects, const char *bucket, const char *key,
                             const struct stop *stop, struct object_info *info_out, struct tess_error *error);

    /*
     * Whole object into `out` (initialised here, the caller's to clear; empty on failure). *info_out (may be
     * NULL) is of the bytes that were read, however often the object is replaced meanwhile. TESS_ERR_LIMIT
     * "max-bytes" before reading more; *info_out then has the object's size (0 where it is not known), so
     * that the caller can find room and ask again.
     */
    enum tess_status (*get)(struct objects *objects, const struct object_get *request, struct bytes *out,
                            struct object_info *info_out, struct tess_error *error);

    /* Those bytes into `out` (initialised here, the caller's to clear; empty on failure). NULL where objects
     * are files, to be had by open(). TESS_ERR_NOT_FOUND also where the object has another version, or ends
     * before. */
    enum tess_status (*get_part)(struct objects *objects, const struct object_part *part, struct bytes *out,
                                 struct tess_error *error);

    /* Removing an object that is not there succeeds, as in S3; a missing bucket is TESS_ERR_SETUP. */
    enum tess_status (*remove)(struct objects *objects, const char *bucket, const char *key,
                               struct tess_error *error);

    /* Every key that starts with the prefix, as pages arrive. Files and S3 list in UTF-8 byte order; S3's
     * directory buckets and gateways need not, and may name a key twice where it was written meanwhile.
     * `each` returns false to stop; it may use the objects itself. */
    enum tess_status (*list)(struct objects *objects, const struct object_list *request,
                             bool (*each)(void *context, const char *key, const struct object_info *info),
                             void *context, struct tess_error *error);

    /* A presigned link into `url_out` (initialised here); *expires_at_out is when it really ends (Unix time).
     */
    enum tess_status (*link)(struct objects *objects, const struct object_link_request *request,
                             struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error);

    /*
     * Which object a request is about, if a link of this store allowed it and is valid at now_s. NULL where
     * links lead to a server of their own. TESS_ERR_DENIED; TESS_ERR_NOT_FOUND: the path is no object's.
     */
    enum tess_status (*verify)(struct objects *objects, const struct object_request *request, int64_t now_s,
                               struct object_target *target_out, struct tess_error *error);

    /* Opens an object's file, NULL where objects are no files. TESS_ERR_NOT_FOUND, also for what is no plain
     * file. */
    enum tess_status (*open)(struct objects *objects, const char *bucket, const char *key,
                             struct object_file *file_out, struct tess_error *error);

    /*
     * Streams an object in: nothing is visible until commit, then all of it, durably. write and commit may
     * fail; the key is needed at the end only. Every opened writer ends with exactly one commit or abort,
     * which free it (commit also when it fails).
     */
    enum tess_status (*writer_open)(struct objects *objects, const struct object_put *request,
                                    struct object_writer **writer_out, struct tess_error *error);
    enum tess_status (*writer_write)(struct object_writer *writer, const void *data, size_t size,
                                     struct tess_error *error);
    enum tess_status (*writer_commit)(struct object_writer *writer, const char *key,
                                      struct tess_error *error);
    void (*writer_abort)(struct object_writer *writer);
};

/* First member of every implementation. */
struct objects {
    const struct objects_ops *ops;
    uint32_t fetches; /* how many gets at once pay */
    bool remote;      /* a round trip costs more than a look at a disk: worth beginning early, and not worth
                         repeating */
};

/* S3's rules: 3 to 63 of a-z 0-9 . -, beginning and ending in a letter or digit, no "..". TESS_ERR_INVALID.
 * Pure. */
enum tess_status bucket_name_check(const char *bucket, struct tess_error *error);

/* 1 to 1024 bytes. TESS_ERR_INVALID, TESS_ERR_LIMIT ("key-bytes"). Pure. */
enum tess_status object_key_check(const char *key, struct tess_error *error);

/*
 * Whether the bucket is there, asked by listing it from `key` on (which is one request). TESS_ERR_SETUP
 * when it is not, and whatever else the listing says.
 */
enum tess_status objects_check_bucket(struct objects *objects, const char *bucket, const char *key,
                                      struct tess_error *error);

enum { OBJECTS_PIECE_BYTES = 4 << 20 };

/*
 * Hands an object of known size and version on, in order, in pieces of OBJECTS_PIECE_BYTES at most, which is
 * also all the memory that it takes. TESS_ERR_NOT_FOUND when it is no longer there, or another one; what
 * `take` returns ends it. `stop` may be NULL.
 */
struct object_copy {
    const char *bucket, *key;
    const struct object_info *info; /* as it was looked up */
    const struct stop *stop;
    enum tess_status (*take)(void *context, const void *data, size_t size, struct tess_error *error);
    void *context;
};
enum tess_status objects_copy(struct objects *objects, const struct object_copy *copy,
                              struct tess_error *error);

/* Puts a whole object through the writer. */
enum tess_status objects_put(struct objects *objects, const char *bucket, const char *key,
                             const char *media_type, const void *data, size_t size, struct tess_error *error);

#endif
