// SPDX-License-Identifier: MIT
/*
 * What one photo costs in each stage, by itself: one thread, warm caches, medians in milliseconds of
 * processor time per photo.
 *
 *     bench-stages --tile 256 --denominator 4 [--repeats 9] PHOTO…
 *     {"tile":256,"denominator":4,"reader":"turbo","photos":8,"repeats":9,"decode_ms":…,"resample_ms":…,
 *      "cell_ms":…,"place_ms":…,"encode_ms":…}
 *
 * decode is the JPEG reader alone at the scale given, resample the three planes of a 4:2:0 cell, cell both as
 * the product does them (it picks the scale itself: cell = decode + resample shows that it picked this one),
 * place the copy into the canvas, encode the strips of a row of all the photos' cells.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "image/jpeg_cell.h"
#include "image/jpeg_strip.h"
#include "image/resample.h"

enum { MAX_FILE_BYTES = 1 << 28, MAX_REPEATS = 1000, MAX_PHOTOS = 64, MAX_TILE_PX = 8192, QUALITY = 80 };

enum stage { STAGE_DECODE, STAGE_RESAMPLE, STAGE_CELL, STAGE_PLACE, STAGE_ENCODE, STAGE_COUNT };

static const char *const stage_names[STAGE_COUNT] = {"decode", "resample", "cell", "place", "encode"};

struct parameters {
    uint32_t tile_px, denominator;
    size_t repeats, photo_count;
    char **paths;
};

struct bench {
    struct parameters parameters;
    struct picture *strips; /* the canvas: one row of cells */
    uint32_t strip_count;
    struct colour_profiles *profiles;
    const char *reader_name;
    double *samples[STAGE_COUNT]; /* room for repeats × photo_count of each */
    size_t sample_count[STAGE_COUNT];
    struct tess_error error;
};

/* Processor time of this thread: what others do on the machine does not count. */
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Notes that `stage` took from `start_ms` until now. */
static void note(struct bench *bench, enum stage stage, double start_ms, size_t shared_by)
{
    bench->samples[stage][bench->sample_count[stage]++] = (now_ms() - start_ms) / (double)shared_by;
}

static enum tess_status resample_one(const struct jpeg_plane *plane, const struct fit *fit,
                                     const struct plane *target, struct tess_error *error)
{
    const struct resample_span across = {fit->crop_x * plane->scale_x, fit->crop_width * plane->scale_x,
                                         plane->origin_x_px, plane->origin_x_px + plane->width_px};
    const struct resample_span down = {fit->crop_y * plane->scale_y, fit->crop_height * plane->scale_y,
                                       plane->origin_y_px, plane->origin_y_px + plane->height_px};
    const uint8_t *source = plane->data - plane->origin_y_px * plane->stride_bytes - plane->origin_x_px;
    struct resample_axis horizontal = {0}, vertical = {0};
    enum tess_status status = resample_axis_init(&horizontal, &across, target->width_px, error);
    if (status == TESS_OK)
        status = resample_axis_init(&vertical, &down, target->height_px, error);
    if (status == TESS_OK)
        status = resample_plane(source, plane->stride_bytes, &horizontal, &vertical, target->data,
                                target->stride_bytes, NULL, error);
    resample_axis_clear(&horizontal);
    resample_axis_clear(&vertical);
    return status;
}

/* Decode and resample apart from each other. Photos are taken as upright. */
static enum tess_status time_parts(struct bench *bench, const struct jpeg_cell *cell)
{
    const uint32_t tile = bench->parameters.tile_px;
    const struct fit *fit = &cell->fit;
    const struct jpeg_request request = {
        .bytes = cell->bytes,
        .size_bytes = cell->size_bytes,
        .header = cell->header,
        .denominator = bench->parameters.denominator,
        .x0_px = (uint32_t)fit->crop_x,
        .y0_px = (uint32_t)fit->crop_y,
        .x1_px = (uint32_t)(fit->crop_x + fit->crop_width),
        .y1_px = (uint32_t)(fit->crop_y + fit->crop_height),
    };
    const struct jpeg_reader *reader = jpeg_reader_for(&request);
    struct jpeg_planes planes = {0};
    struct picture part = {0};
    bench->reader_name = reader->name;
    enum tess_status status = picture_init(&part, PICTURE_YCC420, tile, tile, &bench->error);
    if (status != TESS_OK)
        return status;
    double start_ms = now_ms();
    status = reader->read(&request, &planes, &bench->error);
    note(bench, STAGE_DECODE, start_ms, 1);
    start_ms = now_ms();
    for (uint32_t i = 0; status == TESS_OK && i < planes.count && i < part.plane_count; i++)
        status = resample_one(&planes.planes[i], fit, &part.planes[i], &bench->error);
    note(bench, STAGE_RESAMPLE, start_ms, 1);
    jpeg_planes_clear(&planes);
    picture_clear(&part);
    return status;
}

