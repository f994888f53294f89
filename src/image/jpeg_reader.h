// SPDX-License-Identifier: MIT
/*
 * Reading JPEG into its own planes, at a DCT scale, no further than a region needs.
 *
 * Readers stand behind a small table, so that a specialised one can take over the files it accepts.
 * jpeg_read() asks each in turn (fastest first) whether it accepts the file; libjpeg-turbo accepts all and
 * stands last. Planes come out as they are in the file (Y, Cb, Cr; grey; C, M, Y, K; R, G, B): no colour
 * conversion, no upsampling.
 *
 * Example: 4000 × 2250, 4:2:0, denominator 4, region 875,0 2250 × 2250. The Y plane holds at least columns
 * 218..781 and rows 0..562 of the 1000 × 563 picture that a decode at 1/4 makes; origin_x_px says which
 * column data[0] is.
 */
#ifndef IMAGE_JPEG_READER_H
#define IMAGE_JPEG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include <tessera/status.h>

enum jpeg_colour { JPEG_GREY, JPEG_YCC, JPEG_RGB, JPEG_CMYK, JPEG_YCCK };

enum { JPEG_MAX_COMPONENTS = 4 };

/* What the markers before the first scan say. */
struct jpeg_header {
    uint32_t width_px, height_px; /* as stored, before orientation */
    uint32_t component_count;
    enum jpeg_colour colour;
    uint8_t h_samp[JPEG_MAX_COMPONENTS], v_samp[JPEG_MAX_COMPONENTS]; /* sampling factors, 1..4 */
    uint8_t max_h_samp, max_v_samp;
    bool progressive;      /* as its scans are, whatever the frame's marker says */
    bool multiple_scans;   /* progressive, or components in scans of their own: read as a whole */
    size_t mislabelled_at; /* where a progressive frame's marker says that it is sequential; 0: nowhere */
    bool arithmetic;
    uint8_t orientation; /* EXIF, 1..8; 1 where it is missing or nonsense */
    uint8_t *icc; /* embedded profile, owned; NULL when there is none (or its chunks do not fit together) */
    size_t icc_size_bytes;
};

void jpeg_header_clear(struct jpeg_header *header);

struct jpeg_limits {
    uint64_t max_pixels;
    uint32_t max_scans;
};

/*
 * Reads the markers of `bytes` and checks the limits "max-pixels" and (progressive: all scans are counted)
 * "max-scans". *header_out is the caller's to clear on success. TESS_ERR_NOT_IMAGE, _CORRUPT, _UNSUPPORTED
 * (12 bit, lossless), _LIMIT.
 */
enum tess_status jpeg_header_read(const uint8_t *bytes, size_t size_bytes, const struct jpeg_limits *limits,
                                  struct jpeg_header *header_out, struct tess_error *error);

struct jpeg_request {
    const uint8_t *bytes; /* borrowed; the whole file */
    size_t size_bytes;
    const struct jpeg_header *header;
    uint32_t denominator; /* DCT scale 1/1, 1/2, 1/4 or 1/8 */
    /* The part that is needed, in full-size stored pixels: columns [x0, x1), rows [y0, y1), within the image.
     */
    uint32_t x0_px, y0_px, x1_px, y1_px;
    /* The result will keep full chroma resolution (not 4:2:0): a reader may then decode chroma at a larger
     * DCT scale. */
    bool full_chroma;
    const struct stop *stop; /* NULL: none */
};

/*
 * One component. Sample (column c, row r) of the whole scaled component stands at
 * data[(r - origin_y_px) · stride_bytes + (c - origin_x_px)]; `width_px` × `height_px` samples are there.
 */
struct jpeg_plane {
    uint8_t *data;
    size_t stride_bytes;
    uint32_t origin_x_px, origin_y_px;
    uint32_t width_px, height_px;
    uint32_t whole_width_px,
        whole_height_px;     /* of the scaled component: valid samples end there, also inside width_px */
    double scale_x, scale_y; /* samples per full-size image pixel: 0.25 for Y at 1/4, 0.125 or 0.25 for its
                                4:2:0 chroma */
};

struct jpeg_planes {
    uint32_t count;
    struct jpeg_plane planes[JPEG_MAX_COMPONENTS];
    uint8_t *memory; /* owned block behind all planes */
};

void jpeg_planes_clear(struct jpeg_planes *planes);

/*
 * A reader. Stateless and thread-safe. `peak_bytes` tells what read() will allocate at most (planes,
 * coefficients, tables), for the memory budget. It may end with what request->stop says, the sooner the more
 * there is to read. Data that is cut or damaged within the region is
 * TESS_ERR_CORRUPT, never grey filling; what lies after the last row of the region is not looked at.
 */
struct jpeg_reader {
    const char *name;
    bool (*accepts)(const struct jpeg_request *request);
    uint64_t (*peak_bytes)(const struct jpeg_request *request);
    enum tess_status (*read)(const struct jpeg_request *request, struct jpeg_planes *planes_out,
                             struct tess_error *error);
};

extern const struct jpeg_reader jpeg_turbo_reader;

/* The first reader that accepts the request; never NULL. */
const struct jpeg_reader *jpeg_reader_for(const struct jpeg_request *request);

#endif
