// SPDX-License-Identifier: MIT
/*
 * The made-up world that sample photos are taken of: a height map with eroded mountains, and a tile of fine
 * texture. Both are periodic, so a camera may stand and look anywhere. Built once, then only read: any number
 * of threads may take photos of one world.
 */
#ifndef SAMPLES_PHOTO_WORLD_H
#define SAMPLES_PHOTO_WORLD_H

#include <stdbool.h>
#include <stdint.h>

typedef float vec4 __attribute__((vector_size(16)));
typedef uint8_t byte4 __attribute__((vector_size(4))); /* a quarter of the cache's room */

enum { WORLD_SIDE = 1024, DETAIL_SIDE = 512 };

/* Lanes of a terrain point: height, its slope along x and along z, and a slow mask for woods and fields. */
enum { TERRAIN_HEIGHT, TERRAIN_SLOPE_X, TERRAIN_SLOPE_Z, TERRAIN_MASK };
/* Lanes of a detail texel, 0..255 stored, 0..1 read: cloudy noise, rough noise, tree crowns, white noise. */
enum { DETAIL_CLOUD, DETAIL_ROUGH, DETAIL_CROWN, DETAIL_WHITE };

struct world {
    vec4 *terrain; /* WORLD_SIDE squared, one unit apart */
    byte4 *detail; /* DETAIL_SIDE squared */
    float highest;
};

/* False when out of memory. */
bool world_init(struct world *world);
void world_clear(struct world *world);

/* Interpolated; any coordinates below 2^30 in size. */
vec4 world_terrain_at(const struct world *world, float x, float z);
vec4 world_detail_smooth(const struct world *world, float x, float z);
/* Nearest texel: cheaper, and as crisp as a photo's finest texture should be. */
vec4 world_detail_at(const struct world *world, float x, float z);

static inline vec4 vec4_of(float a, float b, float c, float d)
{
    return (vec4){a, b, c, d};
}

static inline vec4 vec4_all(float value)
{
    return (vec4){value, value, value, value};
}

static inline vec4 vec4_mix(vec4 from, vec4 to, float share)
{
    return from + (to - from) * vec4_all(share);
}

static inline float float_clamp(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* floorf() without the library call, for values that fit an int. */
static inline int float_floor(float value)
{
    const int whole = (int)value;
    return whole - (value < (float)whole);
}

/* 0 below `low`, 1 above `high`, smooth between. */
static inline float float_ramp(float low, float high, float value)
{
    const float t = float_clamp((value - low) / (high - low), 0.0F, 1.0F);
    return t * t * (3.0F - 2.0F * t);
}

/* A good 32-bit mixer: neighbouring inputs give unrelated outputs. */
static inline uint32_t hash32(uint32_t value)
{
    value ^= value >> 16;
    value *= 0x7feb352dU;
    value ^= value >> 15;
    value *= 0x846ca68bU;
    value ^= value >> 16;
    return value;
}

static inline float hash_unit(uint32_t value)
{
    return (float)(hash32(value) >> 8) * (1.0F / 16777216.0F);
}

#endif
