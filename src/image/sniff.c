// SPDX-License-Identifier: MIT
#include "image/sniff.h"

#include <string.h>
#include <strings.h>

#include "image/numbers.h"

struct kind_words {
    const char *name, *extension, *media_type;
};

static const struct kind_words words[IMAGE_KIND_COUNT] = {
    [IMAGE_UNKNOWN] = {"unknown", "bin", "application/octet-stream"},
    [IMAGE_JPEG] = {"JPEG", "jpg", "image/jpeg"},
    [IMAGE_PNG] = {"PNG", "png", "image/png"},
    [IMAGE_WEBP] = {"WebP", "webp", "image/webp"},
    [IMAGE_GIF] = {"GIF", "gif", "image/gif"},
    [IMAGE_TIFF] = {"TIFF", "tif", "image/tiff"},
    [IMAGE_HEIF] = {"HEIF", "heic", "image/heic"},
    [IMAGE_AVIF] = {"AVIF", "avif", "image/avif"},
    [IMAGE_SVG] = {"SVG", "svg", "image/svg+xml"},
    [IMAGE_PDF] = {"PDF", "pdf", "application/pdf"},
    [IMAGE_POSTSCRIPT] = {"PostScript", "ps", "application/postscript"},
    [IMAGE_BMP] = {"BMP", "bmp", "image/bmp"},
    [IMAGE_ICO] = {"Windows icon", "ico", "image/vnd.microsoft.icon"},
    [IMAGE_JXL] = {"JPEG XL", "jxl", "image/jxl"},
    [IMAGE_JP2] = {"JPEG 2000", "jp2", "image/jp2"},
    [IMAGE_PSD] = {"Photoshop", "psd", "image/vnd.adobe.photoshop"},
    [IMAGE_PNM] = {"Netpbm", "pnm", "image/x-portable-anymap"},
    [IMAGE_EXR] = {"OpenEXR", "exr", "image/x-exr"},
    [IMAGE_HDR] = {"Radiance HDR", "hdr", "image/vnd.radiance"},
    [IMAGE_RAW] = {"camera raw", "raw", "application/octet-stream"},
    [IMAGE_VIDEO] = {"MP4 video", "mp4", "video/mp4"},
};

/* What a file begins with. */
struct magic {
    enum image_kind kind;
    uint8_t length;
    const char *bytes;
};

static const struct magic magics[] = {
    {IMAGE_JPEG, 3, "\xFF\xD8\xFF"},
    {IMAGE_PNG, 8, "\x89PNG\r\n\x1A\n"},
    {IMAGE_GIF, 6, "GIF87a"},
    {IMAGE_GIF, 6, "GIF89a"},
    {IMAGE_RAW, 10, "II*\0\x10\0\0\0CR"}, /* before TIFF, which it resembles */
    {IMAGE_TIFF, 4, "II*\0"},
    {IMAGE_TIFF, 4, "MM\0*"},
    {IMAGE_TIFF, 4, "II+\0"},
    {IMAGE_TIFF, 4, "MM\0+"},
    {IMAGE_PDF, 5, "%PDF-"},
    {IMAGE_POSTSCRIPT, 4, "%!PS"},
    {IMAGE_POSTSCRIPT, 4, "\xC5\xD0\xD3\xC6"},
    {IMAGE_ICO, 4, "\0\0\1\0"},
    {IMAGE_JXL, 2, "\xFF\x0A"},
    {IMAGE_JXL, 12, "\0\0\0\x0CJXL \r\n\x87\n"},
    {IMAGE_JP2, 12, "\0\0\0\x0CjP  \r\n\x87\n"},
    {IMAGE_JP2, 4, "\xFF\x4F\xFF\x51"},
    {IMAGE_PSD, 4, "8BPS"},
    {IMAGE_EXR, 4, "\x76\x2F\x31\x01"},
    {IMAGE_HDR, 10, "#?RADIANCE"},
    {IMAGE_HDR, 6, "#?RGBE"},
};

static bool stands_at(const uint8_t *bytes, size_t size, size_t offset, const char *wanted, size_t length)
{
    return size >= offset + length && memcmp(bytes + offset, wanted, length) == 0;
}

