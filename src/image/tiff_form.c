// SPDX-License-Identifier: MIT
#include "image/tiff_form.h"

#include <stdio.h>
#include <string.h>
#include <tiff.h>

unsigned tiff_colours(const struct tiff_form *form)
{
    switch (form->photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_PALETTE:
    case PHOTOMETRIC_LOGL:
        return 1;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR:
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_LOGLUV:
        return 3;
    case PHOTOMETRIC_SEPARATED:
        return form->ink_set == INKSET_CMYK ? 4 : 0;
    default:
        return 0;
    }
}

static bool is_unsigned(const struct tiff_form *form)
{
    return form->sample_format == SAMPLEFORMAT_UINT || form->sample_format == SAMPLEFORMAT_VOID;
}

static bool is_light(const struct tiff_form *form)
{
    return form->photometric == PHOTOMETRIC_MINISBLACK || form->photometric == PHOTOMETRIC_MINISWHITE ||
           form->photometric == PHOTOMETRIC_RGB;
}

/* What libvips gets wrong, or refuses when the pixels are asked for, whatever the samples are. */
static bool libvips_stumbles(const struct tiff_form *form)
{
    const bool apart = form->planar == PLANARCONFIG_SEPARATE;
    const bool white_is_zero = form->photometric == PHOTOMETRIC_MINISWHITE;
    const bool grey = form->photometric == PHOTOMETRIC_MINISBLACK || white_is_zero;
    const bool plain_jpeg = form->photometric != PHOTOMETRIC_CIELAB && form->samples == tiff_colours(form);
    if (apart && (form->tiled || (grey && form->samples > 1)))
        return true;
    if (form->premultiplied && (white_is_zero || form->photometric == PHOTOMETRIC_SEPARATED))
        return true;
    return form->compression == COMPRESSION_JPEG && form->tiled && !plain_jpeg;
}

static bool libvips_reads(const struct tiff_form *form)
{
    const bool apart = form->planar == PLANARCONFIG_SEPARATE;
    if (libvips_stumbles(form))
        return false;
    if (!is_unsigned(form) && form->photometric != PHOTOMETRIC_CIELAB)
        return false;
    switch (form->photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_PALETTE:
        if (form->bits < 8 || form->photometric == PHOTOMETRIC_PALETTE)
            return form->bits <= 8 && form->samples == 1 && !apart;
        return form->bits == 8 || form->bits == 16;
    case PHOTOMETRIC_RGB:
        return form->bits == 8 || form->bits == 16;
    case PHOTOMETRIC_SEPARATED:
        return form->bits == 8;
    case PHOTOMETRIC_YCBCR:
        return form->compression == COMPRESSION_JPEG && !apart && form->samples == 3;
    case PHOTOMETRIC_CIELAB:
        return form->samples == 3 && !apart &&
               ((is_unsigned(form) && (form->bits == 8 || form->bits == 16)) ||
                (form->sample_format == SAMPLEFORMAT_IEEEFP && form->bits == 32));
    default:
        return false;
    }
}

/* Whether libvips gives the samples as they are, in a format that we can bring to 16 bits. */
static bool is_scalable(const struct tiff_form *form)
{
    if (!is_light(form) || libvips_stumbles(form))
        return false;
    switch (form->sample_format) {
    case SAMPLEFORMAT_INT:
        return (form->bits == 8 || form->bits == 16 || form->bits == 32) && !form->premultiplied;
    case SAMPLEFORMAT_IEEEFP:
        return form->bits == 32;
    default:
        return is_unsigned(form) && form->bits == 32 && !form->premultiplied;
    }
}

static bool libtiff_reads(const struct tiff_form *form)
{
    if (!form->libtiff_reads)
        return false;
    if (form->photometric == PHOTOMETRIC_LOGL || form->photometric == PHOTOMETRIC_LOGLUV)
        return true;
    const bool grey =
        form->photometric == PHOTOMETRIC_MINISBLACK || form->photometric == PHOTOMETRIC_MINISWHITE;
    if (form->tiled && (form->bits < 8 || (form->bits == 16 && grey)))
        return false; /* its rows come out shifted */
    /* It leaves alpha out but for RGB. */
    const bool whole =
        form->samples == tiff_colours(form) || form->photometric == PHOTOMETRIC_RGB || !form->alpha;
    return is_unsigned(form) && whole;
}