/* Copies a cell into the strips that it touches. */
static void place(struct bench *bench, const struct picture *part, uint32_t x_px)
{
    for (uint32_t i = 0; i < bench->strip_count; i++) {
        const uint32_t top = i * JPEG_STRIP_ROWS_PX;
        const uint32_t left = part->height_px - top;
        const uint32_t rows = left < JPEG_STRIP_ROWS_PX ? left : JPEG_STRIP_ROWS_PX;
        const struct picture view = picture_view(part, 0, top, part->width_px, rows);
        picture_blit(&view, &bench->strips[i], x_px, 0);
    }
}

static enum tess_status time_cell(struct bench *bench, const struct jpeg_cell *cell, uint32_t x_px)
{
    struct picture part = {0};
    double start_ms = now_ms();
    enum tess_status status = jpeg_cell_render(cell, &part, &bench->error);
    note(bench, STAGE_CELL, start_ms, 1);
    if (status != TESS_OK)
        return status;
    if (part.layout == PICTURE_YCC420) {
        start_ms = now_ms();
        place(bench, &part, x_px);
        note(bench, STAGE_PLACE, start_ms, 1);
    }
    picture_clear(&part);
    return TESS_OK;
}

static enum tess_status time_photo(struct bench *bench, size_t index)
{
    const uint32_t tile = bench->parameters.tile_px;
    const struct jpeg_limits limits = {.max_pixels = 100000000, .max_scans = 100};
    const struct fit_request request = {.cell_width_px = tile, .cell_height_px = tile, .fit = TESS_FIT_COVER};
    struct bytes file = {0};
    struct jpeg_header header = {0};
    enum tess_status status = file_read(bench->parameters.paths[index], MAX_FILE_BYTES, &file, &bench->error);
    if (status != TESS_OK)
        return status;
    status = jpeg_header_read(file.data, file.size, &limits, &header, &bench->error);
    struct jpeg_cell cell = {.bytes = file.data,
                             .size_bytes = file.size,
                             .header = &header,
                             .resample = TESS_RESAMPLE_GOOD,
                             .layout = PICTURE_YCC420,
                             .profiles = bench->profiles};
    if (status == TESS_OK) {
        fit_compute(header.width_px, header.height_px, &request, &cell.fit);
        status = time_parts(bench, &cell);
    }
    if (status == TESS_OK)
        status = time_cell(bench, &cell, (uint32_t)index * tile);
    jpeg_header_clear(&header);
    bytes_clear(&file);
    return status;
}

static enum tess_status time_encode(struct bench *bench)
{
    const struct parameters *parameters = &bench->parameters;
    enum tess_status status = TESS_OK;
    const double start_ms = now_ms();
    for (uint32_t i = 0; status == TESS_OK && i < bench->strip_count; i++) {
        const uint32_t left = parameters->tile_px - i * JPEG_STRIP_ROWS_PX;
        const struct jpeg_strip strip = {.pixels = &bench->strips[i],
                                         .width_px = (uint32_t)parameters->photo_count * parameters->tile_px,
                                         .height_px = left < JPEG_STRIP_ROWS_PX ? left : JPEG_STRIP_ROWS_PX,
                                         .index = i,
                                         .count = bench->strip_count,
                                         .whole_height_px = parameters->tile_px,
                                         .quality = QUALITY};
        uint8_t *data = NULL;
        size_t size = 0;
        status = jpeg_strip_encode(&strip, &data, &size, &bench->error);
        free(data);
    }
    note(bench, STAGE_ENCODE, start_ms, parameters->photo_count);
    return status;
}

