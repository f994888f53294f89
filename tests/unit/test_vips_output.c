// SPDX-License-Identifier: MIT
/* Pictures written and texts drawn by the module. Run with the argument "no-font" it checks one thing in a
 * process of its own: what a machine without fonts is told. */
#include "vips_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WIDTH = 301, HEIGHT = 217 };

/* Where rows come from and bytes go to. */
struct sink {
    const uint8_t *rows; /* of the whole picture, or NULL for made-up ones */
    size_t row_bytes;
    uint32_t next_row, stop_at_row; /* reading fails from this row on */
    size_t stop_at_byte;            /* writing fails from this byte on */
    int calls_after_stop;
    bool keep, stopped;
    GByteArray *file;
    size_t written;
};

static bool read_rows(void *context, uint8_t *rows, uint32_t row_count)
{
    struct sink *sink = context;
    sink->calls_after_stop += sink->stopped;
    if (sink->next_row + row_count > sink->stop_at_row) {
        sink->stopped = true;
        return false;
    }
    for (uint32_t i = 0; i < row_count; i++, sink->next_row++) {
        if (sink->rows)
            memcpy(rows + i * sink->row_bytes, sink->rows + sink->next_row * sink->row_bytes,
                   sink->row_bytes);
        else
            memset(rows + i * sink->row_bytes, (int)(sink->next_row * 7 & 0xFF), sink->row_bytes);
    }
    return true;
}

static bool write_bytes(void *context, const void *data, size_t size)
{
    struct sink *sink = context;
    sink->calls_after_stop += sink->stopped;
    if (sink->written + size > sink->stop_at_byte) {
        sink->stopped = true;
        return false;
    }
    sink->written += size;
    if (sink->keep)
        g_byte_array_append(sink->file, data, (guint)size);
    return true;
}

static struct sink sink_for(const uint8_t *rows, uint32_t width)
{
    return (struct sink){.rows = rows,
                         .row_bytes = 3 * (size_t)width,
                         .stop_at_row = UINT32_MAX,
                         .stop_at_byte = SIZE_MAX,
                         .keep = true,
                         .file = g_byte_array_new()};
}

static enum tess_status save(struct sink *sink, enum tess_format format, uint8_t quality, uint32_t width,
                             uint32_t height, struct tess_error *error)
{
    const struct vips_save_request request = {.format = format,
                                              .quality = quality,
                                              .width_px = width,
                                              .height_px = height,
                                              .context = sink,
                                              .read_rows = read_rows,
                                              .write = write_bytes};
    return fixture_ops()->save(&request, error);
}

static uint8_t *photo_rows(uint32_t width, uint32_t height)
{
    size_t size = 0;
    VipsImage *photo = fixture_photo((int)width, (int)height);
    uint8_t *rows = vips_image_write_to_memory(photo, &size);
    g_object_unref(photo);
    return rows;
}

static VipsImage *decode(const GByteArray *file, const char *loader)
{
    VipsImage *image = vips_image_new_from_buffer(file->data, file->len, "", NULL);
    if (!image)
        fail_msg("%s", vips_error_buffer());
    const char *used = NULL;
    assert_int_equal(vips_image_get_string(image, VIPS_META_LOADER, &used), 0);
    assert_non_null(strstr(used, loader));
    return image;
}

static double psnr_against(VipsImage *image, const uint8_t *rows)
{
    size_t size = 0;
    double squares = 0;
    uint8_t *got = vips_image_write_to_memory(image, &size);
    assert_int_equal(size, (size_t)WIDTH * HEIGHT * 3);
    for (size_t i = 0; i < size; i++)
        squares += (got[i] - rows[i]) * (got[i] - rows[i]);
    g_free(got);
    return squares == 0 ? INFINITY : 10 * log10(255.0 * 255.0 * (double)size / squares);
}

