// SPDX-License-Identifier: MIT
/* Part of an object: a GET with a Range. Its answer has no checksum of its own; length and ETag are compared.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/objects_s3_parts.h"
#include "base/error.h"
#include "net/shown.h"

enum { RANGE_BYTES = 64, STATUS_RANGE_NOT_SATISFIABLE = 416 };

enum tess_status objects_s3_get_part(struct objects *objects, const struct object_part *part,
                                     struct bytes *out, struct tess_error *error)
{
    char range[RANGE_BYTES];
    const struct http_header header = {"range", range};
    const struct s3_call call = {.method = "GET",
                                 .bucket = part->bucket,
                                 .key = part->key,
                                 .doing = "read",
                                 .where = "from",
                                 .action = "s3:GetObject",
                                 .answer = &s3_answer_part,
                                 .headers = &header,
                                 .header_count = 1,
                                 .max_body_bytes = part->size_bytes,
                                 .stop = part->stop};
    struct aws_response response;
    struct object_info info = {0};
    (void)snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, part->offset,
                   part->offset + part->size_bytes - 1);
    bytes_init(out, 0);
    enum tess_status status = objects_s3_call((struct objects_s3 *)objects, &call, &response, error);
    if (status == TESS_OK)
        s3_answer_info(&response.http, &info);
    const bool gone = status == TESS_OK ? response.http.body.size != part->size_bytes ||
                                              strcmp(info.version, part->version) != 0
                                        : response.http.status == STATUS_RANGE_NOT_SATISFIABLE;
    if (gone)
        status = error_set(error, TESS_ERR_NOT_FOUND, "%s in bucket %s was replaced while it was read",
                           shown_text(part->key, S3_SHOWN_BYTES).text, part->bucket);
    if (status == TESS_OK) {
        *out = response.http.body;
        response.http.body = (struct bytes){0};
    }
    aws_response_clear(&response);
    return status;
}
