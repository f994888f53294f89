// SPDX-License-Identifier: MIT
/*
 * HEIC and AVIF: from libheif to an image of libvips.
 *
 * libvips' own loader starts threads that nobody bounds (heif_codec.h), uses a thumbnail as it is, refuses
 * pictures whose rotation stands before their size, and knows neither premultiplied alpha nor the range of
 * grey. So libheif is called here.
 *
 * - Always the picture itself. An embedded thumbnail may lack the rotation, the alpha, the shape or the sense
 *   of its picture, and only decoding the picture would tell.
 * - Orientation is irot's and imir's, which libheif applies. EXIF's is for information only (ISO/IEC
 *   23008-12, annex A.2.2) and is not looked at.
 * - The sides are the decoded picture's; those of the header serve for limits and estimates.
 * - Grey stays one band, so that a profile for grey fits. libheif leaves its range as it is.
 * - More than 8 bits are stretched to 16.
 */
#include <libheif/heif.h>

#include "base/error.h"
#include "image/heif_codec.h"
#include "image/vips_inside.h"

struct heif_file {
    struct heif_context *context;
    struct heif_image_handle *handle;
    struct heif_image *image; /* decoded; its rows are packed, see pack() */
    uint64_t coded_pixels;    /* as the header says */
    int bits;
};

/* libheif's words take the way of libvips' own: they may quote the file. */
static enum tess_status fail(struct tess_error *error, const struct heif_error *heif, const char *what,
                             const struct vips_input *input)
{
    const enum tess_status status =
        heif->code == heif_error_Memory_allocation_error &&
                heif->subcode != heif_suberror_Security_limit_exceeded
            ? TESS_ERR_MEMORY
        : heif->code == heif_error_Unsupported_feature || heif->code == heif_error_Unsupported_filetype
            ? TESS_ERR_UNSUPPORTED
            : TESS_ERR_CORRUPT;
    vips_error_clear();
    vips_error("heif", "%s", heif->message ? heif->message : "");
    return words_fail(error, status, what, sniff_name(input->kind));
}

