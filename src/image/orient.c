// SPDX-License-Identifier: MIT
#include "image/orient.h"

#include <stddef.h>
#include <string.h>

/*
 * Each orientation is a transpose or not, then a mirroring of the stored axes (EXIF 2.3, figure 6): upright
 * pixel (x, y) is stored pixel (x, y) or (y, x) with its column and row counted from the far end where these
 * say so.
 */
struct turn {
    bool transpose, mirror_column, mirror_row;
};

static struct turn turn_of(uint8_t orientation)
{
    static const struct turn turns[9] = {
        [1] = {false, false, false}, [2] = {false, true, false}, [3] = {false, true, true},
        [4] = {false, false, true},  [5] = {true, false, false}, [6] = {true, false, true},
        [7] = {true, true, true},    [8] = {true, true, false},
    };
    return turns[orientation <= 8 && orientation >= 1 ? orientation : 1];
}

bool orient_swaps(uint8_t orientation)
{
    return turn_of(orientation).transpose;
}

static void turn_plane(const struct plane *stored, const struct turn *turn, uint32_t samples,
                       const struct plane *upright)
{
    for (uint32_t y = 0; y < upright->height_px; y++) {
        uint8_t *target = upright->data + y * upright->stride_bytes;
        for (uint32_t x = 0; x < upright->width_px; x++) {
            uint32_t column = turn->transpose ? y : x, row = turn->transpose ? x : y;
            if (turn->mirror_column)
                column = stored->width_px - 1 - column;
            if (turn->mirror_row)
                row = stored->height_px - 1 - row;
            const uint8_t *source = stored->data + row * stored->stride_bytes + (size_t)column * samples;
            for (uint32_t i = 0; i < samples; i++)
                target[(size_t)x * samples + i] = source[i];
        }
    }
}

enum tess_status orient_picture(const struct picture *stored, uint8_t orientation, struct picture *upright,
                                struct tess_error *error)
{
    const struct turn turn = turn_of(orientation);
    const uint32_t width = turn.transpose ? stored->height_px : stored->width_px;
    const uint32_t height = turn.transpose ? stored->width_px : stored->height_px;
    const uint32_t samples = stored->layout == PICTURE_RGB ? 3 : stored->layout == PICTURE_RGBA ? 4 : 1;
    enum tess_status status = picture_init(upright, stored->layout, width, height, error);
    for (uint32_t i = 0; status == TESS_OK && i < stored->plane_count; i++)
        turn_plane(&stored->planes[i], &turn, samples, &upright->planes[i]);
    return status;
}

struct orient_box orient_box_to_stored(const struct orient_box *upright, uint8_t orientation,
                                       double stored_width, double stored_height)
{
    const struct turn turn = turn_of(orientation);
    struct orient_box box = *upright;
    if (turn.transpose)
        box = (struct orient_box){upright->y, upright->x, upright->height, upright->width};
    if (turn.mirror_column)
        box.x = stored_width - box.x - box.width;
    if (turn.mirror_row)
        box.y = stored_height - box.y - box.height;
    return box;
}
