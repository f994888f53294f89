// SPDX-License-Identifier: MIT
/* Where pixels land: orientation, crop, place, enlarging, extreme shapes, smart crops, resampling quality. */
#include "vips_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "countdown.h"
#include "cpu_time.h"
#include "image/cell.h"

static const struct rgb blue = {0, 0, 255};

/* Which quarter of the stored image stands in the upright one's top left, top right, bottom left, bottom
 * right. */
static const int upright_quarters[9][4] = {{0, 1, 2, 3}, {0, 1, 2, 3}, {1, 0, 3, 2},
                                           {3, 2, 1, 0}, {2, 3, 0, 1}, {0, 2, 1, 3},
                                           {2, 0, 3, 1}, {3, 1, 2, 0}, {1, 3, 0, 2}};

/* An eXIf chunk behind the header: libvips 8.14 writes none. Its CRC is wrong, which PNG readers forgive. */
static struct blob with_exif_chunk(struct blob png, int orientation)
{
    enum { HEADER_BYTES = 33 };
    uint8_t chunk[] = {0,    0,   0, 26, 'e', 'X', 'I', 'f', 'I',
                       'I',  '*', 0, 8,  0,   0,   0,   1,   0,
                       0x12, 1,   3, 0,  1,   0,   0,   0,   (uint8_t)orientation,
                       0,    0,   0, 0,  0,   0,   0,   0,   0,
                       0,    0};
    struct blob blob = {g_malloc(png.size + sizeof chunk), png.size + sizeof chunk};
    memcpy(blob.data, png.data, HEADER_BYTES);
    memcpy(blob.data + HEADER_BYTES, chunk, sizeof chunk);
    memcpy(blob.data + HEADER_BYTES + sizeof chunk, png.data + HEADER_BYTES, png.size - HEADER_BYTES);
    blob_clear(&png);
    return blob;
}

static struct blob oriented(int orientation, const char *suffix)
{
    VipsImage *image = fixture_quarters(120, 80);
    if (strcmp(suffix, ".png") == 0)
        return with_exif_chunk(fixture_encode(image, suffix), orientation);
    vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
    return fixture_encode(image, suffix);
}

static void assert_quarters(const struct picture *picture, int orientation, int tolerance)
{
    const uint32_t w = picture->width_px, h = picture->height_px;
    for (uint32_t i = 0; i < 4; i++)
        assert_colour(pixel_at(picture, w / 4 + (i % 2) * w / 2, h / 4 + (i / 2) * h / 2),
                      quarter_colours[upright_quarters[orientation][i]], tolerance);
}

static void all_orientations_in_formats_that_tell_them(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".jpg[Q=97,no-subsample]", ".webp[lossless]", ".tif", ".png"};
    for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++)
        for (int orientation = 1; orientation <= 8; orientation++) {
            struct blob blob = oriented(orientation, suffixes[s]);
            struct vips_load_request request = fixture_request(&blob, 40, 30);
            uint32_t width = 0, height = 0;
            uint64_t peak = 0;
            assert_int_equal(fixture_ops()->probe(blob.data, blob.size, &width, &height, &peak, NULL),
                             TESS_OK);
            assert_int_equal(width, orientation >= 5 ? 80 : 120);
            assert_int_equal(height, orientation >= 5 ? 120 : 80);
            struct picture picture = fixture_load(&request);
            assert_quarters(&picture, orientation, 4);
            picture_clear(&picture);
            request.fit.fit = TESS_FIT_CONTAIN;
            request.fit.cell_width_px = request.fit.cell_height_px = 60;
            picture = fixture_load(&request);
            const uint32_t bar = orientation >= 5 ? 9 : 0; /* 40 × 60 or 60 × 40 in the middle */
            assert_colour(pixel_at(&picture, bar, bar ? 30 : 9), (struct rgb){0, 0, 0}, 0);
            picture_clear(&picture);
            blob_clear(&blob);
        }
}