static void formats_hold_what_went_in(void **state)
{
    (void)state;
    static const struct {
        enum tess_format format;
        const char *loader;
        double low_db, high_db; /* at quality 30 and 95 */
    } cases[] = {{TESS_FORMAT_PNG, "png", INFINITY, INFINITY},
                 {TESS_FORMAT_TIFF, "tiff", INFINITY, INFINITY},
                 {TESS_FORMAT_WEBP, "webp", 24, 32},
                 {TESS_FORMAT_AVIF, "heif", 24, 32}};
    uint8_t *rows = photo_rows(WIDTH, HEIGHT);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t sizes[2];
        for (int high = 0; high < 2; high++) {
            struct sink sink = sink_for(rows, WIDTH);
            struct tess_error error = {0};
            enum tess_status status = save(&sink, cases[i].format, high ? 95 : 30, WIDTH, HEIGHT, &error);
            if (status != TESS_OK)
                fail_msg("%s", error.message);
            VipsImage *image = decode(sink.file, cases[i].loader);
            assert_int_equal(vips_image_get_width(image), WIDTH);
            assert_int_equal(vips_image_get_height(image), HEIGHT);
            assert_int_equal(vips_image_get_bands(image), 3);
            double psnr = psnr_against(image, rows);
            print_message("%s: %u bytes, %.1f dB\n", cases[i].loader, sink.file->len, psnr);
            assert_true(psnr >= (high ? cases[i].high_db : cases[i].low_db));
            assert_int_equal(sink.next_row, HEIGHT);
            sizes[high] = sink.file->len;
            g_object_unref(image);
            g_byte_array_free(sink.file, TRUE);
        }
        assert_true(cases[i].low_db == INFINITY ? sizes[0] == sizes[1] : sizes[0] * 3 < sizes[1] * 2);
    }
    g_free(rows);
}

static void files_carry_no_metadata(void **state)
{
    (void)state;
    static const enum tess_format formats[] = {TESS_FORMAT_PNG, TESS_FORMAT_TIFF, TESS_FORMAT_WEBP,
                                               TESS_FORMAT_AVIF};
    for (size_t i = 0; i < 4; i++) {
        struct sink sink = sink_for(NULL, WIDTH);
        assert_int_equal(save(&sink, formats[i], 80, WIDTH, HEIGHT, NULL), TESS_OK);
        VipsImage *image = vips_image_new_from_buffer(sink.file->data, sink.file->len, "", NULL);
        assert_non_null(image);
        static const char *const names[] = {VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME,
                                            VIPS_META_IMAGEDESCRIPTION};
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            assert_int_equal(vips_image_get_typeof(image, names[n]), 0);
        assert_null(memmem(sink.file->data, sink.file->len, "vips", 4));
        g_object_unref(image);
        g_byte_array_free(sink.file, TRUE);
    }
}

/* The same picture, the same bytes. */
static void saving_is_deterministic(void **state)
{
    (void)state;
    static const enum tess_format formats[] = {TESS_FORMAT_PNG, TESS_FORMAT_TIFF, TESS_FORMAT_WEBP,
                                               TESS_FORMAT_AVIF};
    uint8_t *rows = photo_rows(WIDTH, HEIGHT);
    for (size_t i = 0; i < 4; i++) {
        struct sink first = sink_for(rows, WIDTH), second = sink_for(rows, WIDTH);
        assert_int_equal(save(&first, formats[i], 80, WIDTH, HEIGHT, NULL), TESS_OK);
        assert_int_equal(save(&second, formats[i], 80, WIDTH, HEIGHT, NULL), TESS_OK);
        assert_int_equal(first.file->len, second.file->len);
        assert_memory_equal(first.file->data, second.file->data, first.file->len);
        g_byte_array_free(first.file, TRUE);
        g_byte_array_free(second.file, TRUE);
    }
    g_free(rows);
}

/* Runs first, so that the high-water mark is its own: 60 MB of pixels through a few MB. */
static void png_and_tiff_stream(void **state)
{
    (void)state;
    static const enum tess_format formats[] = {TESS_FORMAT_PNG, TESS_FORMAT_TIFF};
    for (size_t i = 0; i < 2; i++) {
        struct sink sink = sink_for(NULL, 1000);
        sink.keep = false;
        assert_int_equal(save(&sink, formats[i], 80, 1000, 20000, NULL), TESS_OK);
        assert_int_equal(sink.next_row, 20000);
        assert_true(sink.written > 1000);
        assert_true(vips_tracked_get_mem_highwater() < 4000000);
        g_byte_array_free(sink.file, TRUE);
    }
}

static void odd_sizes_work(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {17, 33}, {20000, 2}};
    static const enum tess_format formats[] = {TESS_FORMAT_PNG, TESS_FORMAT_TIFF};
    for (size_t i = 0; i < 10; i++) {
        const uint32_t width = sizes[i / 2][0], height = sizes[i / 2][1];
        struct sink sink = sink_for(NULL, width);
        assert_int_equal(save(&sink, formats[i % 2], 80, width, height, NULL), TESS_OK);
        VipsImage *image = vips_image_new_from_buffer(sink.file->data, sink.file->len, "", NULL);
        double *point = NULL;
        int count = 0;
        assert_int_equal(vips_getpoint(image, &point, &count, (int)width - 1, (int)height - 1, NULL), 0);
        assert_true(point[2] == ((height - 1) * 7 & 0xFF));
        g_free(point);
        g_object_unref(image);
        g_byte_array_free(sink.file, TRUE);
    }
}

