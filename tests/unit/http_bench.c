// SPDX-License-Identifier: MIT
#include "http_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint8_t bench_pattern(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 24);
}

static bool send_pattern(const struct server_request *request, size_t begin, size_t size)
{
    uint8_t *data = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = bench_pattern(begin + i);
    const bool good = server_send(request, data, size);
    free(data);
    return good;
}

void bench_check_pattern(const struct http_response *response, size_t size)
{
    assert_int_equal(response->body.size, size);
    for (size_t i = 0; i < size; i++)
        if (response->body.data[i] != bench_pattern(i))
            fail_msg("byte %zu of %zu is wrong", i, size);
}

static bool send_chunks(const struct server_request *request, size_t size)
{
    return server_print(request, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", size / 2) &&
           send_pattern(request, 0, size / 2) && server_print(request, "\r\n%zx\r\n", size - size / 2) &&
           send_pattern(request, size / 2, size - size / 2) && server_print(request, "\r\n0\r\n");
}

static bool send_trailers(const struct server_request *request, size_t size)
{
    bool good = send_chunks(request, 1000);
    for (; good && size >= 100; size -= 100)
        good = server_print(request, "X-Late: %090d\r\n", 1);
    return good && server_print(request, "content-length: 7\r\n\r\n");
}

static bool endless(const struct http_server *server, const struct server_request *request, const char *what)
{
    const bool early = strcmp(what, "1xx") == 0, line = strcmp(what, "line") == 0;
    if (!early)
        server_print(request, "HTTP/1.1 200 OK\r\n%s",
                     line                        ? "x-long: "
                     : strcmp(what, "body") == 0 ? "\r\n"
                                                 : "");
    while (!atomic_load(&server->stopping) &&
           server_print(request,
                        early  ? "HTTP/1.1 103 Early Hints\r\nlink: %0100d\r\n\r\n"
                        : line ? "x%0100d"
                               : "x-filler: %0100d\r\n",
                        1)) {
    }
    return false;
}

static bool answer_in_part(const struct server_request *request, size_t size)
{
    char head[128];
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-A: b\r\n\r\n",
                          BENCH_LARGE_BYTES);
    const size_t of_head = size < (size_t)length ? size : (size_t)length;
    server_send(request, head, of_head);
    send_pattern(request, 0, size - of_head);
    if (request->path[1] == 'r')
        server_reset(request);
    return false;
}

static bool answer_well(const struct server_request *request)
{
    const char *path = request->path;
    if (strcmp(path, "/echo") == 0)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nX-Method: %s\r\n\r\n",
                            request->body_size, request->method) &&
               server_send(request, request->body, request->body_size);
    if (strcmp(path, "/head") == 0)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                            strlen(request->head)) &&
               server_send(request, request->head, strlen(request->head));
    if (strcmp(path, "/continue") == 0)
        return server_print(
            request, "HTTP/1.1 100 Continue\r\nx-a: 1\r\n\r\nHTTP/1.1 201 Yes\r\nContent-Length: 0\r\n\r\n");
    if (strcmp(path, "/error") == 0)
        return server_print(request, "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nnever");
    if (strcmp(path, "/redirect") == 0)
        return server_print(request, "HTTP/1.1 302 Go\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n");
    return server_print(request, "HTTP/1.1 400 What\r\nContent-Length: 0\r\n\r\n");
}

static bool answer_slowly(const struct http_server *server, const struct server_request *request)
{
    int size = 0;
    const char *path = request->path;
    if (sscanf(path, "/after/%d", &size) == 1)
        return server_wait_ms(server, size) &&
               server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    if (sscanf(path, "/burst/%d", &size) == 1) {
        server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size + 1);
        send_pattern(request, 0, (size_t)size);
    } else if (strcmp(path, "/stall") == 0) {
        server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    } else if (strcmp(path, "/drip") == 0) {
        server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (server_wait_ms(server, 20) && server_send(request, "x", 1)) {
        }
    }                                     /* else "/silent" */
    (void)server_wait_ms(server, 600000); /* longer than any test lasts */
    return false;
}

