// SPDX-License-Identifier: MIT
/* Syncs that threads share: everybody's is done after they came, for everybody's own folder, and failures
 * reach those whose they are. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/folder_turns.h"

enum { THREADS = 16, FOLDERS = 4 };

static struct folder_turns turns;
static atomic_uint syncs, waiting;
static atomic_bool held; /* the first sync waits until all others have come */

/* In the place of the real one: counts, and fails for folder 3. */
enum tess_status __wrap_folder_sync_parent(const char *path, struct tess_error *error);
enum tess_status __wrap_folder_sync_parent(const char *path, struct tess_error *error)
{
    atomic_fetch_add(&syncs, 1);
    for (int i = 0; atomic_load(&held) && atomic_load(&waiting) < THREADS && i < 20000; i++)
        (void)usleep(1000);
    usleep(20000); /* until the last of them stands in the queue */
    atomic_store(&held, false);
    if (!strstr(path, "/3/"))
        return TESS_OK;
    (void)snprintf(error->message, sizeof error->message, "disk of %s", path);
    return error->status = TESS_ERR_IO;
}

static void *sync_one(void *context)
{
    struct tess_error error = {0};
    char path[128];
    const unsigned number = (unsigned)(uintptr_t)context;
    (void)snprintf(path, sizeof path, "/nowhere/%u/file-%u", number % FOLDERS, number);
    atomic_fetch_add(&waiting, 1);
    const enum tess_status status = folder_turns_sync(&turns, path, &error);
    const enum tess_status expected = number % FOLDERS == 3 ? TESS_ERR_IO : TESS_OK;
    const bool good = status == expected && (status == TESS_OK || strstr(error.message, "/3/"));
    return (void *)(uintptr_t)good;
}

static void those_who_wait_share_one(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    void *good = NULL;
    atomic_store(&held, true);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sync_one, (void *)i), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    /* The first alone, then all that had come, once for each folder; a straggler is in a batch of its own. */
    assert_in_range(atomic_load(&syncs), 1 + FOLDERS - 1, THREADS - 1);
}

static void one_by_itself(void **state)
{
    (void)state;
    assert_non_null(sync_one((void *)(uintptr_t)1));
    assert_non_null(sync_one((void *)(uintptr_t)3));
    assert_int_equal(atomic_load(&syncs), 2);
}

static int setup(void **state)
{
    (void)state;
    atomic_store(&syncs, 0);
    atomic_store(&waiting, 0);
    folder_turns_init(&turns);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    folder_turns_destroy(&turns);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(those_who_wait_share_one, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
