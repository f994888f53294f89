// SPDX-License-Identifier: MIT
/*
 * Jobs that do not come to their end: failing sinks, cancelling, deadlines, strict mode, no memory; and jobs
 * beside each other. Whatever happens, the call comes back with the reason, and nothing runs or is held
 * after.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "pipeline_fixture.h"
#include "torture.h"

#ifdef __SANITIZE_THREAD__
enum { WITH_VIPS = 0 }; /* its libraries are not built for ThreadSanitizer */
#else
enum { WITH_VIPS = 1 };
#endif

struct bench {
    struct tess_engine *engine;
    struct fake_source source;
    struct fake_sink sink;
    struct job_setup setup;
    struct job_outcome outcome;
};

static void bench_init(struct bench *bench, uint32_t threads, uint32_t images, uint32_t tile_px)
{
    bench->engine = fake_engine(threads);
    fake_source_init(&bench->source);
    fake_sink_init(&bench->sink);
    memset(&bench->outcome, 0, sizeof bench->outcome);
    bench->setup = job_setup_of(bench->engine, &bench->source, &bench->sink, images, tile_px);
    bench->setup.watch.cancel = &bench->source.cancel;
}

static void bench_run(struct bench *bench)
{
    job_outcome_clear(&bench->outcome);
    fake_sink_clear(&bench->sink);
    fake_sink_init(&bench->sink);
    atomic_store(&bench->source.reads, 0);
    job_run(&bench->setup, &bench->outcome);
}

static void bench_clear(struct bench *bench)
{
    job_outcome_clear(&bench->outcome);
    fake_sink_clear(&bench->sink);
    fake_source_clear(&bench->source);
    /* All that was reserved has been given back: the whole of each share can be had at once. */
    for (int share = 0; share < BUDGET_SHARES; share++) {
        uint64_t all = budget_share_bytes(bench->engine->budget, (enum budget_share)share);
        assert_int_equal(budget_reserve(bench->engine->budget, (enum budget_share)share, all, "it", NULL),
                         TESS_OK);
        budget_release(bench->engine->budget, (enum budget_share)share, all);
    }
    tess_engine_destroy(bench->engine);
}

static void failing_sink_ends_the_job(void **state)
{
    (void)state;
    for (int format = TESS_FORMAT_JPEG; format <= (WITH_VIPS ? TESS_FORMAT_TIFF : TESS_FORMAT_JPEG);
         format++) {
        struct bench bench;
        bench_init(&bench, 3, 40, 64);
        bench.setup.options.format = (enum tess_format)format;
        bench_run(&bench);
        assert_int_equal(bench.outcome.status, TESS_OK);
        const uint32_t writes = bench.sink.writes;
        assert_true(writes >= 1);
        for (uint32_t nth = 1; nth <= writes; nth += 1 + nth / 8) {
            job_outcome_clear(&bench.outcome);
            fake_sink_clear(&bench.sink);
            fake_sink_init(&bench.sink);
            bench.sink.fail_at = nth;
            job_run(&bench.setup, &bench.outcome);
            assert_int_equal(bench.outcome.status, TESS_ERR_IO);
            assert_non_null(strstr(bench.outcome.error.message, "was to fail"));
            assert_true(bench.sink.writes >= nth);
        }
        bench_clear(&bench);
    }
}

static void cancel_works_at_any_moment(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 3, 50, 40);
    bench.source.delay_us = 200;
    for (uint32_t after = 1; after <= 50; after += 7) {
        bench.source.cancel = 0;
        atomic_store(&bench.source.cancel_after, after);
        bench_run(&bench);
        /* Whoever is nearly done may get there first. */
        assert_true(bench.outcome.status == TESS_ERR_CANCELLED ||
                    (after > 30 && bench.outcome.status == TESS_OK));
    }
    bench.source.cancel = 1; /* before it begins */
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_ERR_CANCELLED);
    bench_clear(&bench);
}

static void cancel_now(void *context)
{
    __atomic_store_n((volatile int *)context, 1, __ATOMIC_RELAXED);
}

