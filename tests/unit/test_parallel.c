// SPDX-License-Identifier: MIT
/* What many requests at once are made of: a loop whose turns overlap, guesses of sizes and their correction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/budget.h"
#include "base/error.h"
#include "base/parallel.h"
#include "engine/fetch.h"
#include "fake_cloud.h"

enum { TURNS = 100, AT_ONCE = 8 };

struct loop {
    atomic_uint runs[TURNS], begun, running, most;
    unsigned gather;   /* turns wait until so many have begun */
    size_t fails_from; /* turns from here on fail */
};

static enum tess_status take_turn(void *context, size_t index, struct tess_error *error)
{
    struct loop *loop = context;
    const unsigned running = atomic_fetch_add(&loop->running, 1) + 1;
    unsigned most = atomic_load(&loop->most);
    while (running > most && !atomic_compare_exchange_weak(&loop->most, &most, running))
        ;
    atomic_fetch_add(&loop->runs[index], 1);
    atomic_fetch_add(&loop->begun, 1);
    (void)cloud_await(&loop->begun, loop->gather);
    atomic_fetch_sub(&loop->running, 1);
    return index < loop->fails_from ? TESS_OK : error_set(error, TESS_ERR_IO, "turn %zu was to fail", index);
}

static void every_turn_runs_once_and_many_at_once(void **state)
{
    (void)state;
    static const uint32_t threads[] = {0, 1, AT_ONCE, 1000};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        static struct loop loop;
        const unsigned most = threads[i] == 0 ? 1 : threads[i] > TURNS ? TURNS : threads[i];
        memset(&loop, 0, sizeof loop);
        loop.fails_from = TURNS;
        loop.gather = most;
        assert_int_equal(parallel_for(TURNS, threads[i], take_turn, &loop, NULL), TESS_OK);
        for (size_t turn = 0; turn < TURNS; turn++)
            assert_int_equal(atomic_load(&loop.runs[turn]), 1);
        assert_int_equal(atomic_load(&loop.most), most);
        assert_int_equal(atomic_load(&loop.running), 0);
    }
    assert_int_equal(parallel_for(0, 4, take_turn, NULL, NULL), TESS_OK);
}

static void the_first_failure_ends_the_loop(void **state)
{
    (void)state;
    static struct loop loop;
    struct tess_error error = {0};
    loop.fails_from = 10;
    assert_int_equal(parallel_for(TURNS, 1, take_turn, &loop, &error), TESS_ERR_IO);
    assert_string_equal(error.message, "turn 10 was to fail");
    assert_int_equal(atomic_load(&loop.begun), 11);
    memset(&loop, 0, sizeof loop);
    loop.fails_from = 0;
    assert_int_equal(parallel_for(TURNS, AT_ONCE, take_turn, &loop, NULL), TESS_ERR_IO);
    assert_true(atomic_load(&loop.begun) <= AT_ONCE);
}

static void what_is_usual_grows_at_once_and_shrinks_slowly(void **state)
{
    (void)state;
    source_typical typical = 0;
    assert_int_equal(source_typical_guess(&typical), 4 << 20);
    source_typical_learn(&typical, 20 << 20);
    assert_true(source_typical_guess(&typical) >= 20 << 20);
    source_typical_learn(&typical, 1000);
    assert_true(source_typical_guess(&typical) >= 17 << 20);
    for (int i = 0; i < 200; i++)
        source_typical_learn(&typical, 1000);
    assert_true(source_typical_guess(&typical) >= 1000 && source_typical_guess(&typical) < 2000);
    for (int i = 0; i < 200; i++)
        source_typical_learn(&typical, 0);
    assert_true(source_typical_guess(&typical) < 4096);
}

static void what_is_to_spare_is_taken_and_nothing_else(void **state)
{
    (void)state;
    struct budget *budget = budget_create(16000);
    assert_true(budget_try_reserve(budget, BUDGET_EARLY, 600));
    assert_false(budget_try_reserve(budget, BUDGET_EARLY, 401));
    assert_true(budget_try_reserve(budget, BUDGET_EARLY, 400));
    assert_false(budget_try_reserve(budget, BUDGET_EARLY, 1));
    assert_true(budget_try_reserve(budget, BUDGET_EARLY, 0));
    assert_int_equal(budget_peak_bytes(budget), 1000);
    budget_release(budget, BUDGET_EARLY, 1000);
    assert_true(budget_try_reserve(budget, BUDGET_EARLY, 1000));
    budget_release(budget, BUDGET_EARLY, 1000);
    budget_destroy(budget);
}