enum tiff_route tiff_route(const struct tiff_form *form)
{
    const unsigned colours = tiff_colours(form);
    if (form->codec_missing || colours == 0 || form->samples < colours)
        return TIFF_REFUSED;
    if (libvips_reads(form))
        return TIFF_USUAL;
    if (is_scalable(form))
        return TIFF_SCALED;
    return libtiff_reads(form) ? TIFF_RGBA : TIFF_REFUSED;
}

static const char *photometric_name(const struct tiff_form *form)
{
    switch (form->photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
        return "grey";
    case PHOTOMETRIC_PALETTE:
        return "a palette";
    case PHOTOMETRIC_RGB:
        return "RGB";
    case PHOTOMETRIC_YCBCR:
        return "YCbCr";
    case PHOTOMETRIC_SEPARATED:
        return form->ink_set == INKSET_CMYK ? "CMYK" : "inks other than CMYK";
    case PHOTOMETRIC_CIELAB:
        return "L*a*b*";
    case PHOTOMETRIC_ICCLAB:
        return "ICC L*a*b*";
    case PHOTOMETRIC_ITULAB:
        return "ITU L*a*b*";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV:
        return "LogLuv";
    case PHOTOMETRIC_MASK:
        return "a transparency mask";
    case PHOTOMETRIC_CFA:
    case 34892: /* DNG's LinearRaw */
        return "a camera's raw samples";
    default:
        return NULL;
    }
}

static const char *compression_name(uint16_t compression)
{
    static const struct {
        uint16_t compression;
        const char *name;
    } names[] = {{COMPRESSION_OJPEG, "old-style JPEG"},
                 {COMPRESSION_JPEG, "JPEG"},
                 {COMPRESSION_JBIG, "JBIG"},
                 {COMPRESSION_JP2000, "JPEG 2000"},
                 {33003, "JPEG 2000 (Aperio)"},
                 {33005, "JPEG 2000 (Aperio)"},
                 {COMPRESSION_LERC, "LERC"},
                 {COMPRESSION_LZMA, "LZMA"},
                 {COMPRESSION_ZSTD, "Zstandard"},
                 {COMPRESSION_WEBP, "WebP"},
                 {COMPRESSION_JXL, "JPEG XL"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].compression == compression)
            return names[i].name;
    return NULL;
}

void tiff_name(const struct tiff_form *form, char *name, size_t size)
{
    const char *colours = photometric_name(form), *codec = compression_name(form->compression);
    const bool is_float = form->sample_format == SAMPLEFORMAT_IEEEFP;
    const bool odd = is_float ? form->bits != 32
                              : form->bits != 1 && form->bits != 2 && form->bits != 4 && form->bits != 8 &&
                                    form->bits != 16 && form->bits != 32;
    if (form->codec_missing && codec)
        (void)snprintf(name, size, "%s compression", codec);
    else if (form->codec_missing)
        (void)snprintf(name, size, "compression %u", form->compression);
    else if (!colours)
        (void)snprintf(name, size, "colours of kind %u", form->photometric);
    else if (tiff_colours(form) == 0)
        (void)snprintf(name, size, "%s", colours);
    else if (form->samples < tiff_colours(form))
        (void)snprintf(name, size, "%s of %u samples a pixel", colours, form->samples);
    else if (form->sample_format > SAMPLEFORMAT_VOID)
        (void)snprintf(name, size, "complex samples");
    else if (odd)
        (void)snprintf(name, size, "%u-bit %ssamples", form->bits, is_float ? "floating-point " : "");
    else
        (void)snprintf(name, size, "%s, %u-bit%s samples%s%s%s", colours, form->bits,
                       is_float                                  ? " floating-point"
                       : form->sample_format == SAMPLEFORMAT_INT ? " signed"
                                                                 : "",
                       form->premultiplied                  ? ", premultiplied by alpha"
                       : form->samples > tiff_colours(form) ? ", more samples than colours"
                                                            : "",
                       form->planar == PLANARCONFIG_SEPARATE ? ", in separate planes" : "",
                       form->tiled ? ", in tiles" : "");
}

void tiff_float_range(const struct tiff_census *census, double *low_out, double *high_out)
{
    /* Highlights of a photo may well exceed white; a twentieth of it is more than highlights. */
    const uint64_t few = census->counted / 20;
    *low_out = 0;
    *high_out = 1;
    if (census->negative > few || census->above_65535 > few) {
        *low_out = census->least;
        *high_out = census->most;
    } else if (census->above_255 > few) {
        *high_out = 65535;
    } else if (census->above_1 > few) {
        *high_out = 255;
    }
}
