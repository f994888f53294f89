// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

size_t utf8_prefix(const char *text, size_t size, size_t most)
{
    if (size <= most)
        return size;
    size_t length = most;
    while (length > 0 && most - length < 3 && ((uint8_t)text[length] & 0xC0) == 0x80)
        length--;
    /* Not within a character: what is cut here must be one. */
    uint32_t code;
    return decode((const uint8_t *)text + length, size - length, &code) ? length : most;
}

static const char ellipsis[] = "…";

enum { ELLIPSIS_BYTES = sizeof ellipsis - 1, CHARACTER_BYTES = 4, ESCAPE_BYTES = 4 };

/* What a message is written in pieces of: a character, the escapes of one, or an ellipsis. */
struct piece {
    size_t taken; /* bytes of the text */
    size_t size;  /* of what stands for them */
    char text[CHARACTER_BYTES * ESCAPE_BYTES + 1];
};

/* Whether a terminal would obey it, or a reader take what is behind it for something else. */
static bool is_steering(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F || code == 0x061C ||
           code == 0x2028 || code == 0x2029;
}

/* Bytes of a character that is not all there, but right as far as it goes; 0: that is not so. */
static size_t begun(const uint8_t *text, size_t left)
{
    uint8_t whole[CHARACTER_BYTES] = {0};
    size_t size = 0;
    while (size < left && size < CHARACTER_BYTES && (size == 0 || (text[size] & 0xC0) == 0x80)) {
        whole[size] = text[size];
        size++;
    }
    /* Is there an end with which it would be one? The second byte is the only one that has other bounds. */
    for (size_t length = size + 1; size > 0 && length <= CHARACTER_BYTES; length++) {
        uint32_t code;
        memset(whole + size, 0x80, CHARACTER_BYTES - size);
        if (decode(whole, length, &code) == length)
            return size;
        memset(whole + size, 0xBF, CHARACTER_BYTES - size);
        if (decode(whole, length, &code) == length)
            return size;
    }
    return 0;
}

static struct piece next_piece(const uint8_t *text, size_t left)
{
    struct piece piece = {0};
    uint32_t code = 0;
    piece.taken = decode(text, left, &code);
    if (piece.taken > 0 && !is_steering(code)) {
        memcpy(piece.text, text, piece.taken);
        piece.size = piece.taken;
        return piece;
    }
    if (piece.taken == 0 && (piece.taken = begun(text, left)) > 0) {
        const size_t marked = left - piece.taken; /* whoever cut it may have put the mark there */
        if (marked >= ELLIPSIS_BYTES && memcmp(text + piece.taken, ellipsis, ELLIPSIS_BYTES) == 0)
            return piece;
        memcpy(piece.text, ellipsis, ELLIPSIS_BYTES);
        piece.size = ELLIPSIS_BYTES;
        return piece;
    }
    piece.taken = piece.taken ? piece.taken : 1;
    for (size_t i = 0; i < piece.taken; i++)
        piece.size += (size_t)snprintf(piece.text + piece.size, ESCAPE_BYTES + 1, "\\x%02X", text[i]);
    return piece;
}

size_t utf8_line(const char *text, char *out, size_t room)
{
    const uint8_t *at = (const uint8_t *)text;
    const size_t size = strlen(text), most = room - 1;
    size_t whole = 0, used = 0, passed = 0;
    for (size_t i = 0; i < size;) {
        const struct piece piece = next_piece(at + i, size - i);
        whole += piece.size;
        i += piece.taken;
    }
    /* Where it is too long: two thirds are of its beginning, the rest of its end. */
    const size_t head = whole <= most ? most : most - most / 3 - ELLIPSIS_BYTES;
    size_t tail = 0;
    bool cut = false;
    for (size_t i = 0; i < size;) {
        const struct piece piece = next_piece(at + i, size - i);
        if (!cut && used + piece.size > head) {
            memcpy(out + used, ellipsis, ELLIPSIS_BYTES);
            used += ELLIPSIS_BYTES;
            tail = most - used;
            cut = true;
        }
        if (!cut || whole - passed <= tail) {
            memcpy(out + used, piece.text, piece.size);
            used += piece.size;
        }
        passed += piece.size;
        i += piece.taken;
    }
    out[used] = '\0';
    return used;
}