/* The crop is asked for in upright coordinates: north-west of the upright image, whatever is stored. */
static void gravity_is_upright(void **state)
{
    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct blob blob = oriented(orientation, ".png");
        struct vips_load_request request = fixture_request(&blob, 30, 30);
        if (orientation >= 5)
            request.fit.cell_width_px = 60; /* 80 × 120: rows 0..39 */
        else
            request.fit.cell_height_px = 60; /* 120 × 80: columns 0..39 */
        request.fit.gravity = TESS_GRAVITY_NORTH_WEST;
        struct picture picture = fixture_load(&request);
        assert_colour(pixel_at(&picture, 2, 2), quarter_colours[upright_quarters[orientation][0]], 0);
        const uint32_t x = orientation >= 5 ? 57 : 2, y = orientation >= 5 ? 2 : 57;
        assert_colour(pixel_at(&picture, x, y), quarter_colours[upright_quarters[orientation][x > y ? 1 : 2]],
                      0);
        picture_clear(&picture);
        blob_clear(&blob);
    }
}

/* The tag in the EXIF block (type SHORT, one value), little or big endian, becomes of another type or value.
 */
static void patch_orientation(struct blob *blob, uint8_t type, uint8_t value)
{
    static const uint8_t little[] = {0x12, 0x01, 3, 0, 1, 0, 0, 0}, big[] = {0x01, 0x12, 0, 3, 0, 0, 0, 1};
    uint8_t *at = memmem(blob->data, blob->size, little, sizeof little);
    const bool is_little = at != NULL;
    if (!is_little)
        at = memmem(blob->data, blob->size, big, sizeof big);
    assert_non_null(at);
    at[is_little ? 2 : 3] = type;
    memset(at + 8, 0, 4);
    at[is_little || type == 1 ? 8 : type == 3 ? 9 : 11] = value;
}

static void assert_turned(struct blob *blob, int orientation)
{
    struct vips_load_request request = fixture_request(blob, 40, 30);
    struct picture picture = fixture_load(&request);
    assert_quarters(&picture, orientation, 4);
    picture_clear(&picture);
    blob_clear(blob);
}

static void orientations_of_any_type_are_read_alike(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".jpg[Q=97]", ".webp[lossless]", ".tif", ".png"};
    static const uint8_t types[] = {1, 3, 4};
    for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++)
        for (size_t t = 0; t < sizeof types; t++) {
            struct blob blob = oriented(1, suffixes[s]);
            patch_orientation(&blob, types[t], 6);
            assert_turned(&blob, 6);
        }
}

/* Behind the pixels, EXIF comes too late for whoever has begun to show them. */
static void exif_behind_a_png_s_pixels_does_not_count(void **state)
{
    (void)state;
    enum { HEADER_BYTES = 33, CHUNK_BYTES = 38, END_BYTES = 12 };
    struct blob blob = oriented(6, ".png");
    uint8_t chunk[CHUNK_BYTES];
    memcpy(chunk, blob.data + HEADER_BYTES, CHUNK_BYTES);
    memmove(blob.data + HEADER_BYTES, blob.data + HEADER_BYTES + CHUNK_BYTES,
            blob.size - HEADER_BYTES - CHUNK_BYTES - END_BYTES);
    memcpy(blob.data + blob.size - CHUNK_BYTES - END_BYTES, chunk, CHUNK_BYTES);
    assert_turned(&blob, 1);
}

/* AVIF tells by irot and imir; what its EXIF says is of the camera's sensor. */
static void exif_does_not_turn_avif(void **state)
{
    (void)state;
    struct blob blob = oriented(6, ".avif[lossless]");
    assert_non_null(memmem(blob.data, blob.size, "Exif\0\0", 6));
    patch_orientation(&blob, 3, 6);
    assert_turned(&blob, 1);
}

static void nonsense_orientations_are_upright(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".jpg[Q=97]", ".webp[lossless]", ".tif", ".png"};
    static const uint8_t values[] = {0, 9, 255};
    for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++)
        for (size_t v = 0; v < sizeof values; v++) {
            struct blob blob = oriented(6, suffixes[s]);
            patch_orientation(&blob, 3, values[v]);
            assert_turned(&blob, 1);
        }
}

