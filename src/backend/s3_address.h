// SPDX-License-Identifier: MIT
/*
 * Where a bucket or an object is: endpoint and path, from settings and names. Pure.
 *
 * A key is percent-encoded once and nothing in it is folded: "a/../b", "/a" and "a//b" are three keys.
 */
#ifndef BACKEND_S3_ADDRESS_H
#define BACKEND_S3_ADDRESS_H

#include "base/bytes.h"
#include "net/aws_settings.h"

struct s3_address {
    char endpoint[AWS_ENDPOINT_MAX_BYTES]; /* "https://images.s3.eu-north-1.amazonaws.com", no slash at the
                                              end */
    struct bytes path;                     /* "/a%20b", terminated */
};

/* `key` may be NULL: the bucket itself. *address_out is initialised here; clear it after TESS_OK.
 * TESS_ERR_INVALID, TESS_ERR_MEMORY. */
enum tess_status s3_address_make(const struct aws_settings *settings, const char *region, const char *bucket,
                                 const char *key, struct s3_address *address_out, struct tess_error *error);
void s3_address_clear(struct s3_address *address);

static inline const char *s3_address_path(const struct s3_address *address)
{
    return (const char *)address->path.data;
}

/* "arn:aws:s3:::", with the partition that the region is in. Static. */
const char *s3_arn_prefix(const char *region);

#endif
