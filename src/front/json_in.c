// SPDX-License-Identifier: MIT
#include "front/json_in.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/safe_text.h"
#include "front/xalloc.h"

/* A reader over the text that knows nothing but grammar. Each read_… moves past what it accepts. */
struct reader {
    const char *text;
    size_t size, at;
    unsigned depth, max_items;
    bool too_many;          /* items of an array */
    struct json_nuls *nuls; /* NULL: none are taken */
    bool in_member;         /* of that name, in the outermost object */
    const char *why;        /* NULL while all is well */
};

static bool refuse(struct reader *reader, const char *why)
{
    if (!reader->why)
        reader->why = why;
    return false;
}

static char peek(const struct reader *reader)
{
    return reader->at < reader->size ? reader->text[reader->at] : '\0';
}

static bool take(struct reader *reader, char c)
{
    if (reader->at >= reader->size || reader->text[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->size && memchr(" \t\r\n", reader->text[reader->at], 4))
        reader->at++;
}

static bool read_hex4(struct reader *reader, unsigned *value_out)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(reader);
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *found = c ? strchr(digits, c) : NULL;
        if (!found)
            return refuse(reader, "\\u needs four hexadecimal digits");
        value = value << 4 | (unsigned)(found - digits) % 16;
        reader->at++;
    }
    *value_out = value;
    return true;
}

static bool take_nul(struct reader *reader)
{
    if (!reader->nuls)
        return refuse(reader, "a string holds \\u0000");
    reader->nuls->in_member |= reader->in_member;
    reader->nuls->elsewhere |= !reader->in_member;
    return true;
}

/* Behind the backslash. */
static bool read_escape(struct reader *reader)
{
    char c = peek(reader);
    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return refuse(reader, "unknown escape in a string");
    reader->at++;
    if (c != 'u')
        return true;
    unsigned value = 0, low = 0;
    if (!read_hex4(reader, &value))
        return false;
    if (value == 0)
        return take_nul(reader);
    if (value < 0xD800 || value > 0xDFFF)
        return true;
    if (value > 0xDBFF || !take(reader, '\\') || !take(reader, 'u') || !read_hex4(reader, &low) ||
        low < 0xDC00 || low > 0xDFFF)
        return refuse(reader, "half of a surrogate pair in a string");
    return true;
}

static bool read_string(struct reader *reader)
{
    if (!take(reader, '"'))
        return refuse(reader, "a string is expected");
    while (reader->at < reader->size) {
        char c = reader->text[reader->at];
        if (take(reader, '"'))
            return true;
        if ((unsigned char)c < 0x20)
            return refuse(reader, "a raw control character in a string");
        if (take(reader, '\\')) {
            if (!read_escape(reader))
                return false;
            continue;
        }
        uint32_t point;
        size_t length = utf8_decode(reader->text + reader->at, reader->size - reader->at, &point);
        if (length == 0)
            return refuse(reader, "the string is not UTF-8");
        reader->at += length;
    }
    return refuse(reader, "the string does not end");
}

static size_t read_digits(struct reader *reader)
{
    size_t start = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->at++;
    return reader->at - start;
}

static bool read_number(struct reader *reader)
{
    size_t start = reader->at;
    (void)take(reader, '-');
    if (!take(reader, '0') && read_digits(reader) == 0)
        return refuse(reader, "a value is expected");
    if (take(reader, '.') && read_digits(reader) == 0)
        return refuse(reader, "the number has no digits behind its point");
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            (void)take(reader, '-');
        if (read_digits(reader) == 0)
            return refuse(reader, "the number has no digits in its exponent");
    }
    char digits[64];
    size_t length = reader->at - start;
    if (length >= sizeof digits)
        return refuse(reader, "the number is too long");
    memcpy(digits, reader->text + start, length);
    digits[length] = '\0';
    return isfinite(strtod(digits, NULL)) ? true : refuse(reader, "the number is out of range");
}

static bool read_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if (reader->size - reader->at < length || memcmp(reader->text + reader->at, word, length) != 0)
        return refuse(reader, "a value is expected");
    reader->at += length;
    return true;
}

/* A name was read that began there; one with escapes in it counts as another. */
static void note_member(struct reader *reader, size_t begin)
{
    const size_t size = reader->at - 1 - begin;
    if (reader->nuls && reader->depth == 1)
        reader->in_member = strlen(reader->nuls->member) == size &&
                            memcmp(reader->text + begin, reader->nuls->member, size) == 0;
}

static bool read_value(struct reader *reader);

