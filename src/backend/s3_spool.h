// SPDX-License-Identifier: MIT
/*
 * The bytes of an object until they are sent. S3 wants to know size and hash before the first byte, and an
 * attempt may have to be repeated. Up to 8 MiB stay in memory, more go into a file without a name, which is
 * gone with the process whatever happens to it. Not thread-safe.
 */
#ifndef BACKEND_S3_SPOOL_H
#define BACKEND_S3_SPOOL_H

#include "backend/s3_digest.h"
#include "base/bytes.h"
#include "net/digest.h"
#include "net/http.h"

enum { S3_SPOOL_MEMORY_BYTES = 8 << 20 };

#define S3_OBJECT_MAX_BYTES ((uint64_t)5 << 30) /* of one PUT */

struct s3_spool {
    struct bytes memory;
    int fd; /* -1: all is in memory */
    uint64_t size_bytes;
    struct digest sha256;
    struct s3_md5 md5;
};

void s3_spool_init(struct s3_spool *spool);
void s3_spool_clear(struct s3_spool *spool);

/* TESS_ERR_LIMIT ("object-bytes"), TESS_ERR_MEMORY, TESS_ERR_IO. */
enum tess_status s3_spool_write(struct s3_spool *spool, const void *data, size_t size,
                                struct tess_error *error);

/* Once, after the last write. `md5_out` is "" where there is no MD5. The body borrows the spool. */
void s3_spool_finish(struct s3_spool *spool, char sha256_out[DIGEST_SHA256_HEX_BYTES],
                     char md5_out[S3_BASE64_BYTES], struct http_body *body_out);

#endif