static void stopping_is_cancelled_at_once(void **state)
{
    (void)state;
    static const enum tess_format formats[] = {TESS_FORMAT_PNG, TESS_FORMAT_TIFF, TESS_FORMAT_WEBP,
                                               TESS_FORMAT_AVIF};
    uint8_t *rows = photo_rows(WIDTH, HEIGHT);
    for (size_t i = 0; i < 4; i++)
        for (int by_write = 0; by_write < 2; by_write++)
            for (int late = 0; late < 2; late++) {
                struct sink sink = sink_for(rows, WIDTH);
                struct tess_error error = {0};
                if (by_write)
                    sink.stop_at_byte = late ? 2000 : 0;
                else
                    sink.stop_at_row = late ? 150 : 0;
                assert_int_equal(save(&sink, formats[i], 80, WIDTH, HEIGHT, &error), TESS_ERR_CANCELLED);
                assert_int_equal(error.status, TESS_ERR_CANCELLED);
                assert_int_equal(sink.calls_after_stop, 0);
                g_byte_array_free(sink.file, TRUE);
            }
    g_free(rows);
    assert_string_equal(vips_error_buffer(), "");
}

static void impossible_requests_are_refused(void **state)
{
    (void)state;
    struct sink sink = sink_for(NULL, 16384);
    struct tess_error error = {0};
    assert_int_equal(save(&sink, TESS_FORMAT_WEBP, 80, 16384, 10, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "webp-side");
    assert_int_equal(save(&sink, TESS_FORMAT_AVIF, 80, 10, 16385, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "avif-side");
    assert_int_equal(save(&sink, TESS_FORMAT_PNG, 80, 0, 10, &error), TESS_ERR_INVALID);
    assert_int_equal(save(&sink, TESS_FORMAT_JPEG, 80, 10, 10, &error), TESS_ERR_INTERNAL);
    assert_int_equal(sink.next_row, 0);
    g_byte_array_free(sink.file, TRUE);
}

/* The box around a text's ink; width 0 when there is none. */
struct ink {
    int left, top, right, bottom; /* exclusive */
};

static struct ink ink_of(const char *text, uint32_t width, uint32_t height)
{
    const struct vips_text_request request = {.text = text, .width_px = width, .height_px = height};
    struct picture mask;
    struct tess_error error = {0};
    enum tess_status status = fixture_ops()->text(&request, &mask, &error);
    if (status != TESS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(mask.layout, PICTURE_GREY);
    assert_int_equal(mask.width_px, width);
    assert_int_equal(mask.height_px, height);
    struct ink ink = {(int)width, (int)height, 0, 0};
    for (int y = 0; y < (int)height; y++)
        for (int x = 0; x < (int)width; x++)
            if (mask.planes[0].data[(size_t)y * mask.planes[0].stride_bytes + (size_t)x] > 60) {
                ink = (struct ink){MIN(ink.left, x), MIN(ink.top, y), MAX(ink.right, x + 1),
                                   MAX(ink.bottom, y + 1)};
            }
    picture_clear(&mask);
    return ink;
}

static int ink_width(const char *text)
{
    struct ink ink = ink_of(text, 2000, 30);
    return MAX(0, ink.right - ink.left);
}

static void text_is_centred_on_a_common_baseline(void **state)
{
    (void)state;
    struct ink small = ink_of("xxx", 300, 40), tall = ink_of("hhh", 300, 40), deep = ink_of("ppp", 300, 40);
    assert_int_equal(small.bottom, tall.bottom);
    assert_in_range(abs(small.top - deep.top), 0, 1);
    assert_true(tall.top < small.top && deep.bottom > small.bottom);
    assert_in_range(abs(small.left - (300 - small.right)), 0, 1);
    struct ink full = ink_of("\xC3\x81gy", 300, 40);
    assert_true(full.top >= 1 && full.bottom <= 39 && full.bottom - full.top >= 28);
}

static void text_is_never_markup(void **state)
{
    (void)state;
    assert_true(ink_width("<b>x</b>") > 5 * ink_width("x"));
    assert_true(ink_width("&amp;") > 3 * ink_width("&"));
    assert_true(ink_width("a<b & c>d") > 0);
    assert_true(ink_width("<span") > 0 && ink_width("%s%n") > 0);
}

static void long_text_ends_in_an_ellipsis(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'm', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct ink ink = ink_of(text, 200, 30);
    assert_true(ink.left >= 0 && ink.right <= 200 && ink.right - ink.left > 160);
    /* The right end is the ellipsis: three dots low down, nothing as tall as an m. */
    const struct vips_text_request request = {.text = text, .width_px = 200, .height_px = 30};
    struct picture mask;
    assert_int_equal(fixture_ops()->text(&request, &mask, NULL), TESS_OK);
    for (int x = ink.right - 6; x < ink.right; x++)
        for (int y = 0; y < 15; y++)
            assert_true(mask.planes[0].data[(size_t)y * mask.planes[0].stride_bytes + (size_t)x] < 60);
    picture_clear(&mask);
    (void)ink_of(text, 1, 30); /* not even the ellipsis fits */
    (void)ink_of(text, 40, 400);
    (void)ink_of("abc", 100, 1);
}

static struct picture mask_of(const char *text, uint32_t width, uint32_t height, bool shrink)
{
    const struct vips_text_request request = {text, width, height, shrink};
    struct picture mask;
    assert_int_equal(fixture_ops()->text(&request, &mask, NULL), TESS_OK);
    return mask;
}

static int row_ink(const struct picture *mask, uint32_t row)
{
    int most = 0;
    for (uint32_t x = 0; x < mask->width_px; x++)
        most = MAX(most, mask->planes[0].data[row * mask->planes[0].stride_bytes + x]);
    return most;
}

/* Latin, Vietnamese, Greek, Thai, Arabic, Devanagari, Chinese, emoji: alone and mixed. Tails and marks are
 * whole, at every size: no ink in the first and last row, and as high as the same text drawn large. */
static void no_script_is_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "gypsy jumping",
        "\xE1\xBA\xAE\xE1\xBB\xAC\xE1\xBB\xB5gy",
        "\xCE\x86\xCF\x88\xCE\xB7g",
        "\xD8\xBA\xD8\xB2\xD9\x8A\xD8\xB1 gy",
        "\xE0\xA4\xB9\xE0\xA5\x88\xE0\xA4\x82\xE0\xA4\x95\xE0\xA5\x83 gypsy",
        "y \xE0\xA4\xB6\xE0\xA5\x8D\xE0\xA4\xB0\xE0\xA5\x80\xE0\xA4\xAE\xE0\xA5\x81\xE0\xA4\x96\xE0\xA5\x82",
        "\xE6\x97\xA5\xE6\x9C\xAC gypsy",
        "gypsy \xE6\xBC\xA2\xE5\xAD\x97 \xE0\xA4\xB9\xE0\xA5\x82 jq",
        "\xE9\xBD\x89",
        "\xF0\x9F\x98\x80 gypsy"};
    static const uint32_t heights[] = {12, 14, 16, 20, 24, 31, 48, 96};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        const struct ink large = ink_of(texts[t], 8000, 400);
        const double shape = (double)(large.bottom - large.top) / (large.right - large.left);
        for (size_t h = 0; h < sizeof heights / sizeof heights[0]; h++) {
            struct picture mask = mask_of(texts[t], 2000, heights[h], false);
            if (row_ink(&mask, 0) > 0 || row_ink(&mask, heights[h] - 1) > 0)
                fail_msg("text %zu of %u rows reaches the edge", t, heights[h]);
            picture_clear(&mask);
            const struct ink ink = ink_of(texts[t], 2000, heights[h]);
            const double height = (ink.right - ink.left) * shape;
            if (fabs(ink.bottom - ink.top - height) > 2.5)
                fail_msg("text %zu of %u rows is %d high and should be %.1f", t, heights[h],
                         ink.bottom - ink.top, height);
        }
    }
}

