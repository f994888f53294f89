// SPDX-License-Identifier: MIT
/* The fast JPEG reader: the same samples as from libjpeg's coefficients, and damage found wherever it
 * matters. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "image/jpeg_fast.h"
#include "image/jpeg_fast_block.h"
#include "jpeg_fixture.h"

/* Reads as the request says and compares with the whole picture's reference. */
static void check_request(const struct jpeg_request *request, const struct jpeg_planes *reference)
{
    struct jpeg_planes planes;
    struct tess_error error = {0};
    assert_true(jpeg_fast_reader.accepts(request));
    assert_int_equal(jpeg_fast_reader.read(request, &planes, &error), TESS_OK);
    assert_true(jpeg_planes_cover(&planes, request));
    assert_true(jpeg_planes_match(&planes, reference));
    uint64_t samples = 0;
    for (uint32_t i = 0; i < planes.count; i++)
        samples += (uint64_t)planes.planes[i].stride_bytes * planes.planes[i].height_px;
    assert_true(samples < jpeg_fast_reader.peak_bytes(request));
    jpeg_planes_clear(&planes);
}

static void check_file(const struct jpeg_file *file)
{
    struct jpeg_header header;
    assert_true(jpeg_file_header(file, &header));
    for (uint32_t denominator = 2; denominator <= 8; denominator *= 2) {
        for (int full_chroma = 0; full_chroma < 2; full_chroma++) {
            struct jpeg_request request = jpeg_file_request(file, &header, denominator);
            request.full_chroma = full_chroma;
            struct jpeg_planes reference;
            assert_true(jpeg_file_reference(&request, &reference));
            check_request(&request, &reference);
            jpeg_planes_clear(&reference);
        }
    }
    jpeg_header_clear(&header);
}

static void check_recipe(const struct jpeg_recipe *recipe)
{
    struct jpeg_file file = jpeg_file_make(recipe);
    check_file(&file);
    free(file.data);
}

static void every_kind_gives_the_reference_samples(void **state)
{
    (void)state;
    static const int qualities[] = {1, 35, 80, 97, 100};
    static const int samplings[][3] = {{1, 1, 1}, {3, 1, 1}, {3, 2, 1}, {3, 1, 2}, {3, 2, 2}, {1, 2, 2}};
    static const uint32_t sizes[][2] = {{1, 1}, {8, 8}, {17, 9}, {131, 64}, {95, 213}};
    for (size_t q = 0; q < 5; q++)
        for (size_t s = 0; s < 6; s++)
            for (size_t size = 0; size < 5; size++)
                for (int content = CONTENT_FLAT; content <= CONTENT_HARSH; content++) {
                    const struct jpeg_recipe recipe = {.width_px = sizes[size][0],
                                                       .height_px = sizes[size][1],
                                                       .components = samplings[s][0],
                                                       .h_samp = samplings[s][1],
                                                       .v_samp = samplings[s][2],
                                                       .quality = qualities[q],
                                                       .content = (enum jpeg_content)content,
                                                       .optimised = (q + size) % 2,
                                                       .restart_interval = s % 3 == 2 ? (unsigned)size : 0};
                    check_recipe(&recipe);
                }
}

/* Hundreds of kilobytes: several windows, four walkers in each. */
static void large_files_give_the_reference_samples(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipes[] = {
        {611, 587, 3, 2, 2, 100, CONTENT_NOISE, false, false, 0},
        {603, 590, 3, 2, 1, 100, CONTENT_HARSH, true, false, 0},
        {900, 700, 3, 1, 1, 90, CONTENT_SMOOTH, true, false, 0},
        {1201, 900, 1, 1, 1, 85, CONTENT_NOISE, false, false, 0},
        {611, 587, 3, 2, 2, 97, CONTENT_NOISE, false, false, 400},
        {640, 640, 3, 1, 2, 95, CONTENT_NOISE, false, false, 1}, /* a marker after each MCU */
    };
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++)
        check_recipe(&recipes[i]);
}

/* Six bits a block: more blocks in a part of the window than there is room for. */
static void flat_files_give_the_reference_samples(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {4801, 3203, 1, 1, 1, 50, CONTENT_FLAT, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    struct jpeg_header header;
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&file, &header, 8);
    struct jpeg_planes reference;
    assert_true(jpeg_file_reference(&request, &reference));
    check_request(&request, &reference);
    jpeg_planes_clear(&reference);
    jpeg_header_clear(&header);
    free(file.data);
}

