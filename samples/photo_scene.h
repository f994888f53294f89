// SPDX-License-Identifier: MIT
/* Everything that makes one sample photo differ from another: place, lens, hour, weather, climate. */
#ifndef SAMPLES_PHOTO_SCENE_H
#define SAMPLES_PHOTO_SCENE_H

#include <stdint.h>

#include "photo_world.h"

/* Colours are linear light, red, green, blue; the fourth lane of what is seen
 * tells how much texture a single pixel shows: 0 for sky, about 1 for leaves. */
struct scene {
    uint32_t seed;
    /* camera */
    float eye_x, eye_y, eye_z; /* world units */
    float forward_x, forward_z;
    float focal;   /* picture widths */
    float horizon; /* picture heights from the top; negative when the lens looks down */
    /* light and air */
    float sun_x, sun_y, sun_z; /* towards the sun, length 1 */
    vec4 sun, ambient, zenith, haze;
    float haze_distance;
    float cloud_cover, cloud_scale, cloud_x, cloud_z;
    /* climate */
    vec4 grass, dry, wood, wood_other, rock, sand, sea_deep;
    float sea_level, snow_line, wood_cover, field_cover, village_cover;
    /* film */
    float exposure, contrast, noise;
};

/* A scene for a seed; the same each time. */
void scene_make(const struct world *world, uint32_t seed, struct scene *scene_out);

/* Light coming from a direction of the upper half; `up` is the tangent of its elevation. */
vec4 scene_sky(const struct scene *scene, const struct world *world, float direction_x, float up,
               float direction_z);

/* The same without clouds, for reflections. */
vec4 scene_clear_sky(const struct scene *scene, float direction_x, float up, float direction_z);

/* A point of the ground as the camera sees it. */
struct ground_point {
    float height; /* with trees and houses */
    vec4 colour;
};

/*
 * `distance` is along the lens' axis; `texel` is the size of a pixel there, in world units.
 */
struct ground_point scene_ground(const struct scene *scene, const struct world *world, float x, float z,
                                 float distance, float texel);

#endif
