// SPDX-License-Identifier: MIT
#include "image/jpeg_markers.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/exif.h"

enum {
    M_SOF0 = 0xC0,
    M_DHT = 0xC4,
    M_JPG = 0xC8,
    M_DAC = 0xCC,
    M_SOF15 = 0xCF,
    M_RST0 = 0xD0,
    M_RST7 = 0xD7,
    M_SOI = 0xD8,
    M_EOI = 0xD9,
    M_SOS = 0xDA,
    M_APP1 = 0xE1,
    M_APP2 = 0xE2,
    M_TEM = 0x01
};

static const char exif_tag[] = "Exif\0"; /* and the array's own NUL: six bytes */
static const char icc_tag[] = "ICC_PROFILE";

/* ICC.1:2010 annex B.4: up to 255 APP2 pieces, numbered from 1, each saying how many there are. */
struct icc_pieces {
    uint8_t total;
    const uint8_t *data[256];
    uint16_t size_bytes[256];
    bool broken;
};

struct walk {
    const uint8_t *begin, *next, *end;
    struct jpeg_markers markers;
    struct icc_pieces icc;
    bool exif_seen;
    bool component_seen[256], component_twice, coefficients_alone; /* in the scans so far */
    size_t sof_at;
};

/* Moves past the next marker and returns its code; 0 at the end of the bytes. Garbage before it is skipped,
 * as libjpeg does. */
static uint8_t next_marker(struct walk *walk)
{
    for (;;) {
        const uint8_t *ff = memchr(walk->next, 0xFF, (size_t)(walk->end - walk->next));
        if (!ff)
            return 0;
        while (ff < walk->end && *ff == 0xFF)
            ff++;
        if (ff == walk->end)
            return 0;
        walk->next = ff + 1;
        if (*ff != 0x00 && (*ff < M_RST0 || *ff > M_RST7))
            return *ff;
    }
}

static void note_icc(struct icc_pieces *icc, const uint8_t *body, size_t size)
{
    const size_t head = sizeof icc_tag + 2;
    if (size < head || memcmp(body, icc_tag, sizeof icc_tag) != 0)
        return;
    uint8_t number = body[sizeof icc_tag], total = body[sizeof icc_tag + 1];
    if (number == 0 || number > total || icc->data[number] || (icc->total && icc->total != total)) {
        icc->broken = true;
        return;
    }
    icc->total = total;
    icc->data[number] = body + head;
    icc->size_bytes[number] = (uint16_t)(size - head);
}

static void note_frame(struct jpeg_markers *markers, uint8_t code, const uint8_t *body, size_t size)
{
    if (size < 6 || markers->sof)
        return;
    markers->sof = code;
    markers->precision = body[0];
    markers->height_px = (uint32_t)body[1] << 8 | body[2];
    markers->width_px = (uint32_t)body[3] << 8 | body[4];
    markers->component_count = body[5];
}

static void note_segment(struct walk *walk, uint8_t code, const uint8_t *body, size_t size)
{
    if (code == M_APP1 && !walk->exif_seen && size >= sizeof exif_tag &&
        memcmp(body, exif_tag, sizeof exif_tag) == 0) {
        walk->markers.orientation = exif_orientation(body + sizeof exif_tag, size - sizeof exif_tag);
        walk->exif_seen = true;
    } else if (code == M_APP2) {
        note_icc(&walk->icc, body, size);
    } else if (code >= M_SOF0 && code <= M_SOF15 && code != M_DHT && code != M_JPG && code != M_DAC) {
        if (!walk->markers.sof)
            walk->sof_at = (size_t)(body - walk->begin) - 3; /* code and length stand before */
        note_frame(&walk->markers, code, body, size);
    }
}

/* Progressive frames: SOF2, SOF6, SOF10, SOF14. */
static bool is_progressive(uint8_t sof)
{
    return (sof & 0x03) == 0x02;
}

/*
 * In a sequential frame each component has one scan. Where one has several, some of them of a few
 * coefficients alone, the frame's marker is wrong: taken at its word, it would be noise. True: more scans may
 * tell, as this one's parameters are not a sequential scan's.
 */
