// SPDX-License-Identifier: MIT
/* Orientation: pixels against what EXIF's eight values mean in words, and boxes against pixels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/exif.h"
#include "image/orient.h"
#include "torture.h"

/*
 * The letter F, stored so that each orientation turns it upright. Written out by hand from the definitions
 * ("the 0th row is the visual top, the 0th column the visual left-hand side" and so on, EXIF 2.3 tag 0x0112).
 */
static const char *const upright_f[] = {"###", "#..", "##.", "#.."};
static const struct {
    uint8_t orientation;
    const char *rows[5];
} stored_f[] = {
    {1, {"###", "#..", "##.", "#.."}}, /* row 0 top, column 0 left */
    {2, {"###", "..#", ".##", "..#"}}, /* row 0 top, column 0 right */
    {3, {"..#", ".##", "..#", "###"}}, /* row 0 bottom, column 0 right */
    {4, {"#..", "##.", "#..", "###"}}, /* row 0 bottom, column 0 left */
    {5, {"####", "#.#.", "#..."}},     /* row 0 left, column 0 top */
    {6, {"#...", "#.#.", "####"}},     /* row 0 right, column 0 top */
    {7, {"...#", ".#.#", "####"}},     /* row 0 right, column 0 bottom */
    {8, {"####", ".#.#", "...#"}},     /* row 0 left, column 0 bottom */
};

static uint32_t rows_of(const char *const *rows)
{
    uint32_t count = 0;
    while (count < 5 && rows[count])
        count++;
    return count;
}

static void letters_come_out_upright(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stored_f / sizeof *stored_f; i++) {
        const char *const *rows = stored_f[i].rows;
        const uint32_t height = rows_of(rows), width = (uint32_t)strlen(rows[0]);
        struct picture stored, upright;
        assert_int_equal(picture_init(&stored, PICTURE_GREY, width, height, NULL), TESS_OK);
        for (uint32_t y = 0; y < height; y++)
            memcpy(stored.planes[0].data + y * stored.planes[0].stride_bytes, rows[y], width);
        assert_int_equal(orient_picture(&stored, stored_f[i].orientation, &upright, NULL), TESS_OK);
        assert_int_equal(upright.width_px, 3);
        assert_int_equal(upright.height_px, 4);
        assert_int_equal(orient_swaps(stored_f[i].orientation), stored_f[i].orientation >= 5);
        for (uint32_t y = 0; y < 4; y++)
            assert_memory_equal(upright.planes[0].data + y * upright.planes[0].stride_bytes, upright_f[y], 3);
        picture_clear(&stored);
        picture_clear(&upright);
    }
}

static void all_layouts_turn_alike(void **state)
{
    (void)state;
    static const struct {
        enum picture_layout layout;
        uint32_t samples;
    } cases[] = {{PICTURE_RGB, 3}, {PICTURE_RGBA, 4}, {PICTURE_YCC444, 1}, {PICTURE_YCC420, 1}};
    enum { WIDTH = 6, HEIGHT = 4 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture stored, upright;
        assert_int_equal(picture_init(&stored, cases[i].layout, WIDTH, HEIGHT, NULL), TESS_OK);
        for (uint32_t p = 0; p < stored.plane_count; p++)
            for (uint32_t y = 0; y < stored.planes[p].height_px; y++)
                for (uint32_t x = 0; x < stored.planes[p].width_px * cases[i].samples; x++)
                    stored.planes[p].data[y * stored.planes[p].stride_bytes + x] =
                        (uint8_t)(p * 80 + y * 24 + x);
        assert_int_equal(orient_picture(&stored, 6, &upright, NULL), TESS_OK); /* a quarter turn clockwise */
        for (uint32_t p = 0; p < stored.plane_count; p++) {
            const struct plane *from = &stored.planes[p], *to = &upright.planes[p];
            assert_int_equal(to->width_px, from->height_px);
            assert_int_equal(to->height_px, from->width_px);
            for (uint32_t y = 0; y < to->height_px; y++)
                for (uint32_t x = 0; x < to->width_px; x++)
                    assert_memory_equal(to->data + y * to->stride_bytes + (size_t)x * cases[i].samples,
                                        from->data + (from->height_px - 1 - x) * from->stride_bytes +
                                            (size_t)y * cases[i].samples,
                                        cases[i].samples);
        }
        picture_clear(&stored);
        picture_clear(&upright);
    }
}

