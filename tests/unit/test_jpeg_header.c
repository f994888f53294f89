// SPDX-License-Identifier: MIT
/* JPEG headers: what they tell, and the limits that they are checked against. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "base/file.h"
#include "image/jpeg_reader.h"
#include "jpeg_make.h"

static const struct jpeg_limits usual = {100000000, 100};

enum scans { BASELINE, PROGRESSIVE, SEPARATE /* sequential, each component in a scan of its own */ };

struct marker {
    int code;
    const uint8_t *data;
    size_t size;
};

struct recipe {
    uint32_t width, height;
    int components, h_samp, v_samp;
    enum scans scans;
    const struct marker *markers; /* ends with code 0; may be NULL */
};

static void set_scans(struct jpeg_compress_struct *cinfo, enum scans scans)
{
    static const jpeg_scan_info separate[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    if (scans == PROGRESSIVE)
        jpeg_simple_progression(cinfo);
    if (scans == SEPARATE) {
        cinfo->scan_info = separate;
        cinfo->num_scans = 3;
    }
}

static struct made_jpeg encode(const struct recipe *recipe)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    uint8_t row[4096], *rows = row;
    uint32_t seed = 5;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &size);
    cinfo.image_width = recipe->width;
    cinfo.image_height = recipe->height;
    cinfo.input_components = recipe->components;
    cinfo.in_color_space = recipe->components == 1   ? JCS_GRAYSCALE
                           : recipe->components == 3 ? JCS_YCbCr
                                                     : JCS_CMYK;
    jpeg_set_defaults(&cinfo);
    cinfo.comp_info[0].h_samp_factor = recipe->h_samp;
    cinfo.comp_info[0].v_samp_factor = recipe->v_samp;
    set_scans(&cinfo, recipe->scans);
    jpeg_start_compress(&cinfo, TRUE);
    for (const struct marker *marker = recipe->markers; marker && marker->code; marker++)
        jpeg_write_marker(&cinfo, marker->code, marker->data, (unsigned)marker->size);
    for (uint32_t y = 0; y < recipe->height; y++) {
        for (uint32_t x = 0; x < recipe->width * (uint32_t)recipe->components; x++) {
            seed = seed * 1664525U + 1013904223U;
            row[x] = (uint8_t)(100 + x / 3 % 50 + y % 60 + (seed >> 27));
        }
        (void)jpeg_write_scanlines(&cinfo, &rows, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    struct made_jpeg jpeg = {malloc(size), size, 1};
    assert_non_null(jpeg.data);
    memcpy(jpeg.data, data, size);
    free(data);
    return jpeg;
}

static enum tess_status header_of(const struct made_jpeg *jpeg, const struct jpeg_limits *limits,
                                  struct jpeg_header *header, struct tess_error *error)
{
    memset(error, 0, sizeof *error);
    return jpeg_header_read(jpeg->data, jpeg->size, limits, header, error);
}

static struct jpeg_header header_or_fail(const struct made_jpeg *jpeg)
{
    struct jpeg_header header;
    struct tess_error error;
    if (header_of(jpeg, &usual, &header, &error) != TESS_OK)
        fail_msg("%s", error.message);
    return header;
}

static void assert_refused(const struct made_jpeg *jpeg, const struct jpeg_limits *limits,
                           enum tess_status status, const char *limit)
{
    struct jpeg_header header;
    struct tess_error error;
    assert_int_equal(header_of(jpeg, limits, &header, &error), status);
    assert_int_equal(error.status, status);
    assert_string_equal(error.limit, limit);
    assert_true(error.message[0] != '\0');
    assert_null(header.icc);
}

static void header_tells_what_is_in_the_file(void **state)
{
    (void)state;
    static const struct recipe recipes[] = {{101, 67, 3, 2, 2, BASELINE, NULL},
                                            {101, 67, 3, 4, 1, PROGRESSIVE, NULL},
                                            {33, 12, 1, 1, 1, BASELINE, NULL},
                                            {50, 40, 4, 1, 1, BASELINE, NULL},
                                            {50, 40, 3, 1, 2, SEPARATE, NULL}};
    static const enum jpeg_colour colours[] = {JPEG_YCC, JPEG_YCC, JPEG_GREY, JPEG_CMYK, JPEG_YCC};
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        struct made_jpeg jpeg = encode(&recipes[i]);
        struct jpeg_header header = header_or_fail(&jpeg);
        assert_int_equal(header.width_px, recipes[i].width);
        assert_int_equal(header.height_px, recipes[i].height);
        assert_int_equal(header.component_count, recipes[i].components);
        assert_int_equal(header.colour, colours[i]);
        assert_int_equal(header.max_h_samp, recipes[i].h_samp);
        assert_int_equal(header.max_v_samp, recipes[i].v_samp);
        assert_int_equal(header.progressive, recipes[i].scans == PROGRESSIVE);
        assert_int_equal(header.orientation, 1);
        assert_int_equal(header.multiple_scans, recipes[i].scans != BASELINE);
        assert_false(header.arithmetic);
        jpeg_header_clear(&header);
        made_clear(&jpeg);
    }
}