static enum image_kind kind_of_brand(const uint8_t *brand)
{
    static const char heif[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"};
    if (memcmp(brand, "avif", 4) == 0 || memcmp(brand, "avis", 4) == 0)
        return IMAGE_AVIF;
    if (memcmp(brand, "crx ", 4) == 0)
        return IMAGE_RAW;
    for (size_t i = 0; i < sizeof heif / sizeof heif[0]; i++)
        if (memcmp(brand, heif[i], 4) == 0)
            return IMAGE_HEIF;
    return IMAGE_UNKNOWN;
}

/* ISO base media files: the brand says, and where it is the general one (mif1), the compatible brands do. */
static enum image_kind kind_of_ftyp(const uint8_t *bytes, size_t size)
{
    if (!stands_at(bytes, size, 4, "ftyp", 4) || size < 12)
        return IMAGE_UNKNOWN;
    size_t box = (size_t)number_be(bytes, 4);
    size_t end = box < size ? box : size;
    enum image_kind kind = kind_of_brand(bytes + 8);
    bool general = stands_at(bytes, size, 8, "mif1", 4) || stands_at(bytes, size, 8, "msf1", 4);
    for (size_t at = 16; kind == IMAGE_UNKNOWN && at + 4 <= end; at += 4) {
        kind = kind_of_brand(bytes + at);
        general = general || memcmp(bytes + at, "mif1", 4) == 0;
    }
    if (kind == IMAGE_UNKNOWN)
        kind = general ? IMAGE_HEIF : IMAGE_VIDEO;
    return kind;
}

/* "BM" alone is too little: the header's size field must be one that exists. */
static bool is_bmp(const uint8_t *bytes, size_t size)
{
    return stands_at(bytes, size, 0, "BM", 2) && size >= 18 && bytes[15] == 0 && bytes[16] == 0 &&
           bytes[17] == 0 && bytes[14] >= 12 && bytes[14] <= 128;
}

static bool is_pnm(const uint8_t *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
           (bytes[2] == '\n' || bytes[2] == ' ' || bytes[2] == '\r' || bytes[2] == '\t' || bytes[2] == '#');
}

/* XML or markup whose beginning holds an svg element. */
static bool is_svg(const uint8_t *bytes, size_t size)
{
    size_t at = stands_at(bytes, size, 0, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n'))
        at++;
    return at < size && bytes[at] == '<' && memmem(bytes + at, size - at, "<svg", 4);
}

enum image_kind sniff_kind(const uint8_t *bytes, size_t size_bytes)
{
    size_t size = size_bytes < SNIFF_BYTES ? size_bytes : SNIFF_BYTES;
    if (size == 0)
        return IMAGE_UNKNOWN;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (stands_at(bytes, size, 0, magics[i].bytes, magics[i].length))
            return magics[i].kind;
    if (stands_at(bytes, size, 0, "RIFF", 4) && stands_at(bytes, size, 8, "WEBP", 4))
        return IMAGE_WEBP;
    if (is_bmp(bytes, size))
        return IMAGE_BMP;
    if (is_pnm(bytes, size))
        return IMAGE_PNM;
    if (is_svg(bytes, size))
        return IMAGE_SVG;
    return kind_of_ftyp(bytes, size);
}

bool sniff_is_read(enum image_kind kind)
{
    return kind >= IMAGE_JPEG && kind <= IMAGE_AVIF;
}

static const struct kind_words *words_of(enum image_kind kind)
{
    return &words[(unsigned)kind < IMAGE_KIND_COUNT ? kind : IMAGE_UNKNOWN];
}

const char *sniff_name(enum image_kind kind)
{
    return words_of(kind)->name;
}

const char *sniff_extension(enum image_kind kind)
{
    return words_of(kind)->extension;
}

const char *sniff_media_type(enum image_kind kind)
{
    return words_of(kind)->media_type;
}

enum image_kind sniff_kind_of_extension(const char *extension)
{
    for (enum image_kind kind = IMAGE_JPEG; sniff_is_read(kind); kind++)
        if (strcasecmp(extension, words[kind].extension) == 0)
            return kind;
    return IMAGE_UNKNOWN;
}

enum image_kind sniff_kind_of_media_type(const char *media_type)
{
    for (enum image_kind kind = IMAGE_JPEG; sniff_is_read(kind); kind++)
        if (strcasecmp(media_type, words[kind].media_type) == 0)
            return kind;
    if (strcasecmp(media_type, "image/jpg") == 0) /* is no such type, but what many programs say */
        return IMAGE_JPEG;
    return strcasecmp(media_type, "image/heif") == 0 ? IMAGE_HEIF : IMAGE_UNKNOWN; /* has two names */
}
