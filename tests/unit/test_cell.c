// SPDX-License-Identifier: MIT
/*
 * One image to one cell: what the planar way gives against a decode at full size, cropped and scaled with
 * Lanczos 3 in doubles by this test; and the JPEG way against the libvips way.
 */
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
#include "image/cell.h"
#include "image/orient.h"
#include "image/vips_module.h"
#include "jpeg_make.h"

static struct colour_profiles *profiles;

static int setup(void **state)
{
    (void)state;
    profiles = colour_profiles_create();
    return profiles ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    colour_profiles_destroy(profiles);
    return 0;
}

static struct cell_request request_of(const struct made_jpeg *jpeg, uint32_t width, uint32_t height)
{
    return (struct cell_request){.bytes = jpeg->data,
                                 .size_bytes = jpeg->size,
                                 .fit = {.cell_width_px = width, .cell_height_px = height},
                                 .layout = PICTURE_YCC420,
                                 .background = {20, 40, 60},
                                 .max_pixels = 100000000,
                                 .max_scans = 100,
                                 .profiles = profiles};
}

/* Renders or fails the test; the result as RGB. */
static struct picture render_rgb(const struct cell_request *request)
{
    struct cell cell;
    struct picture picture, rgb;
    struct tess_error error = {0};
    if (cell_prepare(request, &cell, &error) != TESS_OK || cell_render(&cell, &picture, &error) != TESS_OK)
        fail_msg("%s", error.message);
    cell_clear(&cell);
    assert_int_equal(picture.layout, request->layout);
    assert_int_equal(picture.width_px, request->fit.cell_width_px);
    assert_int_equal(picture.height_px, request->fit.cell_height_px);
    if (picture.layout == PICTURE_RGB)
        return picture;
    rgb = made_to_rgb(&picture);
    picture_clear(&picture);
    return rgb;
}

static double kernel(double x)
{
    if (fabs(x) < 1e-12)
        return 1;
    return fabs(x) < 3 ? sin(M_PI * x) / (M_PI * x) * sin(M_PI * x / 3) / (M_PI * x / 3) : 0;
}

/* Weights of all source samples for one target sample, cropped first. */
static void weigh(double start, double length, uint32_t there, uint32_t out, uint32_t index, double *weights)
{
    double ratio = length / out, stretch = fmax(ratio, 1), centre = start + (index + 0.5) * ratio, sum = 0;
    for (uint32_t i = 0; i < there; i++) {
        bool counts = i + 1 > start + 1e-9 && i < start + length - 1e-9;
        weights[i] = counts ? kernel((i + 0.5 - centre) / stretch) : 0;
        sum += weights[i];
    }
    for (uint32_t i = 0; i < there; i++)
        weights[i] /= sum;
}

/* The fit's part of an upright RGB picture, scaled to where it is placed; packed doubles, the caller frees.
 */
static double *scale(const struct picture *rgb, const struct fit *fit)
{
    const uint32_t width = fit->place_width_px, height = fit->place_height_px;
    double *rows = calloc((size_t)height * rgb->width_px * 3, sizeof *rows);
    double *out = calloc((size_t)height * width * 3, sizeof *out);
    double *weights = calloc(rgb->width_px + rgb->height_px, sizeof *weights);
    assert_true(rows && out && weights);
    for (uint32_t y = 0; y < height; y++) {
        weigh(fit->crop_y, fit->crop_height, rgb->height_px, height, y, weights);
        for (uint32_t k = 0; k < rgb->height_px; k++) {
            const uint8_t *row = rgb->planes[0].data + k * rgb->planes[0].stride_bytes;
            for (uint32_t x = 0; weights[k] != 0 && x < rgb->width_px * 3; x++)
                rows[(size_t)y * rgb->width_px * 3 + x] += weights[k] * row[x];
        }
    }
    for (uint32_t x = 0; x < width; x++) {
        weigh(fit->crop_x, fit->crop_width, rgb->width_px, width, x, weights);
        for (uint32_t k = 0; k < rgb->width_px; k++)
            for (uint32_t y = 0; weights[k] != 0 && y < height; y++)
                for (uint32_t c = 0; c < 3; c++)
                    out[((size_t)y * width + x) * 3 + c] +=
                        weights[k] * rows[((size_t)y * rgb->width_px + k) * 3 + c];
    }
    free(rows);
    free(weights);
    return out;
}

