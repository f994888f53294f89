// SPDX-License-Identifier: MIT
/* What is special to HEIC and AVIF: thumbnails, rotations, sizes, grey, profiles, threads. */
#include <lcms2.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "countdown.h"
#include "heif_fixture.h"

enum { WIDTH = 320, HEIGHT = 240 };

static const struct tess_colour black = {0, 0, 0};
static const uint32_t tiles[] = {16, 32, 64, 100, 200};

static uint8_t *quarters(void)
{
    VipsImage *image = fixture_quarters(WIDTH, HEIGHT);
    size_t size = 0;
    uint8_t *rows = vips_image_write_to_memory(image, &size);
    g_object_unref(image);
    return rows;
}

static struct heif_recipe recipe_of(enum heif_compression_format format, const uint8_t *rgb)
{
    return (struct heif_recipe){
        .format = format, .bands = 3, .width_px = WIDTH, .height_px = HEIGHT, .rows = rgb};
}

/* The middles of the upright quarters, by the numbers of quarter_colours. */
static void assert_shows(const struct blob *blob, const int order[4])
{
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        const uint32_t tile = tiles[i];
        struct vips_load_request request = fixture_request(blob, tile, tile);
        request.fit.fit = TESS_FIT_FILL;
        struct picture picture = fixture_load(&request);
        for (uint32_t quarter = 0; quarter < 4; quarter++)
            assert_colour(
                pixel_at(&picture, tile / 4 + quarter % 2 * tile / 2, tile / 4 + quarter / 2 * tile / 2),
                quarter_colours[order[quarter]], 6);
        picture_clear(&picture);
    }
}

static const int upright[4] = {0, 1, 2, 3};
static const enum heif_compression_format formats[] = {heif_compression_AV1, heif_compression_HEVC};

/* Whatever a thumbnail shows, it is not looked at: of another picture, of another shape, with a wrong size.
 */
static void thumbnails_are_not_trusted(void **state)
{
    (void)state;
    uint8_t *rows = quarters(), *other = calloc(3, 160 * 120);
    assert_non_null(other);
    for (size_t f = 0; f < 2; f++) {
        struct heif_recipe thumbnail = {
            .format = formats[f], .bands = 3, .width_px = 160, .height_px = 120, .rows = other};
        struct heif_recipe recipe = recipe_of(formats[f], rows);
        recipe.thumbnail = &thumbnail;
        struct blob blob = heif_make(&recipe);
        assert_shows(&blob, upright);
        heif_lie_about_size(&blob, 160, 120, 160, 60);
        assert_shows(&blob, upright);
        blob_clear(&blob);
    }
    free(other);
    g_free(rows);
}

/* irot and imir turn, wherever they stand among the properties; EXIF says how the camera was held and does
 * not. */
static void rotations_are_those_of_the_boxes(void **state)
{
    (void)state;
    static const int orders[9][4] = {
        [1] = {0, 1, 2, 3}, [3] = {3, 2, 1, 0}, [6] = {2, 0, 3, 1}, [8] = {1, 3, 0, 2}};
    static const int orientations[] = {1, 3, 6, 8};
    uint8_t *rows = quarters();
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < 4; i++)
            for (int place = 0; place < 3; place++) {
                struct heif_recipe recipe = recipe_of(formats[f], rows);
                recipe.orientation = orientations[i];
                recipe.rotation_place = orientations[i] > 1 ? place : 0;
                recipe.exif_orientation = 6;
                struct blob blob = heif_make(&recipe);
                assert_shows(&blob, orders[orientations[i]]);
                blob_clear(&blob);
            }
    g_free(rows);
}

