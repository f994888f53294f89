// SPDX-License-Identifier: MIT
#include "image/jpeg_strip.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/colour.h"
#include "image/jpeg_guard.h"

#include <jerror.h>

enum { MCU_PX = 16, FIRST_ROOM_BYTES = 64 * 1024 };

/* All that lives across libjpeg's longjmp. */
struct strip_encoder {
    struct jpeg_compress_struct cinfo;
    struct jpeg_guard guard;
    struct jpeg_destination_mgr target;
    uint8_t *data; /* malloc'ed, `room` bytes; `size` of them count at the end */
    size_t room, size;
};

/*
 * libjpeg writes to memory that we grow ourselves: jpeg_mem_dest() says only at the end where its buffer has
 * moved to, and after a longjmp nobody could free it.
 */
static void grow_target(j_compress_ptr cinfo)
{
    struct strip_encoder *encoder = cinfo->client_data;
    const size_t room = encoder->room ? 2 * encoder->room : FIRST_ROOM_BYTES;
    uint8_t *grown = realloc(encoder->data, room);
    if (!grown)
        ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 0);
    encoder->target.next_output_byte = grown + encoder->room;
    encoder->target.free_in_buffer = room - encoder->room;
    encoder->data = grown;
    encoder->room = room;
}

static boolean extend_target(j_compress_ptr cinfo)
{
    grow_target(cinfo);
    return TRUE;
}

static void close_target(j_compress_ptr cinfo)
{
    struct strip_encoder *encoder = cinfo->client_data;
    encoder->size = encoder->room - encoder->target.free_in_buffer;
}

static uint32_t round_up(uint32_t value, uint32_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/* Repeats the last column and row into the padding: what lies there would ring into the picture through the
 * DCT. */
static void pad_plane(const struct plane *plane, uint32_t width, uint32_t height, uint32_t padded_width,
                      uint32_t padded_height)
{
    for (uint32_t row = 0; row < height && padded_width > width; row++) {
        uint8_t *end = plane->data + row * plane->stride_bytes + width;
        memset(end, end[-1], padded_width - width);
    }
    const uint8_t *last = plane->data + (size_t)(height - 1) * plane->stride_bytes;
    for (uint32_t row = height; row < padded_height; row++)
        memcpy(plane->data + row * plane->stride_bytes, last, padded_width);
}

static void pad_strip(const struct picture *pixels, uint32_t width_px, uint32_t height_px)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t shift = i > 0 ? 1 : 0;
        pad_plane(&pixels->planes[i], (width_px + shift) >> shift, (height_px + shift) >> shift,
                  round_up(width_px, MCU_PX) >> shift, round_up(height_px, MCU_PX) >> shift);
    }
}

static void write_rows(struct jpeg_compress_struct *cinfo, const struct picture *pixels, uint32_t height_px)
{
    JSAMPROW rows[3][MCU_PX];
    JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
    for (uint32_t top = 0; top < height_px; top += MCU_PX) {
        for (uint32_t i = 0; i < 3; i++) {
            const struct plane *plane = &pixels->planes[i];
            uint32_t shift = i > 0 ? 1 : 0;
            for (uint32_t row = 0; row < (uint32_t)MCU_PX >> shift; row++)
                rows[i][row] = plane->data + ((size_t)(top >> shift) + row) * plane->stride_bytes;
        }
        (void)jpeg_write_raw_data(cinfo, arrays, MCU_PX);
    }
}

static void encode_alone(struct strip_encoder *encoder, const struct jpeg_strip *strip,
                         const struct picture *pixels)
{
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    jpeg_create_compress(cinfo);
    cinfo->client_data = encoder;
    encoder->target = (struct jpeg_destination_mgr){.init_destination = grow_target,
                                                    .empty_output_buffer = extend_target,
                                                    .term_destination = close_target};
    cinfo->dest = &encoder->target;
    cinfo->image_width = strip->width_px;
    cinfo->image_height = strip->height_px;
    cinfo->input_components = 3;
    cinfo->in_color_space = JCS_YCbCr;
    jpeg_set_defaults(cinfo); /* YCbCr 4:2:0 */
    jpeg_set_quality(cinfo, strip->quality, TRUE);
    cinfo->raw_data_in = TRUE;
    cinfo->restart_in_rows = 1;
    jpeg_start_compress(cinfo, TRUE);
    write_rows(cinfo, pixels, strip->height_px);
    jpeg_finish_compress(cinfo);
}

