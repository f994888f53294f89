// SPDX-License-Identifier: MIT
/*
 * The options of a grid and the limits: one table each, behind the command line, the HTTP query and the JSON
 * request alike.
 *
 * A row says what an option is called, what it looks like in a help text, how its text is read, and where in
 * the struct its value lies. Adding an option is adding a field and a row.
 */
#include <string.h>

#include "base/error.h"
#include "engine/option_values.h"

enum kind {
    KIND_TILE,     /* two uint32_t, width first */
    KIND_NUMBER,   /* uint32_t */
    KIND_BYTE,     /* uint8_t */
    KIND_CHOICE,   /* an enum */
    KIND_FLAG,     /* bool */
    KIND_COLOUR,   /* struct tess_colour */
    KIND_TEXT,     /* char[TESS_TEXT_MAX_BYTES] */
    KIND_LABEL,    /* the same with %f, %n and %% */
    KIND_BYTES,    /* uint64_t; K, M, G of 1024 */
    KIND_PIXELS,   /* uint64_t; K, M, G of 1000 */
    KIND_DURATION, /* uint32_t, milliseconds */
};

struct option {
    struct tess_option_info info;
    enum kind kind;
    size_t offset;
    struct value_range range;
    const struct value_choice *choices;
};

/* Enums are written through an unsigned. */
_Static_assert(sizeof(enum tess_fit) == sizeof(unsigned) && sizeof(enum tess_gravity) == sizeof(unsigned) &&
                   sizeof(enum tess_order) == sizeof(unsigned) &&
                   sizeof(enum tess_format) == sizeof(unsigned) &&
                   sizeof(enum tess_resample) == sizeof(unsigned),
               "enums of another size need their own kind");
_Static_assert(offsetof(struct tess_grid_options, tile_height_px) ==
                   offsetof(struct tess_grid_options, tile_width_px) + sizeof(uint32_t),
               "KIND_TILE writes the height behind the width");

enum {
    MAX_SIDE_PX = 65500, /* libjpeg's real limit, and more than any other format allows us */
    MAX_EXPIRES_S = 604800,
    MAX_QUALITY = 100,
};

static const struct value_choice fit_choices[] = {
    {"cover", TESS_FIT_COVER}, {"contain", TESS_FIT_CONTAIN}, {"fill", TESS_FIT_FILL}, {NULL, 0}};

static const struct value_choice gravity_choices[] = {{"centre", TESS_GRAVITY_CENTRE},
                                                      {"center", TESS_GRAVITY_CENTRE},
                                                      {"north", TESS_GRAVITY_NORTH},
                                                      {"top", TESS_GRAVITY_NORTH},
                                                      {"north-east", TESS_GRAVITY_NORTH_EAST},
                                                      {"east", TESS_GRAVITY_EAST},
                                                      {"right", TESS_GRAVITY_EAST},
                                                      {"south-east", TESS_GRAVITY_SOUTH_EAST},
                                                      {"south", TESS_GRAVITY_SOUTH},
                                                      {"bottom", TESS_GRAVITY_SOUTH},
                                                      {"south-west", TESS_GRAVITY_SOUTH_WEST},
                                                      {"west", TESS_GRAVITY_WEST},
                                                      {"left", TESS_GRAVITY_WEST},
                                                      {"north-west", TESS_GRAVITY_NORTH_WEST},
                                                      {"attention", TESS_GRAVITY_ATTENTION},
                                                      {"entropy", TESS_GRAVITY_ENTROPY},
                                                      {NULL, 0}};

static const struct value_choice order_choices[] = {{"key", TESS_ORDER_KEY},
                                                    {"key-desc", TESS_ORDER_KEY_DESC},
                                                    {"added", TESS_ORDER_ADDED},
                                                    {"given", TESS_ORDER_GIVEN},
                                                    {NULL, 0}};

