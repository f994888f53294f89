// SPDX-License-Identifier: MIT
#include "engine/sidecar.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const enum tess_status lasting[] = {TESS_ERR_NOT_FOUND, TESS_ERR_NOT_IMAGE, TESS_ERR_CORRUPT,
                                           TESS_ERR_UNSUPPORTED, TESS_ERR_LIMIT};

bool sidecar_is_lasting(enum tess_status status)
{
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        if (lasting[i] == status)
            return true;
    }
    return false;
}

static bool add_failed_cell(cJSON *failed, const struct tess_cell_report *report)
{
    cJSON *cell = cJSON_CreateObject();
    if (!cell || !cJSON_AddItemToArray(failed, cell)) {
        cJSON_Delete(cell);
        return false;
    }
    return cJSON_AddNumberToObject(cell, "cell", report->cell) &&
           cJSON_AddStringToObject(cell, "status", tess_status_name(report->status)) &&
           cJSON_AddStringToObject(cell, "reason", report->reason);
}

enum tess_status sidecar_write(const struct result *whole, const char *key, struct bytes *json_out,
                               struct tess_error *error)
{
    const struct tess_result *result = &whole->pub;
    bytes_init(json_out, SIDECAR_MAX_BYTES);
    cJSON *root = cJSON_CreateObject();
    cJSON *failed = root ? cJSON_AddArrayToObject(root, "failed") : NULL;
    bool good = failed && cJSON_AddStringToObject(root, "key", key) &&
                cJSON_AddNumberToObject(root, "tiles", result->tiles) &&
                cJSON_AddNumberToObject(root, "bytes", (double)result->bytes) &&
                cJSON_AddBoolToObject(root, "short_of_memory", whole->short_of_memory);
    for (size_t i = 0; good && i < result->cell_count; i++) {
        if (result->cells[i].status != TESS_OK)
            good = add_failed_cell(failed, &result->cells[i]);
    }
    char *text = good ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    enum tess_status status = text ? bytes_append_text(json_out, text) : TESS_ERR_MEMORY;
    cJSON_free(text);
    if (status != TESS_OK)
        return error_set(error, TESS_ERR_MEMORY, "no memory for the list of failed cells");
    return TESS_OK;
}

static enum tess_status status_of_name(const char *name)
{
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        if (strcmp(tess_status_name(lasting[i]), name) == 0)
            return lasting[i];
    }
    return TESS_ERR_INTERNAL;
}

static bool apply_failed_cell(const cJSON *cell, struct result *result)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(cell, "cell");
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(cell, "status");
    const cJSON *reason = cJSON_GetObjectItemCaseSensitive(cell, "reason");
    if (!cJSON_IsNumber(number) || !cJSON_IsString(status) || !cJSON_IsString(reason))
        return false;
    struct tess_error error;
    error_set(&error, status_of_name(status->valuestring), "%s", reason->valuestring);
    if (error.status == TESS_ERR_INTERNAL || number->valuedouble < 0 ||
        number->valuedouble >= (double)result->pub.cell_count ||
        result->cells[(size_t)number->valuedouble].status != TESS_OK)
        return false;
    result_fail(result, (uint32_t)number->valuedouble, &error);
    return true;
}

enum tess_status sidecar_read(const struct bytes *json, struct result *result, char key_out[GRID_KEY_BYTES],
                              struct tess_error *error)
{
    cJSON *root = cJSON_ParseWithLength((const char *)json->data, json->size);
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(root, "key");
    const cJSON *tiles = cJSON_GetObjectItemCaseSensitive(root, "tiles");
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(root, "bytes");
    const cJSON *failed = cJSON_GetObjectItemCaseSensitive(root, "failed");
    const cJSON *memory = cJSON_GetObjectItemCaseSensitive(root, "short_of_memory");
    bool good = cJSON_IsString(key) && key->valuestring[0] && strlen(key->valuestring) < GRID_KEY_BYTES &&
                cJSON_IsNumber(tiles) && tiles->valuedouble == result->pub.tiles && cJSON_IsNumber(size) &&
                size->valuedouble >= 0 && size->valuedouble < 1e15 && cJSON_IsArray(failed) &&
                !cJSON_IsTrue(memory);
    if (good) {
        result->pub.bytes = (uint64_t)size->valuedouble;
        memcpy(key_out, key->valuestring, strlen(key->valuestring) + 1);
    }
    const cJSON *cell = NULL, *list = good ? failed : NULL;
    cJSON_ArrayForEach(cell, list)
    {
        good = good && apply_failed_cell(cell, result);
    }
    cJSON_Delete(root);
    return good ? TESS_OK
                : error_set(error, TESS_ERR_CORRUPT, "the stored grid's list of failed cells is damaged");
}
