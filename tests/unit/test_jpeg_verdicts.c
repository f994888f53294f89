// SPDX-License-Identifier: MIT
/*
 * What becomes of a JPEG does not depend on the size that it is asked for, and so on which reader gets it:
 * odd files that every viewer shows are shown, with the sound file's very samples; damage is damage at every
 * scale.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg_fixture.h"

static const struct jpeg_recipe recipes[] = {
    {97, 61, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0},
    {97, 61, 3, 2, 1, 60, CONTENT_SMOOTH, true, false, 3},
    {500, 205, 3, 2, 2, 98, CONTENT_NOISE, true, false, 0},
    {64, 80, 1, 1, 1, 85, CONTENT_SMOOTH, false, false, 0},
    {48, 40, 4, 1, 1, 85, CONTENT_SMOOTH, false, false, 0},
    {97, 61, 3, 2, 2, 85, CONTENT_NOISE, true, true, 0},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

/* What one reading gave. */
struct verdict {
    enum tess_status status;
    struct jpeg_planes planes;
};

static struct verdict read_at(const struct jpeg_file *file, uint32_t denominator, uint32_t rows_px)
{
    struct verdict verdict = {TESS_OK, {0}};
    const struct jpeg_limits limits = {1000000, 100};
    struct jpeg_header header;
    struct tess_error error = {0};
    verdict.status = jpeg_header_read(file->data, file->size, &limits, &header, &error);
    if (verdict.status != TESS_OK)
        return verdict;
    struct jpeg_request request = jpeg_file_request(file, &header, denominator);
    if (rows_px > 0 && rows_px < request.y1_px)
        request.y1_px = rows_px;
    verdict.status = jpeg_reader_for(&request)->read(&request, &verdict.planes, &error);
    assert_int_equal(verdict.status, error.status);
    jpeg_header_clear(&header);
    return verdict;
}

static void assert_same_samples(const struct jpeg_planes *got, const struct jpeg_planes *wanted)
{
    assert_int_equal(got->count, wanted->count);
    for (uint32_t i = 0; i < got->count; i++) {
        const struct jpeg_plane *a = &got->planes[i], *b = &wanted->planes[i];
        assert_int_equal(a->whole_width_px, b->whole_width_px);
        assert_int_equal(a->height_px, b->height_px);
        for (uint32_t y = 0; y < a->height_px && y < a->whole_height_px; y++)
            assert_memory_equal(a->data + y * a->stride_bytes, b->data + y * b->stride_bytes,
                                a->whole_width_px);
    }
}

/* Both files are read, at every scale, and show the same. */
static void assert_shown_alike(const struct jpeg_file *odd, const struct jpeg_file *sound)
{
    for (uint32_t denominator = 1; denominator <= 8; denominator *= 2) {
        struct verdict got = read_at(odd, denominator, 0), wanted = read_at(sound, denominator, 0);
        assert_int_equal(wanted.status, TESS_OK);
        assert_int_equal(got.status, TESS_OK);
        assert_same_samples(&got.planes, &wanted.planes);
        jpeg_planes_clear(&got.planes);
        jpeg_planes_clear(&wanted.planes);
    }
}

/* The status at full size, which is the same at every other. */
static enum tess_status common_status(const struct jpeg_file *file, uint32_t rows_px)
{
    enum tess_status first = TESS_OK;
    for (uint32_t denominator = 1; denominator <= 8; denominator *= 2) {
        struct verdict verdict = read_at(file, denominator, rows_px);
        jpeg_planes_clear(&verdict.planes);
        if (denominator == 1)
            first = verdict.status;
        else
            assert_int_equal(verdict.status, first);
    }
    return first;
}

