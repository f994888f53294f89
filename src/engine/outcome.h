// SPDX-License-Identifier: MIT
/* What the cells of a job say about the whole: a grid in which no image is to be seen is none. */
#ifndef ENGINE_OUTCOME_H
#define ENGINE_OUTCOME_H

#include "engine/result.h"

/*
 * TESS_OK when an image of the job could be read, or none was asked for: cells that are blank on purpose are
 * what the caller wanted. All pages count together: one of them may hold nothing but placeholders, as one row
 * may. Otherwise why there is nothing to see:
 *
 * - the store or the system failed, for any of the images: the status of the first one;
 * - all are missing: TESS_ERR_NOT_FOUND;
 * - else it is the images' own fault: TESS_ERR_TILE_FAILED.
 *
 * The message says of how many images, and the first one's reason. Pure.
 */
enum tess_status outcome_check(const struct result *result, struct tess_error *error);

#endif
