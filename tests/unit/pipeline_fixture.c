// SPDX-License-Identifier: MIT
#include "pipeline_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static const struct made_jpeg *kind_of(const struct fake_source *fake, size_t index)
{
    return &fake->kinds[index * 7 % FAKE_KINDS];
}

static enum tess_status fake_size(const struct source *source, size_t index, uint64_t *bytes_out,
                                  struct tess_error *error)
{
    const struct fake_source *fake = (const struct fake_source *)source;
    (void)error;
    *bytes_out = kind_of(fake, index)->size - fake->size_error_bytes;
    return TESS_OK;
}

static enum tess_status fake_read(const struct source *source, size_t index, uint64_t max_bytes,
                                  const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                  struct tess_error *error)
{
    struct fake_source *fake = (struct fake_source *)(uintptr_t)source;
    const struct made_jpeg *jpeg = kind_of(fake, index);
    const uint32_t reads = atomic_fetch_add(&fake->reads, 1) + 1;
    if (reads == atomic_load(&fake->cancel_after))
        __atomic_store_n(&fake->cancel, 1, __ATOMIC_RELAXED);
    if (fake->delay_us)
        usleep((useconds_t)((index * 2654435761U + reads * 40503U) % fake->delay_us));
    bytes_init(out, (size_t)max_bytes);
    *size_out = jpeg->size;
    (void)stop;
    if (fake->fails[index] != TESS_OK)
        return error_set(error, fake->fails[index], "item %zu is not to be had", index);
    if (bytes_append(out, jpeg->data, jpeg->size) == TESS_OK)
        return TESS_OK;
    bytes_clear(out);
    return jpeg->size > max_bytes ? error_limit(error, "max-bytes", "item %zu is too large", index)
                                  : error_set(error, TESS_ERR_MEMORY, "no memory for item %zu", index);
}

static const char *fake_name(const struct source *source, size_t index)
{
    const struct fake_source *fake = (const struct fake_source *)source;
    return fake->blank_every && index % fake->blank_every == 0 ? "" : "item.jpg";
}

void fake_source_init(struct fake_source *fake)
{
    memset(fake, 0, sizeof *fake);
    fake->source = (struct source){.size = fake_size, .read = fake_read, .name = fake_name, .fetches = 3};
    static const struct {
        uint32_t width, height;
        int h_samp, v_samp;
        uint8_t orientation;
    } kinds[FAKE_KINDS] = {{160, 120, 2, 2, 1}, {90, 200, 2, 1, 6}, {64, 64, 1, 1, 1},
                           {300, 100, 2, 2, 3}, {33, 47, 2, 2, 8},  {128, 96, 1, 2, 1}};
    for (size_t i = 0; i < FAKE_KINDS; i++)
        fake->kinds[i] = made_photo(kinds[i].width, kinds[i].height, kinds[i].h_samp, kinds[i].v_samp,
                                    kinds[i].orientation);
}

void fake_source_clear(struct fake_source *fake)
{
    for (size_t i = 0; i < FAKE_KINDS; i++)
        made_clear(&fake->kinds[i]);
}

/* The sink is its own object writer. */
static enum tess_status fake_write(struct object_writer *writer, const void *data, size_t size,
                                   struct tess_error *error)
{
    struct fake_sink *fake = (struct fake_sink *)writer;
    if (fake->on_write)
        fake->on_write(fake->context);
    if (fake->delay_us)
        usleep(fake->delay_us);
    if (++fake->writes == fake->fail_at)
        return error_set(error, TESS_ERR_IO, "write %u was to fail", fake->fail_at);
    uint8_t *grown = realloc(fake->data, fake->size + size);
    if (!grown)
        return error_set(error, TESS_ERR_MEMORY, "no memory for the test's sink");
    memcpy(grown + fake->size, data, size);
    fake->data = grown;
    fake->size += size;
    return TESS_OK;
}

void fake_sink_init(struct fake_sink *fake)
{
    static const struct objects_ops ops = {.writer_write = fake_write};
    memset(fake, 0, sizeof *fake);
    fake->objects.ops = &ops;
    fake->sink = (struct sink){.objects = &fake->objects, .object = (struct object_writer *)fake};
}

void fake_sink_clear(struct fake_sink *fake)
{
    free(fake->data);
    memset(fake, 0, sizeof *fake);
}

struct tess_engine *fake_engine(uint32_t threads)
{
    struct tess_engine_options options;
    struct tess_engine *engine = NULL;
    tess_engine_options_defaults(&options);
    options.threads = threads;
    assert_int_equal(tess_engine_create(&options, &engine, NULL), TESS_OK);
    return engine;
}

struct job_setup job_setup_of(struct tess_engine *engine, struct fake_source *source, struct fake_sink *sink,
                              uint32_t images, uint32_t tile_px)
{
    struct job_setup setup = {.engine = engine, .images = images, .source = source, .sink = sink};
    tess_grid_options_defaults(&setup.options);
    setup.options.tile_width_px = setup.options.tile_height_px = tile_px;
    return setup;
}

void job_run(const struct job_setup *setup, struct job_outcome *outcome)
{
    const struct tess_grid_options *options = &setup->options;
    const struct plan_input input = {.options = options,
                                     .limits = &setup->engine->options.limits,
                                     .images = setup->images,
                                     .format = options->format == TESS_FORMAT_AUTO ? TESS_FORMAT_JPEG
                                                                                   : options->format,
                                     .threads = setup->engine->options.threads};
    memset(outcome, 0, sizeof *outcome);
    assert_int_equal(plan_make(&input, &outcome->plan, &outcome->error), TESS_OK);
    outcome->result = result_create(setup->images, 1);
    assert_non_null(outcome->result);
    for (uint32_t cell = 0; cell < setup->images; cell++) {
        const struct tess_rect rect = plan_cell_rect(&outcome->plan, cell);
        assert_int_equal(result_place(outcome->result, cell, 0, cell, &rect, "item.jpg"), TESS_OK);
    }
    const struct pipeline_page page = {.engine = setup->engine,
                                       .plan = &outcome->plan,
                                       .options = options,
                                       .source = &setup->source->source,
                                       .total = setup->images,
                                       .sink = &setup->sink->sink,
                                       .result = outcome->result,
                                       .watch = &setup->watch,
                                       .deadline_ns = setup->deadline_ns};
    outcome->status = pipeline_run(&page, &outcome->error);
    result_close(outcome->result, &outcome->plan, 1);
    if (outcome->status != TESS_OK) {
        assert_int_equal(outcome->error.status, outcome->status);
        assert_true(outcome->error.message[0] != '\0');
    }
}

void job_outcome_clear(struct job_outcome *outcome)
{
    result_destroy(outcome->result);
    memset(outcome, 0, sizeof *outcome);
}

void job_run_well(const struct job_setup *setup, struct job_outcome *outcome)
{
    job_run(setup, outcome);
    if (outcome->status != TESS_OK)
        fail_msg("%s", outcome->error.message);
    assert_int_equal(setup->sink->sink.bytes, setup->sink->size);
}