/* Where a marker's segment begins, from `from` on; segments before the first scan are sound. */
static size_t segment_at(const struct jpeg_file *file, uint8_t marker)
{
    size_t at = 2;
    while (file->data[at + 1] != marker)
        at += 2 + ((size_t)file->data[at + 2] << 8 | file->data[at + 3]);
    return at;
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

/* Samsung's phones write zeros; other programs other things. */
static void progressive_parameters_of_sequential_scans_are_ignored(void **state)
{
    (void)state;
    static const uint8_t parameters[][3] = {{0, 0, 0}, {0, 63, 0x11}, {1, 5, 2}, {255, 255, 255}, {63, 0, 0}};
    for (int i = 0; i < RECIPES; i++) {
        if (recipes[i].progressive)
            continue;
        struct jpeg_file sound = jpeg_file_make(&recipes[i]), odd = jpeg_file_make(&recipes[i]);
        const size_t at = segment_at(&odd, 0xDA);
        for (size_t p = 0; p < sizeof parameters / sizeof *parameters; p++) {
            memcpy(odd.data + at + 5 + 2 * (size_t)recipes[i].components, parameters[p], 3);
            assert_shown_alike(&odd, &sound);
        }
        free(sound.data);
        free(odd.data);
    }
}

/* Progressive scans behind a baseline frame's marker. */
static void a_progressive_file_is_known_by_its_scans(void **state)
{
    (void)state;
    struct jpeg_file sound = jpeg_file_make(&recipes[5]), odd = jpeg_file_make(&recipes[5]);
    const size_t at = segment_at(&odd, 0xC2);
    for (uint8_t sof = 0xC0; sof <= 0xC1; sof++) {
        odd.data[at + 1] = sof;
        assert_shown_alike(&odd, &sound);
    }
    odd.size = odd.size * 2 / 3;
    assert_int_equal(common_status(&odd, 0), TESS_ERR_CORRUPT);
    free(sound.data);
    free(odd.data);
}

static void whole_files_need_no_end_marker(void **state)
{
    (void)state;
    for (int i = 0; i < RECIPES; i++) {
        struct jpeg_file sound = jpeg_file_make(&recipes[i]), odd = jpeg_file_make(&recipes[i]);
        odd.size -= 1;
        assert_shown_alike(&odd, &sound);
        odd.size -= 1;
        assert_shown_alike(&odd, &sound);
        struct jpeg_file padded =
            with_inserted(&odd, odd.size, "\0\0\0\0\0\0\0", 7); /* as of a block device */
        assert_shown_alike(&padded, &sound);
        free(padded.data);
        free(sound.data);
        free(odd.data);
    }
}

/* Cut before the end marker: also between two scans, where no decoder misses anything. */
static void cut_files_are_damaged_at_every_scale(void **state)
{
    (void)state;
    for (int i = 0; i < RECIPES; i++) {
        struct jpeg_file file = jpeg_file_make(&recipes[i]);
        const size_t whole = file.size - 2;
        const size_t step = whole / 300 + 1;
        for (size_t size = 3; size<whole; size += whole - size> 40 ? step : 1) {
            struct jpeg_file part = {malloc(size), size};
            assert_non_null(part.data);
            memcpy(part.data, file.data, size);
            assert_int_equal(common_status(&part, 0), TESS_ERR_CORRUPT);
            free(part.data);
        }
        free(file.data);
    }
}

static void a_cut_between_two_scans_is_damage(void **state)
{
    (void)state;
    struct jpeg_file file = jpeg_file_make(&recipes[5]);
    size_t cuts = 0;
    for (size_t at = segment_at(&file, 0xDA) + 2; at + 4 < file.size; at++) {
        const uint8_t marker = file.data[at + 1];
        if (file.data[at] != 0xFF || (marker != 0xDA && marker != 0xC4))
            continue;
        const struct jpeg_file part = {file.data, at};
        assert_int_equal(common_status(&part, 0), TESS_ERR_CORRUPT);
        cuts++;
    }
    assert_true(cuts > 5);
    free(file.data);
}

/* Lengths below 2 are none: what follows is skipped up to the next marker. */
static void segments_without_a_length_are_skipped(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
    } segments[] = {{"\xFF\xEC\0\0", 4},
                    {"\xFF\xFE\0\1", 4},
                    {"\xFF\xEC\0\0junk\xFF\0", 10},
                    {"\xFF\xE1\0\1Exif\0", 9},
                    {"\xFF\xE2\0\0ICC_PROFILE", 15},
                    {"\xFF\xFE\0\0\xFF\xEF\0\0", 8}};
    for (int i = 0; i < RECIPES; i++) {
        struct jpeg_file sound = jpeg_file_make(&recipes[i]);
        for (size_t s = 0; s < sizeof segments / sizeof *segments; s++) {
            struct jpeg_file odd =
                with_inserted(&sound, segment_at(&sound, 0xDB), segments[s].bytes, segments[s].count);
            assert_shown_alike(&odd, &sound);
            free(odd.data);
        }
        free(sound.data);
    }
}

/*
 * Flipped bits in the scan: found at every scale or at none, for the whole picture and for its upper part.
 * libjpeg-turbo alone takes codes that do not exist for zeros, but only where its buffer is full.
 */
static void flipped_bits_get_one_verdict(void **state)
{
    (void)state;
    uint32_t seed = 11, corrupt = 0, shown = 0;
    for (int round = 0; round < 600; round++) {
        struct jpeg_file file = jpeg_file_make(&recipes[round % RECIPES]);
        const size_t scan = segment_at(&file, 0xDA) + 14;
        for (int flips = 1 + round % 3; flips > 0; flips--) {
            seed = seed * 1664525U + 1013904223U;
            file.data[scan + (seed >> 11) % (file.size - scan)] ^= (uint8_t)(1 << (seed >> 8 & 7));
        }
        const enum tess_status status = common_status(&file, round % 2 ? 24 : 0);
        assert_int_not_equal(status, TESS_ERR_INTERNAL);
        corrupt += status == TESS_ERR_CORRUPT;
        shown += status == TESS_OK;
        free(file.data);
    }
    assert_true(corrupt > 50);
    assert_true(shown > 50);
}

/* Grey with the standard codes, and in one block a coefficient too many, or a code that does not exist. */
static void impossible_blocks_are_damage_at_every_scale(void **state)
{
    (void)state;
    enum { BLOCKS = 2000 /* the bad one is far from the end, where libjpeg-turbo is in a hurry */ };
    for (int overrun = 0; overrun < 2; overrun++) {
        struct bit_writer bits = {0};
        for (int block = 0; block < BLOCKS; block++) {
            bits_put(&bits, 0x0, 2); /* DC: no difference */
            if (block == 3 && overrun)
                for (int i = 0; i < 4; i++)
                    bits_put(&bits, 0x7F9, 11); /* 16 zeros */
            else if (block == 3)
                bits_put(&bits, 0x1FFFF, 17);
            else
                bits_put(&bits, 0xA, 4); /* end of block */
        }
        struct jpeg_file file = jpeg_file_by_hand(8 * BLOCKS, &bits);
        assert_int_equal(common_status(&file, 0), TESS_ERR_CORRUPT);
        free(file.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progressive_parameters_of_sequential_scans_are_ignored),
        cmocka_unit_test(a_progressive_file_is_known_by_its_scans),
        cmocka_unit_test(whole_files_need_no_end_marker),
        cmocka_unit_test(cut_files_are_damaged_at_every_scale),
        cmocka_unit_test(a_cut_between_two_scans_is_damage),
        cmocka_unit_test(segments_without_a_length_are_skipped),
        cmocka_unit_test(flipped_bits_get_one_verdict),
        cmocka_unit_test(impossible_blocks_are_damage_at_every_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
