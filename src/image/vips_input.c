// SPDX-License-Identifier: MIT
/*
 * Opening an image of a kind that the first bytes tell, header first.
 *
 * The loader is called by name, not chosen by libvips, so that no other loader ever sees the bytes. All are
 * asked to fail on damage (`fail_on` error: also on a cut file) and to run from top to bottom once (`access`
 * sequential).
 *
 * Shrinking while decoding leaves at least OVERSAMPLE times the pixels that are needed, so that the Lanczos
 * filter that follows decides the quality.
 *
 * - JPEG: the DCT gives 1/2, 1/4, 1/8.
 * - WebP: the decoder's scaler; it saves memory (9 megapixels: 78 MB become 5) and time. Not where there is
 *   transparency: it scales the colours of clear pixels along, which bleeds them into their neighbours.
 */
#include <string.h>
#include <webp/decode.h>

#include "base/error.h"
#include "image/exif.h"
#include "image/lengths.h"
#include "image/vips_inside.h"

static const double OVERSAMPLE = 2;

/* A malicious TIFF may claim any number of channels; no picture has more than CMYK, alpha and a few spots. */
enum { MAX_BANDS = 16 };

struct shrink {
    int jpeg_denominator; /* 1, 2, 4, 8 */
    double webp_scale;    /* 1 is all */
};

static const struct shrink no_shrink = {1, 1};

/*
 * A still WebP has transparency where its bitstream says so, as for browsers and libwebp's own tools; libvips
 * follows the flag of the container alone. What a lossless bitstream that says "alpha is not used" holds in
 * its place is undefined.
 */
static VipsImage *without_unused_alpha(const struct vips_input *input, VipsImage *image)
{
    WebPBitstreamFeatures features;
    VipsImage *opaque = NULL;
    if (!image || !vips_image_hasalpha(image) ||
        WebPGetFeatures(input->bytes, input->size_bytes, &features) != VP8_STATUS_OK ||
        features.has_animation || features.has_alpha)
        return image;
    (void)vips_extract_band(image, &opaque, 0, "n", image->Bands - 1, NULL);
    g_object_unref(image);
    return opaque;
}

/*
 * One reader of EXIF for all kinds, so that they agree. HEIF and AVIF tell by properties of their own (irot,
 * imir), which libheif has applied, and EXIF does not count (ISO/IEC 23000-22, 7.3.6.7); GIF has none.
 */
static int read_orientation(const struct vips_input *input)
{
    const void *exif = NULL;
    size_t size = 0;
    if (input->kind == IMAGE_TIFF)
        return exif_orientation(input->bytes, input->size_bytes);
    if ((input->kind == IMAGE_WEBP || input->kind == IMAGE_JPEG) &&
        vips_image_get_typeof(input->image, VIPS_META_EXIF_NAME) == VIPS_TYPE_BLOB &&
        vips_image_get_blob(input->image, VIPS_META_EXIF_NAME, &exif, &size) == 0)
        return exif_orientation(exif, size);
    return 1;
}

static VipsImage *load(const struct vips_input *input, const struct shrink *shrink)
{
    VipsImage *image = NULL;
    void *bytes = (void *)(uintptr_t)input->bytes; /* libvips reads it only */
    const size_t size = input->size_bytes;
    int failed = -1;
    switch (input->kind) {
    case IMAGE_JPEG:
        failed = vips_jpegload_buffer(bytes, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                      VIPS_FAIL_ON_ERROR, "shrink", shrink->jpeg_denominator, NULL);
        break;
    case IMAGE_PNG:
        failed = vips_pngload_buffer(bytes, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                     VIPS_FAIL_ON_ERROR, NULL);
        break;
    case IMAGE_WEBP:
        failed = vips_webpload_buffer(bytes, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                      VIPS_FAIL_ON_ERROR, "scale", shrink->webp_scale, NULL);
        break;
    case IMAGE_GIF:
        failed = vips_gifload_buffer(bytes, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                     VIPS_FAIL_ON_ERROR, NULL);
        break;
        break;
    default:
        break;
    }
    if (failed)
        return NULL;
    return input->kind == IMAGE_WEBP ? without_unused_alpha(input, image) : image;
}

static enum tess_status check_kind(enum image_kind kind, size_t size_bytes, struct tess_error *error)
{
    if (size_bytes == 0)
        return error_set(error, TESS_ERR_NOT_IMAGE, "the file is empty");
    if (kind == IMAGE_UNKNOWN)
        return error_set(
            error, TESS_ERR_NOT_IMAGE,
            "not an image: its first bytes are of no known kind (JPEG, PNG, WebP, GIF, TIFF, HEIF, AVIF)");
    if (!sniff_is_read(kind))
        return error_set(error, TESS_ERR_UNSUPPORTED, "%s is not read: convert it to JPEG, PNG or WebP first",
                         sniff_name(kind));
    return TESS_OK;
}

