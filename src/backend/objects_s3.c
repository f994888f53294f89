// SPDX-License-Identifier: MIT
#include "backend/objects_s3.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/objects_s3_parts.h"
#include "base/error.h"
#include "net/shown.h"

/* Round trips of 5 to 50 ms: so many side by side keep a fast line busy. */
enum { FETCHES = 32, STATUS_OK = 200, CONFIGURATION_BYTES = 256 };

static struct objects_s3 *s3_of(struct objects *objects)
{
    return (struct objects_s3 *)objects;
}

enum tess_status objects_s3_stat(struct objects *objects, const char *bucket, const char *key,
                                 const struct stop *stop, struct object_info *info_out,
                                 struct tess_error *error)
{
    const struct s3_call call = {.method = "HEAD",
                                 .bucket = bucket,
                                 .key = key,
                                 .doing = "examine",
                                 .where = "in",
                                 .action = "s3:GetObject",
                                 .answer = &s3_answer_head,
                                 .stop = stop};
    struct aws_response response;
    enum tess_status status = objects_s3_call(s3_of(objects), &call, &response, error);
    memset(info_out, 0, sizeof *info_out);
    if (status == TESS_OK && (response.http.status != STATUS_OK || response.http.length_bytes == UINT64_MAX))
        status = error_set(error, TESS_ERR_IO, "the server does not say how large %s in bucket %s is",
                           shown_text(key, S3_SHOWN_BYTES).text, bucket);
    if (status == TESS_OK)
        s3_answer_info(&response.http, info_out);
    aws_response_clear(&response);
    return status;
}

static enum tess_status say_too_large(const struct object_get *request, uint64_t size_bytes,
                                      struct tess_error *error)
{
    char size[32] = "more";
    if (size_bytes > 0)
        (void)snprintf(size, sizeof size, "%" PRIu64 " bytes", size_bytes);
    return error_limit(error, "max-bytes", "%s in bucket %s has %s; the limit max-bytes is %" PRIu64,
                       shown_text(request->key, S3_SHOWN_BYTES).text, request->bucket, size,
                       request->max_bytes);
}

static enum tess_status s3_get(struct objects *objects, const struct object_get *request, struct bytes *out,
                               struct object_info *info_out, struct tess_error *error)
{
    struct objects_s3 *s3 = s3_of(objects);
    /* Others than AWS may refuse what they do not know. */
    static const struct http_header checksum = {"x-amz-checksum-mode", "ENABLED"};
    const struct s3_call call = {.method = "GET",
                                 .bucket = request->bucket,
                                 .key = request->key,
                                 .doing = "read",
                                 .where = "from",
                                 .action = "s3:GetObject",
                                 .answer = &s3_answer_object,
                                 .headers = &checksum,
                                 .header_count = aws_settings_of(s3->aws)->endpoints[AWS_S3] ? 0 : 1,
                                 .max_body_bytes = request->max_bytes,
                                 .stop = request->stop};
    struct aws_response response;
    struct object_info info = {0};
    bytes_init(out, 0);
    enum tess_status status = objects_s3_call(s3, &call, &response, error);
    if (status == TESS_OK || (status == TESS_ERR_LIMIT && response.http.status == STATUS_OK))
        s3_answer_info(&response.http, &info);
    if (status == TESS_OK)
        info.size_bytes = response.http.body.size;
    if ((status == TESS_OK && info.size_bytes > request->max_bytes) ||
        (status == TESS_ERR_LIMIT && response.http.failure == HTTP_TOO_LARGE))
        status = say_too_large(request, info.size_bytes, error);
    if (status == TESS_OK) {
        *out = response.http.body;
        response.http.body = (struct bytes){0};
    }
    if (info_out)
        *info_out = info;
    aws_response_clear(&response);
    return status;
}

