// SPDX-License-Identifier: MIT
/*
 * Signs requests for tests/service/sigv4_cross.py: a JSON object a line on standard input, and for each a
 * line with the Authorization header's value, a tab, and the query string of the link; "! <message>" in place
 * of what cannot be signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/json.h"
#include "net/sigv4.h"

enum { HEADERS = 64 };

static const char *text_at(const cJSON *object, const char *name)
{
    const char *text = json_text_at(object, name);
    if (!text) {
        (void)fprintf(stderr, "sigv4_lines: no %s\n", name);
        exit(2);
    }
    return text;
}

static int64_t number_at(const cJSON *object, const char *name)
{
    int64_t number = 0;
    if (json_int64_of(text_at(object, name), &number) != TESS_OK)
        exit(2);
    return number;
}

/* [["Name", "value"], …] */
static size_t read_headers(const cJSON *request, struct sigv4_header headers[HEADERS])
{
    size_t count = 0;
    const cJSON *pair = NULL;
    cJSON_ArrayForEach(pair, json_array_at(request, "headers"))
    {
        const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 0));
        const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1));
        if (!name || !value || count == HEADERS)
            exit(2);
        headers[count++] = (struct sigv4_header){name, value};
    }
    return count;
}

static void print_result(enum tess_status status, struct sigv4_result *result, const struct tess_error *error)
{
    if (status == TESS_OK)
        (void)fputs(bytes_text(&result->output), stdout);
    else
        (void)printf("! %s", error->message);
    sigv4_result_clear(result);
}

static void sign_both(const cJSON *line)
{
    struct sigv4_header headers[HEADERS];
    struct sigv4_result result;
    struct tess_error error = {0};
    const char *service = text_at(line, "service"), *region = text_at(line, "region");
    const bool s3 = strcmp(service, "s3") == 0;
    const struct sigv4_scope scope = s3 ? sigv4_scope_s3(region) : sigv4_scope_service(region, service);
    const struct sigv4_credentials keys = {text_at(line, "id"), text_at(line, "secret"),
                                           text_at(line, "token")};
    const int64_t now_s = number_at(line, "time_s");
    struct sigv4_request request = {.method = text_at(line, "method"),
                                    .path = text_at(line, "path"),
                                    .query = text_at(line, "query"),
                                    .headers = headers,
                                    .header_count = read_headers(line, headers),
                                    .payload_hash = text_at(line, "hash")};
    print_result(sigv4_sign(&request, &keys, &scope, now_s, &result, &error), &result, &error);
    (void)putchar('\t');
    request.payload_hash = s3 ? SIGV4_UNSIGNED_PAYLOAD : NULL;
    print_result(sigv4_presign(&request, &keys, &scope, now_s, (uint32_t)number_at(line, "expires_s"),
                               &result, &error),
                 &result, &error);
    (void)putchar('\n');
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        cJSON *request = NULL;
        struct tess_error error;
        if (json_parse(line, (size_t)size, &request, &error) != TESS_OK) {
            (void)fprintf(stderr, "sigv4_lines: %s\n", error.message);
            exit(2);
        }
        sign_both(request);
        cJSON_Delete(request);
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 1;
}
