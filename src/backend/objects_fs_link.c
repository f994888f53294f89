// SPDX-License-Identifier: MIT
/*
 * Presigned links to the embedded store, and their verification by the server that they point at.
 *
 * A link is BASE/objects/BUCKET/KEY?X-Amz-…, signed as S3 links are (region us-east-1, service s3, payload
 * unsigned) with the store's own key. Signed are the host and the path from "/objects" on, not a path that
 * BASE may have: that is routing, which a proxy may strip.
 *
 * Browsers and curl fold "." and ".." in paths before they send them. In keys with such segments the slashes
 * are escaped too ("..%2Fa"), which is the same path to SigV4 but one segment to everyone else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/objects_fs_parts.h"
#include "base/error.h"
#include "net/sigv4.h"
#include "net/uri.h"

enum { URL_MAX_BYTES = 16384 };

#define LINK_REGION  "us-east-1"
#define OBJECTS_PATH "/objects/"

static bool is_host_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           strchr(".-_:[]", byte);
}

/* No query, no fragment, no blanks: what is left can be put before a path. */
static bool is_path(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text >= 0x7F || strchr("?#\"<>\\^`{|}", *text))
            return false;
    }
    return true;
}

/* Lower case, and without the port that goes without saying. */
static void canonical_host(char *host, const char *default_port)
{
    for (char *next = host; *next; next++) {
        if (*next >= 'A' && *next <= 'Z')
            *next = (char)(*next - 'A' + 'a');
    }
    size_t size = strlen(host), port = strlen(default_port);
    if (size > port && strcmp(host + size - port, default_port) == 0)
        host[size - port] = '\0';
}

void link_base_clear(struct link_base *base)
{
    free(base->text);
    free(base->host);
    free(base->prefix);
    *base = (struct link_base){0};
}

enum tess_status link_base_parse(const char *text, struct link_base *base_out, struct tess_error *error)
{
    bool https = strncasecmp(text, "https://", 8) == 0;
    const char *host = text + (https ? 8 : 7);
    size_t host_size = 0;
    *base_out = (struct link_base){0};
    if (https || strncasecmp(text, "http://", 7) == 0) {
        while (host[host_size] && is_host_byte(host[host_size]))
            host_size++;
    }
    if (host_size == 0 || (host[host_size] != '/' && host[host_size] != '\0') || !is_path(host + host_size))
        return error_set(
            error, TESS_ERR_INVALID,
            "links cannot begin with \"%.200s\": give http:// or https://, a host, and if need be a "
            "port and a path",
            text);
    size_t size = strlen(text);
    while (text[size - 1] == '/')
        size--;
    size_t before_path = (size_t)(host - text) + host_size;
    base_out->text = strndup(text, size);
    base_out->host = strndup(host, host_size);
    base_out->prefix = strndup(text + before_path, size > before_path ? size - before_path : 0);
    if (!base_out->text || !base_out->host || !base_out->prefix) {
        link_base_clear(base_out);
        return error_set(error, TESS_ERR_MEMORY, "no memory for where links begin");
    }
    canonical_host(base_out->host, https ? ":443" : ":80");
    return TESS_OK;
}

static bool has_dot_segment(const char *key)
{
    for (const char *segment = key;;) {
        size_t size = strcspn(segment, "/");
        if ((size == 1 && segment[0] == '.') || (size == 2 && segment[0] == '.' && segment[1] == '.'))
            return true;
        if (!segment[size])
            return false;
        segment += size + 1;
    }
}

static enum tess_status check(const struct object_link_request *request, struct tess_error *error)
{
    enum tess_status status = bucket_name_check(request->bucket, error);
    if (status == TESS_OK)
        status = object_key_check(request->key, error);
    if (status == TESS_OK && strcmp(request->method, "GET") != 0 && strcmp(request->method, "PUT") != 0)
        status =
            error_set(error, TESS_ERR_INVALID, "a link is for GET or PUT, not for %.20s", request->method);
    if (status == TESS_OK && (strcmp(request->key, ".") == 0 || strcmp(request->key, "..") == 0))
        status =
            error_set(error, TESS_ERR_INVALID,
                      "no link can lead to the key \"%s\": browsers take it for a folder; use another key",
                      request->key);
    return status;
}

/* An empty secret would sign as well as any. */
static enum tess_status no_key(const struct objects_fs *fs, struct tess_error *error)
{
    return error_set(error, TESS_ERR_SETUP,
                     "the store %s may only be read, and its signing key not even that: there are no links",
                     fs->root);
}

static struct sigv4_credentials credentials_of(const struct objects_fs *fs)
{
    return (struct sigv4_credentials){.access_key_id = fs->key.id, .secret_access_key = fs->key.secret};
}

/* What is signed: "/objects/BUCKET/KEY". */
static enum tess_status make_path(const struct object_link_request *request, struct bytes *path)
{
    enum tess_status status = bytes_append_format(path, OBJECTS_PATH "%s/", request->bucket);
    if (status == TESS_OK)
        status = uri_encode(path, request->key, strlen(request->key), !has_dot_segment(request->key));
    return status == TESS_OK && !bytes_text(path) ? TESS_ERR_MEMORY : status;
}

