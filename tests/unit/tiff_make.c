// SPDX-License-Identifier: MIT
#include "tiff_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file in memory, as libtiff's client functions want it. */
struct memory {
    uint8_t *data;
    size_t size, room, at;
};

static tmsize_t memory_read(thandle_t handle, void *buffer, tmsize_t size)
{
    struct memory *memory = handle;
    size_t left = memory->at < memory->size ? memory->size - memory->at : 0;
    size_t count = (size_t)size < left ? (size_t)size : left;
    memcpy(buffer, memory->data + memory->at, count);
    memory->at += count;
    return (tmsize_t)count;
}

static tmsize_t memory_write(thandle_t handle, void *buffer, tmsize_t size)
{
    struct memory *memory = handle;
    size_t end = memory->at + (size_t)size;
    if (end > memory->room) {
        memory->room = 2 * end;
        memory->data = g_realloc(memory->data, memory->room);
    }
    if (memory->at > memory->size)
        memset(memory->data + memory->size, 0, memory->at - memory->size);
    memcpy(memory->data + memory->at, buffer, (size_t)size);
    memory->at = end;
    memory->size = end > memory->size ? end : memory->size;
    return size;
}

static toff_t memory_seek(thandle_t handle, toff_t offset, int whence)
{
    struct memory *memory = handle;
    memory->at = (size_t)offset + (whence == SEEK_CUR ? memory->at : whence == SEEK_END ? memory->size : 0);
    return memory->at;
}

static int memory_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t memory_size(thandle_t handle)
{
    return ((struct memory *)handle)->size;
}

static TIFF *open_memory(struct memory *memory, const char *mode)
{
    (void)TIFFSetErrorHandler(NULL);
    (void)TIFFSetWarningHandler(NULL);
    return TIFFClientOpen("test", mode, memory, memory_read, memory_write, memory_seek, memory_close,
                          memory_size, NULL, NULL);
}

int tiff_colour_count(const struct tiff_recipe *recipe)
{
    switch (recipe->photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_PALETTE:
        return 1;
    case PHOTOMETRIC_SEPARATED:
        return 4;
    default:
        return 3;
    }
}

double tiff_value(int x, int y, int channel)
{
    return 0.5 + 0.45 * sin(x * 0.13 + 1.7 * channel) * cos(y * 0.09 + 0.6 * channel);
}

static int sample_count(const struct tiff_recipe *recipe)
{
    return tiff_colour_count(recipe) + (recipe->extra == NO_EXTRA ? 0 : 1);
}

/* What stands in the file for `value`: an unsigned or signed integer's bits, or a float's. */
static uint64_t encode(const struct tiff_recipe *recipe, double value)
{
    const double scaled = recipe->low + value * (recipe->high - recipe->low);
    if (recipe->sample_format == SAMPLEFORMAT_IEEEFP && recipe->bits == 64) {
        uint64_t bits;
        memcpy(&bits, &scaled, sizeof bits);
        return bits;
    }
    if (recipe->sample_format == SAMPLEFORMAT_IEEEFP) {
        const float narrow = (float)scaled;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        return bits;
    }
    const double most = pow(2, recipe->bits) - 1;
    if (recipe->sample_format == SAMPLEFORMAT_INT)
        return (uint64_t)(int64_t)floor(value * most + 0.5 - pow(2, recipe->bits - 1));
    return (uint64_t)floor(value * most + 0.5);
}

/* Writes bits most significant first, or whole bytes in the machine's order. */
static void put(uint8_t *row, size_t index, unsigned bits, uint64_t value)
{
    if (bits % 8 == 0) {
        memcpy(row + index * (bits / 8), &value, bits / 8);
        return;
    }
    for (unsigned i = 0; i < bits; i++) {
        size_t at = index * bits + i;
        if (value >> (bits - 1 - i) & 1)
            row[at / 8] |= (uint8_t)(0x80 >> at % 8);
    }
}

static double sample_at(const struct tiff_recipe *recipe, int x, int y, int sample)
{
    if (sample < tiff_colour_count(recipe)) {
        double value = tiff_value(x, y, sample);
        if (recipe->extra == EXTRASAMPLE_ASSOCALPHA) /* premultiplied */
            value *= tiff_value(x, y, 5);
        return value;
    }
    return tiff_value(x, y, 5);
}

