// SPDX-License-Identifier: MIT
/*
 * Two passes: a grammar of our own, which allocates nothing and lets through only what cJSON reads right,
 * then cJSON. Names that occur twice are looked for in the tree, where escapes are gone and "a" and "\u0061"
 * are one name.
 */
#include "net/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

enum {
    NUMBER_MAX_CHARACTERS = 63, /* cJSON cuts longer ones */
    FEW_MEMBERS = 16            /* up to here each name is compared with each */
};

/* Each function of the grammar moves past what it accepts, or sets `why` and returns false. */
struct grammar {
    const char *text;
    size_t size, at;
    size_t depth, values;
    const char *why;
};

static bool refuse(struct grammar *grammar, const char *why)
{
    grammar->why = why;
    return false;
}

static bool accept(struct grammar *grammar, char wanted)
{
    if (grammar->at == grammar->size || grammar->text[grammar->at] != wanted)
        return false;
    grammar->at++;
    return true;
}

/* Any of these characters, none of which is NUL. */
static bool accept_any(struct grammar *grammar, const char *wanted)
{
    if (grammar->at == grammar->size || !memchr(wanted, grammar->text[grammar->at], strlen(wanted)))
        return false;
    grammar->at++;
    return true;
}

static void blanks(struct grammar *grammar)
{
    while (accept_any(grammar, " \t\r\n"))
        ;
}

static bool digits(struct grammar *grammar)
{
    if (!accept_any(grammar, "0123456789"))
        return refuse(grammar, "a digit is missing");
    while (accept_any(grammar, "0123456789"))
        ;
    return true;
}

static bool number(struct grammar *grammar)
{
    const size_t start = grammar->at;
    (void)accept(grammar, '-');
    if (!accept(grammar, '0') && !digits(grammar))
        return refuse(grammar, "no value begins like this");
    if (accept(grammar, '.') && !digits(grammar))
        return false;
    if (accept_any(grammar, "eE")) {
        (void)accept_any(grammar, "+-");
        if (!digits(grammar))
            return false;
    }
    char copy[NUMBER_MAX_CHARACTERS + 1];
    const size_t length = grammar->at - start;
    if (length > NUMBER_MAX_CHARACTERS)
        return refuse(grammar, "the number has more than 63 characters");
    memcpy(copy, grammar->text + start, length);
    copy[length] = '\0';
    return isfinite(strtod(copy, NULL)) ? true : refuse(grammar, "the number is out of range");
}

/* The four digits of \uXXXX. */
static bool unit(struct grammar *grammar, unsigned *unit_out)
{
    unsigned value = 0;
    for (size_t i = 0; i < 4; i++) {
        if (!accept_any(grammar, "0123456789abcdefABCDEF"))
            return refuse(grammar, "\\u is not followed by four hexadecimal digits");
        const unsigned character = (unsigned char)grammar->text[grammar->at - 1];
        value = value << 4 | (character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10);
    }
    *unit_out = value;
    return true;
}

static bool escape(struct grammar *grammar)
{
    static const char lone[] = "half of a surrogate pair";
    unsigned first = 0, second = 0;
    if (accept_any(grammar, "\"\\/bfnrt"))
        return true;
    if (!accept(grammar, 'u'))
        return refuse(grammar, "an unknown escape");
    if (!unit(grammar, &first))
        return false;
    if (first == 0)
        return refuse(grammar, "\\u0000 is not accepted");
    if (first < 0xD800 || first > 0xDFFF)
        return true;
    if (first > 0xDBFF || !accept(grammar, '\\') || !accept(grammar, 'u'))
        return refuse(grammar, lone);
    if (!unit(grammar, &second))
        return false;
    return second >= 0xDC00 && second <= 0xDFFF ? true : refuse(grammar, lone);
}

static bool string(struct grammar *grammar)
{
    if (!accept(grammar, '"'))
        return refuse(grammar, "a string is missing");
    const size_t start = grammar->at;
    while (!accept(grammar, '"')) {
        if (grammar->at == grammar->size)
            return refuse(grammar, "a string does not end");
        const unsigned char character = (unsigned char)grammar->text[grammar->at];
        if (character < 0x20)
            return refuse(grammar, "a control character in a string");
        grammar->at++;
        if (character == '\\' && !escape(grammar))
            return false;
    }
    const size_t length = grammar->at - 1 - start;
    if (!utf8_valid(grammar->text + start, length)) {
        grammar->at = start;
        return refuse(grammar, "a string that is not UTF-8 begins here");
    }
    return true;
}

static bool word(struct grammar *grammar, const char *wanted)
{
    for (; *wanted; wanted++) {
        if (!accept(grammar, *wanted))
            return refuse(grammar, "no value begins like this");
    }
    return true;
}

static bool value(struct grammar *grammar);

/* What is between the brackets, and the closing one. Recursion is bounded by JSON_MAX_DEPTH. */
static bool members(struct grammar *grammar, char closing) // NOLINT(misc-no-recursion)
{
    if (grammar->depth == JSON_MAX_DEPTH)
        return refuse(grammar, "it is nested more than 64 levels deep");
    grammar->depth++;
    blanks(grammar);
    bool ended = accept(grammar, closing);
    while (!ended) {
        if (closing == '}') {
            blanks(grammar);
            if (!string(grammar))
                return false;
            blanks(grammar);
            if (!accept(grammar, ':'))
                return refuse(grammar, "a colon is missing");
        }
        if (!value(grammar))
            return false;
        ended = accept(grammar, closing);
        if (!ended && !accept(grammar, ','))
            return refuse(grammar, "a comma or closing bracket is missing");
    }
    grammar->depth--;
    return true;
}

