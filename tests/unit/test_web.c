// SPDX-License-Identifier: MIT
/* Images from https:// addresses: which hosts are asked, where redirects may lead, what an answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/web.h"
#include "net/web_address.h"

/* One answer after the other; what was asked for is noted. */
struct answer {
    int status; /* 0: the failure instead */
    enum http_failure failure;
    const char *location, *body;
};

enum { MOST_ANSWERS = 16 };

struct fake {
    struct http http;
    const struct answer *answers;
    size_t count, asked;
    char urls[MOST_ANSWERS][256];
    bool public_only[MOST_ANSWERS];
};

static enum tess_status fake_perform(struct http *http, const struct http_request *request,
                                     struct http_response *response, struct tess_error *error)
{
    struct fake *fake = (struct fake *)http;
    *response = (struct http_response){0};
    assert_true(fake->asked < fake->count);
    const struct answer *answer = &fake->answers[fake->asked];
    (void)snprintf(fake->urls[fake->asked], sizeof *fake->urls, "%s", request->url);
    fake->public_only[fake->asked++] = request->public_addresses_only;
    response->status = answer->status;
    response->failure = answer->failure;
    if (answer->status == 0) {
        const enum tess_status status = answer->failure == HTTP_TOO_LARGE   ? TESS_ERR_LIMIT
                                        : answer->failure == HTTP_FORBIDDEN ? TESS_ERR_DENIED
                                                                            : TESS_ERR_IO;
        response->length_bytes = 5000;
        *error = (struct tess_error){.status = status};
        (void)snprintf(error->message, sizeof error->message, "failed");
        return status;
    }
    bytes_init(&response->headers, 4096);
    bytes_init(&response->body, 4096);
    if (answer->location) {
        assert_int_equal(bytes_append(&response->headers, "location", 9), TESS_OK);
        assert_int_equal(bytes_append(&response->headers, answer->location, strlen(answer->location) + 1),
                         TESS_OK);
    }
    if (answer->body)
        assert_int_equal(bytes_append_text(&response->body, answer->body), TESS_OK);
    return TESS_OK;
}

static void fake_destroy(struct http *http)
{
    (void)http; /* lives on its test's stack */
}

static const struct http_ops fake_ops = {fake_perform, fake_destroy};

struct outcome {
    enum tess_status status;
    struct tess_error error;
    char body[64];
    uint64_t size_bytes;
};

static struct outcome ask(struct fake *fake, const struct answer *answers, size_t count, const char *hosts,
                          const char *address)
{
    const struct web_options options = {.allowed_hosts = hosts};
    struct outcome outcome = {0};
    struct web *web = NULL;
    struct bytes body;
    *fake = (struct fake){.http = {&fake_ops}, .answers = answers, .count = count};
    assert_int_equal(web_create(&options, &fake->http, &web, &outcome.error), TESS_OK);
    outcome.status = web_get(web, address, 1000, NULL, &body, &outcome.size_bytes, &outcome.error);
    if (outcome.status == TESS_OK)
        (void)snprintf(outcome.body, sizeof outcome.body, "%.*s", (int)body.size, (const char *)body.data);
    else
        assert_int_equal(body.size, 0);
    bytes_clear(&body);
    web_destroy(web);
    return outcome;
}

#define ASK(answers, hosts, address) ask(&fake, answers, sizeof(answers) / sizeof *(answers), hosts, address)

static void an_image_is_fetched_from_a_public_address(void **state)
{
    (void)state;
    static const struct answer answers[] = {{.status = 200, .body = "pixels"}};
    struct fake fake;
    struct outcome outcome = ASK(answers, NULL, "https://Example.com/a%20b.jpg?x=1#top");
    assert_int_equal(outcome.status, TESS_OK);
    assert_string_equal(outcome.body, "pixels");
    assert_string_equal(fake.urls[0], "https://Example.com/a%20b.jpg?x=1");
    assert_true(fake.public_only[0]);
}

static void addresses_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "",
        "https://",
        "http://example.com/a.jpg",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "//host/a",

        "https://u:p@example.com/",
        "https://[::1",
        "https://exa mple/",
        "https://a:b",
        "https://a:999999/",
        "javascript:alert(1)",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct web_address address;
        struct tess_error error = {0};
        if (web_address_read(NULL, addresses[i], &address, &error) != TESS_ERR_INVALID)
            fail_msg("%s was read as %s", addresses[i], address.url);
        assert_null(address.url);
        assert_true(strlen(error.message) > 0);
        assert_null(strstr(error.message, "u:p"));
    }
}

static void hosts_are_compared_whole(void **state)
{
    (void)state;
    static const char list[] = "images.example.com, *.example.org,127.0.0.1";
    assert_true(web_host_allowed(NULL, "anything.example"));
    assert_true(web_host_allowed(list, "images.example.com"));
    assert_true(web_host_allowed(list, "a.example.org"));
    assert_true(web_host_allowed(list, "a.b.example.org"));
    assert_true(web_host_allowed(list, "127.0.0.1"));
    assert_false(web_host_allowed(list, "example.org"));
    assert_false(web_host_allowed(list, "badexample.org"));
    assert_false(web_host_allowed(list, "images.example.com.evil.example"));
    assert_false(web_host_allowed(list, "ages.example.com"));
    assert_false(web_host_allowed(list, "images.example.co"));
    assert_false(web_host_allowed(list, ""));
    assert_false(web_host_allowed("*", "example.com")); /* no way to write "all" by accident */
}

