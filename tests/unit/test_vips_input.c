// SPDX-License-Identifier: MIT
/* What the module says to damaged, oversized, foreign and malicious files, and that it says so quickly. */
#include "vips_fixture.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/resource.h>

#include "cpu_time.h"

/*
 * Processor time for what takes milliseconds, sanitizers and a slow machine included: what would be inflated
 * or decoded if a claim were believed takes minutes then.
 */
enum { QUICK_CPU_MS = 20000 };

static struct tess_error refuse(const void *bytes, size_t size)
{
    struct blob blob = fixture_from_bytes(bytes, size);
    struct vips_load_request request = fixture_request(&blob, 100, 100);
    struct tess_error error = fixture_load_failing(&request);
    uint32_t width = 0, height = 0;
    uint64_t peak = 0;
    /* probe() has no limit of pixels; what is no image is none for it either. */
    if (error.status == TESS_ERR_NOT_IMAGE)
        assert_int_equal(fixture_ops()->probe(blob.data, blob.size, &width, &height, &peak, NULL),
                         TESS_ERR_NOT_IMAGE);
    blob_clear(&blob);
    return error;
}

#define REFUSE(text) refuse(text, sizeof(text) - 1)

static void foreign_kinds_are_refused_by_name(void **state)
{
    (void)state;
    struct tess_error error = REFUSE("");
    assert_int_equal(error.status, TESS_ERR_NOT_IMAGE);
    assert_non_null(strstr(error.message, "empty"));
    assert_int_equal(REFUSE("a text named photo.jpg").status, TESS_ERR_NOT_IMAGE);
    error = REFUSE(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>");
    assert_int_equal(error.status, TESS_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "SVG"));
    error = REFUSE("%PDF-1.4\n1 0 obj <</Type/Catalog>> endobj\n");
    assert_int_equal(error.status, TESS_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "PDF"));
    assert_int_equal(REFUSE("P6\n1 1\n255\nabc").status, TESS_ERR_UNSUPPORTED);
    assert_int_equal(REFUSE("8BPS\0\1").status, TESS_ERR_UNSUPPORTED);
    assert_int_equal(REFUSE("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0").status, TESS_ERR_UNSUPPORTED);
}

static void headers_alone_are_corrupt(void **state)
{
    (void)state;
    assert_int_equal(REFUSE("\x89PNG\r\n\x1A\n").status, TESS_ERR_CORRUPT);
    assert_int_equal(REFUSE("\xFF\xD8\xFF\xE0").status, TESS_ERR_CORRUPT);
    assert_int_equal(REFUSE("GIF89a").status, TESS_ERR_CORRUPT);
    assert_int_equal(REFUSE("RIFF\x10\0\0\0WEBP").status, TESS_ERR_CORRUPT);
    assert_int_equal(REFUSE("II*\0\x08\0\0\0").status, TESS_ERR_CORRUPT);
    assert_int_equal(REFUSE("\0\0\0\x1C"
                            "ftypavif\0\0\0\0avifmif1miaf")
                         .status,
                     TESS_ERR_CORRUPT);
}

/* Cut at 40 places, the last one a single byte before what is needed ends. `tail` bytes may be missing
 * unnoticed (a checksum or end mark behind the last pixel). */
static void assert_cuts_are_corrupt(struct blob *blob, const char *suffix, size_t tail)
{
    enum { CUTS = 40 };
    for (size_t i = 1; i <= CUTS; i++) {
        size_t size = 32 + (blob->size - tail - 33) * i / CUTS;
        struct blob cut = fixture_from_bytes(blob->data, size);
        struct vips_load_request request = fixture_request(&cut, 64, 64);
        request.fit.fit = TESS_FIT_FILL;
        struct picture picture;
        struct tess_error error = {0};
        enum tess_status status = fixture_ops()->load_cell(&request, &picture, &error);
        if (status != TESS_ERR_CORRUPT)
            fail_msg("%s cut at %zu of %zu is %s (%s), not corrupt", suffix, size, blob->size,
                     tess_status_name(status), error.message);
        blob_clear(&cut);
    }
}

