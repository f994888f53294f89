// SPDX-License-Identifier: MIT
/* What jobs share: threads and memory. Everything runs once, in turn, and nobody waits for ever. Also what
 * they write below their tiles. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/budget.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "engine/caption.h"
#include "torture.h"

enum { TASKS = 500 };

struct counted {
    struct pool_task task; /* first */
    atomic_uint runs;
    uint32_t number;
};

static atomic_uint order_next;
static uint32_t order[TASKS];

static void run_counted(struct pool_task *task)
{
    struct counted *counted = (struct counted *)task;
    order[atomic_fetch_add(&order_next, 1) % TASKS] = counted->number;
    atomic_fetch_add(&counted->runs, 1);
}

static void every_task_runs_once(void **state)
{
    (void)state;
    static struct counted tasks[TASKS];
    for (uint32_t threads = 1; threads <= 8; threads += 7) {
        struct pool *pool = pool_create(threads);
        assert_non_null(pool);
        memset(tasks, 0, sizeof tasks);
        for (uint32_t i = 0; i < TASKS; i++) {
            tasks[i].task.run = run_counted;
            pool_submit(pool, &tasks[i].task, i % 3 == 0);
        }
        pool_destroy(pool); /* runs what is queued */
        for (uint32_t i = 0; i < TASKS; i++)
            assert_int_equal(atomic_load(&tasks[i].runs), 1);
    }
    pool_destroy(NULL);
}

struct gate {
    struct pool_task task; /* first */
    pthread_mutex_t lock;
};

