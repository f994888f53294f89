// SPDX-License-Identifier: MIT
/*
 * The one marker that libjpeg cannot write by itself, EXIF, is made here. libjpeg's own error exit is kept:
 * in a generator a failing encoder is a bug or a full disk.
 */
#include "sample_jpeg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

bool sample_file_write(const char *path, const void *bytes, size_t size_bytes)
{
    char part[4096];
    const int length = snprintf(part, sizeof part, "%s.part", path);
    if (length < 0 || (size_t)length >= sizeof part) {
        (void)fprintf(stderr, "make-photos: the path is too long: %s\n", path);
        return false;
    }
    FILE *file = fopen(part, "wb");
    bool good = file != NULL;
    if (file != NULL) {
        good = fwrite(bytes, 1, size_bytes, file) == size_bytes;
        good = fclose(file) == 0 && good;
        good = good && rename(part, path) == 0;
    }
    if (!good) {
        (void)fprintf(stderr, "make-photos: cannot write %s: %s\n", path, strerror(errno));
        (void)remove(part);
    }
    return good;
}

/* The smallest EXIF block there is: one directory with one entry. Even values are big-endian, as Canon and
 * Apple write it, odd ones little-endian. */
static void write_orientation(struct jpeg_compress_struct *encoder, int orientation)
{
    static const uint8_t little[] = {'E',  'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,
                                     0x12, 1,   3,   0,   1, 0, 0,   0,   0,  0, 0, 0, 0, 0, 0, 0};
    static const uint8_t big[] = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                                  1,   0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
    uint8_t block[sizeof little];
    const bool is_big = orientation % 2 == 0;
    memcpy(block, is_big ? big : little, sizeof block);
    block[is_big ? 25 : 24] = (uint8_t)orientation;
    jpeg_write_marker(encoder, JPEG_APP0 + 1, block, sizeof block);
}

static void set_style(struct jpeg_compress_struct *encoder, const struct sample_style *style)
{
    const bool inks = style->colour == SAMPLE_CMYK || style->colour == SAMPLE_YCCK;
    encoder->input_components = style->colour == SAMPLE_GREY ? 1 : inks ? 4 : 3;
    encoder->in_color_space = style->colour == SAMPLE_GREY ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(encoder);
    if (style->colour == SAMPLE_YCCK)
        jpeg_set_colorspace(encoder, JCS_YCCK);
    if (style->colour == SAMPLE_RGB)
        jpeg_set_colorspace(encoder, JCS_RGB);
    jpeg_set_quality(encoder, style->quality, TRUE);
    if (style->colour == SAMPLE_YCC || style->colour == SAMPLE_YCCK) {
        encoder->comp_info[0].h_samp_factor = style->across;
        encoder->comp_info[0].v_samp_factor = style->down;
        if (style->colour == SAMPLE_YCCK) {
            encoder->comp_info[3].h_samp_factor = style->across;
            encoder->comp_info[3].v_samp_factor = style->down;
        }
    }
    if (style->progressive)
        jpeg_simple_progression(encoder);
    encoder->restart_in_rows = style->restart_rows;
    if (style->no_adobe)
        encoder->write_Adobe_marker = FALSE;
}

bool sample_jpeg_write(const char *path, const struct sample_style *style, const uint8_t *pixels,
                       uint32_t width_px, uint32_t height_px)
{
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size_bytes = 0;
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &size_bytes);
    encoder.image_width = width_px;
    encoder.image_height = height_px;
    set_style(&encoder, style);
    jpeg_start_compress(&encoder, TRUE);
    if (style->orientation > 0)
        write_orientation(&encoder, style->orientation);
    if (style->icc != NULL)
        jpeg_write_icc_profile(&encoder, style->icc, (unsigned int)style->icc_bytes);
    const size_t stride = (size_t)width_px * (size_t)encoder.input_components;
    while (encoder.next_scanline < height_px) {
        /* libjpeg reads rows through a pointer to non-const; it does not write to them. */
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + stride * encoder.next_scanline);
        (void)jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    const bool good = sample_file_write(path, bytes, size_bytes);
    free(bytes);
    return good;
}
