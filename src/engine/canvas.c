// SPDX-License-Identifier: MIT
#include "engine/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/colour.h"
#include "image/jpeg_strip.h"

_Static_assert((int)PLAN_STRIP_ROWS_PX == (int)JPEG_STRIP_ROWS_PX, "strips are encoded as they are");

enum tess_status canvas_init(struct canvas *canvas, const struct plan *plan, struct tess_colour background,
                             struct tess_error *error)
{
    const uint32_t width =
        (plan->width_px + JPEG_STRIP_ALIGN_PX - 1) / JPEG_STRIP_ALIGN_PX * JPEG_STRIP_ALIGN_PX;
    *canvas = (struct canvas){.plan = plan, .background = background};
    canvas->ring = calloc(plan->ring_strips, sizeof *canvas->ring);
    if (!canvas->ring)
        return error_set(error, TESS_ERR_MEMORY, "no memory for %u strips", plan->ring_strips);
    enum tess_status status = TESS_OK;
    for (uint32_t i = 0; status == TESS_OK && i < plan->ring_strips; i++)
        status = picture_init(&canvas->ring[i].pixels, plan->layout, width, PLAN_STRIP_ROWS_PX, error);
    return status;
}

void canvas_clear(struct canvas *canvas)
{
    for (uint32_t i = 0; canvas->ring && i < canvas->plan->ring_strips; i++)
        picture_clear(&canvas->ring[i].pixels);
    free(canvas->ring);
    canvas->ring = NULL;
}

uint32_t canvas_strip_rows(const struct canvas *canvas, uint32_t index)
{
    uint32_t left = canvas->plan->height_px - index * PLAN_STRIP_ROWS_PX;
    return left < PLAN_STRIP_ROWS_PX ? left : PLAN_STRIP_ROWS_PX;
}

struct canvas_strip *canvas_strip(struct canvas *canvas, uint32_t index)
{
    return &canvas->ring[index % canvas->plan->ring_strips];
}

static bool overlaps(const struct tess_rect *rect, uint32_t top_px, uint32_t bottom_px)
{
    return rect->height_px > 0 && rect->y_px < bottom_px && rect->y_px + rect->height_px > top_px;
}

static uint32_t cells_in_strip(const struct plan *plan, uint32_t index)
{
    const uint32_t top = index * PLAN_STRIP_ROWS_PX, bottom = top + PLAN_STRIP_ROWS_PX;
    const struct tess_rect title = plan_title_rect(plan);
    uint32_t count = overlaps(&title, top, bottom) ? 1 : 0;
    for (uint32_t first = 0; first < plan->tiles; first += plan->columns) {
        const struct tess_rect block = plan_block_rect(plan, first);
        if (block.y_px >= bottom)
            break;
        uint32_t in_row = plan->tiles - first < plan->columns ? plan->tiles - first : plan->columns;
        if (overlaps(&block, top, bottom))
            count += in_row;
    }
    return count;
}

bool canvas_open_next_locked(struct canvas *canvas)
{
    struct canvas_strip *strip = canvas_strip(canvas, canvas->opened);
    if (strip->open)
        return false;
    strip->index = canvas->opened++;
    strip->unfinished = cells_in_strip(canvas->plan, strip->index);
    strip->open = true;
    return true;
}

void canvas_paint(struct canvas *canvas, uint32_t index)
{
    colour_fill(&canvas_strip(canvas, index)->pixels, canvas->background);
}

void canvas_place(struct canvas *canvas, const struct picture *picture, uint32_t x_px, uint32_t y_px)
{
    for (uint32_t done = 0; done < picture->height_px;) {
        uint32_t y = y_px + done;
        uint32_t within = y % PLAN_STRIP_ROWS_PX;
        uint32_t rows = PLAN_STRIP_ROWS_PX - within;
        if (rows > picture->height_px - done)
            rows = picture->height_px - done;
        const struct picture part = picture_view(picture, 0, done, picture->width_px, rows);
        picture_blit(&part, &canvas_strip(canvas, canvas_strip_of(y))->pixels, x_px, within);
        done += rows;
    }
}

bool canvas_finish_locked(struct canvas *canvas, uint32_t index)
{
    return --canvas_strip(canvas, index)->unfinished == 0;
}

void canvas_close_locked(struct canvas *canvas, uint32_t index)
{
    canvas_strip(canvas, index)->open = false;
    canvas->closed++;
}
