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
 * - WebP: the decoder's scaler; it saves memory (9 megapixels: 78 MB become 5) and time.
 * - HEIF: the embedded thumbnail, where it is large enough and of the same shape.
 */
#include <math.h>
#include <string.h>

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
    gboolean heif_thumbnail;
};

static const struct shrink no_shrink = {1, 1, FALSE};

/* A profile whose tables are not as long as they claim costs 100 MB before it is found to be none. */
static void drop_lying_profile(VipsImage *image)
{
    const void *profile = NULL;
    size_t size = 0;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) == VIPS_TYPE_BLOB &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size) == 0 &&
        !lengths_icc_fit(profile, size))
        (void)vips_image_remove(image, VIPS_META_ICC_NAME);
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
    case IMAGE_HEIF:
    case IMAGE_AVIF:
        failed = vips_heifload_buffer(bytes, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                      VIPS_FAIL_ON_ERROR, "thumbnail", shrink->heif_thumbnail, NULL);
        break;
    default:
        break;
    }
    if (failed)
        return NULL;
    drop_lying_profile(image);
    return image;
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
    uint64_t pixels = (uint64_t)input->stored_width_px * input->stored_height_px;
    if (max_pixels && pixels > max_pixels)
        return error_limit(error, "max-pixels", "%u x %u pixels are more than the limit of %llu",
                           input->stored_width_px, input->stored_height_px, (unsigned long long)max_pixels);
    if (input->image->Bands > MAX_BANDS)
        return error_set(error, TESS_ERR_UNSUPPORTED, "%d channels per pixel are not supported",
                         input->image->Bands);
    return TESS_OK;
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
    if (!input->image)
        input->image = load(input, &no_shrink);
    if (!input->image) {
        status = words_fail(error, TESS_ERR_CORRUPT, "the %s header is damaged or cut short",
                            sniff_name(input->kind));
        goto failed;
    }
    input->stored_width_px = (uint32_t)vips_image_get_width(input->image);
    input->stored_height_px = (uint32_t)vips_image_get_page_height(input->image);
    if (input->kind != IMAGE_PNG) /* png_guard() read it */
        input->orientation = read_orientation(input);
    bool swapped = input->orientation >= 5;
    input->upright_width_px = swapped ? input->stored_height_px : input->stored_width_px;
    input->upright_height_px = swapped ? input->stored_width_px : input->stored_height_px;
    status = check_header(input, max_pixels, error);
    if (status == TESS_OK)
        return TESS_OK;
failed:
    input_clear(input);
    return status;
}

void input_clear(struct vips_input *input)
{
    g_clear_object(&input->image);
    bytes_clear(&input->filtered);
    memset(input, 0, sizeof *input);
}

/* A thumbnail may be smaller than wanted, or letterboxed: then it is no substitute. */
static bool is_faithful(const struct vips_input *input, const VipsImage *small, double factor)
{
    double across = (double)input->stored_width_px / small->Xsize;
    double down = (double)input->stored_height_px / small->Ysize;
    double most = factor / OVERSAMPLE;
    return across <= most && down <= most && fabs(across / down - 1) < 0.02;
}

enum tess_status input_shrink(struct vips_input *input, double factor, struct tess_error *error)
{
    struct shrink shrink = no_shrink;
    const double most = factor / OVERSAMPLE;
    if (input->kind == IMAGE_TIFF)
        return tiff_decode(input, error);
    if (input->kind == IMAGE_JPEG)
        while (shrink.jpeg_denominator < 8 && shrink.jpeg_denominator * 2 <= most)
            shrink.jpeg_denominator *= 2;
    else if (input->kind == IMAGE_WEBP && most >= 2)
        shrink.webp_scale = 1 / most;
    else if (input->kind == IMAGE_HEIF || input->kind == IMAGE_AVIF)
        shrink.heif_thumbnail = most >= 2;
    if (shrink.jpeg_denominator == 1 && shrink.webp_scale == 1 && !shrink.heif_thumbnail)
        return TESS_OK;
    VipsImage *small = load(input, &shrink);
    if (!small && !shrink.heif_thumbnail)
        return words_fail(error, TESS_ERR_CORRUPT, "%s is damaged or cut short", sniff_name(input->kind));
    if (!small || (shrink.heif_thumbnail && !is_faithful(input, small, factor))) {
        vips_error_clear(); /* a broken thumbnail is no reason to refuse the image */
        g_clear_object(&small);
        return TESS_OK;
    }
    g_object_unref(input->image);
    input->image = small;
    return TESS_OK;
}
