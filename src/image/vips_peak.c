// SPDX-License-Identifier: MIT
/*
 * What decoding an image into a cell holds at its peak, for the memory budget: an upper estimate from the
 * header.
 *
 * Scaling runs from top to bottom and keeps some lines; a transparent image's are floats by then. On top of
 * that comes what the kind's decoder itself must hold, in bytes a pixel.
 *
 * - JPEG: nothing; progressive: all coefficients, two bytes each.
 * - PNG: nothing; interlaced: all pixels.
 * - WebP: 8, the decoder's canvas and the frame (far less with shrink-on-load; the cell is not known here).
 * - HEIF and AVIF: 10, the codec's planes, libheif's copy, the converted picture; twice that of more than 8
 * bits.
 * - GIF: 5, canvas and indices.
 * - TIFF: all pixels; its strips may be as large as the image.
 *
 * Measured beyond the file itself, in MB, cell 700, estimates in brackets: PNG 4000 × 2250 15 (17), with
 * alpha 39 (69), interlaced 35 (44), 8000 × 4500 26 (29); progressive JPEG 8000 × 4500 121 (245); WebP 4000 ×
 * 2250 76 (89); AVIF 79 (107), HEIC 78 (107), GIF 49 (62), TIFF of narrow strips 14 (44).
 *
 * glibc may keep more than that from the system: its threshold for giving large blocks back grows with use,
 * up to 32 MB for each thread's arena. With a fixed M_MMAP_THRESHOLD of 1 MB ten loads of the AVIF in a row
 * stay at 104 MB, without it at 268.
 */
#include "image/vips_inside.h"

enum {
    BASE_BYTES = 5 * 1000 * 1000, /* tables, small buffers, the turned and converted cell's copies */
    LINES = 1000                  /* that scaling keeps at most; measured up to 920 */
};

/* True when the frame header is a progressive one; markers are walked, not searched. */
static bool is_progressive_jpeg(const uint8_t *bytes, size_t size)
{
    for (size_t at = 2; at + 4 <= size && bytes[at] == 0xFF;) {
        uint8_t marker = bytes[at + 1];
        if (marker == 0xC2 || marker == 0xC6 || marker == 0xCA || marker == 0xCE)
            return true;
        if (marker == 0xDA || marker == 0xC0 || marker == 0xC1)
            return false;
        at += marker == 0xFF ? 1 : 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return true; /* odd enough to count as the costly kind */
}

static bool is_interlaced_png(const uint8_t *bytes, size_t size)
{
    enum { INTERLACE_AT = 28 };
    return size <= INTERLACE_AT || bytes[INTERLACE_AT] != 0;
}

static uint64_t decoder_bytes_per_pixel(const struct vips_input *input)
{
    const uint64_t pixel_bytes = vips_format_sizeof(input->image->BandFmt) * (uint64_t)input->image->Bands;
    switch (input->kind) {
    case IMAGE_JPEG:
        return is_progressive_jpeg(input->bytes, input->size_bytes) ? 2 * (uint64_t)input->image->Bands : 0;
    case IMAGE_PNG:
        return is_interlaced_png(input->bytes, input->size_bytes) ? pixel_bytes : 0;
    case IMAGE_WEBP:
        return 8;
    case IMAGE_GIF:
        return 5;
    case IMAGE_TIFF:
        return pixel_bytes;
    default:
        return 10 * vips_format_sizeof(input->image->BandFmt);
    }
}

/* libtiff's reader has a block of rows beside the picture: 4 bytes a pixel, and the samples of a strip or row
 * of tiles. */
static uint64_t tiff_extra_bytes(const struct vips_input *input)
{
    if (input->kind != IMAGE_TIFF || input->tiff.route != TIFF_RGBA)
        return 0;
    return (uint64_t)input->stored_width_px * input->stored_height_px * 4 + input->tiff.block_bytes;
}

uint64_t input_peak_bytes(const struct vips_input *input)
{
    const uint64_t width = input->stored_width_px, height = input->stored_height_px;
    const uint64_t bands = (uint64_t)input->image->Bands;
    const uint64_t value_bytes =
        vips_image_hasalpha(input->image) ? sizeof(float) : vips_format_sizeof(input->image->BandFmt);
    const uint64_t lines = height < LINES ? height : LINES;
    return BASE_BYTES + width * bands * value_bytes * lines +
           (input->heif ? heif_coded_pixels(input) : width * height) * decoder_bytes_per_pixel(input) +
           input->filtered.size + tiff_extra_bytes(input);
}
