// SPDX-License-Identifier: MIT
/* JSON as a server might send it: what is accepted is the same after printing, strings come back from our
 * writer, and what is text is UTF-8. */
#include "fuzz.h"

#include "base/utf8.h"
#include "net/json.h"

static void check_string(const char *text)
{
    struct bytes written;
    cJSON *again = NULL;
    bytes_init(&written, 1 << 20);
    FUZZ_ASSERT(utf8_valid(text, strlen(text)));
    FUZZ_ASSERT(json_write_text(&written, text) == TESS_OK);
    FUZZ_ASSERT(json_parse(written.data, written.size, &again, NULL) == TESS_OK);
    FUZZ_ASSERT(strcmp(cJSON_GetStringValue(again), text) == 0);
    cJSON_Delete(again);
    bytes_clear(&written);
}

static void check(const cJSON *value)
{
    int64_t number = 0;
    if (value->string)
        check_string(value->string);
    if (value->string && value->child && cJSON_IsObject(value))
        (void)json_text_at(value, value->child->string);
    if (cJSON_IsString(value)) {
        check_string(value->valuestring);
        (void)json_int64_of(value->valuestring, &number);
    }
    for (const cJSON *child = value->child; child; child = child->next)
        check(child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *input = fuzz_copy(data, size);
    struct tess_error error = {.status = TESS_OK};
    cJSON *value = NULL, *again = NULL;
    if (json_parse(input, size, &value, &error) == TESS_OK) {
        check(value);
        char *printed = cJSON_PrintUnformatted(value);
        FUZZ_ASSERT(printed);
        FUZZ_ASSERT(json_parse(printed, strlen(printed), &again, NULL) == TESS_OK);
        FUZZ_ASSERT(cJSON_Compare(value, again, true));
        cJSON_free(printed);
    } else {
        FUZZ_ASSERT(!value && error.status == TESS_ERR_CORRUPT && error.message[0] != '\0');
    }
    cJSON_Delete(value);
    cJSON_Delete(again);
    free(input);
    return 0;
}
