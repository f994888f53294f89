// SPDX-License-Identifier: MIT
/*
 * What a spot of ground looks like: water, sand, grass, fields, woods, rock and snow by height, steepness and
 * the slow mask, with houses in some fields, lit by the sun and the sky and veiled by haze. Texture is read
 * at the scale of a pixel, whatever the distance: as in a real photo, the finest detail is always a pixel
 * wide.
 */
#include "photo_scene.h"

#include <math.h>

/* A spot on its way to a colour. */
struct spot {
    float x, z, texel;
    vec4 terrain;
    vec4 coarse, medium, fine; /* detail at falling scales */
    vec4 albedo;
    float raised; /* above the terrain */
    float bump;   /* brightness by small shape: 1 is flat */
    float rough;  /* texture of single pixels */
};

static const float field_length = 26.0F;
static const float field_width = 15.0F;

static vec4 water_colour(const struct scene *scene, const struct spot *spot, float depth, float distance)
{
    const float down = (scene->eye_y - scene->sea_level) / distance;
    const float ripple =
        (spot->fine[DETAIL_ROUGH] - 0.5F) * 0.5F + (spot->medium[DETAIL_ROUGH] - 0.5F) * 0.35F;
    const float grazing = 1.0F / (1.0F + 14.0F * (down + 0.12F * fabsf(ripple)));
    float direction_x = spot->x - scene->eye_x;
    float direction_z = spot->z - scene->eye_z;
    const float scale = 1.0F / sqrtf(direction_x * direction_x + direction_z * direction_z + 1e-6F);
    direction_x *= scale;
    direction_z *= scale;
    const float up = float_clamp(down + 0.06F + ripple * 0.30F, 0.01F, 2.0F);
    const vec4 mirrored = scene_clear_sky(scene, direction_x, up, direction_z);
    const float shallow = expf(-depth * 0.22F);
    const vec4 bottom = vec4_mix(scene->sea_deep, scene->sand * scene->sea_deep * vec4_all(4.5F), shallow);
    const vec4 lit = bottom * (scene->ambient + scene->sun * vec4_all(0.5F * scene->sun_y)) * vec4_all(1.3F);
    vec4 colour = vec4_mix(lit, mirrored, 0.06F + 0.80F * grazing);
    const float foam = float_ramp(0.75F, 0.2F, depth + spot->medium[DETAIL_CLOUD] * 0.8F - 0.3F);
    colour = vec4_mix(colour, scene->sun * vec4_all(0.22F) + scene->ambient * vec4_all(0.5F),
                      foam * 0.8F * spot->fine[DETAIL_CLOUD]);
    return colour;
}

/* A red or grey roof in the middle of a plot; its edge falls to the ground, so that walls appear. */
static void add_house(const struct spot *at, float plot_x, float plot_z, uint32_t id, struct spot *spot)
{
    const float half_x = 0.9F + 0.5F * hash_unit(id + 3U);
    const float half_z = 0.6F + 0.4F * hash_unit(id + 4U);
    if (fabsf(plot_x) > half_x || fabsf(plot_z) > half_z)
        return;
    const float ridge = 1.0F - fabsf(plot_z) / half_z;
    const vec4 red = vec4_of(0.36F, 0.10F, 0.05F, 0.0F);
    const vec4 slate = vec4_of(0.16F, 0.16F, 0.18F, 0.0F);
    spot->albedo = vec4_mix(red, slate, hash_unit(id + 5U) > 0.65F ? 1.0F : 0.15F * hash_unit(id + 6U));
    spot->raised = 0.8F + 0.5F * ridge;
    spot->bump = (plot_z > 0.0F ? 1.15F : 0.7F) * (0.85F + 0.3F * at->fine[DETAIL_ROUGH]);
}