/* A source that tells nothing but its bytes. */
struct plain {
    struct source source; /* first */
    uint64_t guess, real, grows_by;
    bool tells; /* the real size, with its refusal */
    int reads;
};

static enum tess_status plain_size(const struct source *source, size_t index, uint64_t *bytes_out,
                                   struct tess_error *error)
{
    (void)index;
    (void)error;
    *bytes_out = ((const struct plain *)source)->guess;
    return TESS_OK;
}

static enum tess_status plain_read(const struct source *source, size_t index, uint64_t max_bytes,
                                   const struct stop *stop, struct bytes *out, uint64_t *size_out,
                                   struct tess_error *error)
{
    struct plain *plain = (struct plain *)(uintptr_t)source;
    (void)index;
    (void)stop;
    bytes_init(out, (size_t)max_bytes);
    plain->reads++;
    *size_out = plain->tells ? plain->real : 0;
    if (plain->real > max_bytes) {
        plain->real += plain->grows_by;
        return error_limit(error, "max-bytes", "too large for this ticket");
    }
    if (bytes_reserve(out, (size_t)plain->real) != TESS_OK)
        return error_set(error, TESS_ERR_MEMORY, "no memory");
    out->size = (size_t)plain->real;
    memset(out->data, 1, out->size);
    return TESS_OK;
}

static enum tess_status fetch_plain(struct plain *plain, uint64_t most, struct tess_error *error)
{
    struct budget *budget = budget_create(8 << 20); /* a share of 1 MiB */
    struct fetch fetch = {.source = &plain->source,
                          .most_bytes = most,
                          .fetches = 1024,
                          .budget = budget,
                          .share = BUDGET_FETCHED,
                          .wait = true};
    struct bytes bytes;
    uint64_t ticket = 7;
    plain->source.size = plain_size;
    plain->source.read = plain_read;
    plain->reads = 0;
    enum tess_status status = fetch_item(&fetch, &bytes, &ticket, error);
    assert_true(ticket >= bytes.size && ticket <= bytes.size * 2);
    if (status == TESS_OK)
        assert_int_equal(bytes.size, plain->real);
    bytes_clear(&bytes);
    budget_release(budget, BUDGET_FETCHED, ticket);
    assert_true(budget_try_reserve(budget, BUDGET_FETCHED, 1 << 20));
    budget_release(budget, BUDGET_FETCHED, 1 << 20);
    budget_destroy(budget);
    return status;
}

static void wrong_guesses_are_corrected(void **state)
{
    (void)state;
    struct tess_error error;
    struct plain plain = {.source.size_is_guess = true, .guess = 1000, .real = 900, .tells = true};
    assert_int_equal(fetch_plain(&plain, 1 << 26, &error), TESS_OK);
    assert_int_equal(plain.reads, 1);
    plain.real = 700000;
    assert_int_equal(fetch_plain(&plain, 1 << 26, &error), TESS_OK);
    assert_int_equal(plain.reads, 2);
    plain.tells = false; /* found by asking for more and more */
    plain.real = 60000;
    assert_int_equal(fetch_plain(&plain, 1 << 26, &error), TESS_OK);
    assert_int_equal(plain.reads, 3);
    plain.tells = true;
    plain.grows_by = 1;
    assert_int_equal(fetch_plain(&plain, 1 << 26, &error), TESS_ERR_IO);
    assert_string_equal(error.message, "it grew while it was read");
    assert_int_equal(plain.reads, 3);
}

static void refusals_name_their_limit(void **state)
{
    (void)state;
    struct tess_error error;
    struct plain plain = {.source.size_is_guess = true, .guess = 1000, .real = 5000, .tells = true};
    assert_int_equal(fetch_plain(&plain, 4000, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_non_null(strstr(error.message, "5000 bytes"));
    assert_int_equal(plain.reads, 1);
    plain.tells = false;
    assert_int_equal(fetch_plain(&plain, 4000, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_int_equal(plain.reads, 2);
    plain.tells = true;
    plain.real = 2 << 20;
    assert_int_equal(fetch_plain(&plain, 1 << 26, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "memory");
    plain.source.size_is_guess = false; /* a file: not read at all */
    plain.guess = 5000;
    assert_int_equal(fetch_plain(&plain, 4000, &error), TESS_ERR_LIMIT);
    assert_int_equal(plain.reads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_turn_runs_once_and_many_at_once),
        cmocka_unit_test(the_first_failure_ends_the_loop),
        cmocka_unit_test(what_is_usual_grows_at_once_and_shrinks_slowly),
        cmocka_unit_test(what_is_to_spare_is_taken_and_nothing_else),
        cmocka_unit_test(wrong_guesses_are_corrected),
        cmocka_unit_test(refusals_name_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