static enum tess_status check_header(const struct vips_input *input, uint64_t max_pixels,
                                     struct tess_error *error)
{
    const uint64_t pixels =
        input->heif ? heif_coded_pixels(input) : (uint64_t)input->stored_width_px * input->stored_height_px;
    if (max_pixels && pixels > max_pixels)
        return error_limit(error, "max-pixels", "%u x %u pixels are more than the limit of %llu",
                           input->stored_width_px, input->stored_height_px, (unsigned long long)max_pixels);
    if (input->image->Bands > MAX_BANDS)
        return error_set(error, TESS_ERR_UNSUPPORTED, "%d channels per pixel are not supported",
                         input->image->Bands);
    return TESS_OK;
}

static enum tess_status open_image(struct vips_input *input, struct tess_error *error)
{
    if (input->kind == IMAGE_HEIF || input->kind == IMAGE_AVIF)
        return heif_open(input, error);
    input->image = load(input, &no_shrink);
    return input->image ? TESS_OK
                        : words_fail(error, TESS_ERR_CORRUPT, "the %s header is damaged or cut short",
                                     sniff_name(input->kind));
}

static void set_sides(struct vips_input *input)
{
    input->stored_width_px = (uint32_t)vips_image_get_width(input->image);
    input->stored_height_px = (uint32_t)vips_image_get_page_height(input->image);
    bool swapped = input->orientation >= 5;
    input->upright_width_px = swapped ? input->stored_height_px : input->stored_width_px;
    input->upright_height_px = swapped ? input->stored_width_px : input->stored_height_px;
}

enum tess_status input_open(struct vips_input *input, const uint8_t *bytes, size_t size_bytes,
                            uint64_t max_pixels, struct tess_error *error)
{
    memset(input, 0, sizeof *input);
    input->bytes = bytes;
    input->size_bytes = size_bytes;
    input->kind = sniff_kind(bytes, size_bytes);
    enum tess_status status = check_kind(input->kind, size_bytes, error);
    if (status == TESS_OK)
        status = lengths_check(input->kind, bytes, size_bytes, error);
    if (status == TESS_OK && input->kind == IMAGE_PNG)
        status = png_guard(input, max_pixels, error);
    else if (status == TESS_OK && input->kind == IMAGE_GIF)
        status = gif_guard(input, error);
    else if (status == TESS_OK && input->kind == IMAGE_TIFF)
        status = tiff_open(input, error);
    if (status != TESS_OK)
        goto failed;
    status = input->image ? TESS_OK : open_image(input, error); /* tiff_open() has it already */
    if (status != TESS_OK)
        goto failed;
    if (input->kind != IMAGE_PNG) /* png_guard() read it */
        input->orientation = read_orientation(input);
    set_sides(input);
    status = check_header(input, max_pixels, error);
    if (status == TESS_OK)
        return TESS_OK;
failed:
    input_clear(input);
    return status;
}

enum tess_status input_decode(struct vips_input *input, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    if (input->heif)
        status = heif_decode(input, error);
    else if (input->kind == IMAGE_TIFF)
        status = tiff_decode(input, error);
    if (status == TESS_OK)
        set_sides(input);
    return status;
}

void input_clear(struct vips_input *input)
{
    g_clear_object(&input->image);
    heif_close(input); /* after the image, whose pixels it owns */
    bytes_clear(&input->filtered);
    memset(input, 0, sizeof *input);
}

enum tess_status input_shrink(struct vips_input *input, double factor, struct tess_error *error)
{
    struct shrink shrink = no_shrink;
    const double most = factor / OVERSAMPLE;
    if (input->kind == IMAGE_JPEG)
        while (shrink.jpeg_denominator < 8 && shrink.jpeg_denominator * 2 <= most)
            shrink.jpeg_denominator *= 2;
    else if (input->kind == IMAGE_WEBP && most >= 2 && !vips_image_hasalpha(input->image))
        shrink.webp_scale = 1 / most;
    if (shrink.jpeg_denominator == 1 && shrink.webp_scale == 1)
        return TESS_OK;
    VipsImage *small = load(input, &shrink);
    if (!small)
        return words_fail(error, TESS_ERR_CORRUPT, "%s is damaged or cut short", sniff_name(input->kind));
    g_object_unref(input->image);
    input->image = small;
    return TESS_OK;
}
