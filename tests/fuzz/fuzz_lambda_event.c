// SPDX-License-Identifier: MIT
/* An event of Lambda, the request that each handler makes of it, and the answers to it. */
#include "fuzz.h"

#include "front/json_in.h"
#include "front/lambda_answer.h"
#include "front/lambda_event.h"
#include "front/lambda_handler.h"

static void check_json(char *text)
{
    char why[128];
    FUZZ_ASSERT(text);
    cJSON *tree = json_read_up_to(text, strlen(text), LAMBDA_MAX_RECORDS, NULL, why);
    FUZZ_ASSERT(tree);
    cJSON_Delete(tree);
    free(text);
}

static void check_request(enum lambda_handler handler, const struct lambda_event *event)
{
    struct api_target target;
    struct api_request request;
    struct tess_error error = {.status = TESS_OK};
    const enum tess_status status =
        lambda_handler_request(handler, event, "resume", &target, &request, &error);
    FUZZ_ASSERT(status == TESS_OK || (error.status == status && error.message[0] != '\0'));
    if (status == TESS_OK && request.route == API_COUNTER_HIT)
        FUZZ_ASSERT(target.id);
    FUZZ_ASSERT(request.body || request.body_bytes == 0);
    api_target_clear(&target);
}

static void check_answers(const struct lambda_event *event)
{
    char body[] = "{\"value\":9}";
    struct api_answer answer = {.http_status = 405, .body = body, .body_bytes = strlen(body)};
    if (event->kind == LAMBDA_PROXY) {
        char a[] = "https://a.example", b[] = "b.example", *items[] = {a, b};
        const struct origins some = {.items = items, .count = 2}, any = {.any = true};
        check_json(lambda_answer_proxy(HANDLER_API, event, &answer, &some));
        check_json(lambda_answer_preflight(HANDLER_API, event, &any));
    }
    check_json(lambda_answer_counter(&answer));
    if (event->kind == LAMBDA_RECORDS) {
        bool *done = calloc(event->record_count, sizeof *done);
        FUZZ_ASSERT(done && event->record_count > 0);
        check_json(lambda_answer_records(event, done));
        free(done);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *text = fuzz_copy(data, size);
    struct lambda_event event;
    struct tess_error error = {.status = TESS_OK};
    const enum tess_status status = lambda_event_read((const char *)text, size, "/base", &event, &error);
    if (status == TESS_OK) {
        for (unsigned handler = 0; handler < HANDLER_UNKNOWN; handler++) {
            if (event.kind != LAMBDA_BUCKET && event.kind != LAMBDA_RECORDS && event.kind != LAMBDA_WAKE)
                check_request((enum lambda_handler)handler, &event);
        }
        check_answers(&event);
    } else {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
    }
    lambda_event_clear(&event);
    free(text);
    return 0;
}
