// SPDX-License-Identifier: MIT
/* Kinds by magic number: each kind's beginning, each beginning cut short, and look-alikes that must not pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/sniff.h"

struct sample {
    enum image_kind kind;
    size_t size;
    const char *bytes;
};

#define SAMPLE(kind, text)           \
    {                                \
        kind, sizeof(text) - 1, text \
    }

static const struct sample samples[] = {
    SAMPLE(IMAGE_JPEG, "\xFF\xD8\xFF\xE0"),
    SAMPLE(IMAGE_JPEG, "\xFF\xD8\xFF"),
    SAMPLE(IMAGE_PNG, "\x89PNG\r\n\x1A\n"),
    SAMPLE(IMAGE_WEBP, "RIFF\x10\0\0\0WEBP"),
    SAMPLE(IMAGE_GIF, "GIF87a"),
    SAMPLE(IMAGE_GIF, "GIF89a"),
    SAMPLE(IMAGE_TIFF, "II*\0\x08\0\0\0"),
    SAMPLE(IMAGE_TIFF, "MM\0*\0\0\0\x08"),
    SAMPLE(IMAGE_TIFF, "II+\0\x08\0\0\0"),
    SAMPLE(IMAGE_TIFF, "MM\0+\0\x08\0\0"),
    SAMPLE(IMAGE_HEIF, "\0\0\0\x18"
                       "ftypheic\0\0\0\0mif1heic"),
    SAMPLE(IMAGE_HEIF, "\0\0\0\x18"
                       "ftypmif1\0\0\0\0mif1heic"),
    SAMPLE(IMAGE_HEIF, "\0\0\0\x14"
                       "ftypmif1\0\0\0\0mif1"),
    SAMPLE(IMAGE_AVIF, "\0\0\0\x1C"
                       "ftypavif\0\0\0\0avifmif1miaf"),
    SAMPLE(IMAGE_AVIF, "\0\0\0\x1C"
                       "ftypmif1\0\0\0\0mif1avifmiaf"),
    SAMPLE(IMAGE_AVIF, "\0\0\0\x10"
                       "ftypavis\0\0\0\0"),
    SAMPLE(IMAGE_SVG, "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    SAMPLE(IMAGE_SVG, "\xEF\xBB\xBF \r\n<?xml version='1.0'?><!-- a --><svg/>"),
    SAMPLE(IMAGE_PDF, "%PDF-1.7"),
    SAMPLE(IMAGE_POSTSCRIPT, "%!PS-Adobe-3.0"),
    SAMPLE(IMAGE_POSTSCRIPT, "\xC5\xD0\xD3\xC6"),
    SAMPLE(IMAGE_BMP, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
    SAMPLE(IMAGE_ICO, "\0\0\1\0\1\0"),
    SAMPLE(IMAGE_JXL, "\xFF\x0A"),
    SAMPLE(IMAGE_JXL, "\0\0\0\x0CJXL \r\n\x87\n"),
    SAMPLE(IMAGE_JP2, "\0\0\0\x0CjP  \r\n\x87\n"),
    SAMPLE(IMAGE_JP2, "\xFF\x4F\xFF\x51"),
    SAMPLE(IMAGE_PSD, "8BPS\0\1"),
    SAMPLE(IMAGE_PNM, "P6\n1 1\n255\n"),
    SAMPLE(IMAGE_PNM, "P5 1 1 255 "),
    SAMPLE(IMAGE_EXR, "\x76\x2F\x31\x01"),
    SAMPLE(IMAGE_HDR, "#?RADIANCE\n"),
    SAMPLE(IMAGE_RAW, "II*\0\x10\0\0\0CR\2\0"),
    SAMPLE(IMAGE_RAW, "\0\0\0\x18"
                      "ftypcrx \0\0\0\1crx isom"),
    SAMPLE(IMAGE_VIDEO, "\0\0\0\x18"
                        "ftypisom\0\0\0\0isommp42"),
    SAMPLE(IMAGE_UNKNOWN, ""),
    SAMPLE(IMAGE_UNKNOWN, "a text that is named photo.jpg"),
    SAMPLE(IMAGE_UNKNOWN, "\xFF\xD8 "),
    SAMPLE(IMAGE_UNKNOWN, "GIF88a"),
    SAMPLE(IMAGE_UNKNOWN, "RIFF\x10\0\0\0WAVE"),
    SAMPLE(IMAGE_UNKNOWN, "<html><body>404</body></html>"),
    SAMPLE(IMAGE_UNKNOWN, "BMW is a car maker from Munich"),
    SAMPLE(IMAGE_UNKNOWN, "P6X"),
    SAMPLE(IMAGE_UNKNOWN, "svg"),
};

enum { SAMPLE_COUNT = sizeof samples / sizeof samples[0] };

/* An allocation of exactly the size, so that reading past it is a sanitizer's finding. */
static enum image_kind sniff_exact(const char *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    enum image_kind kind = sniff_kind(copy, size);
    free(copy);
    return kind;
}

