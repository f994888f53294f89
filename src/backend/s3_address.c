// SPDX-License-Identifier: MIT
#include "backend/s3_address.h"

#include <string.h>

#include "base/error.h"
#include "net/uri.h"

enum { PATH_MAX_BYTES = 8192 };

#define SCHEME "https://"

/* A certificate for *.s3.region.amazonaws.com covers one label before it: a bucket with dots is no such. */
static bool has_own_host(const struct aws_settings *settings, const char *bucket)
{
    return !settings->endpoints[AWS_S3] && !strchr(bucket, '.');
}

static enum tess_status put_bucket_before(const char *bucket, char endpoint[AWS_ENDPOINT_MAX_BYTES],
                                          struct tess_error *error)
{
    const size_t scheme_size = sizeof SCHEME - 1, name_size = strlen(bucket), size = strlen(endpoint);
    char *host = endpoint + scheme_size;
    if (strncmp(endpoint, SCHEME, scheme_size) == 0 && size + name_size + 1 < AWS_ENDPOINT_MAX_BYTES) {
        memmove(host + name_size + 1, host, size - scheme_size + 1);
        memcpy(host, bucket, name_size);
        host[name_size] = '.';
        return TESS_OK;
    }
    return error_set(error, TESS_ERR_INVALID, "the address of bucket %s is too long", bucket);
}

enum tess_status s3_address_make(const struct aws_settings *settings, const char *region, const char *bucket,
                                 const char *key, struct s3_address *address_out, struct tess_error *error)
{
    const bool own_host = has_own_host(settings, bucket);
    bytes_init(&address_out->path, PATH_MAX_BYTES);
    enum tess_status status = aws_endpoint(settings, AWS_S3, region, address_out->endpoint, error);
    if (status == TESS_OK && own_host)
        status = put_bucket_before(bucket, address_out->endpoint, error);
    if (status != TESS_OK)
        return status;
    if (!own_host)
        status = bytes_append_format(&address_out->path, "/%s", bucket);
    if (status == TESS_OK && (own_host || key))
        status = bytes_append_text(&address_out->path, "/");
    if (status == TESS_OK && key)
        status = uri_encode(&address_out->path, key, strlen(key), true);
    if (status == TESS_OK && !bytes_text(&address_out->path))
        status = TESS_ERR_MEMORY;
    if (status == TESS_OK)
        return TESS_OK;
    s3_address_clear(address_out);
    return error_set(error, status, "no room for the address of an object in bucket %s", bucket);
}

void s3_address_clear(struct s3_address *address)
{
    bytes_clear(&address->path);
}

const char *s3_arn_prefix(const char *region)
{
    if (strncmp(region, "cn-", 3) == 0)
        return "arn:aws-cn:s3:::";
    return strncmp(region, "us-gov-", 7) == 0 ? "arn:aws-us-gov:s3:::" : "arn:aws:s3:::";
}
