// SPDX-License-Identifier: MIT
/* Images for the libvips tests, made with libvips itself, and short ways to load them through the module. */
#ifndef TESTS_VIPS_FIXTURE_H
#define TESTS_VIPS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <vips/vips.h>

#include "image/vips_module.h"

struct rgb {
    int red, green, blue;
};

/* A file in memory; g_free() the data, or blob_clear(). */
struct blob {
    uint8_t *data;
    size_t size;
};

void blob_clear(struct blob *blob);

/* Group setup: the module (the test fails without it) and libvips for making inputs. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
const struct vips_ops *fixture_ops(void);

/* One colour; `bands` values. The caller unrefs images. */
VipsImage *fixture_flat(int width_px, int height_px, VipsInterpretation interpretation, VipsBandFormat format,
                        const double *values, int bands);
/* Four quarters: red, green / blue, yellow (quarter_colours). */
VipsImage *fixture_quarters(int width_px, int height_px);
extern const struct rgb quarter_colours[4];
/* Smooth waves with fine texture and some noise, the same each time. */
VipsImage *fixture_photo(int width_px, int height_px);

/* Encodes as by a file name's suffix with options (".png[bitdepth=1]"), and unrefs the image. */
struct blob fixture_encode(VipsImage *image, const char *suffix);
struct blob fixture_from_bytes(const void *bytes, size_t size);

/* A request with cover, centre, black background and 100 megapixels. */
struct vips_load_request fixture_request(const struct blob *blob, uint32_t width_px, uint32_t height_px);

/* Loads or fails the test with the error's message. */
struct picture fixture_load(const struct vips_load_request *request);
/* Loads, expecting a failure; the message must be one printable line. */
struct tess_error fixture_load_failing(const struct vips_load_request *request);

/* PSNR in dB of a cell of the whole image (TESS_FIT_FILL) against `full`, flattened first and scaled then;
 * the sides of `full` are not smaller than the cell's. */
double psnr_of_flattened(const struct picture *cell, VipsImage *full, struct tess_colour background);

struct rgb pixel_at(const struct picture *picture, uint32_t x, uint32_t y);
void assert_colour(struct rgb got, struct rgb expected, int tolerance);

#endif
