// SPDX-License-Identifier: MIT
/* Files, stored objects and https:// images in, one picture (or numbered pages) out. */
#include "engine/montage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "engine/caller.h"
#include "engine/outcome.h"
#include "engine/output.h"
#include "engine/pipeline.h"
#include "engine/source_any.h"

void tess_montage_defaults(struct tess_montage *montage)
{
    *montage = (struct tess_montage){0};
    tess_grid_options_defaults(&montage->options);
}

enum tess_status montage_plan(const struct tess_engine *engine, const struct tess_grid_options *options,
                              uint64_t images, enum tess_format format, struct plan *plan_out,
                              struct tess_error *error)
{
    const struct plan_input input = {.options = options,
                                     .limits = &engine->options.limits,
                                     .images = images,
                                     .format = format == TESS_FORMAT_AUTO ? TESS_FORMAT_JPEG : format,
                                     .threads = engine->options.threads};
    enum tess_status status = plan_make(&input, plan_out, error);
    if (status == TESS_OK && plan_out->canvas_bytes > budget_share_bytes(engine->budget, BUDGET_CANVAS))
        status = error_limit(
            error, "memory",
            "the grid under construction needs %llu MiB, more than the %llu MiB that the limit memory "
            "leaves for it",
            (unsigned long long)(plan_out->canvas_bytes >> 20),
            (unsigned long long)(budget_share_bytes(engine->budget, BUDGET_CANVAS) >> 20));
    return status;
}

struct tess_plan_summary montage_summary(const struct plan *plan, uint32_t tiles, uint32_t pages)
{
    return (struct tess_plan_summary){.columns = plan->columns,
                                      .rows = plan->rows,
                                      .tiles = tiles,
                                      .pages = pages,
                                      .width_px = plan->width_px,
                                      .height_px = plan->height_px,
                                      .canvas_bytes = plan->canvas_bytes,
                                      .memory_bytes = plan->memory_bytes,
                                      .format = plan->format};
}

static enum tess_format format_of(const struct tess_grid_options *options, const char *output)
{
    return options->format != TESS_FORMAT_AUTO || !output ? options->format : tess_format_of_name(output);
}

/* How the images spread over pages. */
struct paging {
    uint32_t images, per_page, pages;
};

/* Checks the number of images over all pages, which no page's plan sees. */
static enum tess_status make_paging(const struct tess_engine *engine, const struct tess_grid_options *options,
                                    size_t images, struct paging *paging_out, struct tess_error *error)
{
    const uint32_t most = engine->options.limits.max_cells;
    if (images > most)
        return error_limit(error, "max-cells", "%zu images are more than the limit max-cells of %u", images,
                           most);
    if (images == 0)
        return error_set(error, TESS_ERR_INVALID, "no images: a grid needs at least one");
    uint32_t per_page = (uint32_t)plan_page_capacity(options, images);
    *paging_out = (struct paging){(uint32_t)images, per_page, ((uint32_t)images + per_page - 1) / per_page};
    return TESS_OK;
}

static uint32_t images_on_page(const struct paging *paging, uint32_t page)
{
    uint32_t left = paging->images - page * paging->per_page;
    return left < paging->per_page ? left : paging->per_page;
}

enum tess_status tess_plan_summarise(struct tess_engine *engine, const struct tess_grid_options *options,
                                     size_t count, const char *output, struct tess_plan_summary *summary_out,
                                     struct tess_error *error)
{
    struct paging paging = {0};
    struct plan plan;
    enum tess_status status = make_paging(engine, options, count, &paging, error);
    if (status == TESS_OK)
        status = montage_plan(engine, options, images_on_page(&paging, 0), format_of(options, output), &plan,
                              error);
    if (status == TESS_OK)
        *summary_out = montage_summary(&plan, paging.images, paging.pages);
    return status;
}

/* What one montage needs from its first page to its last. */
struct montage_run {
    struct tess_engine *engine;
    const struct tess_montage *montage;
    enum tess_format format;
    struct paging paging;
    struct source_any images;
    struct result *result;
    int64_t deadline_ns;
    bool cells_failed; /* and the job with them */
};

static enum tess_status plan_page(const struct montage_run *run, uint32_t page, struct plan *plan,
                                  struct tess_error *error)
{
    return montage_plan(run->engine, &run->montage->options, images_on_page(&run->paging, page), run->format,
                        plan, error);
}

/* All pages' reports at once, so that a job that fails early still says of every cell what it was to show. */
static enum tess_status place_reports(const struct montage_run *run, struct tess_error *error)
{
    struct plan plan;
    enum tess_status status = TESS_OK;
    for (uint32_t i = 0; status == TESS_OK && i < run->paging.images; i++) {
        const uint32_t page = i / run->paging.per_page, cell = i % run->paging.per_page;
        if (cell == 0)
            status = plan_page(run, page, &plan, error);
        if (status != TESS_OK)
            return status;
        const struct tess_rect rect = plan_cell_rect(&plan, cell);
        if (result_place(run->result, i, page, cell, &rect, run->montage->paths[i]) != TESS_OK)
            status = error_set(error, TESS_ERR_MEMORY, "no memory for the reports of %u cells",
                               run->paging.images);
    }
    return status;
}

