// SPDX-License-Identifier: MIT
#include "engine/plan.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

enum {
    LABEL_LEAST_PX = 14,
    LABEL_MOST_PX = 40,
    TITLE_LEAST_PX = 24,
    TITLE_MOST_PX = 96,
    MOST_SIDE_PX = 65500,           /* of a tile, gap or margin, as on the command line */
    TYPICAL_FILE_BYTES = 4 << 20,   /* for the estimate only: a photo, compressed */
    TYPICAL_DECODE_BYTES = 16 << 20 /* … and while it is decoded */
};

struct side_limit {
    enum tess_format format;
    const char *name;
    uint32_t most_px;
};

/* libjpeg's JPEG_MAX_DIMENSION; WebP's 14 bits; libheif's default security limit; PNG and TIFF readers'
 * common limit. */
static const struct side_limit side_limits[] = {{TESS_FORMAT_JPEG, "jpeg-side", 65500},
                                                {TESS_FORMAT_WEBP, "webp-side", 16383},
                                                {TESS_FORMAT_AVIF, "avif-side", 16384},
                                                {TESS_FORMAT_PNG, "png-side", 1000000},
                                                {TESS_FORMAT_TIFF, "tiff-side", 1000000}};

/* Callers of the library fill the options themselves, past the parser that knows the ranges. */
static enum tess_status check_options(const struct tess_grid_options *options, struct tess_error *error)
{
    const struct {
        const char *name;
        uint32_t value, least;
    } sides[] = {{"tile", options->tile_width_px, 1},
                 {"tile", options->tile_height_px, 1},
                 {"gap", options->gap_px, 0},
                 {"margin", options->margin_px, 0}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        if (sides[i].value < sides[i].least)
            return error_set(error, TESS_ERR_INVALID, "%s: must be at least %u", sides[i].name,
                             sides[i].least);
        if (sides[i].value > MOST_SIDE_PX)
            return error_limit(error, sides[i].name, "%s: %u is more than the most, %d", sides[i].name,
                               sides[i].value, MOST_SIDE_PX);
    }
    if (options->quality < 1 || options->quality > 100)
        return error_set(error, TESS_ERR_INVALID, "quality: must be 1 to 100");
    if (!memchr(options->label, 0, sizeof options->label) ||
        !memchr(options->title, 0, sizeof options->title))
        return error_set(error, TESS_ERR_INVALID, "label and title: must end within %d bytes",
                         TESS_TEXT_MAX_BYTES);
    return TESS_OK;
}

