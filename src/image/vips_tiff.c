// SPDX-License-Identifier: MIT
/*
 * TIFF: its form from libtiff, its pixels by the route that the form asks for (tiff_form.h).
 *
 * Opening reads the first directory only. Pixels follow in tiff_decode(): the two unusual routes need a pass
 * over the whole picture, so they come when memory for it has been reserved and `stop` is known.
 *
 * What integers' extremes stand for is their type's; SMinSampleValue and SMaxSampleValue say it for
 * floating-point samples, else these are counted (tiff_float_range()).
 */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <tiffio.h>

#include "base/error.h"
#include "image/vips_inside.h"

/* The file for libtiff's client functions. */
struct tiff_file {
    const struct vips_input *input;
    size_t at;
};

static tmsize_t file_read(thandle_t handle, void *buffer, tmsize_t size)
{
    struct tiff_file *file = handle;
    const size_t whole = file->input->size_bytes;
    const size_t left = file->at < whole ? whole - file->at : 0;
    const size_t count = size > 0 && (size_t)size < left ? (size_t)size : left;
    memcpy(buffer, file->input->bytes + file->at, count);
    file->at += count;
    return (tmsize_t)count;
}

static tmsize_t file_write(thandle_t handle, void *buffer, tmsize_t size)
{
    (void)handle;
    (void)buffer;
    (void)size;
    return 0;
}

static toff_t file_seek(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_file *file = handle;
    const size_t base = whence == SEEK_CUR ? file->at : whence == SEEK_END ? file->input->size_bytes : 0;
    file->at = base + (size_t)offset;
    return file->at;
}

static int file_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t file_size(thandle_t handle)
{
    return ((struct tiff_file *)handle)->input->size_bytes;
}

/* "m": not mapped. What libtiff has to say goes to libvips' handlers, and so to its error buffer. */
static TIFF *open_tiff(struct tiff_file *file)
{
    return TIFFClientOpen("TIFF", "rm", file, file_read, file_write, file_seek, file_close, file_size, NULL,
                          NULL);
}

static void read_form(TIFF *tiff, struct tiff_form *form)
{
    uint16_t extra_count = 0, *extras = NULL;
    TIFFRGBAImage reader;
    char words[1024];
    memset(form, 0, sizeof *form);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &form->bits);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &form->sample_format);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &form->samples);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &form->planar);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &form->compression);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &form->ink_set);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &form->photometric)) /* as libtiff's own reader guesses */
        form->photometric = form->samples < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    form->tiled = TIFFIsTiled(tiff) != 0;
    form->alpha = extra_count > 0 && extras[0] != EXTRASAMPLE_UNSPECIFIED;
    form->premultiplied = extra_count > 0 && extras[0] == EXTRASAMPLE_ASSOCALPHA;
    form->codec_missing = !TIFFIsCODECConfigured(form->compression);
    if (!form->codec_missing && TIFFRGBAImageOK(tiff, words) && TIFFRGBAImageBegin(&reader, tiff, 1, words)) {
        form->libtiff_reads = true; /* only now it has chosen its functions */
        TIFFRGBAImageEnd(&reader);
    }
    vips_error_clear();
    form->has_range = TIFFGetField(tiff, TIFFTAG_SMINSAMPLEVALUE, &form->low) &&
                      TIFFGetField(tiff, TIFFTAG_SMAXSAMPLEVALUE, &form->high) && isfinite(form->low) &&
                      isfinite(form->high) && form->low < form->high;
}

/* An image without pixels, for tiff_decode() to replace: what libvips would say of what libtiff decodes. */
static VipsImage *header_of(TIFF *tiff, const struct tiff_form *form)
{
    uint32_t width = 0, height = 0, icc_size = 0;
    uint16_t orientation = 1;
    const void *icc = NULL;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) || width == 0 || height == 0 ||
        width > VIPS_MAX_COORD || height > VIPS_MAX_COORD) {
        vips_error("TIFF", "no sides that an image has");
        return NULL;
    }
    VipsImage *image = vips_image_new();
    vips_image_init_fields(image, (int)width, (int)height, form->alpha ? 4 : 3, VIPS_FORMAT_UCHAR,
                           VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
    if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation))
        vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
    if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &icc_size, &icc) && icc_size > 0)
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, icc, icc_size);
    return image;
}

static VipsImage *load_by_libvips(const struct vips_input *input)
{
    VipsImage *image = NULL;
    if (vips_tiffload_buffer((void *)(uintptr_t)input->bytes, input->size_bytes, &image, "access",
                             VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL))
        return NULL;
    return image;
}

