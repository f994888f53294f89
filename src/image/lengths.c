// SPDX-License-Identifier: MIT
#include "image/lengths.h"

#include <ctype.h>

#include "base/error.h"

enum tess_status lengths_refuse(const struct lengths_claim *claim, struct tess_error *error)
{
    char name[5] = "????";
    for (int i = 0; i < 4; i++)
        if (isalnum(claim->name[i]))
            name[i] = (char)claim->name[i];
    return error_set(error, TESS_ERR_CORRUPT,
                     "%s: the %s %s at byte %zu claims %llu bytes, and %llu are left", claim->format,
                     claim->part, name, claim->at, (unsigned long long)claim->claimed,
                     (unsigned long long)claim->left);
}

enum tess_status lengths_check(enum image_kind kind, const uint8_t *bytes, size_t size_bytes,
                               struct tess_error *error)
{
    switch (kind) {
    case IMAGE_PNG:
        return lengths_png(bytes, size_bytes, error);
    case IMAGE_WEBP:
        return lengths_webp(bytes, size_bytes, error);
    case IMAGE_TIFF:
        return lengths_tiff(bytes, size_bytes, error);
    case IMAGE_HEIF:
    case IMAGE_AVIF:
        return lengths_heif(bytes, size_bytes, error);
    default:
        return TESS_OK;
    }
}
