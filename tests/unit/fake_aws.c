// SPDX-License-Identifier: MIT
#include "fake_aws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static int64_t unix_ms(void *context)
{
    return ((struct fake_aws *)context)->unix_ms;
}

static double random01(void *context)
{
    return ((struct fake_aws *)context)->random01;
}

static enum tess_status sleep_ms(void *context, const struct stop *stop, int64_t duration_ms,
                                 struct tess_error *error)
{
    struct fake_aws *fake = context;
    (void)pthread_mutex_lock(&fake->http.lock);
    if (fake->sleep_count < FAKE_SLEEPS)
        fake->sleeps_ms[fake->sleep_count] = duration_ms;
    fake->sleep_count++;
    (void)pthread_mutex_unlock(&fake->http.lock);
    fake->unix_ms += duration_ms;
    fake->cancel |= fake->cancel_asleep;
    if (fake->stop_asleep)
        return error_set(error, TESS_ERR_CANCELLED, "stopped while it slept");
    return stop_check(stop, error);
}

static enum tess_status read_variables(const char *variables, struct aws_environment *environment,
                                       struct tess_error *error)
{
    *environment = (struct aws_environment){0};
    for (const char *line = variables; *line;) {
        const size_t size = strcspn(line, "\n"), name = strcspn(line, "=\n");
        for (int i = 0; i < AWS_VARIABLES; i++) {
            const char *known = aws_variable_name((enum aws_variable)i);
            if (strlen(known) != name || strncmp(known, line, name) != 0 || size <= name + 1)
                continue;
            environment->values[i] = strndup(line + name + 1, size - name - 1);
            if (!environment->values[i])
                return error_set(error, TESS_ERR_MEMORY, "no memory for a variable");
        }
        line += size + (line[size] == '\n');
    }
    return TESS_OK;
}

enum tess_status fake_aws_try_begin(struct fake_aws *fake, const char *variables, struct tess_error *error)
{
    memset(fake, 0, sizeof *fake);
    fake_http_begin(&fake->http);
    fake->unix_ms = (int64_t)FAKE_AWS_NOW_S * 1000;
    fake->random01 = 1.0;
    struct aws_environment environment;
    struct aws_settings settings = {0};
    enum tess_status status = read_variables(variables ? variables : FAKE_AWS_VARIABLES, &environment, error);
    if (status != TESS_OK) {
        aws_environment_clear(&environment);
        return status;
    }
    status = aws_settings_load(&environment, &(struct aws_options){0}, &settings, error);
    if (status != TESS_OK)
        return status;
    const struct aws_surroundings surroundings = {.http = &fake->http.http,
                                                  .unix_ms = unix_ms,
                                                  .random01 = random01,
                                                  .sleep_ms = sleep_ms,
                                                  .context = fake,
                                                  .cancel = &fake->cancel};
    return aws_create(&settings, &surroundings, &fake->aws, error);
}

void fake_aws_begin(struct fake_aws *fake, const char *variables)
{
    struct tess_error error = {0};
    if (fake_aws_try_begin(fake, variables, &error) != TESS_OK)
        fail_msg("cannot begin: %s", error.message);
}

void fake_aws_end(struct fake_aws *fake)
{
    const bool had = fake->aws != NULL;
    aws_destroy(fake->aws);
    fake->aws = NULL;
    assert_int_equal(fake->http.destroyed || !had, true);
    fake_http_end(&fake->http);
}

static bool read_answer(const struct http_response *response, struct aws_complaint *complaint_out)
{
    const size_t size = response->body.size;
    char text[1024] = "";
    memcpy(text, response->body.data ? response->body.data : (const uint8_t *)"",
           size < sizeof text ? size : sizeof text - 1);
    const bool bad = strncmp(text, "bad ", 4) == 0;
    if (response->status < 300 && !bad)
        return true;
    const char *code = bad ? text + 4 : text;
    const char *colon = strstr(code, ": ");
    const size_t code_size = colon ? (size_t)(colon - code) : strlen(code);
    (void)snprintf(complaint_out->code, sizeof complaint_out->code, "%.*s", (int)code_size, code);
    (void)snprintf(complaint_out->message, sizeof complaint_out->message, "%s", colon ? colon + 2 : "");
    return !bad;
}

struct aws_request fake_aws_request(enum aws_service service)
{
    static const struct aws_service_ops services[AWS_SERVICES] = {
        [AWS_S3] = {AWS_S3, read_answer},
        [AWS_DYNAMODB] = {AWS_DYNAMODB, read_answer},
        [AWS_SQS] = {AWS_SQS, read_answer},
        [AWS_STS] = {AWS_STS, read_answer},
    };
    static const struct http_body body = {.size_bytes = 2, .data = "{}"};
    static const struct http_header headers[] = {{"content-type", "application/x-amz-json-1.0"},
                                                 {"x-amz-target", "DynamoDB_20120810.GetItem"}};
    struct aws_request request = {.service = &services[service],
                                  .what = "read photo.jpg from bucket images",
                                  .method = "GET",
                                  .endpoint = "https://images.s3.eu-north-1.amazonaws.com",
                                  .path = "/photo.jpg",
                                  .region = FAKE_AWS_REGION,
                                  .max_body_bytes = 1 << 20};
    if (service == AWS_S3)
        return request;
    request.method = "POST";
    request.endpoint = "https://dynamodb.eu-north-1.amazonaws.com";
    request.path = "/";
    request.headers = headers;
    request.header_count = sizeof headers / sizeof *headers;
    request.body = &body;
    return request;
}

void fake_aws_expect(struct fake_aws *fake, const struct aws_request *request, enum tess_status status,
                     struct aws_response *response_out, struct tess_error *error_out)
{
    *error_out = (struct tess_error){0};
    const enum tess_status found = aws_call(fake->aws, request, response_out, error_out);
    if (found != status)
        fail_msg("status %d instead of %d: %s", (int)found, (int)status, error_out->message);
    if (status != TESS_OK && error_out->message[0] == '\0')
        fail_msg("a failure without words");
    if (status != TESS_OK)
        assert_int_equal(error_out->status, status);
    assert_null(strstr(error_out->message, "hush"));
}