static const struct value_choice format_choices[] = {
    {"jpeg", TESS_FORMAT_JPEG}, {"jpg", TESS_FORMAT_JPEG},  {"png", TESS_FORMAT_PNG},
    {"webp", TESS_FORMAT_WEBP}, {"avif", TESS_FORMAT_AVIF}, {"tiff", TESS_FORMAT_TIFF},
    {"tif", TESS_FORMAT_TIFF},  {"auto", TESS_FORMAT_AUTO}, {NULL, 0}};

static const struct value_choice resample_choices[] = {
    {"good", TESS_RESAMPLE_GOOD}, {"fast", TESS_RESAMPLE_FAST}, {NULL, 0}};

#define GRID(field) offsetof(struct tess_grid_options, field)

static const struct option grid_options[] = {
    {{"tile", "N|WxH", NULL, "size of each cell in pixels, default 100"},
     KIND_TILE,
     GRID(tile_width_px),
     {1, MAX_SIDE_PX},
     NULL},
    {{"columns", "N", NULL, "cells in a row, default floor(sqrt(images))"},
     KIND_NUMBER,
     GRID(columns),
     {1, MAX_SIDE_PX},
     NULL},
    {{"rows", "N", NULL, "rows of cells, default as many as it takes"},
     KIND_NUMBER,
     GRID(rows),
     {1, MAX_SIDE_PX},
     NULL},
    {{"gap", "N", NULL, "pixels between cells, default 0"},
     KIND_NUMBER,
     GRID(gap_px),
     {0, MAX_SIDE_PX},
     NULL},
    {{"margin", "N", NULL, "pixels around the whole, default 0"},
     KIND_NUMBER,
     GRID(margin_px),
     {0, MAX_SIDE_PX},
     NULL},
    {{"fit", "HOW", "cover, contain, fill", "cut to fill the cell (default), whole image, or stretched"},
     KIND_CHOICE,
     GRID(fit),
     {0, 0},
     fit_choices},
    {{"gravity", "WHERE",
      "centre, north, north-east, east, south-east, south, south-west, west, north-west, attention, entropy",
      "what to keep when cutting, default centre"},
     KIND_CHOICE,
     GRID(gravity),
     {0, 0},
     gravity_choices},
    {{"order", "ORDER", "key, key-desc, added, given", "order of the cells"},
     KIND_CHOICE,
     GRID(order),
     {0, 0},
     order_choices},
    {{"background", "COLOUR", NULL, "CSS name or #rrggbb behind and between images, default black"},
     KIND_COLOUR,
     GRID(background),
     {0, 0},
     NULL},
    {{"label", "TEXT", NULL, "caption below each cell: %f file name, %n number, %% per cent sign"},
     KIND_LABEL,
     GRID(label),
     {0, 0},
     NULL},
    {{"title", "TEXT", NULL, "heading above the grid"}, KIND_TEXT, GRID(title), {0, 0}, NULL},
    {{"format", "FORMAT", "jpeg, png, webp, avif, tiff", "default by the output's name, else jpeg"},
     KIND_CHOICE,
     GRID(format),
     {0, 0},
     format_choices},
    {{"quality", "N", NULL, "1 to 100 for JPEG, WebP and AVIF, default 80"},
     KIND_BYTE,
     GRID(quality),
     {1, MAX_QUALITY},
     NULL},
    {{"resample", "HOW", "good, fast", "good (default), or fast at some loss of sharpness"},
     KIND_CHOICE,
     GRID(resample),
     {0, 0},
     resample_choices},
    {{"no-enlarge", NULL, NULL, "with --fit contain: leave small images small"},
     KIND_FLAG,
     GRID(no_enlarge),
     {0, 0},
     NULL},
    {{"strict", NULL, NULL, "fail on a bad image instead of leaving a placeholder"},
     KIND_FLAG,
     GRID(strict),
     {0, 0},
     NULL},
    {{"fresh", NULL, NULL, "build anew although the store holds the grid"},
     KIND_FLAG,
     GRID(fresh),
     {0, 0},
     NULL},
    {{"expires", "SECONDS", NULL, "life of the link, 1 to 604800, default 300"},
     KIND_NUMBER,
     GRID(expires_s),
     {1, MAX_EXPIRES_S},
     NULL},
};

