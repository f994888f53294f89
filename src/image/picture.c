// SPDX-License-Identifier: MIT
#include "image/picture.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Rows start on cache lines, so that SIMD loads do not straddle them. */
enum { ROW_ALIGN_BYTES = 64 };

static uint64_t align_row(uint64_t bytes)
{
    return (bytes + ROW_ALIGN_BYTES - 1) / ROW_ALIGN_BYTES * ROW_ALIGN_BYTES;
}

/* Bytes a pixel of the first plane. */
static uint32_t samples_of(enum picture_layout layout)
{
    return layout == PICTURE_RGB ? 3 : layout == PICTURE_RGBA ? 4 : 1;
}

/* Fills sizes and strides of all planes, without memory; returns the bytes they need. */
static uint64_t lay_out(struct picture *picture, enum picture_layout layout, uint32_t width_px,
                        uint32_t height_px)
{
    bool planar = layout == PICTURE_YCC420 || layout == PICTURE_YCC444;
    uint32_t shift = layout == PICTURE_YCC420 ? 1 : 0;
    uint32_t samples = samples_of(layout);
    uint64_t total = 0;
    memset(picture, 0, sizeof *picture);
    picture->layout = layout;
    picture->width_px = width_px;
    picture->height_px = height_px;
    picture->plane_count = planar ? 3 : 1;
    for (uint32_t i = 0; i < picture->plane_count; i++) {
        struct plane *plane = &picture->planes[i];
        plane->width_px = i == 0 ? width_px : (width_px + shift) >> shift;
        plane->height_px = i == 0 ? height_px : (height_px + shift) >> shift;
        uint64_t stride = align_row((uint64_t)plane->width_px * samples);
        plane->stride_bytes = (size_t)stride;
        total += stride * plane->height_px;
    }
    return total;
}

uint64_t picture_bytes(enum picture_layout layout, uint32_t width_px, uint32_t height_px)
{
    struct picture picture;
    return lay_out(&picture, layout, width_px, height_px);
}

enum tess_status picture_init(struct picture *picture, enum picture_layout layout, uint32_t width_px,
                              uint32_t height_px, struct tess_error *error)
{
    uint64_t total = lay_out(picture, layout, width_px, height_px);
    uint8_t *memory = total <= SIZE_MAX - ROW_ALIGN_BYTES
                          ? aligned_alloc(ROW_ALIGN_BYTES, total ? (size_t)total : ROW_ALIGN_BYTES)
                          : NULL;
    if (!memory) {
        memset(picture, 0, sizeof *picture);
        return error_set(error, TESS_ERR_MEMORY, "no memory for a picture of %u x %u pixels", width_px,
                         height_px);
    }
    picture->memory = memory;
    for (uint32_t i = 0; i < picture->plane_count; i++) {
        struct plane *plane = &picture->planes[i];
        plane->data = memory;
        memory += plane->stride_bytes * plane->height_px;
    }
    return TESS_OK;
}

void picture_clear(struct picture *picture)
{
    free(picture->memory);
    memset(picture, 0, sizeof *picture);
}

struct picture picture_view(const struct picture *picture, uint32_t x_px, uint32_t y_px, uint32_t width_px,
                            uint32_t height_px)
{
    struct picture view;
    (void)lay_out(&view, picture->layout, width_px, height_px);
    for (uint32_t i = 0; i < view.plane_count; i++) {
        uint32_t shift = i > 0 && picture->layout == PICTURE_YCC420 ? 1 : 0;
        const struct plane *plane = &picture->planes[i];
        view.planes[i].stride_bytes = plane->stride_bytes;
        view.planes[i].data = plane->data + (y_px >> shift) * plane->stride_bytes +
                              (size_t)(x_px >> shift) * samples_of(picture->layout);
    }
    return view;
}

void picture_blit(const struct picture *source, struct picture *target, uint32_t x_px, uint32_t y_px)
{
    const struct picture view = picture_view(target, x_px, y_px, source->width_px, source->height_px);
    const uint32_t samples = samples_of(source->layout);
    for (uint32_t i = 0; i < source->plane_count; i++) {
        const struct plane *from = &source->planes[i], *to = &view.planes[i];
        assert(from->data && to->data);
        for (uint32_t row = 0; row < from->height_px; row++)
            memcpy(to->data + row * to->stride_bytes, from->data + row * from->stride_bytes,
                   (size_t)from->width_px * samples);
    }
}
