// SPDX-License-Identifier: MIT
#include "front/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "front/xalloc.h"

enum { INVALID = 64 };

static void fill_values(uint8_t values[256])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    memset(values, INVALID, 256);
    for (uint8_t i = 0; i < 64; i++)
        values[(unsigned char)alphabet[i]] = i;
}

/* Three bytes of four characters, of which `wanted` are kept. False when one is not of the alphabet, or what
 * is not kept is not 0. */
static bool read_group(const uint8_t values[256], const char *text, size_t wanted, char *out)
{
    uint32_t bits = 0, invalid = 0;
    for (size_t i = 0; i < 4; i++) {
        const uint8_t value = i <= wanted ? values[(unsigned char)text[i]] : 0;
        invalid |= value & INVALID;
        bits = bits << 6 | value;
    }
    for (size_t i = 0; i < wanted; i++)
        out[i] = (char)(bits >> (16 - 8 * i) & 0xFF);
    return !invalid && (bits & ((UINT32_C(1) << (24 - 8 * wanted)) - 1)) == 0;
}

char *base64_decode(const char *text, size_t size, size_t *size_out)
{
    uint8_t values[256];
    *size_out = 0;
    if (size % 4 != 0)
        return NULL;
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    fill_values(values);
    char *bytes = xcalloc(size / 4 * 3 + 1, 1);
    size_t length = 0;
    for (size_t at = 0; at < size; at += 4) {
        const size_t wanted = at + 4 == size ? 3 - padding : 3;
        if (!read_group(values, text + at, wanted, bytes + length)) {
            free(bytes);
            return NULL;
        }
        length += wanted;
    }
    *size_out = length;
    return bytes;
}
