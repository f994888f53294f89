// SPDX-License-Identifier: MIT
/* Pictures in memory: the layouts' plane sizes, alignment, and what happens when there is no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/picture.h"
#include "torture.h"

static void planes_have_the_sizes_of_their_layout(void **state)
{
    (void)state;
    static const struct {
        enum picture_layout layout;
        uint32_t planes, second_width_px, second_height_px, row_bytes;
    } cases[] = {
        {PICTURE_GREY, 1, 0, 0, 101},    {PICTURE_YCC420, 3, 51, 26, 101}, {PICTURE_YCC444, 3, 101, 51, 101},
        {PICTURE_RGB, 1, 0, 0, 101 * 3}, {PICTURE_RGBA, 1, 0, 0, 101 * 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct picture picture;
        struct tess_error error = {0};
        assert_int_equal(picture_init(&picture, cases[i].layout, 101, 51, &error), TESS_OK);
        assert_int_equal(picture.plane_count, cases[i].planes);
        assert_int_equal(picture.planes[0].width_px, 101);
        assert_int_equal(picture.planes[0].height_px, 51);
        assert_true(picture.planes[0].stride_bytes >= cases[i].row_bytes);
        for (uint32_t p = 1; p < picture.plane_count; p++) {
            assert_int_equal(picture.planes[p].width_px, cases[i].second_width_px);
            assert_int_equal(picture.planes[p].height_px, cases[i].second_height_px);
        }
        picture_clear(&picture);
        assert_null(picture.memory);
        assert_null(picture.planes[0].data);
    }
}

/* Writes all of every plane: under a sanitizer this shows that the block is large enough, and that planes do
 * not overlap. */
static void planes_lie_apart_within_their_block(void **state)
{
    (void)state;
    for (uint32_t side = 1; side < 140; side += 23) {
        struct picture picture;
        assert_int_equal(picture_init(&picture, PICTURE_YCC420, side, side + 2, NULL), TESS_OK);
        uint64_t total = 0;
        for (uint32_t p = 0; p < 3; p++) {
            const struct plane *plane = &picture.planes[p];
            assert_int_equal((uintptr_t)plane->data % 64, 0);
            assert_int_equal(plane->stride_bytes % 64, 0);
            memset(plane->data, (int)p + 1, plane->stride_bytes * plane->height_px);
            total += plane->stride_bytes * plane->height_px;
        }
        assert_int_equal(total, picture_bytes(PICTURE_YCC420, side, side + 2));
        for (uint32_t p = 0; p < 3; p++) {
            const struct plane *plane = &picture.planes[p];
            assert_int_equal(plane->data[0], p + 1);
            assert_int_equal(plane->data[plane->stride_bytes * plane->height_px - 1], p + 1);
        }
        picture_clear(&picture);
    }
}

static void byte_counts_do_not_wrap_around(void **state)
{
    (void)state;
    assert_true(picture_bytes(PICTURE_RGBA, UINT32_MAX, UINT32_MAX) >= UINT64_C(4) * UINT32_MAX);
    assert_int_equal(picture_bytes(PICTURE_GREY, 65536, 65536), UINT64_C(1) << 32);
    assert_int_equal(picture_bytes(PICTURE_YCC420, 65536, 65536), (UINT64_C(1) << 32) * 3 / 2);
}

static enum tess_status make_one(void *context, struct tess_error *error)
{
    (void)context;
    struct picture picture;
    enum tess_status status = picture_init(&picture, PICTURE_RGB, 640, 480, error);
    if (status != TESS_OK) {
        assert_int_equal(status, TESS_ERR_MEMORY);
        assert_null(picture.memory);
        assert_int_equal(picture.plane_count, 0);
    }
    picture_clear(&picture);
    return status;
}

static void no_memory_is_an_error_with_the_size_in_it(void **state)
{
    (void)state;
    assert_int_equal(torture_loop(TORTURE_MEMORY, make_one, NULL), 1);
    struct picture picture;
    struct tess_error error = {0};
    torture_arm(TORTURE_MEMORY, 1, true);
    enum tess_status status = picture_init(&picture, PICTURE_RGB, 640, 480, &error);
    assert_true(torture_disarm());
    assert_int_equal(status, TESS_ERR_MEMORY);
    assert_non_null(strstr(error.message, "640 x 480"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_have_the_sizes_of_their_layout),
        cmocka_unit_test(planes_lie_apart_within_their_block),
        cmocka_unit_test(byte_counts_do_not_wrap_around),
        cmocka_unit_test(no_memory_is_an_error_with_the_size_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
