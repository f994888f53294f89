// SPDX-License-Identifier: MIT
/*
 * Draws a scene's parameters from its seed. Six climates, five hours of the day and four ways to hold the
 * camera are combined freely, so that a sheet of a hundred photos repeats none.
 */
#include "photo_scene.h"

#include <math.h>

struct climate {
    vec4 grass, dry, wood, wood_other, rock, sand, sea_deep;
    float snow_line, wood_cover, field_cover, village_cover;
};

struct hour {
    float elevation; /* of the sun, its sine */
    vec4 sun, ambient, zenith, haze;
};

static const struct climate climates[] = {
    /* summer in the Alps */
    {.grass = {0.09F, 0.17F, 0.035F},
     .dry = {0.22F, 0.21F, 0.09F},
     .wood = {0.025F, 0.06F, 0.02F},
     .wood_other = {0.05F, 0.10F, 0.025F},
     .rock = {0.25F, 0.235F, 0.22F},
     .sand = {0.42F, 0.37F, 0.28F},
     .sea_deep = {0.01F, 0.06F, 0.08F},
     .snow_line = 88.0F,
     .wood_cover = 0.5F,
     .field_cover = 0.45F,
     .village_cover = 0.12F},
    /* autumn */
    {.grass = {0.15F, 0.16F, 0.05F},
     .dry = {0.30F, 0.22F, 0.09F},
     .wood = {0.22F, 0.10F, 0.02F},
     .wood_other = {0.38F, 0.22F, 0.03F},
     .rock = {0.23F, 0.21F, 0.20F},
     .sand = {0.36F, 0.31F, 0.24F},
     .sea_deep = {0.015F, 0.04F, 0.055F},
     .snow_line = 95.0F,
     .wood_cover = 0.58F,
     .field_cover = 0.4F,
     .village_cover = 0.1F},
    /* desert */
    {.grass = {0.46F, 0.27F, 0.13F},
     .dry = {0.55F, 0.35F, 0.19F},
     .wood = {0.10F, 0.11F, 0.05F},
     .wood_other = {0.16F, 0.14F, 0.07F},
     .rock = {0.38F, 0.17F, 0.09F},
     .sand = {0.62F, 0.42F, 0.24F},
     .sea_deep = {0.01F, 0.11F, 0.13F},
     .snow_line = 900.0F,
     .wood_cover = 0.30F,
     .field_cover = 0.0F,
     .village_cover = 0.03F},
    /* winter */
    {.grass = {0.62F, 0.66F, 0.72F},
     .dry = {0.45F, 0.44F, 0.42F},
     .wood = {0.03F, 0.045F, 0.04F},
     .wood_other = {0.30F, 0.33F, 0.36F},
     .rock = {0.17F, 0.165F, 0.17F},
     .sand = {0.55F, 0.56F, 0.58F},
     .sea_deep = {0.02F, 0.045F, 0.06F},
     .snow_line = 38.0F,
     .wood_cover = 0.48F,
     .field_cover = 0.2F,
     .village_cover = 0.1F},
    /* tropical coast */
    {.grass = {0.10F, 0.20F, 0.03F},
     .dry = {0.26F, 0.26F, 0.08F},
     .wood = {0.02F, 0.075F, 0.015F},
     .wood_other = {0.07F, 0.15F, 0.02F},
     .rock = {0.19F, 0.17F, 0.15F},
     .sand = {0.78F, 0.69F, 0.52F},
     .sea_deep = {0.004F, 0.13F, 0.17F},
     .snow_line = 900.0F,
     .wood_cover = 0.62F,
     .field_cover = 0.1F,
     .village_cover = 0.1F},
    /* moor with heather */
    {.grass = {0.13F, 0.13F, 0.05F},
     .dry = {0.20F, 0.10F, 0.15F},
     .wood = {0.03F, 0.05F, 0.025F},
     .wood_other = {0.06F, 0.08F, 0.03F},
     .rock = {0.19F, 0.19F, 0.185F},
     .sand = {0.30F, 0.27F, 0.23F},
     .sea_deep = {0.012F, 0.03F, 0.045F},
     .snow_line = 120.0F,
     .wood_cover = 0.36F,
     .field_cover = 0.25F,
     .village_cover = 0.06F},
};

static const struct hour hours[] = {
    /* noon */
    {.elevation = 0.80F,
     .sun = {2.9F, 2.75F, 2.5F},
     .ambient = {0.42F, 0.52F, 0.68F},
     .zenith = {0.10F, 0.24F, 0.58F},
     .haze = {0.55F, 0.68F, 0.84F}},
    /* afternoon */
    {.elevation = 0.50F,
     .sun = {2.9F, 2.5F, 2.0F},
     .ambient = {0.36F, 0.45F, 0.60F},
     .zenith = {0.09F, 0.21F, 0.50F},
     .haze = {0.66F, 0.72F, 0.80F}},
    /* golden hour */
    {.elevation = 0.20F,
     .sun = {3.2F, 1.9F, 0.9F},
     .ambient = {0.30F, 0.33F, 0.46F},
     .zenith = {0.11F, 0.19F, 0.40F},
     .haze = {0.95F, 0.66F, 0.42F}},
    /* sunset */
    {.elevation = 0.07F,
     .sun = {2.8F, 1.05F, 0.35F},
     .ambient = {0.22F, 0.20F, 0.30F},
     .zenith = {0.08F, 0.10F, 0.27F},
     .haze = {1.05F, 0.44F, 0.20F}},
    /* overcast */
    {.elevation = 0.60F,
     .sun = {0.75F, 0.75F, 0.75F},
     .ambient = {0.72F, 0.76F, 0.82F},
     .zenith = {0.45F, 0.50F, 0.57F},
     .haze = {0.74F, 0.77F, 0.80F}},
};