static bool value(struct grammar *grammar) // NOLINT(misc-no-recursion)
{
    if (++grammar->values > JSON_MAX_VALUES)
        return refuse(grammar, "it has more than 2000000 values");
    blanks(grammar);
    bool good;
    switch (grammar->at < grammar->size ? grammar->text[grammar->at] : '\0') {
    case '{':
        grammar->at++;
        good = members(grammar, '}');
        break;
    case '[':
        grammar->at++;
        good = members(grammar, ']');
        break;
    case '"':
        good = string(grammar);
        break;
    case 't':
        good = word(grammar, "true");
        break;
    case 'f':
        good = word(grammar, "false");
        break;
    case 'n':
        good = word(grammar, "null");
        break;
    default:
        good = number(grammar);
        break;
    }
    if (good)
        blanks(grammar);
    return good;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Many names are sorted, so that a hostile object costs n log n. */
static enum tess_status find_twin_sorted(const cJSON *object, size_t count, const char **name_out)
{
    const char **names = calloc(count, sizeof *names);
    if (!names)
        return TESS_ERR_MEMORY;
    size_t used = 0;
    for (const cJSON *member = object->child; member && used < count; member = member->next)
        names[used++] = member->string;
    qsort(names, used, sizeof *names, compare_names);
    for (size_t i = 1; i < used && !*name_out; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            *name_out = names[i];
    }
    free(names);
    return TESS_OK;
}

static enum tess_status find_twin(const cJSON *object, const char **name_out)
{
    size_t count = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    if (count > FEW_MEMBERS)
        return find_twin_sorted(object, count, name_out);
    for (const cJSON *member = object->child; member; member = member->next) {
        for (const cJSON *other = member->next; other; other = other->next) {
            if (strcmp(member->string, other->string) == 0)
                *name_out = member->string;
        }
    }
    return TESS_OK;
}

/* *name_out: a name that is twice in one object, anywhere in the tree. */
static enum tess_status find_twins(const cJSON *item, const char **name_out) // NOLINT(misc-no-recursion)
{
    enum tess_status status = cJSON_IsObject(item) ? find_twin(item, name_out) : TESS_OK;
    for (const cJSON *child = item->child; child && status == TESS_OK && !*name_out; child = child->next) {
        if (child->child)
            status = find_twins(child, name_out);
    }
    return status;
}

enum tess_status json_parse(const void *data, size_t size, cJSON **value_out, struct tess_error *error)
{
    *value_out = NULL;
    if (size > JSON_MAX_BYTES)
        return error_set(error, TESS_ERR_CORRUPT, "the JSON is refused: it has %zu bytes, the limit is %d",
                         size, JSON_MAX_BYTES);
    struct grammar grammar = {.text = size > 0 ? data : "", .size = size};
    if (value(&grammar) && grammar.at < size)
        (void)refuse(&grammar, "something follows the value");
    if (grammar.why)
        return error_set(error, TESS_ERR_CORRUPT, "the JSON is not well formed at byte %zu: %s",
                         grammar.at + 1, grammar.why);
    const char *twin = NULL;
    cJSON *tree = cJSON_ParseWithLength(data, size);
    enum tess_status status = tree ? find_twins(tree, &twin) : TESS_ERR_MEMORY;
    if (status != TESS_OK)
        (void)error_set(error, status, "no memory to read JSON");
    else if (twin)
        status = error_set(error, TESS_ERR_CORRUPT, "the JSON is refused: an object has a name twice");
    if (status == TESS_OK)
        *value_out = tree;
    else
        cJSON_Delete(tree);
    return status;
}

static const cJSON *member_of(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const cJSON *json_object_at(const cJSON *object, const char *name)
{
    const cJSON *member = member_of(object, name);
    return cJSON_IsObject(member) ? member : NULL;
}

const cJSON *json_array_at(const cJSON *object, const char *name)
{
    const cJSON *member = member_of(object, name);
    return cJSON_IsArray(member) ? member : NULL;
}

const char *json_text_at(const cJSON *object, const char *name)
{
    const cJSON *member = member_of(object, name);
    return cJSON_IsString(member) ? member->valuestring : NULL;
}

enum tess_status json_int64_of(const char *text, int64_t *value_out)
{
    const char *first = text[0] == '-' ? text + 1 : text;
    const size_t length = strspn(first, "0123456789");
    if (length == 0 || first[length] != '\0' || (first[0] == '0' && length > 1))
        return TESS_ERR_CORRUPT;
    errno = 0;
    const intmax_t parsed = strtoimax(text, NULL, 10);
    if (errno != 0 || parsed < INT64_MIN || parsed > INT64_MAX)
        return TESS_ERR_CORRUPT;
    *value_out = (int64_t)parsed;
    return TESS_OK;
}

static const char *short_escape(char character)
{
    switch (character) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

enum tess_status json_write_text(struct bytes *out, const char *text)
{
    if (!utf8_valid(text, strlen(text)))
        return TESS_ERR_INVALID;
    const char *plain = text; /* what has not been written yet begins here */
    enum tess_status status = bytes_append_text(out, "\"");
    for (const char *at = text; status == TESS_OK; at++) {
        const char *escaped = short_escape(*at);
        if (!escaped && (unsigned char)*at >= 0x20)
            continue;
        status = bytes_append(out, plain, (size_t)(at - plain));
        plain = at + 1;
        if (*at == '\0' || status != TESS_OK)
            break;
        status = escaped ? bytes_append_text(out, escaped)
                         : bytes_append_format(out, "\\u%04x", (unsigned)(unsigned char)*at);
    }
    return status == TESS_OK ? bytes_append_text(out, "\"") : status;
}