static void cut_files_are_corrupt_in_every_format(void **state)
{
    (void)state;
    static const struct {
        const char *suffix;
        size_t tail;
    } formats[] = {{".png", 64},
                   {".png[interlace]", 64},
                   {".webp", 0},
                   {".webp[lossless]", 0},
                   {".gif", 64},
                   {".tif", 64},
                   {".tif[compression=lzw]", 64},
                   {".avif", 0},
                   {".jpg", 64}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct blob blob = fixture_encode(fixture_photo(320, 240), formats[i].suffix);
        struct vips_load_request request = fixture_request(&blob, 64, 64);
        struct picture picture = fixture_load(&request);
        picture_clear(&picture);
        assert_cuts_are_corrupt(&blob, formats[i].suffix, formats[i].tail);
        blob_clear(&blob);
    }
}

/* Damage in the middle: any answer but a crash, a hang or a message of several lines. */
static void flipped_bytes_are_survived(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".png", ".webp", ".gif", ".tif[compression=lzw]", ".avif", ".jpg"};
    uint32_t random = 1;
    for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++) {
        struct blob blob = fixture_encode(fixture_photo(160, 120), suffixes[s]);
        for (int round = 0; round < 60; round++) {
            struct blob bad = fixture_from_bytes(blob.data, blob.size);
            for (int i = 0; i < 4; i++) {
                random = random * 1664525 + 1013904223;
                bad.data[16 + (random >> 8) % (round % 2 ? 400 : bad.size - 16)] ^= (uint8_t)(random & 0xFF);
            }
            struct vips_load_request request = fixture_request(&bad, 64, 64);
            request.max_pixels = 1000000;
            struct picture picture;
            struct tess_error error = {0};
            if (fixture_ops()->load_cell(&request, &picture, &error) == TESS_OK)
                picture_clear(&picture);
            assert_null(strpbrk(error.message, "\r\n"));
            blob_clear(&bad);
        }
        blob_clear(&blob);
    }
}

static void the_limit_is_by_the_header(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".png", ".webp", ".gif", ".tif", ".avif", ".jpg"};
    for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++) {
        struct blob blob = fixture_encode(fixture_photo(100, 80), suffixes[s]);
        struct vips_load_request request = fixture_request(&blob, 10, 10);
        request.max_pixels = 8000;
        struct picture picture = fixture_load(&request);
        picture_clear(&picture);
        request.max_pixels = 7999;
        struct tess_error error = fixture_load_failing(&request);
        assert_int_equal(error.status, TESS_ERR_LIMIT);
        assert_string_equal(error.limit, "max-pixels");
        assert_non_null(strstr(error.message, "100 x 80"));
        blob_clear(&blob);
    }
}

static void assert_claims_too_much(const void *bytes, size_t size)
{
    int64_t start_ms = cpu_time_ms();
    struct tess_error error = refuse(bytes, size);
    if (error.status != TESS_ERR_LIMIT)
        fail_msg("%s: %s", tess_status_name(error.status), error.message);
    assert_string_equal(error.limit, "max-pixels");
    assert_in_range(cpu_time_ms() - start_ms, 0, QUICK_CPU_MS);
}

#define CLAIMS_TOO_MUCH(text) assert_claims_too_much(text, sizeof(text) - 1)