static VipsInterpretation interpretation_of(int bands, int bits)
{
    if (bands < 3)
        return bits > 8 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    return bits > 8 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

static VipsBandFormat format_of(int bits)
{
    return bits > 8 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR;
}

/* An image of the header's sides and kind, without pixels. */
static VipsImage *header_image(const struct heif_file *file)
{
    VipsImage *image = vips_image_new();
    const int bands = heif_image_handle_has_alpha_channel(file->handle) ? 4 : 3;
    vips_image_init_fields(image, heif_image_handle_get_width(file->handle),
                           heif_image_handle_get_height(file->handle), bands, format_of(file->bits),
                           VIPS_CODING_NONE, interpretation_of(bands, file->bits), 1, 1);
    return image;
}

static uint64_t pixels_of(int width_px, int height_px)
{
    return width_px > 0 && height_px > 0 ? (uint64_t)width_px * (uint64_t)height_px : 0;
}

enum tess_status heif_open(struct vips_input *input, struct tess_error *error)
{
    struct heif_file *file = input->heif = g_new0(struct heif_file, 1);
    struct heif_error heif = heif_codec_register();
    if (heif.code != heif_error_Ok)
        return error_set(error, TESS_ERR_IO, "libheif cannot be started: %s", heif.message);
    heif =
        (struct heif_error){heif_error_Memory_allocation_error, heif_suberror_Unspecified, "out of memory"};
    file->context = heif_context_alloc();
    if (file->context) {
        heif_context_set_max_decoding_threads(file->context, 0);
        heif =
            heif_context_read_from_memory_without_copy(file->context, input->bytes, input->size_bytes, NULL);
    }
    if (heif.code == heif_error_Ok)
        heif = heif_context_get_primary_image_handle(file->context, &file->handle);
    if (heif.code != heif_error_Ok)
        return fail(error, &heif, "the %s header is damaged or cut short", input);
    const int ispe_width_px = heif_image_handle_get_ispe_width(file->handle);
    const int ispe_height_px = heif_image_handle_get_ispe_height(file->handle);
    const int width_px = heif_image_handle_get_width(file->handle);
    const int height_px = heif_image_handle_get_height(file->handle);
    if (width_px <= 0 || height_px <= 0)
        return error_set(error, TESS_ERR_CORRUPT, "the %s header is damaged or cut short",
                         sniff_name(input->kind));
    /* Cropping (clap) shows less than is decoded. */
    file->coded_pixels = MAX(pixels_of(width_px, height_px), pixels_of(ispe_width_px, ispe_height_px));
    file->bits = heif_image_handle_get_luma_bits_per_pixel(file->handle);
    /* A grid or an overlay says its size once more; it shall not be larger than the first one. */
    heif_context_set_maximum_image_size_limit(
        file->context, MAX(MAX(width_px, height_px), MAX(ispe_width_px, ispe_height_px)) + 1);
    input->image = header_image(file);
    return TESS_OK;
}

uint64_t heif_coded_pixels(const struct vips_input *input)
{
    return input->heif->coded_pixels;
}

void heif_close(struct vips_input *input)
{
    if (!input->heif)
        return;
    heif_image_release(input->heif->image);
    heif_image_handle_release(input->heif->handle);
    heif_context_free(input->heif->context);
    g_free(input->heif);
    input->heif = NULL;
}

/* Coded pictures are whole blocks; and the tiles of a grid may stand over its edge. */
static uint64_t coded_limit(const struct heif_file *file)
{
    enum { TILE_PIXELS = 1 << 20, BLOCK_PX = 64 };
    const uint64_t side =
        (uint64_t)MAX(heif_image_handle_get_width(file->handle), heif_image_handle_get_height(file->handle));
    return file->coded_pixels + (side + BLOCK_PX) * 2 * BLOCK_PX + TILE_PIXELS;
}

/* Full range, and all of 16 bits. Both are done here, where transparent pixels still have their own colour.
 */
struct stretch {
    uint32_t low, span; /* what the file calls black, and how far from it white is */
    uint32_t top;       /* 255 or 65535 */
};

static uint32_t stretch_value(const struct stretch *stretch, uint32_t value)
{
    if (value <= stretch->low)
        return 0;
    const uint32_t above = value - stretch->low;
    return above >= stretch->span ? stretch->top : (above * stretch->top + stretch->span / 2) / stretch->span;
}

static struct stretch stretch_of(int bits, bool is_full_range)
{
    const struct stretch full = {0, (1U << bits) - 1, bits > 8 ? 65535 : 255};
    const struct stretch limited = {16U << (bits - 8), 219U << (bits - 8), full.top};
    return is_full_range ? full : limited;
}

/* What comes from libheif and what becomes of it. */
struct pixels {
    uint8_t *rows;
    size_t stride_bytes;
    int width_px, height_px, bits;
    int bands, kept_bands; /* of grey the first and the alpha are kept */
    struct stretch colour, alpha;
};

static void pack_row_8(const struct pixels *pixels, const uint8_t *from, uint8_t *to)
{
    for (int x = 0; x < pixels->width_px; x++, from += pixels->bands, to += pixels->kept_bands)
        for (int band = 0; band < pixels->kept_bands; band++)
            to[band] =
                band == 1 ? from[pixels->bands - 1] : (uint8_t)stretch_value(&pixels->colour, from[band]);
}

static void pack_row_16(const struct pixels *pixels, const uint16_t *from, uint16_t *to)
{
    const bool has_alpha = pixels->bands == 4;
    for (int x = 0; x < pixels->width_px; x++, from += pixels->bands, to += pixels->kept_bands)
        for (int band = 0; band < pixels->kept_bands; band++) {
            const bool is_alpha = has_alpha && band == pixels->kept_bands - 1;
            to[band] = (uint16_t)stretch_value(is_alpha ? &pixels->alpha : &pixels->colour,
                                               from[is_alpha ? pixels->bands - 1 : band]);
        }
}

/* In place: libvips knows no strides, and no row grows or moves down. */
static void pack(const struct pixels *pixels)
{
    const size_t value_bytes = pixels->bits > 8 ? 2 : 1;
    const size_t row_bytes = (size_t)pixels->width_px * (size_t)pixels->kept_bands * value_bytes;
    const bool is_grey = pixels->kept_bands < pixels->bands && pixels->kept_bands < 3;
    for (int y = 0; y < pixels->height_px; y++) {
        uint8_t *from = pixels->rows + (size_t)y * pixels->stride_bytes;
        uint8_t *to = pixels->rows + (size_t)y * row_bytes;
        if (pixels->bits > 8)
            pack_row_16(pixels, (const uint16_t *)(const void *)from, (uint16_t *)(void *)to);
        else if (is_grey)
            pack_row_8(pixels, from, to);
        else if (from != to)
            memmove(to, from, row_bytes);
    }
}

/* The boxes say more than the bitstream, which alpha's decoder reads too. */
static bool is_full_range(const struct heif_file *file, const struct heif_task *task)
{
    struct heif_color_profile_nclx *nclx = NULL;
    bool full = task->is_full_range;
    if (heif_image_handle_get_nclx_color_profile(file->handle, &nclx).code == heif_error_Ok && nclx) {
        full = nclx->full_range_flag != 0;
        heif_nclx_color_profile_free(nclx);
    }
    return full;
}

static void attach_profile(const struct heif_file *file, VipsImage *image)
{
    const size_t size = heif_image_handle_get_raw_color_profile_size(file->handle);
    void *icc = size ? g_try_malloc(size) : NULL;
    if (icc && heif_image_handle_get_raw_color_profile(file->handle, icc).code == heif_error_Ok)
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, icc, size);
    g_free(icc);
}

