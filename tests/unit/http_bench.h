// SPDX-License-Identifier: MIT
/* A client and a server whose paths say how it is to answer, well or badly; what the tests of the HTTP client
 * have in common. */
#ifndef TESTS_HTTP_BENCH_H
#define TESTS_HTTP_BENCH_H

#include "http_server.h"
#include "net/http.h"

enum { BENCH_CAP_BYTES = 1 << 20, BENCH_LARGE_BYTES = 300000 };

/*
 * Paths:
 *   /size/N /chunked/N     200 with N bytes of the pattern (a HEAD: none)
 *   /trailers/N            the same in chunks, with N bytes of trailers
 *   /echo /head            the request's body, its head
 *   /continue /early       after a 1xx with headers; N of them: /early/N
 *   /error /redirect       404, 302
 *   /reset/N /short/N      N bytes of an answer's head and its large body, then RST or FIN
 *   /raw/TEXT              just that line
 *   /endless-headers /endless-line /endless-body /endless-1xx
 *   /silent /stall /drip   nothing; 3 bytes and then nothing; 50 bytes a second
 *   /burst/N               N bytes of a body at once, then nothing
 *   /after/N               200 with a byte after N ms
 */
bool bench_answer(void *server, const struct server_request *request);

/* One byte after the other, never the same near by: a piece that is lost or twice shows. */
uint8_t bench_pattern(uint64_t offset);
void bench_check_pattern(const struct http_response *response, size_t size);

struct bench {
    struct http_server server;
    struct http *http;
};

/* As cmocka wants them: *state is a struct bench. */
int bench_set_up(void **state);
int bench_tear_down(void **state);
struct bench *bench_create(const struct http_config *config, const struct server_transport *transport);

struct outcome {
    enum tess_status status;
    struct http_response response; /* the test's to clear */
    struct tess_error error;
};

/* Fills in what the request leaves out (GET, BENCH_CAP_BYTES, a stall timeout of 5 s), and checks what holds
 * for every outcome. `path` may be a whole URL. */
struct outcome bench_perform(struct bench *bench, const char *path, struct http_request request);

/* Clears the response. */
void bench_expect(struct outcome outcome, enum http_failure failure, enum tess_status status,
                  const char *words);
void bench_expect_ok(struct outcome outcome, int http_status);

#define GET(path, ...)   bench_perform(*state, path, (struct http_request){__VA_ARGS__})
#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_set_up, bench_tear_down)

#endif
