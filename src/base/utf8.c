// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <stdint.h>

/* Decodes one character at `text`, of which `left` bytes are there; its length, or 0 when it is malformed. */
static size_t decode(const uint8_t *text, size_t left, uint32_t *code_out)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t lead = text[0];
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xC0 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF8 ? 4
                                        : 0;
    if (length == 0 || length > left)
        return 0;
    uint32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *code_out = code;
    return length;
}

static bool check(const char *text, size_t size, bool controls_allowed)
{
    const uint8_t *at = (const uint8_t *)text;
    while (size > 0) {
        uint32_t code = 0;
        const size_t length = decode(at, size, &code);
        if (length == 0 || (!controls_allowed && (code < 0x20 || (code >= 0x7F && code < 0xA0))))
            return false;
        at += length;
        size -= length;
    }
    return true;
}

bool utf8_valid(const char *text, size_t size)
{
    return check(text, size, true);
}

bool utf8_printable(const char *text, size_t size)
{
    return check(text, size, false);
}
