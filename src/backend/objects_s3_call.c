// SPDX-License-Identifier: MIT
/*
 * One call to S3: where the bucket is, and what went wrong in words that lead to the remedy.
 *
 * A bucket belongs to a region, and only that one serves it. Whoever asks in another one is told the right
 * one, in a header or in the body; that is followed once and remembered. An answer to HEAD has no body, so
 * that some servers say nothing there: then a listing of no objects asks again. (It may have been a token
 * that had ended, which the listing's words have renewed: where that succeeds, HEAD is tried once more too.)
 * The name of a region comes from a server and becomes a part of a host's name, so net/aws_endpoint.h checks
 * it.
 */
#include <stdio.h>
#include <string.h>

#include "backend/objects_s3_parts.h"
#include "backend/s3_address.h"
#include "base/error.h"
#include "base/utf8.h"
#include "net/aws_endpoint.h"
#include "net/shown.h"

enum { WHAT_BYTES = 320 };

static const char default_region[] = "us-east-1";

enum tess_status objects_s3_check_names(const char *bucket, const char *key, struct tess_error *error)
{
    if (!bucket || !*bucket)
        return error_set(error, TESS_ERR_SETUP,
                         "no bucket is named: set SOURCE_BUCKET and DESTINATION_BUCKET, or give --source and "
                         "--dest");
    enum tess_status status = bucket_name_check(bucket, error);
    if (status == TESS_OK && key)
        status = object_key_check(key, error);
    if (status == TESS_OK && key && !utf8_valid(key, strlen(key)))
        return error_set(error, TESS_ERR_INVALID, "the key %s is not UTF-8",
                         shown_text(key, S3_SHOWN_BYTES).text);
    return status;
}

void objects_s3_region(struct objects_s3 *s3, const char *bucket, char region_out[S3_REGION_BYTES])
{
    const char *configured = aws_settings_of(s3->aws)->region;
    (void)snprintf(region_out, S3_REGION_BYTES, "%s", configured ? configured : default_region);
    (void)pthread_mutex_lock(&s3->lock);
    for (size_t i = 0; i < S3_REGIONS; i++)
        if (strcmp(s3->placed[i].bucket, bucket) == 0)
            memcpy(region_out, s3->placed[i].region, S3_REGION_BYTES);
    (void)pthread_mutex_unlock(&s3->lock);
}

static void remember_region(struct objects_s3 *s3, const char *bucket, const char region[S3_REGION_BYTES])
{
    (void)pthread_mutex_lock(&s3->lock);
    size_t at = 0;
    while (at < S3_REGIONS && strcmp(s3->placed[at].bucket, bucket) != 0)
        at++;
    if (at == S3_REGIONS) {
        at = s3->next_placed;
        s3->next_placed = (at + 1) % S3_REGIONS;
    }
    (void)snprintf(s3->placed[at].bucket, sizeof s3->placed[at].bucket, "%s", bucket);
    memcpy(s3->placed[at].region, region, S3_REGION_BYTES);
    (void)pthread_mutex_unlock(&s3->lock);
}

static void write_what(const struct s3_call *call, char what_out[WHAT_BYTES])
{
    if (call->key)
        (void)snprintf(what_out, WHAT_BYTES, "%s %s %s bucket %s", call->doing,
                       shown_text(call->key, S3_SHOWN_BYTES).text, call->where, call->bucket);
    else
        (void)snprintf(what_out, WHAT_BYTES, "%s bucket %s", call->doing, call->bucket);
}

static enum tess_status ask(struct objects_s3 *s3, const struct s3_call *call, const char *region,
                            struct aws_response *response_out, struct tess_error *error)
{
    const struct aws_settings *settings = aws_settings_of(s3->aws);
    /* Without a configured endpoint or region, the address is asked for without one: that says what to set.
     */
    const bool nowhere = !settings->endpoints[AWS_S3] && !settings->region;
    struct s3_address address;
    char what[WHAT_BYTES];
    *response_out = (struct aws_response){0};
    write_what(call, what);
    enum tess_status status =
        s3_address_make(settings, nowhere ? NULL : region, call->bucket, call->key, &address, error);
    if (status != TESS_OK)
        return status;
    const struct aws_request request = {.service = call->answer,
                                        .what = what,
                                        .method = call->method,
                                        .endpoint = address.endpoint,
                                        .path = s3_address_path(&address),
                                        .query = call->query,
                                        .region = region,
                                        .headers = call->headers,
                                        .header_count = call->header_count,
                                        .body = call->body,
                                        .payload_hash = call->payload_hash,
                                        .max_body_bytes =
                                            call->max_body_bytes ? call->max_body_bytes : S3_ERROR_MAX_BYTES,
                                        .stop = call->stop};
    status = aws_call(s3->aws, &request, response_out, error);
    s3_address_clear(&address);
    return status;
}

/* Whether that answer may mean that the bucket is elsewhere. */
static bool is_misplaced(const struct s3_call *call, const struct aws_response *response)
{
    const char *code = response->complaint.code;
    if (response->http.failure != HTTP_DONE)
        return false;
    switch (response->http.status) {
    case 301:
    case 302:
    case 307:
        return true;
    case 400:
        return strcmp(code, "AuthorizationHeaderMalformed") == 0 ||
               (!*code && strcmp(call->method, "HEAD") == 0);
    default:
        return false;
    }
}

