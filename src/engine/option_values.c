// SPDX-License-Identifier: MIT
#include "engine/option_values.h"

#include <string.h>

#include "base/error.h"
#include "engine/css_colours.h"

/* Length of the UTF-8 sequence at `text` when it is well formed and no control character, 0 otherwise. */
static size_t printable_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7F;
    size_t length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    uint32_t point = s[0] & (0xFFu >> (length + 1));
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3Fu);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < smallest[length] || point > 0x10FFFF || point < 0xA0 || surrogate ? 0 : length;
}

struct value_quote value_quote(const char *text)
{
    struct value_quote quote;
    const size_t room = 40;
    size_t used = 0;
    while (*text != '\0') {
        size_t length = printable_length(text);
        if (used + (length ? length : 1) > room) {
            memcpy(quote.text + used, "...", 3);
            used += 3;
            break;
        }
        if (length)
            memcpy(quote.text + used, text, length);
        else
            quote.text[used] = '?';
        used += length ? length : 1;
        text += length ? length : 1;
    }
    quote.text[used] = '\0';
    return quote;
}

/* Reads digits and moves *text past them. Saturates, so that the range check sees what is too large. */
static bool read_digits(const char **text, uint64_t *value_out)
{
    const char *start = *text;
    uint64_t value = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(**text - '0'), &value))
            value = UINT64_MAX;
    }
    *value_out = value;
    return *text > start;
}

static enum tess_status check_range(const char *name, const char *text, uint64_t value,
                                    struct value_range range, struct tess_error *error)
{
    if (value > range.maximum)
        return error_limit(error, name, "%s: \"%s\" is too large, the most is %llu", name,
                           value_quote(text).text, (unsigned long long)range.maximum);
    if (value < range.minimum)
        return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is too small, the least is %llu", name,
                         value_quote(text).text, (unsigned long long)range.minimum);
    return TESS_OK;
}

static enum tess_status not_a_number(const char *name, const char *text, struct value_range range,
                                     struct tess_error *error)
{
    return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is not a number, give one from %llu to %llu", name,
                     value_quote(text).text, (unsigned long long)range.minimum,
                     (unsigned long long)range.maximum);
}

enum tess_status value_number(const char *name, const char *text, struct value_range range,
                              uint64_t *value_out, struct tess_error *error)
{
    const char *end = text;
    uint64_t value;
    if (!read_digits(&end, &value) || *end != '\0')
        return not_a_number(name, text, range, error);
    enum tess_status status = check_range(name, text, value, range, error);
    if (status == TESS_OK)
        *value_out = value;
    return status;
}

static bool scale_of_ending(const char *ending, uint64_t unit, uint64_t *scale_out)
{
    static const char letters[] = "KMG";
    uint64_t scale = 1;
    if (ending[0] == '\0') {
        *scale_out = scale;
        return true;
    }
    for (const char *letter = letters; *letter; letter++) {
        scale *= unit;
        if ((ending[0] == *letter || ending[0] == *letter - 'A' + 'a') && ending[1] == '\0') {
            *scale_out = scale;
            return true;
        }
    }
    return false;
}

enum tess_status value_scaled(const char *name, const char *text, uint64_t unit, struct value_range range,
                              uint64_t *value_out, struct tess_error *error)
{
    const char *end = text;
    uint64_t value, scale;
    if (!read_digits(&end, &value) || !scale_of_ending(end, unit, &scale))
        return error_set(error, TESS_ERR_INVALID,
                         "%s: \"%s\" is not a size, give a number such as 500000, 64K, 256M or 2G", name,
                         value_quote(text).text);
    if (__builtin_mul_overflow(value, scale, &value))
        value = UINT64_MAX;
    enum tess_status status = check_range(name, text, value, range, error);
    if (status == TESS_OK)
        *value_out = value;
    return status;
}

enum tess_status value_tile(const char *name, const char *text, struct value_range range,
                            uint32_t *width_px_out, uint32_t *height_px_out, struct tess_error *error)
{
    const char *end = text;
    uint64_t width, height;
    bool good = read_digits(&end, &width);
    height = width;
    if (good && (*end == 'x' || *end == 'X')) {
        end++;
        good = read_digits(&end, &height);
    }
    if (!good || *end != '\0')
        return error_set(error, TESS_ERR_INVALID,
                         "%s: \"%s\" is not a size, give pixels such as 256 or 320x200", name,
                         value_quote(text).text);
    enum tess_status status = check_range(name, text, width, range, error);
    if (status == TESS_OK)
        status = check_range(name, text, height, range, error);
    if (status != TESS_OK)
        return status;
    *width_px_out = (uint32_t)width;
    *height_px_out = (uint32_t)height;
    return TESS_OK;
}