static enum tess_status s3_remove(struct objects *objects, const char *bucket, const char *key,
                                  struct tess_error *error)
{
    const struct s3_call call = {.method = "DELETE",
                                 .bucket = bucket,
                                 .key = key,
                                 .doing = "remove",
                                 .where = "from",
                                 .action = "s3:DeleteObject",
                                 .answer = &s3_answer_done};
    struct aws_response response;
    enum tess_status status = objects_s3_call(s3_of(objects), &call, &response, error);
    /* S3 does not tell; some servers do. */
    if (status == TESS_ERR_NOT_FOUND && strcmp(response.complaint.code, "NoSuchKey") == 0)
        status = TESS_OK;
    aws_response_clear(&response);
    return status;
}

static enum tess_status create_bucket(struct objects_s3 *s3, const char *bucket, bool *created,
                                      struct tess_error *error)
{
    char region[S3_REGION_BYTES], configuration[CONFIGURATION_BYTES];
    objects_s3_region(s3, bucket, region);
    (void)snprintf(configuration, sizeof configuration,
                   "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                   "<LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>",
                   region);
    /* The oldest region has no name here. */
    const bool named = strcmp(region, "us-east-1") != 0;
    const struct http_body body = {.data = named ? configuration : "",
                                   .size_bytes = named ? strlen(configuration) : 0};
    const struct s3_call call = {.method = "PUT",
                                 .bucket = bucket,
                                 .doing = "create",
                                 .action = "s3:CreateBucket",
                                 .answer = &s3_answer_done,
                                 .body = &body};
    struct aws_response response;
    enum tess_status status = objects_s3_call(s3, &call, &response, error);
    *created = status == TESS_OK;
    /* Another process was quicker, or an attempt of ours got through although it seemed not to. */
    if (status != TESS_OK && strcmp(response.complaint.code, "BucketAlreadyOwnedByYou") == 0)
        status = TESS_OK;
    else if (status != TESS_OK && strcmp(response.complaint.code, "BucketAlreadyExists") == 0)
        status = error_set(error, TESS_ERR_EXISTS,
                           "cannot create bucket %s: somebody else has one of that name; choose another "
                           "(SOURCE_BUCKET, DESTINATION_BUCKET, or --source and --dest)",
                           bucket);
    aws_response_clear(&response);
    return status;
}

static enum tess_status s3_ensure_bucket(struct objects *objects, const char *bucket, bool *created_out,
                                         struct tess_error *error)
{
    const struct s3_call call = {.method = "HEAD",
                                 .bucket = bucket,
                                 .doing = "look at",
                                 .action = "s3:ListBucket",
                                 .answer = &s3_answer_head};
    struct aws_response response;
    bool created = false;
    enum tess_status status = objects_s3_call(s3_of(objects), &call, &response, error);
    const bool missing = response.http.failure == HTTP_DONE && response.http.status == 404;
    aws_response_clear(&response);
    if (status != TESS_OK && missing)
        status = create_bucket(s3_of(objects), bucket, &created, error);
    if (created_out)
        *created_out = created;
    return status;
}

static void s3_destroy(struct objects *objects)
{
    struct objects_s3 *s3 = s3_of(objects);
    if (!s3)
        return;
    (void)pthread_mutex_destroy(&s3->lock);
    free(s3);
}

static const struct objects_ops s3_ops = {
    .destroy = s3_destroy,
    .ensure_bucket = s3_ensure_bucket,
    .stat = objects_s3_stat,
    .get = s3_get,
    .get_part = objects_s3_get_part,
    .remove = s3_remove,
    .list = objects_s3_list,
    .link = objects_s3_link,
    .writer_open = objects_s3_writer_open,
    .writer_write = objects_s3_writer_write,
    .writer_commit = objects_s3_writer_commit,
    .writer_abort = objects_s3_writer_abort,
};

enum tess_status objects_s3_open(struct aws *aws, struct objects **objects_out, struct tess_error *error)
{
    *objects_out = NULL;
    struct objects_s3 *s3 = calloc(1, sizeof *s3);
    if (!s3)
        return error_set(error, TESS_ERR_MEMORY, "no memory for S3");
    s3->base.ops = &s3_ops;
    s3->base.fetches = FETCHES;
    s3->base.remote = true;
    s3->aws = aws;
    (void)pthread_mutex_init(&s3->lock, NULL);
    *objects_out = &s3->base;
    return TESS_OK;
}
