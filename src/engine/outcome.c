// SPDX-License-Identifier: MIT
#include "engine/outcome.h"

#include <string.h>

#include "base/error.h"
#include "net/shown.h"

enum { SOURCE_SHOWN_BYTES = 120 };

/* Whether it is the image, or its name, that is at fault. */
static bool is_images_own(enum tess_status status)
{
    switch (status) {
    case TESS_ERR_INVALID: /* a folder, or a bucket, is no image */
    case TESS_ERR_LIMIT:
    case TESS_ERR_NOT_IMAGE:
    case TESS_ERR_CORRUPT:
    case TESS_ERR_UNSUPPORTED:
        return true;
    default:
        return false;
    }
}

/* The one whose reason is told: the first that it is the store's or the system's fault, else the first that
 * is there and cannot be used, else the first. */
static uint32_t weight_of(enum tess_status status)
{
    if (status == TESS_ERR_NOT_FOUND)
        return 1;
    return is_images_own(status) ? 2 : 3;
}

enum tess_status outcome_check(const struct result *result, struct tess_error *error)
{
    const struct tess_cell_report *told = NULL;
    size_t failed = 0;
    for (size_t i = 0; i < result->pub.cell_count; i++) {
        const struct tess_cell_report *cell = &result->cells[i];
        if (cell->source[0] == '\0')
            continue;
        if (cell->status == TESS_OK)
            return TESS_OK;
        failed++;
        if (!told || weight_of(cell->status) > weight_of(told->status))
            told = cell;
    }
    if (!told)
        return TESS_OK;
    const enum tess_status status = is_images_own(told->status) ? TESS_ERR_TILE_FAILED : told->status;
    /* Reasons that come from the file system name the file already. */
    const bool named = strstr(told->reason, told->source);
    (void)error_set(error, status, "%s%s%s", named ? "" : shown_text(told->source, SOURCE_SHOWN_BYTES).text,
                    named ? "" : ": ", told->reason);
    if (failed == 1)
        error_prefix(error, "the only image could not be read");
    else
        error_prefix(error, "none of the %zu images could be read", failed);
    return status;
}
