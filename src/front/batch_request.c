// SPDX-License-Identifier: MIT
#include "front/batch_request.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/json_in.h"
#include "front/refuse.h"
#include "front/suggest.h"
#include "front/xalloc.h"

static const char id_name[] = "uniqueGridId", keys_name[] = "keys";

static enum tess_status unknown_member(const char *name, struct tess_error *error)
{
    struct suggestion suggestion;
    suggestion_begin(&suggestion, name);
    suggestion_offer(&suggestion, id_name);
    suggestion_offer(&suggestion, keys_name);
    const struct tess_option_info *info;
    for (size_t i = 0; (info = tess_grid_option_info(i)); i++)
        suggestion_offer(&suggestion, info->name);
    if (suggestion.nearest)
        return refuse_invalid(error, "unknown option \"%.60s\", did you mean \"%s\"?", name,
                              suggestion.nearest);
    return refuse_invalid(error, "unknown option \"%.60s\"", name);
}

static bool is_option(const char *name)
{
    const struct tess_option_info *info = tess_grid_option_info(0);
    for (size_t i = 1; info && strcmp(info->name, name) != 0; i++)
        info = tess_grid_option_info(i);
    return info != NULL;
}

/* Numbers as their digits: what is no whole number is for the option to refuse. */
enum tess_status batch_request_set_option(struct tess_grid_options *options, const cJSON *member,
                                          struct tess_error *error)
{
    char digits[64];
    const char *value = NULL;
    if (cJSON_IsString(member)) {
        value = member->valuestring;
    } else if (cJSON_IsBool(member)) {
        value = cJSON_IsTrue(member) ? "true" : "false";
    } else if (cJSON_IsNumber(member)) {
        double number = member->valuedouble;
        bool whole = number == floor(number) && fabs(number) <= 9007199254740992.0;
        (void)snprintf(digits, sizeof digits, whole ? "%.0f" : "%.17g", number);
        value = digits;
    }
    if (!value && !is_option(member->string))
        return unknown_member(member->string, error);
    if (!value)
        return refuse_invalid(error, "%.60s: give a string, a number, true or false", member->string);
    enum tess_status status = tess_grid_options_set(options, member->string, value, error);
    return status == TESS_ERR_NOT_FOUND ? unknown_member(member->string, error) : status;
}

/* Borrowed strings in a list for free(). */
static enum tess_status read_keys(const cJSON *array, const char ***keys_out, size_t *count_out,
                                  struct tess_error *error)
{
    if (!cJSON_IsArray(array))
        return refuse_invalid(error, "%s: give a list of s3Keys", keys_name);
    const char **keys = xcalloc((size_t)cJSON_GetArraySize(array) + 1, sizeof *keys);
    size_t count = 0;
    *keys_out = keys;
    for (const cJSON *item = array->child; item; item = item->next) {
        if (!cJSON_IsString(item))
            return refuse_invalid(error, "%s: give a list of s3Keys, which are strings", keys_name);
        if (item->valuestring[0] == '\0')
            return refuse_invalid(error, "%s: number %zu is empty", keys_name, count + 1);
        keys[count++] = item->valuestring;
    }
    *count_out = count;
    return count > 0 ? TESS_OK : refuse_invalid(error, "%s: the list is empty", keys_name);
}

enum tess_status batch_request_member(struct batch_request *request, const cJSON *member,
                                      struct tess_grid_request *grid, struct tess_error *error)
{
    if (strcmp(member->string, keys_name) == 0) {
        const enum tess_status status = read_keys(member, &request->keys, &grid->key_count, error);
        grid->keys = request->keys;
        return status;
    }
    if (strcmp(member->string, id_name) != 0)
        return batch_request_set_option(&grid->options, member, error);
    if (!cJSON_IsString(member))
        return refuse_invalid(error, "%s must be a string", id_name);
    grid->grid_id = member->valuestring;
    return TESS_OK;
}

enum tess_status batch_request_parse(const char *what, const char *text, size_t size, uint32_t max_keys,
                                     struct batch_request *request, struct tess_error *error)
{
    char why[128];
    bool too_many;
    request->tree = json_read_up_to(text, size, max_keys, &too_many, why);
    if (request->tree)
        return TESS_OK;
    if (too_many)
        return refuse_limit(error, "max-cells", "%s: more than the limit max-cells of %u", keys_name,
                            max_keys);
    return refuse_invalid(error, "%s: %s", what, why);
}

static enum tess_status read_json(const char *line, size_t size, uint32_t max_keys,
                                  struct batch_request *request, struct tess_grid_request *grid,
                                  struct tess_error *error)
{
    enum tess_status status = batch_request_parse("not a JSON request", line, size, max_keys, request, error);
    if (status != TESS_OK)
        return status;
    if (cJSON_IsString(request->tree)) {
        grid->grid_id = request->tree->valuestring;
        return TESS_OK;
    }
    /* The id first: an answer about a wrong option names it. */
    const cJSON *grid_id = cJSON_GetObjectItemCaseSensitive(request->tree, id_name);
    if (grid_id)
        status = batch_request_member(request, grid_id, grid, error);
    const cJSON *member = request->tree->child;
    for (; status == TESS_OK && member; member = member->next)
        status = batch_request_member(request, member, grid, error);
    return status == TESS_OK && !grid_id ? refuse_invalid(error, "%s is missing", id_name) : status;
}

enum tess_status batch_request_read(const char *line, size_t size, uint32_t max_keys,
                                    struct batch_request *request, struct tess_grid_request *grid,
                                    struct tess_error *error)
{
    const size_t blanks = strspn(line, " \t");
    if (line[blanks] == '{' || line[blanks] == '"') {
        const enum tess_status status = read_json(line, size, max_keys, request, grid, error);
        if (status != TESS_OK)
            return status;
    } else if (memchr(line, '\0', size)) {
        return refuse_invalid(error, "the line holds a NUL");
    } else {
        request->line = xstrdup(line);
        grid->grid_id = request->line;
    }
    if (tess_is_store_name(grid->grid_id))
        grid->images = grid->grid_id;
    return tess_grid_id_check(grid->grid_id, strlen(grid->grid_id), error);
}

void batch_request_clear(struct batch_request *request)
{
    cJSON_Delete(request->tree);
    free(request->line);
    free(request->keys);
    *request = (struct batch_request){0};
}