/* n is below 2^32 here (max-cells), where a double's square root is never off by more than its rounding. */
static uint64_t floor_sqrt(uint64_t n)
{
    uint64_t root = (uint64_t)sqrt((double)n);
    while (root * root > n)
        root--;
    while ((root + 1) * (root + 1) <= n)
        root++;
    return root;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static uint32_t clamp_even(uint32_t value, uint32_t least, uint32_t most)
{
    uint32_t clamped = value < least ? least : value > most ? most : value;
    return clamped & ~UINT32_C(1);
}

static enum tess_status shape(const struct plan_input *input, uint64_t *columns, uint64_t *rows,
                              struct tess_error *error)
{
    const struct tess_grid_options *options = input->options;
    const uint64_t images = input->images;
    if (images == 0)
        return error_set(error, TESS_ERR_INVALID, "no images: a grid needs at least one");
    if (images > input->limits->max_cells) /* first: the arithmetic below is safe for what a limit allows */
        return error_limit(error, "max-cells", "%llu images are more than the limit max-cells of %u",
                           (unsigned long long)images, input->limits->max_cells);
    *columns = options->columns ? options->columns
               : options->rows  ? divide_up(images, options->rows)
                                : floor_sqrt(images);
    *rows = options->rows ? options->rows : divide_up(images, *columns);
    if (*columns * *rows < images)
        return error_set(error, TESS_ERR_INVALID, "%llu images do not fit %llu columns x %llu rows",
                         (unsigned long long)images, (unsigned long long)*columns, (unsigned long long)*rows);
    if (*columns * *rows > input->limits->max_cells)
        return error_limit(error, "max-cells",
                           "%llu images in %llu x %llu cells are more than the limit max-cells of %u",
                           (unsigned long long)images, (unsigned long long)*columns,
                           (unsigned long long)*rows, input->limits->max_cells);
    return TESS_OK;
}

static enum tess_status check_sides(enum tess_format format, uint64_t width, uint64_t height,
                                    struct tess_error *error)
{
    for (size_t i = 0; i < sizeof side_limits / sizeof *side_limits; i++) {
        const struct side_limit *limit = &side_limits[i];
        if (limit->format == format && (width > limit->most_px || height > limit->most_px))
            return error_limit(
                error, limit->name,
                "a grid of %llu x %llu pixels is more than the limit %s of %u; make the tiles smaller "
                "or choose another format",
                (unsigned long long)width, (unsigned long long)height, limit->name, limit->most_px);
    }
    return TESS_OK;
}

/* With all edges even, chroma samples belong to one cell each. */
static enum picture_layout layout_of(const struct plan *plan)
{
    if (plan->format != TESS_FORMAT_JPEG)
        return PICTURE_RGB;
    uint32_t edges = plan->tile_width_px | plan->tile_height_px | plan->gap_px | plan->margin_px;
    return edges & 1 ? PICTURE_YCC444 : PICTURE_YCC420;
}

/* Enough strips that every worker can fill cells while the strips above are encoded. */
static uint32_t ring_strips_of(const struct plan *plan, uint32_t threads)
{
    uint64_t rows_in_flight = divide_up(threads, plan->columns) + 1;
    uint64_t pitch = (uint64_t)plan->tile_height_px + plan->label_height_px + plan->gap_px;
    uint64_t strips =
        divide_up(rows_in_flight * pitch + plan->title_height_px, PLAN_STRIP_ROWS_PX) + 2 + threads;
    return strips < plan->strip_count ? (uint32_t)strips : plan->strip_count;
}

/* What libvips' encoders were seen to hold for each pixel: WebP and AVIF take the whole picture and copies of
 * it. */
static uint64_t encoder_bytes(const struct plan *plan, uint64_t strip_bytes, uint32_t threads)
{
    const uint64_t area = (uint64_t)plan->width_px * plan->height_px;
    switch (plan->format) {
    case TESS_FORMAT_WEBP:
        return area * 6;
    case TESS_FORMAT_AVIF:
        return area * 24;
    default:
        return strip_bytes * threads; /* encoded or halved strips */
    }
}

static void estimate_memory(struct plan *plan, uint32_t threads)
{
    const uint32_t padded_width = (plan->width_px + 15) / 16 * 16;
    const uint64_t strip_bytes = picture_bytes(plan->layout, padded_width, PLAN_STRIP_ROWS_PX);
    plan->canvas_bytes = strip_bytes * plan->ring_strips + encoder_bytes(plan, strip_bytes, threads);
    plan->memory_bytes =
        plan->canvas_bytes + (uint64_t)threads * (TYPICAL_FILE_BYTES * 2 + TYPICAL_DECODE_BYTES);
}

enum tess_status plan_make(const struct plan_input *input, struct plan *plan_out, struct tess_error *error)
{
    const struct tess_grid_options *options = input->options;
    uint64_t columns = 0, rows = 0;
    enum tess_status status = check_options(options, error);
    if (status == TESS_OK)
        status = shape(input, &columns, &rows, error);
    if (status != TESS_OK)
        return status;
    struct plan plan = {.columns = (uint32_t)columns,
                        .rows = (uint32_t)rows,
                        .tiles = (uint32_t)input->images,
                        .tile_width_px = options->tile_width_px,
                        .tile_height_px = options->tile_height_px,
                        .margin_px = options->margin_px,
                        .gap_px = options->gap_px,
                        .format = input->format};
    if (options->label[0])
        plan.label_height_px = clamp_even(options->tile_height_px / 6, LABEL_LEAST_PX, LABEL_MOST_PX);
    uint64_t width =
        columns * plan.tile_width_px + (columns - 1) * plan.gap_px + 2 * (uint64_t)plan.margin_px;
    if (options->title[0])
        plan.title_height_px = clamp_even(width / 12 > TITLE_MOST_PX ? TITLE_MOST_PX : (uint32_t)(width / 12),
                                          TITLE_LEAST_PX, TITLE_MOST_PX);
    uint64_t height = rows * ((uint64_t)plan.tile_height_px + plan.label_height_px) +
                      (rows - 1) * plan.gap_px + 2 * (uint64_t)plan.margin_px + plan.title_height_px;
    status = check_sides(input->format, width, height, error);
    if (status != TESS_OK)
        return status;
    plan.width_px = (uint32_t)width;
    plan.height_px = (uint32_t)height;
    plan.layout = layout_of(&plan);
    plan.strip_count = (uint32_t)divide_up(height, PLAN_STRIP_ROWS_PX);
    plan.ring_strips = ring_strips_of(&plan, input->threads);
    estimate_memory(&plan, input->threads);
    *plan_out = plan;
    return TESS_OK;
}

void plan_widen(struct plan *plan, uint32_t cells, uint64_t most_bytes)
{
    const uint64_t strip_bytes =
        picture_bytes(plan->layout, (plan->width_px + 15) / 16 * 16, PLAN_STRIP_ROWS_PX);
    const uint64_t pitch = (uint64_t)plan->tile_height_px + plan->label_height_px + plan->gap_px;
    uint64_t strips =
        divide_up((divide_up(cells, plan->columns) + 1) * pitch + plan->title_height_px, PLAN_STRIP_ROWS_PX);
    const uint64_t room =
        plan->canvas_bytes < most_bytes ? (most_bytes - plan->canvas_bytes) / strip_bytes : 0;
    if (strips > plan->ring_strips + room)
        strips = plan->ring_strips + room;
    if (strips > plan->strip_count)
        strips = plan->strip_count;
    if (strips <= plan->ring_strips)
        return;
    const uint64_t more_bytes = (strips - plan->ring_strips) * strip_bytes;
    plan->ring_strips = (uint32_t)strips;
    plan->canvas_bytes += more_bytes;
    plan->memory_bytes += more_bytes;
}

uint64_t plan_page_capacity(const struct tess_grid_options *options, uint64_t images)
{
    uint64_t cells = (uint64_t)options->columns * options->rows;
    return cells && cells < images ? cells : images;
}

struct tess_rect plan_block_rect(const struct plan *plan, uint32_t cell)
{
    uint32_t column = cell % plan->columns, row = cell / plan->columns;
    uint32_t height = plan->tile_height_px + plan->label_height_px;
    return (struct tess_rect){.x_px = plan->margin_px + column * (plan->tile_width_px + plan->gap_px),
                              .y_px = plan->margin_px + plan->title_height_px + row * (height + plan->gap_px),
                              .width_px = plan->tile_width_px,
                              .height_px = height};
}

struct tess_rect plan_cell_rect(const struct plan *plan, uint32_t cell)
{
    struct tess_rect rect = plan_block_rect(plan, cell);
    rect.height_px = plan->tile_height_px;
    return rect;
}

struct tess_rect plan_title_rect(const struct plan *plan)
{
    return (struct tess_rect){.x_px = plan->margin_px,
                              .y_px = plan->margin_px,
                              .width_px = plan->width_px - 2 * plan->margin_px,
                              .height_px = plan->title_height_px};
}
