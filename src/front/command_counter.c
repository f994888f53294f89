// SPDX-License-Identifier: MIT
/* tessera counter: count a hit, read, set. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "front/answer.h"
#include "front/command.h"
#include "front/json_out.h"
#include "front/message.h"
#include "front/opening.h"

static bool read_value(const char *text, int64_t *value_out)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (digits[0] < '0' || digits[0] > '9')
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *value_out = value;
    return errno == 0 && *end == '\0';
}

enum exit_status command_counter(const struct settings *settings)
{
    const char *name = settings->operands[0];
    int64_t value = 0;
    if (settings->counter_get && settings->counter_set)
        return message_usage(settings, "--get and --set exclude each other");
    if (settings->counter_set && !read_value(settings->counter_set, &value))
        return message_usage(settings, "--set: \"%s\" is not a whole number of at most 63 bits",
                             settings->counter_set);

    struct tess_store *store = NULL;
    struct tess_error error = {0};
    enum exit_status exit_status;
    if (tess_counter_name_check(name, strlen(name), &error) != TESS_OK)
        return message_usage(settings, "%s", error.message);
    if (!open_store(settings, &store, &exit_status))
        return exit_status;
    enum tess_status status;
    if (settings->counter_get)
        status = tess_counter_get(store, name, &value, &error);
    else if (settings->counter_set)
        status = tess_counter_set(store, name, value, &error);
    else
        status = tess_counter_hit(store, name, &value, &error);
    tess_store_close(store);
    if (status != TESS_OK)
        return message_failure(settings, &error);
    cJSON *json = json_object();
    json_add_integer(json, "value", value);
    return print_answer(settings, json, EXIT_GOOD);
}
