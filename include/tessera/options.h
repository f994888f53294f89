// SPDX-License-Identifier: MIT
/*
 * What a grid should look like, and what is never allowed.
 *
 * Both structs are plain values: set them up with their `_defaults` function, change what you want, copy them
 * at will. Nothing in them points anywhere. One option has one name everywhere (command line, HTTP query,
 * JSON request), and tess_grid_options_set() is the one parser behind all three.
 */
#ifndef TESSERA_OPTIONS_H
#define TESSERA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

enum tess_fit {
    TESS_FIT_COVER,   /* cut to the cell's shape, then scale: the cell is full */
    TESS_FIT_CONTAIN, /* the whole image, background around it */
    TESS_FIT_FILL     /* stretched to the cell */
};

enum tess_gravity {
    TESS_GRAVITY_CENTRE,
    TESS_GRAVITY_NORTH,
    TESS_GRAVITY_NORTH_EAST,
    TESS_GRAVITY_EAST,
    TESS_GRAVITY_SOUTH_EAST,
    TESS_GRAVITY_SOUTH,
    TESS_GRAVITY_SOUTH_WEST,
    TESS_GRAVITY_WEST,
    TESS_GRAVITY_NORTH_WEST,
    TESS_GRAVITY_ATTENTION, /* libvips smartcrop: what draws the eye */
    TESS_GRAVITY_ENTROPY    /* libvips smartcrop: where the detail is */
};

enum tess_order {
    TESS_ORDER_DEFAULT, /* key-desc for a grid id, given for named files */
    TESS_ORDER_GIVEN,
    TESS_ORDER_KEY,
    TESS_ORDER_KEY_DESC,
    TESS_ORDER_ADDED
};

enum tess_format {
    TESS_FORMAT_AUTO, /* by the output's name; JPEG where there is none */
    TESS_FORMAT_JPEG,
    TESS_FORMAT_PNG,
    TESS_FORMAT_WEBP,
    TESS_FORMAT_AVIF,
    TESS_FORMAT_TIFF
};

enum tess_resample {
    TESS_RESAMPLE_GOOD, /* PSNR of 40 dB or more against a full-size Lanczos 3 */
    TESS_RESAMPLE_FAST  /* decodes at the smallest scale that is not below the cell's size */
};

struct tess_colour {
    uint8_t red, green, blue; /* sRGB */
};

enum { TESS_TEXT_MAX_BYTES = 512 };

struct tess_grid_options {
    uint32_t tile_width_px;  /* default 100 */
    uint32_t tile_height_px; /* default 100 */
    uint32_t columns;        /* 0 (default): floor(sqrt(n)) */
    uint32_t rows;           /* 0 (default): ceil(n / columns) */
    uint32_t gap_px;         /* between cells, default 0 */
    uint32_t margin_px;      /* around the whole, default 0 */
    enum tess_fit fit;
    enum tess_gravity gravity;
    enum tess_order order;
    enum tess_format format;
    enum tess_resample resample;
    struct tess_colour background;   /* default black */
    uint8_t quality;                 /* 1..100, default 80; JPEG, WebP and AVIF */
    bool no_enlarge;                 /* contain only: small images keep their size */
    bool strict;                     /* a bad image fails the grid instead of leaving a placeholder */
    bool fresh;                      /* rebuild a grid that the store already holds */
    uint32_t expires_s;              /* life of the presigned link, 1..604800, default 300 */
    char label[TESS_TEXT_MAX_BYTES]; /* caption below each tile; "" none; %f file name, %n number, %% a per
                                        cent sign */
    char title[TESS_TEXT_MAX_BYTES]; /* heading above the grid; "" none */
};

/* Hard limits. Each is checked before the work that would exceed it; its name is what tess_error.limit
 * reports. */
struct tess_limits {
    uint64_t max_input_pixels; /* "max-pixels", default 100,000,000 */
    uint64_t max_input_bytes;  /* "max-bytes", default 64 MiB */
    uint32_t max_cells;        /* "max-cells", default 10,000 */
    uint32_t max_scans;        /* "max-scans", default 100: scans of a progressive JPEG */
    uint32_t timeout_ms;       /* "timeout", default 0 for a command, 30,000 per service request; 0: none */
};

TESS_API void tess_grid_options_defaults(struct tess_grid_options *options);
TESS_API void tess_limits_defaults(struct tess_limits *limits);

/* What help texts, completions and parsers need to know of one option. Static storage. */
struct tess_option_info {
    const char *name;     /* "tile", as tess_grid_options_set() takes it */
    const char *argument; /* what its value looks like, "N|WxH"; NULL for a flag */
    const char *choices;  /* the words it takes, "cover, contain, fill"; NULL where it takes others */
    const char *summary;  /* one line with unit and default */
};

/* The grid options, and the limits, one by one in the order that help shows them; NULL past the last. */
TESS_API const struct tess_option_info *tess_grid_option_info(size_t index);
TESS_API const struct tess_option_info *tess_limit_info(size_t index);

/*
 * Sets one option by its command-line name without the dashes ("tile", "gap", "background"), from text. Flags
 * take "1", "true", "yes" or "" for true and "0", "false", "no" for false. On failure `options` is unchanged
 * and `error` (may be NULL) says what would have been right, beginning with the option's name. Returns
 * TESS_OK; TESS_ERR_NOT_FOUND when there is no such option; TESS_ERR_INVALID or TESS_ERR_LIMIT for its value.
 * Thread-safe for distinct `options`.
 */
TESS_API enum tess_status tess_grid_options_set(struct tess_grid_options *options, const char *name,
                                                const char *value, struct tess_error *error);

/*
 * As above for limits ("max-pixels", "max-bytes", "max-cells", "max-scans", "timeout"). "max-bytes" takes K,
 * M and G as powers of 1024, "max-pixels" as powers of 1000; "timeout" is in seconds ("30", "1.5") or
 * "500ms".
 */
TESS_API enum tess_status tess_limits_set(struct tess_limits *limits, const char *name, const char *value,
                                          struct tess_error *error);

/* Parses "123", "64K", "256M", "2G" (powers of 1024) into bytes. TESS_ERR_INVALID otherwise. */
TESS_API enum tess_status tess_parse_size(const char *text, uint64_t *bytes_out, struct tess_error *error);

/* The format named by a file name's ending, TESS_FORMAT_AUTO where it names none. Thread-safe. */
TESS_API enum tess_format tess_format_of_name(const char *file_name);

/* "jpg", "png", "webp", "avif", "tif" and their media types ("image/jpeg"). Static storage. AUTO counts as
 * JPEG. */
TESS_API const char *tess_format_extension(enum tess_format format);
TESS_API const char *tess_format_media_type(enum tess_format format);

#endif