/* The scripts above have fonts of their own, or the test would show nothing. */
static void other_fonts_are_there(void **state)
{
    (void)state;
    const struct ink chinese = ink_of("\xE6\x97\xA5", 100, 40), other = ink_of("\xE4\xB8\x80", 100, 40);
    const struct ink hindi = ink_of("\xE0\xA4\x95", 100, 40), another = ink_of("\xE0\xA4\xB0", 100, 40);
    if ((chinese.bottom - chinese.top == other.bottom - other.top) ||
        (hindi.right - hindi.left == another.right - another.left))
        fail_msg("install the packages fonts-droid-fallback and fonts-lohit-deva (samples/install-packages "
                 "--tests)");
}

/* A line that may shrink is whole while it can be read, and only then cut. */
static void titles_shrink_before_they_are_cut(void **state)
{
    (void)state;
    const char *const text = "A title of some length (Hjq)";
    const int whole = ink_width(text); /* in 30 rows */
    static const double shares[] = {1.2, 0.9, 0.7, 0.5};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        const uint32_t width = (uint32_t)(whole * shares[i]);
        struct picture mask = mask_of(text, width, 30, true);
        int top = 30, bottom = 0, right = 0;
        for (uint32_t y = 0; y < 30; y++)
            for (uint32_t x = width - width / 8; x < width; x++)
                if (mask.planes[0].data[y * mask.planes[0].stride_bytes + x] > 60) {
                    top = MIN(top, (int)y);
                    bottom = MAX(bottom, (int)y + 1);
                    right = MAX(right, (int)x + 1);
                }
        /* The bracket stands at the end, as high as the line: no ellipsis. */
        if (shares[i] < 1 && (bottom - top < 30 * shares[i] * 0.6 || right < (int)width - 16))
            fail_msg("%g: rows %d to %d, %d of %u", shares[i], top, bottom, right, width);
        picture_clear(&mask);
    }
    const struct ink label = ink_of(text, (uint32_t)whole * 7 / 10, 30),
                     full = ink_of(text, (uint32_t)whole + 9, 30);
    assert_int_equal(label.top, full.top); /* one that may not keeps its size */
    char longer[600];
    memset(longer, 'm', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct picture cut = mask_of(longer, 200, 30, true);
    int most = 0;
    for (uint32_t y = 0; y < 30; y++)
        for (uint32_t x = 0; x < 200; x++)
            most = MAX(most, cut.planes[0].data[y * cut.planes[0].stride_bytes + x]);
    assert_true(most > 128); /* small, and cut, but there */
    picture_clear(&cut);
}

