// SPDX-License-Identifier: MIT
/* The first signal asks, the second kills: however often that was asked for. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "front/interrupt.h"

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    (void)closedir(folder);
    return count;
}

static void installing_again_takes_nothing_and_changes_nothing(void **state)
{
    (void)state;
    struct sigaction action;
    interrupt_install();
    const size_t before = open_descriptors();
    for (int i = 0; i < 100; i++)
        interrupt_install();
    assert_int_equal(open_descriptors(), before);
    assert_false(interrupt_seen());
    assert_int_equal(raise(SIGINT), 0);
    assert_true(interrupt_seen());
    interrupt_install();
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sigaction(numbers[i], NULL, &action), 0);
        assert_true(action.sa_handler == SIG_DFL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(installing_again_takes_nothing_and_changes_nothing)};
    return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