/* The last cells are in place, only the encoder is at work, and the sink is slow. */
static void cancel_works_while_only_encoding(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 2, 4, 600);
    bench.setup.options.columns = 1;
    fake_sink_clear(&bench.sink);
    fake_sink_init(&bench.sink);
    bench.sink.delay_us = 60000;
    bench.sink.on_write = cancel_now;
    bench.sink.context = (void *)(uintptr_t)&bench.source.cancel;
    job_run(&bench.setup, &bench.outcome);
    assert_int_equal(bench.outcome.status, TESS_ERR_CANCELLED);
    assert_true(bench.sink.writes <= 3);
    bench_clear(&bench);
}

static void deadline_ends_the_job(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 2, FAKE_MAX_ITEMS, 16);
    bench.source.delay_us = 100000;
    bench.setup.deadline_ns = clock_monotonic_ns() + 60 * 1000000;
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_ERR_TIMEOUT);
    assert_string_equal(bench.outcome.error.limit, "timeout");
    assert_in_range(atomic_load(&bench.source.reads), 0, FAKE_MAX_ITEMS / 2); /* the rest is not even begun */
    bench_clear(&bench);
}

/* Another job holds the memory: waiting for it is no reason not to listen. */
static void waiting_for_memory_can_be_ended(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 2, 10, 16);
    const uint64_t all = budget_share_bytes(bench.engine->budget, BUDGET_CANVAS);
    assert_int_equal(budget_reserve(bench.engine->budget, BUDGET_CANVAS, all, "it", NULL), TESS_OK);
    bench.setup.deadline_ns = clock_monotonic_ns() + 40 * 1000000;
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_ERR_TIMEOUT);
    bench.setup.deadline_ns = 0;
    bench.source.cancel = 1;
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_ERR_CANCELLED);
    assert_int_equal(atomic_load(&bench.source.reads), 0);
    budget_release(bench.engine->budget, BUDGET_CANVAS, all);
    bench.source.cancel = 0;
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_OK);
    bench_clear(&bench);
}

static void strict_fails_with_the_cell(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 4, 30, 32);
    bench.setup.options.strict = true;
    bench.source.fails[17] = TESS_ERR_NOT_FOUND;
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_ERR_TILE_FAILED);
    assert_string_equal(bench.outcome.error.message, "cell 17 (item.jpg): item 17 is not to be had");
    assert_int_equal(bench.outcome.result->pub.failed_count, 1);
    assert_int_equal(bench.outcome.result->pub.cells[17].status, TESS_ERR_NOT_FOUND);
    for (int i = 0; i < 30; i++) /* whichever of them comes first */
        bench.source.fails[i] = TESS_ERR_IO;
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_ERR_TILE_FAILED);
    assert_true(bench.outcome.result->pub.failed_count >= 1);
    bench_clear(&bench);
}

static const struct fake_source *slow_source;
static atomic_uint reads_at_first_write;

/* Waits until reading has come to a stand, and notes how far it got. */
static void wait_for_a_stand(void *context)
{
    bool *waited = context;
    if (*waited)
        return;
    *waited = true;
    uint32_t before, now = atomic_load(&slow_source->reads);
    do {
        before = now;
        usleep(150000);
        now = atomic_load(&slow_source->reads);
    } while (now != before);
    atomic_store(&reads_at_first_write, now);
}

/* While the sink does not take anything, reading stops after what the ring holds: encoded strips do not pile
 * up. */
static void slow_sink_holds_reading_back(void **state)
{
    (void)state;
    struct bench bench;
    bool waited = false;
    bench_init(&bench, 2, 200, 128);
    bench.setup.options.columns = 1;
    slow_source = &bench.source;
    fake_sink_clear(&bench.sink);
    fake_sink_init(&bench.sink);
    bench.sink.on_write = wait_for_a_stand;
    bench.sink.context = &waited;
    job_run(&bench.setup, &bench.outcome);
    assert_int_equal(bench.outcome.status, TESS_OK);
    assert_true(atomic_load(&reads_at_first_write) <= bench.outcome.plan.ring_strips + 10);
    bench_clear(&bench);
}

