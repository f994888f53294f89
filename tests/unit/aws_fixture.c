// SPDX-License-Identifier: MIT
#include "aws_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/stop.h"
#include "scratch.h"

enum { POLL_MS = 5 };

static char *text_of(const void *data, size_t size)
{
    char *text = calloc(1, size + 1);
    assert_non_null(text);
    if (size > 0)
        memcpy(text, data, size);
    return text;
}

static void record(struct fixture *fixture, const struct http_request *request)
{
    assert_true(fixture->call_count < FIXTURE_CALLS);
    struct fixture_call *call = &fixture->calls[fixture->call_count++];
    struct bytes headers;
    bytes_init(&headers, 1 << 20);
    for (size_t i = 0; i < request->header_count; i++)
        assert_int_equal(
            bytes_append_format(&headers, "%s: %s\n", request->headers[i].name, request->headers[i].value),
            TESS_OK);
    call->method = text_of(request->method, strlen(request->method));
    call->url = text_of(request->url, strlen(request->url));
    call->headers = text_of(headers.data, headers.size);
    call->body = request->body ? text_of(request->body->data, request->body->size_bytes) : NULL;
    call->connect_timeout_ms = request->connect_timeout_ms;
    call->no_proxy = request->no_proxy;
    bytes_clear(&headers);
}

static const struct fixture_answer *answer_for(struct fixture *fixture, const struct http_request *request)
{
    for (size_t i = 0; i < fixture->answer_count; i++) {
        struct fixture_answer *answer = &fixture->answers[i];
        if (strcmp(answer->method, request->method) != 0 || strcmp(answer->url, request->url) != 0)
            continue;
        if (answer->times > 0 && answer->used == answer->times)
            continue;
        answer->used++;
        return answer;
    }
    return NULL;
}

/* Nobody told what to answer: there is nothing at that address. */
static enum tess_status perform(struct http *http, const struct http_request *request,
                                struct http_response *response_out, struct tess_error *error)
{
    struct fixture *fixture = (struct fixture *)http;
    memset(response_out, 0, sizeof *response_out);
    bytes_init(&response_out->headers, HTTP_HEADERS_MAX_BYTES);
    bytes_init(&response_out->body, request->max_body_bytes);
    atomic_fetch_add(&fixture->arrived, 1);
    enum tess_status status = stop_check(request->stop, error);
    while (status == TESS_OK && atomic_load(&fixture->holding))
        status = stop_sleep(request->stop, POLL_MS, error);
    if (status != TESS_OK) {
        response_out->failure = HTTP_STOPPED;
        return status;
    }
    (void)pthread_mutex_lock(&fixture->lock);
    record(fixture, request);
    const struct fixture_answer *answer = answer_for(fixture, request);
    (void)pthread_mutex_unlock(&fixture->lock);
    response_out->failure = answer ? answer->failure : HTTP_UNREACHABLE;
    if (response_out->failure == HTTP_STALLED || response_out->failure == HTTP_OUT_OF_TIME)
        return error_set(error, TESS_ERR_TIMEOUT, "no answer in time");
    if (response_out->failure != HTTP_DONE)
        return error_set(error, TESS_ERR_IO, "cannot connect");
    response_out->status = answer->status;
    if (bytes_append_text(&response_out->body, answer->body) == TESS_OK)
        return TESS_OK;
    response_out->failure = HTTP_TOO_LARGE;
    bytes_clear(&response_out->body);
    return error_limit(error, "max-bytes", "the answer is too large");
}

void fixture_hold(struct fixture *fixture)
{
    atomic_store(&fixture->holding, true);
}

void fixture_let_go(struct fixture *fixture)
{
    atomic_store(&fixture->holding, false);
}

void fixture_await_arrivals(struct fixture *fixture, unsigned requests)
{
    while (atomic_load(&fixture->arrived) < requests)
        (void)stop_sleep(NULL, POLL_MS, NULL);
}

static void destroy(struct http *http)
{
    (void)http;
}

static const struct http_ops ops = {perform, destroy};

void fixture_environment(const char *variables, struct aws_environment *environment_out)
{
    memset(environment_out, 0, sizeof *environment_out);
    char *text = text_of(variables, strlen(variables)), *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');
        assert_non_null(value);
        *value++ = '\0';
        int i = 0;
        while (i < AWS_VARIABLES && strcmp(aws_variable_name((enum aws_variable)i), line) != 0)
            i++;
        if (i < AWS_VARIABLES)
            environment_out->values[i] = text_of(value, strlen(value));
        else
            fail_msg("no such variable: %s", line);
    }
    free(text);
}

static int64_t now(void *context)
{
    return ((struct fixture *)context)->now_s;
}

static void write_file(struct fixture *fixture, const char *name, const char *text)
{
    if (text)
        scratch_write(scratch_path(fixture->folder, name), text, strlen(text));
}

