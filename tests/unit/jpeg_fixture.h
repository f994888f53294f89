// SPDX-License-Identifier: MIT
/*
 * JPEG files for tests of the fast reader, made with libjpeg or by hand, and what reading them must give,
 * from libjpeg's coefficients. No cmocka in here: the fuzz target uses it too.
 */
#ifndef TESTS_JPEG_FIXTURE_H
#define TESTS_JPEG_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/jpeg_reader.h"

enum jpeg_content { CONTENT_FLAT, CONTENT_SMOOTH, CONTENT_NOISE, CONTENT_HARSH /* black and white noise */ };

struct jpeg_recipe {
    uint32_t width_px, height_px;
    int components;     /* 1, 3 or 4 */
    int h_samp, v_samp; /* luma's; chroma has 1 */
    int quality;
    enum jpeg_content content;
    bool optimised, progressive;
    unsigned restart_interval;
};

/* A file in memory; free() the data. */
struct jpeg_file {
    uint8_t *data;
    size_t size;
};

struct jpeg_file jpeg_file_make(const struct jpeg_recipe *recipe);

/* Bits, for entropy-coded data by hand. */
struct bit_writer {
    uint8_t bytes[4096];
    size_t bit_count;
};

void bits_put(struct bit_writer *writer, uint32_t value, unsigned count);

/*
 * An 8-row grey image of quality 50 with libjpeg's standard tables whose entropy-coded data is `bits`, padded
 * with ones and stuffed.
 */
struct jpeg_file jpeg_file_by_hand(uint32_t width_px, const struct bit_writer *bits);

/* The header as the readers want it; false when the file has none that can be used. Clear it afterwards. */
bool jpeg_file_header(const struct jpeg_file *file, struct jpeg_header *header);

/* A request for the whole picture. */
struct jpeg_request jpeg_file_request(const struct jpeg_file *file, const struct jpeg_header *header,
                                      uint32_t denominator);

/*
 * What the planes must hold, from the coefficients that libjpeg reads, for the whole picture. False when
 * libjpeg finds the file damaged.
 */
bool jpeg_file_reference(const struct jpeg_request *request, struct jpeg_planes *planes);

/* Whether all valid samples of the region's planes are those of the whole picture's reference. */
bool jpeg_planes_match(const struct jpeg_planes *region, const struct jpeg_planes *whole);

/* Whether the planes hold all samples that the request asks for. */
bool jpeg_planes_cover(const struct jpeg_planes *planes, const struct jpeg_request *request);

#endif