/* Plots of land with furrows, hedges between them and a village here and there. */
static void add_fields(const struct scene *scene, struct spot *spot, float share)
{
    const float u = (spot->x * 0.94F + spot->z * 0.34F) / field_length;
    const int row = float_floor(u);
    const float v = (spot->z * 0.94F - spot->x * 0.34F) / field_width + 0.37F * (float)(row & 3);
    const int column = float_floor(v);
    const uint32_t id = hash32((uint32_t)row * 7919U + (uint32_t)column * 104729U + scene->seed);
    const float in_u = (u - (float)row) * field_length;
    const float in_v = (v - (float)column) * field_width;
    const float kind = hash_unit(id);
    const vec4 crop = kind < 0.4F    ? scene->grass * vec4_all(0.8F + 0.8F * hash_unit(id + 1U))
                      : kind < 0.65F ? vec4_of(0.50F, 0.38F, 0.10F, 0.0F)
                      : kind < 0.85F ? vec4_of(0.20F, 0.13F, 0.08F, 0.0F)
                                     : vec4_of(0.16F, 0.27F, 0.05F, 0.0F);
    const float furrow_blur = float_clamp(1.5F - spot->texel * 5.0F, 0.0F, 1.0F);
    const float furrow = 1.0F + 0.16F * furrow_blur * sinf((kind < 0.5F ? in_u : in_v) * 9.0F);
    spot->albedo = vec4_mix(spot->albedo, crop * vec4_all(furrow), share);
    spot->bump = 0.82F + 0.36F * spot->fine[DETAIL_ROUGH];
    const float to_edge = fminf(fminf(in_u, field_length - in_u), fminf(in_v, field_width - in_v));
    if (to_edge < 0.35F) {
        spot->albedo = (id & 3U) == 0 ? vec4_of(0.30F, 0.29F, 0.27F, 0.0F) : scene->wood; /* road or hedge */
        spot->raised = (id & 3U) == 0 ? 0.0F : 0.5F * spot->fine[DETAIL_CLOUD];
    } else if (hash_unit(id + 2U) < scene->village_cover && share > 0.6F) {
        const float plot_x = in_u - 4.0F * floorf(in_u / 4.0F) - 2.0F;
        const float plot_z = in_v - 3.5F * floorf(in_v / 3.5F) - 1.75F;
        const uint32_t plot = id + (uint32_t)(in_u / 4.0F) * 31U + (uint32_t)(in_v / 3.5F) * 57U;
        if (hash_unit(plot) < 0.6F)
            add_house(spot, plot_x, plot_z, plot, spot);
    }
}

/* Crowns of trees with gaps between them. */
static void add_wood(const struct scene *scene, const struct world *world, struct spot *spot, float share)
{
    const vec4 crowns = world_detail_at(world, spot->x * 7.0F, spot->z * 7.0F);
    const float crown = crowns[DETAIL_CROWN];
    if (crown < 0.12F + 0.5F * (1.0F - share)) {
        spot->albedo = vec4_mix(spot->albedo, scene->wood, 0.6F * share);
        spot->bump = 0.45F + 0.4F * spot->fine[DETAIL_ROUGH];
        return;
    }
    const vec4 leaf = vec4_mix(scene->wood, scene->wood_other,
                               float_clamp(spot->medium[DETAIL_ROUGH] * 1.6F - 0.35F, 0.0F, 1.0F));
    spot->albedo = leaf;
    spot->raised = 0.25F + crown * 1.1F;
    spot->rough = 1.3F;
    spot->bump = (0.40F + 0.85F * crown) * (0.15F + 1.6F * spot->fine[DETAIL_ROUGH]);
}

