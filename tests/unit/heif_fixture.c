// SPDX-License-Identifier: MIT
#include "heif_fixture.h"

#include <string.h>

static void check(struct heif_error error)
{
    if (error.code != heif_error_Ok)
        fail_msg("libheif: %s", error.message);
}

static struct heif_image *image_of(const struct heif_recipe *recipe)
{
    struct heif_image *image = NULL;
    const bool is_grey = recipe->bands == 1;
    const enum heif_channel channel = is_grey ? heif_channel_Y : heif_channel_interleaved;
    const enum heif_chroma chroma = is_grey              ? heif_chroma_monochrome
                                    : recipe->bands == 4 ? heif_chroma_interleaved_RGBA
                                                         : heif_chroma_interleaved_RGB;
    int stride_bytes = 0;
    check(heif_image_create(recipe->width_px, recipe->height_px,
                            is_grey ? heif_colorspace_monochrome : heif_colorspace_RGB, chroma, &image));
    check(heif_image_add_plane(image, channel, recipe->width_px, recipe->height_px, 8));
    uint8_t *rows = heif_image_get_plane(image, channel, &stride_bytes);
    const size_t row_bytes = (size_t)recipe->width_px * (size_t)recipe->bands;
    for (int y = 0; y < recipe->height_px; y++)
        memcpy(rows + (size_t)y * (size_t)stride_bytes, recipe->rows + (size_t)y * row_bytes, row_bytes);
    heif_image_set_premultiplied_alpha(image, recipe->is_premultiplied);
    if (recipe->icc)
        check(heif_image_set_raw_color_profile(image, "prof", recipe->icc, recipe->icc_size));
    return image;
}

static struct heif_image_handle *encode(struct heif_context *context, const struct heif_recipe *recipe)
{
    struct heif_image *image = image_of(recipe);
    struct heif_encoder *encoder = NULL;
    struct heif_image_handle *handle = NULL;
    struct heif_encoding_options *options = heif_encoding_options_alloc();
    struct heif_color_profile_nclx *nclx = heif_nclx_color_profile_alloc();
    check(heif_context_get_encoder_for_format(context, recipe->format, &encoder));
    check(heif_encoder_set_lossless(encoder, 1));
    check(heif_encoder_set_parameter(encoder, "chroma", "444"));
    nclx->full_range_flag = !recipe->is_limited_range;
    /* Colour is lossless as it is (identity); a matrix would round. */
    check(heif_nclx_color_profile_set_matrix_coefficients(nclx, recipe->bands == 1 ? 6 : 0));
    options->output_nclx_profile = nclx;
    if (recipe->orientation)
        options->image_orientation = (enum heif_orientation)recipe->orientation;
    check(heif_image_set_nclx_color_profile(image, nclx));
    check(heif_context_encode_image(context, image, encoder, options, &handle));
    heif_nclx_color_profile_free(nclx);
    heif_encoding_options_free(options);
    heif_encoder_release(encoder);
    heif_image_release(image);
    return handle;
}

static struct heif_error append(struct heif_context *context, const void *data, size_t size, void *userdata)
{
    (void)context;
    g_byte_array_append(userdata, data, (guint)size);
    return (struct heif_error){heif_error_Ok, heif_suberror_Unspecified, ""};
}

static void add_exif(struct heif_context *context, struct heif_image_handle *handle, uint8_t orientation)
{
    uint8_t tiff[] = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0o\0\0\0\0\0\0\0";
    tiff[18] = orientation;
    check(heif_context_add_exif_metadata(context, handle, tiff, sizeof tiff - 1));
}

static uint8_t *find(const GByteArray *file, const char *type)
{
    uint8_t *at = memmem(file->data, file->len, type, 4);
    assert_non_null(at);
    return at;
}

/* The number of the property of this type, counting the boxes in ipco from 1. */
static uint8_t property_number(const GByteArray *file, const char *type)
{
    const uint8_t *box = find(file, "ipco") + 4;
    for (uint8_t number = 1; number < 100; number++) {
        if (memcmp(box + 4, type, 4) == 0)
            return number;
        box += (size_t)box[2] << 8 | box[3]; /* they are small */
    }
    fail_msg("no %s among the properties", type);
    return 0;
}

/* ipma: version and flags, number of items, then of each (the primary one is first) its id of 16 bits, number
 * of properties, a byte for each, whose top bit says that it is essential. */
