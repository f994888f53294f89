// SPDX-License-Identifier: MIT
/* Lanes: how many tasks they take, that each runs once, and how they end. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "front/serve_lane.h"

/* A door that tasks wait at. */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint waiting_at_door;

struct counted {
    struct lane_task task; /* first: a task is one of these */
    atomic_uint *runs;
};

static void count_run(struct lane_task *task)
{
    atomic_fetch_add(((struct counted *)task)->runs, 1);
}

static void wait_and_count(struct lane_task *task)
{
    atomic_fetch_add(&waiting_at_door, 1);
    (void)pthread_mutex_lock(&door);
    (void)pthread_mutex_unlock(&door);
    count_run(task);
}

/* The task may be gone when it has run: whoever submits it knows nothing of it any more. */
static void count_and_free(struct lane_task *task)
{
    count_run(task);
    free(task);
}

static void wait_for(const atomic_uint *number, unsigned value)
{
    while (atomic_load(number) != value)
        (void)sched_yield();
}

static void needs_a_thread(void **state)
{
    (void)state;
    assert_null(lane_create(0, 5));
    lane_destroy(NULL);
    struct lane *lane = lane_create(1, 0);
    assert_non_null(lane);
    lane_destroy(lane);
}

/* With all threads blocked it takes exactly its capacity, before that also what idle threads will take. */
static void takes_what_it_has_room_for(uint32_t threads, uint32_t capacity)
{
    atomic_uint runs = 0;
    struct counted tasks[64];
    uint32_t count = 0;
    struct lane *lane = lane_create(threads, capacity);
    assert_non_null(lane);
    atomic_store(&waiting_at_door, 0);
    (void)pthread_mutex_lock(&door);
    while (lane_reserve(lane)) {
        assert_true(count < 64);
        tasks[count] = (struct counted){.task.run = wait_and_count, .runs = &runs};
        lane_submit(lane, &tasks[count++].task);
    }
    assert_int_equal(count, threads + capacity);
    wait_for(&waiting_at_door, threads);
    assert_false(lane_reserve(lane));
    const struct lane_state full = lane_look(lane);
    assert_int_equal(full.threads, threads);
    assert_int_equal(full.capacity, capacity);
    assert_int_equal(full.running, threads);
    assert_int_equal(full.waiting, capacity);
    (void)pthread_mutex_unlock(&door);
    wait_for(&runs, count);
    while (lane_look(lane).running > 0) /* counts a moment after the task */
        (void)sched_yield();
    assert_true(lane_reserve(lane));
    struct counted last = {.task.run = count_run, .runs = &runs};
    lane_submit(lane, &last.task);
    lane_destroy(lane);
    assert_int_equal(atomic_load(&runs), count + 1);
}

static void is_bounded(void **state)
{
    (void)state;
    takes_what_it_has_room_for(1, 0);
    takes_what_it_has_room_for(1, 1);
    takes_what_it_has_room_for(3, 0);
    takes_what_it_has_room_for(3, 7);
    takes_what_it_has_room_for(8, 32);
}

/* A place counts from when it is reserved, not only from when it is used. */
static void places_are_reserved(void **state)
{
    (void)state;
    atomic_uint runs = 0;
    struct counted tasks[3];
    struct lane *lane = lane_create(1, 2);
    for (int i = 0; i < 3; i++)
        assert_true(lane_reserve(lane));
    assert_false(lane_reserve(lane));
    assert_int_equal(lane_look(lane).waiting, 3);
    for (int i = 0; i < 3; i++) {
        tasks[i] = (struct counted){.task.run = count_run, .runs = &runs};
        lane_submit(lane, &tasks[i].task);
    }
    lane_destroy(lane);
    assert_int_equal(atomic_load(&runs), 3);
}

static void no_capacity_is_too_large(void **state)
{
    (void)state;
    atomic_uint runs = 0;
    struct counted task = {.task.run = count_run, .runs = &runs};
    struct lane *lane = lane_create(2, UINT32_MAX);
    assert_true(lane_reserve(lane));
    lane_submit(lane, &task.task);
    lane_destroy(lane);
    assert_int_equal(atomic_load(&runs), 1);
}

enum { SUBMITTERS = 8, EACH = 2000 };

struct submitter {
    struct lane *lane;
    atomic_uint *runs;
    unsigned accepted, refused;
};

static void *submit_many(void *context)
{
    struct submitter *submitter = context;
    for (int i = 0; i < EACH; i++) {
        if (!lane_reserve(submitter->lane)) {
            /* Not each time: on a busy machine whoever waits or yields is out for milliseconds. */
            if (++submitter->refused % 64 == 0)
                (void)nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
            continue;
        }
        struct counted *task = malloc(sizeof *task);
        if (!task)
            abort();
        *task = (struct counted){.task.run = count_and_free, .runs = submitter->runs};
        submitter->accepted++;
        lane_submit(submitter->lane, &task->task);
    }
    return NULL;
}

