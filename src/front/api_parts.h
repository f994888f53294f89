// SPDX-License-Identifier: MIT
/* What the files of api share, and nobody else includes. */
#ifndef FRONT_API_PARTS_H
#define FRONT_API_PARTS_H

#include <cJSON.h>

#include "front/api.h"
#include "front/api_query.h"

/* One call on its way through a route's function. A function that fails leaves the answer to api_run(),
 * unless it has written one. */
struct api_call {
    const struct api *api;
    struct api_request *request;
    struct api_query query;
    struct api_answer *answer;
};

/* Prints and deletes `json`. */
void api_answer_json(struct api_answer *answer, int http_status, cJSON *json);

/* What is said in the place of a failure's own words; NULL: those may be told. Static storage. */
const char *api_words_for_strangers(enum tess_status status);

/*
 * In "failed" of `json`, why a cell failed names the object, and not where the store has it. The first reason
 * that is not told goes into the answer's detail, for the log, unless there is one.
 */
void api_hide_reasons(cJSON *json, const struct tess_result *result, struct api_answer *answer);

/* Does the query hold no parameter but these (NULL past the last)? */
enum tess_status api_check_query(const struct api_query *query, const char *const *names,
                                 struct tess_error *error);

/* The grid id from the query, checked; borrowed from `query`. */
enum tess_status api_find_grid_id(const struct api_query *query, const char **grid_id_out,
                                  struct tess_error *error);

/* TESS_ERR_INVALID, with the name that was perhaps meant. */
enum tess_status api_unknown_parameter(const char *name, const char *const *names, struct tess_error *error);

enum tess_status api_generate_grid(struct api_call *call, struct tess_error *error);
enum tess_status api_openapi(struct api_call *call, struct tess_error *error);

#endif