/* A box of whole pixels holds, where it is stored, just the pixels that it shows upright. */
static void boxes_move_with_their_pixels(void **state)
{
    (void)state;
    enum { WIDTH = 7, HEIGHT = 5 };
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        struct picture stored, upright;
        assert_int_equal(picture_init(&stored, PICTURE_GREY, WIDTH, HEIGHT, NULL), TESS_OK);
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                stored.planes[0].data[y * stored.planes[0].stride_bytes + x] = (uint8_t)(y * WIDTH + x);
        assert_int_equal(orient_picture(&stored, orientation, &upright, NULL), TESS_OK);
        const struct orient_box shown = {1, 2, 3, 2};
        const struct orient_box box = orient_box_to_stored(&shown, orientation, WIDTH, HEIGHT);
        assert_true(box.width * box.height == 6);
        int found = 0;
        for (uint32_t y = 2; y < 4; y++) {
            for (uint32_t x = 1; x < 4; x++) {
                uint8_t pixel = upright.planes[0].data[y * upright.planes[0].stride_bytes + x];
                double at_x = pixel % WIDTH + 0.5, at_y = (double)(pixel / WIDTH) + 0.5;
                found +=
                    at_x > box.x && at_x < box.x + box.width && at_y > box.y && at_y < box.y + box.height;
            }
        }
        assert_int_equal(found, 6);
        picture_clear(&stored);
        picture_clear(&upright);
    }
}

static void fractions_of_boxes_are_kept(void **state)
{
    (void)state;
    const struct orient_box shown = {0.25, 1.5, 10.5, 20.125};
    const struct orient_box box = orient_box_to_stored(&shown, 8, 100, 50);
    assert_true(fabs(box.x - (100 - 1.5 - 20.125)) < 1e-12 && fabs(box.y - 0.25) < 1e-12);
    assert_true(fabs(box.width - 20.125) < 1e-12 && fabs(box.height - 10.5) < 1e-12);
}

static void nonsense_is_upright(void **state)
{
    (void)state;
    assert_false(orient_swaps(0));
    assert_false(orient_swaps(9));
    assert_false(orient_swaps(255));
    const struct orient_box shown = {1, 2, 3, 4};
    const struct orient_box box = orient_box_to_stored(&shown, 9, 100, 50);
    assert_true(box.x == 1 && box.y == 2 && box.width == 3 && box.height == 4);
}

/* The least TIFF with an orientation, in either byte order. */
static size_t make_tiff(uint8_t tiff[64], bool big_endian, uint16_t tag, uint16_t type, uint16_t value)
{
    const uint16_t words[] = {42, 0, 8, 1, tag, type, 0, 1, value, 0, 0, 0};
    /* 32-bit numbers are two words; their order turns with the byte order too. */
    static const uint8_t big[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const uint8_t little[] = {0, 2, 1, 3, 4, 5, 7, 6, 8, 9, 10, 11};
    tiff[0] = tiff[1] = big_endian ? 'M' : 'I';
    for (size_t i = 0; i < 12; i++) {
        uint16_t word = words[big_endian ? big[i] : little[i]];
        tiff[2 + 2 * i] = (uint8_t)(big_endian ? word >> 8 : word);
        tiff[3 + 2 * i] = (uint8_t)(big_endian ? word : word >> 8);
    }
    return 26;
}

static void exif_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    uint8_t tiff[64];
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        for (uint16_t value = 0; value < 300; value++) {
            size_t size = make_tiff(tiff, big_endian, 0x0112, 3, value);
            assert_int_equal(exif_orientation(tiff, size), value >= 1 && value <= 8 ? value : 1);
        }
        size_t size = make_tiff(tiff, big_endian, 0x0111, 3, 6); /* another tag */
        assert_int_equal(exif_orientation(tiff, size), 1);
    }
}

