// SPDX-License-Identifier: MIT
#include "front/api_query.h"
#include "front/refuse.h"

#include <stdlib.h>
#include <string.h>

#include "front/safe_text.h"
#include "front/xalloc.h"

static enum tess_status over_limit(struct tess_error *error, const char *limit, unsigned most)
{
    return refuse_limit(error, limit, "the query exceeds the limit %s of %u", limit, most);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static bool is_utf8(const char *text, size_t size)
{
    uint32_t point;
    for (size_t at = 0, length; at < size; at += length) {
        length = utf8_decode(text + at, size - at, &point);
        if (length == 0)
            return false;
    }
    return true;
}

char *api_decode(const char *text, size_t size, bool plus_is_blank)
{
    char *plain = xcalloc(size + 1, 1);
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        if (byte == '%') {
            const int high = i + 2 < size ? hex_value(text[i + 1]) : -1;
            const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
            if (low < 0)
                goto refused;
            byte = (char)(high << 4 | low);
            i += 2;
        } else if (byte == '+' && plus_is_blank) {
            byte = ' ';
        }
        if (byte == '\0')
            goto refused;
        plain[length++] = byte;
    }
    if (is_utf8(plain, length))
        return plain;
refused:
    free(plain);
    return NULL;
}

void api_query_clear(struct api_query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        free(query->parameters[i].name);
        free(query->parameters[i].value);
    }
    query->count = 0;
}

const char *api_query_get(const struct api_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->parameters[i].name, name) == 0)
            return query->parameters[i].value;
    }
    return NULL;
}

static enum tess_status read_parameter(struct api_query *query, const char *text, size_t size,
                                       struct tess_error *error)
{
    const char *equals = memchr(text, '=', size);
    const size_t name_size = equals ? (size_t)(equals - text) : size;
    const size_t value_size = equals ? size - name_size - 1 : 0;
    if (query->count == API_QUERY_MAX_PARAMETERS)
        return over_limit(error, "query-parameters", API_QUERY_MAX_PARAMETERS);
    char *name = api_decode(text, name_size, true);
    char *value = api_decode(equals ? equals + 1 : "", value_size, true);
    enum tess_status status = TESS_OK;
    if (!name || !value)
        status = refuse_invalid(error, "the query's parameter \"%.*s\" is no percent-encoded UTF-8 text",
                                (int)(name_size < 60 ? name_size : 60), text);
    else if (name[0] == '\0')
        status = refuse_invalid(error, "the query has a parameter without a name");
    else if (api_query_get(query, name))
        status = refuse_invalid(error, "the query's parameter \"%.60s\" is there twice", name);
    if (status != TESS_OK) {
        free(name);
        free(value);
        return status;
    }
    query->parameters[query->count].name = name;
    query->parameters[query->count++].value = value;
    return TESS_OK;
}

enum tess_status api_query_read(struct api_query *query, const char *text, struct tess_error *error)
{
    query->count = 0;
    if (!text)
        return TESS_OK;
    if (strlen(text) > API_QUERY_MAX_BYTES)
        return over_limit(error, "query-bytes", API_QUERY_MAX_BYTES);
    while (*text) {
        const size_t size = strcspn(text, "&");
        enum tess_status status = size > 0 ? read_parameter(query, text, size, error) : TESS_OK;
        if (status != TESS_OK)
            return status;
        text += size + (text[size] == '&');
    }
    return TESS_OK;
}

static size_t encode(char *out, const char *text, const char *kept)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t size = 0;
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
            strchr("-._~", byte) || strchr(kept, byte)) {
            out[size++] = (char)byte;
        } else {
            out[size++] = '%';
            out[size++] = digits[byte >> 4];
            out[size++] = digits[byte & 15];
        }
    }
    return size;
}

char *api_encode(const char *text, const char *kept)
{
    char *encoded = xcalloc(3 * strlen(text) + 1, 1);
    (void)encode(encoded, text, kept);
    return encoded;
}

char *api_query_append(char *query, const char *name, const char *value)
{
    const size_t before = query ? strlen(query) : 0;
    char *longer = xcalloc(before + 3 * (strlen(name) + strlen(value)) + 3, 1);
    size_t size = before;
    if (before) {
        memcpy(longer, query, before);
        longer[size++] = '&';
    }
    size += encode(longer + size, name, "");
    longer[size++] = '=';
    (void)encode(longer + size, value, "");
    free(query);
    return longer;
}