/* `closes` while they submit: what was accepted runs, the rest is refused. */
static void submit_from_many_threads(bool closes)
{
    atomic_uint runs = 0;
    pthread_t threads[SUBMITTERS];
    struct submitter submitters[SUBMITTERS];
    unsigned accepted = 0, refused = 0;
    struct lane *lane = lane_create(4, 16); /* takes 20 at least */
    assert_non_null(lane);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (struct submitter){.lane = lane, .runs = &runs};
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &submitters[i]), 0);
    }
    if (closes) {
        while (atomic_load(&runs) < 20)
            (void)sched_yield();
        lane_close(lane);
    }
    const unsigned at_close = atomic_load(&runs);
    for (int i = 0; i < SUBMITTERS; i++) {
        (void)pthread_join(threads[i], NULL);
        accepted += submitters[i].accepted;
        refused += submitters[i].refused;
    }
    assert_int_equal(accepted + refused, SUBMITTERS * EACH);
    if (closes) {
        assert_int_equal(at_close, accepted);
        assert_int_equal(lane_look(lane).waiting, 0);
        assert_int_equal(lane_look(lane).running, 0);
    }
    lane_destroy(lane);
    assert_int_equal(atomic_load(&runs), accepted);
    assert_true(accepted >= 20);
}

static void each_task_runs_once(void **state)
{
    (void)state;
    submit_from_many_threads(false);
}

static void closing_waits_for_what_was_accepted(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++)
        submit_from_many_threads(true);
}

static void a_closed_lane_is_full(void **state)
{
    (void)state;
    struct lane *lane = lane_create(2, 2);
    lane_close(lane);
    assert_false(lane_reserve(lane));
    assert_int_equal(lane_look(lane).threads, 2);
    lane_destroy(lane);
}

static void *destroy(void *lane)
{
    lane_destroy(lane);
    return NULL;
}

static void destroying_runs_what_is_queued(void **state)
{
    (void)state;
    atomic_uint runs = 0;
    struct counted tasks[12];
    pthread_t destroyer;
    struct lane *lane = lane_create(2, 10);
    atomic_store(&waiting_at_door, 0);
    (void)pthread_mutex_lock(&door);
    for (int i = 0; i < 12; i++) {
        tasks[i] = (struct counted){.task.run = wait_and_count, .runs = &runs};
        assert_true(lane_reserve(lane));
        lane_submit(lane, &tasks[i].task);
    }
    assert_int_equal(pthread_create(&destroyer, NULL, destroy, lane), 0);
    wait_for(&waiting_at_door, 2);
    assert_int_equal(atomic_load(&runs), 0);
    (void)pthread_mutex_unlock(&door);
    (void)pthread_join(destroyer, NULL);
    assert_int_equal(atomic_load(&runs), 12);
}

static void clients_are_told_when_to_come_back(void **state)
{
    (void)state;
    static const struct {
        struct lane_state state;
        uint32_t seconds;
    } cases[] = {
        {{.threads = 1}, 1},
        {{.threads = 4, .waiting = 64, .running = 4}, 1}, /* nothing is known yet */
        {{.threads = 1, .waiting = 1, .running = 1, .typical_seconds = 2}, 4},
        {{.threads = 4, .waiting = 60, .running = 4, .typical_seconds = 0.5}, 8},
        {{.threads = 4, .waiting = 61, .running = 4, .typical_seconds = 0.5}, 9}, /* rounded up */
        {{.threads = 2, .waiting = 64, .running = 2, .typical_seconds = 30}, 60},
        {{.threads = 1, .waiting = UINT32_MAX, .running = 1, .typical_seconds = 1e300}, 60},
        {{.threads = 2, .waiting = 1, .running = 1, .typical_seconds = 0.001}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(lane_retry_after_s(&cases[i].state), cases[i].seconds);
}

static void time_of_tasks_is_measured(void **state)
{
    (void)state;
    atomic_uint runs = 0;
    struct counted task = {.task.run = count_run, .runs = &runs};
    struct lane *lane = lane_create(1, 0);
    assert_true(lane_look(lane).typical_seconds <= 0);
    assert_true(lane_reserve(lane));
    lane_submit(lane, &task.task);
    lane_close(lane);
    assert_true(lane_look(lane).typical_seconds > 0);
    lane_destroy(lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_a_thread),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(places_are_reserved),
        cmocka_unit_test(no_capacity_is_too_large),
        cmocka_unit_test(each_task_runs_once),
        cmocka_unit_test(closing_waits_for_what_was_accepted),
        cmocka_unit_test(a_closed_lane_is_full),
        cmocka_unit_test(destroying_runs_what_is_queued),
        cmocka_unit_test(clients_are_told_when_to_come_back),
        cmocka_unit_test(time_of_tasks_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