#define LIMIT(field) offsetof(struct tess_limits, field)

static const struct option limit_options[] = {
    {{"max-pixels", "N[K|M|G]", NULL, "pixels of one input, default 100M (K, M, G are powers of 1000)"},
     KIND_PIXELS,
     LIMIT(max_input_pixels),
     {1, UINT32_MAX},
     NULL},
    {{"max-bytes", "N[K|M|G]", NULL, "bytes of one input, default 64M (K, M, G are powers of 1024)"},
     KIND_BYTES,
     LIMIT(max_input_bytes),
     {1, UINT32_MAX},
     NULL},
    {{"max-cells", "N", NULL, "cells of one grid, default 10000"},
     KIND_NUMBER,
     LIMIT(max_cells),
     {1, 10000000},
     NULL},
    {{"max-scans", "N", NULL, "scans of a progressive JPEG, default 100"},
     KIND_NUMBER,
     LIMIT(max_scans),
     {1, 1000000},
     NULL},
    {{"timeout", "SECONDS", NULL, "give up after this long; default 0: never (tessera serve: 30)"},
     KIND_DURATION,
     LIMIT(timeout_ms),
     {0, UINT32_MAX},
     NULL},
};

enum {
    GRID_OPTION_COUNT = sizeof grid_options / sizeof *grid_options,
    LIMIT_OPTION_COUNT = sizeof limit_options / sizeof *limit_options
};

void tess_grid_options_defaults(struct tess_grid_options *options)
{
    *options = (struct tess_grid_options){
        .tile_width_px = 100, .tile_height_px = 100, .quality = 80, .expires_s = 300};
}

void tess_limits_defaults(struct tess_limits *limits)
{
    *limits = (struct tess_limits){.max_input_pixels = 100000000,
                                   .max_input_bytes = 64u << 20,
                                   .max_cells = 10000,
                                   .max_scans = 100,
                                   .timeout_ms = 0};
}

const struct tess_option_info *tess_grid_option_info(size_t index)
{
    return index < GRID_OPTION_COUNT ? &grid_options[index].info : NULL;
}

const struct tess_option_info *tess_limit_info(size_t index)
{
    return index < LIMIT_OPTION_COUNT ? &limit_options[index].info : NULL;
}

static enum tess_status set_number(const struct option *option, const char *value, void *field,
                                   struct tess_error *error)
{
    const char *name = option->info.name;
    uint64_t number = 0;
    enum tess_status status = option->kind == KIND_DURATION
                                  ? value_duration_ms(name, value, option->range, &number, error)
                                  : value_number(name, value, option->range, &number, error);
    if (status != TESS_OK)
        return status;
    if (option->kind == KIND_BYTE)
        *(uint8_t *)field = (uint8_t)number;
    else
        *(uint32_t *)field = (uint32_t)number;
    return TESS_OK;
}

/* A per cent sign in a label begins %f, %n or %%: anything else is a slip that would be drawn 10,000 times.
 */
static enum tess_status set_label(const struct option *option, const char *value, char *field,
                                  struct tess_error *error)
{
    for (const char *sign = strchr(value, '%'); sign; sign = strchr(sign + 2, '%')) {
        if (sign[1] != 'f' && sign[1] != 'n' && sign[1] != '%')
            return error_set(
                error, TESS_ERR_INVALID,
                "%s: \"%s\" has a %% without f, n or %% after it, write %%%% for a per cent sign",
                option->info.name, value_quote(value).text);
    }
    return value_text(option->info.name, value, field, TESS_TEXT_MAX_BYTES, error);
}