enum tess_status fixture_begin(struct fixture *fixture, const char *variables, const char *config,
                               const char *credentials, const struct aws_options *options,
                               struct tess_error *error)
{
    struct aws_environment environment;
    memset(fixture, 0, sizeof *fixture);
    fixture->http.ops = &ops;
    fixture->now_s = FIXTURE_NOW_S;
    (void)pthread_mutex_init(&fixture->lock, NULL);
    scratch_make(fixture->folder);
    write_file(fixture, "config", config);
    write_file(fixture, "credentials", credentials);
    fixture_environment(variables, &environment);
    static const struct {
        enum aws_variable variable;
        const char *name;
    } files[] = {{AWS_VAR_CONFIG_FILE, "config"}, {AWS_VAR_SHARED_CREDENTIALS_FILE, "credentials"}};
    for (size_t i = 0; i < 2; i++) {
        const char *path = scratch_path(fixture->folder, files[i].name);
        if (!environment.values[files[i].variable])
            environment.values[files[i].variable] = text_of(path, strlen(path));
    }
    const char *home = "/nonexistent";
    if (!environment.values[AWS_VAR_HOME])
        environment.values[AWS_VAR_HOME] = text_of(home, strlen(home));
    enum tess_status status = aws_settings_load(&environment, options, &fixture->settings, error);
    for (size_t i = 0; i < AWS_VARIABLES; i++)
        assert_null(environment.values[i]); /* taken over, also on failure */
    if (status == TESS_OK)
        assert_int_equal(credentials_provider_create(&fixture->settings, &fixture->http, now, fixture,
                                                     &fixture->provider, error),
                         TESS_OK);
    return status;
}

void fixture_end(struct fixture *fixture)
{
    credentials_provider_destroy(fixture->provider);
    aws_settings_clear(&fixture->settings);
    for (size_t i = 0; i < fixture->call_count; i++) {
        free(fixture->calls[i].method);
        free(fixture->calls[i].url);
        free(fixture->calls[i].headers);
        free(fixture->calls[i].body);
    }
    (void)pthread_mutex_destroy(&fixture->lock);
    scratch_remove(fixture->folder);
}

static void add(struct fixture *fixture, struct fixture_answer answer)
{
    assert_true(fixture->answer_count < FIXTURE_ANSWERS);
    fixture->answers[fixture->answer_count++] = answer;
}

void fixture_answer(struct fixture *fixture, const char *method, const char *url, int status,
                    const char *body)
{
    fixture_answer_times(fixture, method, url, status, body, 0);
}

void fixture_answer_times(struct fixture *fixture, const char *method, const char *url, int status,
                          const char *body, unsigned times)
{
    add(fixture, (struct fixture_answer){
                     .method = method, .url = url, .status = status, .body = body, .times = times});
}

void fixture_failure(struct fixture *fixture, const char *method, const char *url, enum http_failure failure)
{
    add(fixture, (struct fixture_answer){.method = method, .url = url, .failure = failure});
}

void fixture_forget_answers(struct fixture *fixture)
{
    fixture->answer_count = 0;
}

const char *fixture_header(const struct fixture_call *call, const char *name)
{
    static char value[4096];
    const size_t size = strlen(name);
    for (const char *line = call->headers; *line; line = strchr(line, '\n') + 1)
        if (strncasecmp(line, name, size) == 0 && strncmp(line + size, ": ", 2) == 0) {
            (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line + size + 2, "\n"), line + size + 2);
            return value;
        }
    return NULL;
}

const char fixture_json[] =
    "{\"Code\":\"Success\",\"AccessKeyId\":\"JSONKEY\",\"SecretAccessKey\":\"hushjson\","
    "\"Token\":\"hushtoken\",\"Expiration\":\"2026-11-24T16:00:00Z\"}";

void fixture_must_begin(struct fixture *fixture, const char *variables, const char *config,
                        const char *credentials, const struct aws_options *options)
{
    struct tess_error error = {.message = ""};
    if (fixture_begin(fixture, variables, config, credentials, options, &error) != TESS_OK)
        fail_msg("%s", error.message);
}

/* Gets credentials with that id. */
void fixture_expect_key(struct fixture *fixture, const char *id)
{
    struct credentials credentials;
    struct tess_error error = {.message = ""};
    if (credentials_get(fixture->provider, NULL, &credentials, &error) != TESS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(credentials.keys.access_key_id, id);
    assert_non_null(strstr(credentials.keys.secret_access_key, "hush"));
    assert_null(strstr(credentials.source, "hush"));
    assert_true(strlen(credentials.source) > 3);
    credentials_clear(&credentials);
}

/* Fails so, with these words in the message and no secret. NULL: no more words. */
void fixture_expect_failure(struct fixture *fixture, enum tess_status status, const char *words,
                            const char *more)
{
    struct credentials credentials;
    struct tess_error error = {.message = ""};
    const enum tess_status got = credentials_get(fixture->provider, NULL, &credentials, &error);
    if (got != status || error.status != status || !strstr(error.message, words) ||
        (more && !strstr(error.message, more)) || strstr(error.message, "hush"))
        fail_msg("status %d: \"%s\"", (int)got, error.message);
    assert_null(credentials.keys.secret_access_key);
}

const char *fixture_sts(const char *action, const char *id)
{
    static char text[2][1024];
    static unsigned next;
    char *answer = text[next++ % 2];
    (void)snprintf(answer, sizeof text[0],
                   "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult><Credentials>"
                   "<AccessKeyId>%s</AccessKeyId><SecretAccessKey>hush%s</SecretAccessKey>"
                   "<SessionToken>hushtoken%s</SessionToken><Expiration>2026-11-24T11:00:00Z</Expiration>"
                   "</Credentials></%sResult></%sResponse>",
                   action, action, id, id, id, action, action);
    return answer;
}

void fixture_add_instance(struct fixture *fixture, const char *answer)
{
    fixture_answer(fixture, "PUT", FIXTURE_IMDS "/latest/api/token", 200, "hush-imds-token");
    fixture_answer(fixture, "GET", FIXTURE_ROLES, 200, "server\n");
    fixture_answer(fixture, "GET", FIXTURE_ROLES "server", 200, answer);
}