/* Of the cell's luma or RGB against the reference, background included. */
static double psnr(const struct picture *cell, const double *placed, const struct fit *fit,
                   struct tess_colour ground, bool luma)
{
    double squares = 0;
    for (uint32_t y = 0; y < cell->height_px; y++) {
        for (uint32_t x = 0; x < cell->width_px; x++) {
            const uint8_t *pixel = cell->planes[0].data + y * cell->planes[0].stride_bytes + (size_t)3 * x;
            double expected[3] = {ground.red, ground.green, ground.blue}, off[3];
            uint32_t px = x - fit->place_x_px, py = y - fit->place_y_px; /* wraps around outside */
            for (uint32_t c = 0; px < fit->place_width_px && py < fit->place_height_px && c < 3; c++)
                expected[c] = fmin(fmax(placed[((size_t)py * fit->place_width_px + px) * 3 + c], 0), 255);
            for (int c = 0; c < 3; c++)
                off[c] = pixel[c] - expected[c];
            double grey = 0.299 * off[0] + 0.587 * off[1] + 0.114 * off[2];
            squares += luma ? 3 * grey * grey : off[0] * off[0] + off[1] * off[1] + off[2] * off[2];
        }
    }
    double mean = squares / (3.0 * cell->width_px * cell->height_px);
    return mean > 0 ? 10 * log10(255.0 * 255 / mean) : 99;
}

/* PSNR of what tessera makes of the request against the reference. */
static double quality(const struct made_jpeg *jpeg, const struct cell_request *request, bool luma)
{
    struct picture stored = made_decode(jpeg), upright, cell = render_rgb(request);
    struct fit fit;
    assert_int_equal(orient_picture(&stored, jpeg->orientation, &upright, NULL), TESS_OK);
    fit_compute(upright.width_px, upright.height_px, &request->fit, &fit);
    double *placed = scale(&upright, &fit);
    double result = psnr(&cell, placed, &fit, request->background, luma);
    free(placed);
    picture_clear(&stored);
    picture_clear(&upright);
    picture_clear(&cell);
    return result;
}

static void all_fits_show_the_right_part(void **state)
{
    (void)state;
    static const enum picture_layout layouts[] = {PICTURE_YCC420, PICTURE_YCC444, PICTURE_RGB};
    static const uint32_t cells[][2] = {{64, 64}, {50, 90}, {61, 33}, {100, 30}};
    uint32_t round = 0;
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        struct made_jpeg jpeg = made_photo(400, 250, 2, 2, orientation);
        for (int fit = TESS_FIT_COVER; fit <= TESS_FIT_FILL; fit++) {
            for (size_t i = 0; i < 4; i++, round++) {
                struct cell_request request = request_of(&jpeg, cells[i][0], cells[i][1]);
                request.fit.fit = (enum tess_fit)fit;
                request.fit.gravity = (enum tess_gravity)(round % (TESS_GRAVITY_NORTH_WEST + 1));
                request.layout = layouts[round % 3];
                /* The edges between background and image, and halved chroma, cost something. */
                double measured = quality(&jpeg, &request, true);
                if (measured < 36)
                    fail_msg("orientation %d, fit %d, %u x %u, layout %d: %.1f dB", orientation, fit,
                             cells[i][0], cells[i][1], (int)request.layout, measured);
            }
        }
        made_clear(&jpeg);
    }
}