/* The inside of an object or array, up to its closing bracket. */
static bool read_members(struct reader *reader, char closing)
{
    if (++reader->depth > JSON_MAX_DEPTH)
        return refuse(reader, "nested too deeply");
    skip_blanks(reader);
    for (unsigned count = 0; !(count == 0 && take(reader, closing)); count++) {
        if (count >= JSON_MAX_MEMBERS && closing == '}')
            return refuse(reader, "an object has more than 256 members");
        if (count >= JSON_MAX_MEMBERS && count >= reader->max_items) {
            reader->too_many = true;
            return refuse(reader, "an array has too many items");
        }
        skip_blanks(reader);
        if (closing == '}') {
            const size_t begin = reader->at + 1;
            reader->in_member &= reader->depth > 1; /* the name itself is in none */
            if (!read_string(reader))
                return false;
            note_member(reader, begin);
            skip_blanks(reader);
            if (!take(reader, ':'))
                return refuse(reader, "a colon is expected");
        }
        if (!read_value(reader))
            return false;
        if (take(reader, closing))
            break;
        if (!take(reader, ','))
            return refuse(reader, "a comma or a closing bracket is expected");
    }
    reader->depth--;
    return true;
}

static bool read_value(struct reader *reader)
{
    skip_blanks(reader);
    bool good;
    switch (peek(reader)) {
    case '{':
        reader->at++;
        good = read_members(reader, '}');
        break;
    case '[':
        reader->at++;
        good = read_members(reader, ']');
        break;
    case '"':
        good = read_string(reader);
        break;
    case 't':
        good = read_word(reader, "true");
        break;
    case 'f':
        good = read_word(reader, "false");
        break;
    case 'n':
        good = read_word(reader, "null");
        break;
    default:
        good = read_number(reader);
        break;
    }
    skip_blanks(reader);
    return good;
}

/* After decoding, so that "a" and "\u0061" are seen to be the same. Depth and members are bounded by now. */
static const char *find_duplicate(const cJSON *item)
{
    for (const cJSON *child = item->child; child; child = child->next) {
        for (const cJSON *other = child->next; cJSON_IsObject(item) && other; other = other->next) {
            if (strcmp(child->string, other->string) == 0)
                return child->string;
        }
        const char *inside = find_duplicate(child);
        if (inside)
            return inside;
    }
    return NULL;
}

/* A text without faults, with "\ufffd" for each "\u0000". For free(). */
static char *replace_nuls(const char *text, size_t size)
{
    char *copy = xcalloc(size + 1, 1);
    memcpy(copy, text, size);
    for (size_t at = 0; at + 1 < size; at++) {
        if (copy[at] != '\\')
            continue;
        if (size - at >= 6 && memcmp(copy + at, "\\u0000", 6) == 0)
            memcpy(copy + at + 2, "fffd", 4);
        at++; /* past what is escaped */
    }
    return copy;
}

/* Checks the grammar; false with the reason. */
static bool read_all(struct reader *reader, char why_out[128])
{
    if (read_value(reader) && reader->at < reader->size)
        (void)refuse(reader, "something follows the value");
    if (reader->why)
        (void)snprintf(why_out, 128, "byte %zu: %s", reader->at + 1, reader->why);
    return !reader->why;
}

static cJSON *build(const char *text, size_t size, char why_out[128])
{
    cJSON *tree = cJSON_ParseWithLength(text, size);
    if (!tree) {
        (void)snprintf(why_out, 128, "not JSON");
        return NULL;
    }
    const char *twice = find_duplicate(tree);
    if (twice) {
        (void)snprintf(why_out, 128, "\"%.60s\" is there twice", twice);
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}

cJSON *json_read_up_to(const char *text, size_t size, unsigned max_items, bool *too_many_out,
                       char why_out[128])
{
    struct reader reader = {.text = text, .size = size, .max_items = max_items};
    const bool good = read_all(&reader, why_out);
    if (too_many_out)
        *too_many_out = reader.too_many;
    return good ? build(text, size, why_out) : NULL;
}

cJSON *json_read_with_nuls(const char *text, size_t size, unsigned max_items, struct json_nuls *nuls,
                           char why_out[128])
{
    struct reader reader = {.text = text, .size = size, .max_items = max_items, .nuls = nuls};
    nuls->in_member = nuls->elsewhere = false;
    if (!read_all(&reader, why_out))
        return NULL;
    char *copy = nuls->in_member || nuls->elsewhere ? replace_nuls(text, size) : NULL;
    cJSON *tree = build(copy ? copy : text, size, why_out);
    free(copy);
    return tree;
}

cJSON *json_read(const char *text, size_t size, char why_out[128])
{
    return json_read_up_to(text, size, JSON_MAX_MEMBERS, NULL, why_out);
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
    return cJSON_IsNull(member) ? NULL : member;
}

const char *json_text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(json_member(object, name));
}