static void regions_hold_what_the_whole_holds(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipes[] = {
        {203, 187, 3, 2, 2, 90, CONTENT_NOISE, false, false, 0},
        {203, 187, 3, 2, 1, 90, CONTENT_NOISE, false, false, 5},
        {203, 187, 1, 1, 1, 90, CONTENT_SMOOTH, true, false, 0},
    };
    static const uint32_t spans[][2] = {{0, 1},     {0, 203},   {15, 17},  {16, 32},
                                        {100, 150}, {180, 187}, {186, 187}};
    for (size_t r = 0; r < 3; r++) {
        struct jpeg_file file = jpeg_file_make(&recipes[r]);
        struct jpeg_header header;
        assert_true(jpeg_file_header(&file, &header));
        for (uint32_t denominator = 2; denominator <= 8; denominator *= 2) {
            struct jpeg_request request = jpeg_file_request(&file, &header, denominator);
            struct jpeg_planes reference;
            assert_true(jpeg_file_reference(&request, &reference));
            for (size_t i = 0; i < 49; i++) {
                request.x0_px = spans[i % 7][0];
                request.x1_px = spans[i % 7][1];
                request.y0_px = spans[i / 7][0];
                request.y1_px = spans[i / 7][1] < 187 ? spans[i / 7][1] : 187;
                check_request(&request, &reference);
            }
            jpeg_planes_clear(&reference);
        }
        jpeg_header_clear(&header);
        free(file.data);
    }
}

/* Luma at 1/8 is libjpeg's to the bit, too; chroma it decodes larger. */
static void an_eighth_is_libjpegs(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipe = {301, 203, 3, 2, 2, 75, CONTENT_NOISE, false, false, 0};
    struct jpeg_file file = jpeg_file_make(&recipe);
    struct jpeg_header header;
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&file, &header, 8);
    struct jpeg_planes fast, turbo;
    assert_int_equal(jpeg_fast_reader.read(&request, &fast, NULL), TESS_OK);
    assert_int_equal(jpeg_turbo_reader.read(&request, &turbo, NULL), TESS_OK);
    fast.count = turbo.count = 1;
    assert_true(jpeg_planes_match(&fast, &turbo));
    jpeg_planes_clear(&fast);
    jpeg_planes_clear(&turbo);
    jpeg_header_clear(&header);
    free(file.data);
}

static bool accepted(const struct jpeg_file *file, uint32_t denominator)
{
    struct jpeg_header header;
    if (!jpeg_file_header(file, &header))
        return false;
    struct jpeg_request request = jpeg_file_request(file, &header, denominator);
    bool accepts = jpeg_fast_reader.accepts(&request);
    struct jpeg_planes planes;
    if (!accepts) { /* and says so when it is asked all the same */
        assert_int_equal(jpeg_fast_reader.read(&request, &planes, NULL), TESS_ERR_UNSUPPORTED);
        assert_null(planes.memory);
    }
    jpeg_header_clear(&header);
    return accepts;
}

static void other_kinds_are_declined(void **state)
{
    (void)state;
    static const struct jpeg_recipe recipes[] = {
        {64, 64, 3, 2, 2, 80, CONTENT_SMOOTH, false, true, 0},  /* progressive */
        {64, 64, 3, 4, 1, 80, CONTENT_SMOOTH, false, false, 0}, /* 4:1:1 */
        {64, 64, 4, 1, 1, 80, CONTENT_SMOOTH, false, false, 0}, /* CMYK */
        {64, 64, 3, 2, 2, 80, CONTENT_SMOOTH, false, false, 0}, /* a good one, to be spoilt */
    };
    for (size_t i = 0; i < 4; i++) {
        struct jpeg_file file = jpeg_file_make(&recipes[i]);
        assert_int_equal(accepted(&file, 4), i == 3);
        assert_false(accepted(&file, 1));
        if (i == 3)
            for (size_t at = 2; at + 4 < file.size && file.data[at + 1] != 0xDA;
                 at += 2 + ((size_t)file.data[at + 2] << 8 | file.data[at + 3])) {
                uint8_t marker = file.data[at + 1];
                file.data[at + 1] = 0xFE; /* each segment in turn becomes a comment */
                assert_int_equal(accepted(&file, 4), marker == 0xE0 || marker == 0xC4);
                if (marker == 0xC4)
                    check_file(&file); /* these were the usual tables anyway */
                file.data[at + 1] = marker;
            }
        free(file.data);
    }
}

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Coefficients of up to `bits` bits and sign; some blocks sparse. */
static void random_coefs(int16_t coefs[16], uint32_t bits, uint32_t *seed)
{
    bool sparse = random_next(seed) & 1;
    for (int i = 0; i < 16; i++) {
        int16_t value = (int16_t)((int32_t)(random_next(seed) & ((2U << bits) - 1)) - (1 << bits));
        coefs[i] = sparse && i != 0 && random_next(seed) % 4 ? 0 : value;
    }
}

