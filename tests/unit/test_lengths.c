// SPDX-License-Identifier: MIT
/* Container lengths: what claims more than there is is refused by name and place, what is merely odd is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/gif_frames.h"
#include "image/gif_lzw.h"
#include "image/lengths.h"

/* Bytes as they are put together. */
struct made {
    uint8_t bytes[1 << 17];
    size_t size;
};

static void put(struct made *made, const void *bytes, size_t count)
{
    assert_true(count <= sizeof made->bytes - made->size);
    memcpy(made->bytes + made->size, bytes, count);
    made->size += count;
}

static void put_number(struct made *made, uint64_t value, unsigned count, bool big_endian)
{
    for (unsigned i = 0; i < count; i++) {
        const uint8_t byte = (uint8_t)(value >> 8 * (big_endian ? count - 1 - i : i));
        put(made, &byte, 1);
    }
}

#define PUT(made, text) put(made, text, sizeof(text) - 1)

/* Sees the bytes in a block of their size, so that a sanitizer sees a read past it. */
static enum tess_status status_of(enum image_kind kind, const struct made *made, struct tess_error *error)
{
    uint8_t *exact = malloc(made->size ? made->size : 1);
    assert_non_null(exact);
    memcpy(exact, made->bytes, made->size);
    memset(error, 0, sizeof *error);
    const enum tess_status status = lengths_check(kind, exact, made->size, error);
    assert_int_equal(status, error->status);
    free(exact);
    return status;
}

static void assert_fits(enum image_kind kind, const struct made *made)
{
    struct tess_error error;
    if (status_of(kind, made, &error) != TESS_OK)
        fail_msg("refused: %s", error.message);
}

static void assert_refused(enum image_kind kind, const struct made *made, const char *words)
{
    struct tess_error error;
    assert_int_equal(status_of(kind, made, &error), TESS_ERR_CORRUPT);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void put_chunk(struct made *png, const char *kind, uint32_t claimed, size_t there)
{
    static const uint8_t zeros[64];
    put_number(png, claimed, 4, true);
    put(png, kind, 4);
    put(png, zeros, there);
}

static void png_chunks_before_the_pixels_lie_within_the_file(void **state)
{
    (void)state;
    static const char kinds[][5] = {"sPLT", "pCAL", "sCAL", "iCCP", "tEXt", "PLTE", "teSt"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct made png = {.size = 0}, behind;
        PUT(&png, "\x89PNG\r\n\x1A\n");
        put_chunk(&png, "IHDR", 13, 17);
        behind = png;
        put_chunk(&png, kinds[i], 0x7FFFFFFE, 16);
        char words[128];
        (void)snprintf(words, sizeof words, "chunk %s at byte 33 claims 2147483646 bytes, and 16 are left",
                       kinds[i]);
        assert_refused(IMAGE_PNG, &png, words);
        /* One byte of the checksum is missing, none is, and behind the pixels nothing matters. */
        png.size -= 24;
        put_chunk(&png, kinds[i], 16, 19);
        assert_refused(IMAGE_PNG, &png, "claims 16 bytes, and 19 are left");
        PUT(&png, "\0");
        assert_fits(IMAGE_PNG, &png);
        put_chunk(&behind, "IDAT", 4, 8);
        put_chunk(&behind, kinds[i], 0x7FFFFFFE, 16);
        assert_fits(IMAGE_PNG, &behind);
    }
}

static void webp_chunks_before_the_pixels_lie_within_the_file(void **state)
{
    (void)state;
    struct made webp = {.size = 0};
    PUT(&webp, "RIFF\x30\0\0\0WEBPVP8X\x0A\0\0\0\x20\0\0\0\1\0\0\1\0\0");
    PUT(&webp, "ICCP\xFF\xFF\xFF\x7Fxxxx");
    assert_refused(IMAGE_WEBP, &webp, "chunk ICCP at byte 30 claims 2147483647 bytes, and 4 are left");
    webp.size -= 12;
    PUT(&webp, "ICCP\3\0\0\0xxx\0VP8L\xFF\xFF\xFF\x7F"); /* padding; pixels that are cut are the decoder's */
    assert_fits(IMAGE_WEBP, &webp);
}

struct tiff_kind {
    bool big_endian, big_tiff;
};

static void put_tiff_head(struct made *tiff, struct tiff_kind kind)
{
    put(tiff, kind.big_endian ? "MM" : "II", 2);
    put_number(tiff, kind.big_tiff ? 43 : 42, 2, kind.big_endian);
    if (kind.big_tiff)
        put_number(tiff, kind.big_endian ? 0x00080000 : 0x00000008, 4, kind.big_endian);
    put_number(tiff, kind.big_tiff ? 16 : 8, kind.big_tiff ? 8 : 4, kind.big_endian);
}

static void put_directory(struct made *tiff, struct tiff_kind kind, uint32_t entries, uint64_t count,
                          uint64_t next)
{
    const unsigned wide = kind.big_tiff ? 8 : 4;
    put_number(tiff, entries, kind.big_tiff ? 8 : 2, kind.big_endian);
    for (uint32_t i = 0; i < entries; i++) {
        put_number(tiff, 40000 + i, 2, kind.big_endian);
        put_number(tiff, 7, 2, kind.big_endian); /* bytes */
        put_number(tiff, count, wide, kind.big_endian);
        put_number(tiff, 8, wide, kind.big_endian);
    }
    put_number(tiff, next, wide, kind.big_endian);
}

static void tiff_entries_may_not_multiply_the_file(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const struct tiff_kind kind = {k & 1, k & 2};
        struct made few = {.size = 0}, many = {.size = 0}, beyond = {.size = 0}, one = {.size = 0};
        static const uint8_t pixels[4000];
        put_tiff_head(&few, kind);
        many = beyond = one = few;
        put_directory(&few, kind, 6, 4000, 0); /* each names nearly all of the file */
        put(&few, pixels, sizeof pixels);
        assert_fits(IMAGE_TIFF, &few);
        put_directory(&many, kind, 20, 4000, 0);
        put(&many, pixels, sizeof pixels);
        assert_refused(IMAGE_TIFF, &many, "claims 80000 bytes, in a file of");
        put_directory(&beyond, kind, 3, UINT32_MAX, 0); /* libtiff reads what is there, and warns */
        put(&beyond, pixels, sizeof pixels);
        assert_fits(IMAGE_TIFF, &beyond);
        put_directory(&one, kind, 1, 1, 8); /* a loop */
        assert_fits(IMAGE_TIFF, &one);
    }
}

