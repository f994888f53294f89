// SPDX-License-Identifier: MIT
/*
 * A JPEG's header and pixels; whether it is damaged does not depend on the scale. The input's last bytes
 * choose scale and region, so that an input is still a JPEG that any viewer opens.
 */
#include "fuzz.h"

#include "image/jpeg_reader.h"

enum { MAX_PIXELS = 300 * 300, MAX_SCANS = 10 };

static void check_header(const struct jpeg_header *header)
{
    FUZZ_ASSERT(header->width_px > 0 && header->height_px > 0);
    FUZZ_ASSERT((uint64_t)header->width_px * header->height_px <= MAX_PIXELS);
    FUZZ_ASSERT(header->component_count >= 1 && header->component_count <= JPEG_MAX_COMPONENTS);
    FUZZ_ASSERT(header->orientation >= 1 && header->orientation <= 8);
    FUZZ_ASSERT((header->icc == NULL) == (header->icc_size_bytes == 0));
    for (uint32_t i = 0; i < header->component_count; i++) {
        FUZZ_ASSERT(header->h_samp[i] >= 1 && header->h_samp[i] <= header->max_h_samp &&
                    header->max_h_samp <= 4);
        FUZZ_ASSERT(header->v_samp[i] >= 1 && header->v_samp[i] <= header->max_v_samp &&
                    header->max_v_samp <= 4);
    }
}

/* Reads every sample that a plane says it has: AddressSanitizer sees one that is not there. */
static void touch_planes(const struct jpeg_planes *planes)
{
    volatile uint32_t sum = 0;
    FUZZ_ASSERT(planes->count >= 1 && planes->count <= JPEG_MAX_COMPONENTS);
    for (uint32_t i = 0; i < planes->count; i++) {
        const struct jpeg_plane *plane = &planes->planes[i];
        FUZZ_ASSERT(plane->width_px > 0 && plane->height_px > 0 && plane->stride_bytes >= plane->width_px);
        for (uint32_t y = 0; y < plane->height_px; y++) {
            for (uint32_t x = 0; x < plane->width_px; x++)
                sum += plane->data[(size_t)y * plane->stride_bytes + x];
        }
    }
    (void)sum;
}

static enum tess_status status_at(const struct jpeg_request *whole, uint32_t denominator)
{
    struct jpeg_request request = *whole;
    struct jpeg_planes planes;
    request.denominator = denominator;
    enum tess_status status = jpeg_reader_for(&request)->read(&request, &planes, NULL);
    jpeg_planes_clear(&planes);
    return status;
}

static void decode(const uint8_t *bytes, size_t size, const struct jpeg_header *header)
{
    uint8_t choice = size > 0 ? bytes[size - 1] : 0;
    struct jpeg_request request = {
        .bytes = bytes,
        .size_bytes = size,
        .header = header,
        .denominator = 1U << (choice & 3),
        .x1_px = header->width_px,
        .y1_px = header->height_px,
        .full_chroma = (choice & 4) != 0,
    };
    if (choice & 8) { /* a region, not all of it */
        request.x0_px = header->width_px / 3;
        request.x1_px = request.x0_px + (header->width_px + 2) / 3;
        request.y0_px = header->height_px / 4;
        request.y1_px = request.y0_px + (header->height_px + 1) / 2;
    }
    const struct jpeg_reader *reader = jpeg_reader_for(&request);
    FUZZ_ASSERT(reader && reader->accepts(&request));
    FUZZ_ASSERT(reader->peak_bytes(&request) > 0);
    struct jpeg_planes planes;
    struct tess_error error = {.status = TESS_OK};
    enum tess_status status = reader->read(&request, &planes, &error);
    if (status == TESS_OK) {
        touch_planes(&planes);
        jpeg_planes_clear(&planes);
    } else {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
        FUZZ_ASSERT(status != TESS_ERR_INTERNAL);
    }
    for (uint32_t denominator = 1; denominator <= 8; denominator *= 2)
        FUZZ_ASSERT(status_at(&request, denominator) == status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jpeg_limits limits = {.max_pixels = MAX_PIXELS, .max_scans = MAX_SCANS};
    uint8_t *copy = fuzz_copy(data, size);
    struct jpeg_header header;
    struct tess_error error = {.status = TESS_OK};
    enum tess_status status = jpeg_header_read(copy, size, &limits, &header, &error);
    if (status == TESS_OK) {
        check_header(&header);
        decode(copy, size, &header);
        jpeg_header_clear(&header);
    } else {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
        FUZZ_ASSERT(status != TESS_ERR_INTERNAL);
    }
    free(copy);
    return 0;
}