enum tess_status tiff_open(struct vips_input *input, struct tess_error *error)
{
    struct tiff_file file = {.input = input};
    struct tiff_form *form = &input->tiff.form;
    TIFF *tiff = open_tiff(&file);
    if (!tiff)
        return words_fail(error, TESS_ERR_CORRUPT, "the TIFF header is damaged or cut short");
    read_form(tiff, form);
    input->tiff.route = tiff_route(form);
    input->tiff.block_bytes = form->tiled ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff);
    if (input->tiff.route == TIFF_RGBA)
        input->image = header_of(tiff, form);
    else if (input->tiff.route != TIFF_REFUSED)
        input->image = load_by_libvips(input);
    TIFFClose(tiff);
    if (input->tiff.route == TIFF_REFUSED) {
        char name[160];
        tiff_name(form, name, sizeof name);
        vips_error_clear();
        return error_set(error, TESS_ERR_UNSUPPORTED, "TIFF with %s is not supported", name);
    }
    return input->image ? TESS_OK
                        : words_fail(error, TESS_ERR_CORRUPT, "the TIFF header is damaged or cut short");
}

/* libtiff's reader gives colours multiplied by alpha. */
static void copy_row(const uint32_t *raster, int width, bool alpha, VipsPel *out)
{
    for (int x = 0; x < width; x++) {
        const uint32_t pixel = raster[x];
        const uint32_t cover = TIFFGetA(pixel);
        const uint32_t colours[3] = {TIFFGetR(pixel), TIFFGetG(pixel), TIFFGetB(pixel)};
        for (int i = 0; i < 3; i++) {
            uint32_t value = alpha && cover > 0 ? (colours[i] * 255 + cover / 2) / cover : colours[i];
            *out++ = (VipsPel)(value < 255 ? value : 255);
        }
        if (alpha)
            *out++ = (VipsPel)cover;
    }
}

/* The rows of `image` (in memory) from libtiff, as many at a time as it decodes together. */
static bool read_rows(TIFFRGBAImage *reader, uint32_t rows_together, const struct vips_input *input,
                      VipsImage *image)
{
    const uint32_t width = (uint32_t)image->Xsize, height = (uint32_t)image->Ysize;
    uint32_t *raster = g_try_malloc_n((size_t)width * rows_together, sizeof *raster);
    VipsPel *line = g_malloc((size_t)image->Bands * width);
    bool read = raster != NULL;
    if (!raster)
        vips_error("TIFF", "out of memory");
    for (uint32_t y = 0; read && y < height; y += rows_together) {
        const uint32_t rows = height - y < rows_together ? height - y : rows_together;
        reader->row_offset = (int)y;
        read = stop_check(input->stop, NULL) == TESS_OK && TIFFRGBAImageGet(reader, raster, width, rows);
        for (uint32_t i = 0; read && i < rows; i++) {
            copy_row(raster + (size_t)i * width, image->Xsize, image->Bands == 4, line);
            read = vips_image_write_line(image, (int)(y + i), line) == 0;
        }
    }
    g_free(raster);
    g_free(line);
    return read;
}

static VipsImage *decode_rgba(const struct vips_input *input)
{
    struct tiff_file file = {.input = input};
    TIFF *tiff = open_tiff(&file);
    if (!tiff)
        return NULL;
    TIFFRGBAImage reader;
    char words[1024] = "";
    VipsImage *image = header_of(tiff, &input->tiff.form), *memory = NULL;
    if (image && TIFFRGBAImageBegin(&reader, tiff, 1, words)) {
        uint32_t rows = 0;
        (void)TIFFGetFieldDefaulted(tiff, input->tiff.form.tiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP,
                                    &rows);
        rows = CLAMP(rows, 1, (uint32_t)image->Ysize);
        reader.req_orientation = reader.orientation; /* as stored: turning comes later */
        memory = vips_image_new_memory();
        if (vips_image_pipelinev(memory, VIPS_DEMAND_STYLE_ANY, image, NULL) ||
            !read_rows(&reader, rows, input, memory))
            g_clear_object(&memory);
        TIFFRGBAImageEnd(&reader);
    } else if (image) {
        vips_error("TIFF", "%s", words);
    }
    g_clear_object(&image);
    TIFFClose(tiff);
    return memory;
}

/* What is counted, by threads of libvips', which are not known to have begun after us and ended before us but
 * by this lock. */
struct count {
    pthread_mutex_t mutex; /* of census, and of what count_float() reads */
    struct tiff_census census;
};

static void add_locked(struct tiff_census *census, double value)
{
    census->counted++;
    census->negative += value < 0;
    census->above_1 += value > 1;
    census->above_255 += value > 255;
    census->above_65535 += value > 65535;
    census->least = fmin(census->least, value);
    census->most = fmax(census->most, value);
}