/* A directory of one entry, a TIFF's or a BigTIFF's. */
static size_t make_entry(uint8_t tiff[64], bool big_endian, bool big_tiff, unsigned type, uint64_t count,
                         uint64_t value, unsigned value_bytes)
{
    const unsigned wide = big_tiff ? 8 : 4;
    const struct {
        uint64_t value;
        unsigned bytes;
    } numbers[] = {{big_tiff ? 43 : 42, 2},
                   {8, big_tiff ? 2 : 4},
                   {0, big_tiff ? 2 : 0},
                   {16, big_tiff ? 8 : 0},
                   {1, big_tiff ? 8 : 2},
                   {0x0112, 2},
                   {type, 2},
                   {count, wide},
                   {value, value_bytes},
                   {0, wide - value_bytes},
                   {0, wide}};
    size_t size = 2;
    memset(tiff, big_endian ? 'M' : 'I', 2);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (unsigned byte = 0; byte < numbers[i].bytes; byte++)
            tiff[size++] =
                (uint8_t)(numbers[i].value >> 8 * (big_endian ? numbers[i].bytes - 1 - byte : byte));
    return size;
}

static void orientation_may_be_of_any_whole_type(void **state)
{
    (void)state;
    static const struct {
        unsigned type, bytes;
    } types[] = {{1, 1}, {3, 2}, {4, 4}};
    uint8_t exif[70] = "Exif\0";
    uint8_t *tiff = exif + 6;
    for (int order = 0; order < 4; order++) {
        const bool big_endian = order & 1, big_tiff = order & 2;
        for (size_t t = 0; t < 3; t++) {
            const unsigned type = types[t].type, bytes = types[t].bytes;
            for (uint64_t value = 1; value <= 8; value++) {
                size_t size = make_entry(tiff, big_endian, big_tiff, type, 1, value, bytes);
                assert_int_equal(exif_orientation(tiff, size), value);
                assert_int_equal(exif_orientation(exif, size + 6), value);
            }
            size_t size = make_entry(tiff, big_endian, big_tiff, type, 0, 6, bytes); /* no value */
            assert_int_equal(exif_orientation(tiff, size), 1);
            size = make_entry(tiff, big_endian, big_tiff, type, 9, 6, bytes); /* an offset, not a value */
            assert_int_equal(exif_orientation(tiff, size), 1);
            size = make_entry(tiff, big_endian, big_tiff, type, 1, 9, bytes);
            assert_int_equal(exif_orientation(tiff, size), 1);
        }
        size_t size = make_entry(tiff, big_endian, big_tiff, 2, 1, 6, 1); /* text */
        assert_int_equal(exif_orientation(tiff, size), 1);
        size = make_entry(tiff, big_endian, big_tiff, 4, 1, 0x10006, 4); /* 6 only if cut to 16 bits */
        assert_int_equal(exif_orientation(tiff, size), 1);
    }
}

/* Cut anywhere, and with offsets that lead anywhere: never a read outside (a sanitizer's block is exact). */
static void damaged_exif_is_upright(void **state)
{
    (void)state;
    uint8_t tiff[64];
    size_t size = make_tiff(tiff, true, 0x0112, 3, 6);
    assert_int_equal(exif_orientation(tiff, size), 6);
    for (size_t cut = 0; cut < 22; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        assert_non_null(exact);
        memcpy(exact, tiff, cut);
        assert_int_equal(exif_orientation(exact, cut), 1);
        free(exact);
    }
    static const uint32_t offsets[] = {0, 7, 24, 25, 26, 27, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        for (int byte = 0; byte < 4; byte++)
            tiff[4 + byte] = (uint8_t)(offsets[i] >> (24 - 8 * byte));
        assert_int_equal(exif_orientation(tiff, size), 1);
    }
}

static enum tess_status turn_once(void *context, struct tess_error *error)
{
    struct picture upright = {0};
    enum tess_status status = orient_picture(context, 5, &upright, error);
    picture_clear(&upright);
    return status;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct picture stored;
    assert_int_equal(picture_init(&stored, PICTURE_RGB, 8, 9, NULL), TESS_OK);
    memset(stored.memory, 0, picture_bytes(PICTURE_RGB, 8, 9));
    assert_int_equal(torture_loop(TORTURE_MEMORY, turn_once, &stored), 1);
    picture_clear(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_out_upright),
        cmocka_unit_test(all_layouts_turn_alike),
        cmocka_unit_test(boxes_move_with_their_pixels),
        cmocka_unit_test(fractions_of_boxes_are_kept),
        cmocka_unit_test(nonsense_is_upright),
        cmocka_unit_test(exif_is_read_in_both_byte_orders),
        cmocka_unit_test(orientation_may_be_of_any_whole_type),
        cmocka_unit_test(damaged_exif_is_upright),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