/* Ground cover by height and steepness, without light. */
static void cover(const struct scene *scene, const struct world *world, struct spot *spot)
{
    const float height = spot->terrain[TERRAIN_HEIGHT];
    const float slope_x = spot->terrain[TERRAIN_SLOPE_X];
    const float slope_z = spot->terrain[TERRAIN_SLOPE_Z];
    const float steep =
        sqrtf(slope_x * slope_x + slope_z * slope_z) + 0.25F * (spot->medium[DETAIL_ROUGH] - 0.5F);
    const float mask = spot->terrain[TERRAIN_MASK] + 0.12F * (spot->coarse[DETAIL_CLOUD] - 0.5F);
    const float dryness = float_ramp(0.3F, 0.75F, spot->coarse[DETAIL_CLOUD] + height * 0.002F);
    spot->albedo = vec4_mix(scene->grass, scene->dry, dryness);
    spot->bump = 0.42F + 0.9F * spot->fine[DETAIL_ROUGH] + 0.26F * spot->medium[DETAIL_ROUGH];
    const float flat = 1.0F - float_ramp(0.22F, 0.4F, steep);
    const float field =
        scene->field_cover > 0.0F ? flat * float_ramp(0.46F, 0.50F, mask - 0.5F + scene->field_cover) : 0.0F;
    if (field > 0.3F)
        add_fields(scene, spot, field);
    const float tree_line = 1.0F - float_ramp(0.75F, 1.0F, height / fminf(scene->snow_line, 110.0F));
    const float wood = float_ramp(1.0F - scene->wood_cover, 1.06F - scene->wood_cover, 1.0F - mask) *
                       tree_line * (1.0F - float_ramp(0.7F, 1.1F, steep));
    if (wood > 0.05F && spot->raised <= 0.0F)
        add_wood(scene, world, spot, wood);
    const float rock = float_ramp(0.55F, 0.85F, steep);
    if (rock > 0.0F && spot->raised <= 0.0F) {
        spot->albedo = vec4_mix(spot->albedo, scene->rock, rock);
        spot->bump = 0.3F + 1.0F * spot->fine[DETAIL_ROUGH] + 0.35F * spot->medium[DETAIL_CLOUD];
    }
    const float shore = 1.0F - float_ramp(0.5F, 2.4F, height - scene->sea_level + spot->coarse[DETAIL_CLOUD]);
    if (shore > 0.0F) {
        spot->albedo = vec4_mix(spot->albedo, scene->sand, shore);
        spot->raised *= 1.0F - shore;
        spot->bump = spot->bump + (0.92F + 0.16F * spot->fine[DETAIL_ROUGH] - spot->bump) * shore;
    }
    const float snow =
        float_ramp(-9.0F, 9.0F, height - scene->snow_line + 26.0F * (spot->medium[DETAIL_CLOUD] - 0.5F)) *
        (1.0F - float_ramp(0.8F, 1.25F, steep));
    spot->albedo = vec4_mix(spot->albedo, vec4_of(0.70F, 0.73F, 0.77F, 0.0F), snow);
    spot->bump += (0.9F + 0.2F * spot->fine[DETAIL_ROUGH] - spot->bump) * snow;
    spot->rough *= 1.0F - 0.7F * fmaxf(snow, shore);
}

static vec4 lit(const struct scene *scene, const struct spot *spot)
{
    const float slope_x = spot->terrain[TERRAIN_SLOPE_X] + 0.5F * (spot->medium[DETAIL_ROUGH] - 0.5F);
    const float slope_z = spot->terrain[TERRAIN_SLOPE_Z] + 0.5F * (spot->medium[DETAIL_CLOUD] - 0.5F);
    const float length = sqrtf(slope_x * slope_x + slope_z * slope_z + 1.0F);
    const float facing = (scene->sun_y - slope_x * scene->sun_x - slope_z * scene->sun_z) / length;
    const float sun = facing > 0.0F ? facing : 0.0F;
    const float sky = 0.55F + 0.45F / length;
    return spot->albedo * (scene->sun * vec4_all(sun) + scene->ambient * vec4_all(sky)) *
           vec4_all(spot->bump);
}

struct ground_point scene_ground(const struct scene *scene, const struct world *world, float x, float z,
                                 float distance, float texel)
{
    struct spot spot = {.x = x, .z = z, .texel = texel, .bump = 1.0F, .rough = 0.8F};
    spot.terrain = world_terrain_at(world, x, z);
    /* Powers of two, so that the texture stays put while its scale follows the distance. */
    int exponent = 0;
    (void)frexpf(texel, &exponent);
    const float fine = ldexpf(1.0F, -exponent);
    spot.coarse = world_detail_at(world, x * 1.3F, z * 1.3F);
    /* Height counts too, or cliffs would be streaked. */
    const float height = spot.terrain[TERRAIN_HEIGHT];
    const float u = (x + height) * fine;
    const float v = (z + height * 0.6F) * fine;
    spot.medium = world_detail_smooth(world, u * 0.11F + 311.0F, v * 0.11F);
    spot.fine = world_detail_at(world, u * 0.9F, v * 0.9F);
    const float depth = scene->sea_level - height;
    struct ground_point point;
    if (depth > 0.0F) {
        point.height = scene->sea_level;
        point.colour = water_colour(scene, &spot, depth, distance);
    } else {
        cover(scene, world, &spot);
        point.height = height + spot.raised;
        point.colour = lit(scene, &spot);
    }
    const float veil = 1.0F - expf(-distance / scene->haze_distance);
    point.colour[3] = depth > 0.0F ? 0.25F : 0.9F * spot.rough;
    point.colour = vec4_mix(point.colour, scene->haze * vec4_all(0.92F), veil);
    return point;
}
