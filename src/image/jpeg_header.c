// SPDX-License-Identifier: MIT
/*
 * The header of a JPEG: our own walk over the markers for what libjpeg does not tell or tells too late
 * (scans, EXIF, profile), and libjpeg itself for what decoding will rely on (sampling, colour space).
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/jpeg_guard.h"
#include "image/jpeg_markers.h"
#include "image/jpeg_reader.h"

void jpeg_header_clear(struct jpeg_header *header)
{
    free(header->icc);
    memset(header, 0, sizeof *header);
}

static enum tess_status check_limits(const struct jpeg_markers *markers, const struct jpeg_limits *limits,
                                     struct tess_error *error)
{
    uint64_t pixels = (uint64_t)markers->width_px * markers->height_px;
    if (markers->precision != 8)
        return error_set(error, TESS_ERR_UNSUPPORTED, "JPEG with %u bits a sample; only 8 are supported",
                         markers->precision);
    if (pixels > limits->max_pixels)
        return error_limit(error, "max-pixels", "%u x %u pixels are more than the limit max-pixels of %llu",
                           markers->width_px, markers->height_px, (unsigned long long)limits->max_pixels);
    if (markers->multiple_scans && markers->scan_count > limits->max_scans)
        return error_limit(error, "max-scans", "a JPEG of more scans than the limit max-scans of %u",
                           limits->max_scans);
    return TESS_OK;
}

static bool colour_of(J_COLOR_SPACE space, enum jpeg_colour *colour_out)
{
    switch (space) {
    case JCS_GRAYSCALE:
        *colour_out = JPEG_GREY;
        return true;
    case JCS_YCbCr:
        *colour_out = JPEG_YCC;
        return true;
    case JCS_RGB:
        *colour_out = JPEG_RGB;
        return true;
    case JCS_CMYK:
        *colour_out = JPEG_CMYK;
        return true;
    case JCS_YCCK:
        *colour_out = JPEG_YCCK;
        return true;
    default:
        return false;
    }
}

static enum tess_status copy_header(const struct jpeg_decompress_struct *cinfo, struct jpeg_header *header,
                                    struct tess_error *error)
{
    if (!colour_of(cinfo->jpeg_color_space, &header->colour) || cinfo->num_components > JPEG_MAX_COMPONENTS)
        return error_set(error, TESS_ERR_UNSUPPORTED, "JPEG with %d components of an unknown colour space",
                         cinfo->num_components);
    header->width_px = cinfo->image_width;
    header->height_px = cinfo->image_height;
    header->component_count = (uint32_t)cinfo->num_components;
    header->progressive = cinfo->progressive_mode;
    header->arithmetic = cinfo->arith_code;
    for (int i = 0; i < cinfo->num_components; i++) {
        header->h_samp[i] = (uint8_t)cinfo->comp_info[i].h_samp_factor;
        header->v_samp[i] = (uint8_t)cinfo->comp_info[i].v_samp_factor;
        if (header->h_samp[i] > header->max_h_samp)
            header->max_h_samp = header->h_samp[i];
        if (header->v_samp[i] > header->max_v_samp)
            header->max_v_samp = header->v_samp[i];
    }
    return TESS_OK;
}

static enum tess_status read_by_libjpeg(const uint8_t *bytes, size_t size_bytes, struct jpeg_header *header,
                                        struct tess_error *error)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_guard guard;
    memset(&cinfo, 0, sizeof cinfo);
    cinfo.err = jpeg_guard_init(&guard, error);
    if (setjmp(guard.escape)) {
        jpeg_destroy_decompress(&cinfo);
        return guard.status;
    }
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, bytes, size_bytes);
    (void)jpeg_read_header(&cinfo, TRUE);
    enum tess_status status = copy_header(&cinfo, header, error);
    jpeg_destroy_decompress(&cinfo);
    return status;
}

enum tess_status jpeg_header_read(const uint8_t *bytes, size_t size_bytes, const struct jpeg_limits *limits,
                                  struct jpeg_header *header_out, struct tess_error *error)
{
    struct jpeg_markers markers;
    memset(header_out, 0, sizeof *header_out);
    enum tess_status status = jpeg_markers_walk(bytes, size_bytes, limits->max_scans, &markers, error);
    if (status != TESS_OK)
        return status;
    header_out->icc = markers.icc;
    header_out->icc_size_bytes = markers.icc_size_bytes;
    header_out->orientation = markers.orientation;
    header_out->multiple_scans = markers.multiple_scans;
    header_out->mislabelled_at = markers.mislabelled_at;
    status = check_limits(&markers, limits, error);
    if (status == TESS_OK)
        status = read_by_libjpeg(bytes, size_bytes, header_out, error);
    header_out->progressive = header_out->progressive || markers.mislabelled_at > 0;
    if (status != TESS_OK)
        jpeg_header_clear(header_out);
    return status;
}