static void wait_at_gate(struct pool_task *task)
{
    struct gate *gate = (struct gate *)task;
    pthread_mutex_lock(&gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void urgent_tasks_go_first(void **state)
{
    (void)state;
    static struct counted tasks[10];
    struct gate gate = {.task.run = wait_at_gate, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct pool *pool = pool_create(1);
    assert_non_null(pool);
    atomic_store(&order_next, 0);
    pthread_mutex_lock(&gate.lock);
    pool_submit(pool, &gate.task, true);
    for (uint32_t i = 0; i < 10; i++) {
        tasks[i] = (struct counted){.task.run = run_counted, .number = i};
        pool_submit(pool, &tasks[i].task, i % 2 == 1);
    }
    pthread_mutex_unlock(&gate.lock);
    pool_destroy(pool);
    static const uint32_t expected[10] = {1, 3, 5, 7, 9, 0, 2, 4, 6, 8};
    assert_memory_equal(order, expected, sizeof expected);
}

static void pools_grow_and_never_shrink(void **state)
{
    (void)state;
    struct pool *pool = pool_create(2);
    assert_int_equal(pool_threads(pool), 2);
    pool_grow(pool, 5);
    assert_int_equal(pool_threads(pool), 5);
    pool_grow(pool, 1);
    assert_int_equal(pool_threads(pool), 5);
    pool_destroy(pool);
    torture_arm(TORTURE_MEMORY, 1, true);
    pool = pool_create(2);
    assert_true(torture_disarm());
    assert_null(pool);
}

static void shares_are_separate_and_limited(void **state)
{
    (void)state;
    struct budget *budget = budget_create(800);
    struct tess_error error = {0};
    assert_int_equal(budget_share_bytes(budget, BUDGET_CANVAS), 400);
    assert_int_equal(budget_share_bytes(budget, BUDGET_FETCHED), 100);
    assert_int_equal(budget_share_bytes(budget, BUDGET_PIXELS), 250);
    assert_int_equal(budget_share_bytes(budget, BUDGET_EARLY), 50);
    assert_int_equal(budget_reserve(budget, BUDGET_FETCHED, 101, "the thing", &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "memory");
    assert_non_null(strstr(error.message, "the thing"));
    assert_int_equal(budget_reserve(budget, BUDGET_FETCHED, UINT64_MAX, "it", NULL), TESS_ERR_LIMIT);
    assert_int_equal(budget_reserve(budget, BUDGET_FETCHED, 100, "it", NULL), TESS_OK);
    assert_int_equal(budget_reserve(budget, BUDGET_PIXELS, 250, "it", NULL), TESS_OK); /* its own share */
    assert_int_equal(budget_peak_bytes(budget), 350);
    budget_release(budget, BUDGET_FETCHED, 100);
    budget_release(budget, BUDGET_PIXELS, 250);
    assert_int_equal(budget_reserve(budget, BUDGET_CANVAS, 0, "it", NULL), TESS_OK);
    assert_int_equal(budget_peak_bytes(budget), 350);
    budget_destroy(budget);
    budget_destroy(NULL);
}

struct queued {
    struct budget *budget;
    uint64_t bytes;
    atomic_int *turn; /* which comes when */
    int position;
    atomic_bool leave; /* gives up when set */
    enum tess_status status;
    pthread_t thread;
};

static enum tess_status wants_to_leave(const void *context, struct tess_error *error)
{
    (void)error;
    return atomic_load(&((const struct queued *)context)->leave) ? TESS_ERR_CANCELLED : TESS_OK;
}

static void *queue_up(void *argument)
{
    struct queued *queued = argument;
    const struct stop stop = {wants_to_leave, queued};
    queued->status = budget_reserve_until(queued->budget, BUDGET_PIXELS, queued->bytes, "it", &stop, NULL);
    queued->position = atomic_fetch_add(queued->turn, 1);
    if (queued->status == TESS_OK)
        budget_release(queued->budget, BUDGET_PIXELS, queued->bytes);
    return NULL;
}

static void start(struct queued *queued, struct budget *budget, uint64_t bytes, atomic_int *turn)
{
    *queued = (struct queued){.budget = budget, .bytes = bytes, .turn = turn, .position = -1};
    assert_int_equal(pthread_create(&queued->thread, NULL, queue_up, queued), 0);
    usleep(30000); /* it queues up before the next does */
}

/* A large request is not starved by small ones behind it; who gives up lets the others pass. */
static void waiting_is_in_turn(void **state)
{
    (void)state;
    struct budget *budget = budget_create(960); /* pixels: 300 */
    struct queued queue[5];
    atomic_int turn = 0;
    assert_int_equal(budget_reserve(budget, BUDGET_PIXELS, 200, "it", NULL), TESS_OK);
    start(&queue[0], budget, 300, &turn);
    start(&queue[1], budget, 50, &turn); /* would fit, but came later */
    start(&queue[2], budget, 300, &turn);
    start(&queue[3], budget, 60, &turn);
    assert_int_equal(atomic_load(&turn), 0);
    atomic_store(&queue[0].leave, true); /* first in line: the second fits now */
    assert_int_equal(pthread_join(queue[0].thread, NULL), 0);
    assert_int_equal(queue[0].status, TESS_ERR_CANCELLED);
    assert_int_equal(pthread_join(queue[1].thread, NULL), 0);
    assert_int_equal(queue[1].status, TESS_OK);
    start(&queue[4], budget, 70, &turn);
    atomic_store(&queue[4].leave, true); /* last in line */
    assert_int_equal(pthread_join(queue[4].thread, NULL), 0);
    assert_int_equal(queue[4].status, TESS_ERR_CANCELLED);
    assert_int_equal(atomic_load(&turn), 3);
    budget_release(budget, BUDGET_PIXELS, 200);
    assert_int_equal(pthread_join(queue[2].thread, NULL), 0);
    assert_int_equal(pthread_join(queue[3].thread, NULL), 0);
    assert_int_equal(queue[2].status, TESS_OK);
    assert_int_equal(queue[3].status, TESS_OK);
    assert_true(budget_peak_bytes(budget) <= 300);
    budget_destroy(budget);
}

static void utf8_is_told_from_other_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        bool valid, printable;
    } cases[] = {{"", 0, true, true},
                 {"plain", 5, true, true},
                 {"\0", 1, true, false},
                 {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9, true, true},
                 {"\xF4\x8F\xBF\xBF", 4, true, true}, /* U+10FFFF */
                 {"\xF4\x90\x80\x80", 4, false, false},
                 {"\xC0\x80", 2, false, false}, /* overlong */
                 {"\xE0\x9F\xBF", 3, false, false},
                 {"\xF0\x8F\xBF\xBF", 4, false, false},
                 {"\xED\xA0\x80", 3, false, false}, /* surrogate */
                 {"\xC3", 1, false, false},
                 {"\xE2\x82", 2, false, false},
                 {"\x80", 1, false, false},
                 {"\xF8\x88\x80\x80\x80", 5, false, false},
                 {"\x1F", 1, true, false},
                 {"\x7F", 1, true, false},
                 {"\xC2\x9F", 2, true, false},
                 {"\xC2\xA0", 2, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(utf8_valid(cases[i].text, cases[i].size), cases[i].valid);
        assert_int_equal(utf8_printable(cases[i].text, cases[i].size), cases[i].printable);
    }
}

static void captions_are_expanded(void **state)
{
    (void)state;
    static const struct {
        const char *template_text, *source, *expected;
    } cases[] = {{"%f", "a/b/c.jpg", "c.jpg"},
                 {"%f", "c.jpg", "c.jpg"},
                 {"%f", "a/", "a/"},
                 {"%n: %f", "x/y", "7: y"},
                 {"100%%", "y", "100%"},
                 {"%%f", "y", "%f"},
                 {"50% %x %", "y", "50% %x %"},
                 {"", "y", ""},
                 {"\xC3\xA9 %n", "y", "\xC3\xA9 7"},
                 {"%f", "/etc/%n%f", "%n%f"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes text;
        assert_int_equal(caption_expand(cases[i].template_text, cases[i].source, 7, &text), TESS_OK);
        assert_string_equal(bytes_text(&text), cases[i].expected);
        bytes_clear(&text);
    }
}

/* Nobody would read it all, but it is no reason to fail a grid either. */
static void endless_captions_are_cut(void **state)
{
    (void)state;
    char template_text[TESS_TEXT_MAX_BYTES], name[256];
    for (size_t i = 0; i + 2 < sizeof template_text; i += 2)
        memcpy(template_text + i, "%f", 3);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct bytes text;
    assert_int_equal(caption_expand(template_text, name, 1, &text), TESS_OK);
    assert_true(text.size > 1000 && text.size <= 4096);
    bytes_clear(&text);
    char key[1025]; /* four of them are just what is kept */
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    assert_int_equal(caption_expand("%f%f%f%f%f", key, 1, &text), TESS_OK);
    assert_int_equal(text.size, 4096);
    assert_non_null(bytes_text(&text));
    assert_int_equal(strlen(bytes_text(&text)), 4096);
    bytes_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),        cmocka_unit_test(urgent_tasks_go_first),
        cmocka_unit_test(pools_grow_and_never_shrink), cmocka_unit_test(shares_are_separate_and_limited),
        cmocka_unit_test(waiting_is_in_turn),          cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(captions_are_expanded),       cmocka_unit_test(endless_captions_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
