// SPDX-License-Identifier: MIT
/* "METHOD\npath" to its route. What is found is allowed, and what it names is text. */
#include "fuzz.h"

#include "front/api.h"
#include "front/safe_text.h"

static void check_text(const char *text)
{
    uint32_t point;
    for (size_t left = strlen(text), length; left > 0; left -= length, text += length) {
        length = utf8_decode(text, left, &point);
        FUZZ_ASSERT(length > 0);
    }
}

static void check_target(enum api_route route, const struct api_target *target)
{
    const bool has_key = route == API_REMOVE_IMAGE;
    const bool has_id = has_key || route == API_LIST_GRID || route == API_REMOVE_GRID ||
                        route == API_COUNTER_HIT || route == API_COUNTER_GET;
    if (route <= API_WRONG_METHOD)
        return;
    FUZZ_ASSERT(!target->id == !has_id && !target->key == !has_key);
    if (has_id) {
        FUZZ_ASSERT(target->id[0] != '\0');
        check_text(target->id);
    }
    if (has_key) {
        FUZZ_ASSERT(target->key[0] != '\0');
        check_text(target->key);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *method = fuzz_text(data, size);
    char *path = strchr(method, '\n');
    if (!path) {
        free(method);
        return 0;
    }
    *path++ = '\0';
    struct api_target target;
    const enum api_route route = api_route_find(method, path, &target);
    const char *allow = api_allow(path);
    FUZZ_ASSERT(route >= API_NONE && route < API_ROUTES);
    FUZZ_ASSERT(strcmp(api_route_name(route), "none") != 0 || route == API_NONE);
    if (route > API_WRONG_METHOD)
        FUZZ_ASSERT(allow && strstr(allow, method));
    if (route == API_WRONG_METHOD)
        FUZZ_ASSERT(allow);
    if (!allow)
        FUZZ_ASSERT(route == API_NONE);
    check_target(route, &target);
    api_target_clear(&target);
    free(method);
    return 0;
}