static struct heif_error decode(struct heif_file *file, struct heif_task *task, bool is_wide, bool has_alpha)
{
    struct heif_decoding_options *options = heif_decoding_options_alloc();
    struct heif_error heif = {heif_error_Memory_allocation_error, heif_suberror_Unspecified, "out of memory"};
    if (!options)
        return heif;
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
    const enum heif_chroma wide[] = {heif_chroma_interleaved_RRGGBB_LE, heif_chroma_interleaved_RRGGBBAA_LE};
#else
    const enum heif_chroma wide[] = {heif_chroma_interleaved_RRGGBB_BE, heif_chroma_interleaved_RRGGBBAA_BE};
#endif
    const enum heif_chroma bytes[] = {heif_chroma_interleaved_RGB, heif_chroma_interleaved_RGBA};
    options->strict_decoding = 0;
    options->convert_hdr_to_8bit = !is_wide;
    options->decoder_id = HEIF_CODEC_ID;
    heif_codec_begin(task);
    heif = heif_decode_image(file->handle, &file->image, heif_colorspace_RGB,
                             (is_wide ? wide : bytes)[has_alpha], options);
    heif_codec_begin(NULL);
    heif_decoding_options_free(options);
    return heif;
}

static VipsImage *image_of(struct heif_file *file, const struct heif_task *task, bool has_alpha)
{
    int stride_bytes = 0;
    struct pixels pixels = {
        .rows = heif_image_get_plane(file->image, heif_channel_interleaved, &stride_bytes),
        .width_px = heif_image_get_width(file->image, heif_channel_interleaved),
        .height_px = heif_image_get_height(file->image, heif_channel_interleaved),
        .bits = heif_image_get_bits_per_pixel_range(file->image, heif_channel_interleaved),
        .bands = has_alpha ? 4 : 3,
        .kept_bands = (task->is_grey ? 1 : 3) + (has_alpha ? 1 : 0)};
    if (!pixels.rows || pixels.width_px <= 0 || pixels.height_px <= 0 || pixels.bits < 8 || pixels.bits > 16)
        return NULL;
    pixels.stride_bytes = (size_t)stride_bytes;
    pixels.colour = stretch_of(pixels.bits, !task->is_grey || is_full_range(file, task));
    pixels.alpha = stretch_of(pixels.bits, true);
    pack(&pixels);
    const size_t value_bytes = pixels.bits > 8 ? 2 : 1;
    VipsImage *plain = vips_image_new_from_memory(
        pixels.rows,
        (size_t)pixels.width_px * (size_t)pixels.height_px * (size_t)pixels.kept_bands * value_bytes,
        pixels.width_px, pixels.height_px, pixels.kept_bands, format_of(pixels.bits));
    VipsImage *image = NULL;
    if (plain)
        (void)vips_copy(plain, &image, "interpretation", interpretation_of(pixels.kept_bands, pixels.bits),
                        NULL);
    g_clear_object(&plain);
    return image;
}

enum tess_status heif_decode(struct vips_input *input, struct tess_error *error)
{
    struct heif_file *file = input->heif;
    const bool has_alpha = heif_image_handle_has_alpha_channel(file->handle) != 0;
    struct heif_task task = {.max_pixels = coded_limit(file), .stop = input->stop};
    const struct heif_error heif = decode(file, &task, file->bits > 8, has_alpha);
    if (heif.code != heif_error_Ok)
        return fail(error, &heif, "%s is damaged or cut short", input);
    VipsImage *image = image_of(file, &task, has_alpha);
    if (!image)
        return words_fail(error, TESS_ERR_CORRUPT, "%s is damaged or cut short", sniff_name(input->kind));
    attach_profile(file, image);
    g_object_unref(input->image);
    input->image = image;
    input->is_premultiplied = has_alpha && heif_image_handle_is_premultiplied_alpha(file->handle) != 0;
    return TESS_OK;
}
