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
#include "image/numbers.h"

enum { MAX_DEPTH = 8 };

struct heif_walk {
    const uint8_t *bytes;
    size_t size;
    struct tess_error *error;
};

/* A box: its content is [at, end). */
struct box {
    const uint8_t *name;
    size_t head_at, at, end;
};

static bool is_named(const struct box *box, const char *name)
{
    return memcmp(box->name, name, 4) == 0;
}

/* The box at `at`, within bytes up to `end`. False at the end; *status_out says if that is all right. */
static bool next_box(const struct heif_walk *walk, size_t at, size_t end, struct box *box_out,
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
    *box_out = (struct box){head + 4, at, at + head_bytes, at + (size_t)size};
    return true;
}

/* One item of iloc, at *at; false when the box ends before it does. */
static bool sum_extents(const struct heif_walk *walk, const struct box *box, unsigned version,
                        const unsigned sizes[4], size_t *at, uint64_t *sum_out)
{
    const unsigned index_bytes = version > 0 ? sizes[3] : 0;
    const size_t head = (version < 2 ? 2u : 4u) + (version > 0 ? 2u : 0u) + 2u + sizes[2] + 2u;
    *sum_out = 0;
    if (box->end - *at < head)
        return false;
    *at += head;
    const uint64_t extents = number_be(walk->bytes + *at - 2, 2);
    const size_t extent_bytes = index_bytes + sizes[0] + sizes[1];
    if (extents * extent_bytes > box->end - *at)
        return false;
    for (uint64_t i = 0; i < extents; i++, *at += extent_bytes) {
        const uint64_t length = number_be(walk->bytes + *at + index_bytes + sizes[0], sizes[1]);
        /* None at all means the whole file. */
        const uint64_t bytes = length == 0 ? walk->size : length;
        *sum_out = bytes > UINT64_MAX - *sum_out ? UINT64_MAX : *sum_out + bytes;
    }
    return true;
}

static enum tess_status check_iloc(const struct heif_walk *walk, const struct box *box)
{
    if (box->end - box->at < 8)
        return TESS_OK; /* libheif says so */
    const uint8_t *head = walk->bytes + box->at;
    const unsigned version = head[0];
    const unsigned sizes[4] = {head[4] >> 4, head[4] & 15u, head[5] >> 4, head[5] & 15u};
    for (int i = 0; i < 4; i++)
        if (sizes[i] > 8)
            return TESS_OK;
    size_t at = box->at + 6;
    const unsigned count_bytes = version < 2 ? 2 : 4;
    if (box->end - at < count_bytes)
        return TESS_OK;
    const uint64_t items = number_be(walk->bytes + at, count_bytes);
    at += count_bytes;
    for (uint64_t i = 0; i < items; i++) {
        uint64_t sum = 0;
        const size_t item_at = at;
        if (!sum_extents(walk, box, version, sizes, &at, &sum))
            return TESS_OK;
        if (sum > walk->size)
            return lengths_refuse(
                &(struct lengths_claim){"HEIF", "item in", box->name, item_at, sum, walk->size}, walk->error);
    }
    return TESS_OK;
}

/* How many bytes of a box stand before the boxes in it; -1 when there are none that matter. */
static int children_at(const struct heif_walk *walk, const struct box *box)
{
    if (is_named(box, "meta") || is_named(box, "iref"))
        return 4;
    if (is_named(box, "iprp") || is_named(box, "ipco") || is_named(box, "dinf"))
        return 0;
    if (is_named(box, "iinf") && box->at < box->end)
        return walk->bytes[box->at] == 0 ? 6 : 8;
    return -1;
}

/* The boxes in [at, end), and those in them. The depth is bounded, so this may call itself. */
static enum tess_status check_boxes(const struct heif_walk *walk, size_t at, size_t end, int depth)
{
    struct box box;
    enum tess_status status = TESS_OK;
    for (; status == TESS_OK && next_box(walk, at, end, &box, &status); at = box.end) {
        const int children = children_at(walk, &box);
        if (is_named(&box, "iloc"))
            status = check_iloc(walk, &box);
        else if (children >= 0 && depth < MAX_DEPTH && box.end - box.at >= (size_t)children)
            status = check_boxes(walk, box.at + (size_t)children, box.end, depth + 1);
    }
    return status;
}

enum tess_status lengths_heif(const uint8_t *bytes, size_t size_bytes, struct tess_error *error)
{
    const struct heif_walk walk = {bytes, size_bytes, error};
    struct box box;
    enum tess_status status = TESS_OK;
    for (size_t at = 0; next_box(&walk, at, size_bytes, &box, &status); at = box.end)
        if (is_named(&box, "meta"))
            return check_boxes(&walk, box.head_at, box.end, 0);
    return status;
}