/* A camera's usual way: the picture is a grid of tiles. */
static void grids_show_each_tile_in_its_place(void **state)
{
    (void)state;
    enum { TILE = 64 };
    uint8_t *rows = quarters();
    for (size_t f = 0; f < 2; f++) {
        const struct heif_recipe recipe = recipe_of(formats[f], rows);
        struct blob blob = heif_make_grid(&recipe, 2, 2);
        struct vips_load_request request = fixture_request(&blob, TILE, TILE);
        request.fit.fit = TESS_FIT_FILL;
        struct picture picture = fixture_load(&request);
        for (uint32_t y = 0; y < 4; y++)
            for (uint32_t x = 0; x < 4; x++)
                assert_colour(pixel_at(&picture, TILE / 8 + x * TILE / 4, TILE / 8 + y * TILE / 4),
                              quarter_colours[y % 2 * 2 + x % 2], 6);
        picture_clear(&picture);
        blob_clear(&blob);
    }
    g_free(rows);
}

static uint8_t *ramp(uint8_t low, uint8_t high)
{
    uint8_t *rows = malloc(WIDTH * HEIGHT);
    assert_non_null(rows);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        rows[i] = (uint8_t)(low + (i % WIDTH / 20 * (high - low) + 7) / 15);
    return rows;
}

/* Steps of 20 pixels from black to white. */
static void assert_ramp(const struct blob *blob, double gamma)
{
    struct vips_load_request request = fixture_request(blob, WIDTH / 2, HEIGHT / 2);
    struct picture picture = fixture_load(&request);
    for (uint32_t step = 0; step < 16; step++) {
        /* sRGB's own curve against the file's, in linear light. */
        double linear = pow(step / 15.0, gamma);
        double encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
        int value = (int)lround(255 * (gamma > 0 ? encoded : step / 15.0));
        assert_colour(pixel_at(&picture, step * 10 + 5, HEIGHT / 4), (struct rgb){value, value, value}, 2);
    }
    picture_clear(&picture);
}

static void grey_has_its_full_contrast(void **state)
{
    (void)state;
    uint8_t *limited = ramp(16, 235), *full = ramp(0, 255);
    struct heif_recipe recipe = {
        .format = heif_compression_AV1, .bands = 1, .width_px = WIDTH, .height_px = HEIGHT};
    for (int is_full = 0; is_full < 2; is_full++) {
        recipe.rows = is_full ? full : limited;
        recipe.is_limited_range = !is_full;
        struct blob blob = heif_make(&recipe), grid = heif_make_grid(&recipe, 1, 2);
        assert_ramp(&blob, 0);
        assert_ramp(&grid, 0);
        blob_clear(&blob);
        blob_clear(&grid);
    }
    free(limited);
    free(full);
}

static void grey_follows_a_grey_profile(void **state)
{
    (void)state;
    uint8_t *rows = ramp(0, 255), icc[4096];
    cmsUInt32Number size = sizeof icc;
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1.8);
    cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
    assert_true(cmsSaveProfileToMem(profile, icc, &size));
    struct heif_recipe recipe = {.format = heif_compression_AV1,
                                 .bands = 1,
                                 .width_px = WIDTH,
                                 .height_px = HEIGHT,
                                 .rows = rows,
                                 .icc = icc,
                                 .icc_size = size};
    struct blob blob = heif_make(&recipe);
    assert_ramp(&blob, 1.8);
    blob_clear(&blob);
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    free(rows);
}

