// SPDX-License-Identifier: MIT
/*
 * Pictures of a HEIF that are put together from others (ISO/IEC 23008-12, 6.6.2): a grid, an overlay. Such an
 * item says the size of its canvas in its own data, and libheif allocates by that; limits and estimates go by
 * the item's size box (ispe). So the first may not be larger than the second: a file of 17 KB could have a
 * size of 20160 × 1 and a canvas of 20160 × 20160.
 *
 * What libheif would take the first or the last of is looked at in all its places, and the least counts. The
 * steps are bounded, because the items and the tables that they are looked up in multiply.
 */
#include <string.h>

#include "base/error.h"
#include "image/lengths_heif.h"
#include "image/numbers.h"

enum {
    MAX_STEPS = 1 << 25, /* a tenth of a second's; a thousand grids of 32 tiles each are less */
    FULL_BOX = 4,        /* version and flags, in front of the content */
    MAX_DATA = 18        /* of iovl, up to the end of its size */
};

struct derived_walk {
    const struct heif_walk *file;
    struct heif_box iloc, ipma, properties, idat; /* any may be empty */
    uint64_t steps;
};

/* A derived picture. */
struct item {
    uint32_t id;
    bool is_grid;
    size_t at;                    /* of its entry */
    uint64_t width_px, height_px; /* by ispe; 0: it has none */
};

/* The first box of that name in [at, end); an empty one if there is none. */
static struct heif_box find_box(const struct heif_walk *file, size_t at, size_t end, const char *name)
{
    struct heif_box box;
    enum tess_status status;
    for (; heif_next_box(file, at, end, &box, &status); at = box.end)
        if (heif_is_named(&box, name))
            return box;
    return (struct heif_box){(const uint8_t *)name, end, end, end};
}

static uint64_t number_at(const struct derived_walk *walk, size_t at, unsigned count)
{
    return number_be(walk->file->bytes + at, count);
}

/* The property of that number, counting from 1. */
static void apply_property(struct derived_walk *walk, uint64_t number, struct item *item)
{
    struct heif_box box;
    enum tess_status status;
    for (size_t at = walk->properties.at; number > 0 && walk->steps < MAX_STEPS &&
                                          heif_next_box(walk->file, at, walk->properties.end, &box, &status);
         at = box.end, number--) {
        walk->steps++;
        if (number > 1 || !heif_is_named(&box, "ispe") || box.end - box.at < FULL_BOX + 8)
            continue;
        const uint64_t width_px = number_at(walk, box.at + FULL_BOX, 4),
                       height_px = number_at(walk, box.at + FULL_BOX + 4, 4);
        const bool is_first = item->width_px == 0 && item->height_px == 0;
        if (is_first || width_px < item->width_px)
            item->width_px = width_px;
        if (is_first || height_px < item->height_px)
            item->height_px = height_px;
    }
}

static void find_size(struct derived_walk *walk, struct item *item)
{
    const struct heif_box *ipma = &walk->ipma;
    if (ipma->end - ipma->at < FULL_BOX + 4)
        return;
    const unsigned id_bytes = walk->file->bytes[ipma->at] == 0 ? 2 : 4,
                   number_bytes = walk->file->bytes[ipma->at + 3] & 1 ? 2 : 1;
    uint64_t left = number_at(walk, ipma->at + FULL_BOX, 4);
    size_t at = ipma->at + FULL_BOX + 4;
    for (; left > 0 && ipma->end - at > id_bytes && walk->steps < MAX_STEPS; left--) {
        walk->steps++;
        const bool is_it = number_at(walk, at, id_bytes) == item->id;
        const unsigned count = walk->file->bytes[at + id_bytes];
        at += id_bytes + 1u;
        const size_t list_bytes = (size_t)count * number_bytes;
        if (ipma->end - at < list_bytes)
            return;
        for (unsigned i = 0; is_it && i < count; i++) /* the highest bit says that it is essential */
            apply_property(walk,
                           number_at(walk, at + (size_t)i * number_bytes, number_bytes) &
                               (number_bytes == 1 ? 0x7F : 0x7FFF),
                           item);
        at += list_bytes;
    }
}

/* The item's data, as long as they are told here. */
struct item_data {
    uint8_t bytes[MAX_DATA];
    size_t size;
};

/* Of [from, end) the `length` bytes at `offset`, as far as they are there; no length: all of them. */
static void add_data(const struct derived_walk *walk, struct item_data *data, size_t from, size_t end,
                     uint64_t offset, uint64_t length)
{
    if (offset >= end - from)
        return;
    const uint64_t there = end - from - offset, wanted = length == 0 || length > there ? there : length;
    const size_t room = sizeof data->bytes - data->size, taken = wanted < room ? (size_t)wanted : room;
    memcpy(data->bytes + data->size, walk->file->bytes + from + offset, taken);
    data->size += taken;
}

/* Whether the canvas that the data say is within the size box. */
static enum tess_status check_canvas(const struct derived_walk *walk, const struct item *item,
                                     const struct item_data *data)
{
    const size_t at = item->is_grid ? 4 : 10; /* behind rows and columns; the colour of the background */
    const unsigned wide = data->size > 1 && data->bytes[1] & 1 ? 4 : 2;
    if (data->size < at + 2 * (size_t)wide)
        return TESS_OK; /* cut short, which libheif says */
    const uint64_t width_px = number_be(data->bytes + at, wide),
                   height_px = number_be(data->bytes + at + wide, wide);
    if (width_px <= item->width_px && height_px <= item->height_px)
        return TESS_OK;
    return error_set(walk->file->error, TESS_ERR_CORRUPT,
                     "HEIF: the %s of the item in infe at byte %zu claims %llu x %llu pixels, and its box "
                     "ispe says %llu x %llu",
                     item->is_grid ? "grid" : "iovl", item->at, (unsigned long long)width_px,
                     (unsigned long long)height_px, (unsigned long long)item->width_px,
                     (unsigned long long)item->height_px);
}