static void move_rotation(const GByteArray *file, bool to_front)
{
    const uint8_t rotation = property_number(file, "irot");
    uint8_t *ipma = find(file, "ipma"), *properties = ipma + 15;
    const uint8_t count = ipma[14];
    for (uint8_t i = 0; i < count; i++)
        if ((properties[i] & 0x7F) == rotation) {
            const uint8_t moved = properties[i];
            if (to_front)
                memmove(properties + 1, properties, i);
            else
                memmove(properties + i, properties + i + 1, (size_t)count - i - 1);
            properties[to_front ? 0 : count - 1] = moved;
            return;
        }
    fail_msg("no rotation is assigned");
}

struct blob heif_make(const struct heif_recipe *recipe)
{
    struct heif_context *context = heif_context_alloc();
    struct heif_writer writer = {1, append};
    GByteArray *file = g_byte_array_new();
    struct heif_image_handle *handle = encode(context, recipe);
    if (recipe->thumbnail) {
        struct heif_image_handle *thumbnail = encode(context, recipe->thumbnail);
        check(heif_context_assign_thumbnail(context, thumbnail, handle));
        heif_image_handle_release(thumbnail);
    }
    check(heif_context_set_primary_image(context, handle));
    if (recipe->exif_orientation)
        add_exif(context, handle, recipe->exif_orientation);
    check(heif_context_write(context, &writer, file));
    if (recipe->rotation_place)
        move_rotation(file, recipe->rotation_place == 1);
    heif_image_handle_release(handle);
    heif_context_free(context);
    struct blob blob = {NULL, file->len};
    blob.data = g_byte_array_free(file, FALSE);
    return blob;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

void heif_lie_about_size(struct blob *blob, uint32_t width_px, uint32_t height_px, uint32_t said_width_px,
                         uint32_t said_height_px)
{
    uint8_t box[16] = "ispe\0\0\0\0";
    put_u32(box + 8, width_px);
    put_u32(box + 12, height_px);
    uint8_t *at = memmem(blob->data, blob->size, box, sizeof box);
    assert_non_null(at);
    put_u32(at + 8, said_width_px);
    put_u32(at + 12, said_height_px);
}

static void put(GByteArray *to, const void *bytes, size_t size)
{
    g_byte_array_append(to, bytes, (guint)size);
}

static void put_number(GByteArray *to, uint32_t value, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        g_byte_array_append(to, &(guint8){(guint8)(value >> 8 * i)}, 1);
}

/* Where the box begins; its end is set by end_box(). */
static guint begin_box(GByteArray *to, const char *type)
{
    const guint at = to->len;
    put_number(to, 0, 4);
    put(to, type, 4);
    return at;
}

static void end_box(GByteArray *to, guint at)
{
    put_u32(to->data + at, to->len - at);
}

/* Whether there is such a box. */
static bool put_copy(GByteArray *to, const GByteArray *from, const char *type)
{
    const uint8_t *name = memmem(from->data, from->len, type, 4);
    if (!name)
        return false;
    put(to, name - 4, (size_t)name[-2] << 8 | name[-1]); /* they are small */
    return true;
}

static void put_size(GByteArray *to, uint32_t width_px, uint32_t height_px)
{
    const guint at = begin_box(to, "ispe");
    put_number(to, 0, 4);
    put_number(to, width_px, 4);
    put_number(to, height_px, 4);
    end_box(to, at);
}

enum { TILE_ID = 1, GRID_ID = 2, GRID_BYTES = 12 };

struct grid {
    const GByteArray *tile; /* a file of one picture */
    const uint8_t *coded;
    uint32_t coded_size, tile_width_px, tile_height_px, columns, rows;
    const char *config; /* the box that the codec needs */
};

static void put_items(GByteArray *to, const struct grid *grid)
{
    guint at = begin_box(to, "iinf");
    put_number(to, 0, 4);
    put_number(to, 2, 2);
    for (uint32_t id = TILE_ID; id <= GRID_ID; id++) {
        const guint entry = begin_box(to, "infe");
        put_number(to, 2U << 24, 4);
        put_number(to, id, 2);
        put_number(to, 0, 2);
        put(to, id == GRID_ID ? "grid" : strcmp(grid->config, "av1C") == 0 ? "av01" : "hvc1", 4);
        put_number(to, 0, 1);
        end_box(to, entry);
    }
    end_box(to, at);
    at = begin_box(to, "iref");
    put_number(to, 0, 4);
    const guint reference = begin_box(to, "dimg");
    put_number(to, GRID_ID, 2);
    put_number(to, grid->columns * grid->rows, 2);
    for (uint32_t i = 0; i < grid->columns * grid->rows; i++)
        put_number(to, TILE_ID, 2);
    end_box(to, reference);
    end_box(to, at);
}

static void put_properties(GByteArray *to, const struct grid *grid)
{
    const guint at = begin_box(to, "iprp"), properties = begin_box(to, "ipco");
    put_size(to, grid->tile_width_px * grid->columns, grid->tile_height_px * grid->rows);
    put_size(to, grid->tile_width_px, grid->tile_height_px);
    assert_true(put_copy(to, grid->tile, grid->config));
    uint8_t count = 3; /* the numbers that ipma goes by */
    count += put_copy(to, grid->tile, "pixi");
    count += put_copy(to, grid->tile, "colr");
    end_box(to, properties);
    const guint whose = begin_box(to, "ipma");
    put_number(to, 0, 4);
    put_number(to, 2, 4);
    put_number(to, TILE_ID, 2);
    put_number(to, count - 1U, 1);
    for (uint8_t number = 2; number <= count; number++)
        put_number(to, number == 3 ? 0x80U | number : number, 1); /* no decoding without the third */
    put_number(to, GRID_ID, 2);
    put_number(to, count - 2U, 1);
    put_number(to, 1, 1);
    for (uint8_t number = 4; number <= count; number++)
        put_number(to, number, 1);
    end_box(to, whose);
    end_box(to, at);
}

static void put_places(GByteArray *to, const struct grid *grid, uint32_t data_at)
{
    const guint at = begin_box(to, "iloc");
    put_number(to, 0, 4);
    put_number(to, 0x4400, 2);
    put_number(to, 2, 2);
    for (uint32_t id = TILE_ID; id <= GRID_ID; id++) {
        put_number(to, id, 2);
        put_number(to, 0, 2);
        put_number(to, 1, 2);
        put_number(to, id == TILE_ID ? data_at : data_at + grid->coded_size, 4);
        put_number(to, id == TILE_ID ? grid->coded_size : GRID_BYTES, 4);
    }
    end_box(to, at);
}

static void put_meta(GByteArray *to, const struct grid *grid, uint32_t data_at)
{
    const guint at = begin_box(to, "meta");
    put_number(to, 0, 4);
    put(to, "\0\0\0\x21hdlr\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0", 33);
    put(to, "\0\0\0\x0Epitm\0\0\0\0\0\2", 14);
    put_places(to, grid, data_at);
    put_items(to, grid);
    put_properties(to, grid);
    end_box(to, at);
}

static struct blob grid_file(const struct grid *grid)
{
    GByteArray *file = g_byte_array_new();
    uint32_t data_at = 0;
    for (int pass = 0; pass < 2; pass++) { /* the first one to know where the data will be */
        g_byte_array_set_size(file, 0);
        assert_true(put_copy(file, grid->tile, "ftyp"));
        put_meta(file, grid, data_at);
        data_at = file->len + 8;
    }
    const guint at = begin_box(file, "mdat");
    put(file, grid->coded, grid->coded_size);
    put_number(file, 1, 2); /* version 0; sides of 32 bits */
    put_number(file, grid->rows - 1, 1);
    put_number(file, grid->columns - 1, 1);
    put_number(file, grid->tile_width_px * grid->columns, 4);
    put_number(file, grid->tile_height_px * grid->rows, 4);
    end_box(file, at);
    struct blob blob = {NULL, file->len};
    blob.data = g_byte_array_free(file, FALSE);
    return blob;
}

struct blob heif_make_grid(const struct heif_recipe *tile, int columns, int rows)
{
    struct blob one = heif_make(tile);
    const GByteArray file = {one.data, (guint)one.size};
    const uint8_t *mdat = find(&file, "mdat") + 4; /* the last box, with this item alone */
    GByteArray *coded = g_byte_array_new();
    if (tile->units)
        put(coded, tile->units, tile->units_size);
    put(coded, mdat, (size_t)(one.data + one.size - mdat));
    const struct grid grid = {.tile = &file,
                              .coded = coded->data,
                              .coded_size = coded->len,
                              .tile_width_px = (uint32_t)tile->width_px,
                              .tile_height_px = (uint32_t)tile->height_px,
                              .columns = (uint32_t)columns,
                              .rows = (uint32_t)rows,
                              .config = tile->format == heif_compression_AV1 ? "av1C" : "hvcC"};
    struct blob blob = grid_file(&grid);
    g_byte_array_free(coded, TRUE);
    blob_clear(&one);
    return blob;
}