static void tiff_directories_cost_a_bounded_number_of_comparisons(void **state)
{
    (void)state;
    const struct tiff_kind kind = {false, false};
    struct made *tiff = calloc(1, sizeof *tiff);
    assert_non_null(tiff);
    put_tiff_head(tiff, kind);
    const size_t start = tiff->size;
    enum { ENTRIES = 4000, DIRECTORIES = 40 };
    for (uint32_t i = 0; i < ENTRIES + DIRECTORIES;
         i++) { /* each begins a directory that shares the entries */
        put_number(tiff, ENTRIES, 2, false);
        put_number(tiff, 40001, 2, false);
        put_number(tiff, 3, 2, false);
        put_number(tiff, 1, 4, false);
        put_number(tiff, 0, 2, false);
    }
    for (uint32_t i = 0; i + 1 < DIRECTORIES; i++) {
        struct made next = {.size = 0};
        put_number(&next, start + 12 * (i + 1), 4, false);
        memcpy(tiff->bytes + start + 12 * i + 2 + 12 * ENTRIES, next.bytes, 4);
    }
    assert_refused(IMAGE_TIFF, tiff, "the directory of 4000 entries at byte");
    memset(tiff->bytes + start + 2 + 12 * ENTRIES, 0, 4); /* no second one */
    assert_fits(IMAGE_TIFF, tiff);
    free(tiff);
}

static void put_box(struct made *heif, const char *kind, uint32_t claimed)
{
    put_number(heif, claimed, 4, true);
    put(heif, kind, 4);
}

static void put_heif_head(struct made *heif, uint32_t meta_bytes)
{
    PUT(heif, "\0\0\0\x14"
              "ftypheic\0\0\0\0mif1");
    put_box(heif, "meta", meta_bytes);
    put_number(heif, 0, 4, true);
}

