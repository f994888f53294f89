// SPDX-License-Identifier: MIT
/* The walk over HEIF's boxes, for the files that check them (lengths.h). Without allocations. */
#ifndef IMAGE_LENGTHS_HEIF_H
#define IMAGE_LENGTHS_HEIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>

struct heif_walk {
    const uint8_t *bytes;
    size_t size;
    struct tess_error *error;
};

/* A box: its content is [at, end). */
struct heif_box {
    const uint8_t *name;
    size_t head_at, at, end;
};

bool heif_is_named(const struct heif_box *box, const char *name);

/* The box at `at`, within bytes up to `end`. False at the end; *status_out says if that is all right. */
bool heif_next_box(const struct heif_walk *walk, size_t at, size_t end, struct heif_box *box_out,
                   enum tess_status *status_out);

/* Of how many bytes iloc's numbers are, by the first 6 of its content: 0, 4 or 8, if they are valid. */
struct heif_iloc_widths {
    unsigned offset, length, base, index;
    bool are_valid;
};
struct heif_iloc_widths heif_iloc_widths(const uint8_t *head);

/* Whether the pictures of `file` that are derived from others (grid, iovl) are no larger than their size
 * boxes say. `meta` has been checked: its boxes lie within it. */
enum tess_status heif_check_derived(const struct heif_walk *file, const struct heif_box *meta);

#endif