static void contain_is_surrounded_by_background(void **state)
{
    (void)state;
    struct blob blob = fixture_encode(fixture_quarters(120, 80), ".png");
    struct vips_load_request request = fixture_request(&blob, 60, 100);
    request.fit.fit = TESS_FIT_CONTAIN;
    request.background = (struct tess_colour){0, 0, 255};
    struct picture picture = fixture_load(&request);
    for (uint32_t y = 0; y < 100; y++)
        for (uint32_t x = 0; x < 60; x += 59) {
            bool inside = y >= 30 && y < 70;
            struct rgb colour = pixel_at(&picture, x, y);
            assert_true(inside == (colour.red != 0 || colour.green != 0));
            if (!inside)
                assert_colour(colour, blue, 0);
        }
    picture_clear(&picture);
    request.fit = (struct fit_request){200, 100, TESS_FIT_CONTAIN, TESS_GRAVITY_SOUTH_EAST, true};
    picture = fixture_load(&request); /* 120 × 80 as it is, at 80,20 */
    assert_colour(pixel_at(&picture, 79, 99), blue, 0);
    assert_colour(pixel_at(&picture, 199, 19), blue, 0);
    assert_colour(pixel_at(&picture, 80, 20), quarter_colours[0], 0);
    assert_colour(pixel_at(&picture, 139, 59), quarter_colours[0], 0);
    assert_colour(pixel_at(&picture, 140, 60), quarter_colours[3], 0);
    picture_clear(&picture);
    blob_clear(&blob);
}

/* A linear ramp stays the same ramp: position (x + 0.5) / cell · crop + crop_x, also between pixels. */
static void enlarging_keeps_positions(void **state)
{
    (void)state;
    enum { SIDE = 20, STEP = 10 };
    uint8_t rgb[SIDE * SIDE * 3];
    for (int i = 0; i < SIDE * SIDE; i++) {
        rgb[3 * i] = (uint8_t)(STEP * (i % SIDE));
        rgb[3 * i + 1] = (uint8_t)(STEP * (i / SIDE));
        rgb[3 * i + 2] = 0;
    }
    VipsImage *image = vips_image_new_from_memory_copy(rgb, sizeof rgb, SIDE, SIDE, 3, VIPS_FORMAT_UCHAR);
    struct blob blob = fixture_encode(image, ".png");
    struct vips_load_request request = fixture_request(&blob, 170, 90); /* shows 20 × 10.588, from y 4.706 */
    struct picture picture = fixture_load(&request);
    const double scale = 170.0 / SIDE, top = (SIDE - 90 / scale) / 2;
    for (uint32_t x = 20; x < 150; x++)
        for (uint32_t y = 5; y < 85; y += 7) {
            double across = (x + 0.5) / scale - 0.5, down = (y + 0.5) / scale - 0.5 + top;
            struct rgb colour = pixel_at(&picture, x, y);
            assert_true(fabs(colour.red - STEP * across) <= 1.5);
            assert_true(fabs(colour.green - STEP * down) <= 1.5);
        }
    picture_clear(&picture);
    blob_clear(&blob);
}

static void tiny_images_fill_their_cell(void **state)
{
    (void)state;
    const double values[] = {180, 100, 60};
    static const int sides[][2] = {{1, 1}, {1, 2}, {2, 1}, {3, 2}};
    static const enum tess_fit fits[] = {TESS_FIT_COVER, TESS_FIT_CONTAIN, TESS_FIT_FILL};
    for (size_t s = 0; s < 4; s++)
        for (size_t f = 0; f < 3; f++) {
            VipsImage *image = fixture_flat(sides[s][0], sides[s][1], VIPS_INTERPRETATION_sRGB,
                                            VIPS_FORMAT_UCHAR, values, 3);
            struct blob blob = fixture_encode(image, ".png");
            struct vips_load_request request = fixture_request(&blob, 256, 256);
            request.fit.fit = fits[f];
            struct picture picture = fixture_load(&request);
            assert_colour(pixel_at(&picture, 128, 128), (struct rgb){180, 100, 60}, 1);
            picture_clear(&picture);
            blob_clear(&blob);
        }
}

