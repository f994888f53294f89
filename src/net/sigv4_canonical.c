// SPDX-License-Identifier: MIT
/*
 * The canonical request: the one spelling of a request that signer and verifier agree on.
 *
 * Header values are trimmed and inner runs of blanks count as one; a header that is there twice becomes one
 * line with both values in their order. Control characters are refused rather than cleaned: a line feed in a
 * value would let it pose as another header.
 */
#include "net/sigv4_canonical.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/digest.h"
#include "net/uri.h"

enum { ADDED_HEADERS = 3, HEADERS_MAX = 1024 };

static bool is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte <= ' ' || byte >= 0x7F || byte == ':' || byte == ';')
            return false;
    }
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte < ' ' && byte != '\t') || byte == 0x7F)
            return true;
    }
    return false;
}

enum tess_status sigv4_headers_init(struct sigv4_headers *headers, const struct sigv4_request *request)
{
    memset(headers, 0, sizeof *headers);
    if (request->header_count > HEADERS_MAX)
        return TESS_ERR_LIMIT;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_token(request->headers[i].name) || has_control(request->headers[i].value))
            return TESS_ERR_INVALID;
    }
    headers->items = calloc(request->header_count + ADDED_HEADERS, sizeof *headers->items);
    if (!headers->items)
        return TESS_ERR_MEMORY;
    for (size_t i = 0; i < request->header_count; i++)
        headers->items[i] = request->headers[i];
    headers->count = request->header_count;
    return TESS_OK;
}

void sigv4_headers_add(struct sigv4_headers *headers, const char *name, const char *value)
{
    headers->items[headers->count++] = (struct sigv4_header){name, value};
}

void sigv4_headers_clear(struct sigv4_headers *headers)
{
    free(headers->items);
    headers->items = NULL;
    headers->count = 0;
}

/* Insertion sort: stable, and requests have a handful of headers. */
static void sort_headers(struct sigv4_headers *headers)
{
    for (size_t i = 1; i < headers->count; i++) {
        struct sigv4_header moving = headers->items[i];
        size_t place = i;
        for (; place > 0 && strcasecmp(headers->items[place - 1].name, moving.name) > 0; place--)
            headers->items[place] = headers->items[place - 1];
        headers->items[place] = moving;
    }
}

static bool same_name_as_before(const struct sigv4_headers *headers, size_t index)
{
    return index > 0 && strcasecmp(headers->items[index - 1].name, headers->items[index].name) == 0;
}

static enum tess_status append_lower(struct bytes *out, const char *text)
{
    enum tess_status status = TESS_OK;
    for (; *text && status == TESS_OK; text++) {
        char byte = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        status = bytes_append(out, &byte, 1);
    }
    return status;
}

static enum tess_status append_trimmed(struct bytes *out, const char *value)
{
    enum tess_status status = TESS_OK;
    for (bool first = true; status == TESS_OK; first = false) {
        value += strspn(value, " \t");
        size_t word = strcspn(value, " \t");
        if (word == 0)
            break;
        if (!first)
            status = bytes_append(out, " ", 1);
        if (status == TESS_OK)
            status = bytes_append(out, value, word);
        value += word;
    }
    return status;
}

enum tess_status sigv4_headers_write_names(struct sigv4_headers *headers, struct bytes *names_out)
{
    enum tess_status status = TESS_OK;
    sort_headers(headers);
    for (size_t i = 0; i < headers->count && status == TESS_OK; i++) {
        if (same_name_as_before(headers, i))
            continue;
        if (i > 0)
            status = bytes_append(names_out, ";", 1);
        if (status == TESS_OK)
            status = append_lower(names_out, headers->items[i].name);
    }
    return status;
}

static enum tess_status write_headers(const struct sigv4_headers *headers, struct bytes *out)
{
    enum tess_status status = TESS_OK;
    for (size_t i = 0; i < headers->count && status == TESS_OK; i++) {
        if (same_name_as_before(headers, i)) {
            status = bytes_append(out, ",", 1);
        } else {
            if (i > 0)
                status = bytes_append(out, "\n", 1);
            if (status == TESS_OK)
                status = append_lower(out, headers->items[i].name);
            if (status == TESS_OK)
                status = bytes_append(out, ":", 1);
        }
        if (status == TESS_OK)
            status = append_trimmed(out, headers->items[i].value);
    }
    return status == TESS_OK ? bytes_append(out, "\n", 1) : status;
}

/* Folds empty, "." and ".." segments: "//a/./b/../c/" gives "/a/c/". */
static enum tess_status normalise_path(const char *path, struct bytes *out)
{
    bool ends_in_folder = false;
    while (*path) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        bool up = size == 2 && path[0] == '.' && path[1] == '.';
        bool here = size == 0 || (size == 1 && path[0] == '.');
        if (up) {
            while (out->size > 0 && out->data[--out->size] != '/')
                ;
        } else if (!here) {
            enum tess_status status = bytes_append(out, "/", 1);
            if (status == TESS_OK)
                status = bytes_append(out, path, size);
            if (status != TESS_OK)
                return status;
        }
        path += size;
        ends_in_folder = up || here || *path == '/';
    }
    return ends_in_folder || out->size == 0 ? bytes_append(out, "/", 1) : TESS_OK;
}

static enum tess_status write_path(const char *path, const struct sigv4_scope *scope, struct bytes *out)
{
    if (!*path)
        path = "/";
    if (path[0] != '/')
        return TESS_ERR_INVALID;
    struct bytes changed;
    bytes_init(&changed, SIGV4_MAX_BYTES);
    enum tess_status status;
    if (scope->path_encoded_once)
        status = uri_decode(&changed, path, strlen(path));
    else if (scope->path_normalised)
        status = normalise_path(path, &changed);
    else
        status = bytes_append_text(&changed, path);
    if (status == TESS_OK)
        status = uri_encode(out, (const char *)changed.data, changed.size, true);
    bytes_clear(&changed);
    return status;
}

enum tess_status sigv4_canonical_write(const struct sigv4_request *request, const struct sigv4_scope *scope,
                                       struct sigv4_query *query, const struct sigv4_headers *headers,
                                       const struct bytes *signed_names, struct bytes *out)
{
    const char *hash = request->payload_hash ? request->payload_hash : SIGV4_EMPTY_PAYLOAD;
    if (!is_token(request->method) || !is_token(hash) || signed_names->size == 0)
        return TESS_ERR_INVALID;
    enum tess_status status = bytes_append_format(out, "%s\n", request->method);
    if (status == TESS_OK)
        status = write_path(request->path, scope, out);
    if (status == TESS_OK)
        status = bytes_append(out, "\n", 1);
    if (status == TESS_OK)
        status = sigv4_query_write(query, out);
    if (status == TESS_OK)
        status = bytes_append(out, "\n", 1);
    if (status == TESS_OK)
        status = write_headers(headers, out);
    if (status == TESS_OK)
        status = bytes_append_format(out, "\n%.*s\n%s", (int)signed_names->size,
                                     (const char *)signed_names->data, hash);
    return status;
}