bool bench_answer(void *context, const struct server_request *request)
{
    const struct http_server *server = context;
    const char *path = request->path;
    size_t size = 0;
    if (strncmp(path, "http://", 7) == 0) /* asked as a proxy */
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Proxy: yes\r\n\r\n");
    if (sscanf(path, "/size/%zu", &size) == 1)
        return server_print(request, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nX-Odd-Name: \t a  b \r\n\r\n",
                            size) &&
               send_pattern(request, 0, strcmp(request->method, "HEAD") == 0 ? 0 : size);
    if (sscanf(path, "/chunked/%zu", &size) == 1)
        return send_chunks(request, size) && server_print(request, "\r\n");
    if (sscanf(path, "/trailers/%zu", &size) == 1)
        return send_trailers(request, size);
    if (sscanf(path, "/reset/%zu", &size) == 1 || sscanf(path, "/short/%zu", &size) == 1)
        return answer_in_part(request, size);
    if (strncmp(path, "/raw/", 5) == 0)
        return server_print(request, "%s\r\n", path + 5), false;
    if (strncmp(path, "/endless-", 9) == 0)
        return endless(server, request, path + 9);
    if (strcmp(path, "/silent") == 0 || strcmp(path, "/stall") == 0 || strcmp(path, "/drip") == 0 ||
        strncmp(path, "/after/", 7) == 0 || strncmp(path, "/burst/", 7) == 0)
        return answer_slowly(server, request);
    return answer_well(request);
}

struct bench *bench_create(const struct http_config *config, const struct server_transport *transport)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    http_server_start_over(&bench->server, transport, bench_answer, &bench->server);
    assert_int_equal(http_curl_create(config, &bench->http, NULL), TESS_OK);
    return bench;
}

int bench_set_up(void **state)
{
    const struct http_config config = {.user_agent = "tessera/test"};
    *state = bench_create(&config, NULL);
    return 0;
}

int bench_tear_down(void **state)
{
    struct bench *bench = *state;
    bench->http->ops->destroy(bench->http);
    http_server_stop(&bench->server);
    free(bench);
    return 0;
}

struct outcome bench_perform(struct bench *bench, const char *path, struct http_request request)
{
    struct outcome outcome = {0};
    char url[512];
    (void)snprintf(url, sizeof url, "%s%s", path[0] == '/' ? bench->server.base : "", path);
    request.url = url;
    if (!request.method)
        request.method = "GET";
    if (!request.max_body_bytes)
        request.max_body_bytes = BENCH_CAP_BYTES;
    if (!request.stall_timeout_ms)
        request.stall_timeout_ms = 5000;
    outcome.status = bench->http->ops->perform(bench->http, &request, &outcome.response, &outcome.error);
    assert_int_equal(outcome.status == TESS_OK, outcome.response.failure == HTTP_DONE);
    if (outcome.status != TESS_OK) {
        assert_int_equal(outcome.response.body.size, 0);
        assert_int_equal(outcome.error.status, outcome.status);
        assert_true(strlen(outcome.error.message) > 10);
        assert_null(strstr(outcome.error.message, "secret"));
    }
    return outcome;
}

void bench_expect(struct outcome outcome, enum http_failure failure, enum tess_status status,
                  const char *words)
{
    if (outcome.response.failure != failure || outcome.status != status ||
        !strstr(outcome.error.message, words))
        fail_msg("failure %d, status %d: %s", (int)outcome.response.failure, (int)outcome.status,
                 outcome.error.message);
    http_response_clear(&outcome.response);
}

void bench_expect_ok(struct outcome outcome, int http_status)
{
    if (outcome.status != TESS_OK || outcome.response.status != http_status)
        fail_msg("status %d, HTTP %d: %s", (int)outcome.status, outcome.response.status,
                 outcome.error.message);
    http_response_clear(&outcome.response);
}
