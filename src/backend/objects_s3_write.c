// SPDX-License-Identifier: MIT
/*
 * Writing: everything is collected, then sent in one PUT, which S3 makes visible whole or not at all.
 *
 * only_new asks S3 itself (If-None-Match: *) to leave what is there, so that two builders of one grid do not
 * overwrite each other. "It is there" (412) may well mean our own attempt before, whose answer was lost; the
 * object is then looked at. A server without such conditions says 501, once: from then on we look first.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/objects_s3_parts.h"
#include "backend/s3_spool.h"
#include "base/error.h"
#include "net/random.h"
#include "net/shown.h"

enum {
    TRIES = 6,
    SENDINGS = 3,
    FIRST_PAUSE_MS = 50,
    CONFLICT = 409,
    IS_THERE = 412,
    NOT_IMPLEMENTED = 501,
    HEADERS = 3
};

struct object_writer {
    struct objects_s3 *s3;
    char *bucket, *media_type;
    bool only_new;
    const struct stop *stop;
    struct s3_spool spool;
};

static void free_writer(struct object_writer *writer)
{
    s3_spool_clear(&writer->spool);
    free(writer->bucket);
    free(writer->media_type);
    free(writer);
}

enum tess_status objects_s3_writer_open(struct objects *objects, const struct object_put *request,
                                        struct object_writer **writer_out, struct tess_error *error)
{
    *writer_out = NULL;
    enum tess_status status = objects_s3_check_names(request->bucket, NULL, error);
    if (status != TESS_OK)
        return status;
    struct object_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_set(error, TESS_ERR_MEMORY, "no memory to write an object");
    s3_spool_init(&writer->spool);
    writer->s3 = (struct objects_s3 *)objects;
    writer->only_new = request->only_new;
    writer->stop = request->stop;
    writer->bucket = strdup(request->bucket);
    writer->media_type = strdup(request->media_type ? request->media_type : "application/octet-stream");
    if (writer->bucket && writer->media_type) {
        *writer_out = writer;
        return TESS_OK;
    }
    free_writer(writer);
    return error_set(error, TESS_ERR_MEMORY, "no memory to write an object");
}

enum tess_status objects_s3_writer_write(struct object_writer *writer, const void *data, size_t size,
                                         struct tess_error *error)
{
    const enum tess_status status = s3_spool_write(&writer->spool, data, size, error);
    if (status != TESS_OK)
        error_prefix(error, "cannot write to bucket %s", writer->bucket);
    return status;
}

/* What is to be sent, and what came of it. */
struct upload {
    struct object_writer *writer;
    const char *key;
    struct http_body body;
    char sha256[DIGEST_SHA256_HEX_BYTES], md5[S3_BASE64_BYTES];
    int http_status;
    bool unknown; /* the server does not know the condition */
};

static enum tess_status put_once(struct upload *upload, bool only_new, bool *damaged_out,
                                 struct tess_error *error)
{
    const struct object_writer *writer = upload->writer;
    struct http_header headers[HEADERS];
    size_t count = 0;
    headers[count++] = (struct http_header){"Content-Type", writer->media_type};
    if (upload->md5[0])
        headers[count++] = (struct http_header){"Content-MD5", upload->md5};
    if (only_new)
        headers[count++] = (struct http_header){"If-None-Match", "*"};
    const struct s3_call call = {.method = "PUT",
                                 .bucket = writer->bucket,
                                 .key = upload->key,
                                 .doing = "write",
                                 .where = "to",
                                 .action = "s3:PutObject",
                                 .answer = &s3_answer_done,
                                 .headers = headers,
                                 .header_count = count,
                                 .body = &upload->body,
                                 .payload_hash = upload->sha256,
                                 .stop = writer->stop};
    struct aws_response response;
    const enum tess_status status = objects_s3_call(writer->s3, &call, &response, error);
    const char *code = response.complaint.code;
    upload->http_status = response.http.failure == HTTP_DONE ? response.http.status : 0;
    upload->unknown = upload->http_status == NOT_IMPLEMENTED || strcmp(code, "NotImplemented") == 0;
    *damaged_out = strcmp(code, "BadDigest") == 0 || strcmp(code, "XAmzContentSHA256Mismatch") == 0;
    aws_response_clear(&response);
    return status;
}

/* What S3 received differently from what was sent, is sent again. */
static enum tess_status put(struct upload *upload, bool only_new, struct tess_error *error)
{
    bool damaged = true;
    enum tess_status status = TESS_OK;
    for (int sent = 0; damaged && sent < SENDINGS; sent++)
        status = put_once(upload, only_new, &damaged, error);
    return status;
}

/* Is it there already? TESS_ERR_EXISTS: something else is. */
static enum tess_status look(const struct upload *upload, bool *there_out, struct tess_error *error)
{
    const struct object_writer *writer = upload->writer;
    struct object_info info;
    *there_out = false;
    const enum tess_status status =
        objects_s3_stat(&writer->s3->base, writer->bucket, upload->key, writer->stop, &info, error);
    if (status == TESS_ERR_NOT_FOUND)
        return TESS_OK;
    if (status != TESS_OK)
        return status;
    *there_out = info.size_bytes == writer->spool.size_bytes;
    if (*there_out)
        return TESS_OK;
    return error_set(error, TESS_ERR_EXISTS,
                     "cannot write %s to bucket %s: an object of that key with %" PRIu64
                     " bytes instead of %" PRIu64 " is there; remove it",
                     shown_text(upload->key, S3_SHOWN_BYTES).text, writer->bucket, info.size_bytes,
                     writer->spool.size_bytes);
}

static enum tess_status pause_before(uint32_t next_try, const struct stop *stop, struct tess_error *error)
{
    return stop_sleep(stop, (int64_t)(random_unit() * (double)(FIRST_PAUSE_MS << next_try)), error);
}

static enum tess_status put_new(struct upload *upload, struct tess_error *error)
{
    struct objects_s3 *s3 = upload->writer->s3;
    bool there = false;
    for (uint32_t next_try = 1;; next_try++) {
        if (atomic_load(&s3->no_conditions)) {
            const enum tess_status found = look(upload, &there, error);
            return found != TESS_OK || there ? found : put(upload, false, error);
        }
        enum tess_status status = put(upload, true, error);
        if (status == TESS_OK)
            return TESS_OK;
        if (upload->unknown) {
            atomic_store(&s3->no_conditions, true);
            continue;
        }
        if (upload->http_status != CONFLICT && upload->http_status != IS_THERE)
            return status;
        /* The words for the last try stay those of the put. */
        struct tess_error words;
        if (upload->http_status == IS_THERE) {
            const enum tess_status found = look(upload, &there, &words);
            if (found != TESS_OK && error)
                *error = words;
            if (found != TESS_OK || there)
                return found;
        }
        if (next_try == TRIES) /* another writer holds it, or removes it each time */
            return status;
        status = pause_before(next_try, upload->writer->stop, &words);
        if (status != TESS_OK) {
            if (error)
                *error = words;
            return status;
        }
    }
}

enum tess_status objects_s3_writer_commit(struct object_writer *writer, const char *key,
                                          struct tess_error *error)
{
    struct upload upload = {.writer = writer, .key = key};
    enum tess_status status = objects_s3_check_names(writer->bucket, key, error);
    if (status == TESS_OK) {
        s3_spool_finish(&writer->spool, upload.sha256, upload.md5, &upload.body);
        status = writer->only_new ? put_new(&upload, error) : put(&upload, false, error);
    }
    free_writer(writer);
    return status;
}

void objects_s3_writer_abort(struct object_writer *writer)
{
    if (writer)
        free_writer(writer);
}