/* The bitstream's own size counts for memory. */
static void coded_pictures_larger_than_they_say_are_refused(void **state)
{
    (void)state;
    enum { SIDE = 2048 };
    uint8_t *rows = calloc(3, (size_t)SIDE * SIDE);
    assert_non_null(rows);
    for (size_t f = 0; f < 2; f++) {
        struct heif_recipe recipe = {
            .format = formats[f], .bands = 3, .width_px = SIDE, .height_px = SIDE, .rows = rows};
        struct blob blob = heif_make(&recipe);
        struct blob grid = heif_make_grid(&recipe, 1, 1), *blobs[] = {&blob, &grid};
        for (size_t i = 0; i < 2; i++) {
            heif_lie_about_size(blobs[i], SIDE, SIDE, 64, 64);
            if (i == 1) { /* that was the grid's; now the tile's, and what the grid itself says */
                heif_lie_about_size(blobs[i], SIDE, SIDE, 64, 64);
                memcpy(grid.data + grid.size - 8, "\0\0\0\x40\0\0\0\x40", 8);
            }
            struct vips_load_request request = fixture_request(blobs[i], 32, 32);
            struct tess_error error = fixture_load_failing(&request);
            assert_int_equal(error.status, TESS_ERR_CORRUPT);
            assert_non_null(strstr(error.message, "larger than its size box says"));
        }
        blob_clear(&grid);
        blob_clear(&blob);
    }
    free(rows);
}

static void decoding_looks_at_the_reason_to_stop(void **state)
{
    (void)state;
    uint8_t *rows = quarters();
    for (size_t f = 0; f < 2; f++) {
        struct heif_recipe recipe = recipe_of(formats[f], rows);
        for (int is_grid = 0; is_grid < 2; is_grid++) {
            struct blob blob = is_grid ? heif_make_grid(&recipe, 2, 1) : heif_make(&recipe);
            const struct countdown countdown = {0};
            const struct stop stop = countdown_stop(&countdown);
            struct vips_load_request request = fixture_request(&blob, 32, 32);
            request.stop = &stop;
            struct tess_error error = fixture_load_failing(&request);
            assert_non_null(strstr(error.message, "stopped"));
            blob_clear(&blob);
        }
    }
    g_free(rows);
}

static bool read_fault(const char *name, struct blob *blob_out)
{
    const char *root = getenv("TESSERA_SOURCE_DIR");
    char *path = g_strdup_printf("%s/../shared/faults/%s", root ? root : ".", name);
    char *data = NULL;
    gsize size = 0;
    bool found = g_file_get_contents(path, &data, &size, NULL) != 0;
    g_free(path);
    *blob_out = (struct blob){(uint8_t *)data, size};
    return found;
}

/* Files as cameras and programs wrote them, against libvips' own full-size decode. */
static void real_files_are_the_picture_at_every_size(void **state)
{
    (void)state;
    static const char *const names[] = {"heic-thumbnail-wrong-ispe-refused-at-small-tiles.heic",
                                        "heic-thumbnail-damaged-shown-as-garbage.heic",
                                        "heic-irot180-on-picture-not-on-thumbnail.heic",
                                        "heic-alpha-thumbnail-without-alpha.heic"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct blob blob;
        if (!read_fault(names[i], &blob)) {
            print_message("skipped here: %s: there is no ../shared/faults\n", names[i]);
            continue;
        }
        VipsImage *full = vips_image_new_from_buffer(blob.data, blob.size, "", NULL);
        assert_non_null(full);
        for (size_t t = 0; t < sizeof tiles / sizeof tiles[0]; t++) {
            struct vips_load_request request = fixture_request(&blob, tiles[t], tiles[t]);
            request.fit.fit = TESS_FIT_FILL;
            struct picture picture = fixture_load(&request);
            double psnr = psnr_of_flattened(&picture, full, black);
            if (psnr < 40)
                fail_msg("%s at %u: %.1f dB", names[i], tiles[t], psnr);
            picture_clear(&picture);
        }
        g_object_unref(full);
        blob_clear(&blob);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thumbnails_are_not_trusted),
        cmocka_unit_test(rotations_are_those_of_the_boxes),
        cmocka_unit_test(grids_show_each_tile_in_its_place),
        cmocka_unit_test(grey_has_its_full_contrast),
        cmocka_unit_test(grey_follows_a_grey_profile),
        cmocka_unit_test(coded_pictures_larger_than_they_say_are_refused),
        cmocka_unit_test(decoding_looks_at_the_reason_to_stop),
        cmocka_unit_test(real_files_are_the_picture_at_every_size),
    };
    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