/* Up to three decimals as thousandths; false for more. */
static bool read_decimals(const char **text, uint64_t *thousandths_out)
{
    uint64_t thousandths = 0;
    unsigned digits = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, digits++)
        thousandths = thousandths * 10 + (uint64_t)(**text - '0') * (digits < 3);
    for (unsigned i = digits; i < 3; i++)
        thousandths *= 10;
    *thousandths_out = thousandths;
    return digits >= 1 && digits <= 3;
}

enum tess_status value_duration_ms(const char *name, const char *text, struct value_range range_ms,
                                   uint64_t *value_ms_out, struct tess_error *error)
{
    const char *end = text;
    uint64_t value, thousandths = 0;
    bool good = read_digits(&end, &value);
    bool milliseconds = good && strcmp(end, "ms") == 0;
    if (good && !milliseconds) {
        if (*end == '.') {
            end++;
            good = read_decimals(&end, &thousandths);
        }
        good = good && (*end == '\0' || strcmp(end, "s") == 0);
        if (__builtin_mul_overflow(value, 1000, &value) || __builtin_add_overflow(value, thousandths, &value))
            value = UINT64_MAX;
    }
    if (!good)
        return error_set(error, TESS_ERR_INVALID,
                         "%s: \"%s\" is not a time, give seconds such as 30 or 1.5, or 500ms", name,
                         value_quote(text).text);
    if (value > range_ms.maximum)
        return error_limit(error, name, "%s: \"%s\" is too long, the most is %llu seconds", name,
                           value_quote(text).text, (unsigned long long)(range_ms.maximum / 1000));
    *value_ms_out = value;
    return TESS_OK;
}

enum tess_status value_flag(const char *name, const char *text, bool *value_out, struct tess_error *error)
{
    static const char *const yes[] = {"", "1", "true", "yes"};
    static const char *const no[] = {"0", "false", "no"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcmp(text, yes[i]) == 0) {
            *value_out = true;
            return TESS_OK;
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        if (strcmp(text, no[i]) == 0) {
            *value_out = false;
            return TESS_OK;
        }
    }
    return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is neither true nor false, give 1 or 0", name,
                     value_quote(text).text);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* "rgb" or "rrggbb". */
static bool read_hex_colour(const char *digits, struct tess_colour *value_out)
{
    size_t length = strlen(digits);
    if (length != 3 && length != 6)
        return false;
    uint8_t channels[3];
    for (size_t i = 0; i < 3; i++) {
        int high = hex_digit(digits[i * length / 3]);
        int low = hex_digit(digits[i * length / 3 + (length == 6)]);
        if (high < 0 || low < 0)
            return false;
        channels[i] = (uint8_t)(high * 16 + low);
    }
    *value_out = (struct tess_colour){channels[0], channels[1], channels[2]};
    return true;
}

enum tess_status value_colour(const char *name, const char *text, struct tess_colour *value_out,
                              struct tess_error *error)
{
    bool found = text[0] == '#' ? read_hex_colour(text + 1, value_out) : css_colour_find(text, value_out);
    if (found)
        return TESS_OK;
    return error_set(error, TESS_ERR_INVALID,
                     "%s: \"%s\" is not a colour, give a CSS name such as white or #rrggbb", name,
                     value_quote(text).text);
}

enum tess_status value_text(const char *name, const char *text, char *text_out, size_t size_bytes,
                            struct tess_error *error)
{
    size_t length = 0;
    while (text[length] != '\0') {
        size_t step = printable_length(text + length);
        if (step == 0)
            return error_set(error, TESS_ERR_INVALID,
                             "%s: byte %zu is a control character or not UTF-8, give plain text", name,
                             length + 1);
        length += step;
        if (length >= size_bytes)
            return error_limit(error, name, "%s: the text is too long, the most is %zu bytes", name,
                               size_bytes - 1);
    }
    memcpy(text_out, text, length + 1);
    return TESS_OK;
}

/* Equal but for case, "-" and "_": "north-east", "NorthEast" and "north_east" are one word. */
static bool same_word(const char *a, const char *b)
{
    for (;;) {
        while (*a == '-' || *a == '_')
            a++;
        while (*b == '-' || *b == '_')
            b++;
        char x = (char)(*a >= 'A' && *a <= 'Z' ? *a - 'A' + 'a' : *a);
        char y = (char)(*b >= 'A' && *b <= 'Z' ? *b - 'A' + 'a' : *b);
        if (x != y)
            return false;
        if (x == '\0')
            return true;
        a++;
        b++;
    }
}

enum tess_status value_choose(const char *name, const char *text, const struct value_choice *choices,
                              const char *choices_text, unsigned *value_out, struct tess_error *error)
{
    for (const struct value_choice *choice = choices; choice->name; choice++) {
        if (same_word(choice->name, text)) {
            *value_out = choice->value;
            return TESS_OK;
        }
    }
    return error_set(error, TESS_ERR_INVALID, "%s: \"%s\" is not one of %s", name, value_quote(text).text,
                     choices_text);
}
