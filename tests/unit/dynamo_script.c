// SPDX-License-Identifier: MIT
#include "dynamo_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/error.h"

static enum tess_status skip_pause(void *context, const struct stop *stop, int64_t duration_ms,
                                   struct tess_error *error)
{
    (void)context;
    (void)stop;
    (void)duration_ms;
    (void)error;
    return TESS_OK;
}

static enum tess_status note_pause(void *context, const struct stop *stop, int64_t duration_ms,
                                   struct tess_error *error)
{
    struct dynamo_script *script = context;
    (void)stop;
    (void)error;
    script->slept_ms += duration_ms;
    return TESS_OK;
}

static const char *header_of(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return "";
}

static void check_request(const struct script_step *step, const struct http_request *request)
{
    char target[80], body[8192];
    (void)snprintf(target, sizeof target, "DynamoDB_20120810.%s", step->operation);
    assert_string_equal(header_of(request, "x-amz-target"), target);
    assert_string_equal(header_of(request, "content-type"), "application/x-amz-json-1.0");
    assert_non_null(strstr(header_of(request, "authorization"), "/eu-north-1/dynamodb/aws4_request"));
    assert_string_equal(request->method, "POST");
    assert_string_equal(request->url, "https://dynamodb.eu-north-1.amazonaws.com/");
    assert_true(request->stop || request->total_timeout_ms); /* a server that trickles does not hold it */
    assert_true(request->body->size_bytes < sizeof body);
    memcpy(body, request->body->data, request->body->size_bytes);
    body[request->body->size_bytes] = '\0';
    for (size_t i = 0; i < 4 && step->holds[i]; i++) {
        if (!strstr(body, step->holds[i]))
            fail_msg("%s is not in %s", step->holds[i], body);
    }
    if (step->lacks && strstr(body, step->lacks))
        fail_msg("%s is in %s", step->lacks, body);
}

static enum tess_status perform(struct http *http, const struct http_request *request,
                                struct http_response *response_out, struct tess_error *error)
{
    struct dynamo_script *script = (struct dynamo_script *)http;
    *response_out = (struct http_response){.request_sent = true};
    if (script->at == script->count)
        fail_msg("one more %s than expected", header_of(request, "x-amz-target"));
    const struct script_step *step = &script->steps[script->at++];
    check_request(step, request);
    if (step->failure != HTTP_DONE) {
        response_out->failure = step->failure;
        if (step->failure == HTTP_STOPPED)
            return error_set(error, TESS_ERR_CANCELLED, "cancelled");
        return error_set(error, TESS_ERR_IO, "the connection broke");
    }
    const char *body = step->body ? step->body : "{}";
    const unsigned long checksum = crc32_z(0, (const void *)body, strlen(body)) ^ (step->damaged ? 1 : 0);
    response_out->status = step->status ? step->status : 200;
    bytes_init(&response_out->headers, 1000);
    bytes_init(&response_out->body, 1 << 20);
    enum tess_status status =
        bytes_append_format(&response_out->headers, "x-amz-crc32%c%lu%c", 0, checksum, 0);
    if (status == TESS_OK)
        status = bytes_append_text(&response_out->body, body);
    if (status == TESS_OK)
        return TESS_OK;
    http_response_clear(response_out);
    response_out->failure = HTTP_LOCAL;
    return error_set(error, status, "no memory for an answer");
}

static void destroy_nothing(struct http *http)
{
    (void)http;
}

static const struct http_ops script_ops = {.perform = perform, .destroy = destroy_nothing};

enum tess_status script_make_aws(struct dynamo_script *script, bool with_region, struct tess_error *error)
{
    struct aws_environment environment = {{NULL}};
    struct aws_options options = {.region = with_region ? "eu-north-1" : NULL};
    struct aws_settings settings = {0};
    const struct aws_surroundings surroundings = {.http = &script->http, .sleep_ms = skip_pause};
    environment.values[AWS_VAR_ACCESS_KEY_ID] = strdup("AKIDEXAMPLE");
    environment.values[AWS_VAR_SECRET_ACCESS_KEY] = strdup("secret");
    script->http.ops = &script_ops;
    enum tess_status status = TESS_ERR_MEMORY;
    if (environment.values[AWS_VAR_ACCESS_KEY_ID] && environment.values[AWS_VAR_SECRET_ACCESS_KEY])
        status = aws_settings_load(&environment, &options, &settings, error);
    else
        (void)error_set(error, status, "no memory for an environment");
    aws_environment_clear(&environment);
    return status == TESS_OK ? aws_create(&settings, &surroundings, &script->aws, error) : status;
}

enum tess_status script_open(struct dynamo_script *script, struct tess_error *error)
{
    *script = (struct dynamo_script){.catalog = NULL};
    enum tess_status status = script_make_aws(script, true, error);
    if (status == TESS_OK)
        status = catalog_dynamo_open(script->aws, "Grids", "Hits", &script->catalog, error);
    if (status == TESS_OK) {
        catalog_dynamo_of(script->catalog)->dynamo.sleep_ms = note_pause;
        catalog_dynamo_of(script->catalog)->dynamo.sleep_context = script;
    }
    return status;
}

void script_close(struct dynamo_script *script)
{
    if (script->catalog)
        script->catalog->ops->destroy(script->catalog);
    aws_destroy(script->aws);
}

int script_setup(void **state)
{
    struct dynamo_script *script = calloc(1, sizeof *script);
    struct tess_error error = {.message = ""};
    assert_non_null(script);
    if (script_open(script, &error) != TESS_OK)
        fail_msg("%s", error.message);
    *state = script;
    return 0;
}

int script_teardown(void **state)
{
    struct dynamo_script *script = *state;
    script_close(script);
    free(script);
    return 0;
}

void expect_played(const struct dynamo_script *script)
{
    assert_int_equal(script->at, script->count);
}

void expect_words(const struct tess_error *error, const char *words)
{
    if (!strstr(error->message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, error->message);
}