/* 65,500 × 65,500 pixels in a few bytes. */
static void huge_claims_cost_nothing(void **state)
{
    (void)state;
    CLAIMS_TOO_MUCH("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\xFF\xDC\0\0\xFF\xDC\x08\x02\0\0\0\0\0\0\0"
                    "\0\0\0\0IDAT\0\0\0\0\0\0\0\0IEND\0\0\0\0");
    CLAIMS_TOO_MUCH("GIF89a\xDC\xFF\xDC\xFF\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\xDC\xFF\xDC\xFF\0\2\2D\1\0;");
    /* width, height, 8 bit, not compressed, RGB, one strip, 3 samples, rows, bytes of the strip */
    CLAIMS_TOO_MUCH("II*\0\x08\0\0\0\x09\0"
                    "\0\1\4\0\1\0\0\0\xDC\xFF\0\0"
                    "\1\1\4\0\1\0\0\0\xDC\xFF\0\0"
                    "\2\1\3\0\1\0\0\0\x08\0\0\0"
                    "\3\1\3\0\1\0\0\0\1\0\0\0"
                    "\6\1\3\0\1\0\0\0\2\0\0\0"
                    "\x11\1\4\0\1\0\0\0\x08\0\0\0"
                    "\x15\1\3\0\1\0\0\0\3\0\0\0"
                    "\x16\1\4\0\1\0\0\0\xDC\xFF\0\0"
                    "\x17\1\4\0\1\0\0\0\x08\0\0\0"
                    "\0\0\0\0");
    /* lossless: 14 bits each of width - 1 and height - 1 */
    CLAIMS_TOO_MUCH("RIFF\x16\0\0\0WEBPVP8L\x0A\0\0\0\x2F\xFE\xBF\xFF\x0F\0\0\0\0\0");
}

