// SPDX-License-Identifier: MIT
/* The fast JPEG reader on files that are cut, damaged or odd: damage where it matters is found, elsewhere
 * harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/jpeg_fast.h"
#include "jpeg_fixture.h"
#include "torture.h"

/* Accepts and reads; the error is told in words if there is one, and then nothing is left behind. */
static enum tess_status read_request(const struct jpeg_request *request, struct jpeg_planes *planes)
{
    struct tess_error error = {0};
    enum tess_status status = jpeg_fast_reader.read(request, planes, &error);
    assert_int_equal(status, error.status);
    assert_true((status == TESS_OK) == (error.message[0] == '\0'));
    assert_true((status == TESS_OK) == (planes->memory != NULL));
    return status;
}

static enum tess_status status_of(const struct jpeg_file *file, uint32_t denominator)
{
    struct jpeg_header header;
    struct jpeg_planes planes;
    assert_true(jpeg_file_header(file, &header));
    struct jpeg_request request = jpeg_file_request(file, &header, denominator);
    assert_true(jpeg_fast_reader.accepts(&request));
    enum tess_status status = read_request(&request, &planes);
    jpeg_planes_clear(&planes);
    jpeg_header_clear(&header);
    return status;
}

/* A copy in memory of its own, so that a read beyond its end does not go unseen. */
static struct jpeg_file cut(const struct jpeg_file *file, size_t size)
{
    struct jpeg_file part = {malloc(size ? size : 1), size};
    assert_non_null(part.data);
    memcpy(part.data, file->data, size);
    return part;
}

static struct jpeg_file with_inserted(const struct jpeg_file *file, size_t at, const char *bytes,
                                      size_t count)
{
    struct jpeg_file longer = {malloc(file->size + count), file->size + count};
    assert_non_null(longer.data);
    memcpy(longer.data, file->data, at);
    memcpy(longer.data + at, bytes, count);
    memcpy(longer.data + at + count, file->data + at, file->size - at);
    return longer;
}

/* Where the entropy-coded data of a file with one scan begins. */
static size_t scan_of(const struct jpeg_file *file)
{
    size_t at = 2;
    while (file->data[at + 1] != 0xDA)
        at += 2 + ((size_t)file->data[at + 2] << 8 | file->data[at + 3]);
    return at + 2 + ((size_t)file->data[at + 2] << 8 | file->data[at + 3]);
}

static void cut_files_are_corrupt(const struct jpeg_recipe *recipe, size_t step)
{
    struct jpeg_file file = jpeg_file_make(recipe);
    struct jpeg_header header;
    assert_true(jpeg_file_header(&file, &header));
    size_t scan = scan_of(&file);
    for (size_t size = 0; size <= file.size; size += step) {
        struct jpeg_file part = cut(&file, size);
        for (uint32_t denominator = 2; denominator <= 8; denominator *= 2) {
            struct jpeg_request request = jpeg_file_request(&part, &header, denominator);
            struct jpeg_planes planes;
            assert_int_equal(jpeg_fast_reader.accepts(&request), size >= scan);
            enum tess_status wanted = size < scan ? TESS_ERR_UNSUPPORTED
                                      : size < file.size - 2
                                          ? TESS_ERR_CORRUPT
                                          : TESS_OK; /* without the EOI nothing is missing */
            assert_int_equal(read_request(&request, &planes), wanted);
            jpeg_planes_clear(&planes);
        }
        free(part.data);
    }
    jpeg_header_clear(&header);
    free(file.data);
}

static void a_file_cut_anywhere_is_corrupt(void **state)
{
    (void)state;
    static const struct jpeg_recipe small = {41, 33, 3, 2, 2, 85, CONTENT_SMOOTH, false, false, 0};
    static const struct jpeg_recipe restarts = {41, 33, 3, 2, 1, 85, CONTENT_NOISE, false, false, 2};
    static const struct jpeg_recipe large = {500, 400, 3, 2, 2, 95, CONTENT_NOISE, false, false, 0};
    cut_files_are_corrupt(&small, 1);
    cut_files_are_corrupt(&restarts, 1);
    cut_files_are_corrupt(&large, 3001);
}

