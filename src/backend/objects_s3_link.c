// SPDX-License-Identifier: MIT
/*
 * Links that need no credentials. They are made without asking a server, so for a bucket in another region
 * than the configured one they are good only after something else has found out where it is.
 *
 * The time is that of S3 as far as we know it: a link that is signed a little ahead is refused. A link ends
 * with the credentials that signed it, which may be sooner than was asked for.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "backend/objects_s3_parts.h"
#include "backend/s3_address.h"
#include "base/error.h"
#include "net/aws_endpoint.h"
#include "net/aws_explain.h"
#include "net/credentials.h"
#include "net/sigv4.h"

enum { URL_MAX_BYTES = 32768, HOST_BYTES = 320 };

/* As a browser will send it: in lower case, without the scheme's own port. */
static void write_host(const struct aws_url *url, char host_out[HOST_BYTES])
{
    const char *own_port = url->secure ? ":443" : ":80";
    size_t size = url->authority_size, port_size = strlen(own_port);
    if (size > port_size && memcmp(url->authority + size - port_size, own_port, port_size) == 0)
        size -= port_size;
    if (size > HOST_BYTES - 1)
        size = HOST_BYTES - 1;
    for (size_t i = 0; i < size; i++)
        host_out[i] = (char)tolower((unsigned char)url->authority[i]);
    host_out[size] = '\0';
}

struct link {
    const struct object_link_request *request;
    const char *region;
    int64_t now_s;
    uint32_t expires_s;
};

static enum tess_status sign(const struct link *link, const struct s3_address *address,
                             const struct sigv4_credentials *keys, struct bytes *url_out,
                             struct tess_error *error)
{
    struct aws_url url;
    struct bytes path;
    struct sigv4_result signature = {0};
    char host[HOST_BYTES];
    enum tess_status status = aws_url_check(address->endpoint, "the endpoint of S3", &url, error);
    if (status != TESS_OK)
        return status;
    write_host(&url, host);
    bytes_init(&path, URL_MAX_BYTES);
    status = bytes_append_format(&path, "%s%s", url.path, s3_address_path(address));
    const struct sigv4_header headers[] = {{"host", host}};
    const struct sigv4_request request = {.method = link->request->method,
                                          .path = (const char *)path.data,
                                          .headers = headers,
                                          .header_count = 1,
                                          .payload_hash = SIGV4_UNSIGNED_PAYLOAD};
    const struct sigv4_scope scope = sigv4_scope_s3(link->region);
    if (status == TESS_OK)
        status = sigv4_presign(&request, keys, &scope, link->now_s, link->expires_s, &signature, error);
    else
        error_set(error, status, "no room for a link");
    if (status == TESS_OK) {
        status =
            bytes_append_format(url_out, "%s://%s%s?%.*s", url.secure ? "https" : "http", host, request.path,
                                (int)signature.output.size, (const char *)signature.output.data);
        if (status != TESS_OK)
            error_set(error, status, "no room for a link");
    }
    sigv4_result_clear(&signature);
    bytes_clear(&path);
    return status;
}

/* How long the link may live: as asked, and no longer than its credentials. */
static uint32_t life_s(const struct object_link_request *request, int64_t now_s, int64_t credentials_end_s)
{
    int64_t life = request->expires_s < SIGV4_EXPIRES_MAX_S ? request->expires_s : SIGV4_EXPIRES_MAX_S;
    if (credentials_end_s > 0 && credentials_end_s - now_s < life)
        life = credentials_end_s - now_s;
    return life < 1 ? 1 : (uint32_t)life;
}

enum tess_status objects_s3_link(struct objects *objects, const struct object_link_request *request,
                                 struct bytes *url_out, int64_t *expires_at_out, struct tess_error *error)
{
    struct objects_s3 *s3 = (struct objects_s3 *)objects;
    const struct aws_settings *settings = aws_settings_of(s3->aws);
    struct credentials credentials = {0};
    struct s3_address address;
    char region[S3_REGION_BYTES];
    bytes_init(url_out, URL_MAX_BYTES);
    *expires_at_out = 0;
    enum tess_status status = objects_s3_check_names(request->bucket, request->key, error);
    if (status == TESS_OK && strcmp(request->method, "GET") != 0 && strcmp(request->method, "PUT") != 0)
        status = error_set(error, TESS_ERR_INVALID, "there are links for GET and PUT only");
    if (status != TESS_OK)
        return status;
    objects_s3_region(s3, request->bucket, region);
    const bool nowhere = !settings->endpoints[AWS_S3] && !settings->region;
    status =
        s3_address_make(settings, nowhere ? NULL : region, request->bucket, request->key, &address, error);
    if (status != TESS_OK)
        return status;
    status = aws_explain_no_credentials(
        credentials_get(aws_credentials_of(s3->aws), NULL, &credentials, error), error);
    if (status == TESS_OK) {
        const int64_t now_s = aws_now_ms(s3->aws) / 1000;
        const struct link link = {request, region, now_s, life_s(request, now_s, credentials.expires_at_s)};
        status = sign(&link, &address, &credentials.keys, url_out, error);
        *expires_at_out = now_s + link.expires_s;
    }
    if (status != TESS_OK)
        bytes_clear(url_out);
    credentials_clear(&credentials);
    s3_address_clear(&address);
    return status;
}
