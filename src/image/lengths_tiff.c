// SPDX-License-Identifier: MIT
/*
 * TIFF: directories in a chain, each a list of entries that may name bytes anywhere in the file.
 *
 * libtiff reads the whole chain to count the pages. It compares each entry with all others of its directory,
 * so directories that overlap make a file of 56 KB a matter of three seconds, and growing with the square;
 * and it keeps a copy of what each entry names, so entries that name the same bytes multiply the file's size.
 *
 * Sound files stay far below the bounds: a thousand pages of 30 entries are 900,000 comparisons, and entries
 * name each byte once, up to a profile that all pages share. Counts that lead out of the file are libtiff's
 * to warn of; it reads what is there.
 */
#include "base/error.h"
#include "image/lengths.h"
#include "image/numbers.h"

enum {
    MAX_COMPARISONS = 1 << 28, /* a quarter of a second's */
    MAX_COPIES = 8,            /* of the file, by one directory */
    MIN_TOTAL_BYTES = 1 << 28, /* by all directories, however small the file */
    MAX_TOTAL_COPIES = 64
};

struct tiff_walk {
    const uint8_t *bytes;
    size_t size;
    uint64_t (*number)(const uint8_t *bytes, unsigned count);
    unsigned count_bytes, entry_bytes, offset_bytes; /* of this kind of TIFF */
    uint64_t comparisons, total_bytes;
};

static bool walk_begin(struct tiff_walk *walk, uint64_t *first_out)
{
    if (walk->size < 8)
        return false;
    walk->number = walk->bytes[0] == 'M' ? number_be : number_le;
    const bool big_tiff = walk->number(walk->bytes + 2, 2) == 43;
    walk->count_bytes = big_tiff ? 8 : 2;
    walk->entry_bytes = big_tiff ? 20 : 12;
    walk->offset_bytes = big_tiff ? 8 : 4;
    if (big_tiff && walk->size < 16)
        return false;
    *first_out = walk->number(walk->bytes + (big_tiff ? 8 : 4), walk->offset_bytes);
    return true;
}

static uint64_t type_bytes(uint64_t type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

/* How many bytes of the file an entry names, outside of itself. */
static uint64_t named_bytes(const struct tiff_walk *walk, const uint8_t *entry)
{
    const uint64_t size = type_bytes(walk->number(entry + 2, 2));
    const uint64_t count = walk->number(entry + 4, walk->offset_bytes);
    const uint64_t at = walk->number(entry + 4 + walk->offset_bytes, walk->offset_bytes);
    if (size == 0 || count <= walk->offset_bytes / size || at >= walk->size)
        return 0;
    const uint64_t left = walk->size - at;
    return count < left / size ? count * size : left;
}

/* One directory at `at`; *next_out is 0 at the chain's end. */
static enum tess_status walk_directory(struct tiff_walk *walk, uint64_t at, uint64_t *next_out,
                                       struct tess_error *error)
{
    *next_out = 0;
    if (at > walk->size || walk->size - at < walk->count_bytes)
        return TESS_OK;
    const uint64_t count = walk->number(walk->bytes + at, walk->count_bytes);
    const uint64_t entries_at = at + walk->count_bytes, left = walk->size - entries_at;
    if (count > left / walk->entry_bytes)
        return TESS_OK; /* libtiff reads directories whole or not at all */
    walk->comparisons += count * count;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < count && walk->comparisons <= MAX_COMPARISONS; i++)
        bytes += named_bytes(walk, walk->bytes + entries_at + i * walk->entry_bytes);
    walk->total_bytes += bytes;
    const uint64_t most = walk->size * MAX_TOTAL_COPIES;
    if (walk->comparisons > MAX_COMPARISONS)
        return error_set(error, TESS_ERR_CORRUPT,
                         "TIFF: the directory of %llu entries at byte %llu: more than any picture has",
                         (unsigned long long)count, (unsigned long long)at);
    if (bytes > walk->size * MAX_COPIES ||
        walk->total_bytes > (most > MIN_TOTAL_BYTES ? most : MIN_TOTAL_BYTES))
        return error_set(error, TESS_ERR_CORRUPT,
                         "TIFF: the directory at byte %llu claims %llu bytes, in a file of %zu",
                         (unsigned long long)at, (unsigned long long)bytes, walk->size);
    const uint64_t next_at = entries_at + count * walk->entry_bytes;
    if (walk->size - next_at >= walk->offset_bytes)
        *next_out = walk->number(walk->bytes + next_at, walk->offset_bytes);
    return TESS_OK;
}

enum tess_status lengths_tiff(const uint8_t *bytes, size_t size_bytes, struct tess_error *error)
{
    enum { MAX_DIRECTORIES = 65535 /* libtiff's own limit; it also stops at a loop */ };
    struct tiff_walk walk = {.bytes = bytes, .size = size_bytes};
    uint64_t at = 0;
    if (!walk_begin(&walk, &at))
        return TESS_OK;
    enum tess_status status = TESS_OK;
    for (int i = 0; status == TESS_OK && at != 0 && i < MAX_DIRECTORIES; i++)
        status = walk_directory(&walk, at, &at, error);
    return status;
}
