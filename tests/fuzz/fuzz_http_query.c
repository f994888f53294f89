// SPDX-License-Identifier: MIT
/* A query string of a request. What is read is text, and the same after being written again. */
#include "fuzz.h"

#include "front/api_query.h"
#include "front/safe_text.h"

static void check_text(const char *text)
{
    uint32_t point;
    for (size_t left = strlen(text), length; left > 0; left -= length, text += length) {
        length = utf8_decode(text, left, &point);
        FUZZ_ASSERT(length > 0);
    }
}

static void check_round_trip(const struct api_query *query)
{
    struct api_query again;
    struct tess_error error = {.status = TESS_OK};
    char *text = NULL;
    for (size_t i = 0; i < query->count; i++)
        text = api_query_append(text, query->parameters[i].name, query->parameters[i].value);
    const enum tess_status status = api_query_read(&again, text, &error);
    if (text && strlen(text) > API_QUERY_MAX_BYTES) {
        FUZZ_ASSERT(status == TESS_ERR_LIMIT); /* written with more escapes than it came with */
    } else {
        FUZZ_ASSERT(status == TESS_OK && again.count == query->count);
        for (size_t i = 0; i < query->count; i++) {
            FUZZ_ASSERT(strcmp(again.parameters[i].name, query->parameters[i].name) == 0);
            FUZZ_ASSERT(strcmp(again.parameters[i].value, query->parameters[i].value) == 0);
        }
    }
    api_query_clear(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct api_query query;
    struct tess_error error = {.status = TESS_OK};
    const enum tess_status status = api_query_read(&query, text, &error);
    FUZZ_ASSERT(query.count <= API_QUERY_MAX_PARAMETERS);
    for (size_t i = 0; i < query.count; i++) {
        FUZZ_ASSERT(query.parameters[i].name[0] != '\0');
        check_text(query.parameters[i].name);
        check_text(query.parameters[i].value);
        FUZZ_ASSERT(api_query_get(&query, query.parameters[i].name) == query.parameters[i].value);
    }
    if (status == TESS_OK) {
        check_round_trip(&query);
    } else {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
        FUZZ_ASSERT((status == TESS_ERR_LIMIT) == (error.limit[0] != '\0'));
    }
    api_query_clear(&query);
    free(text);
    return 0;
}