static void append_big_endian(GByteArray *bytes, uint32_t value)
{
    uint8_t digits[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    g_byte_array_append(bytes, digits, 4);
}

/* The CRC is wrong, which libpng forgives for text. */
static void append_chunk(GByteArray *png, const char *type, const uint8_t *data, size_t size)
{
    append_big_endian(png, (uint32_t)size);
    g_byte_array_append(png, (const uint8_t *)type, 4);
    g_byte_array_append(png, data, (guint)size);
    append_big_endian(png, 0);
}

/* `size` zeros as a zlib stream behind "k\0\0" (keyword, method): the body of a zTXt chunk. */
static GByteArray *zeros_as_text(size_t size)
{
    GByteArray *text = g_byte_array_new();
    g_byte_array_append(text, (const uint8_t *)"k\0\0", 3);
    GZlibCompressor *zlib = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
    uint8_t *zeros = g_malloc0(size), out[32768];
    gsize at = 0;
    GConverterResult result = G_CONVERTER_CONVERTED;
    while (result != G_CONVERTER_FINISHED) {
        gsize read = 0, written = 0;
        result = g_converter_convert(G_CONVERTER(zlib), zeros + at, size - at, out, sizeof out,
                                     G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
        assert_int_not_equal(result, G_CONVERTER_ERROR);
        at += read;
        g_byte_array_append(text, out, (guint)written);
    }
    g_free(zeros);
    g_object_unref(zlib);
    return text;
}

static long peak_kb(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void assert_corrupt_and_cheap(const struct blob *blob, const char *words)
{
    const long before_kb = peak_kb();
    struct vips_load_request request = fixture_request(blob, 40, 40);
    struct tess_error error = fixture_load_failing(&request);
    assert_int_equal(error.status, TESS_ERR_CORRUPT);
    assert_non_null(strstr(error.message, words));
    assert_in_range(peak_kb() - before_kb, 0, 50000);
}

/* A chunk of 2 GB in a file of some bytes; 4,000 entries that name the same megabyte. */
static void lying_lengths_cost_nothing(void **state)
{
    (void)state;
    enum {
        HEADER_BYTES = 33,
        ENTRIES = 4000,
        NAMED = 1000000,
        TIFF_BYTES = 8 + 2 + 12 * ENTRIES + 4 + NAMED
    };
    struct blob png = fixture_encode(fixture_quarters(120, 80), ".png");
    static const char chunk[] = "\x7F\xFF\xFF\xFEsPLTname\0\0";
    memcpy(png.data + HEADER_BYTES, chunk, sizeof chunk);
    assert_corrupt_and_cheap(&png, "the chunk sPLT at byte 33 claims 2147483646 bytes");
    blob_clear(&png);
    struct blob tiff = {g_malloc0(TIFF_BYTES), TIFF_BYTES};
    memcpy(tiff.data, "II*\0\x08\0\0\0", 8);
    tiff.data[8] = ENTRIES & 255;
    tiff.data[9] = ENTRIES >> 8;
    for (int i = 0; i < ENTRIES; i++) {
        const uint32_t tag = 40000 + (uint32_t)i, count = NAMED;
        const uint8_t entry[12] = {(uint8_t)tag,
                                   (uint8_t)(tag >> 8),
                                   7,
                                   0,
                                   (uint8_t)count,
                                   (uint8_t)(count >> 8),
                                   (uint8_t)(count >> 16),
                                   0,
                                   8,
                                   0,
                                   0,
                                   0};
        memcpy(tiff.data + 10 + 12 * i, entry, sizeof entry);
    }
    assert_corrupt_and_cheap(&tiff, "the directory at byte 8 claims 4000000000 bytes");
    blob_clear(&tiff);
}

/* The block that ends the pixels, and the trailer, are what cut-off writers and old tools leave out. */
static void a_gif_that_lacks_only_its_end_is_shown(void **state)
{
    (void)state;
    struct blob gif = fixture_encode(fixture_photo(320, 240), ".gif");
    struct vips_load_request request = fixture_request(&gif, 64, 64);
    struct picture whole = fixture_load(&request);
    for (size_t missing = 1; missing <= 2; missing++) {
        struct blob cut = fixture_from_bytes(gif.data, gif.size - missing);
        request = fixture_request(&cut, 64, 64);
        struct picture shown = fixture_load(&request);
        assert_memory_equal(shown.memory, whole.memory, picture_bytes(PICTURE_RGB, 64, 64));
        picture_clear(&shown);
        blob_clear(&cut);
    }
    static const char comment[] = "\x21\xFE\x40 cut";
    for (size_t there = 1; there < sizeof comment; there++) {
        GByteArray *file = g_byte_array_new();
        g_byte_array_append(file, gif.data, (guint)gif.size - 1);
        g_byte_array_append(file, (const guint8 *)comment, (guint)there);
        const struct blob cut = {file->data, file->len};
        request = fixture_request(&cut, 64, 64);
        struct picture shown = fixture_load(&request);
        assert_memory_equal(shown.memory, whole.memory, picture_bytes(PICTURE_RGB, 64, 64));
        picture_clear(&shown);
        g_byte_array_free(file, TRUE);
    }
    for (size_t missing = 8; missing < 300; missing += 7) {
        struct blob cut = fixture_from_bytes(gif.data, gif.size - missing);
        request = fixture_request(&cut, 64, 64);
        assert_int_equal(fixture_load_failing(&request).status, TESS_ERR_CORRUPT);
        blob_clear(&cut);
    }
    picture_clear(&whole);
    blob_clear(&gif);
}

/* A PNG without IEND, with a chunk behind its pixels that claims 2 GB, or with garbage there. */
static void what_stands_behind_a_png_s_pixels_does_not_matter(void **state)
{
    (void)state;
    enum { END_BYTES = 12 };
    static const char *const ends[] = {"", "garbage garbage", "\x7F\xFF\xFF\xFEsPLTname",
                                       "\x7F\xFF\xFF\xFEiTXtname", "\x7F\xFF\xFF\xFEIEND"};
    struct blob png = fixture_encode(fixture_quarters(120, 80), ".png");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        GByteArray *bytes = g_byte_array_new();
        g_byte_array_append(bytes, png.data, (guint)(png.size - END_BYTES));
        g_byte_array_append(bytes, (const uint8_t *)ends[i], (guint)strlen(ends[i]));
        const struct blob blob = {bytes->data, bytes->len};
        const long before_kb = peak_kb();
        struct vips_load_request request = fixture_request(&blob, 40, 40);
        struct picture picture = fixture_load(&request);
        assert_colour(pixel_at(&picture, 5, 5), quarter_colours[0], 0);
        assert_in_range(peak_kb() - before_kb, 0, 50000);
        picture_clear(&picture);
        g_byte_array_free(bytes, TRUE);
    }
    blob_clear(&png);
}

/* 400 text chunks of 7.5 MB each, in 3 MB of file: 3 GB if anyone inflated them. */
static void compressed_text_is_not_inflated(void **state)
{
    (void)state;
    enum { HEADER_BYTES = 33, CHUNKS = 400 };
    struct blob plain = fixture_encode(fixture_quarters(120, 80), ".png");
    GByteArray *text = zeros_as_text(7500000), *png = g_byte_array_new();
    g_byte_array_append(png, plain.data, HEADER_BYTES);
    for (int i = 0; i < CHUNKS; i++)
        append_chunk(png, "zTXt", text->data, text->len);
    g_byte_array_append(png, plain.data + HEADER_BYTES, (guint)(plain.size - HEADER_BYTES));
    struct blob bomb = {png->data, png->len};
    struct vips_load_request request = fixture_request(&bomb, 40, 40);
    long before_kb = peak_kb();
    int64_t start_ms = cpu_time_ms();
    struct picture picture = fixture_load(&request);
    assert_in_range(cpu_time_ms() - start_ms, 0, QUICK_CPU_MS);
    assert_in_range(peak_kb() - before_kb, 0, 100000);
    assert_colour(pixel_at(&picture, 5, 5), quarter_colours[0], 0);
    picture_clear(&picture);
    g_byte_array_free(png, TRUE);
    g_byte_array_free(text, TRUE);
    blob_clear(&plain);
}

/* Pixel data that inflates to 500 times what the header says: the rest is not looked at, or refused. */
static void more_pixels_than_claimed_cost_nothing(void **state)
{
    (void)state;
    struct blob plain = fixture_encode(fixture_quarters(120, 80), ".png");
    GByteArray *zeros = zeros_as_text(15000000), *png = g_byte_array_new();
    g_byte_array_append(png, plain.data, 33);
    append_chunk(png, "IDAT", zeros->data + 3, zeros->len - 3);
    append_chunk(png, "IEND", zeros->data, 0);
    struct blob bomb = {png->data, png->len};
    struct vips_load_request request = fixture_request(&bomb, 40, 40);
    struct picture picture;
    int64_t start_ms = cpu_time_ms();
    enum tess_status status = fixture_ops()->load_cell(&request, &picture, NULL);
    assert_true(status == TESS_OK || status == TESS_ERR_CORRUPT);
    assert_in_range(cpu_time_ms() - start_ms, 0, QUICK_CPU_MS);
    if (status == TESS_OK)
        picture_clear(&picture);
    g_byte_array_free(png, TRUE);
    g_byte_array_free(zeros, TRUE);
    blob_clear(&plain);
}

/* Frames of one pixel, the first red, the others green; only the first may be decoded. */
static void ten_thousand_frames_are_one(void **state)
{
    (void)state;
    enum { FRAMES = 10000 };
    static const uint8_t head[] = "GIF89a\x01\0\x01\0\x80\0\0\xC8\x1E\x28\x1E\xB4\x3C";
    static const uint8_t red[] = "!\xF9\4\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1";
    static const uint8_t green[] = "!\xF9\4\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\2\2L\1";
    GByteArray *gif = g_byte_array_new();
    g_byte_array_append(gif, head, sizeof head - 1);
    for (int i = 0; i < FRAMES; i++)
        g_byte_array_append(gif, i == 0 ? red : green, sizeof red); /* with the NUL that ends the blocks */
    g_byte_array_append(gif, (const uint8_t *)";", 1);
    struct blob blob = {gif->data, gif->len};
    struct vips_load_request request = fixture_request(&blob, 100, 100);
    int64_t start_ms = cpu_time_ms();
    struct picture picture = fixture_load(&request);
    print_message("%d frames: %d ms\n", FRAMES, (int)(cpu_time_ms() - start_ms));
    assert_in_range(cpu_time_ms() - start_ms, 0, QUICK_CPU_MS);
    assert_colour(pixel_at(&picture, 50, 50), (struct rgb){200, 30, 40}, 0);
    picture_clear(&picture);
    g_byte_array_free(gif, TRUE);
}

static void animated_webp_and_paged_tiff_show_the_first(void **state)
{
    (void)state;
    const double red[] = {200, 30, 40}, green[] = {30, 180, 60};
    static const char *const suffixes[] = {".webp[lossless]", ".tif", ".gif"};
    for (size_t s = 0; s < 3; s++) {
        VipsImage *pages[] = {fixture_flat(64, 48, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, red, 3),
                              fixture_flat(64, 48, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, green, 3)};
        VipsImage *joined = NULL, *copy = NULL;
        assert_int_equal(vips_arrayjoin(pages, &joined, 2, "across", 1, NULL), 0);
        assert_int_equal(vips_copy(joined, &copy, NULL), 0);
        vips_image_set_int(copy, VIPS_META_PAGE_HEIGHT, 48);
        g_object_unref(joined);
        g_object_unref(pages[0]);
        g_object_unref(pages[1]);
        struct blob blob = fixture_encode(copy, suffixes[s]);
        uint32_t sizes[] = {40, 6}; /* the second lets WebP scale while decoding */
        for (int i = 0; i < 2; i++) {
            struct vips_load_request request = fixture_request(&blob, sizes[i], sizes[i]);
            struct picture picture = fixture_load(&request);
            assert_colour(pixel_at(&picture, sizes[i] / 2, sizes[i] - 1), (struct rgb){200, 30, 40}, 1);
            picture_clear(&picture);
        }
        blob_clear(&blob);
    }
}

static uint64_t peak_of(VipsImage *image, const char *suffix)
{
    struct blob blob = fixture_encode(image, suffix);
    uint32_t width = 0, height = 0;
    uint64_t peak = 0;
    assert_int_equal(fixture_ops()->probe(blob.data, blob.size, &width, &height, &peak, NULL), TESS_OK);
    blob_clear(&blob);
    return peak;
}

/* What streams is estimated by its lines, what does not by its pixels. */
static void estimates_follow_the_way_of_decoding(void **state)
{
    (void)state;
    const double grey[] = {120, 120, 120, 255};
    const uint64_t pixels = 200ULL * 30000;
    VipsImage *tall = fixture_flat(200, 30000, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, grey, 3);
    VipsImage *clear = fixture_flat(200, 30000, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, grey, 4);
    const uint64_t streamed = peak_of(g_object_ref(tall), ".png[strip]");
    assert_true(streamed < pixels);
    assert_true(peak_of(g_object_ref(tall), ".jpg[strip]") == streamed);
    assert_true(peak_of(clear, ".png[strip]") > streamed);
    assert_true(peak_of(g_object_ref(tall), ".png[interlace,strip]") == streamed + 3 * pixels);
    assert_true(peak_of(g_object_ref(tall), ".jpg[interlace,strip]") == streamed + 6 * pixels);
    assert_true(peak_of(tall, ".tif[strip]") == streamed + 3 * pixels);
    assert_true(peak_of(fixture_quarters(1000, 1000), ".webp") > 8 * 1000000);
    assert_true(peak_of(fixture_quarters(1000, 1000), ".avif") > 10 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_text_is_not_inflated),
        cmocka_unit_test(lying_lengths_cost_nothing),
        cmocka_unit_test(a_gif_that_lacks_only_its_end_is_shown),
        cmocka_unit_test(what_stands_behind_a_png_s_pixels_does_not_matter),
        cmocka_unit_test(foreign_kinds_are_refused_by_name),
        cmocka_unit_test(headers_alone_are_corrupt),
        cmocka_unit_test(cut_files_are_corrupt_in_every_format),
        cmocka_unit_test(flipped_bytes_are_survived),
        cmocka_unit_test(the_limit_is_by_the_header),
        cmocka_unit_test(estimates_follow_the_way_of_decoding),
        cmocka_unit_test(huge_claims_cost_nothing),
        cmocka_unit_test(more_pixels_than_claimed_cost_nothing),
        cmocka_unit_test(ten_thousand_frames_are_one),
        cmocka_unit_test(animated_webp_and_paged_tiff_show_the_first),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
