// SPDX-License-Identifier: MIT
/* What the files of objects_s3 share, and nobody else includes. */
#ifndef BACKEND_OBJECTS_S3_PARTS_H
#define BACKEND_OBJECTS_S3_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/objects.h"
#include "backend/objects_s3.h"
#include "backend/s3_answer.h"
#include "net/aws.h"

enum { S3_REGIONS = 16, S3_ERROR_MAX_BYTES = 64 * 1024, S3_SHOWN_BYTES = 120 };

/* A bucket that turned out to be elsewhere than the settings say. */
struct s3_placed {
    char bucket[BUCKET_NAME_MAX_BYTES + 1], region[S3_REGION_BYTES];
};

struct objects_s3 {
    struct objects base;
    struct aws *aws;            /* borrowed */
    _Atomic bool no_conditions; /* the server answered that it has no If-None-Match */
    pthread_mutex_t lock;       /* of what follows */
    struct s3_placed placed[S3_REGIONS];
    size_t next_placed; /* the oldest entry is overwritten */
};

/* All borrowed for the call. */
struct s3_call {
    const char *method, *bucket;
    const char *key;           /* NULL: the bucket itself */
    const char *doing, *where; /* for messages: "read", "from"; `where` only with a key */
    const char *action;        /* what IAM has to allow: "s3:GetObject" */
    const struct aws_service_ops *answer;
    const char *query;
    const struct http_header *headers;
    size_t header_count;
    const struct http_body *body;
    const char *payload_hash;
    uint64_t max_body_bytes; /* of a good answer; 0: S3_ERROR_MAX_BYTES */
    const struct stop *stop;
};

/*
 * Checks the names and calls, in the region where the bucket is. Errors as aws_call(), in the words of
 * someone who set up buckets: a missing one, a permission that is not given. *response_out is the caller's to
 * clear, also on failure. Thread-safe.
 */
enum tess_status objects_s3_call(struct objects_s3 *s3, const struct s3_call *call,
                                 struct aws_response *response_out, struct tess_error *error);

/* The region to sign for and to ask in, as far as is known. Thread-safe. */
void objects_s3_region(struct objects_s3 *s3, const char *bucket, char region_out[S3_REGION_BYTES]);

/* Both, in words for people. TESS_ERR_SETUP (no bucket is named), TESS_ERR_INVALID, TESS_ERR_LIMIT. `key` may
 * be NULL. Pure. */
enum tess_status objects_s3_check_names(const char *bucket, const char *key, struct tess_error *error);

/* Entries of the vtable; see objects.h. */
enum tess_status objects_s3_stat(struct objects *objects, const char *bucket, const char *key,
                                 const struct stop *stop, struct object_info *info_out,
                                 struct tess_error *error);
enum tess_status objects_s3_get_part(struct objects *objects, const struct object_part *part,
                                     struct bytes *out, struct tess_error *error);
enum tess_status objects_s3_list(struct objects *objects, const struct object_list *request,
                                 bool (*each)(void *context, const char *key, const struct object_info *info),
                                 void *context, struct tess_error *error);
enum tess_status objects_s3_link(struct objects *objects, const struct object_link_request *request,
                                 struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error);
enum tess_status objects_s3_writer_open(struct objects *objects, const struct object_put *request,
                                        struct object_writer **writer_out, struct tess_error *error);
enum tess_status objects_s3_writer_write(struct object_writer *writer, const void *data, size_t size,
                                         struct tess_error *error);
enum tess_status objects_s3_writer_commit(struct object_writer *writer, const char *key,
                                          struct tess_error *error);
void objects_s3_writer_abort(struct object_writer *writer);

#endif