/* The scan is 16 MCU rows; a region of the first four is there as long as about a quarter of the data is. */
static void what_lies_behind_the_region_does_not_matter(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {256, 256, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    struct jpeg_header header;
    struct jpeg_planes planes, reference;
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&file, &header, 4);
    assert_true(jpeg_file_reference(&request, &reference));
    request.y1_px = 64;
    size_t scan = scan_of(&file);
    memset(file.data + scan + (file.size - scan) * 27 / 100, 0xFF, 1000);
    assert_int_equal(read_request(&request, &planes), TESS_OK);
    assert_true(jpeg_planes_match(&planes, &reference));
    jpeg_planes_clear(&planes);
    request.size_bytes = scan + (file.size - scan) * 23 / 100;
    assert_int_equal(read_request(&request, &planes), TESS_ERR_CORRUPT);
    jpeg_planes_clear(&reference);
    jpeg_header_clear(&header);
    free(file.data);
}

/* Flipped bits: whatever comes out, it is what libjpeg reads, if that finds nothing wrong. */
static void flipped_bits_are_found_or_harmless(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipes[] = {
        {97, 61, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0},
        {97, 61, 3, 2, 1, 60, CONTENT_SMOOTH, true, false, 3},
        {211, 205, 3, 1, 1, 98, CONTENT_NOISE, true, false, 0}, /* large enough for four walkers */
    };
    uint32_t seed = 7, compared = 0, corrupt = 0;
    for (int i = 0; i < 1500; i++) {
        struct jpeg_file file = jpeg_file_make(&recipes[i % 3]);
        for (int flips = 1 + i % 2; flips > 0; flips--) {
            seed = seed * 1664525U + 1013904223U;
            file.data[(seed >> 11) % file.size] ^= (uint8_t)(1 << (seed >> 8 & 7));
        }
        struct jpeg_header header;
        struct jpeg_planes planes, reference;
        if (jpeg_file_header(&file, &header)) {
            struct jpeg_request request = jpeg_file_request(&file, &header, 2U << i / 3 % 3);
            if (jpeg_fast_reader.accepts(&request)) {
                enum tess_status status = read_request(&request, &planes);
                assert_true(status == TESS_OK || status == TESS_ERR_CORRUPT);
                corrupt += status == TESS_ERR_CORRUPT;
                if (status == TESS_OK && jpeg_file_reference(&request, &reference)) {
                    assert_true(jpeg_planes_match(&planes, &reference));
                    jpeg_planes_clear(&reference);
                    compared++;
                }
                jpeg_planes_clear(&planes);
            }
            jpeg_header_clear(&header);
        }
        free(file.data);
    }
    assert_true(compared > 100);
    assert_true(corrupt > 100);
}

/* Sizes, slots, counts and lengths that do not fit: declined, or read as libjpeg does. */
static void changed_headers_are_declined_or_harmless(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {33, 25, 3, 2, 1, 80, CONTENT_SMOOTH, true, false, 2};
    static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80, 0xFF};
    struct jpeg_file file = jpeg_file_make(&recipe);
    uint32_t declined = 0, compared = 0;
    for (size_t i = 2; i < scan_of(&file); i++) {
        for (size_t change = 0; change < sizeof changes; change++) {
            struct jpeg_file changed = cut(&file, file.size);
            struct jpeg_header header;
            changed.data[i] ^= changes[change];
            if (jpeg_file_header(&changed, &header)) {
                struct jpeg_request request = jpeg_file_request(&changed, &header, 2);
                struct jpeg_planes planes, reference;
                enum tess_status status = read_request(&request, &planes);
                if (status == TESS_ERR_UNSUPPORTED) {
                    assert_false(jpeg_fast_reader.accepts(&request));
                    declined++;
                } else if (status == TESS_OK && jpeg_file_reference(&request, &reference)) {
                    assert_true(jpeg_planes_match(&planes, &reference));
                    jpeg_planes_clear(&reference);
                    compared++;
                }
                jpeg_planes_clear(&planes);
                jpeg_header_clear(&header);
            }
            free(changed.data);
        }
    }
    assert_true(declined > 100);
    assert_true(compared > 100);
    free(file.data);
}

/* libjpeg's standard luma codes. */
static void put_dc0(struct bit_writer *bits)
{
    bits_put(bits, 0x0, 2);
}

static void put_end(struct bit_writer *bits)
{
    bits_put(bits, 0xA, 4);
}

static void put_run16(struct bit_writer *bits)
{
    bits_put(bits, 0x7F9, 11);
}

/* A run of 14 or 15 zeros and the value 1. */
static void put_run14_and_1(struct bit_writer *bits)
{
    bits_put(bits, 0xFFEB, 16);
    bits_put(bits, 1, 1);
}

static void put_run15_and_1(struct bit_writer *bits)
{
    bits_put(bits, 0xFFF5, 16);
    bits_put(bits, 1, 1);
}