/* Pixels [x0, x0 + width) × [y0, y0 + height) of some samples, packed; zero beyond the picture. */
static void pack(const struct tiff_recipe *recipe, int x0, int y0, int width, int height, int first,
                 int count, uint8_t *block, size_t row_bytes)
{
    memset(block, 0, row_bytes * (size_t)height);
    for (int y = 0; y < height && y0 + y < TIFF_HEIGHT_PX; y++)
        for (int x = 0; x < width && x0 + x < TIFF_WIDTH_PX; x++)
            for (int s = 0; s < count; s++)
                put(block + (size_t)y * row_bytes, (size_t)(x * count + s), recipe->bits,
                    encode(recipe, sample_at(recipe, x0 + x, y0 + y, first + s)));
}

/* YCbCr with 2 × 2: four Y, then the block's Cb and Cr. */
static void pack_clumps(const struct tiff_recipe *recipe, int y0, int height, uint8_t *block)
{
    for (int y = 0; y < height; y += 2)
        for (int x = 0; x < TIFF_WIDTH_PX; x += 2) {
            for (int i = 0; i < 4; i++)
                *block++ = (uint8_t)encode(recipe, tiff_value(x + i % 2, y0 + y + i / 2, 0));
            for (int s = 1; s < 3; s++)
                *block++ = (uint8_t)encode(recipe, tiff_value(x, y0 + y, s));
        }
}

static bool is_clumped(const struct tiff_recipe *recipe)
{
    return recipe->photometric == PHOTOMETRIC_YCBCR && recipe->subsampling == 2 &&
           recipe->compression != COMPRESSION_JPEG;
}

static bool write_tiles(const struct tiff_recipe *recipe, TIFF *tiff, uint8_t *block)
{
    enum { SIDE = 32 };
    const bool planar = recipe->planar == PLANARCONFIG_SEPARATE;
    const int planes = planar ? sample_count(recipe) : 1, each = planar ? 1 : sample_count(recipe);
    for (int plane = 0; plane < planes; plane++)
        for (int y = 0; y < TIFF_HEIGHT_PX; y += SIDE)
            for (int x = 0; x < TIFF_WIDTH_PX; x += SIDE) {
                pack(recipe, x, y, SIDE, SIDE, plane, each, block, (size_t)TIFFTileRowSize(tiff));
                if (TIFFWriteTile(tiff, block, (uint32_t)x, (uint32_t)y, 0, (uint16_t)plane) < 0)
                    return false;
            }
    return true;
}

static bool write_strips(const struct tiff_recipe *recipe, TIFF *tiff, uint8_t *block)
{
    enum { ROWS = 16 };
    const bool planar = recipe->planar == PLANARCONFIG_SEPARATE;
    const int planes = planar ? sample_count(recipe) : 1, each = planar ? 1 : sample_count(recipe);
    for (int plane = 0; plane < planes; plane++)
        for (int y = 0; y < TIFF_HEIGHT_PX; y += ROWS) {
            const int rows = TIFF_HEIGHT_PX - y < ROWS ? TIFF_HEIGHT_PX - y : ROWS;
            const uint32_t strip = TIFFComputeStrip(tiff, (uint32_t)y, (uint16_t)plane);
            if (is_clumped(recipe))
                pack_clumps(recipe, y, rows, block);
            else
                pack(recipe, 0, y, TIFF_WIDTH_PX, rows, plane, each, block, (size_t)TIFFScanlineSize(tiff));
            if (TIFFWriteEncodedStrip(tiff, strip, block, TIFFVStripSize(tiff, (uint32_t)rows)) < 0)
                return false;
        }
    return true;
}

static void set_palette(const struct tiff_recipe *recipe, TIFF *tiff)
{
    const size_t count = (size_t)1 << recipe->bits;
    uint16_t *map = g_malloc(3 * count * sizeof *map);
    for (size_t i = 0; i < count; i++) {
        map[i] = (uint16_t)(i * 65535 / (count - 1));
        map[count + i] = (uint16_t)(65535 - map[i]);
        map[2 * count + i] = (uint16_t)((i * 40503 + 9000) & 0xFFFF);
    }
    (void)TIFFSetField(tiff, TIFFTAG_COLORMAP, map, map + count, map + 2 * count);
    g_free(map);
}