static void extreme_shapes_take_no_time(void **state)
{
    (void)state;
    const double values[] = {180, 100, 60};
    static const int sides[][2] = {{1, 20000}, {20000, 1}, {3, 65000}};
    static const enum tess_fit fits[] = {TESS_FIT_COVER, TESS_FIT_CONTAIN, TESS_FIT_FILL};
    static const enum tess_gravity gravities[] = {TESS_GRAVITY_CENTRE, TESS_GRAVITY_SOUTH_EAST,
                                                  TESS_GRAVITY_ATTENTION, TESS_GRAVITY_ENTROPY};
    const int64_t start_ms = cpu_time_ms();
    size_t before = vips_tracked_get_mem_highwater();
    for (size_t s = 0; s < 3; s++) {
        VipsImage *image =
            fixture_flat(sides[s][0], sides[s][1], VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, values, 3);
        struct blob blob = fixture_encode(image, ".png");
        for (size_t i = 0; i < 12; i++) {
            struct vips_load_request request = fixture_request(&blob, 100, 100);
            request.fit.fit = fits[i % 3];
            request.fit.gravity = gravities[i / 3];
            request.background = (struct tess_colour){180, 100, 60};
            struct picture picture = fixture_load(&request);
            for (uint32_t at = 0; at < 100; at++)
                assert_colour(pixel_at(&picture, at, 99 - at), (struct rgb){180, 100, 60}, 1);
            picture_clear(&picture);
        }
        blob_clear(&blob);
    }
    assert_true(vips_tracked_get_mem_highwater() - before < 20000000);
    assert_in_range(cpu_time_ms() - start_ms, 0, 30000); /* sanitizers included */
}

/* A calm picture with one loud spot: both smart gravities go there, cover alone does not. */
static struct blob picture_with_spot(int spot_x)
{
    const double calm[] = {120, 120, 120}, loud[] = {230, 40, 40};
    VipsImage *image = fixture_flat(600, 100, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, calm, 3);
    VipsImage *spot = fixture_flat(40, 40, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, loud, 3);
    VipsImage *both = NULL;
    assert_int_equal(vips_insert(image, spot, &both, spot_x, 30, NULL), 0);
    g_object_unref(image);
    g_object_unref(spot);
    return fixture_encode(both, ".png");
}

static int red_pixels(const struct picture *picture)
{
    int count = 0;
    for (uint32_t y = 0; y < picture->height_px; y++)
        for (uint32_t x = 0; x < picture->width_px; x++)
            count += pixel_at(picture, x, y).green < 60;
    return count;
}

static void smart_gravities_find_the_spot(void **state)
{
    (void)state;
    static const int spots[] = {30, 520};
    static const enum tess_gravity gravities[] = {TESS_GRAVITY_ATTENTION, TESS_GRAVITY_ENTROPY};
    static const uint32_t cells[] = {50, 100, 300};
    for (size_t i = 0; i < 12; i++) {
        struct blob blob = picture_with_spot(spots[i % 2]);
        struct vips_load_request request = fixture_request(&blob, cells[i / 4], cells[i / 4]);
        struct picture picture = fixture_load(&request);
        assert_int_equal(red_pixels(&picture), 0);
        picture_clear(&picture);
        request.fit.gravity = gravities[i / 2 % 2];
        picture = fixture_load(&request);
        int whole = (int)(cells[i / 4] * cells[i / 4] * 16 / 100);
        assert_in_range(red_pixels(&picture), whole * 8 / 10, whole * 12 / 10);
        picture_clear(&picture);
        blob_clear(&blob);
    }
}

/* A photo's texture, and a spot at four fifths. */
static VipsImage *photo_with_spot(int width_px, int height_px)
{
    const double loud[] = {250, 20, 20};
    VipsImage *image = fixture_photo(width_px, height_px), *both = NULL;
    VipsImage *spot =
        fixture_flat(height_px / 2, height_px / 2, VIPS_INTERPRETATION_sRGB, VIPS_FORMAT_UCHAR, loud, 3);
    assert_int_equal(vips_insert(image, spot, &both, width_px * 4 / 5, height_px / 4, NULL), 0);
    g_object_unref(image);
    g_object_unref(spot);
    return both;
}

/* Of the spot's middle, in hundredths of a pixel; UINT32_MAX where it is not to be seen. */
static uint32_t spot_column(const struct picture *picture)
{
    uint64_t sum = 0, weight = 0;
    for (uint32_t y = 0; y < picture->height_px; y++)
        for (uint32_t x = 0; x < picture->width_px; x++) {
            const struct rgb colour = pixel_at(picture, x, y);
            const uint64_t loud = colour.red > 200 && colour.green < 60 ? 1 : 0;
            sum += loud * x;
            weight += loud;
        }
    return weight ? (uint32_t)(100 * sum / weight) : UINT32_MAX;
}