/* A stream of numbers for one scene. */
struct dice {
    uint32_t state;
};

static float roll(struct dice *dice, float low, float high)
{
    dice->state = hash32(dice->state + 0x9e3779b9U);
    return low + (high - low) * (float)(dice->state >> 8) * (1.0F / 16777216.0F);
}

static uint32_t pick(struct dice *dice, uint32_t count)
{
    const uint32_t index = (uint32_t)roll(dice, 0.0F, (float)count);
    return index < count ? index : count - 1;
}

static void choose_climate(struct dice *dice, struct scene *scene)
{
    const struct climate *climate = &climates[pick(dice, sizeof climates / sizeof climates[0])];
    scene->grass = climate->grass * vec4_all(roll(dice, 0.85F, 1.15F));
    scene->dry = climate->dry;
    scene->wood = climate->wood;
    scene->wood_other = climate->wood_other;
    scene->rock = climate->rock * vec4_all(roll(dice, 0.8F, 1.2F));
    scene->sand = climate->sand;
    scene->sea_deep = climate->sea_deep;
    scene->snow_line = climate->snow_line + roll(dice, -12.0F, 12.0F);
    scene->wood_cover = climate->wood_cover + roll(dice, -0.08F, 0.08F);
    scene->field_cover = climate->field_cover;
    scene->village_cover = climate->village_cover;
    scene->sea_level = roll(dice, 0.0F, 1.0F) < 0.55F ? roll(dice, 18.0F, 34.0F) : -100.0F;
}

static void choose_hour(struct dice *dice, struct scene *scene)
{
    const struct hour *hour = &hours[pick(dice, sizeof hours / sizeof hours[0])];
    const float heading = roll(dice, 0.0F, 6.2831853F);
    const float flat = sqrtf(1.0F - hour->elevation * hour->elevation);
    scene->sun_x = flat * cosf(heading);
    scene->sun_y = hour->elevation;
    scene->sun_z = flat * sinf(heading);
    scene->sun = hour->sun;
    scene->ambient = hour->ambient;
    scene->zenith = hour->zenith * vec4_all(roll(dice, 0.85F, 1.15F));
    scene->haze = hour->haze;
    scene->haze_distance = roll(dice, 900.0F, 4000.0F);
    scene->cloud_cover = roll(dice, 0.25F, 0.75F);
    scene->cloud_scale = roll(dice, 14.0F, 34.0F);
    scene->cloud_x = roll(dice, 0.0F, 512.0F);
    scene->cloud_z = roll(dice, 0.0F, 512.0F);
}

static void place_camera(struct dice *dice, const struct world *world, struct scene *scene)
{
    static const struct {
        float low, high, horizon_low, horizon_high;
    } stands[] = {
        {2.5F, 6.0F, 0.36F, 0.58F},    /* on foot */
        {8.0F, 26.0F, 0.25F, 0.45F},   /* from a hill */
        {25.0F, 60.0F, 0.08F, 0.28F},  /* from a plane */
        {14.0F, 40.0F, -0.9F, -0.35F}, /* a drone, looking down */
    };
    const uint32_t stand = pick(dice, 4);
    const float heading = roll(dice, 0.0F, 6.2831853F);
    scene->forward_x = cosf(heading);
    scene->forward_z = sinf(heading);
    /* Of a few spots take the one with the most open view: a photographer does not face a slope. */
    float best = 1e9F;
    for (int attempt = 0; attempt < 12; attempt++) {
        const float x = roll(dice, 0.0F, (float)WORLD_SIDE);
        const float z = roll(dice, 0.0F, (float)WORLD_SIDE);
        const float here = world_terrain_at(world, x, z)[TERRAIN_HEIGHT];
        float blocked = 0.0F;
        float away = 4.0F;
        for (int i = 0; i < 11; i++) {
            const float there = world_terrain_at(world, x + scene->forward_x * away,
                                                 z + scene->forward_z * away)[TERRAIN_HEIGHT];
            blocked += there > here ? (there - here) / away : 0.0F;
            away *= 1.4F;
        }
        const float under_water = here < scene->sea_level ? 2.0F : 0.0F;
        if (blocked + under_water < best) {
            best = blocked + under_water;
            scene->eye_x = x;
            scene->eye_z = z;
            scene->eye_y = fmaxf(here, scene->sea_level);
        }
    }
    scene->eye_y += roll(dice, stands[stand].low, stands[stand].high);
    scene->horizon = roll(dice, stands[stand].horizon_low, stands[stand].horizon_high);
    scene->focal = roll(dice, 0.75F, 1.5F);
}

void scene_make(const struct world *world, uint32_t seed, struct scene *scene_out)
{
    struct dice dice = {hash32(seed + 0x7e55e4aU)};
    *scene_out = (struct scene){.seed = hash32(seed)};
    choose_climate(&dice, scene_out);
    choose_hour(&dice, scene_out);
    place_camera(&dice, world, scene_out);
    scene_out->exposure = roll(&dice, 0.85F, 1.15F);
    scene_out->contrast = roll(&dice, 1.15F, 1.4F);
    scene_out->noise = roll(&dice, 0.7F, 1.3F);
}
