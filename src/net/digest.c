// SPDX-License-Identifier: MIT
#include "net/digest.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

void digest_sha256(const void *data, size_t size, uint8_t hash_out[DIGEST_SHA256_BYTES])
{
    if (!EVP_Digest(data, size, hash_out, NULL, EVP_sha256(), NULL))
        abort();
}

void digest_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                        uint8_t mac_out[DIGEST_SHA256_BYTES])
{
    unsigned int length = 0;
    if (key_size > INT32_MAX || !HMAC(EVP_sha256(), key, (int)key_size, data, size, mac_out, &length))
        abort();
}

void digest_init(struct digest *digest)
{
    digest->context = EVP_MD_CTX_new();
    if (!digest->context || !EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL))
        abort();
}

void digest_add(struct digest *digest, const void *data, size_t size)
{
    if (!EVP_DigestUpdate(digest->context, data, size))
        abort();
}

void digest_finish(struct digest *digest, uint8_t hash_out[DIGEST_SHA256_BYTES])
{
    if (!EVP_DigestFinal_ex(digest->context, hash_out, NULL))
        abort();
    digest_clear(digest);
}

void digest_clear(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

void digest_hex(const uint8_t *data, size_t size, char *text_out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text_out[2 * i] = digits[data[i] >> 4];
        text_out[2 * i + 1] = digits[data[i] & 15];
    }
    text_out[2 * size] = '\0';
}

bool digest_equal(const void *left, const void *right, size_t size)
{
    return CRYPTO_memcmp(left, right, size) == 0;
}

void digest_wipe(void *secret, size_t size)
{
    OPENSSL_cleanse(secret, size);
}