static void set_fields(const struct tiff_recipe *recipe, TIFF *tiff)
{
    (void)TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, TIFF_WIDTH_PX);
    (void)TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, TIFF_HEIGHT_PX);
    (void)TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, sample_count(recipe));
    (void)TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, recipe->bits);
    (void)TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, recipe->sample_format);
    (void)TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, recipe->photometric);
    (void)TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, recipe->planar);
    (void)TIFFSetField(tiff, TIFFTAG_COMPRESSION, recipe->compression);
    if (recipe->predictor != PREDICTOR_NONE)
        (void)TIFFSetField(tiff, TIFFTAG_PREDICTOR, recipe->predictor);
    if (recipe->photometric == PHOTOMETRIC_YCBCR)
        (void)TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, recipe->subsampling, recipe->subsampling);
    if (recipe->photometric == PHOTOMETRIC_YCBCR && recipe->compression == COMPRESSION_JPEG)
        (void)TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (recipe->compression == COMPRESSION_JPEG)
        (void)TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 97);
    if (recipe->photometric == PHOTOMETRIC_PALETTE)
        set_palette(recipe, tiff);
    if (recipe->extra != NO_EXTRA) {
        const uint16_t kind = recipe->extra;
        (void)TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
    if (recipe->say_range) {
        (void)TIFFSetField(tiff, TIFFTAG_SMINSAMPLEVALUE, recipe->low);
        (void)TIFFSetField(tiff, TIFFTAG_SMAXSAMPLEVALUE, recipe->high);
    }
    if (recipe->tiled) {
        (void)TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 32);
        (void)TIFFSetField(tiff, TIFFTAG_TILELENGTH, 32);
    } else {
        (void)TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
    }
}

struct blob tiff_make(const struct tiff_recipe *recipe)
{
    if (is_clumped(recipe) && (recipe->tiled || recipe->planar == PLANARCONFIG_SEPARATE))
        return (struct blob){0}; /* what libtiff would take is not a file that anybody reads */
    struct memory memory = {0};
    TIFF *tiff = open_memory(&memory, "w");
    assert_non_null(tiff);
    set_fields(recipe, tiff);
    uint8_t *block = g_malloc0(64 * 64 * 8 * 8);
    bool written = recipe->tiled ? write_tiles(recipe, tiff, block) : write_strips(recipe, tiff, block);
    written = TIFFWriteDirectory(tiff) && written;
    TIFFClose(tiff);
    g_free(block);
    if (!written) {
        g_free(memory.data);
        return (struct blob){0};
    }
    return (struct blob){memory.data, memory.size};
}

bool tiff_read_rgba(const struct blob *blob, uint32_t *raster)
{
    struct memory memory = {blob->data, blob->size, blob->size, 0};
    char words[1024] = "";
    TIFF *tiff = open_memory(&memory, "rm");
    if (!tiff)
        return false;
    bool read = TIFFRGBAImageOK(tiff, words) && TIFFReadRGBAImageOriented(tiff, TIFF_WIDTH_PX, TIFF_HEIGHT_PX,
                                                                          raster, ORIENTATION_TOPLEFT, 1);
    TIFFClose(tiff);
    return read;
}

void tiff_describe(const struct tiff_recipe *recipe, char *text, size_t size)
{
    static const char *const photometrics[] = {"white is zero", "black is zero", "RGB",   "palette", "mask",
                                               "CMYK",          "YCbCr",         "other", "Lab"};
    static const char *const formats[] = {"?", "unsigned", "signed", "float"};
    (void)snprintf(
        text, size, "%u bits %s, %s, %s%s, compression %u, predictor %u, extra %d, 1/%u, %g to %g%s",
        recipe->bits, formats[recipe->sample_format], photometrics[recipe->photometric],
        recipe->planar == PLANARCONFIG_SEPARATE ? "planar" : "together", recipe->tiled ? ", tiled" : "",
        recipe->compression, recipe->predictor, recipe->extra == NO_EXTRA ? -1 : (int)recipe->extra,
        recipe->subsampling, recipe->low, recipe->high, recipe->say_range ? " (said)" : "");
}
