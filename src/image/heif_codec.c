// SPDX-License-Identifier: MIT
#include "image/heif_codec.h"

#include <dav1d/dav1d.h>
#include <libde265/de265.h>
#include <libheif/heif_plugin.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "image/hevc_size.h"

static _Thread_local struct heif_task *current_task;

void heif_codec_begin(struct heif_task *task)
{
    current_task = task;
}

static const struct heif_error ok = {heif_error_Ok, heif_suberror_Unspecified, "ok"};
static const struct heif_error no_memory = {heif_error_Memory_allocation_error, heif_suberror_Unspecified,
                                            "out of memory"};
static const struct heif_error too_large = {heif_error_Invalid_input, heif_suberror_Invalid_image_size,
                                            "the coded picture is larger than its size box says"};
static const struct heif_error stopped = {heif_error_Decoder_plugin_error, heif_suberror_Unspecified,
                                          "stopped"};
static const struct heif_error damaged = {heif_error_Decoder_plugin_error, heif_suberror_Unspecified,
                                          "the coded picture is damaged or cut short"};
static const struct heif_error unsupported = {heif_error_Unsupported_feature,
                                              heif_suberror_Unsupported_color_conversion,
                                              "planes of different depth are not supported"};

/* libheif asks by name for the picture itself only; the tiles of a grid and the alpha go to whoever supports
 * the format best. That is this module while its task is decoded, and its own decoders for everybody else. */
static int priority(void)
{
    enum { LEAST = 1, ABOVE_ALL = 1000 };
    return current_task ? ABOVE_ALL : LEAST;
}

static bool must_stop(const struct heif_task *task)
{
    return task && task->stop && task->stop->must_stop &&
           task->stop->must_stop(task->stop->context, NULL) != TESS_OK;
}

static bool is_too_large(const struct heif_task *task, uint32_t width_px, uint32_t height_px)
{
    return task && (uint64_t)width_px * height_px > task->max_pixels;
}

/* A picture as both codecs hand it out. */
struct coded_plane {
    const uint8_t *data;
    ptrdiff_t stride_bytes;
    int width_px, height_px;
};

struct coded_picture {
    struct coded_plane planes[3]; /* Y, Cb, Cr; the last two only where the chroma is not monochrome */
    enum heif_chroma chroma;
    int bits;
    uint16_t primaries, transfer, matrix; /* ITU-T H.273 */
    bool is_full_range;
};

static void set_colour(struct heif_image *image, const struct coded_picture *coded)
{
    struct heif_color_profile_nclx *nclx = heif_nclx_color_profile_alloc();
    if (!nclx) /* then libheif takes what is usual */
        return;
    /* Values that libheif does not know are set to "unspecified" by it. */
    (void)heif_nclx_color_profile_set_color_primaries(nclx, coded->primaries);
    (void)heif_nclx_color_profile_set_transfer_characteristics(nclx, coded->transfer);
    (void)heif_nclx_color_profile_set_matrix_coefficients(nclx, coded->matrix);
    nclx->full_range_flag = coded->is_full_range;
    (void)heif_image_set_nclx_color_profile(image, nclx);
    heif_nclx_color_profile_free(nclx);
}

static struct heif_error copy_plane(struct heif_image *image, enum heif_channel channel,
                                    const struct coded_plane *plane, int bits)
{
    struct heif_error error = heif_image_add_plane(image, channel, plane->width_px, plane->height_px, bits);
    if (error.code != heif_error_Ok)
        return error;
    int stride_bytes = 0;
    uint8_t *rows = heif_image_get_plane(image, channel, &stride_bytes);
    const size_t row_bytes = (size_t)plane->width_px * (bits > 8 ? 2 : 1);
    for (int y = 0; y < plane->height_px; y++)
        memcpy(rows + (ptrdiff_t)y * stride_bytes, plane->data + y * plane->stride_bytes, row_bytes);
    return ok;
}

