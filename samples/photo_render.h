// SPDX-License-Identifier: MIT
/* Takes the photo: from a scene to 8-bit RGB. */
#ifndef SAMPLES_PHOTO_RENDER_H
#define SAMPLES_PHOTO_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "photo_scene.h"

struct photo {
    uint32_t width_px, height_px;
    uint8_t *rgb; /* width * height * 3, sRGB */
};

/* False when out of memory. The photo is the caller's, for photo_clear(). Same arguments, same bytes. */
bool photo_render(const struct world *world, uint32_t seed, uint32_t width_px, uint32_t height_px,
                  struct photo *photo_out);

/*
 * A sibling of `base`: cut out elsewhere, perhaps mirrored, exposed and tinted a little differently, with its
 * own sensor noise. Costs a tenth of rendering. `base` must be at least as large.
 */
bool photo_vary(const struct photo *base, uint32_t seed, uint32_t width_px, uint32_t height_px,
                struct photo *photo_out);

void photo_clear(struct photo *photo);

#endif