static void heif_boxes_lie_within_each_other(void **state)
{
    (void)state;
    struct made heif = {.size = 0};
    put_heif_head(&heif, 12 + 8);
    put_box(&heif, "free", 8);
    struct made behind = heif;
    assert_fits(IMAGE_HEIF, &heif);
    put_box(&behind, "mdat", 0x7FFFFFFF); /* cut, or a trailer: the decoder's */
    assert_fits(IMAGE_HEIF, &behind);
    heif.size -= 8;
    put_box(&heif, "free", 9);
    assert_refused(IMAGE_HEIF, &heif, "box free at byte 32 claims 9 bytes, and 8 are left");
    heif.size -= 8;
    put_box(&heif, "free", 7); /* less than its own head */
    assert_refused(IMAGE_AVIF, &heif, "box free at byte 32 claims 7 bytes");
    struct made front = {.size = 0}, nested = {.size = 0}, large = {.size = 0};
    PUT(&front, "\0\0\0\x14"
                "ftypheic\0\0\0\0mif1");
    large = front;
    put_box(&front, "free", 0x7FFFFFFF);
    assert_refused(IMAGE_HEIF, &front, "box free at byte 20 claims 2147483647 bytes, and 8 are left");
    put_box(&large, "meta", 1);
    put_number(&large, UINT64_MAX, 8, true);
    assert_refused(IMAGE_HEIF, &large,
                   "box meta at byte 20 claims 18446744073709551615 bytes, and 16 are left");
    put_heif_head(&nested, 12 + 24);
    put_box(&nested, "iprp", 24);
    put_box(&nested, "ipco", 16);
    put_box(&nested, "ispe", 20);
    assert_refused(IMAGE_HEIF, &nested, "box ispe at byte 48 claims 20 bytes, and 8 are left");
}

/* An iloc of one item with extents of `length` bytes each, in a file of 1,000 bytes. */
static void make_iloc(struct made *heif, unsigned version, uint16_t extents, uint64_t length)
{
    static const uint8_t zeros[1000];
    const uint32_t head = version < 2 ? 2 + 2 + 2 : 4 + 4 + 2, item = head + 2 + (version > 0 ? 2 : 0);
    const uint32_t bytes = 8 + 4 + 2 + item + extents * (version > 0 ? 20u : 16u);
    heif->size = 0;
    put_heif_head(heif, 12 + bytes);
    put_box(heif, "iloc", bytes);
    put_number(heif, (uint64_t)version << 24, 4, true);
    put_number(heif, version > 0 ? 0x8804 : 0x8800, 2, true); /* 8-byte offsets and lengths, 4-byte indices */
    put_number(heif, 1, version < 2 ? 2 : 4, true);
    put_number(heif, 7, version < 2 ? 2 : 4, true); /* the item */
    put_number(heif, 0, version > 0 ? 4 : 2, true);
    put_number(heif, extents, 2, true);
    for (uint16_t i = 0; i < extents; i++) {
        put_number(heif, 0, version > 0 ? 4 : 0, true);
        put_number(heif, 100, 8, true);
        put_number(heif, length, 8, true);
    }
    put(heif, zeros, sizeof zeros - heif->size);
}

static void heif_items_are_no_larger_than_the_file(void **state)
{
    (void)state;
    struct made heif;
    for (unsigned version = 0; version <= 2; version++) {
        make_iloc(&heif, version, 20, 50);
        assert_fits(IMAGE_HEIF, &heif);
        make_iloc(&heif, version, 20, 51);
        assert_refused(IMAGE_HEIF, &heif, "item in iloc at byte");
        make_iloc(&heif, version, 2, UINT64_MAX / 2 + 1); /* a sum that would wrap to nothing */
        assert_refused(IMAGE_HEIF, &heif, "and 1000 are left");
        make_iloc(&heif, version, 2, 0); /* "all of the file", twice */
        assert_refused(IMAGE_HEIF, &heif, "claims 2000 bytes");
        make_iloc(&heif, version, 1, 0);
        assert_fits(IMAGE_HEIF, &heif);
    }
}

