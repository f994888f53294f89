// SPDX-License-Identifier: MIT
#include "net/uri.h"

#include <stdint.h>

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

enum tess_status uri_encode(struct bytes *out, const char *text, size_t size, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        const char code[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        enum tess_status status = is_unreserved(byte) || (keep_slash && byte == '/')
                                      ? bytes_append(out, &byte, 1)
                                      : bytes_append(out, code, sizeof code);
        if (status != TESS_OK)
            return status;
    }
    return TESS_OK;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

enum tess_status uri_decode(struct bytes *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (text[i] == '%') {
            if (size - i < 3)
                return TESS_ERR_INVALID;
            int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high < 0 || low < 0)
                return TESS_ERR_INVALID;
            byte = (uint8_t)(high * 16 + low);
            i += 2;
        }
        enum tess_status status = bytes_append(out, &byte, 1);
        if (status != TESS_OK)
            return status;
    }
    return TESS_OK;
}