static enum tess_status by_hand(const struct bit_writer *bits, uint32_t denominator)
{
    struct jpeg_file file = jpeg_file_by_hand(8, bits);
    enum tess_status status = status_of(&file, denominator);
    free(file.data);
    return status;
}

static void a_block_ends_at_its_last_coefficient(void **state)
{
    (void)state;
    for (uint32_t denominator = 2; denominator <= 8; denominator *= 2) {
        struct bit_writer to_63 = {0}, beyond = {0}, zeros_beyond = {0}, zeros_to_48 = {0};
        put_dc0(&to_63); /* 48 zeros, 14 zeros and a value: exactly 63, and no end of block */
        for (int i = 0; i < 3; i++)
            put_run16(&to_63);
        beyond = zeros_to_48 = to_63;
        put_run14_and_1(&to_63);
        put_run15_and_1(&beyond);
        zeros_beyond = zeros_to_48;
        put_run16(&zeros_beyond);
        put_end(&zeros_to_48);
        assert_int_equal(by_hand(&to_63, denominator), TESS_OK);
        assert_int_equal(by_hand(&beyond, denominator), TESS_ERR_CORRUPT);
        assert_int_equal(by_hand(&zeros_beyond, denominator), TESS_ERR_CORRUPT);
        assert_int_equal(by_hand(&zeros_to_48, denominator), TESS_OK);
    }
}

/* Runs of 16 zeros in one bit: twelve of them in one lookup. */
static void short_codes_do_not_lead_out_of_a_block_unseen(void **state)
{
    (void)state;
    static const char table[] = "\xFF\xC4\x00\x15\x10\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xF0\x00";
    for (unsigned runs = 0; runs < 14; runs++) {
        struct bit_writer bits = {0};
        put_dc0(&bits);
        bits_put(&bits, 0, runs);
        bits_put(&bits, 2, 2); /* end of block */
        struct jpeg_file file = jpeg_file_by_hand(8, &bits);
        struct jpeg_file changed = with_inserted(&file, scan_of(&file) - 10, table, sizeof table - 1);
        assert_int_equal(status_of(&changed, 8), runs < 4 ? TESS_OK : TESS_ERR_CORRUPT);
        assert_int_equal(status_of(&changed, 2), runs < 4 ? TESS_OK : TESS_ERR_CORRUPT);
        free(file.data);
        free(changed.data);
    }
}

static void codes_that_do_not_exist_are_corrupt(void **state)
{
    (void)state;
    struct bit_writer none = {0}, bad_ac = {0}, bad_dc = {0}, good = {0};
    assert_int_equal(by_hand(&none, 8), TESS_ERR_CORRUPT);
    put_dc0(&good);
    bad_ac = good;
    put_end(&good);
    assert_int_equal(by_hand(&good, 8), TESS_OK);
    bits_put(&bad_ac, 0xFFFF, 16);
    bits_put(&bad_ac, 0, 32);
    assert_int_equal(by_hand(&bad_ac, 8), TESS_ERR_CORRUPT);
    bits_put(&bad_dc, 0x1FF, 9);
    bits_put(&bad_dc, 0, 32);
    assert_int_equal(by_hand(&bad_dc, 8), TESS_ERR_CORRUPT);
}

/* The padding of ones may look like the beginning of a code, but nothing may be read from behind it. */
static void data_that_ends_within_a_code_is_corrupt(void **state)
{
    (void)state;
    struct bit_writer bits = {0};
    put_dc0(&bits);
    bits_put(&bits, 0x1, 2); /* run 0, size 2 is 01 and two bits more */
    bits_put(&bits, 0x5, 3);
    assert_int_equal(by_hand(&bits, 8), TESS_ERR_CORRUPT);
}

static size_t first_restart(const struct jpeg_file *file)
{
    size_t at = scan_of(file);
    while (file->data[at] != 0xFF || file->data[at + 1] != 0xD0)
        at++;
    return at;
}