static struct heif_error hand_over(struct heif_task *task, const struct coded_picture *coded,
                                   struct heif_image **image_out)
{
    const bool is_grey = coded->chroma == heif_chroma_monochrome;
    struct heif_image *image = NULL;
    if (task && !task->is_known) {
        task->is_known = true;
        task->is_grey = is_grey;
        task->is_full_range = coded->is_full_range;
    }
    struct heif_error error = heif_image_create(coded->planes[0].width_px, coded->planes[0].height_px,
                                                is_grey ? heif_colorspace_monochrome : heif_colorspace_YCbCr,
                                                coded->chroma, &image);
    for (int i = 0; error.code == heif_error_Ok && i < (is_grey ? 1 : 3); i++)
        error = copy_plane(image, (enum heif_channel)(heif_channel_Y + i), &coded->planes[i], coded->bits);
    if (error.code != heif_error_Ok) {
        heif_image_release(image);
        return error;
    }
    set_colour(image, coded);
    *image_out = image;
    return ok;
}

/* ---- HEVC ---- */

struct hevc_decoder {
    de265_decoder_context *context;
    struct heif_task *task;
};

static void hevc_free(void *raw)
{
    struct hevc_decoder *decoder = raw;
    if (!decoder)
        return;
    if (decoder->context)
        (void)de265_free_decoder(decoder->context);
    free(decoder);
}

static struct heif_error hevc_new(void **raw_out)
{
    struct hevc_decoder *decoder = calloc(1, sizeof *decoder);
    *raw_out = NULL;
    if (!decoder)
        return no_memory;
    decoder->task = current_task;
    decoder->context =
        de265_new_decoder(); /* decodes in the caller's thread until it is told to start others */
    if (!decoder->context) {
        hevc_free(decoder);
        return no_memory;
    }
    *raw_out = decoder;
    return ok;
}

static struct heif_error hevc_push_unit(const struct hevc_decoder *decoder, const uint8_t *unit, size_t size)
{
    uint32_t width_px = 0, height_px = 0;
    if (!hevc_is_base_layer(unit, size))
        return ok; /* passed over, as the decoder does */
    if (hevc_is_sps(unit, size) && !hevc_sps_size(unit, size, &width_px, &height_px))
        return damaged;
    if (is_too_large(decoder->task, width_px, height_px))
        return too_large;
    return de265_push_NAL(decoder->context, unit, (int)size, 0, NULL) == DE265_ERROR_OUT_OF_MEMORY ? no_memory
                                                                                                   : ok;
}

/* Units of a length in four bytes and so many more: libheif writes them so, whatever the file has. */
static struct heif_error hevc_push(void *raw, const void *data, size_t size_bytes)
{
    const struct hevc_decoder *decoder = raw;
    const uint8_t *at = data;
    for (size_t left = size_bytes; left > 0;) {
        if (left < 4)
            return damaged;
        const size_t unit = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
        if (unit > left - 4 || unit > INT32_MAX)
            return damaged;
        const struct heif_error error = hevc_push_unit(decoder, at + 4, unit);
        if (error.code != heif_error_Ok)
            return error;
        at += 4 + unit;
        left -= 4 + unit;
    }
    return ok;
}

static struct heif_error hevc_hand_over(struct hevc_decoder *decoder, const struct de265_image *picture,
                                        struct heif_image **image_out)
{
    struct coded_picture coded = {
        .chroma = (enum heif_chroma)de265_get_chroma_format(picture), /* the same numbers: H.265's */
        .bits = de265_get_bits_per_pixel(picture, 0),
        .primaries = (uint16_t)de265_get_image_colour_primaries(picture),
        .transfer = (uint16_t)de265_get_image_transfer_characteristics(picture),
        .matrix = (uint16_t)de265_get_image_matrix_coefficients(picture),
        .is_full_range = de265_get_image_full_range_flag(picture) != 0};
    for (int i = 0; i < (coded.chroma == heif_chroma_monochrome ? 1 : 3); i++) {
        int stride_bytes = 0;
        if (de265_get_bits_per_pixel(picture, i) != coded.bits)
            return unsupported;
        coded.planes[i].data = de265_get_image_plane(picture, i, &stride_bytes);
        coded.planes[i].stride_bytes = stride_bytes;
        coded.planes[i].width_px = de265_get_image_width(picture, i);
        coded.planes[i].height_px = de265_get_image_height(picture, i);
    }
    return hand_over(decoder->task, &coded, image_out);
}

