// SPDX-License-Identifier: MIT
/* Objects in S3, or on a server that speaks its protocol. */
#ifndef BACKEND_OBJECTS_S3_H
#define BACKEND_OBJECTS_S3_H

#include "backend/objects.h"
#include "net/aws.h"

/* `aws` is borrowed for the objects' life. Nothing is asked of a server yet. TESS_ERR_MEMORY. */
enum tess_status objects_s3_open(struct aws *aws, struct objects **objects_out, struct tess_error *error);

/*
 * Whether objects may be written, found out without writing: by a body whose MD5 is wrong, which is refused
 * only to who is allowed to write. (A server that takes it all the same has it removed again.) TESS_OK, or as
 * a writer's commit.
 */
enum tess_status objects_s3_try_put(struct objects *objects, const char *bucket, const char *key,
                                    struct tess_error *error);

/* The region that the bucket is in, as far as is known: where the last call found it, else where the settings
 * say. Thread-safe. */
enum { S3_REGION_BYTES = 64 };
void objects_s3_bucket_region(struct objects *objects, const char *bucket, char region_out[S3_REGION_BYTES]);

#endif