static void vector_and_plain_idct_are_the_same(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 200000; i++) {
        int16_t coefs[16], quant[16];
        uint8_t plain[16], vector[16];
        random_coefs(coefs, i % 16, &seed);
        for (int q = 0; q < 16; q++)
            quant[q] =
                (int16_t)(random_next(&seed) & 0x7FFF >> i % 15); /* products far beyond 16 bits, too */
        fast_idct4_plain(coefs, quant, plain, 4);
        fast_idct4(coefs, quant, vector, 4);
        assert_memory_equal(plain, vector, 16);
    }
}

/* A size-point IDCT in two dimensions, from its definition, for blocks of an 8-point transform. */
static double idct_sample(const int16_t *coefs, uint32_t size, uint32_t x, uint32_t y)
{
    const double pi = 3.14159265358979323846;
    double sum = 0;
    for (uint32_t v = 0; v < size; v++)
        for (uint32_t u = 0; u < size; u++)
            sum += coefs[v * size + u] * (u ? sqrt(2) : 1) * (v ? sqrt(2) : 1) *
                   cos((2 * x + 1) * u * pi / (2 * size)) * cos((2 * y + 1) * v * pi / (2 * size));
    return fmin(fmax(sum / 8 + 128, 0), 255);
}

static void idcts_are_within_one_of_the_definition(void **state)
{
    (void)state;
    static const int16_t ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 20000; i++) {
        int16_t coefs[16];
        uint8_t got[16];
        random_coefs(coefs, i % 12, &seed);
        for (uint32_t size = 1; size <= 4; size *= 2) {
            if (size == 1)
                fast_idct1(coefs[0], 1, got);
            else if (size == 2)
                fast_idct2(coefs, ones, got, 2);
            else
                fast_idct4(coefs, ones, got, 4);
            for (uint32_t p = 0; p < size * size; p++)
                assert_true(fabs(got[p] - idct_sample(coefs, size, p % size, p / size)) <
                            0.51 + (size == 4) * 0.3);
        }
    }
}

static struct jpeg_file load(const char *path)
{
    struct jpeg_file file = {malloc(16 << 20), 0};
    FILE *stream = fopen(path, "rb");
    if (!file.data || !stream) {
        fail_msg("cannot read %s", path);
        return file;
    }
    file.size = fread(file.data, 1, 16 << 20, stream);
    (void)fclose(stream);
    return file;
}

static void check_photo(const char *path, uint32_t denominator)
{
    struct jpeg_file file = load(path);
    struct jpeg_header header;
    assert_true(jpeg_file_header(&file, &header));
    struct jpeg_request request = jpeg_file_request(&file, &header, denominator);
    struct jpeg_planes reference;
    assert_true(jpeg_file_reference(&request, &reference));
    check_request(&request, &reference);
    request.x0_px = (header.width_px - header.height_px) / 2; /* the crop of a square cell */
    request.x1_px = request.x0_px + header.height_px;
    check_request(&request, &reference);
    jpeg_planes_clear(&reference);
    jpeg_header_clear(&header);
    free(file.data);
}

static void photos_give_the_reference_samples(void **state)
{
    (void)state;
    const char *source = getenv("TESSERA_SOURCE_DIR");
    char folder[1024];
    (void)snprintf(folder, sizeof folder, "%s/../shared/photos", source ? source : ".");
    DIR *photos = opendir(folder);
    if (!photos) {
        print_message("skipped here: no folder %s\n", folder);
        skip();
        return;
    }
    uint32_t count = 0;
    for (const struct dirent *entry; (entry = readdir(photos)) != NULL;) {
        char path[2048];
        const char *suffix = strrchr(entry->d_name, '.');
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (suffix && strcasecmp(suffix, ".jpg") == 0)
            check_photo(path, 2U << count++ % 3);
    }
    (void)closedir(photos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_gives_the_reference_samples),
        cmocka_unit_test(large_files_give_the_reference_samples),
        cmocka_unit_test(flat_files_give_the_reference_samples),
        cmocka_unit_test(regions_hold_what_the_whole_holds),
        cmocka_unit_test(an_eighth_is_libjpegs),
        cmocka_unit_test(other_kinds_are_declined),
        cmocka_unit_test(vector_and_plain_idct_are_the_same),
        cmocka_unit_test(idcts_are_within_one_of_the_definition),
        cmocka_unit_test(photos_give_the_reference_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