static void pixels_are_limited(void **state)
{
    (void)state;
    const struct recipe recipe = {100, 70, 3, 2, 2, BASELINE, NULL};
    struct made_jpeg jpeg = encode(&recipe);
    struct jpeg_header header;
    struct tess_error error;
    const struct jpeg_limits enough = {7000, 100}, short_of_one = {6999, 100};
    assert_int_equal(header_of(&jpeg, &enough, &header, &error), TESS_OK);
    jpeg_header_clear(&header);
    assert_refused(&jpeg, &short_of_one, TESS_ERR_LIMIT, "max-pixels");
    made_clear(&jpeg);
}

/* Inserts `times` copies of the last scan before EOI: what a bomb does. */
static struct made_jpeg repeat_last_scan(const struct made_jpeg *jpeg, int times)
{
    size_t scan = jpeg->size - 2;
    while (scan > 0 && !(jpeg->data[scan] == 0xFF && jpeg->data[scan + 1] == 0xDA))
        scan--;
    const size_t length = jpeg->size - 2 - scan;
    struct made_jpeg bomb = {malloc(jpeg->size + length * (size_t)times), jpeg->size - 2, 1};
    assert_non_null(bomb.data);
    memcpy(bomb.data, jpeg->data, bomb.size);
    for (int i = 0; i < times; i++, bomb.size += length)
        memcpy(bomb.data + bomb.size, jpeg->data + scan, length);
    memcpy(bomb.data + bomb.size, jpeg->data + jpeg->size - 2, 2);
    bomb.size += 2;
    return bomb;
}

static void scans_are_limited(void **state)
{
    (void)state;
    static const enum scans kinds[] = {PROGRESSIVE, SEPARATE};
    static const uint32_t scans[] = {10, 3}; /* jpeg_simple_progression() makes ten */
    for (int i = 0; i < 2; i++) {
        const struct recipe recipe = {64, 64, 3, 2, 2, kinds[i], NULL};
        struct made_jpeg jpeg = encode(&recipe);
        struct jpeg_header header;
        struct tess_error error;
        struct jpeg_limits limits = {100000000, scans[i]};
        assert_int_equal(header_of(&jpeg, &limits, &header, &error), TESS_OK);
        jpeg_header_clear(&header);
        limits.max_scans--;
        assert_refused(&jpeg, &limits, TESS_ERR_LIMIT, "max-scans");
        struct made_jpeg bomb = repeat_last_scan(&jpeg, 100);
        assert_refused(&bomb, &usual, TESS_ERR_LIMIT, "max-scans");
        made_clear(&bomb);
        made_clear(&jpeg);
    }
    /* Scans after the one that a baseline file needs are never read, so they do not count. */
    const struct recipe baseline = {64, 64, 3, 2, 2, BASELINE, NULL};
    struct made_jpeg jpeg = encode(&baseline), longer = repeat_last_scan(&jpeg, 200);
    struct jpeg_header header = header_or_fail(&longer);
    jpeg_header_clear(&header);
    made_clear(&jpeg);
    made_clear(&longer);
}

static struct made_jpeg corpus(const char *name)
{
    char path[1024];
    struct bytes bytes;
    const char *source = getenv("TESSERA_SOURCE_DIR");
    assert_non_null(source);
    (void)snprintf(path, sizeof path, "%s/tests/fuzz/corpus/jpeg/%s", source, name);
    assert_int_equal(file_read(path, 1 << 20, &bytes, NULL), TESS_OK);
    return (struct made_jpeg){bytes.data, bytes.size, 1};
}

static void rare_kinds_are_told_apart(void **state)
{
    (void)state;
    struct made_jpeg jpeg = corpus("12-bit.jpg");
    assert_refused(&jpeg, &usual, TESS_ERR_UNSUPPORTED, "");
    made_clear(&jpeg);
    jpeg = corpus("arithmetic.jpg");
    struct jpeg_header header = header_or_fail(&jpeg); /* libjpeg-turbo reads them */
    assert_true(header.arithmetic);
    jpeg_header_clear(&header);
    made_clear(&jpeg);
    const uint8_t text[] = "hello", start[] = {0xFF, 0xD8, 0xFF};
    const struct made_jpeg no_jpeg = {(uint8_t *)(uintptr_t)text, 5, 1},
                           only_start = {(uint8_t *)(uintptr_t)start, 3, 1};
    assert_refused(&no_jpeg, &usual, TESS_ERR_NOT_IMAGE, "");
    assert_refused(&only_start, &usual, TESS_ERR_CORRUPT, "");
}