static void knows_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++)
        if (sniff_exact(samples[i].bytes, samples[i].size) != samples[i].kind)
            fail_msg("sample %zu should be %s", i, sniff_name(samples[i].kind));
}

/* A beginning that is cut is the kind, or unknown, or a kind that shares the rest; never a read past the end.
 */
static void cut_samples_are_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        assert_int_equal(sniff_exact(samples[i].bytes, 0), IMAGE_UNKNOWN);
        for (size_t size = 1; size < samples[i].size; size++) {
            enum image_kind kind = sniff_exact(samples[i].bytes, size);
            assert_in_range(kind, IMAGE_UNKNOWN, IMAGE_KIND_COUNT - 1);
        }
    }
    assert_int_equal(sniff_exact("\x89PNG\r\n\x1A", 7), IMAGE_UNKNOWN);
    assert_int_equal(sniff_exact("RIFF\x10\0\0\0WEB", 11), IMAGE_UNKNOWN);
}

static void svg_is_found_behind_a_long_comment_only_so_far(void **state)
{
    (void)state;
    char text[2 * SNIFF_BYTES];
    memset(text, ' ', sizeof text);
    text[0] = '<';
    memcpy(text + SNIFF_BYTES - 4, "<svg", 4);
    assert_int_equal(sniff_exact(text, sizeof text), IMAGE_SVG);
    memset(text + SNIFF_BYTES - 4, ' ', 4);
    memcpy(text + SNIFF_BYTES, "<svg", 4);
    assert_int_equal(sniff_exact(text, sizeof text), IMAGE_UNKNOWN);
}

/* A box size that lies must not lead past the bytes. */
static void ftyp_with_a_lying_size(void **state)
{
    (void)state;
    assert_int_equal(sniff_exact("\xFF\xFF\xFF\xFF"
                                 "ftypmif1\0\0\0\0mif1avif",
                                 24),
                     IMAGE_AVIF);
    assert_int_equal(sniff_exact("\0\0\0\0"
                                 "ftypmif1\0\0\0\0mif1avif",
                                 24),
                     IMAGE_HEIF);
    assert_int_equal(sniff_exact("\0\0\0\x18"
                                 "ftyp",
                                 8),
                     IMAGE_UNKNOWN);
}

static void names_are_complete_and_agree(void **state)
{
    (void)state;
    for (enum image_kind kind = 0; (int)kind < IMAGE_KIND_COUNT; kind++) {
        assert_true(strlen(sniff_name(kind)) > 0);
        assert_true(strlen(sniff_extension(kind)) > 0);
        assert_non_null(strchr(sniff_media_type(kind), '/'));
        assert_int_equal(sniff_is_read(kind), kind >= IMAGE_JPEG && kind <= IMAGE_AVIF);
    }
    assert_string_equal(sniff_extension(IMAGE_JPEG), "jpg");
    assert_string_equal(sniff_media_type(IMAGE_WEBP), "image/webp");
    assert_string_equal(sniff_name((enum image_kind)IMAGE_KIND_COUNT), "unknown");
}

static void names_lead_to_kinds_that_are_read(void **state)
{
    (void)state;
    for (int i = IMAGE_UNKNOWN; i < IMAGE_KIND_COUNT; i++) {
        const enum image_kind kind = (enum image_kind)i;
        const enum image_kind expected = sniff_is_read(kind) ? kind : IMAGE_UNKNOWN;
        assert_int_equal(sniff_kind_of_extension(sniff_extension(kind)), expected);
        assert_int_equal(sniff_kind_of_media_type(sniff_media_type(kind)), expected);
    }
    assert_int_equal(sniff_kind_of_extension("JPG"), IMAGE_JPEG);
    assert_int_equal(sniff_kind_of_extension(""), IMAGE_UNKNOWN);
    assert_int_equal(sniff_kind_of_media_type("Image/HEIF"), IMAGE_HEIF);
    assert_int_equal(sniff_kind_of_media_type("image/jpg"), IMAGE_JPEG);
    assert_int_equal(sniff_kind_of_media_type("image/jpeg; q=1"), IMAGE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_each_kind),
        cmocka_unit_test(cut_samples_are_harmless),
        cmocka_unit_test(svg_is_found_behind_a_long_comment_only_so_far),
        cmocka_unit_test(ftyp_with_a_lying_size),
        cmocka_unit_test(names_are_complete_and_agree),
        cmocka_unit_test(names_lead_to_kinds_that_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
