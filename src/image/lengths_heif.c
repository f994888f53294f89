// SPDX-License-Identifier: MIT
/*
 * HEIF and AVIF: boxes within boxes (ISO/IEC 14496-12), and the table of where each item's bytes lie (iloc).
 *
 * An item may be put together from extents that overlap: 32 times a file of 40 MB is an item of 1.3 GB. What
 * follows behind the metadata at the top level (pixels that are cut short, a phone's trailer, garbage) is not
 * looked at: libheif never reads it by its length.
 */
#include <string.h>

#include "base/error.h"
#include "image/lengths.h"
#include "image/lengths_heif.h"
#include "image/numbers.h"

enum { MAX_DEPTH = 8 };

bool heif_is_named(const struct heif_box *box, const char *name)
{
    return memcmp(box->name, name, 4) == 0;
}

bool heif_next_box(const struct heif_walk *walk, size_t at, size_t end, struct heif_box *box_out,
                   enum tess_status *status_out)
{
    *status_out = TESS_OK;
    if (at >= end || end - at < 8)
        return false;
    const uint8_t *head = walk->bytes + at;
    uint64_t size = number_be(head, 4);
    size_t head_bytes = 8;
    if (size == 1) {
        if (end - at < 16)
            return false;
        size = number_be(head + 8, 8);
        head_bytes = 16;
    } else if (size == 0) {
        size = end - at; /* up to the end */
    }
    if (size < head_bytes || size > end - at) {
        *status_out =
            lengths_refuse(&(struct lengths_claim){"HEIF", "box", head + 4, at, size, end - at}, walk->error);
        return false;
    }
    *box_out = (struct heif_box){head + 4, at, at + head_bytes, at + (size_t)size};
    return true;
}

/* One item of iloc, at *at; false when the box ends before it does. */
static bool sum_extents(const struct heif_walk *walk, const struct heif_box *box, unsigned version,
                        const struct heif_iloc_widths *widths, size_t *at, uint64_t *sum_out)
{
    const size_t head = (version < 2 ? 2u : 4u) + (version > 0 ? 2u : 0u) + 2u + widths->base + 2u;
    *sum_out = 0;
    if (box->end - *at < head)
        return false;
    *at += head;
    const uint64_t extents = number_be(walk->bytes + *at - 2, 2);
    const size_t extent_bytes = widths->index + widths->offset + widths->length;
    if (extents * extent_bytes > box->end - *at)
        return false;
    for (uint64_t i = 0; i < extents; i++, *at += extent_bytes) {
        const uint64_t length = number_be(walk->bytes + *at + widths->index + widths->offset, widths->length);
        /* None at all means the whole file. */
        const uint64_t bytes = length == 0 ? walk->size : length;
        *sum_out = bytes > UINT64_MAX - *sum_out ? UINT64_MAX : *sum_out + bytes;
    }
    return true;
}

struct heif_iloc_widths heif_iloc_widths(const uint8_t *head)
{
    const unsigned version = head[0]; /* before 1 the last half-byte is reserved */
    const struct heif_iloc_widths widths = {.offset = head[4] >> 4,
                                            .length = head[4] & 15u,
                                            .base = head[5] >> 4,
                                            .index = version > 0 ? head[5] & 15u : 0};
    const unsigned all[] = {widths.offset, widths.length, widths.base, widths.index};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] != 0 && all[i] != 4 && all[i] != 8)
            return (struct heif_iloc_widths){.are_valid = false};
    struct heif_iloc_widths valid = widths;
    valid.are_valid = true;
    return valid;
}

static enum tess_status check_iloc(const struct heif_walk *walk, const struct heif_box *box)
{
    if (box->end - box->at < 8)
        return TESS_OK; /* libheif says so */
    const uint8_t *head = walk->bytes + box->at;
    const unsigned version = head[0];
    const struct heif_iloc_widths widths = heif_iloc_widths(head);
    if (!widths.are_valid)
        return error_set(walk->error, TESS_ERR_CORRUPT,
                         "HEIF: the box iloc at byte %zu has numbers that are not of 0, 4 or 8 bytes",
                         box->head_at);
    size_t at = box->at + 6;
    const unsigned count_bytes = version < 2 ? 2 : 4;
    if (box->end - at < count_bytes)
        return TESS_OK;
    const uint64_t items = number_be(walk->bytes + at, count_bytes);
    at += count_bytes;
    for (uint64_t i = 0; i < items; i++) {
        uint64_t sum = 0;
        const size_t item_at = at;
        if (!sum_extents(walk, box, version, &widths, &at, &sum))
            return TESS_OK;
        if (sum > walk->size)
            return lengths_refuse(
                &(struct lengths_claim){"HEIF", "item in", box->name, item_at, sum, walk->size}, walk->error);
    }
    return TESS_OK;
}

/* How many bytes of a box stand before the boxes in it; -1 when there are none that matter. */
static int children_at(const struct heif_walk *walk, const struct heif_box *box)
{
    if (heif_is_named(box, "meta") || heif_is_named(box, "iref"))
        return 4;
    if (heif_is_named(box, "iprp") || heif_is_named(box, "ipco") || heif_is_named(box, "dinf"))
        return 0;
    if (heif_is_named(box, "iinf") && box->at < box->end)
        return walk->bytes[box->at] == 0 ? 6 : 8;
    return -1;
}

/* The boxes in [at, end), and those in them. The depth is bounded, so this may call itself. */
static enum tess_status check_boxes(const struct heif_walk *walk, size_t at, size_t end, int depth)
{
    struct heif_box box;
    enum tess_status status = TESS_OK;
    for (; status == TESS_OK && heif_next_box(walk, at, end, &box, &status); at = box.end) {
        const int children = children_at(walk, &box);
        if (heif_is_named(&box, "iloc"))
            status = check_iloc(walk, &box);
        else if (children >= 0 && depth < MAX_DEPTH && box.end - box.at >= (size_t)children)
            status = check_boxes(walk, box.at + (size_t)children, box.end, depth + 1);
    }
    return status;
}

enum tess_status lengths_heif(const uint8_t *bytes, size_t size_bytes, struct tess_error *error)
{
    struct heif_walk walk = {bytes, size_bytes, error};
    struct heif_box box;
    enum tess_status status = TESS_OK;
    bool has_meta = false;
    /* Of several metas libheif takes the last: all are looked at. */
    for (size_t at = 0; heif_next_box(&walk, at, size_bytes, &box, &status); at = box.end) {
        if (!heif_is_named(&box, "meta"))
            continue;
        walk.error = error;
        status = check_boxes(&walk, box.head_at, box.end, 0);
        if (status == TESS_OK)
            status = heif_check_derived(&walk, &box);
        if (status != TESS_OK)
            return status;
        has_meta = true;
        walk.error = NULL; /* what is cut short behind it is the decoder's to judge */
    }
    return has_meta ? TESS_OK : status;
}
