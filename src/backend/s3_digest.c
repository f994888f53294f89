// SPDX-License-Identifier: MIT
#include "backend/s3_digest.h"

#include <openssl/evp.h>
#include <zlib.h>

void s3_md5_init(struct s3_md5 *md5)
{
    md5->context = EVP_MD_CTX_new();
    if (md5->context && !EVP_DigestInit_ex(md5->context, EVP_md5(), NULL))
        s3_md5_clear(md5);
}

void s3_md5_add(struct s3_md5 *md5, const void *data, size_t size)
{
    if (md5->context && !EVP_DigestUpdate(md5->context, data, size))
        s3_md5_clear(md5);
}

bool s3_md5_finish(struct s3_md5 *md5, uint8_t hash_out[S3_MD5_BYTES])
{
    const bool good = md5->context && EVP_DigestFinal_ex(md5->context, hash_out, NULL);
    s3_md5_clear(md5);
    return good;
}

void s3_md5_clear(struct s3_md5 *md5)
{
    EVP_MD_CTX_free(md5->context);
    md5->context = NULL;
}

bool s3_md5(const void *data, size_t size, uint8_t hash_out[S3_MD5_BYTES])
{
    struct s3_md5 md5;
    s3_md5_init(&md5);
    s3_md5_add(&md5, data, size);
    return s3_md5_finish(&md5, hash_out);
}

void s3_crc32(const void *data, size_t size, uint8_t sum_out[4])
{
    const uint32_t sum = (uint32_t)crc32_z(0, data, size);
    for (int i = 0; i < 4; i++)
        sum_out[i] = (uint8_t)(sum >> (24 - 8 * i));
}

void s3_base64(const uint8_t *data, size_t size, char text_out[S3_BASE64_BYTES])
{
    (void)EVP_EncodeBlock((unsigned char *)text_out, data, (int)(size > 32 ? 32 : size));
}
