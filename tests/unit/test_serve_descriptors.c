// SPDX-License-Identifier: MIT
/* What fits into a limit of open files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "front/serve_descriptors.h"

static const struct descriptor_plan usual = {
    .network_threads = 2, .jobs = 4, .fetches = 2, .connections = 1024, .store_threads = 64};

static void what_fits_stays_as_it_was(void **state)
{
    (void)state;
    struct descriptor_plan plan = usual;
    const uint64_t needed = descriptors_needed(&plan);
    assert_true(descriptors_fit(&plan, needed));
    assert_memory_equal(&plan, &usual, sizeof plan);
    assert_true(descriptors_fit(&plan, needed - 1));
    assert_int_equal(plan.connections, 1023);
}

/* For every limit: the plan fits, or it is the least that is a service and does not; more room is never
 * worse. */
static void every_limit_is_kept(void **state)
{
    (void)state;
    uint32_t before = 0;
    uint64_t least = 0;
    for (uint64_t limit = 0; limit < 4096; limit++) {
        struct descriptor_plan plan = usual;
        const bool fits = descriptors_fit(&plan, limit);
        assert_true(plan.connections >= 2 && plan.connections <= usual.connections);
        assert_true(plan.store_threads >= 2 && plan.store_threads <= usual.store_threads);
        assert_int_equal(fits, descriptors_needed(&plan) <= limit);
        if (fits && least == 0)
            least = limit;
        assert_true(fits == (least > 0));
        assert_true(plan.connections + 2 >= before); /* a store thread more takes one connection */
        before = plan.connections;
    }
    assert_in_range(least, 40, 64);
}

static void the_limit_is_raised_as_far_as_it_may(void **state)
{
    (void)state;
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = 200};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(descriptors_raise(50), 100); /* never lowered */
    assert_int_equal(descriptors_raise(150), 150);
    assert_int_equal(descriptors_raise(100000), 200);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_stays_as_it_was),
        cmocka_unit_test(every_limit_is_kept),
        cmocka_unit_test(the_limit_is_raised_as_far_as_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