/* The same picture is cut at the same place in every format: shrunk, enlarged, and too long to be looked at.
 */
static void smart_crops_do_not_differ_by_format(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".png", ".tif", ".tif[tile]", ".webp[lossless]",
                                           ".jpg[Q=100,subsample_mode=off]"};
    static const struct {
        int width, height;
        uint32_t cell_width, cell_height;
    } cases[] = {{600, 200, 64, 64}, {600, 200, 300, 300}, {900, 100, 40, 100},
                 {1000, 50, 50, 50}, {1500, 50, 50, 50},   {1000, 40, 80, 80}};
    struct colour_profiles *profiles = colour_profiles_create();
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int g = TESS_GRAVITY_ATTENTION; g <= TESS_GRAVITY_ENTROPY; g++) {
            uint32_t first = 0;
            for (size_t s = 0; s < sizeof suffixes / sizeof suffixes[0]; s++) {
                struct blob blob =
                    fixture_encode(photo_with_spot(cases[c].width, cases[c].height), suffixes[s]);
                const struct cell_request request = {.bytes = blob.data,
                                                     .size_bytes = blob.size,
                                                     .fit = {.cell_width_px = cases[c].cell_width,
                                                             .cell_height_px = cases[c].cell_height,
                                                             .fit = TESS_FIT_COVER,
                                                             .gravity = (enum tess_gravity)g},
                                                     .layout = PICTURE_RGB,
                                                     .max_pixels = 100000000,
                                                     .max_scans = 100,
                                                     .profiles = profiles};
                struct cell cell;
                struct picture picture;
                assert_int_equal(cell_prepare(&request, &cell, NULL), TESS_OK);
                assert_int_equal(cell_render(&cell, &picture, NULL), TESS_OK);
                const uint32_t column = spot_column(&picture);
                if (s == 0)
                    first = column;
                else if (llabs((int64_t)column - first) > 100)
                    fail_msg("%d x %d into %u x %u, %s: the spot is at %u, not %u hundredths of a pixel",
                             cases[c].width, cases[c].height, cases[c].cell_width, cases[c].cell_height,
                             suffixes[s], column, first);
                picture_clear(&picture);
                cell_clear(&cell);
                blob_clear(&blob);
            }
        }
    colour_profiles_destroy(profiles);
}

static void smart_crop_tells_the_corner(void **state)
{
    (void)state;
    struct blob blob = picture_with_spot(520);
    static const uint32_t widths[] = {600, 512}; /* packed rows or not */
    for (size_t i = 0; i < 2; i++) {
        struct vips_load_request request = fixture_request(&blob, widths[i], 100);
        request.fit.gravity = TESS_GRAVITY_EAST;
        struct picture picture = fixture_load(&request);
        uint32_t x = 9999, y = 9999;
        struct tess_error error = {0};
        for (int g = TESS_GRAVITY_ATTENTION; g <= TESS_GRAVITY_ENTROPY; g++) {
            assert_int_equal(
                fixture_ops()->smart_crop(&picture, 100, 100, (enum tess_gravity)g, &x, &y, &error), TESS_OK);
            uint32_t spot = 520 - (600 - widths[i]);
            assert_in_range(x, spot - 60, spot);
            assert_int_equal(y, 0);
        }
        assert_int_equal(fixture_ops()->smart_crop(&picture, 601, 100, TESS_GRAVITY_ENTROPY, &x, &y, &error),
                         TESS_ERR_INTERNAL);
        picture_clear(&picture);
    }
    blob_clear(&blob);
}

static double sinc(double x)
{
    return x == 0 ? 1 : sin(G_PI * x) / (G_PI * x);
}

/* One value of the full-size Lanczos 3, straight from its definition. */
static double lanczos_at(const uint8_t *rgb, int width, int height, double x, double y, double shrink,
                         int band)
{
    double total = 0, weights = 0;
    for (int sy = (int)floor(y - 3 * shrink); sy <= (int)ceil(y + 3 * shrink); sy++)
        for (int sx = (int)floor(x - 3 * shrink); sx <= (int)ceil(x + 3 * shrink); sx++) {
            double dx = (sx + 0.5 - x) / shrink, dy = (sy + 0.5 - y) / shrink;
            if (fabs(dx) >= 3 || fabs(dy) >= 3)
                continue;
            double weight = sinc(dx) * sinc(dx / 3) * sinc(dy) * sinc(dy / 3);
            int cx = CLAMP(sx, 0, width - 1), cy = CLAMP(sy, 0, height - 1);
            total += weight * rgb[3 * (cy * width + cx) + band];
            weights += weight;
        }
    return fmin(255, fmax(0, total / weights));
}