static int count_float(VipsRegion *region, void *sequence, void *a, void *b, gboolean *stop)
{
    struct count *count = a;
    const struct vips_input *input = b;
    (void)sequence;
    (void)pthread_mutex_lock(&count->mutex);
    const int colours = (int)tiff_colours(&input->tiff.form), bands = region->im->Bands;
    for (int y = 0; y < region->valid.height; y++) {
        const VipsPel *row = region->data + (size_t)y * (size_t)region->bpl;
        for (int i = 0; i < region->valid.width * bands; i++) {
            const double value = region->im->BandFmt == VIPS_FORMAT_DOUBLE
                                     ? ((const double *)(const void *)row)[i]
                                     : ((const float *)(const void *)row)[i];
            if (i % bands < colours && isfinite(value))
                add_locked(&count->census, value);
        }
    }
    const bool stopped = stop_check(input->stop, NULL) != TESS_OK; /* `input` is the waiting thread's */
    (void)pthread_mutex_unlock(&count->mutex);
    if (!stopped)
        return 0;
    *stop = TRUE;
    return -1;
}

/* A file is one reader's: counting has its own. */
static bool count_samples(const struct vips_input *input, struct tiff_census *census_out)
{
    struct count count;
    VipsImage *image = load_by_libvips(input);
    (void)pthread_mutex_init(&count.mutex, NULL);
    (void)pthread_mutex_lock(&count.mutex);
    count.census = (struct tiff_census){.least = DBL_MAX, .most = -DBL_MAX};
    (void)pthread_mutex_unlock(&count.mutex);
    bool counted = image &&
                   vips_sink(image, NULL, count_float, NULL, &count, (void *)(uintptr_t)input) == 0 &&
                   stop_check(input->stop, NULL) == TESS_OK;
    g_clear_object(&image);
    (void)pthread_mutex_lock(&count.mutex);
    *census_out = count.census;
    (void)pthread_mutex_unlock(&count.mutex);
    (void)pthread_mutex_destroy(&count.mutex);
    return counted;
}

/* What black and white are in the file. */
static bool range_of(const struct vips_input *input, double *low_out, double *high_out)
{
    const struct tiff_form *form = &input->tiff.form;
    struct tiff_census census;
    *low_out = form->low;
    *high_out = form->high;
    if (form->sample_format != SAMPLEFORMAT_IEEEFP) {
        const bool has_sign = form->sample_format == SAMPLEFORMAT_INT;
        *low_out = has_sign ? -ldexp(1, form->bits - 1) : 0;
        *high_out = *low_out + ldexp(1, form->bits) - 1;
    } else if (!form->has_range) {
        if (!count_samples(input, &census))
            return false;
        tiff_float_range(&census, low_out, high_out);
    }
    return true;
}

/* Samples of any format, low to high, as 16 bits; alpha, where there is one, by its type's own range. */
static VipsImage *scale(const struct vips_input *input, double low, double high)
{
    const struct tiff_form *form = &input->tiff.form;
    const int colours = (int)tiff_colours(form),
              bands = MIN(input->image->Bands, colours + (form->alpha ? 1 : 0));
    const bool is_float = form->sample_format == SAMPLEFORMAT_IEEEFP;
    const double alpha_low = is_float ? 0 : low, alpha_high = is_float ? 1 : high;
    /* libvips turns unsigned ones round itself. */
    const bool inverted =
        form->photometric == PHOTOMETRIC_MINISWHITE && (is_float || form->sample_format == SAMPLEFORMAT_INT);
    double factors[4], offsets[4];
    for (int i = 0; i < bands; i++) {
        double from = i < colours ? low : alpha_low, to = i < colours ? high : alpha_high;
        if (i < colours && inverted) {
            from = high;
            to = low;
        }
        factors[i] = to != from ? 65535 / (to - from) : 0;
        offsets[i] = 0.5 - from * factors[i];
    }
    VipsImage *scope = vips_image_new(), *out = NULL;
    VipsImage **t = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 4);
    if (vips_extract_band(input->image, &t[0], 0, "n", bands, NULL) || vips_cast_double(t[0], &t[1], NULL) ||
        vips_linear(t[1], &t[2], factors, offsets, bands, NULL) || vips_cast_ushort(t[2], &t[3], NULL) ||
        vips_copy(t[3], &out, "interpretation",
                  colours == 1 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16, NULL))
        out = NULL;
    g_object_unref(scope);
    return out;
}

enum tess_status tiff_decode(struct vips_input *input, struct tess_error *error)
{
    VipsImage *image = NULL;
    double low = 0, high = 0;
    if (input->tiff.route == TIFF_RGBA)
        image = decode_rgba(input);
    else if (input->tiff.route == TIFF_SCALED && range_of(input, &low, &high))
        image = scale(input, low, high);
    else if (input->tiff.route == TIFF_USUAL)
        return TESS_OK;
    if (!image)
        return words_fail(error, TESS_ERR_CORRUPT, "TIFF is damaged or cut short");
    g_object_unref(input->image);
    input->image = image;
    return TESS_OK;
}
