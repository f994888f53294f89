// SPDX-License-Identifier: MIT
/*
 * SHA-256 and HMAC-SHA-256, a thin cover over OpenSSL's libcrypto so that nothing else names it.
 *
 * None of these can fail by their input. libcrypto allocates a small context; when even that is refused the
 * process aborts, because a digest that is silently wrong would name the wrong object. Thread-safe for
 * distinct states.
 */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SHA256_BYTES = 32, DIGEST_SHA256_HEX_BYTES = 2 * DIGEST_SHA256_BYTES + 1 };

void digest_sha256(const void *data, size_t size, uint8_t hash_out[DIGEST_SHA256_BYTES]);
void digest_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                        uint8_t mac_out[DIGEST_SHA256_BYTES]);

/* Incremental: init, any number of adds, then finish (which gives the hash and clears) or clear. */
struct digest {
    void *context; /* EVP_MD_CTX, owned */
};
void digest_init(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t size);
void digest_finish(struct digest *digest, uint8_t hash_out[DIGEST_SHA256_BYTES]);
void digest_clear(struct digest *digest); /* harmless after finish and on a zeroed struct */

/* Lower-case hex of `size` bytes and a NUL: 2 * size + 1 characters. */
void digest_hex(const uint8_t *data, size_t size, char *text_out);

/* Compares in a time that depends on `size` only. */
bool digest_equal(const void *left, const void *right, size_t size);

/* Overwrites a secret in a way the compiler keeps. */
void digest_wipe(void *secret, size_t size);

#endif