static struct heif_error hevc_decode(void *raw, struct heif_image **image_out)
{
    struct hevc_decoder *decoder = raw;
    *image_out = NULL;
    (void)de265_flush_data(decoder->context);
    for (int more = 1; more;) {
        if (must_stop(decoder->task))
            return stopped;
        more = 0;
        const de265_error error = de265_decode(decoder->context, &more);
        const struct de265_image *picture = de265_get_next_picture(decoder->context);
        if (error == DE265_ERROR_OUT_OF_MEMORY)
            return no_memory;
        if (!de265_isOK(error) && error != DE265_ERROR_WAITING_FOR_INPUT_DATA)
            return damaged;
        if (picture)
            return hevc_hand_over(decoder, picture, image_out); /* freed with the decoder */
    }
    return damaged;
}

static const char *hevc_name(void)
{
    return "libde265, without threads";
}

static int hevc_supports(enum heif_compression_format format)
{
    return format == heif_compression_HEVC ? priority() : 0;
}

/* ---- AV1 ---- */

struct av1_decoder {
    Dav1dContext *context;
    Dav1dData data;
    struct heif_task *task;
};

static void av1_free(void *raw)
{
    struct av1_decoder *decoder = raw;
    if (!decoder)
        return;
    dav1d_data_unref(&decoder->data);
    if (decoder->context)
        dav1d_close(&decoder->context);
    free(decoder);
}

static struct heif_error av1_new(void **raw_out)
{
    struct av1_decoder *decoder = calloc(1, sizeof *decoder);
    Dav1dSettings settings;
    *raw_out = NULL;
    if (!decoder)
        return no_memory;
    decoder->task = current_task;
    dav1d_default_settings(&settings);
    settings.n_threads = 1; /* the caller's */
    settings.max_frame_delay = 1;
    settings.all_layers = 0;
    settings.logger.callback = NULL; /* a library has no output of its own */
    if (decoder->task)
        settings.frame_size_limit =
            decoder->task->max_pixels < UINT32_MAX ? (unsigned)decoder->task->max_pixels : UINT32_MAX;
    if (dav1d_open(&decoder->context, &settings) != 0) {
        av1_free(decoder);
        return no_memory;
    }
    *raw_out = decoder;
    return ok;
}

static struct heif_error av1_push(void *raw, const void *data, size_t size_bytes)
{
    struct av1_decoder *decoder = raw;
    dav1d_data_unref(&decoder->data);
    uint8_t *copy = size_bytes ? dav1d_data_create(&decoder->data, size_bytes) : NULL;
    if (!copy)
        return size_bytes ? no_memory : damaged;
    memcpy(copy, data, size_bytes);
    return ok;
}

static enum heif_chroma av1_chroma(enum Dav1dPixelLayout layout)
{
    switch (layout) {
    case DAV1D_PIXEL_LAYOUT_I420:
        return heif_chroma_420;
    case DAV1D_PIXEL_LAYOUT_I422:
        return heif_chroma_422;
    case DAV1D_PIXEL_LAYOUT_I444:
        return heif_chroma_444;
    default:
        return heif_chroma_monochrome;
    }
}