struct place {
    uint64_t id;
    unsigned method; /* 0: in the file, 1: in idat */
    uint64_t base, extents;
};

/* An entry's head, at *at; false when iloc ends before. */
static bool read_place(const struct derived_walk *walk, const struct heif_iloc_widths *widths, size_t *at,
                       struct place *place_out)
{
    const unsigned version = walk->file->bytes[walk->iloc.at], id_bytes = version < 2 ? 2 : 4,
                   method_bytes = version > 0 ? 2 : 0;
    if (walk->iloc.end - *at < (size_t)id_bytes + method_bytes + 2 + widths->base + 2)
        return false;
    place_out->id = number_at(walk, *at, id_bytes);
    *at += id_bytes;
    place_out->method = (unsigned)number_at(walk, *at, method_bytes) & 15u;
    *at += method_bytes + 2u;
    place_out->base = number_at(walk, *at, widths->base);
    *at += widths->base;
    place_out->extents = number_at(walk, *at, 2);
    *at += 2;
    return true;
}

/* Looks at each entry for this item. */
static enum tess_status check_item(struct derived_walk *walk, const struct item *item)
{
    const struct heif_box *iloc = &walk->iloc;
    if (iloc->end - iloc->at < 10)
        return TESS_OK;
    const unsigned count_bytes = walk->file->bytes[iloc->at] < 2 ? 2 : 4;
    const struct heif_iloc_widths widths = heif_iloc_widths(walk->file->bytes + iloc->at);
    const size_t extent_bytes = widths.index + widths.offset + widths.length;
    uint64_t left = number_at(walk, iloc->at + 6, count_bytes);
    struct place place;
    for (size_t at = iloc->at + 6 + count_bytes;
         left > 0 && walk->steps < MAX_STEPS && read_place(walk, &widths, &at, &place); left--) {
        struct item_data data = {.size = 0};
        const struct heif_box whole = {.at = 0, .end = walk->file->size},
                              *from = place.method == 1 ? &walk->idat : &whole;
        walk->steps++;
        if (place.extents * extent_bytes > iloc->end - at)
            return TESS_OK;
        for (uint64_t i = 0; place.id == item->id && i < place.extents && data.size < MAX_DATA; i++) {
            const size_t extent_at = at + (size_t)i * extent_bytes + widths.index;
            walk->steps++;
            add_data(walk, &data, from->at, from->end, place.base + number_at(walk, extent_at, widths.offset),
                     number_at(walk, extent_at + widths.offset, widths.length));
        }
        at += (size_t)place.extents * extent_bytes;
        const enum tess_status status = check_canvas(walk, item, &data);
        if (status != TESS_OK)
            return status;
    }
    return TESS_OK;
}

/* An entry of iinf; false if it is none of a derived picture. */
static bool read_item(const struct derived_walk *walk, const struct heif_box *infe, struct item *item_out)
{
    if (!heif_is_named(infe, "infe") || infe->end - infe->at < FULL_BOX)
        return false;
    const unsigned version = walk->file->bytes[infe->at], id_bytes = version < 3 ? 2 : 4;
    const size_t type_at = infe->at + FULL_BOX + id_bytes + 2;
    if (version < 2 || infe->end - infe->at < FULL_BOX + id_bytes + 2u + 4u)
        return false;
    const bool is_grid = memcmp(walk->file->bytes + type_at, "grid", 4) == 0;
    *item_out = (struct item){.id = (uint32_t)number_at(walk, infe->at + FULL_BOX, id_bytes),
                              .is_grid = is_grid,
                              .at = infe->head_at};
    return is_grid || memcmp(walk->file->bytes + type_at, "iovl", 4) == 0;
}

enum tess_status heif_check_derived(const struct heif_walk *file, const struct heif_box *meta)
{
    const size_t at = meta->at + FULL_BOX < meta->end ? meta->at + FULL_BOX : meta->end;
    const struct heif_box iinf = find_box(file, at, meta->end, "iinf"),
                          iprp = find_box(file, at, meta->end, "iprp");
    struct derived_walk walk = {.file = file,
                                .iloc = find_box(file, at, meta->end, "iloc"),
                                .ipma = find_box(file, iprp.at, iprp.end, "ipma"),
                                .properties = find_box(file, iprp.at, iprp.end, "ipco"),
                                .idat = find_box(file, at, meta->end, "idat")};
    if (iinf.end - iinf.at < 8)
        return TESS_OK;
    struct heif_box infe;
    enum tess_status status = TESS_OK;
    for (size_t entry_at = iinf.at + (file->bytes[iinf.at] == 0 ? 6 : 8);
         status == TESS_OK && heif_next_box(file, entry_at, iinf.end, &infe, &status); entry_at = infe.end) {
        struct item item;
        if (!read_item(&walk, &infe, &item))
            continue;
        find_size(&walk, &item);
        status = check_item(&walk, &item);
        if (status == TESS_OK && walk.steps >= MAX_STEPS)
            status = error_set(file->error, TESS_ERR_CORRUPT,
                               "HEIF: the box iinf at byte %zu has more derived pictures and parts of them "
                               "than can be looked up",
                               iinf.head_at);
    }
    return status;
}
