// SPDX-License-Identifier: MIT
#include "front/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "front/safe_text.h"
#include "front/xalloc.h"

static cJSON *checked(cJSON *item)
{
    if (!item)
        out_of_memory();
    return item;
}

cJSON *json_object(void)
{
    return checked(cJSON_CreateObject());
}

void json_add(cJSON *object, const char *name, cJSON *item)
{
    if (!cJSON_AddItemToObject(object, name, checked(item)))
        out_of_memory();
}

cJSON *json_string(const char *text)
{
    char *safe = text_for_json(text);
    cJSON *item = checked(cJSON_CreateString(safe));
    free(safe);
    return item;
}

cJSON *json_strings(const char *const *texts, size_t count)
{
    cJSON *array = checked(cJSON_CreateArray());
    for (size_t i = 0; i < count; i++)
        (void)cJSON_AddItemToArray(array, json_string(texts[i]));
    return array;
}

void json_add_text(cJSON *object, const char *name, const char *text)
{
    json_add(object, name, json_string(text));
}

/* As text: cJSON keeps numbers as doubles, which lose integers beyond 2^53. */
void json_add_integer(cJSON *object, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    json_add(object, name, cJSON_CreateRaw(text));
}

void json_add_flag(cJSON *object, const char *name, bool value)
{
    json_add(object, name, cJSON_CreateBool(value));
}

static void add_milliseconds(cJSON *object, const char *name, double value)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.2f", isfinite(value) && value >= 0 ? value : 0.0);
    json_add(object, name, cJSON_CreateRaw(text));
}

void json_format_time(time_t time, char text_out[32])
{
    struct tm utc;
    if (!gmtime_r(&time, &utc) || strftime(text_out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        text_out[0] = '\0';
}

static void add_timings(cJSON *object, const struct tess_timings *timings)
{
    cJSON *item = json_object();
    add_milliseconds(item, "plan", timings->plan_ms);
    add_milliseconds(item, "fetch", timings->fetch_ms);
    add_milliseconds(item, "decode", timings->decode_ms);
    add_milliseconds(item, "place", timings->place_ms);
    add_milliseconds(item, "encode", timings->encode_ms);
    add_milliseconds(item, "store", timings->store_ms);
    add_milliseconds(item, "total", timings->total_ms);
    json_add(object, "timings_ms", item);
}

void json_add_failed(cJSON *object, const struct tess_result *result)
{
    cJSON *failed = checked(cJSON_CreateArray());
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        if (cell->status == TESS_OK)
            continue;
        cJSON *item = json_object();
        json_add_text(item, "key", cell->source);
        if (result->pages > 1)
            json_add_integer(item, "page", cell->page);
        json_add_integer(item, "cell", cell->cell);
        json_add_text(item, "reason", cell->reason);
        (void)cJSON_AddItemToArray(failed, item);
    }
    json_add(object, "failed", failed);
}

static void add_geometry(cJSON *object, const struct tess_result *result)
{
    json_add_integer(object, "width", result->width_px);
    json_add_integer(object, "height", result->height_px);
    json_add_integer(object, "columns", result->columns);
    json_add_integer(object, "rows", result->rows);
    json_add_integer(object, "tiles", result->tiles);
}

void json_add_montage(cJSON *object, const struct tess_result *result)
{
    json_add_text(object, "message", "built grid");
    json_add_text(object, "output", result->output_count > 0 ? result->outputs[0] : "");
    if (result->output_count > 1) {
        cJSON *outputs = checked(cJSON_CreateArray());
        for (size_t i = 0; i < result->output_count; i++) {
            (void)cJSON_AddItemToArray(outputs, json_string(result->outputs[i]));
        }
        json_add(object, "outputs", outputs);
    }
    add_geometry(object, result);
    json_add_integer(object, "pages", result->pages);
    json_add_integer(object, "bytes", (int64_t)result->bytes);
    json_add_failed(object, result);
    add_timings(object, &result->timings);
}

void json_add_grid(cJSON *object, const struct tess_answer *answer)
{
    json_add_text(object, "message", "built grid");
    json_add_text(object, "presigned_url", answer->presigned_url);
    json_add_text(object, "grid_id", answer->grid_id);
    json_add_text(object, "key", answer->key);
    add_geometry(object, answer->result);
    json_add_failed(object, answer->result);
    json_add_flag(object, "cached", answer->cached);
    char expires_at[32];
    json_format_time((time_t)answer->expires_at_s, expires_at);
    json_add_text(object, "expires_at", expires_at);
    add_timings(object, &answer->result->timings);
}

void json_add_error(cJSON *object, const struct tess_error *error)
{
    json_add_text(object, "message", error->message);
    json_add_text(object, "code", tess_status_name(error->status));
    if (error->limit[0] != '\0')
        json_add_text(object, "limit", error->limit);
}

void json_add_plan(cJSON *object, const struct tess_plan_summary *plan)
{
    json_add_integer(object, "width", plan->width_px);
    json_add_integer(object, "height", plan->height_px);
    json_add_integer(object, "columns", plan->columns);
    json_add_integer(object, "rows", plan->rows);
    json_add_integer(object, "tiles", plan->tiles);
    json_add_integer(object, "pages", plan->pages);
    json_add_text(object, "format", tess_format_extension(plan->format));
    json_add_integer(object, "canvas_bytes", (int64_t)plan->canvas_bytes);
    json_add_integer(object, "memory_bytes", (int64_t)plan->memory_bytes);
}

cJSON *json_map(const struct tess_result *result)
{
    cJSON *map = checked(cJSON_CreateArray());
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        cJSON *rectangle = json_object();
        json_add_integer(rectangle, "x", cell->rect.x_px);
        json_add_integer(rectangle, "y", cell->rect.y_px);
        json_add_integer(rectangle, "width", cell->rect.width_px);
        json_add_integer(rectangle, "height", cell->rect.height_px);
        cJSON *item = json_object();
        json_add_integer(item, "cell", cell->cell);
        json_add_text(item, "source", cell->source);
        json_add(item, "rectangle", rectangle);
        json_add_integer(item, "page", cell->page);
        json_add_text(item, "status", tess_status_name(cell->status));
        json_add_text(item, "reason", cell->reason);
        (void)cJSON_AddItemToArray(map, item);
    }
    return map;
}

char *json_print(const cJSON *item)
{
    char *printed = cJSON_PrintUnformatted(item);
    if (!printed)
        out_of_memory();
    char *safe = json_for_terminal(printed);
    cJSON_free(printed);
    return safe;
}

bool json_answer(cJSON *item)
{
    char *line = json_print(item);
    cJSON_Delete(item);
    bool good = printf("%s\n", line) >= 0 && fflush(stdout) == 0;
    free(line);
    return good;
}
