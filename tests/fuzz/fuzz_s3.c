// SPDX-License-Identifier: MIT
/* S3's answers, by whoever says to be S3: lines of headers ("status: 404" among them), an empty line, and a
 * body that is read as an object, a complaint and a page of a listing. What is refused is refused in words
 * that may be shown. */
#include "fuzz.h"

#include "backend/s3_answer.h"
#include "backend/s3_page.h"
#include "base/utf8.h"
#include "net/aws_explain.h"
#include <tessera/store.h>

enum { MAX_BYTES = 1 << 20 };

static void append(struct bytes *bytes, const void *data, size_t size)
{
    FUZZ_ASSERT(bytes_append(bytes, data, size) == TESS_OK);
}

/* "etag: \"1\"" as net/http.h has it. */
static void read_line(struct http_response *response, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    if (!colon || memchr(line, '\0', size))
        return;
    const char *value = colon + 1 + (colon + 1 < line + size && colon[1] == ' ');
    append(&response->headers, line, (size_t)(colon - line));
    append(&response->headers, "", 1);
    append(&response->headers, value, (size_t)(line + size - value));
    append(&response->headers, "", 1);
}

/* The rest of the input behind the empty line is the body. */
static void read_response(struct http_response *response, const char *text, size_t size)
{
    const char *end = text + size;
    *response = (struct http_response){.status = 200, .length_bytes = UINT64_MAX};
    bytes_init(&response->headers, MAX_BYTES);
    bytes_init(&response->body, MAX_BYTES);
    while (text < end && *text != '\n') {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop ? stop : end;
        read_line(response, text, (size_t)(stop - text));
        text = stop < end ? stop + 1 : end;
    }
    if (text < end)
        append(&response->body, text + 1, (size_t)(end - text - 1));
    const char *status = http_response_header(response, "status");
    if (status && strlen(status) == 3 && strspn(status, "0123456789") == 3)
        response->status = (int)strtol(status, NULL, 10);
}

static void check_answer(const struct aws_service_ops *answer, const struct http_response *response)
{
    struct aws_response read = {.http = *response, .attempts = 2};
    struct aws_complaint *complaint = &read.complaint;
    struct tess_error error = {.status = TESS_OK};
    const bool good = answer->read_answer(response, complaint);
    FUZZ_ASSERT(memchr(complaint->code, '\0', sizeof complaint->code));
    FUZZ_ASSERT(memchr(complaint->message, '\0', sizeof complaint->message));
    FUZZ_ASSERT(memchr(complaint->region, '\0', sizeof complaint->region));
    if (good && response->status < 300)
        return;
    FUZZ_ASSERT(aws_explain(&read, "read an object", TESS_OK, false, &error) != TESS_OK);
    FUZZ_ASSERT(error.message[0] && utf8_printable(error.message, strlen(error.message)));
}

static void check_info(const struct object_info *info)
{
    const size_t size = strnlen(info->version, sizeof info->version);
    FUZZ_ASSERT(size < sizeof info->version);
    for (size_t i = 0; i < size; i++)
        FUZZ_ASSERT(info->version[i] > ' ' && info->version[i] <= '~');
}

static void check_page(const struct bytes *body)
{
    struct s3_page page;
    struct tess_error error = {.status = TESS_OK};
    if (s3_page_read(body->data, body->size, &page, &error) == TESS_OK) {
        FUZZ_ASSERT(!page.truncated || page.token.size > 1);
        for (size_t i = 0; i < page.count; i++) {
            const char *key = s3_page_key(&page, i);
            const size_t size = strlen(key);
            FUZZ_ASSERT(size > 0 && size <= TESS_KEY_MAX_BYTES && utf8_valid(key, size));
            check_info(&page.entries[i].info);
        }
    } else {
        FUZZ_ASSERT(error.status == TESS_ERR_IO && error.message[0]);
        FUZZ_ASSERT(utf8_printable(error.message, strlen(error.message)));
    }
    s3_page_clear(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct aws_service_ops *const answers[] = {&s3_answer_object, &s3_answer_head, &s3_answer_done,
                                                     &s3_answer_list};
    struct http_response response;
    struct object_info info;
    uint8_t *input = fuzz_copy(data, size);
    read_response(&response, (const char *)input, size);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        check_answer(answers[i], &response);
    s3_answer_info(&response, &info);
    check_info(&info);
    check_page(&response.body);
    http_response_clear(&response);
    free(input);
    return 0;
}