/* Asks in a way that is answered with a body. True when that was taken, be it that one may not list. */
static bool discover_region(struct objects_s3 *s3, const struct s3_call *call, const char *region,
                            char region_out[S3_REGION_BYTES])
{
    const struct s3_call probe = {.method = "GET",
                                  .bucket = call->bucket,
                                  .doing = "find",
                                  .query = "list-type=2&max-keys=0",
                                  .answer = &s3_answer_list,
                                  .stop = call->stop};
    struct aws_response response;
    const bool taken = ask(s3, &probe, region, &response, NULL) == TESS_OK ||
                       (response.http.failure == HTTP_DONE && response.http.status == 403);
    if (is_misplaced(&probe, &response))
        memcpy(region_out, response.complaint.region, S3_REGION_BYTES);
    aws_response_clear(&response);
    return taken;
}

/* The region that is to be asked instead, or the same once more; false: there is none. */
static bool other_region(struct objects_s3 *s3, const struct s3_call *call,
                         const struct aws_response *response, const char *region,
                         char region_out[S3_REGION_BYTES])
{
    if (!is_misplaced(call, response))
        return false;
    memcpy(region_out, response->complaint.region, S3_REGION_BYTES);
    if (!region_out[0] && strcmp(call->method, "HEAD") == 0 &&
        discover_region(s3, call, region, region_out)) {
        (void)snprintf(region_out, S3_REGION_BYTES, "%s", region);
        return true;
    }
    return aws_region_check(region_out, "the region that S3 names", NULL) == TESS_OK &&
           strcmp(region_out, region) != 0;
}

static bool has_code(const struct aws_response *response, const char *code)
{
    return response->http.failure == HTTP_DONE && strcmp(response->complaint.code, code) == 0;
}

/* 403 for want of a permission, not for a wrong key or signature. */
static bool is_forbidden(const struct aws_response *response)
{
    return response->http.failure == HTTP_DONE && response->http.status == 403 &&
           (!response->complaint.code[0] || has_code(response, "AccessDenied") ||
            has_code(response, "AllAccessDisabled"));
}

static enum tess_status say_forbidden(const struct s3_call *call, const char *region,
                                      const struct aws_response *response, struct tess_error *error)
{
    char what[WHAT_BYTES];
    const bool wordless = !response->complaint.code[0]; /* an answer to HEAD */
    const bool reads = call->key && strcmp(call->action, "s3:GetObject") == 0;
    struct shown words = shown_text(response->complaint.message, S3_SHOWN_BYTES);
    const size_t size = strlen(words.text);
    if (size > 0 && words.text[size - 1] == '.')
        words.text[size - 1] = '\0';
    write_what(call, what);
    return error_set(error, TESS_ERR_DENIED, "cannot %s: access denied: it takes %s on %s%s%s%s%s%s%s", what,
                     call->action, s3_arn_prefix(region), call->bucket, call->key ? "/*" : "",
                     wordless ? " and valid keys" : "",
                     reads ? " (or there is no such object, and s3:ListBucket is not allowed)" : "",
                     words.text[0] ? ": " : "", words.text);
}

/* The commonest failures, so that they tell what to do. All others as aws_call() puts them. */
static enum tess_status explain(struct objects_s3 *s3, const struct s3_call *call, const char *region,
                                const struct aws_response *response, enum tess_status status,
                                struct tess_error *error)
{
    char what[WHAT_BYTES];
    if (status == TESS_OK)
        return TESS_OK;
    write_what(call, what);
    if (has_code(response, "NoSuchBucket") || (status == TESS_ERR_NOT_FOUND && !call->key)) {
        char endpoint[AWS_ENDPOINT_MAX_BYTES];
        (void)aws_endpoint(aws_settings_of(s3->aws), AWS_S3, region, endpoint, NULL);
        return error_set(error, TESS_ERR_SETUP,
                         "there is no bucket %s at %s: `tessera init` creates it, and SOURCE_BUCKET and "
                         "DESTINATION_BUCKET (or --source and --dest) name others",
                         call->bucket, shown_text(endpoint, S3_SHOWN_BYTES).text);
    }
    if (status == TESS_ERR_NOT_FOUND && response->http.failure == HTTP_DONE && call->key)
        return error_set(error, TESS_ERR_NOT_FOUND, "there is no object %s in bucket %s%s",
                         shown_text(call->key, S3_SHOWN_BYTES).text, call->bucket,
                         response->complaint.code[0] ? "" : ", or no such bucket");
    if (is_forbidden(response))
        return say_forbidden(call, region, response, error);
    if (response->http.failure == HTTP_TOO_LARGE && response->http.status != 200)
        return error_set(error, TESS_ERR_IO, "cannot %s: HTTP %d, with more words than are read", what,
                         response->http.status);
    if (is_misplaced(call, response) && response->http.status < 400)
        return error_set(error, TESS_ERR_SETUP,
                         "cannot %s: S3 says that the bucket is elsewhere (HTTP %d) than in region %s%s%s",
                         what, response->http.status, region, response->complaint.region[0] ? ": " : "",
                         shown_text(response->complaint.region, S3_REGION_BYTES).text);
    return status;
}

enum tess_status objects_s3_call(struct objects_s3 *s3, const struct s3_call *call,
                                 struct aws_response *response_out, struct tess_error *error)
{
    char region[S3_REGION_BYTES], other[S3_REGION_BYTES];
    *response_out = (struct aws_response){0};
    enum tess_status status = objects_s3_check_names(call->bucket, call->key, error);
    if (status != TESS_OK)
        return status;
    objects_s3_region(s3, call->bucket, region);
    status = ask(s3, call, region, response_out, error);
    if (status != TESS_OK && other_region(s3, call, response_out, region, other)) {
        aws_response_clear(response_out);
        memcpy(region, other, sizeof region);
        status = ask(s3, call, region, response_out, error);
        if (response_out->http.failure == HTTP_DONE && response_out->http.status != 0 &&
            !is_misplaced(call, response_out))
            remember_region(s3, call->bucket, region);
    }
    return explain(s3, call, region, response_out, status, error);
}