/* In version 0 the last half-byte is reserved; libheif knows widths of 0, 4 and 8 bytes. */
static void heif_items_are_read_as_libheif_reads_them(void **state)
{
    (void)state;
    enum { WIDTHS_AT = 20 + 12 + 8 + 4 }; /* in what make_iloc() makes */
    struct made heif;
    make_iloc(&heif, 0, 20, 51);
    heif.bytes[WIDTHS_AT + 1] |= 15;
    assert_refused(IMAGE_HEIF, &heif, "claims 1020 bytes");
    make_iloc(&heif, 0, 20, 50);
    heif.bytes[WIDTHS_AT + 1] |= 15;
    assert_fits(IMAGE_HEIF, &heif);
    for (uint8_t width = 0; width < 16; width++)
        for (size_t i = 0; i < 4; i++) {
            make_iloc(&heif, 1, 1, 1);
            uint8_t *byte = heif.bytes + WIDTHS_AT + i / 2;
            *byte = (uint8_t)(i % 2 ? (*byte & 0xF0) | width : (*byte & 15) | width << 4);
            if (width != 0 && width != 4 && width != 8)
                assert_refused(IMAGE_HEIF, &heif,
                               "the box iloc at byte 32 has numbers that are not of 0, 4 or 8 bytes");
        }
}

/* libheif takes the last one. */
static void heif_every_meta_is_looked_at(void **state)
{
    (void)state;
    struct made sound, lying, heif = {.size = 0};
    make_iloc(&sound, 1, 1, 50);
    make_iloc(&lying, 1, 20, 51);
    const size_t sound_bytes = 12 + 8 + 4 + 2 + 10 + 20, lying_bytes = sound_bytes + 19 * 20;
    put(&heif, sound.bytes, 20 + sound_bytes);
    put(&heif, lying.bytes + 20, lying_bytes);
    assert_refused(IMAGE_HEIF, &heif, "item in iloc at byte");
    heif.size = 20 + sound_bytes;
    put_box(&heif, "free", 8);
    put(&heif, sound.bytes + 20, sound_bytes);
    assert_fits(IMAGE_HEIF, &heif);
    put_box(&heif, "mdat", 0x7FFFFFFF);
    assert_fits(IMAGE_HEIF, &heif);
}

/* A derived item: what its size box says, and what its own data do. */
struct derived {
    const char *type;
    uint32_t width_px, height_px, canvas_width_px, canvas_height_px;
    bool is_wide; /* numbers of 32 bits */
    bool in_idat; /* where iloc says the data are */
    bool has_no_size;
};

static void make_derived(struct made *heif, const struct derived *derived)
{
    const bool is_grid = strcmp(derived->type, "grid") == 0;
    const unsigned wide = derived->is_wide ? 4 : 2;
    const uint32_t data = (is_grid ? 4 : 10) + 2 * wide, meta = 12 + 34 + 56 + 32 + 8 + data;
    heif->size = 0;
    put_heif_head(heif, meta);
    put_box(heif, "iinf", 34);
    PUT(heif, "\0\0\0\0\0\1");
    put_box(heif, "infe", 20);
    PUT(heif, "\2\0\0\0\0\7\0\0");
    put(heif, derived->type, 4);
    put_box(heif, "iprp", 56);
    put_box(heif, "ipco", 28);
    put_box(heif, derived->has_no_size ? "free" : "ispe", 20);
    put_number(heif, 0, 4, true);
    put_number(heif, derived->width_px, 4, true);
    put_number(heif, derived->height_px, 4, true);
    put_box(heif, "ipma", 20);
    PUT(heif, "\0\0\0\0\0\0\0\1\0\7\1\1");
    put_box(heif, "iloc", 32);
    PUT(heif, "\1\0\0\0\x44\0\0\1\0\7\0");
    put_number(heif, derived->in_idat, 1, true);
    PUT(heif, "\0\0\0\1");
    put_number(heif, derived->in_idat ? 0 : 20 + meta - data, 4, true);
    put_number(heif, data, 4, true);
    put_box(heif, "idat", 8 + data);
    put_number(heif, derived->is_wide, 2, true);
    put_number(heif, 0, is_grid ? 2 : 8, true);
    put_number(heif, derived->canvas_width_px, wide, true);
    put_number(heif, derived->canvas_height_px, wide, true);
    assert_int_equal(heif->size, 20 + meta);
}