static double psnr_of(const struct picture *picture, const uint8_t *rgb, int width, int height)
{
    const double shrink = (double)height / picture->height_px, left = (width - height) / 2.0;
    double squares = 0;
    int count = 0;
    for (uint32_t y = 0; y < picture->height_px; y += 7)
        for (uint32_t x = 0; x < picture->width_px; x += 5, count++) {
            double expected =
                lanczos_at(rgb, width, height, left + (x + 0.5) * shrink, (y + 0.5) * shrink, shrink, 1);
            squares += pow(pixel_at(picture, x, y).green - expected, 2);
        }
    return 10 * log10(255.0 * 255.0 * count / squares);
}

static void quality_is_that_of_a_full_size_lanczos(void **state)
{
    (void)state;
    enum { WIDTH = 1201, HEIGHT = 900 };
    static const uint32_t cells[] = {64, 100, 256, 421, 700};
    VipsImage *photo = fixture_photo(WIDTH, HEIGHT);
    size_t size = 0;
    uint8_t *rgb = vips_image_write_to_memory(photo, &size);
    static const char *const suffixes[] = {".png", ".webp[lossless]", ".tif"};
    for (size_t s = 0; s < 3; s++) {
        struct blob blob = fixture_encode(g_object_ref(photo), suffixes[s]);
        for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
            struct vips_load_request request = fixture_request(&blob, cells[i], cells[i]);
            struct picture picture = fixture_load(&request);
            double psnr = psnr_of(&picture, rgb, WIDTH, HEIGHT);
            print_message("%s at %u: %.1f dB\n", suffixes[s], cells[i], psnr);
            assert_true(psnr >= 40);
            picture_clear(&picture);
        }
        blob_clear(&blob);
    }
    g_free(rgb);
    g_object_unref(photo);
}

/* A reason that comes while the last tile is computed comes too late; all before are in time. */
static void loading_can_be_stopped(void **state)
{
    (void)state;
    static const int questions[] = {0, 1, 3, 1000000};
    struct blob blob = fixture_encode(fixture_quarters(300, 200), ".png");
    struct vips_load_request request = fixture_request(&blob, 1500, 1000);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct countdown countdown = {questions[i]};
        const struct stop stop = countdown_stop(&countdown);
        struct picture picture;
        struct tess_error error = {0};
        request.stop = &stop;
        enum tess_status status = fixture_ops()->load_cell(&request, &picture, &error);
        assert_true(countdown.left < questions[i]); /* it was asked */
        assert_int_equal(status == TESS_OK, countdown.left > 0);
        if (status == TESS_OK)
            assert_quarters(&picture, 1, 4);
        else
            assert_string_not_equal(error.message, "");
        picture_clear(&picture);
    }
    assert_string_equal(vips_error_buffer(), "");
    blob_clear(&blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orientations_in_formats_that_tell_them),
        cmocka_unit_test(gravity_is_upright),
        cmocka_unit_test(nonsense_orientations_are_upright),
        cmocka_unit_test(orientations_of_any_type_are_read_alike),
        cmocka_unit_test(exif_behind_a_png_s_pixels_does_not_count),
        cmocka_unit_test(exif_does_not_turn_avif),
        cmocka_unit_test(contain_is_surrounded_by_background),
        cmocka_unit_test(enlarging_keeps_positions),
        cmocka_unit_test(tiny_images_fill_their_cell),
        cmocka_unit_test(extreme_shapes_take_no_time),
        cmocka_unit_test(smart_gravities_find_the_spot),
        cmocka_unit_test(smart_crops_do_not_differ_by_format),
        cmocka_unit_test(smart_crop_tells_the_corner),
        cmocka_unit_test(loading_can_be_stopped),
        cmocka_unit_test(quality_is_that_of_a_full_size_lanczos),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
