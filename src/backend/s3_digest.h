// SPDX-License-Identifier: MIT
/*
 * The checksums of S3 beside SHA-256: MD5 (Content-MD5 and most ETags) and CRC-32, and base64, which they are
 * written in. MD5 finds damage here, it guards against no attacker. Where libcrypto has none (FIPS), there is
 * no comparison by it.
 */
#ifndef BACKEND_S3_DIGEST_H
#define BACKEND_S3_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    S3_MD5_BYTES = 16,
    S3_MD5_HEX_BYTES = 2 * S3_MD5_BYTES + 1,
    S3_BASE64_BYTES = 45 /* of up to 32 bytes, and a NUL */
};

struct s3_md5 {
    void *context; /* EVP_MD_CTX, owned; NULL: not to be had */
};
void s3_md5_init(struct s3_md5 *md5);
void s3_md5_add(struct s3_md5 *md5, const void *data, size_t size);
bool s3_md5_finish(struct s3_md5 *md5, uint8_t hash_out[S3_MD5_BYTES]); /* and clears; false: not to be had */
void s3_md5_clear(struct s3_md5 *md5);                                  /* harmless after finish */

/* In one go. False: not to be had. */
bool s3_md5(const void *data, size_t size, uint8_t hash_out[S3_MD5_BYTES]);

/* Four bytes, the highest first, as x-amz-checksum-crc32 has them. */
void s3_crc32(const void *data, size_t size, uint8_t sum_out[4]);

/* Of at most 32 bytes. */
void s3_base64(const uint8_t *data, size_t size, char text_out[S3_BASE64_BYTES]);

#endif
