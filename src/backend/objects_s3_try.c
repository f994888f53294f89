// SPDX-License-Identifier: MIT
/* What `tessera doctor` asks of a bucket. */
#include <string.h>

#include "backend/objects_s3_parts.h"

enum tess_status objects_s3_try_put(struct objects *objects, const char *bucket, const char *key,
                                    struct tess_error *error)
{
    struct objects_s3 *s3 = (struct objects_s3 *)objects;
    static const struct http_header wrong_md5 = {"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="};
    const struct http_body body = {.size_bytes = 1, .data = "x"};
    const struct s3_call call = {.method = "PUT",
                                 .bucket = bucket,
                                 .key = key,
                                 .doing = "write",
                                 .where = "to",
                                 .action = "s3:PutObject",
                                 .answer = &s3_answer_done,
                                 .headers = &wrong_md5,
                                 .header_count = 1,
                                 .body = &body};
    struct aws_response response;
    enum tess_status status = objects_s3_call(s3, &call, &response, error);
    const char *code = response.complaint.code;
    if (status == TESS_OK) /* it does not check */
        status = objects->ops->remove(objects, bucket, key, error);
    else if (response.http.failure == HTTP_DONE && response.http.status >= 400 &&
             response.http.status < 500 &&
             (strcmp(code, "BadDigest") == 0 || strcmp(code, "InvalidDigest") == 0))
        status = TESS_OK;
    aws_response_clear(&response);
    return status;
}

void objects_s3_bucket_region(struct objects *objects, const char *bucket, char region_out[S3_REGION_BYTES])
{
    objects_s3_region((struct objects_s3 *)objects, bucket, region_out);
}