/* Where the entropy-coded data begins; writes the whole picture's height into SOF0 on the way. 0: not our
 * JPEG. */
static size_t find_scan(uint8_t *data, size_t size, uint32_t whole_height_px)
{
    for (size_t at = 2; at + 4 <= size && data[at] == 0xFF;) {
        size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        if (data[at + 1] == 0xC0 && at + 7 < size) {
            data[at + 5] = (uint8_t)(whole_height_px >> 8);
            data[at + 6] = (uint8_t)whole_height_px;
        }
        bool scan = data[at + 1] == 0xDA;
        at += 2 + length;
        if (scan)
            return at < size ? at : 0;
    }
    return 0;
}

/* Turns a JPEG of its own into a share of the whole: drops what only one may have, in place. */
static enum tess_status cut_to_share(const struct jpeg_strip *strip, uint8_t *data, size_t *size,
                                     struct tess_error *error)
{
    size_t scan = find_scan(data, *size, strip->whole_height_px);
    if (scan < 2 || *size < scan + 2)
        return error_set(error, TESS_ERR_INTERNAL, "encoded strip %u has no scan", strip->index);
    if (strip->index + 1 < strip->count)
        *size -= 2; /* EOI */
    if (strip->index > 0) {
        *size -= scan - 2;
        memmove(data + 2, data + scan, *size - 2);
        data[0] = 0xFF;
        data[1] = 0xD7; /* RST7 */
    }
    return TESS_OK;
}

static enum tess_status encode_halved(const struct jpeg_strip *strip, const struct picture *pixels,
                                      uint8_t **data_out, size_t *size_bytes_out, struct tess_error *error)
{
    struct strip_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return error_set(error, TESS_ERR_MEMORY, "no memory to encode a JPEG");
    encoder->cinfo.err = jpeg_guard_init(&encoder->guard, error);
    enum tess_status status = TESS_OK;
    if (setjmp(encoder->guard.escape))
        status = encoder->guard.status;
    else
        encode_alone(encoder, strip, pixels);
    jpeg_destroy_compress(&encoder->cinfo);
    size_t size = encoder->size;
    if (status == TESS_OK)
        status = cut_to_share(strip, encoder->data, &size, error);
    if (status == TESS_OK) {
        *data_out = encoder->data;
        *size_bytes_out = size;
    } else {
        free(encoder->data);
    }
    free(encoder);
    return status;
}

enum tess_status jpeg_strip_encode(const struct jpeg_strip *strip, uint8_t **data_out, size_t *size_bytes_out,
                                   struct tess_error *error)
{
    struct picture halved = {0};
    const struct picture *pixels = strip->pixels;
    enum tess_status status = TESS_OK;
    *data_out = NULL;
    *size_bytes_out = 0;
    if (pixels->layout == PICTURE_YCC444) {
        const struct picture view = picture_view(pixels, 0, 0, strip->width_px, strip->height_px);
        status = picture_init(&halved, PICTURE_YCC420, round_up(strip->width_px, MCU_PX),
                              round_up(strip->height_px, MCU_PX), error);
        if (status == TESS_OK) {
            struct picture target = picture_view(&halved, 0, 0, strip->width_px, strip->height_px);
            colour_halve_chroma(&view, &target);
        }
        pixels = &halved;
    }
    if (status == TESS_OK) {
        pad_strip(pixels, strip->width_px, strip->height_px);
        status = encode_halved(strip, pixels, data_out, size_bytes_out, error);
    }
    picture_clear(&halved);
    return status;
}
