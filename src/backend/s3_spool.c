// SPDX-License-Identifier: MIT
#include "backend/s3_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

void s3_spool_init(struct s3_spool *spool)
{
    memset(spool, 0, sizeof *spool);
    bytes_init(&spool->memory, S3_SPOOL_MEMORY_BYTES);
    spool->fd = -1;
    digest_init(&spool->sha256);
    s3_md5_init(&spool->md5);
}

void s3_spool_clear(struct s3_spool *spool)
{
    if (spool->fd >= 0)
        (void)close(spool->fd);
    spool->fd = -1;
    bytes_clear(&spool->memory);
    digest_clear(&spool->sha256);
    s3_md5_clear(&spool->md5);
}

static int open_nameless(void)
{
    int fd = open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    char path[] = P_tmpdir "/tessera-XXXXXX"; /* a file system without O_TMPFILE */
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* A fault of the machine: it is not the object that is missing, nor the caller who may not write it. */
static enum tess_status no_file(int errnum, struct tess_error *error)
{
    const enum tess_status status =
        error_errno(error, errnum, "cannot keep an object in " P_tmpdir " until it is sent");
    if (status == TESS_ERR_MEMORY)
        return status;
    if (error)
        error->status = TESS_ERR_IO;
    return TESS_ERR_IO;
}

static enum tess_status write_all(int fd, const void *data, size_t size, struct tess_error *error)
{
    const uint8_t *at = data;
    while (size > 0) {
        const ssize_t written = write(fd, at, size);
        if (written < 0 && errno != EINTR)
            return no_file(errno, error);
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return TESS_OK;
}

static enum tess_status move_to_file(struct s3_spool *spool, struct tess_error *error)
{
    spool->fd = open_nameless();
    if (spool->fd < 0)
        return no_file(errno, error);
    const enum tess_status status = write_all(spool->fd, spool->memory.data, spool->memory.size, error);
    bytes_clear(&spool->memory);
    return status;
}

enum tess_status s3_spool_write(struct s3_spool *spool, const void *data, size_t size,
                                struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    if (size > S3_OBJECT_MAX_BYTES - spool->size_bytes)
        return error_limit(error, "object-bytes",
                           "an object of more than %" PRIu64 " bytes (5 GiB, the limit object-bytes) cannot "
                           "be put into S3 at once",
                           S3_OBJECT_MAX_BYTES);
    if (spool->fd < 0 && size > S3_SPOOL_MEMORY_BYTES - spool->memory.size)
        status = move_to_file(spool, error);
    if (status == TESS_OK && spool->fd >= 0)
        status = write_all(spool->fd, data, size, error);
    else if (status == TESS_OK && bytes_append(&spool->memory, data, size) != TESS_OK)
        status = error_set(error, TESS_ERR_MEMORY, "no memory for an object of %" PRIu64 " bytes",
                           spool->size_bytes + size);
    if (status == TESS_OK) {
        spool->size_bytes += size;
        digest_add(&spool->sha256, data, size);
        s3_md5_add(&spool->md5, data, size);
    }
    return status;
}

static enum tess_status read_file(void *context, uint64_t offset, void *buffer, size_t size, size_t *got_out,
                                  struct tess_error *error)
{
    const struct s3_spool *spool = context;
    ssize_t got;
    *got_out = 0;
    do
        got = pread(spool->fd, buffer, size, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_errno(error, errno, "cannot read an object kept in " P_tmpdir);
    *got_out = (size_t)got;
    return TESS_OK;
}

void s3_spool_finish(struct s3_spool *spool, char sha256_out[DIGEST_SHA256_HEX_BYTES],
                     char md5_out[S3_BASE64_BYTES], struct http_body *body_out)
{
    uint8_t hash[DIGEST_SHA256_BYTES];
    digest_finish(&spool->sha256, hash);
    digest_hex(hash, sizeof hash, sha256_out);
    md5_out[0] = '\0';
    if (s3_md5_finish(&spool->md5, hash))
        s3_base64(hash, S3_MD5_BYTES, md5_out);
    *body_out = (struct http_body){.size_bytes = spool->size_bytes};
    if (spool->fd >= 0) {
        body_out->read = read_file;
        body_out->context = spool;
    } else {
        body_out->data = spool->memory.size > 0 ? (const void *)spool->memory.data : "";
    }
}
