// SPDX-License-Identifier: MIT
#include "backend/s3_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend/s3_digest.h"
#include "net/digest.h"
#include "net/xml.h"

enum { STATUS_OK = 200, STATUS_PARTIAL = 206, STATUS_ERRORS = 300, STATUS_NOT_MODIFIED = 304 };

static const char damaged[] = "damaged underway"; /* in the place of a code of S3's */

static void say(char *out, size_t capacity, const char *text)
{
    (void)snprintf(out, capacity, "%s", text ? text : "");
}

struct reading {
    struct aws_complaint *complaint;
    const char *root; /* that a good answer has; NULL: any */
    bool is_error, is_root;
};

static bool read_element(void *context, const struct xml_element *element)
{
    struct reading *reading = context;
    struct aws_complaint *complaint = reading->complaint;
    const struct {
        const char *path;
        char *out;
        size_t capacity;
    } fields[] = {{"Error/Code", complaint->code, sizeof complaint->code},
                  {"Error/Message", complaint->message, sizeof complaint->message},
                  {"Error/Region", complaint->region, sizeof complaint->region}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(element->path, fields[i].path) == 0 && !fields[i].out[0])
            say(fields[i].out, fields[i].capacity, element->text);
    if (strcmp(element->path, "Error") == 0)
        reading->is_error = true;
    if (reading->root && strcmp(element->path, reading->root) == 0)
        reading->is_root = true;
    return true;
}

/* What a 3xx, 4xx or 5xx says. Where its body is not XML, the status alone tells. */
static void read_complaint(const struct http_response *response, struct aws_complaint *complaint)
{
    struct reading reading = {.complaint = complaint};
    say(complaint->region, sizeof complaint->region, http_response_header(response, "x-amz-bucket-region"));
    if (response->body.size > 0)
        (void)xml_read(response->body.data, response->body.size, read_element, &reading, NULL);
}

static bool fail(struct aws_complaint *complaint, const char *code, const char *message)
{
    say(complaint->code, sizeof complaint->code, code);
    say(complaint->message, sizeof complaint->message, message);
    return false;
}

/* The value of a checksum header, if it is of the whole object: those of several parts end in "-5". */
static const char *whole_checksum(const struct http_response *response, const char *name)
{
    const char *type = http_response_header(response, "x-amz-checksum-type");
    const char *value = http_response_header(response, name);
    return value && !strchr(value, '-') && (!type || strcasecmp(type, "FULL_OBJECT") == 0) ? value : NULL;
}

/* An ETag that is the MD5 of the content: not of several parts, not encrypted with a key of the customer's or
 * of KMS. */
static bool md5_of_etag(const struct http_response *response, char hex_out[S3_MD5_HEX_BYTES])
{
    const char *etag = http_response_header(response, "etag");
    const char *encryption = http_response_header(response, "x-amz-server-side-encryption");
    if (!etag || (encryption && strncmp(encryption, "aws:kms", 7) == 0) ||
        http_response_header(response, "x-amz-server-side-encryption-aws-kms-key-id") ||
        http_response_header(response, "x-amz-server-side-encryption-customer-algorithm") ||
        http_response_header(response, "x-amz-mp-parts-count"))
        return false;
    etag += *etag == '"';
    const size_t size = strspn(etag, "0123456789abcdefABCDEF");
    if (size != S3_MD5_HEX_BYTES - 1 || (strcmp(etag + size, "\"") != 0 && etag[size] != '\0'))
        return false;
    say(hex_out, S3_MD5_HEX_BYTES, etag);
    return true;
}

/* The cheapest checksum that there is. */
static bool is_undamaged(const struct http_response *response, struct aws_complaint *complaint)
{
    uint8_t hash[DIGEST_SHA256_BYTES];
    char found[S3_BASE64_BYTES], md5[S3_MD5_HEX_BYTES];
    const size_t size = response->body.size;
    const void *data = size > 0 ? (const void *)response->body.data : "";
    const char *expected = whole_checksum(response, "x-amz-checksum-crc32");
    if (expected) {
        s3_crc32(data, size, hash);
        s3_base64(hash, 4, found);
        return strcmp(found, expected) == 0 || fail(complaint, damaged, "the CRC-32 that came along differs");
    }
    expected = whole_checksum(response, "x-amz-checksum-sha256");
    if (expected) {
        digest_sha256(data, size, hash);
        s3_base64(hash, DIGEST_SHA256_BYTES, found);
        return strcmp(found, expected) == 0 ||
               fail(complaint, damaged, "the SHA-256 that came along differs");
    }
    if (!md5_of_etag(response, md5) || !s3_md5(data, size, hash))
        return true;
    digest_hex(hash, S3_MD5_BYTES, found);
    return strcasecmp(found, md5) == 0 || fail(complaint, damaged, "the MD5 that is its ETag differs");
}