static enum tess_status bench_init(struct bench *bench, const struct parameters *parameters)
{
    const uint32_t width = (uint32_t)parameters->photo_count * parameters->tile_px;
    const uint32_t padded = (width + JPEG_STRIP_ALIGN_PX - 1) / JPEG_STRIP_ALIGN_PX * JPEG_STRIP_ALIGN_PX;
    *bench = (struct bench){.parameters = *parameters, .reader_name = ""};
    bench->strip_count = (parameters->tile_px + JPEG_STRIP_ROWS_PX - 1) / JPEG_STRIP_ROWS_PX;
    bench->strips = calloc(bench->strip_count, sizeof *bench->strips);
    bench->profiles = colour_profiles_create();
    bool complete = bench->strips && bench->profiles;
    for (int i = 0; i < STAGE_COUNT; i++) {
        bench->samples[i] = calloc(parameters->repeats * parameters->photo_count, sizeof(double));
        complete = complete && bench->samples[i];
    }
    enum tess_status status = complete ? TESS_OK : TESS_ERR_MEMORY;
    for (uint32_t i = 0; status == TESS_OK && i < bench->strip_count; i++)
        status = picture_init(&bench->strips[i], PICTURE_YCC420, padded, JPEG_STRIP_ROWS_PX, &bench->error);
    return status;
}

static void bench_clear(struct bench *bench)
{
    for (uint32_t i = 0; bench->strips && i < bench->strip_count; i++)
        picture_clear(&bench->strips[i]);
    free(bench->strips);
    for (int i = 0; i < STAGE_COUNT; i++)
        free(bench->samples[i]);
    if (bench->profiles)
        colour_profiles_destroy(bench->profiles);
}

static int compare_doubles(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return count == 0 ? 0 : (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void report(struct bench *bench)
{
    const struct parameters *parameters = &bench->parameters;
    printf("{\"tile\":%u,\"denominator\":%u,\"reader\":\"%s\",\"photos\":%zu,\"repeats\":%zu",
           parameters->tile_px, parameters->denominator, bench->reader_name, parameters->photo_count,
           parameters->repeats);
    for (int i = 0; i < STAGE_COUNT; i++)
        printf(",\"%s_ms\":%.4f", stage_names[i], median(bench->samples[i], bench->sample_count[i]));
    puts("}");
}

static bool parse_arguments(int argc, char **argv, struct parameters *parameters)
{
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        const unsigned long value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--tile") == 0)
            parameters->tile_px = (uint32_t)value & ~UINT32_C(1); /* 4:2:0 cells start at even columns */
        else if (strcmp(argv[i], "--denominator") == 0)
            parameters->denominator = (uint32_t)value;
        else if (strcmp(argv[i], "--repeats") == 0)
            parameters->repeats = value;
        else
            return false;
    }
    parameters->paths = argv + i;
    parameters->photo_count = (size_t)(argc - i);
    return argc - i > 0 && argc - i <= MAX_PHOTOS && parameters->tile_px > 0 &&
           parameters->tile_px <= MAX_TILE_PX && parameters->denominator > 0 &&
           parameters->denominator <= 8 && parameters->repeats > 0 && parameters->repeats <= MAX_REPEATS;
}

int main(int argc, char **argv)
{
    struct parameters parameters = {.tile_px = 256, .denominator = 4, .repeats = 9};
    if (!parse_arguments(argc, argv, &parameters)) {
        fputs("usage: bench-stages [--tile N] [--denominator 1|2|4|8] [--repeats N] PHOTO…\n", stderr);
        return 2;
    }
    struct bench bench;
    enum tess_status status = bench_init(&bench, &parameters);
    for (size_t repeat = 0; status == TESS_OK && repeat < parameters.repeats; repeat++) {
        for (size_t i = 0; status == TESS_OK && i < parameters.photo_count; i++)
            status = time_photo(&bench, i);
        if (status == TESS_OK)
            status = time_encode(&bench);
    }
    if (status == TESS_OK)
        report(&bench);
    else
        fprintf(stderr, "bench-stages: %s\n", bench.error.message);
    bench_clear(&bench);
    return status == TESS_OK ? 0 : 1;
}
