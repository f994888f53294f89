// SPDX-License-Identifier: MIT
/* Whether the machine has what is needed, asked where it has and where a limit says that it has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/shortage.h"

static void what_is_there_is_given_back(void **state)
{
    (void)state;
    const struct shortage_need need = {.memory_bytes = 64 << 20, .threads = 8, .descriptors = 8};
    const struct shortage_need nothing = {0};
    struct tess_error error = {0};
    for (int i = 0; i < 20; i++)
        assert_int_equal(shortage_check(&need, &error), TESS_OK);
    assert_int_equal(shortage_check(&nothing, NULL), TESS_OK);
    error_set(&error, TESS_ERR_CORRUPT, "damaged");
    assert_int_equal(shortage_or(TESS_ERR_CORRUPT, &need, &error), TESS_ERR_CORRUPT);
    assert_int_equal(error.status, TESS_ERR_CORRUPT);
    assert_string_equal(error.message, "damaged");
}

static void want_of_memory_is_found(void **state)
{
    (void)state;
    const struct shortage_need need = {.memory_bytes = UINT64_C(1) << 62, .threads = 1};
    struct tess_error error = {0};
    error_set(&error, TESS_ERR_CORRUPT, "damaged");
    assert_int_equal(shortage_check(&need, NULL), TESS_ERR_MEMORY);
    assert_int_equal(shortage_or(TESS_ERR_CORRUPT, &need, &error), TESS_ERR_MEMORY);
    assert_int_equal(error.status, TESS_ERR_MEMORY);
    assert_non_null(strstr(error.message, "memory"));
}

static void want_of_descriptors_is_found(void **state)
{
    (void)state;
    struct rlimit before, tight;
    struct tess_error error = {0};
    const struct shortage_need few = {.descriptors = 2}, many = {.descriptors = 3};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = dup(STDIN_FILENO); /* the lowest that is free */
    assert_true(next >= 0);
    assert_int_equal(close(next), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)next + 2;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const enum tess_status with_few = shortage_check(&few, NULL), with_many = shortage_check(&many, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(with_few, TESS_OK);
    assert_int_equal(with_many, TESS_ERR_MEMORY);
    assert_non_null(strstr(error.message, "descriptors"));
    assert_int_equal(shortage_check(&many, NULL), TESS_OK);
}

/* In a process of its own: a limit of threads is one of a user's, and root has none. */
static void want_of_threads_is_found(void **state)
{
    (void)state;
    enum { NOBODY = 54329, FINE = 0, WRONG = 1 };
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit tight = {3, 3};
        const struct shortage_need need = {.threads = 8};
        struct tess_error error = {0};
        if (setrlimit(RLIMIT_NPROC, &tight) != 0 || (getuid() == 0 && setuid(NOBODY) != 0))
            _exit(WRONG);
        _exit(shortage_check(&need, &error) == TESS_ERR_MEMORY && strstr(error.message, "threads") ? FINE
                                                                                                   : WRONG);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_given_back), cmocka_unit_test(want_of_memory_is_found),
        cmocka_unit_test(want_of_descriptors_is_found), cmocka_unit_test(want_of_threads_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