static void heif_derived_pictures_are_no_larger_than_their_size_box(void **state)
{
    (void)state;
    struct made heif;
    for (int i = 0; i < 8; i++) {
        const char *type = i & 4 ? "iovl" : "grid";
        char words[80];
        struct derived derived = {type, 20160, 300, 20160, 300, i & 1, i & 2, false};
        make_derived(&heif, &derived);
        assert_fits(IMAGE_AVIF, &heif);
        derived.canvas_width_px = 1; /* less is no matter */
        make_derived(&heif, &derived);
        assert_fits(IMAGE_AVIF, &heif);
        derived.canvas_height_px = 20160;
        make_derived(&heif, &derived);
        (void)snprintf(words, sizeof words, "the %s of the item in infe at byte 46 claims 1 x 20160 pixels",
                       type);
        assert_refused(IMAGE_AVIF, &heif, words);
        assert_refused(IMAGE_HEIF, &heif, "its box ispe says 20160 x 300");
        for (size_t cut = 20; cut < heif.size; cut++) { /* nothing outside is read */
            struct made part = heif;
            struct tess_error error;
            part.size = cut;
            (void)status_of(IMAGE_HEIF, &part, &error);
        }
        derived = (struct derived){type, 20160, 300, 20161, 300, i & 1, i & 2, false};
        make_derived(&heif, &derived);
        assert_refused(IMAGE_AVIF, &heif, "claims 20161 x 300 pixels");
        derived.has_no_size = true;
        make_derived(&heif, &derived);
        assert_refused(IMAGE_AVIF, &heif, "its box ispe says 0 x 0");
    }
}

/* A profile of one tag. */
static void make_profile(struct made *icc, const char *type, const uint8_t *body, size_t size)
{
    static const uint8_t zeros[128];
    icc->size = 0;
    put(icc, zeros, 128);
    put_number(icc, 1, 4, true);
    PUT(icc, "A2B0");
    put_number(icc, 144, 4, true);
    put_number(icc, 8 + size, 4, true);
    put(icc, type, 4);
    put(icc, zeros, 4);
    put(icc, body, size);
}

static void icc_tables_are_as_long_as_they_claim(void **state)
{
    (void)state;
    struct made icc;
    uint8_t body[200] = {3, 3, 2}; /* inputs, outputs, grid points: 24 numbers */
    make_profile(&icc, "mft2", body, 40 + 48);
    assert_true(lengths_icc_fit(icc.bytes, icc.size));
    make_profile(&icc, "mft2", body, 40 + 47);
    assert_false(lengths_icc_fit(icc.bytes, icc.size));
    make_profile(&icc, "mft1", body, 40 + 24);
    assert_true(lengths_icc_fit(icc.bytes, icc.size));
    body[0] = 255, body[2] = 255; /* the product is beyond any number */
    make_profile(&icc, "mft1", body, 200);
    assert_false(lengths_icc_fit(icc.bytes, icc.size));
    const uint8_t curve[] = {0x7F, 0xFF, 0xFF, 0xFF, 0, 0};
    make_profile(&icc, "curv", curve, sizeof curve);
    assert_false(lengths_icc_fit(icc.bytes, icc.size));
    uint8_t matrix[100] = {3, 3, [19] = 32, [24] = 2, 2, 2, [40] = 1}; /* a table of bytes, 32 into the tag */
    make_profile(&icc, "mAB ", matrix, 24 + 20 + 24);
    assert_true(lengths_icc_fit(icc.bytes, icc.size));
    make_profile(&icc, "mBA ", matrix, 24 + 20 + 23);
    assert_false(lengths_icc_fit(icc.bytes, icc.size));
    icc.bytes[136] = 0xFF; /* a tag outside is none */
    assert_true(lengths_icc_fit(icc.bytes, icc.size));
    icc.bytes[131] = 200;
    assert_false(lengths_icc_fit(icc.bytes, icc.size));
    assert_false(lengths_icc_fit(icc.bytes, 131));
}

/* 2 × 2 pixels of one colour, a clear code before each: codes of 3 bits, 4 1 4 1 4 1 4 1 5. */
static const char gif_head[] = "GIF89a\2\0\2\0\x80\0\0\0\0\0\xFF\xFF\xFF";
static const char gif_picture[] = "\x2C\0\0\0\0\2\0\2\0\0\2\4\x0C\xC3\x30\x05";

static enum gif_end end_of(const struct made *gif, size_t cut)
{
    uint8_t *exact = malloc(gif->size - cut);
    assert_non_null(exact);
    memcpy(exact, gif->bytes, gif->size - cut);
    const enum gif_end end = gif_frames_walk(exact, gif->size - cut).end;
    free(exact);
    return end;
}

