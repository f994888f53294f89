// SPDX-License-Identifier: MIT
#include "engine/grid_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "net/digest.h"

/* Raise it when the same options begin to give other pixels: grids that were stored before are then built
 * anew. */
enum { RENDERING_VERSION = 2, KEY_HEX_DIGITS = 40 };

/* What an option is called in keys, for good: neither the order of an enum nor the words that users give
 * decide a key. */
static const char *const format_names[] = {
    [TESS_FORMAT_AUTO] = "auto", [TESS_FORMAT_JPEG] = "jpeg", [TESS_FORMAT_PNG] = "png",
    [TESS_FORMAT_WEBP] = "webp", [TESS_FORMAT_AVIF] = "avif", [TESS_FORMAT_TIFF] = "tiff"};
static const char *const fit_names[] = {
    [TESS_FIT_COVER] = "cover", [TESS_FIT_CONTAIN] = "contain", [TESS_FIT_FILL] = "fill"};
static const char *const gravity_names[] = {
    [TESS_GRAVITY_CENTRE] = "centre",         [TESS_GRAVITY_NORTH] = "north",
    [TESS_GRAVITY_NORTH_EAST] = "north-east", [TESS_GRAVITY_EAST] = "east",
    [TESS_GRAVITY_SOUTH_EAST] = "south-east", [TESS_GRAVITY_SOUTH] = "south",
    [TESS_GRAVITY_SOUTH_WEST] = "south-west", [TESS_GRAVITY_WEST] = "west",
    [TESS_GRAVITY_NORTH_WEST] = "north-west", [TESS_GRAVITY_ATTENTION] = "attention",
    [TESS_GRAVITY_ENTROPY] = "entropy"};
static const char *const resample_names[] = {[TESS_RESAMPLE_GOOD] = "good", [TESS_RESAMPLE_FAST] = "fast"};

/* Length first, so that no two different lists of texts run together to the same bytes. */
static void add_text(struct digest *digest, const char *text)
{
    char length[24];
    (void)snprintf(length, sizeof length, "%zu:", strlen(text));
    digest_add(digest, length, strlen(length));
    digest_add(digest, text, strlen(text));
}

static void add_number(struct digest *digest, const char *name, uint64_t value)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s=%" PRIu64, name, value);
    add_text(digest, text);
}

static void add_name(struct digest *digest, const char *name, const char *value)
{
    add_text(digest, name);
    add_text(digest, value);
}

static void add_options(struct digest *digest, const struct grid_key_input *input)
{
    const struct tess_grid_options *options = input->options;
    const struct tess_colour ground = options->background;
    add_number(digest, "rendering", RENDERING_VERSION);
    add_name(digest, "format", format_names[input->plan->format]);
    add_number(digest, "tile-width", options->tile_width_px);
    add_number(digest, "tile-height", options->tile_height_px);
    add_number(digest, "columns", input->plan->columns);
    add_number(digest, "rows", input->plan->rows);
    add_number(digest, "gap", options->gap_px);
    add_number(digest, "margin", options->margin_px);
    add_name(digest, "fit", fit_names[options->fit]);
    add_name(digest, "gravity", gravity_names[options->gravity]);
    add_number(digest, "enlarge", !options->no_enlarge);
    add_name(digest, "resample", resample_names[options->resample]);
    add_number(digest, "background",
               (uint64_t)ground.red << 16 | (uint64_t)ground.green << 8 | (uint64_t)ground.blue);
    add_number(digest, "quality", options->quality);
    add_number(digest, "max-pixels", input->limits->max_input_pixels);
    add_number(digest, "max-bytes", input->limits->max_input_bytes);
    add_number(digest, "max-scans", input->limits->max_scans);
    add_text(digest, options->label);
    add_text(digest, options->title);
}

static void name_hash(struct digest *digest, const char *ending, char key_out[GRID_KEY_BYTES])
{
    uint8_t hash[DIGEST_SHA256_BYTES];
    char hex[DIGEST_SHA256_HEX_BYTES];
    digest_finish(digest, hash);
    digest_hex(hash, sizeof hash, hex);
    (void)snprintf(key_out, GRID_KEY_BYTES, "%.*s.%s", KEY_HEX_DIGITS, hex, ending);
}

static void add_request(struct digest *digest, const struct grid_key_input *input)
{
    add_text(digest, input->grid_id);
    if (input->bucket)
        add_text(digest, input->bucket);
    add_options(digest, input);
}

void grid_key_make(const struct grid_key_input *input, char key_out[GRID_KEY_BYTES])
{
    struct digest digest;
    digest_init(&digest);
    add_request(&digest, input);
    for (size_t i = 0; i < input->count; i++) {
        add_text(&digest, input->keys[i]);
        add_text(&digest, input->versions[i]);
    }
    name_hash(&digest, tess_format_extension(input->plan->format), key_out);
}

void grid_key_make_sidecar(const struct grid_key_input *input, char key_out[GRID_KEY_BYTES])
{
    struct digest digest;
    digest_init(&digest);
    add_text(&digest, "sidecar");
    add_request(&digest, input);
    for (size_t i = 0; i < input->count; i++)
        add_text(&digest, input->keys[i]);
    name_hash(&digest, "json", key_out);
}
