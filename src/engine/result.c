// SPDX-License-Identifier: MIT
#include "engine/result.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct result *result_create(uint32_t tiles, uint32_t pages)
{
    struct result *result = calloc(1, sizeof *result);
    if (!result)
        return NULL;
    result->cells = calloc(tiles ? tiles : 1, sizeof *result->cells);
    result->reasons = calloc(tiles ? tiles : 1, sizeof *result->reasons);
    result->sources = calloc(tiles ? tiles : 1, sizeof *result->sources);
    result->outputs = calloc(pages ? pages : 1, sizeof *result->outputs);
    result->output_capacity = pages;
    result->pub.tiles = tiles;
    result->pub.cell_count = tiles;
    result->pub.cells = result->cells;
    result->pub.outputs = (const char *const *)result->outputs;
    if (!result->cells || !result->reasons || !result->sources || !result->outputs) {
        result_destroy(result);
        return NULL;
    }
    return result;
}

void result_destroy(struct result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->pub.cell_count && result->reasons && result->sources; i++) {
        free(result->reasons[i]);
        free(result->sources[i]);
    }
    for (size_t i = 0; i < result->pub.output_count; i++)
        free(result->outputs[i]);
    free(result->cells);
    free(result->reasons);
    free(result->sources);
    free(result->outputs);
    free(result);
}

void tess_result_destroy(struct tess_result *result)
{
    result_destroy((struct result *)result);
}

enum tess_status result_place(struct result *result, uint32_t index, uint32_t page, uint32_t cell,
                              const struct tess_rect *rect, const char *source)
{
    result->sources[index] = strdup(source);
    if (!result->sources[index])
        return TESS_ERR_MEMORY;
    result->cells[index] = (struct tess_cell_report){
        .page = page, .cell = cell, .rect = *rect, .source = result->sources[index], .reason = ""};
    return TESS_OK;
}

void result_fail(struct result *result, uint32_t index, const struct tess_error *error)
{
    struct tess_cell_report *report = &result->cells[index];
    report->status = error->status;
    if (strcmp(error->limit, "memory") == 0)
        atomic_store(&result->short_of_memory, true);
    result->reasons[index] = strdup(error->message);
    report->reason = result->reasons[index] ? result->reasons[index] : tess_status_name(error->status);
}

void result_take_output(struct result *result, char *path)
{
    assert(result->pub.output_count < result->output_capacity);
    result->outputs[result->pub.output_count++] = path;
}

void result_close(struct result *result, const struct plan *plan, uint32_t pages)
{
    struct tess_result *pub = &result->pub;
    pub->width_px = plan->width_px;
    pub->height_px = plan->height_px;
    pub->columns = plan->columns;
    pub->rows = plan->rows;
    pub->pages = pages;
    pub->failed_count = 0;
    for (size_t i = 0; i < pub->cell_count; i++)
        pub->failed_count += result->cells[i].status != TESS_OK;
}
