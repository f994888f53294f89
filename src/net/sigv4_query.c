// SPDX-License-Identifier: MIT
/*
 * Query strings in SigV4's canonical form: every name and value decoded and encoded again (so that "%7e", "~"
 * and a raw UTF-8 byte all come out one way), then sorted by encoded name and encoded value.
 *
 * Names and values lie one after the other in one buffer and are known by their offsets, because the buffer
 * moves as it grows.
 */
#include <stdlib.h>
#include <string.h>

#include "net/sigv4_canonical.h"
#include "net/uri.h"

void sigv4_query_init(struct sigv4_query *query)
{
    memset(query, 0, sizeof *query);
    bytes_init(&query->text, SIGV4_MAX_BYTES);
}

void sigv4_query_clear(struct sigv4_query *query)
{
    bytes_clear(&query->text);
    free(query->parameters);
    query->parameters = NULL;
    query->count = query->capacity = 0;
}

static const char *text_at(const struct sigv4_query *query, size_t offset)
{
    return (const char *)query->text.data + offset;
}

static enum tess_status make_room(struct sigv4_query *query)
{
    if (query->count < query->capacity)
        return TESS_OK;
    size_t capacity = query->capacity ? 2 * query->capacity : 16;
    struct sigv4_parameter *grown = reallocarray(query->parameters, capacity,
                                                 sizeof *query->parameters); /* bounded: text has a maximum */
    if (!grown)
        return TESS_ERR_MEMORY;
    query->parameters = grown;
    query->capacity = capacity;
    return TESS_OK;
}

/* Appends one encoded, terminated word and tells where it begins. */
static enum tess_status add_word(struct sigv4_query *query, const char *word, size_t size, size_t *offset_out)
{
    *offset_out = query->text.size;
    enum tess_status status = uri_encode(&query->text, word, size, false);
    return status == TESS_OK ? bytes_append(&query->text, "", 1) : status;
}

static enum tess_status add_words(struct sigv4_query *query, const char *name, size_t name_size,
                                  const char *value, size_t value_size)
{
    struct sigv4_parameter parameter;
    enum tess_status status = make_room(query);
    if (status == TESS_OK)
        status = add_word(query, name, name_size, &parameter.name);
    if (status == TESS_OK)
        status = add_word(query, value, value_size, &parameter.value);
    if (status == TESS_OK)
        query->parameters[query->count++] = parameter;
    return status;
}

enum tess_status sigv4_query_add(struct sigv4_query *query, const char *name, const char *value)
{
    return add_words(query, name, strlen(name), value, strlen(value));
}

/* One "name=value" as sent. */
static enum tess_status add_raw(struct sigv4_query *query, const char *raw, size_t size)
{
    const char *equals = memchr(raw, '=', size);
    size_t name_raw_size = equals ? (size_t)(equals - raw) : size;
    struct bytes plain;
    bytes_init(&plain, SIGV4_MAX_BYTES);
    enum tess_status status = uri_decode(&plain, raw, name_raw_size);
    size_t name_size = plain.size;
    if (status == TESS_OK && equals)
        status = uri_decode(&plain, equals + 1, size - name_raw_size - 1);
    if (status == TESS_OK) {
        const char *text = plain.data ? (const char *)plain.data : "";
        status = add_words(query, text, name_size, text + name_size, plain.size - name_size);
    }
    bytes_clear(&plain);
    return status;
}

enum tess_status sigv4_query_parse(struct sigv4_query *query, const char *text)
{
    enum tess_status status = TESS_OK;
    while (text && *text && status == TESS_OK) {
        size_t size = strcspn(text, "&");
        if (size > 0)
            status = add_raw(query, text, size);
        text += size;
        text += *text == '&';
    }
    return status;
}

enum tess_status sigv4_query_get(const struct sigv4_query *query, const char *name, char *value_out,
                                 size_t capacity)
{
    const char *found = NULL;
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(text_at(query, query->parameters[i].name), name) != 0)
            continue;
        if (found)
            return TESS_ERR_INVALID;
        found = text_at(query, query->parameters[i].value);
    }
    if (!found)
        return TESS_ERR_NOT_FOUND;
    struct bytes value;
    bytes_init(&value, capacity - 1);
    enum tess_status status = uri_decode(&value, found, strlen(found));
    if (status == TESS_OK && value.size > 0 && memchr(value.data, '\0', value.size))
        status = TESS_ERR_INVALID;
    if (status == TESS_OK) {
        if (value.size > 0)
            memcpy(value_out, value.data, value.size);
        value_out[value.size] = '\0';
    }
    bytes_clear(&value);
    return status == TESS_ERR_LIMIT ? TESS_ERR_INVALID : status;
}

void sigv4_query_remove(struct sigv4_query *query, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(text_at(query, query->parameters[i].name), name) != 0)
            query->parameters[kept++] = query->parameters[i];
    }
    query->count = kept;
}

static int compare(const void *left, const void *right, void *context)
{
    const struct sigv4_parameter *one = left, *two = right;
    const struct sigv4_query *query = context;
    int order = strcmp(text_at(query, one->name), text_at(query, two->name));
    return order ? order : strcmp(text_at(query, one->value), text_at(query, two->value));
}

enum tess_status sigv4_query_write(struct sigv4_query *query, struct bytes *out)
{
    if (query->count > 0)
        qsort_r(query->parameters, query->count, sizeof *query->parameters, compare, query);
    for (size_t i = 0; i < query->count; i++) {
        enum tess_status status =
            bytes_append_format(out, "%s%s=%s", i ? "&" : "", text_at(query, query->parameters[i].name),
                                text_at(query, query->parameters[i].value));
        if (status != TESS_OK)
            return status;
    }
    return TESS_OK;
}