static enum tess_status sign(const struct objects_fs *fs, const struct object_link_request *request,
                             const struct link_base *base, struct bytes *url_out, struct tess_error *error)
{
    struct sigv4_result signature = {0};
    struct bytes path;
    bytes_init(&path, URL_MAX_BYTES);
    if (make_path(request, &path) != TESS_OK) {
        bytes_clear(&path);
        return error_set(error, TESS_ERR_MEMORY, "no memory for the link to %.200s", request->key);
    }
    const struct sigv4_header host = {"host", base->host};
    const struct sigv4_request signing = {.method = request->method,
                                          .path = bytes_text(&path),
                                          .headers = &host,
                                          .header_count = 1,
                                          .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    const struct sigv4_credentials credentials = credentials_of(fs);
    const struct sigv4_scope scope = sigv4_scope_s3(LINK_REGION);
    enum tess_status status =
        sigv4_presign(&signing, &credentials, &scope, request->now_s, request->expires_s, &signature, error);
    if (status == TESS_OK) {
        const char *query = bytes_text(&signature.output);
        status = query ? bytes_append_format(url_out, "%s%s?%s", base->text, signing.path, query)
                       : TESS_ERR_MEMORY;
        if (status != TESS_OK)
            error_set(error, status, "no room for the link to %.200s", request->key);
    }
    sigv4_result_clear(&signature);
    bytes_clear(&path);
    return status;
}

enum tess_status objects_fs_link(struct objects *objects, const struct object_link_request *request,
                                 struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error)
{
    const struct objects_fs *fs = (const struct objects_fs *)objects;
    struct link_base other = {0};
    bytes_init(url_out, URL_MAX_BYTES);
    enum tess_status status = check(request, error);
    if (status == TESS_OK && !fs->has_key)
        status = no_key(fs, error);
    if (status == TESS_OK && request->base)
        status = link_base_parse(request->base, &other, error);
    if (status == TESS_OK)
        status = sign(fs, request, request->base ? &other : &fs->link, url_out, error);
    if (status == TESS_OK)
        *expires_at_out = request->now_s + (int64_t)request->expires_s;
    else
        bytes_clear(url_out);
    link_base_clear(&other);
    return status;
}

/* "/objects/BUCKET/KEY", encoded, to its parts. */
static enum tess_status split_path(const char *path, struct object_target *target)
{
    struct bytes plain;
    bytes_init(&plain, URL_MAX_BYTES);
    enum tess_status status = TESS_ERR_NOT_FOUND;
    if (strncmp(path, OBJECTS_PATH, strlen(OBJECTS_PATH)) == 0) {
        path += strlen(OBJECTS_PATH);
        status = uri_decode(&plain, path, strlen(path));
    }
    const char *text = status == TESS_OK ? bytes_text(&plain) : NULL;
    const char *slash = text ? strchr(text, '/') : NULL;
    /* A %00 would end the key early. */
    if (slash && strlen(text) == plain.size && (size_t)(slash - text) < sizeof target->bucket &&
        strlen(slash + 1) < sizeof target->key) {
        (void)snprintf(target->bucket, sizeof target->bucket, "%.*s", (int)(slash - text), text);
        (void)snprintf(target->key, sizeof target->key, "%s", slash + 1);
    } else {
        status = TESS_ERR_NOT_FOUND;
    }
    bytes_clear(&plain);
    if (status == TESS_OK && (bucket_name_check(target->bucket, NULL) != TESS_OK ||
                              object_key_check(target->key, NULL) != TESS_OK))
        status = TESS_ERR_NOT_FOUND;
    return status;
}

/* As it is, and where that does not verify without a port that goes without saying under http or https:
 * which of them a link began with is not known here. */
static enum tess_status verify_host(const struct objects_fs *fs, const struct sigv4_request *request,
                                    const char *name, struct sigv4_life *life_out, struct tess_error *error)
{
    char *host = strdup(name);
    if (!host)
        return error_set(error, TESS_ERR_MEMORY, "no memory to verify a link");
    const struct sigv4_header header = {"host", host};
    const struct sigv4_credentials credentials = credentials_of(fs);
    const struct sigv4_scope scope = sigv4_scope_s3(LINK_REGION);
    struct sigv4_request signing = *request;
    signing.headers = &header;
    signing.header_count = 1;
    canonical_host(host, "");
    enum tess_status status = sigv4_verify_signature(&signing, &credentials, &scope, life_out, error);
    const size_t size = strlen(host);
    if (status == TESS_ERR_DENIED) {
        canonical_host(host, ":443");
        canonical_host(host, ":80");
        if (strlen(host) < size)
            status = sigv4_verify_signature(&signing, &credentials, &scope, life_out, error);
    }
    free(host);
    return status;
}

enum tess_status objects_fs_verify(struct objects *objects, const struct object_request *request,
                                   int64_t now_s, struct object_target *target_out, struct tess_error *error)
{
    const struct objects_fs *fs = (const struct objects_fs *)objects;
    const char *path = request->path;
    size_t prefix = strlen(fs->link.prefix);
    memset(target_out, 0, sizeof *target_out);
    if (strncmp(path, fs->link.prefix, prefix) == 0 &&
        strncmp(path + prefix, OBJECTS_PATH, strlen(OBJECTS_PATH)) == 0)
        path += prefix;
    if (split_path(path, target_out) != TESS_OK) {
        memset(target_out, 0, sizeof *target_out);
        return error_set(error, TESS_ERR_NOT_FOUND, "this path is no object's");
    }
    if (!fs->has_key) {
        memset(target_out, 0, sizeof *target_out);
        return no_key(fs, error);
    }
    struct sigv4_request signing = {.method = request->method,
                                    .path = path,
                                    .query = request->query,
                                    .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    struct sigv4_life life = {0};
    enum tess_status status = verify_host(fs, &signing, request->host, &life, error);
    for (size_t i = 0; status == TESS_ERR_DENIED && i < request->other_host_count; i++)
        status = verify_host(fs, &signing, request->other_hosts[i], &life, error);
    if (status == TESS_OK)
        status = sigv4_verify_life(&life, now_s, error);
    if (status != TESS_OK)
        memset(target_out, 0, sizeof *target_out);
    return status;
}
