// SPDX-License-Identifier: MIT
/*
 * The sky: a gradient from haze to zenith, a glow around the sun, and clouds on a flat layer high above, so
 * that they shrink towards the horizon.
 */
#include "photo_scene.h"

#include <math.h>

static float sun_closeness(const struct scene *scene, float direction_x, float up, float direction_z)
{
    const float length = sqrtf(direction_x * direction_x + up * up + direction_z * direction_z);
    return (direction_x * scene->sun_x + up * scene->sun_y + direction_z * scene->sun_z) / length;
}

vec4 scene_clear_sky(const struct scene *scene, float direction_x, float up, float direction_z)
{
    const float rise = up > 0.0F ? up : 0.0F;
    const float towards_zenith = rise / (rise + 0.22F);
    vec4 colour = vec4_mix(scene->haze, scene->zenith, towards_zenith);
    const float cosine = sun_closeness(scene, direction_x, up, direction_z);
    if (cosine > 0.0F) {
        const float squared = cosine * cosine;
        const float wide = squared * squared * squared * squared;
        const float fourth = wide * wide * wide * wide;
        const float narrow = fourth * fourth * fourth * fourth * fourth * fourth * fourth * fourth;
        colour += scene->sun * vec4_all(0.10F * wide + 0.22F * fourth + 2.0F * narrow * narrow);
    }
    colour[3] = 0.0F;
    return colour;
}

static float cloud_density(const struct scene *scene, const struct world *world, float x, float z)
{
    const float large = world_detail_smooth(world, x * 0.5F, z * 0.5F)[DETAIL_CLOUD];
    const float small = world_detail_smooth(world, x * 2.3F + 71.0F, z * 2.3F + 13.0F)[DETAIL_CLOUD];
    const float sum = large * 0.72F + small * 0.28F;
    const float edge = 0.72F - 0.42F * scene->cloud_cover;
    return float_ramp(edge, edge + 0.22F, sum);
}

vec4 scene_sky(const struct scene *scene, const struct world *world, float direction_x, float up,
               float direction_z)
{
    const vec4 clear = scene_clear_sky(scene, direction_x, up, direction_z);
    if (up <= 0.005F)
        return clear;
    const float stretch = scene->cloud_scale / (up + 0.06F);
    const float x = scene->cloud_x + direction_x * stretch;
    const float z = scene->cloud_z + direction_z * stretch;
    const float density = cloud_density(scene, world, x, z);
    if (density <= 0.0F)
        return clear;
    /* How much cloud lies towards the sun decides how dark this one is. */
    const float shade = cloud_density(scene, world, x + scene->sun_x * 9.0F, z + scene->sun_z * 9.0F);
    const vec4 lit = scene->sun * vec4_all(0.30F) + scene->ambient * vec4_all(0.40F);
    const vec4 dark = scene->ambient * vec4_all(0.62F) + scene->haze * vec4_all(0.08F);
    vec4 cloud = vec4_mix(lit, dark, 0.85F * shade * density);
    cloud[3] = 0.02F;
    const float far_away = float_ramp(0.0F, 0.14F, up);
    return vec4_mix(clear, cloud, density * 0.93F * far_away);
}
