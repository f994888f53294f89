// SPDX-License-Identifier: MIT
#include "front/safe_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/xalloc.h"

size_t utf8_decode(const char *text, size_t size, uint32_t *point_out)
{
    const unsigned char *s = (const unsigned char *)text;
    if (size == 0)
        return 0;
    if (s[0] < 0x80) {
        *point_out = s[0];
        return 1;
    }
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (length > size)
        return 0;
    uint32_t point = s[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3Fu);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    *point_out = point;
    return length;
}

/* Characters that steer a terminal or turn the reading direction around. */
static bool is_steering(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x200E || point == 0x200F || point == 0x061C ||
           point == 0x2028 || point == 0x2029;
}

char *text_for_terminal(const char *text)
{
    size_t size = strlen(text);
    char *safe = xcalloc(size + 1, 4); /* each byte becomes \xNN at worst */
    char *out = safe;
    for (size_t i = 0; i < size;) {
        uint32_t point = 0;
        size_t length = utf8_decode(text + i, size - i, &point);
        if (length && !is_steering(point)) {
            memcpy(out, text + i, length);
            out += length;
        } else {
            length = length ? length : 1;
            for (size_t k = 0; k < length; k++)
                out += snprintf(out, 5, "\\x%02X", (unsigned)(unsigned char)text[i + k]);
        }
        i += length;
    }
    *out = '\0';
    return safe;
}

char *text_for_json(const char *text)
{
    size_t size = strlen(text);
    char *safe = xcalloc(size + 1, 3); /* each byte becomes three at worst */
    char *out = safe;
    for (size_t i = 0; i < size;) {
        uint32_t point = 0;
        size_t length = utf8_decode(text + i, size - i, &point);
        if (length) {
            memcpy(out, text + i, length);
            out += length;
            i += length;
        } else {
            memcpy(out, "\xEF\xBF\xBD", 3);
            out += 3;
            i++;
        }
    }
    *out = '\0';
    return safe;
}

char *json_for_terminal(const char *json)
{
    size_t size = strlen(json);
    char *safe = xcalloc(size + 1, 6);
    char *out = safe;
    for (size_t i = 0; i < size;) {
        uint32_t point = 0;
        size_t length = utf8_decode(json + i, size - i, &point);
        bool layout = point == '\n' || point == '\t';
        if (length && is_steering(point) && !layout) {
            out += snprintf(out, 7, "\\u%04X", (unsigned)point);
        } else {
            length = length ? length : 1;
            memcpy(out, json + i, length);
            out += length;
        }
        i += length;
    }
    *out = '\0';
    return safe;
}
