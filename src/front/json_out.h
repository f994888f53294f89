// SPDX-License-Identifier: MIT
/*
 * Answers as JSON. The functions cannot fail: memory running out ends the program (see xalloc.h). Integers
 * are written exactly, text that is not UTF-8 is repaired, and nothing printed can steer a terminal.
 */
#ifndef FRONT_JSON_OUT_H
#define FRONT_JSON_OUT_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <tessera/tessera.h>

cJSON *json_object(void);
cJSON *json_string(const char *text);
cJSON *json_strings(const char *const *texts, size_t count); /* an array */
void json_add(cJSON *object, const char *name, cJSON *item); /* takes `item` */
void json_add_text(cJSON *object, const char *name, const char *text);
void json_add_integer(cJSON *object, const char *name, int64_t value);
void json_add_flag(cJSON *object, const char *name, bool value);

/* "2026-11-22T10:15:00Z" */
void json_format_time(time_t time, char text_out[32]);

/* The fields of a finished montage, of a finished or stored grid, of an error, of a plan, each added in the
 * order that the documentation shows. */
void json_add_montage(cJSON *object, const struct tess_result *result);
void json_add_grid(cJSON *object, const struct tess_answer *answer);
void json_add_error(cJSON *object, const struct tess_error *error);
void json_add_plan(cJSON *object, const struct tess_plan_summary *plan);

/* The failed cells as [{key, cell, reason}]. */
void json_add_failed(cJSON *object, const struct tess_result *result);

/* All cells as an array: what --map writes. */
cJSON *json_map(const struct tess_result *result);

/* One line without a newline, for free(). */
char *json_print(const cJSON *item);

/* Writes one line to stdout at once and deletes `item`. False when stdout is broken (errno tells). */
bool json_answer(cJSON *item);

#endif