static enum tess_status run_pipeline(struct montage_run *run, const struct plan *plan, uint32_t page,
                                     struct file_writer *writer, struct tess_error *error)
{
    struct sink sink = {.file = writer};
    const struct pipeline_page job = {.engine = run->engine,
                                      .plan = plan,
                                      .options = &run->montage->options,
                                      .source = &run->images.source,
                                      .first = page * run->paging.per_page,
                                      .total = run->paging.images,
                                      .sink = &sink,
                                      .result = run->result,
                                      .watch = &run->montage->watch,
                                      .deadline_ns = run->deadline_ns};
    enum tess_status status = pipeline_run(&job, error);
    run->result->pub.bytes += sink.bytes;
    return status;
}

/* A page that has been written but is not visible yet. */
struct page_file {
    struct file_writer writer;
    char *path; /* owned until it is the result's */
};

static enum tess_status write_page(struct montage_run *run, uint32_t page, struct plan *plan,
                                   struct page_file *file, struct tess_error *error)
{
    enum tess_status status = plan_page(run, page, plan, error);
    if (status != TESS_OK)
        return status;
    file->path = output_page_name(run->montage->output, page, run->paging.pages);
    if (!file->path)
        return error_set(error, TESS_ERR_MEMORY, "no memory for a file name");
    status = file_writer_open(&file->writer, file->path, false, error);
    if (status == TESS_OK)
        status = run_pipeline(run, plan, page, &file->writer, error);
    if (status == TESS_OK)
        status = file_writer_seal(&file->writer, error);
    return status;
}

/* All pages become visible, or, where one failed, none. */
static enum tess_status publish_pages(struct montage_run *run, struct page_file *files,
                                      enum tess_status status, struct tess_error *error)
{
    for (uint32_t page = 0; page < run->paging.pages; page++) {
        struct page_file *file = &files[page];
        if (status == TESS_OK)
            status = file_writer_commit(&file->writer, error);
        if (status == TESS_OK) {
            result_take_output(run->result, file->path);
        } else {
            file_writer_abort(&file->writer);
            free(file->path);
        }
    }
    return status;
}

static enum tess_status run_pages(struct montage_run *run, struct tess_error *error)
{
    struct plan plan;
    enum tess_status status = TESS_OK;
    struct page_file *files = calloc(run->paging.pages, sizeof *files);
    if (!files)
        return error_set(error, TESS_ERR_MEMORY, "no memory for %u pages", run->paging.pages);
    for (uint32_t page = 0; page < run->paging.pages; page++)
        files[page].writer.fd = -1;
    status = place_reports(run, error);
    for (uint32_t page = 0; status == TESS_OK && page < run->paging.pages; page++)
        status = write_page(run, page, &plan, &files[page], error);
    run->cells_failed = status == TESS_ERR_TILE_FAILED;
    if (status == TESS_OK) {
        status = outcome_check(run->result, error);
        run->cells_failed = status != TESS_OK;
    }
    status = publish_pages(run, files, status, error);
    free(files);
    if (status == TESS_OK || run->cells_failed)
        result_close(run->result, &plan, run->paging.pages);
    return status;
}

enum tess_status tess_montage_run(struct tess_engine *engine, const struct tess_montage *montage,
                                  struct tess_result **result_out, struct tess_error *error)
{
    const int64_t begun_ns = clock_monotonic_ns();
    struct montage_run run = {.engine = engine,
                              .montage = montage,
                              .format = format_of(&montage->options, montage->output),
                              .deadline_ns =
                                  caller_from_now(&montage->watch, &engine->options.limits).deadline_ns};
    struct plan plan;
    *result_out = NULL;
    if (!montage->output)
        return error_set(error, TESS_ERR_INVALID, "no output file named");
    enum tess_status status = make_paging(engine, &montage->options, montage->path_count, &run.paging, error);
    if (status == TESS_OK) /* all limits, before any file is opened */
        status = montage_plan(engine, &montage->options, run.paging.per_page, run.format, &plan, error);
    if (status == TESS_OK)
        status =
            tess_output_check(montage->output, run.paging.pages, montage->paths, montage->path_count, error);
    if (status != TESS_OK)
        return status;
    run.result = result_create(run.paging.images, run.paging.pages);
    if (!run.result)
        return error_set(error, TESS_ERR_MEMORY, "no memory for the reports of %u cells", run.paging.images);
    status = source_any_init(&run.images, montage, error);
    run.result->pub.timings.plan_ms = (double)(clock_monotonic_ns() - begun_ns) / 1e6;
    if (status == TESS_OK)
        status = run_pages(&run, error);
    source_any_clear(&run.images);
    run.result->pub.timings.total_ms = (double)(clock_monotonic_ns() - begun_ns) / 1e6;
    if (status == TESS_OK || run.cells_failed)
        *result_out = &run.result->pub;
    else
        result_destroy(run.result);
    return status;
}