/* Any allocation of ours may fail: a clean error, or a grid that tells of the cells that suffered. */
static void no_memory_is_survived(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 2, 4, 24);
    bool failing = true;
    for (size_t nth = 1; failing; nth++) {
        assert_true(nth < 2000);
        for (int for_good = 0; for_good < 2; for_good++) {
            const struct plan_input input = {&bench.setup.options, &bench.engine->options.limits, 4,
                                             TESS_FORMAT_JPEG, 2};
            struct plan plan;
            struct tess_error error = {0};
            assert_int_equal(plan_make(&input, &plan, NULL), TESS_OK);
            struct result *result = result_create(4, 1);
            fake_sink_clear(&bench.sink);
            fake_sink_init(&bench.sink);
            const struct pipeline_page page = {.engine = bench.engine,
                                               .plan = &plan,
                                               .options = &bench.setup.options,
                                               .source = &bench.source.source,
                                               .total = 4,
                                               .sink = &bench.sink.sink,
                                               .result = result,
                                               .watch = &bench.setup.watch};
            torture_arm(TORTURE_MEMORY, nth, for_good);
            enum tess_status status = pipeline_run(&page, &error);
            failing = torture_disarm();
            uint32_t failed = 0;
            for (int i = 0; i < 4; i++)
                failed += result->cells[i].status != TESS_OK;
            assert_true(status == TESS_OK || status == TESS_ERR_MEMORY);
            assert_true(failing || (status == TESS_OK && failed == 0));
            result_destroy(result);
        }
    }
    bench_clear(&bench);
}

enum { CROWD = 4, TURNS = 3 };

struct member {
    struct tess_engine *engine;
    const struct fake_sink *expected;
    uint32_t number;
    bool good;
};

static void *run_some(void *argument)
{
    struct member *member = argument;
    struct fake_source source;
    fake_source_init(&source);
    source.delay_us = 100;
    member->good = true;
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        struct fake_sink sink;
        struct job_outcome outcome;
        fake_sink_init(&sink);
        struct job_setup setup = job_setup_of(member->engine, &source, &sink, 30, 40);
        setup.watch.cancel = &source.cancel;
        bool cancelling = (turn + member->number) % 3 == 0;
        source.cancel = 0;
        atomic_store(&source.reads, 0);
        atomic_store(&source.cancel_after, cancelling ? 10 : 0);
        job_run(&setup, &outcome);
        if (outcome.status == TESS_OK)
            member->good = member->good && sink.size == member->expected->size &&
                           memcmp(sink.data, member->expected->data, sink.size) == 0;
        else
            member->good = member->good && cancelling && outcome.status == TESS_ERR_CANCELLED;
        job_outcome_clear(&outcome);
        fake_sink_clear(&sink);
    }
    fake_source_clear(&source);
    return NULL;
}

static void jobs_share_an_engine(void **state)
{
    (void)state;
    struct bench bench;
    pthread_t threads[CROWD];
    struct member members[CROWD];
    bench_init(&bench, 3, 30, 40);
    bench_run(&bench);
    assert_int_equal(bench.outcome.status, TESS_OK);
    for (uint32_t i = 0; i < CROWD; i++) {
        members[i] = (struct member){bench.engine, &bench.sink, i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, run_some, &members[i]), 0);
    }
    for (uint32_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (uint32_t i = 0; i < CROWD; i++)
        assert_true(members[i].good);
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_sink_ends_the_job),
        cmocka_unit_test(cancel_works_at_any_moment),
        cmocka_unit_test(cancel_works_while_only_encoding),
        cmocka_unit_test(deadline_ends_the_job),
        cmocka_unit_test(waiting_for_memory_can_be_ended),
        cmocka_unit_test(strict_fails_with_the_cell),
        cmocka_unit_test(slow_sink_holds_reading_back),
        cmocka_unit_test(no_memory_is_survived),
        cmocka_unit_test(jobs_share_an_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