static void a_host_that_is_not_allowed_is_not_asked(void **state)
{
    (void)state;
    static const struct answer answers[] = {{.status = 302, .location = "https://evil.example/x"}};
    struct fake fake;
    struct outcome outcome = ASK(answers, "good.example", "https://evil.example/a");
    assert_int_equal(outcome.status, TESS_ERR_DENIED);
    assert_int_equal(fake.asked, 0);
    assert_non_null(strstr(outcome.error.message, "evil.example"));
    outcome = ASK(answers, "good.example", "https://good.example/a"); /* nor by a redirect */
    assert_int_equal(outcome.status, TESS_ERR_DENIED);
    assert_int_equal(fake.asked, 1);
    outcome = ASK(answers, "good.example", "https://GOOD.example./a"); /* the same host, written otherwise */
    assert_int_equal(fake.asked, 1);
}

static void redirects_are_followed_within_https(void **state)
{
    (void)state;
    static const struct answer answers[] = {{.status = 301, .location = "/b?c"},
                                            {.status = 302, .location = "d/e.jpg"},
                                            {.status = 307, .location = "//other.example/f"},
                                            {.status = 308, .location = "https://third.example/"},
                                            {.status = 200, .body = "pixels"}};
    struct fake fake;
    struct outcome outcome = ASK(answers, NULL, "https://first.example/x/y");
    assert_int_equal(outcome.status, TESS_OK);
    assert_int_equal(fake.asked, 5);
    assert_string_equal(fake.urls[1], "https://first.example/b?c");
    assert_string_equal(fake.urls[2], "https://first.example/d/e.jpg");
    assert_string_equal(fake.urls[3], "https://other.example/f");
    assert_string_equal(fake.urls[4], "https://third.example/");
    for (size_t i = 0; i < 5; i++)
        assert_true(fake.public_only[i]);
}

static void redirects_elsewhere_are_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {"http://first.example/", "file:///etc/passwd",
                                          "https://u:p@x.example/", "gopher://x/", NULL};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        const struct answer answers[] = {{.status = 302, .location = targets[i]}};
        struct fake fake;
        struct outcome outcome = ASK(answers, NULL, "https://first.example/");
        assert_int_not_equal(outcome.status, TESS_OK);
        assert_int_equal(fake.asked, 1);
        assert_non_null(strstr(outcome.error.message, "first.example"));
    }
}

static void redirects_end(void **state)
{
    (void)state;
    struct answer answers[MOST_ANSWERS];
    struct fake fake;
    for (size_t i = 0; i < MOST_ANSWERS; i++)
        answers[i] = (struct answer){.status = 302, .location = "/again"};
    struct outcome outcome = ASK(answers, NULL, "https://first.example/");
    assert_int_equal(outcome.status, TESS_ERR_INVALID);
    assert_int_equal(fake.asked, WEB_MAX_REDIRECTS + 1);
}

static void passing_failures_are_tried_again(void **state)
{
    (void)state;
    static const struct answer answers[] = {
        {.status = 503}, {.failure = HTTP_BROKEN}, {.status = 200, .body = "pixels"}};
    static const struct answer lasting[] = {{.status = 503}, {.status = 503}, {.status = 503}};
    struct fake fake;
    struct outcome outcome = ASK(answers, NULL, "https://first.example/");
    assert_int_equal(outcome.status, TESS_OK);
    assert_int_equal(fake.asked, 3);
    outcome = ASK(lasting, NULL, "https://first.example/?secret=1");
    assert_int_equal(outcome.status, TESS_ERR_IO);
    assert_int_equal(fake.asked, WEB_ATTEMPTS);
    assert_non_null(strstr(outcome.error.message, "503"));
    assert_null(strstr(outcome.error.message, "secret"));
}

static void answers_have_their_meaning(void **state)
{
    (void)state;
    static const struct {
        struct answer answer;
        enum tess_status status;
    } cases[] = {
        {{.status = 404}, TESS_ERR_NOT_FOUND},
        {{.status = 410}, TESS_ERR_NOT_FOUND},
        {{.status = 403}, TESS_ERR_DENIED},
        {{.status = 400}, TESS_ERR_INVALID},
        {{.status = 204}, TESS_ERR_INVALID},
        {{.failure = HTTP_FORBIDDEN}, TESS_ERR_DENIED},
        {{.failure = HTTP_TOO_LARGE}, TESS_ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake fake;
        struct outcome outcome = ask(&fake, &cases[i].answer, 1, NULL, "https://first.example/");
        assert_int_equal(outcome.status, cases[i].status);
        assert_int_equal(outcome.size_bytes, cases[i].answer.failure == HTTP_TOO_LARGE ? 5000 : 0);
    }
}

static void an_empty_list_is_refused(void **state)
{
    (void)state;
    struct fake fake = {.http = {&fake_ops}};
    struct web *web = NULL;
    struct tess_error error;
    const struct web_options options = {.allowed_hosts = " ,"};
    assert_int_equal(web_create(&options, &fake.http, &web, &error), TESS_ERR_INVALID);
    assert_null(web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_fetched_from_a_public_address),
        cmocka_unit_test(addresses_that_are_none_are_refused),
        cmocka_unit_test(hosts_are_compared_whole),
        cmocka_unit_test(a_host_that_is_not_allowed_is_not_asked),
        cmocka_unit_test(redirects_are_followed_within_https),
        cmocka_unit_test(redirects_elsewhere_are_refused),
        cmocka_unit_test(redirects_end),
        cmocka_unit_test(passing_failures_are_tried_again),
        cmocka_unit_test(answers_have_their_meaning),
        cmocka_unit_test(an_empty_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