static void odd_text_is_drawn_or_left_out(void **state)
{
    (void)state;
    assert_int_equal(ink_width(""), 0);
    assert_int_equal(ink_width("   "), 0);
    assert_true(ink_width("a\xFF\xFE"
                          "b") > ink_width("ab"));
    assert_int_equal(ink_width("a\nb"), ink_width("a b"));
    assert_int_equal(ink_width("a\x01"
                               "b"),
                     ink_width("a b"));
    assert_true(ink_width("\xF0\x9F\x98\x80 \xE6\x97\xA5\xE6\x9C\xAC \xD7\xA9\xD7\x9C") > 0);
    assert_true(ink_width("cut in the middle \xE2\x82") > 0);
}

static int check_no_font(void)
{
    const struct vips_text_request request = {.text = "a text", .width_px = 100, .height_px = 20};
    struct picture mask;
    struct tess_error error = {0};
    const struct vips_ops *ops = vips_module(&error);
    bool right = ops && ops->text(&request, &mask, &error) == TESS_ERR_UNSUPPORTED &&
                 strstr(error.message, "font") && !mask.memory;
    return right ? 0 : 1;
}

static void a_machine_without_fonts_is_told_so(void **state)
{
    (void)state;
    char path[] = "/tmp/tessera-fonts-XXXXXX";
    int fd = mkstemp(path);
    static const char config[] = "<?xml version=\"1.0\"?><fontconfig></fontconfig>";
    assert_int_equal(write(fd, config, sizeof config - 1), sizeof config - 1);
    (void)close(fd);
    pid_t child = fork();
    if (child == 0) {
        (void)setenv("FONTCONFIG_FILE", path, 1);
        (void)execl("/proc/self/exe", "test_vips_output", "no-font", (char *)NULL);
        _exit(126);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)unlink(path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "no-font") == 0)
        return check_no_font();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_and_tiff_stream),
        cmocka_unit_test(formats_hold_what_went_in),
        cmocka_unit_test(files_carry_no_metadata),
        cmocka_unit_test(saving_is_deterministic),
        cmocka_unit_test(odd_sizes_work),
        cmocka_unit_test(stopping_is_cancelled_at_once),
        cmocka_unit_test(impossible_requests_are_refused),
        cmocka_unit_test(text_is_centred_on_a_common_baseline),
        cmocka_unit_test(text_is_never_markup),
        cmocka_unit_test(long_text_ends_in_an_ellipsis),
        cmocka_unit_test(other_fonts_are_there),
        cmocka_unit_test(no_script_is_cut),
        cmocka_unit_test(titles_shrink_before_they_are_cut),
        cmocka_unit_test(odd_text_is_drawn_or_left_out),
        cmocka_unit_test(a_machine_without_fonts_is_told_so),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