static bool note_kind(struct walk *walk, const uint8_t *body, size_t size)
{
    const size_t count = size > 0 ? body[0] : 0;
    if (walk->markers.sof > M_SOF0 + 1 || size != 4 + 2 * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool *seen = &walk->component_seen[body[1 + 2 * i]];
        walk->component_twice = walk->component_twice || *seen;
        *seen = true;
    }
    const uint8_t first = body[size - 3], last = body[size - 2];
    walk->coefficients_alone =
        walk->coefficients_alone || (count == 1 && first > 0 && first <= last && last <= 63);
    if (walk->component_twice && walk->coefficients_alone)
        walk->markers.mislabelled_at = walk->sof_at;
    return first != 0 || last != 63 || body[size - 1] != 0;
}

/* Notes one SOS; false when the walk need not go on. */
static bool note_scan(struct walk *walk, const uint8_t *body, size_t size, uint32_t max_scans)
{
    struct jpeg_markers *markers = &walk->markers;
    const bool odd = note_kind(walk, body, size);
    if (markers->scan_count == 0)
        markers->multiple_scans =
            is_progressive(markers->sof) || (size > 0 && body[0] < markers->component_count);
    markers->multiple_scans = markers->multiple_scans || markers->mislabelled_at > 0;
    markers->scan_count++;
    return (markers->multiple_scans || odd) && markers->scan_count <= max_scans;
}

static void walk_segments(struct walk *walk, uint32_t max_scans)
{
    for (;;) {
        uint8_t code = next_marker(walk);
        if (code == 0 || code == M_EOI)
            return;
        if (code == M_SOI || code == M_TEM)
            continue;
        size_t left = (size_t)(walk->end - walk->next);
        if (left < 2)
            return;
        size_t length = (size_t)walk->next[0] << 8 | walk->next[1];
        if (length < 2)
            length = 2; /* to the next marker; if the segment matters, libjpeg will say so */
        if (length > left)
            return;
        const uint8_t *body = walk->next + 2;
        walk->next += length;
        if (code != M_SOS)
            note_segment(walk, code, body, length - 2);
        else if (!note_scan(walk, body, length - 2, max_scans))
            return;
    }
}

/* Joins the pieces of the profile; one that is not whole, or absurdly large, is no profile. */
static enum tess_status join_icc(struct walk *walk, struct tess_error *error)
{
    const struct icc_pieces *icc = &walk->icc;
    size_t total = 0;
    if (icc->broken || icc->total == 0)
        return TESS_OK;
    for (unsigned i = 1; i <= icc->total; i++) {
        if (!icc->data[i])
            return TESS_OK;
        total += icc->size_bytes[i];
    }
    if (total == 0 || total > JPEG_ICC_MAX_BYTES)
        return TESS_OK;
    uint8_t *joined = malloc(total);
    if (!joined)
        return error_set(error, TESS_ERR_MEMORY, "no memory for a colour profile of %zu bytes", total);
    walk->markers.icc = joined;
    walk->markers.icc_size_bytes = total;
    for (unsigned i = 1; i <= icc->total; i++) {
        memcpy(joined, icc->data[i], icc->size_bytes[i]);
        joined += icc->size_bytes[i];
    }
    return TESS_OK;
}

enum tess_status jpeg_markers_walk(const uint8_t *bytes, size_t size_bytes, uint32_t max_scans,
                                   struct jpeg_markers *markers_out, struct tess_error *error)
{
    memset(markers_out, 0, sizeof *markers_out);
    if (size_bytes < 3 || bytes[0] != 0xFF || bytes[1] != M_SOI || bytes[2] != 0xFF)
        return error_set(error, TESS_ERR_NOT_IMAGE, "not a JPEG");
    struct walk walk = {
        .begin = bytes, .next = bytes + 2, .end = bytes + size_bytes, .markers = {.orientation = 1}};
    walk_segments(&walk, max_scans);
    if (walk.markers.scan_count == 0 || walk.markers.sof == 0)
        return error_set(error, TESS_ERR_CORRUPT, "JPEG cut short: it ends before its first scan");
    enum tess_status status = join_icc(&walk, error);
    if (status == TESS_OK)
        *markers_out = walk.markers;
    return status;
}
