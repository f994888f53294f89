// SPDX-License-Identifier: MIT
/*
 * Terrain is value noise summed over octaves, where each octave counts less the steeper the ground already
 * is: ridges stay sharp, valleys fill up, as after erosion. Slopes come from finite differences of the
 * finished map, so shading always agrees with the shape. All of it is periodic and depends on nothing but the
 * constants below.
 */
#include "photo_world.h"

#include <math.h>
#include <stdlib.h>

enum { LATTICE_SIDE = 256, TERRAIN_OCTAVES = 9, CROWNS = 64 };

static const float mountain_height = 110.0F;

/* Value noise with its gradient on a lattice that repeats after `period` (a power of two) points. */
static vec4 noise_with_slope(const float *lattice, float x, float z, int period, int shift)
{
    const int x0 = float_floor(x);
    const int z0 = float_floor(z);
    const float fx = x - (float)x0;
    const float fz = z - (float)z0;
    const float ux = fx * fx * fx * (fx * (fx * 6.0F - 15.0F) + 10.0F);
    const float uz = fz * fz * fz * (fz * (fz * 6.0F - 15.0F) + 10.0F);
    const float dx = 30.0F * fx * fx * (fx * (fx - 2.0F) + 1.0F);
    const float dz = 30.0F * fz * fz * (fz * (fz - 2.0F) + 1.0F);
    const int mask = period - 1;
    const int xa = (x0 & mask) + shift;
    const int xb = ((x0 + 1) & mask) + shift;
    const int za = (z0 & mask) + shift * 3;
    const int zb = ((z0 + 1) & mask) + shift * 3;
    const int wrap = LATTICE_SIDE - 1;
    const float a = lattice[(za & wrap) * LATTICE_SIDE + (xa & wrap)];
    const float b = lattice[(za & wrap) * LATTICE_SIDE + (xb & wrap)];
    const float c = lattice[(zb & wrap) * LATTICE_SIDE + (xa & wrap)];
    const float d = lattice[(zb & wrap) * LATTICE_SIDE + (xb & wrap)];
    const float k = a - b - c + d;
    return vec4_of(a + (b - a) * ux + (c - a) * uz + k * ux * uz, dx * (b - a + k * uz),
                   dz * (c - a + k * ux), 0.0F);
}

/* Plain sum of octaves, 0..1. `position` is 0..1 over one period. */
static float fractal(const float *lattice, float x, float z, int first_period, int octaves, float gain,
                     int shift)
{
    float sum = 0.0F;
    float weight = 0.0F;
    float amplitude = 1.0F;
    int period = first_period;
    for (int octave = 0; octave < octaves && period <= LATTICE_SIDE; octave++) {
        const vec4 noise =
            noise_with_slope(lattice, x * (float)period, z * (float)period, period, shift + octave * 17);
        sum += amplitude * noise[0];
        weight += amplitude;
        amplitude *= gain;
        period *= 2;
    }
    return sum / weight;
}

static float eroded(const float *lattice, float x, float z)
{
    float sum = 0.0F;
    float slope_x = 0.0F;
    float slope_z = 0.0F;
    float amplitude = 0.5F;
    int period = 4;
    for (int octave = 0; octave < TERRAIN_OCTAVES && period <= LATTICE_SIDE; octave++) {
        const vec4 noise =
            noise_with_slope(lattice, x * (float)period, z * (float)period, period, 31 + octave * 29);
        slope_x += noise[1];
        slope_z += noise[2];
        sum += amplitude * noise[0] / (1.0F + 0.9F * (slope_x * slope_x + slope_z * slope_z));
        amplitude *= 0.5F;
        period *= 2;
    }
    return sum;
}

static void build_terrain(struct world *world, const float *lattice)
{
    const float step = 1.0F / (float)WORLD_SIDE;
    for (int z = 0; z < WORLD_SIDE; z++) {
        for (int x = 0; x < WORLD_SIDE; x++) {
            const float u = (float)x * step;
            const float v = (float)z * step;
            const float shape = eroded(lattice, u, v);
            const float height = mountain_height * powf(shape, 1.6F) * 2.0F;
            const float mask = fractal(lattice, u, v, 16, 4, 0.55F, 101);
            world->terrain[z * WORLD_SIDE + x] = vec4_of(height, 0.0F, 0.0F, mask);
            world->highest = height > world->highest ? height : world->highest;
        }
    }
    for (int z = 0; z < WORLD_SIDE; z++) {
        for (int x = 0; x < WORLD_SIDE; x++) {
            const int wrap = WORLD_SIDE - 1;
            vec4 *point = &world->terrain[z * WORLD_SIDE + x];
            const float east = world->terrain[z * WORLD_SIDE + ((x + 1) & wrap)][TERRAIN_HEIGHT];
            const float south = world->terrain[((z + 1) & wrap) * WORLD_SIDE + x][TERRAIN_HEIGHT];
            (*point)[TERRAIN_SLOPE_X] = east - (*point)[TERRAIN_HEIGHT];
            (*point)[TERRAIN_SLOPE_Z] = south - (*point)[TERRAIN_HEIGHT];
        }
    }
}