/* An answer that is no 2xx; *expected_out tells whether it may be one (304 never is: we ask on no condition
 * that leads to it). */
static bool is_refusal(const struct http_response *response, struct aws_complaint *complaint,
                       bool *expected_out)
{
    if (response->status < STATUS_ERRORS)
        return false;
    read_complaint(response, complaint);
    *expected_out =
        response->status != STATUS_NOT_MODIFIED || fail(complaint, "", "an answer to what was not asked");
    return true;
}

static bool read_object(const struct http_response *response, struct aws_complaint *complaint_out)
{
    bool expected;
    if (is_refusal(response, complaint_out, &expected))
        return expected;
    if (response->status != STATUS_OK)
        return fail(complaint_out, "", "the answer is not the whole object");
    return is_undamaged(response, complaint_out);
}

static bool read_part(const struct http_response *response, struct aws_complaint *complaint_out)
{
    bool expected;
    if (is_refusal(response, complaint_out, &expected))
        return expected;
    return response->status == STATUS_PARTIAL ||
           fail(complaint_out, "", "the answer is not the part that was asked for");
}

static bool read_head(const struct http_response *response, struct aws_complaint *complaint_out)
{
    bool expected;
    return !is_refusal(response, complaint_out, &expected) || expected;
}

static bool read_xml(const struct http_response *response, const char *root, struct aws_complaint *complaint)
{
    struct reading reading = {.complaint = complaint, .root = root};
    const enum tess_status status =
        xml_read(response->body.data, response->body.size, read_element, &reading, NULL);
    if (reading.is_error)
        return false; /* in S3's own words */
    if (status == TESS_ERR_MEMORY)
        return fail(complaint, "", "there is no memory to read the answer");
    if (status != TESS_OK)
        return fail(complaint, "", "the answer is not whole, or no XML");
    if (root && !reading.is_root)
        return fail(complaint, "", "the answer is not what was asked for");
    return true;
}

static bool read_list(const struct http_response *response, struct aws_complaint *complaint_out)
{
    bool expected;
    return is_refusal(response, complaint_out, &expected)
               ? expected
               : read_xml(response, "ListBucketResult", complaint_out);
}

/* S3 and all that speak as it does number their answers; a proxy that answers in their place does not. */
static bool is_numbered(const struct http_response *response)
{
    return http_response_header(response, "x-amz-request-id") || http_response_header(response, "x-amz-id-2");
}

/* Nothing is expected; but what looks like XML is looked at. */
static bool read_done(const struct http_response *response, struct aws_complaint *complaint_out)
{
    const struct bytes *body = &response->body;
    size_t at = 0;
    bool expected;
    if (is_refusal(response, complaint_out, &expected))
        return expected;
    while (at < body->size && memchr(" \t\r\n", body->data[at], 4))
        at++;
    if (at == body->size)
        return true;
    if (body->data[at] == '<' && !read_xml(response, NULL, complaint_out))
        return false;
    return is_numbered(response) || fail(complaint_out, "", "the answer is not what was asked for");
}

const struct aws_service_ops s3_answer_object = {AWS_S3, read_object};
const struct aws_service_ops s3_answer_part = {AWS_S3, read_part};
const struct aws_service_ops s3_answer_head = {AWS_S3, read_head};
const struct aws_service_ops s3_answer_done = {AWS_S3, read_done};
const struct aws_service_ops s3_answer_list = {AWS_S3, read_list};

void s3_version_from_etag(const char *etag, struct object_info *info)
{
    size_t size = strlen(etag);
    if (size >= 2 && etag[0] == '"' && etag[size - 1] == '"') {
        etag++;
        size -= 2;
    }
    bool plain = size < sizeof info->version;
    for (size_t i = 0; plain && i < size; i++)
        plain = etag[i] > ' ' && etag[i] <= '~';
    if (plain) {
        (void)snprintf(info->version, sizeof info->version, "%.*s", (int)size, etag);
    } else {
        uint8_t hash[DIGEST_SHA256_BYTES];
        digest_sha256(etag, size, hash);
        digest_hex(hash, sizeof hash, info->version);
    }
}

void s3_answer_info(const struct http_response *response, struct object_info *info_out)
{
    const char *etag = http_response_header(response, "etag");
    const char *modified = http_response_header(response, "last-modified");
    memset(info_out, 0, sizeof *info_out);
    info_out->size_bytes = response->length_bytes == UINT64_MAX ? 0 : response->length_bytes;
    s3_version_from_etag(etag && *etag ? etag : modified ? modified : "", info_out);
}