/* An even image at an odd place of an even cell: chroma would straddle the border. */
static void contain_at_odd_offsets(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{400, 392}, {392, 400}, {400, 380}, {300, 294}, {200, 100}, {50, 46}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct made_jpeg jpeg = made_photo(sizes[i][0], sizes[i][1], 2, 2, 1);
        struct cell_request request = request_of(&jpeg, 100, 100);
        request.fit.fit = TESS_FIT_CONTAIN;
        request.fit.no_enlarge = true;
        double measured = quality(&jpeg, &request, true);
        if (measured < 33)
            fail_msg("%u x %u in 100 x 100: %.1f dB", sizes[i][0], sizes[i][1], measured);
        made_clear(&jpeg);
    }
}

static void samplings_and_grey_come_out_right(void **state)
{
    (void)state;
    static const int samplings[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}};
    for (size_t i = 0; i < sizeof samplings / sizeof *samplings; i++) {
        struct made_jpeg jpeg = made_photo(333, 251, samplings[i][0], samplings[i][1], 1);
        for (uint32_t tile = 20; tile <= 300; tile += 70) {
            struct cell_request request = request_of(&jpeg, tile, tile);
            request.layout = i % 2 ? PICTURE_RGB : PICTURE_YCC444;
            double measured = quality(&jpeg, &request, true);
            if (measured < 38)
                fail_msg("%d x %d, tile %u: %.1f dB", samplings[i][0], samplings[i][1], tile, measured);
        }
        made_clear(&jpeg);
    }
}

/* The bar of the specification, over the ratios between a photo and its cell. */
static void photos_keep_40_db(void **state)
{
    (void)state;
    struct made_jpeg jpeg = made_photo(1200, 900, 2, 2, 1);
    for (uint32_t tile = 52; tile <= 900; tile = tile * 4 / 3 + 1) {
        struct cell_request request = request_of(&jpeg, tile, tile);
        request.layout = PICTURE_YCC444;
        double measured = quality(&jpeg, &request, false);
        if (measured < 40)
            fail_msg("tile %u: %.1f dB", tile, measured);
    }
    made_clear(&jpeg);
}

static void real_photo_keeps_40_db(void **state)
{
    (void)state;
    struct bytes bytes;
    char path[1024];
    const char *source = getenv("TESSERA_SOURCE_DIR");
    (void)snprintf(path, sizeof path, "%s/../shared/photos/DJI_0018.JPG", source ? source : ".");
    if (file_read(path, 1 << 26, &bytes, NULL) != TESS_OK) {
        print_message("skipped here: %s is not there\n", path);
        skip();
    }
    const struct made_jpeg jpeg = {bytes.data, bytes.size, 1};
    for (uint32_t tile = 100; tile <= 256; tile += 156) {
        struct cell_request request = request_of(&jpeg, tile, tile);
        double measured = quality(&jpeg, &request, true);
        if (measured < 40)
            fail_msg("tile %u: %.1f dB", tile, measured);
    }
    bytes_clear(&bytes);
}

/* libvips, asked for the same cell, agrees. */
static void libvips_agrees(void **state)
{
    (void)state;
    const struct vips_ops *vips = vips_module(NULL);
    assert_non_null(vips);
    static const uint8_t orientations[] = {1, 3, 6, 7};
    for (size_t i = 0; i < sizeof orientations; i++) {
        struct made_jpeg jpeg = made_photo(640, 480, 2, 2, orientations[i]);
        for (int fit = TESS_FIT_COVER; fit <= TESS_FIT_FILL; fit++) {
            struct cell_request request = request_of(&jpeg, 80, 60);
            request.fit.fit = (enum tess_fit)fit;
            request.fit.gravity = i % 2 ? TESS_GRAVITY_NORTH_WEST : TESS_GRAVITY_CENTRE;
            request.layout = PICTURE_RGB;
            const struct vips_load_request load = {
                request.bytes,      request.size_bytes, request.fit, request.max_pixels,
                request.background, profiles,           NULL};
            struct picture ours = render_rgb(&request), theirs;
            assert_int_equal(vips->load_cell(&load, &theirs, NULL), TESS_OK);
            double squares = 0;
            for (uint32_t y = 0; y < 60; y++)
                for (uint32_t x = 0; x < 240; x++)
                    squares += pow(ours.planes[0].data[y * ours.planes[0].stride_bytes + x] -
                                       theirs.planes[0].data[y * theirs.planes[0].stride_bytes + x],
                                   2);
            double decibels = 10 * log10(255.0 * 255 / fmax(squares / (240.0 * 60), 1e-9));
            if (decibels < 30)
                fail_msg("orientation %d, fit %d: %.1f dB", orientations[i], fit, decibels);
            picture_clear(&ours);
            picture_clear(&theirs);
        }
        made_clear(&jpeg);
    }
}