static struct heif_error av1_hand_over(struct av1_decoder *decoder, const Dav1dPicture *picture,
                                       struct heif_image **image_out)
{
    const Dav1dSequenceHeader *sequence = picture->seq_hdr;
    struct coded_picture coded = {.chroma = av1_chroma(picture->p.layout),
                                  .bits = picture->p.bpc,
                                  .primaries = (uint16_t)sequence->pri,
                                  .transfer = (uint16_t)sequence->trc,
                                  .matrix = (uint16_t)sequence->mtrx,
                                  .is_full_range = sequence->color_range != 0};
    const bool half_width = coded.chroma == heif_chroma_420 || coded.chroma == heif_chroma_422;
    const bool half_height = coded.chroma == heif_chroma_420;
    for (int i = 0; i < 3; i++)
        coded.planes[i] =
            (struct coded_plane){.data = picture->data[i],
                                 .stride_bytes = picture->stride[i > 0],
                                 .width_px = i > 0 && half_width ? (picture->p.w + 1) / 2 : picture->p.w,
                                 .height_px = i > 0 && half_height ? (picture->p.h + 1) / 2 : picture->p.h};
    return hand_over(decoder->task, &coded, image_out);
}

static struct heif_error av1_failure(int result)
{
    return result == DAV1D_ERR(ENOMEM) ? no_memory : result == DAV1D_ERR(ERANGE) ? too_large : damaged;
}

static struct heif_error av1_decode(void *raw, struct heif_image **image_out)
{
    struct av1_decoder *decoder = raw;
    Dav1dPicture picture = {0};
    *image_out = NULL;
    /* A picture comes when all data are sent or before; each round sends some, or is the last. */
    for (bool all_sent = false; !all_sent;) {
        if (must_stop(decoder->task))
            return stopped;
        all_sent = decoder->data.sz == 0;
        int result = all_sent ? 0 : dav1d_send_data(decoder->context, &decoder->data);
        if (result < 0 && result != DAV1D_ERR(EAGAIN))
            return av1_failure(result);
        result = dav1d_get_picture(decoder->context, &picture);
        if (result == 0) {
            const struct heif_error error = av1_hand_over(decoder, &picture, image_out);
            dav1d_picture_unref(&picture);
            return error;
        }
        if (result != DAV1D_ERR(EAGAIN))
            return av1_failure(result);
    }
    return damaged;
}

static const char *av1_name(void)
{
    return "dav1d, without threads";
}

static int av1_supports(enum heif_compression_format format)
{
    return format == heif_compression_AV1 ? priority() : 0;
}

static void set_strict(void *raw, int flag)
{
    (void)raw; /* what is damaged is refused in any case */
    (void)flag;
}

static const struct heif_decoder_plugin hevc_plugin = {.plugin_api_version = 3,
                                                       .get_plugin_name = hevc_name,
                                                       .does_support_format = hevc_supports,
                                                       .new_decoder = hevc_new,
                                                       .free_decoder = hevc_free,
                                                       .push_data = hevc_push,
                                                       .decode_image = hevc_decode,
                                                       .set_strict_decoding = set_strict,
                                                       .id_name = HEIF_CODEC_ID};

static const struct heif_decoder_plugin av1_plugin = {.plugin_api_version = 3,
                                                      .get_plugin_name = av1_name,
                                                      .does_support_format = av1_supports,
                                                      .new_decoder = av1_new,
                                                      .free_decoder = av1_free,
                                                      .push_data = av1_push,
                                                      .decode_image = av1_decode,
                                                      .set_strict_decoding = set_strict,
                                                      .id_name = HEIF_CODEC_ID};

static pthread_once_t register_once = PTHREAD_ONCE_INIT;
static struct heif_error registered; /* what came of it */

static void register_plugins(void)
{
    registered = heif_init(NULL); /* never undone: the module stays until the process ends */
    if (registered.code == heif_error_Ok)
        registered = heif_register_decoder_plugin(&hevc_plugin);
    if (registered.code == heif_error_Ok)
        registered = heif_register_decoder_plugin(&av1_plugin);
}

struct heif_error heif_codec_register(void)
{
    (void)pthread_once(&register_once, register_plugins);
    return registered;
}
