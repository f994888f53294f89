// SPDX-License-Identifier: MIT
#include "front/batch_request.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/json_in.h"
#include "front/refuse.h"
#include "front/suggest.h"
#include "front/xalloc.h"

static const char id_name[] = "uniqueGridId";

static enum tess_status unknown_member(const char *name, struct tess_error *error)
{
    struct suggestion suggestion;
    suggestion_begin(&suggestion, name);
    suggestion_offer(&suggestion, id_name);
    const struct tess_option_info *info;
    for (size_t i = 0; (info = tess_grid_option_info(i)); i++)
        suggestion_offer(&suggestion, info->name);
    if (suggestion.nearest)
        return refuse_invalid(error, "unknown option \"%.60s\", did you mean \"%s\"?", name,
                              suggestion.nearest);
    return refuse_invalid(error, "unknown option \"%.60s\"", name);
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
    if (!value)
        return refuse_invalid(error, "%.60s: give a string, a number, true or false", member->string);
    enum tess_status status = tess_grid_options_set(options, member->string, value, error);
    return status == TESS_ERR_NOT_FOUND ? unknown_member(member->string, error) : status;
}

static enum tess_status read_object(const cJSON *object, struct tess_grid_options *options,
                                    char **grid_id_out, struct tess_error *error)
{
    const cJSON *grid_id = cJSON_GetObjectItemCaseSensitive(object, id_name);
    if (cJSON_IsString(grid_id))
        *grid_id_out = xstrdup(grid_id->valuestring);
    else if (grid_id)
        return refuse_invalid(error, "%s must be a string", id_name);
    for (const cJSON *member = object->child; member; member = member->next) {
        if (member == grid_id)
            continue;
        enum tess_status status = batch_request_set_option(options, member, error);
        if (status != TESS_OK)
            return status;
    }
    return *grid_id_out ? TESS_OK : refuse_invalid(error, "%s is missing", id_name);
}

static enum tess_status read_json(const char *line, size_t size, struct tess_grid_options *options,
                                  char **grid_id_out, struct tess_error *error)
{
    char why[128];
    cJSON *json = json_read(line, size, why);
    if (!json)
        return refuse_invalid(error, "not a JSON request: %s", why);
    enum tess_status status = TESS_OK;
    if (cJSON_IsString(json))
        *grid_id_out = xstrdup(json->valuestring);
    else
        status = read_object(json, options, grid_id_out, error);
    cJSON_Delete(json);
    return status;
}

enum tess_status batch_request_read(const char *line, size_t size, struct tess_grid_options *options,
                                    char **grid_id_out, struct tess_error *error)
{
    *grid_id_out = NULL;
    enum tess_status status = TESS_OK;
    size_t blanks = strspn(line, " \t");
    if (line[blanks] == '{' || line[blanks] == '"')
        status = read_json(line, size, options, grid_id_out, error);
    else if (memchr(line, '\0', size))
        return refuse_invalid(error, "the line holds a NUL");
    else
        *grid_id_out = xstrdup(line);
    if (status != TESS_OK || !*grid_id_out)
        return status;
    return tess_grid_id_check(*grid_id_out, strlen(*grid_id_out), error);
}
