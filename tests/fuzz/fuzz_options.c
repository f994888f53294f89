// SPDX-License-Identifier: MIT
/* Options as a command line, a query or a JSON request names them: lines of "name=value". */
#include "fuzz.h"

#include <tessera/options.h>

static void check_grid_options(const struct tess_grid_options *options)
{
    FUZZ_ASSERT(options->tile_width_px > 0 && options->tile_height_px > 0);
    FUZZ_ASSERT(options->quality >= 1 && options->quality <= 100);
    FUZZ_ASSERT(options->expires_s >= 1 && options->expires_s <= 604800);
    FUZZ_ASSERT(options->fit <= TESS_FIT_FILL && options->gravity <= TESS_GRAVITY_ENTROPY);
    FUZZ_ASSERT(options->order <= TESS_ORDER_ADDED && options->format <= TESS_FORMAT_TIFF);
    FUZZ_ASSERT(memchr(options->label, 0, sizeof options->label) &&
                memchr(options->title, 0, sizeof options->title));
}

static void set_one(struct tess_grid_options *options, struct tess_limits *limits, const char *name,
                    const char *value)
{
    struct tess_grid_options options_before;
    struct tess_limits limits_before;
    struct tess_error error = {.status = TESS_OK};
    memcpy(&options_before, options, sizeof options_before);
    memcpy(&limits_before, limits, sizeof limits_before);

    enum tess_status status = tess_grid_options_set(options, name, value, &error);
    FUZZ_ASSERT(status == TESS_OK || status == TESS_ERR_NOT_FOUND || status == TESS_ERR_INVALID ||
                status == TESS_ERR_LIMIT);
    if (status != TESS_OK) {
        FUZZ_ASSERT(memcmp(&options_before, options, sizeof options_before) == 0);
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
        FUZZ_ASSERT((status == TESS_ERR_LIMIT) == (error.limit[0] != '\0'));
    }
    check_grid_options(options);

    status = tess_limits_set(limits, name, value, &error);
    FUZZ_ASSERT(status == TESS_OK || memcmp(&limits_before, limits, sizeof limits_before) == 0);
    uint64_t bytes = 0;
    (void)tess_parse_size(value, &bytes, &error);
    (void)tess_parse_size(value, &bytes, NULL);
    enum tess_format format = tess_format_of_name(value);
    FUZZ_ASSERT(tess_format_extension(format) && tess_format_media_type(format));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tess_grid_options options;
    struct tess_limits limits;
    memset(&options, 0, sizeof options);
    memset(&limits, 0, sizeof limits);
    tess_grid_options_defaults(&options);
    tess_limits_defaults(&limits);
    check_grid_options(&options);
    char *text = fuzz_text(data, size);
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');
        if (value)
            *value++ = '\0';
        set_one(&options, &limits, line, value ? value : "");
    }
    free(text);
    return 0;
}