/* Smartcrop goes where the detail is: to a patch of texture on a flat ground, upright. */
static void smart_crop_finds_the_detail(void **state)
{
    (void)state;
    for (int gravity = TESS_GRAVITY_ATTENTION; gravity <= TESS_GRAVITY_ENTROPY; gravity++) {
        struct made_jpeg jpeg = made_spot(600, 200, 480, 100); /* the spot is at the right */
        struct cell_request request = request_of(&jpeg, 64, 64);
        request.fit.gravity = (enum tess_gravity)gravity;
        struct picture rgb = render_rgb(&request);
        double mean = 0, squares = 0;
        for (uint32_t y = 0; y < 64; y++) {
            for (uint32_t x = 0; x < 64; x++) {
                double value = rgb.planes[0].data[y * rgb.planes[0].stride_bytes + (size_t)3 * x];
                mean += value / 4096;
                squares += value * value / 4096;
            }
        }
        assert_true(squares - mean * mean > 400); /* the ground alone has next to no variance */
        picture_clear(&rgb);
        made_clear(&jpeg);
    }
}

/* Most of a thin picture is the alignment of its rows. */
static void peak_covers_thin_cells(void **state)
{
    (void)state;
    struct made_jpeg jpeg = made_photo(16, 300, 1, 1, 1);
    struct cell_request request = request_of(&jpeg, 1, 20000);
    struct cell cell;
    request.layout = PICTURE_RGB;
    request.fit.fit = TESS_FIT_FILL;
    assert_int_equal(cell_prepare(&request, &cell, NULL), TESS_OK);
    /* Components and RGB while it is converted; and what cell_prepare() adds itself. */
    const uint64_t components = picture_bytes(PICTURE_YCC444, 1, 20000);
    assert_true(cell.peak_bytes >= components + picture_bytes(PICTURE_RGB, 1, 20000) + 2 * components);
    cell_clear(&cell);
    made_clear(&jpeg);
}

static void extreme_shapes_fill_their_cells(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {1, 3000}, {3000, 1}, {2, 2}, {17, 3}, {65, 64}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct made_jpeg jpeg = made_photo(sizes[i][0], sizes[i][1], 2, 2, (uint8_t)(1 + i));
        for (int fit = TESS_FIT_COVER; fit <= TESS_FIT_FILL; fit++) {
            for (int gravity = 0; gravity <= TESS_GRAVITY_ENTROPY; gravity += 5) {
                struct cell_request request = request_of(&jpeg, i % 2 ? 31 : 40, 40);
                request.fit.fit = (enum tess_fit)fit;
                request.fit.gravity = (enum tess_gravity)gravity;
                request.layout = gravity % 2 ? PICTURE_YCC444 : PICTURE_YCC420;
                struct picture rgb = render_rgb(&request);
                picture_clear(&rgb);
            }
        }
        made_clear(&jpeg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fits_show_the_right_part),
        cmocka_unit_test(contain_at_odd_offsets),
        cmocka_unit_test(samplings_and_grey_come_out_right),
        cmocka_unit_test(photos_keep_40_db),
        cmocka_unit_test(real_photo_keeps_40_db),
        cmocka_unit_test(libvips_agrees),
        cmocka_unit_test(smart_crop_finds_the_detail),
        cmocka_unit_test(extreme_shapes_fill_their_cells),
        cmocka_unit_test(peak_covers_thin_cells),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
