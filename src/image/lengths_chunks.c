// SPDX-License-Identifier: MIT
/* PNG and WebP: chunks in a row, each with its length, looked at up to the first that holds pixels. */
#include <string.h>

#include "image/lengths.h"
#include "image/numbers.h"

static bool is_named(const uint8_t *name, const char *wanted)
{
    return memcmp(name, wanted, 4) == 0;
}

enum tess_status lengths_png(const uint8_t *bytes, size_t size_bytes, struct tess_error *error)
{
    enum { SIGNATURE = 8, HEAD = 8 /* length, name */, CHECKSUM = 4 };
    for (size_t at = SIGNATURE; at < size_bytes && size_bytes - at >= HEAD;) {
        const uint8_t *name = bytes + at + 4;
        const uint64_t length = number_be(bytes + at, 4), left = size_bytes - at - HEAD;
        if (is_named(name, "IDAT"))
            break;
        if (length + CHECKSUM > left)
            return lengths_refuse(&(struct lengths_claim){"PNG", "chunk", name, at, length, left}, error);
        at += HEAD + (size_t)length + CHECKSUM;
    }
    return TESS_OK;
}

enum tess_status lengths_webp(const uint8_t *bytes, size_t size_bytes, struct tess_error *error)
{
    enum { RIFF = 12, HEAD = 8 /* name, length */ };
    for (size_t at = RIFF; at < size_bytes && size_bytes - at >= HEAD;) {
        const uint8_t *name = bytes + at;
        const uint64_t length = number_le(bytes + at + 4, 4), left = size_bytes - at - HEAD;
        if (is_named(name, "VP8 ") || is_named(name, "VP8L") || is_named(name, "ANMF"))
            break;
        if (length > left)
            return lengths_refuse(&(struct lengths_claim){"WebP", "chunk", name, at, length, left}, error);
        at += HEAD + (size_t)length;
        if (length % 2 != 0 && at < size_bytes)
            at++; /* padding */
    }
    return TESS_OK;
}
