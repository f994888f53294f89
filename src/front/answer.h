// SPDX-License-Identifier: MIT
/* The last step of a command: its answer on stdout, its bad news on stderr, its exit status. */
#ifndef FRONT_ANSWER_H
#define FRONT_ANSWER_H

#include <cJSON.h>

#include "front/settings.h"

/* Prints and deletes `json`. Returns `status`, or EXIT_FAILED after a message when stdout is broken. */
enum exit_status print_answer(const struct settings *settings, cJSON *json, enum exit_status status);

/* Cells that failed the whole job (--strict and a bad image, not one that is good): they are an answer too.
 * Returns EXIT_FAILED. */
enum exit_status print_cells_failure(const struct settings *settings, const struct tess_error *error,
                                     const struct tess_result *result);

#endif