/* Writes the field only when the value is good. */
static enum tess_status set_field(const struct option *option, const char *value, void *field,
                                  struct tess_error *error)
{
    const char *name = option->info.name;
    switch (option->kind) {
    case KIND_TILE:
        return value_tile(name, value, option->range, field, (uint32_t *)field + 1, error);
    case KIND_NUMBER:
    case KIND_BYTE:
    case KIND_DURATION:
        return set_number(option, value, field, error);
    case KIND_CHOICE:
        return value_choose(name, value, option->choices, option->info.choices, field, error);
    case KIND_FLAG:
        return value_flag(name, value, field, error);
    case KIND_COLOUR:
        return value_colour(name, value, field, error);
    case KIND_TEXT:
        return value_text(name, value, field, TESS_TEXT_MAX_BYTES, error);
    case KIND_LABEL:
        return set_label(option, value, field, error);
    case KIND_BYTES:
        return value_scaled(name, value, 1024, option->range, field, error);
    case KIND_PIXELS:
        return value_scaled(name, value, 1000, option->range, field, error);
    }
    return error_set(error, TESS_ERR_INTERNAL, "%s: no such kind of option", name);
}

static enum tess_status set_by_name(const struct option *options, size_t count, void *values,
                                    const char *name, const char *value, struct tess_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].info.name, name) == 0)
            return set_field(&options[i], value, (char *)values + options[i].offset, error);
    }
    return error_set(error, TESS_ERR_NOT_FOUND, "%s: no such option", value_quote(name).text);
}

enum tess_status tess_grid_options_set(struct tess_grid_options *options, const char *name, const char *value,
                                       struct tess_error *error)
{
    return set_by_name(grid_options, GRID_OPTION_COUNT, options, name, value, error);
}

enum tess_status tess_limits_set(struct tess_limits *limits, const char *name, const char *value,
                                 struct tess_error *error)
{
    return set_by_name(limit_options, LIMIT_OPTION_COUNT, limits, name, value, error);
}

enum tess_status tess_parse_size(const char *text, uint64_t *bytes_out, struct tess_error *error)
{
    return value_scaled("size", text, 1024, (struct value_range){0, UINT64_MAX - 1}, bytes_out, error);
}

static bool ends_with(const char *text, size_t length, const char *ending)
{
    size_t ending_length = strlen(ending);
    if (length <= ending_length || text[length - ending_length - 1] != '.')
        return false;
    for (size_t i = 0; i < ending_length; i++) {
        char c = text[length - ending_length + i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != ending[i])
            return false;
    }
    return true;
}

enum tess_format tess_format_of_name(const char *file_name)
{
    static const struct value_choice endings[] = {
        {"jpg", TESS_FORMAT_JPEG},  {"jpeg", TESS_FORMAT_JPEG}, {"jpe", TESS_FORMAT_JPEG},
        {"jfif", TESS_FORMAT_JPEG}, {"png", TESS_FORMAT_PNG},   {"webp", TESS_FORMAT_WEBP},
        {"avif", TESS_FORMAT_AVIF}, {"tif", TESS_FORMAT_TIFF},  {"tiff", TESS_FORMAT_TIFF}};
    size_t length = strlen(file_name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (ends_with(file_name, length, endings[i].name))
            return (enum tess_format)endings[i].value;
    }
    return TESS_FORMAT_AUTO;
}

const char *tess_format_extension(enum tess_format format)
{
    switch (format) {
    case TESS_FORMAT_AUTO:
    case TESS_FORMAT_JPEG:
        return "jpg";
    case TESS_FORMAT_PNG:
        return "png";
    case TESS_FORMAT_WEBP:
        return "webp";
    case TESS_FORMAT_AVIF:
        return "avif";
    case TESS_FORMAT_TIFF:
        return "tif";
    }
    return "jpg";
}

const char *tess_format_media_type(enum tess_format format)
{
    switch (format) {
    case TESS_FORMAT_AUTO:
    case TESS_FORMAT_JPEG:
        return "image/jpeg";
    case TESS_FORMAT_PNG:
        return "image/png";
    case TESS_FORMAT_WEBP:
        return "image/webp";
    case TESS_FORMAT_AVIF:
        return "image/avif";
    case TESS_FORMAT_TIFF:
        return "image/tiff";
    }
    return "image/jpeg";
}
