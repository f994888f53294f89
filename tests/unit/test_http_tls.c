// SPDX-License-Identifier: MIT
/* The HTTP client over TLS: who is trusted, who is not, and that nothing is sent to the latter. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_bench.h"
#include "tls_identity.h"

enum { DAY_S = 86400 };

struct secure_bench {
    struct tls_identity identity;
    struct bench *bench;
};

static struct secure_bench *secure(const char *names, long valid_s, bool is_trusted)
{
    struct secure_bench *self = calloc(1, sizeof *self);
    assert_non_null(self);
    tls_identity_make(&self->identity, names, valid_s);
    const struct http_config config = {.ca_bundle = is_trusted ? self->identity.pem_path : NULL};
    self->bench = bench_create(&config, &self->identity.transport);
    return self;
}

static void clear(struct secure_bench *self)
{
    void *state = self->bench;
    (void)bench_tear_down(&state);
    tls_identity_clear(&self->identity);
    free(self);
}

static void expect_untrusted(const char *names, long valid_s, bool is_trusted, const char *words)
{
    struct secure_bench *self = secure(names, valid_s, is_trusted);
    struct outcome outcome =
        bench_perform(self->bench, "/size/1?secret", (struct http_request){.method = "GET"});
    assert_false(outcome.response.request_sent);
    assert_non_null(strstr(outcome.error.message, "127.0.0.1"));
    assert_non_null(strstr(outcome.error.message, "AWS_CA_BUNDLE"));
    bench_expect(outcome, HTTP_UNTRUSTED, TESS_ERR_IO, words);
    assert_int_equal(atomic_load(&self->bench->server.requests), 0);
    clear(self);
}

static void a_server_of_our_own_is_trusted_by_its_bundle(void **state)
{
    (void)state;
    struct secure_bench *self = secure("IP:127.0.0.1", DAY_S, true);
    const struct http_body body = {.size_bytes = 5, .data = "hello"};
    struct outcome outcome = bench_perform(self->bench, "/size/300000", (struct http_request){0});
    assert_int_equal(outcome.status, TESS_OK);
    bench_check_pattern(&outcome.response, 300000);
    http_response_clear(&outcome.response);
    outcome = bench_perform(self->bench, "/echo", (struct http_request){.method = "PUT", .body = &body});
    assert_int_equal(outcome.status, TESS_OK);
    assert_memory_equal(outcome.response.body.data, "hello", 5);
    http_response_clear(&outcome.response);
    assert_int_equal(atomic_load(&self->bench->server.connections), 1);
    clear(self);
}

static void others_are_not_trusted(void **state)
{
    (void)state;
    expect_untrusted("IP:127.0.0.1", DAY_S, false, "self");              /* "self(-)signed certificate" */
    expect_untrusted("DNS:localhost,IP:127.0.0.2", DAY_S, true, "name"); /* "no alternative … name" */
    expect_untrusted("IP:127.0.0.1", -DAY_S, true, "expired");
}

static void a_name_that_matches_is_enough(void **state)
{
    (void)state;
    char url[128];
    struct secure_bench *self = secure("DNS:localhost", DAY_S, true);
    (void)snprintf(url, sizeof url, "https://localhost:%u/size/1", self->bench->server.port);
    bench_expect_ok(bench_perform(self->bench, url, (struct http_request){0}), 200);
    clear(self);
}

static void broken_connections_are_failures(void **state)
{
    (void)state;
    struct secure_bench *self = secure("IP:127.0.0.1", DAY_S, true);
    static const char *const paths[] = {"/short/0", "/reset/0", "/short/20", "/reset/1000", "/short/200000"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct outcome outcome = bench_perform(self->bench, paths[i], (struct http_request){0});
        assert_true(outcome.response.request_sent);
        bench_expect(outcome, HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
    }
    bench_expect(bench_perform(self->bench, "/drip", (struct http_request){.stall_timeout_ms = 150}),
                 HTTP_STALLED, TESS_ERR_TIMEOUT, "1 KiB a second");
    clear(self);
}

/* An upload that the server does not read to the end: writing to what it has closed must not kill us. */
static bool refuse_upload(void *context, const struct server_request *request)
{
    (void)context;
    server_reset(request);
    return false;
}

static void a_server_that_hangs_up_on_an_upload_harms_nobody(void **state)
{
    (void)state;
    struct secure_bench *self = secure("IP:127.0.0.1", DAY_S, true);
    const size_t size = 5000000;
    uint8_t *data = calloc(1, size);
    const struct http_body body = {.size_bytes = size, .data = data};
    assert_ptr_equal(signal(SIGPIPE, SIG_DFL), SIG_DFL);
    self->bench->server.handler = refuse_upload;
    for (int i = 0; i < 5; i++)
        bench_expect(bench_perform(self->bench, "/x", (struct http_request){.method = "PUT", .body = &body}),
                     HTTP_BROKEN, TESS_ERR_IO, "127.0.0.1");
    free(data);
    clear(self);
}

static void a_server_without_tls_is_not_asked(void **state)
{
    char url[128];
    struct bench *bench = *state;
    (void)snprintf(url, sizeof url, "https%s/secret", bench->server.base + 4);
    struct outcome outcome = bench_perform(bench, url, (struct http_request){.connect_timeout_ms = 300});
    assert_false(outcome.response.request_sent);
    bench_expect(outcome, HTTP_UNREACHABLE, TESS_ERR_IO, "cannot connect to 127.0.0.1");
}

static void a_bundle_without_certificates_is_named(void **state)
{
    (void)state;
    struct secure_bench *self = secure("IP:127.0.0.1", DAY_S, false);
    const struct http_config config = {.ca_bundle = "/dev/null"};
    self->bench->http->ops->destroy(self->bench->http);
    assert_int_equal(http_curl_create(&config, &self->bench->http, NULL), TESS_OK);
    bench_expect(bench_perform(self->bench, "/size/1", (struct http_request){0}), HTTP_LOCAL, TESS_ERR_IO,
                 "/dev/null");
    clear(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_of_our_own_is_trusted_by_its_bundle),
        cmocka_unit_test(others_are_not_trusted),
        cmocka_unit_test(a_name_that_matches_is_enough),
        cmocka_unit_test(broken_connections_are_failures),
        cmocka_unit_test(a_server_that_hangs_up_on_an_upload_harms_nobody),
        WITH_BENCH(a_server_without_tls_is_not_asked),
        cmocka_unit_test(a_bundle_without_certificates_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
