// SPDX-License-Identifier: MIT
/*
 * The fast JPEG reader against libjpeg: where both read a file, they read the same samples. The input's last
 * byte chooses scale and region. Inputs beyond 8 KB are walked by four walkers at once, so the corpus has
 * some.
 */
#include "fuzz.h"

#include "../unit/jpeg_fixture.h"
#include "image/jpeg_fast.h"

enum { MAX_PIXELS = 512 * 512, MAX_SCANS = 1 };

static void choose(uint8_t choice, struct jpeg_request *request)
{
    const uint32_t width_px = request->header->width_px;
    const uint32_t height_px = request->header->height_px;
    request->denominator = 2U << choice % 3;
    request->full_chroma = (choice & 4) != 0;
    if (choice & 8) { /* a region, not all of it */
        request->x0_px = width_px / 3;
        request->x1_px = request->x0_px + (width_px + 2) / 3;
        request->y0_px = height_px / 4;
        request->y1_px = request->y0_px + (height_px + 1) / 2;
    }
}

/*
 * Two 0xFF and a 0 are one data byte 0xFF, to us and to libjpeg. But libjpeg-turbo first takes them for a
 * marker, and when it then reads the MCU again it leaves in it what it had read by mistake.
 */
static bool reference_can_be_trusted(const struct jpeg_request *request)
{
    const uint8_t *end = request->bytes + request->size_bytes;
    for (const uint8_t *at = request->bytes; end - at >= 3; at++)
        if (at[0] == 0xFF && at[1] == 0xFF && at[2] == 0)
            return false;
    return true;
}

static void read_both(const struct jpeg_request *request)
{
    struct jpeg_planes planes, reference;
    struct tess_error error = {.status = TESS_OK};
    FUZZ_ASSERT(jpeg_fast_reader.peak_bytes(request) > 0);
    enum tess_status status = jpeg_fast_reader.read(request, &planes, &error);
    if (status == TESS_OK) {
        FUZZ_ASSERT(jpeg_planes_cover(&planes, request));
        if (reference_can_be_trusted(request) && jpeg_file_reference(request, &reference)) {
            FUZZ_ASSERT(jpeg_planes_match(&planes, &reference));
            jpeg_planes_clear(&reference);
        }
        jpeg_planes_clear(&planes);
    } else {
        FUZZ_ASSERT(status == TESS_ERR_CORRUPT && error.status == status && error.message[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jpeg_limits limits = {.max_pixels = MAX_PIXELS, .max_scans = MAX_SCANS};
    uint8_t *copy = fuzz_copy(data, size);
    struct jpeg_header header;
    if (jpeg_header_read(copy, size, &limits, &header, NULL) == TESS_OK) {
        const struct jpeg_file file = {copy, size};
        struct jpeg_request request = jpeg_file_request(&file, &header, 8);
        choose(copy[size - 1], &request);
        if (jpeg_fast_reader.accepts(&request))
            read_both(&request);
        jpeg_header_clear(&header);
    }
    free(copy);
    return 0;
}