static void gifs_without_an_end_are_whole_or_cut(void **state)
{
    (void)state;
    struct made gif = {.size = 0}, animated;
    put(&gif, gif_head, sizeof gif_head - 1);
    put(&gif, gif_picture, sizeof gif_picture - 1);
    animated = gif;
    assert_int_equal(end_of(&gif, 0), GIF_ENDS_IN_PIXELS);
    assert_int_equal(end_of(&gif, 1), GIF_ENDS_IN_PIXELS); /* the code that ends the data, and nothing else */
    for (size_t cut = 2; cut < gif.size; cut++)
        assert_int_equal(end_of(&gif, cut), GIF_IS_CUT);
    PUT(&gif, "\0");
    assert_int_equal(end_of(&gif, 0), GIF_ENDS_AT_BLOCK);
    PUT(&gif, ";");
    assert_int_equal(end_of(&gif, 0), GIF_ENDS);
    PUT(&gif, "garbage");
    assert_int_equal(end_of(&gif, 0), GIF_ENDS);
    PUT(&animated, "\0");
    put(&animated, gif_picture, sizeof gif_picture - 1);
    assert_int_equal(end_of(&animated, 0), GIF_ENDS_IN_PIXELS);
    assert_int_equal(end_of(&animated, 3), GIF_IS_CUT);
    assert_int_equal(gif_frames_walk(animated.bytes, animated.size).pictures, 2);
    PUT(&animated, "\0");
    const size_t whole = animated.size;
    PUT(&animated, "\x21\xFE\5hello"); /* an extension that is cut: no pixel is missing */
    for (; animated.size > whole; animated.size--) {
        assert_int_equal(end_of(&animated, 0), GIF_ENDS_AT_BLOCK);
        assert_int_equal(gif_frames_walk(animated.bytes, animated.size).whole_bytes, whole);
    }
    struct made empty = {.size = 0};
    put(&empty, gif_head, sizeof gif_head - 1);
    PUT(&empty, "\x21\xFE\5hello");
    assert_int_equal(end_of(&empty, 0), GIF_IS_CUT);
}

/* Codes that stand for strings, and those that cannot be. */
static void lzw_codes_are_counted_as_pixels(void **state)
{
    (void)state;
    /* clear, 1, 6 (the string just begun: 1 1), 7 (1 1 1): 6 pixels; then the end. */
    static const uint8_t strings[] = {3, 4 | 1 << 3 | (6 & 3) << 6, 6 >> 2 | 7 << 1 | 5 << 5, 0, 0};
    assert_true(gif_lzw_fills(strings, sizeof strings, 2, 3));
    static const uint8_t too_high[] = {2, 4 | 1 << 3 | (7 & 3) << 6, 7 >> 2, 0};
    assert_false(gif_lzw_fills(too_high, sizeof too_high, 2, 2));
    static const uint8_t string_first[] = {2, 4 | 6 << 3, 0, 0};
    assert_false(gif_lzw_fills(string_first, sizeof string_first, 2, 1));
    assert_true(gif_lzw_fills(NULL, 0, 2, 0));
    assert_false(gif_lzw_fills(strings, sizeof strings, 1, 1));
    assert_false(gif_lzw_fills(strings, sizeof strings, 9, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_chunks_before_the_pixels_lie_within_the_file),
        cmocka_unit_test(webp_chunks_before_the_pixels_lie_within_the_file),
        cmocka_unit_test(tiff_entries_may_not_multiply_the_file),
        cmocka_unit_test(tiff_directories_cost_a_bounded_number_of_comparisons),
        cmocka_unit_test(heif_boxes_lie_within_each_other),
        cmocka_unit_test(heif_items_are_no_larger_than_the_file),
        cmocka_unit_test(heif_items_are_read_as_libheif_reads_them),
        cmocka_unit_test(heif_every_meta_is_looked_at),
        cmocka_unit_test(heif_derived_pictures_are_no_larger_than_their_size_box),
        cmocka_unit_test(icc_tables_are_as_long_as_they_claim),
        cmocka_unit_test(gifs_without_an_end_are_whole_or_cut),
        cmocka_unit_test(lzw_codes_are_counted_as_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