static void restart_markers_must_be_the_right_ones(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {160, 96, 3, 2, 2, 85, CONTENT_NOISE, false, false, 10};
    static const struct {
        const char *bytes; /* put in before the first marker */
        size_t count;
        enum tess_status status;
    } inserted[] = {{"\xFF\xFF\xFF", 3, TESS_OK}, /* fill bytes */
                    {"junk", 4, TESS_OK},         /* libjpeg skips it, too */
                    {"\xFF\x00", 2, TESS_OK},
                    {"\xFF\xD0", 2, TESS_ERR_CORRUPT},
                    {"\xFF\xD9", 2, TESS_ERR_CORRUPT}};
    struct jpeg_file file = jpeg_file_make(&recipe);
    size_t marker = first_restart(&file);
    assert_int_equal(status_of(&file, 4), TESS_OK);
    for (size_t i = 0; i < sizeof inserted / sizeof inserted[0]; i++) {
        struct jpeg_file changed = with_inserted(&file, marker, inserted[i].bytes, inserted[i].count);
        assert_int_equal(status_of(&changed, 4), inserted[i].status);
        free(changed.data);
    }
    file.data[marker + 1] = 0xD3;
    assert_int_equal(status_of(&file, 4), TESS_ERR_CORRUPT);
    file.data[marker + 1] = 0xD9;
    assert_int_equal(status_of(&file, 4), TESS_ERR_CORRUPT);
    memmove(file.data + marker, file.data + marker + 2, file.size - marker - 2); /* none */
    file.size -= 2;
    assert_int_equal(status_of(&file, 4), TESS_ERR_CORRUPT);
    free(file.data);
}

/* 0xFF, 0xFF, 0 is one data byte like 0xFF, 0. */
static void fill_bytes_in_data_are_passed_over(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {97, 61, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    size_t at = scan_of(&file);
    while (file.data[at] != 0xFF)
        at++;
    struct jpeg_file filled = with_inserted(&file, at, "\xFF\xFF", 2);
    struct jpeg_header header;
    struct jpeg_planes planes, reference;
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&file, &header, 2);
    assert_true(jpeg_file_reference(&request, &reference));
    request = jpeg_file_request(&filled, &header, 2);
    assert_int_equal(read_request(&request, &planes), TESS_OK);
    assert_true(jpeg_planes_match(&planes, &reference));
    jpeg_planes_clear(&planes);
    jpeg_planes_clear(&reference);
    jpeg_header_clear(&header);
    free(file.data);
    free(filled.data);
}

static void garbage_between_segments_is_passed_over(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {41, 33, 3, 2, 2, 85, CONTENT_SMOOTH, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    struct jpeg_file longer =
        with_inserted(&file, 20, "junk\xFF\x00\xFF\x00junk\xFF", 13); /* behind JFIF's */
    struct jpeg_file cut_short = cut(&longer, 33);
    struct jpeg_header header;
    assert_int_equal(status_of(&longer, 2), TESS_OK);
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&cut_short, &header, 2);
    assert_false(jpeg_fast_reader.accepts(&request));
    jpeg_header_clear(&header);
    free(file.data);
    free(longer.data);
    free(cut_short.data);
}

static void garbage_behind_the_picture_is_harmless(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {97, 61, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    struct jpeg_file longer = with_inserted(&file, file.size, "\xFF\xD8\xFF\xFFgarbage", 11);
    struct jpeg_file unfinished = with_inserted(&file, file.size - 2, "\x55\x55\x55", 3);
    assert_int_equal(status_of(&longer, 2), TESS_OK);
    assert_int_equal(status_of(&unfinished, 2), TESS_OK);
    free(file.data);
    free(longer.data);
    free(unfinished.data);
}

static enum tess_status read_all(void *context, struct tess_error *error)
{
    struct jpeg_planes planes;
    enum tess_status status = jpeg_fast_reader.read(context, &planes, error);
    assert_true(status == TESS_OK || status == TESS_ERR_MEMORY);
    assert_true((status == TESS_OK) == (planes.memory != NULL));
    jpeg_planes_clear(&planes);
    return status;
}

static void failing_allocations_are_reported(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {97, 61, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    struct jpeg_header header;
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&file, &header, 2);
    assert_int_equal(torture_loop(TORTURE_MEMORY, read_all, &request), 4);
    jpeg_header_clear(&header);
    free(file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_cut_anywhere_is_corrupt),
        cmocka_unit_test(what_lies_behind_the_region_does_not_matter),
        cmocka_unit_test(flipped_bits_are_found_or_harmless),
        cmocka_unit_test(changed_headers_are_declined_or_harmless),
        cmocka_unit_test(a_block_ends_at_its_last_coefficient),
        cmocka_unit_test(short_codes_do_not_lead_out_of_a_block_unseen),
        cmocka_unit_test(codes_that_do_not_exist_are_corrupt),
        cmocka_unit_test(data_that_ends_within_a_code_is_corrupt),
        cmocka_unit_test(restart_markers_must_be_the_right_ones),
        cmocka_unit_test(fill_bytes_in_data_are_passed_over),
        cmocka_unit_test(garbage_between_segments_is_passed_over),
        cmocka_unit_test(garbage_behind_the_picture_is_harmless),
        cmocka_unit_test(failing_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