/* Height of the nearest tree crown, a field of touching domes: 1 at a tree's top, 0 between trees. */
static float crown_at(int x, int z)
{
    const int texels = DETAIL_SIDE / CROWNS;
    float nearest = 4.0F;
    for (int dz = -1; dz <= 1; dz++) {
        for (int dx = -1; dx <= 1; dx++) {
            const int cell_x = x / texels + dx;
            const int cell_z = z / texels + dz;
            const uint32_t id =
                (uint32_t)(((cell_z + CROWNS) % CROWNS) * CROWNS + (cell_x + CROWNS) % CROWNS);
            const float px = (float)cell_x + hash_unit(id * 2U + 9001U) - (float)x / (float)texels;
            const float pz = (float)cell_z + hash_unit(id * 2U + 9002U) - (float)z / (float)texels;
            const float size = 0.7F + 0.6F * hash_unit(id + 77U);
            const float distance = (px * px + pz * pz) / size;
            nearest = distance < nearest ? distance : nearest;
        }
    }
    return float_clamp(1.0F - nearest * 1.3F, 0.0F, 1.0F);
}

static uint8_t to_byte(float value)
{
    return (uint8_t)(float_clamp(value, 0.0F, 1.0F) * 255.0F + 0.5F);
}

static void build_detail(struct world *world, const float *lattice)
{
    const float step = 1.0F / (float)DETAIL_SIDE;
    for (int z = 0; z < DETAIL_SIDE; z++) {
        for (int x = 0; x < DETAIL_SIDE; x++) {
            const float u = (float)x * step;
            const float v = (float)z * step;
            const float cloud = fractal(lattice, u, v, 4, 7, 0.55F, 201);
            const float rough = fractal(lattice, u, v, 16, 5, 0.8F, 151);
            const uint32_t id = (uint32_t)(z * DETAIL_SIDE + x);
            world->detail[id] =
                (byte4){to_byte((cloud - 0.5F) * 1.6F + 0.5F), to_byte((rough - 0.5F) * 1.8F + 0.5F),
                        to_byte(crown_at(x, z)), to_byte(hash_unit(id + 0x51eeU))};
        }
    }
}

bool world_init(struct world *world)
{
    *world = (struct world){0};
    float *lattice = malloc(sizeof(float) * LATTICE_SIDE * LATTICE_SIDE);
    world->terrain = aligned_alloc(sizeof(vec4), sizeof(vec4) * WORLD_SIDE * WORLD_SIDE);
    world->detail = malloc(sizeof(byte4) * DETAIL_SIDE * DETAIL_SIDE);
    const bool have = lattice != NULL && world->terrain != NULL && world->detail != NULL;
    if (have) {
        for (uint32_t i = 0; i < LATTICE_SIDE * LATTICE_SIDE; i++)
            lattice[i] = hash_unit(i + 1U);
        build_terrain(world, lattice);
        build_detail(world, lattice);
    } else {
        world_clear(world);
    }
    free(lattice);
    return have;
}

void world_clear(struct world *world)
{
    free(world->terrain);
    free(world->detail);
    *world = (struct world){0};
}

static vec4 texel(const struct world *world, int x, int z)
{
    const byte4 stored = world->detail[(z & (DETAIL_SIDE - 1)) * DETAIL_SIDE + (x & (DETAIL_SIDE - 1))];
    return __builtin_convertvector(stored, vec4) * vec4_all(1.0F / 255.0F);
}

vec4 world_terrain_at(const struct world *world, float x, float z)
{
    const int floor_x = float_floor(x);
    const int floor_z = float_floor(z);
    const int wrap = WORLD_SIDE - 1;
    const vec4 *near = &world->terrain[(floor_z & wrap) * WORLD_SIDE];
    const vec4 *far = &world->terrain[((floor_z + 1) & wrap) * WORLD_SIDE];
    const int x0 = floor_x & wrap;
    const int x1 = (floor_x + 1) & wrap;
    const float part = x - (float)floor_x;
    return vec4_mix(vec4_mix(near[x0], near[x1], part), vec4_mix(far[x0], far[x1], part), z - (float)floor_z);
}

vec4 world_detail_smooth(const struct world *world, float x, float z)
{
    const int floor_x = float_floor(x);
    const int floor_z = float_floor(z);
    const float part = x - (float)floor_x;
    const vec4 near = vec4_mix(texel(world, floor_x, floor_z), texel(world, floor_x + 1, floor_z), part);
    const vec4 far =
        vec4_mix(texel(world, floor_x, floor_z + 1), texel(world, floor_x + 1, floor_z + 1), part);
    return vec4_mix(near, far, z - (float)floor_z);
}

vec4 world_detail_at(const struct world *world, float x, float z)
{
    return texel(world, float_floor(x), float_floor(z));
}