/* Sides that the format can say and libjpeg cannot read are no damage. */
static void oversized_sides_are_unsupported(void **state)
{
    (void)state;
    const struct recipe recipe = {16, 8, 3, 1, 1, BASELINE, NULL};
    struct made_jpeg jpeg = encode(&recipe);
    for (size_t at = 2; at + 9 < jpeg.size; at += 2 + ((size_t)jpeg.data[at + 2] << 8 | jpeg.data[at + 3])) {
        if (jpeg.data[at + 1] == 0xC0) {
            jpeg.data[at + 7] = jpeg.data[at + 8] = 0xFF; /* 65535 wide */
            break;
        }
    }
    assert_refused(&jpeg, &usual, TESS_ERR_UNSUPPORTED, "");
    made_clear(&jpeg);
}

static void orientation_is_found(void **state)
{
    (void)state;
    for (uint8_t value = 0; value <= 9; value++) {
        struct made_jpeg jpeg = made_photo(20, 10, 2, 2, value);
        struct jpeg_header header = header_or_fail(&jpeg);
        assert_int_equal(header.orientation, value >= 1 && value <= 8 ? value : 1);
        jpeg_header_clear(&header);
        made_clear(&jpeg);
    }
}

/* One APP2 piece: the tag, its number, of how many, and 100 bytes that tell it. */
struct piece {
    uint8_t data[14 + 100];
};

static void make_pieces(const uint8_t (*numbers)[2], size_t count, struct piece *pieces,
                        struct marker *markers)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(pieces[i].data, "ICC_PROFILE", 12);
        pieces[i].data[12] = numbers[i][0];
        pieces[i].data[13] = numbers[i][1];
        memset(pieces[i].data + 14, numbers[i][0], 100);
        markers[i] = (struct marker){JPEG_APP0 + 2, pieces[i].data, sizeof pieces[i].data};
    }
    markers[count].code = 0;
}

static void profiles_are_whole_or_none(void **state)
{
    (void)state;
    static const struct {
        uint8_t numbers[3][2];
        size_t count;
        bool whole;
    } cases[] = {{{{1, 1}}, 1, true},
                 {{{1, 3}, {2, 3}, {3, 3}}, 3, true},
                 {{{3, 3}, {1, 3}, {2, 3}}, 3, true},  /* in any order */
                 {{{1, 3}, {3, 3}}, 2, false},         /* one missing */
                 {{{1, 2}, {1, 2}, {2, 2}}, 3, false}, /* one twice */
                 {{{1, 2}, {2, 3}}, 2, false},         /* not agreed on how many */
                 {{{0, 1}}, 1, false},
                 {{{2, 1}}, 1, false},
                 {{{1, 0}}, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct piece pieces[3];
        struct marker markers[4];
        make_pieces(cases[i].numbers, cases[i].count, pieces, markers);
        const struct recipe recipe = {16, 16, 3, 1, 1, BASELINE, markers};
        struct made_jpeg jpeg = encode(&recipe);
        struct jpeg_header header = header_or_fail(&jpeg);
        assert_int_equal(header.icc_size_bytes, cases[i].whole ? 100 * cases[i].count : 0);
        for (size_t at = 0; at < header.icc_size_bytes; at++)
            assert_int_equal(header.icc[at], at / 100 + 1);
        jpeg_header_clear(&header);
        made_clear(&jpeg);
    }
}

/* A profile in `count` pieces as large as segments can be, before the rest of `jpeg`. */
static struct made_jpeg with_large_profile(const struct made_jpeg *jpeg, uint8_t count)
{
    enum { PIECE_BYTES = 65519, SEGMENT_BYTES = 2 + 2 + 14 + PIECE_BYTES };
    struct made_jpeg large = {.size = (size_t)count * SEGMENT_BYTES + jpeg->size};
    uint8_t *at = large.data = calloc(1, large.size);
    assert_non_null(at);
    memcpy(at, jpeg->data, 2); /* SOI */
    at += 2;
    for (uint8_t i = 1; i <= count; i++, at += SEGMENT_BYTES) {
        memcpy(at, "\xFF\xE2\xFF\xFFICC_PROFILE", 16);
        at[16] = i;
        at[17] = count;
    }
    memcpy(at, jpeg->data + 2, jpeg->size - 2);
    return large;
}

static void absurdly_large_profiles_are_none(void **state)
{
    (void)state;
    const struct recipe recipe = {16, 16, 3, 1, 1, BASELINE, NULL};
    struct made_jpeg jpeg = encode(&recipe);
    for (uint8_t count = 64; count <= 65; count++) { /* just below and just above 4 MiB */
        struct made_jpeg large = with_large_profile(&jpeg, count);
        struct jpeg_header header = header_or_fail(&large);
        assert_int_equal(header.icc_size_bytes, count == 64 ? 64 * 65519 : 0);
        assert_int_equal(header.width_px, 16);
        jpeg_header_clear(&header);
        free(large.data);
    }
    made_clear(&jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_tells_what_is_in_the_file),
        cmocka_unit_test(pixels_are_limited),
        cmocka_unit_test(scans_are_limited),
        cmocka_unit_test(rare_kinds_are_told_apart),
        cmocka_unit_test(oversized_sides_are_unsupported),
        cmocka_unit_test(orientation_is_found),
        cmocka_unit_test(profiles_are_whole_or_none),
        cmocka_unit_test(absurdly_large_profiles_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
