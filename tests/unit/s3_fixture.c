// SPDX-License-Identifier: MIT
#include "s3_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void begin(struct s3_fixture *fixture, const char *variables)
{
    memset(fixture, 0, sizeof *fixture);
    fake_aws_begin(&fixture->aws, variables);
    fixture->http = &fixture->aws.http;
    assert_int_equal(objects_s3_open(fixture->aws.aws, &fixture->objects, &fixture->error), TESS_OK);
}

void s3_begin(struct s3_fixture *fixture)
{
    begin(fixture, NULL);
}

void s3_begin_endpoint(struct s3_fixture *fixture, const char *endpoint, const char *region)
{
    char variables[1024];
    (void)snprintf(variables, sizeof variables,
                   "AWS_ACCESS_KEY_ID=" FAKE_AWS_KEY "\nAWS_SECRET_ACCESS_KEY=" FAKE_AWS_SECRET
                   "\nAWS_ENDPOINT_URL_S3=%s\nAWS_EC2_METADATA_DISABLED=true\nAWS_CONFIG_FILE=/dev/null\n"
                   "AWS_SHARED_CREDENTIALS_FILE=/dev/null\nHOME=/nonexistent\n%s%s",
                   endpoint, region ? "AWS_REGION=" : "", region ? region : "");
    begin(fixture, variables);
}

void s3_end(struct s3_fixture *fixture)
{
    fixture->objects->ops->destroy(fixture->objects);
    fake_aws_end(&fixture->aws);
}

void s3_answer_error(struct s3_fixture *fixture, int status, const char *headers, const char *code,
                     const char *more)
{
    static char texts[16][512]; /* borrowed until they are sent */
    static unsigned next;
    char *text = texts[next++ % 16];
    (void)snprintf(text, sizeof texts[0],
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>In words."
                   "</Message>%s<RequestId>1</RequestId></Error>",
                   code, more ? more : "");
    fake_http_answer(fixture->http, status, headers, text);
}

enum tess_status s3_get(struct s3_fixture *fixture, const char *key, uint64_t max_bytes, struct bytes *out,
                        struct object_info *info_out)
{
    const struct object_get request = {.bucket = "images", .key = key, .max_bytes = max_bytes};
    return fixture->objects->ops->get(fixture->objects, &request, out, info_out, &fixture->error);
}

enum tess_status s3_put(struct s3_fixture *fixture, const char *key, bool only_new, const void *data,
                        size_t size)
{
    const struct objects_ops *ops = fixture->objects->ops;
    const struct object_put request = {.bucket = "images", .media_type = "image/jpeg", .only_new = only_new};
    struct object_writer *writer = NULL;
    assert_int_equal(ops->writer_open(fixture->objects, &request, &writer, &fixture->error), TESS_OK);
    assert_int_equal(ops->writer_write(writer, data, size / 2, &fixture->error), TESS_OK);
    assert_int_equal(
        ops->writer_write(writer, (const char *)data + size / 2, size - size / 2, &fixture->error), TESS_OK);
    return ops->writer_commit(writer, key, &fixture->error);
}

void s3_expect_request(const struct s3_fixture *fixture, size_t count, const char *method, const char *url)
{
    assert_int_equal(fixture->http->request_count, count);
    const struct fake_request *last = &fixture->http->requests[count - 1];
    assert_string_equal(last->method, method);
    assert_string_equal(last->url, url);
}

const char *s3_header(const struct s3_fixture *fixture, size_t index, const char *name)
{
    static char value[FAKE_VALUE_BYTES];
    const char *found = fake_http_header(&fixture->http->requests[index], name, value);
    return found ? found : "";
}

void s3_expect_words(const struct s3_fixture *fixture, const char *words)
{
    if (!strstr(fixture->error.message, words))
        fail_msg("\"%s\" is not in: %s", words, fixture->error.message);
}
