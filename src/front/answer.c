// SPDX-License-Identifier: MIT
#include "front/answer.h"

#include <errno.h>
#include <string.h>

#include "front/json_out.h"
#include "front/message.h"

enum exit_status print_answer(const struct settings *settings, cJSON *json, enum exit_status status)
{
    if (json_answer(json))
        return status;
    message_error(settings, "cannot write the answer: %s", strerror(errno));
    return EXIT_FAILED;
}

enum exit_status print_cells_failure(const struct settings *settings, const struct tess_error *error,
                                     const struct tess_result *result)
{
    cJSON *json = json_object();
    json_add_error(json, error);
    json_add_failed(json, result);
    message_error(settings, "%s", error->message);
    if (result->failed_count > 1) /* of one alone the message has told why */
        message_failed_cells(settings, result, false);
    return print_answer(settings, json, EXIT_FAILED);
}
