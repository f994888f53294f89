// SPDX-License-Identifier: MIT
/*
 * Reading what S3 answers: its complaints, which are XML, and whether an answer that looks good is.
 *
 * S3 may say 200 and then, in the body, that it failed; and bytes may be damaged underway. Both make
 * net/aws.h try again. Pure.
 */
#ifndef BACKEND_S3_ANSWER_H
#define BACKEND_S3_ANSWER_H

#include "backend/objects.h"
#include "net/aws.h"

extern const struct aws_service_ops
    s3_answer_object;                               /* of a GET: the bytes fit the checksum that came along */
extern const struct aws_service_ops s3_answer_part; /* of a GET with a Range */
extern const struct aws_service_ops s3_answer_head; /* has no body */
extern const struct aws_service_ops s3_answer_done; /* of a PUT or DELETE: nothing, or no <Error> */
extern const struct aws_service_ops s3_answer_list; /* of ListObjectsV2: whole, and a list */

/* Version from the ETag, or where there is none from the time of the last change; the size from
 * Content-Length, 0 if it is not known. */
void s3_answer_info(const struct http_response *response, struct object_info *info_out);

/* Writes an ETag as info->version has it: without quotes; as its hash where it is long or odd. */
void s3_version_from_etag(const char *etag, struct object_info *info);

#endif
