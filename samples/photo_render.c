// SPDX-License-Identifier: MIT
/*
 * One column of pixels at a time, from the camera outwards: each step projects a spot of ground to a row, and
 * when that lies above all rows painted so far, the rows between get its colour. What stays unpainted is sky.
 * Steps grow with distance, so that each moves about a pixel up. Columns are worked off in strips that stay
 * in the cache; a strip is softened a little (a lens never resolves single pixels), then developed: sRGB
 * curve, contrast, and the noise of a sensor.
 */
#include "photo_render.h"

#include <math.h>
#include <stdlib.h>

enum { STRIP_PX = 64, SKY_STEP_PX = 4, METER_PX = 16, ATTEMPTS = 6, CURVE_STEPS = 4096 };

static const float farthest = 1100.0F;

/* The film: linear light 0..2 to 0..255 with contrast applied, interpolated by the caller's rounding. */
struct curve {
    float value[CURVE_STEPS + 1];
};

static void curve_make(float contrast, struct curve *curve_out)
{
    for (int i = 0; i <= CURVE_STEPS; i++) {
        const float light = 2.0F * (float)i / (float)CURVE_STEPS;
        /* A shoulder, so that clouds and snow keep their shape. */
        const float film = light / (light + 0.75F) * 1.36F;
        const float encoded = powf(float_clamp(film, 0.0F, 1.0F), 1.0F / 2.0F);
        const float curved = float_clamp((encoded - 0.5F) * contrast + 0.5F, 0.0F, 1.0F);
        curve_out->value[i] = 255.0F * curved;
    }
}

/* About normal with deviation 1: the sum of four bytes of one hash. */
static float grain(uint32_t id)
{
    const uint32_t bits = hash32(id);
    const int sum =
        (int)(bits & 255U) + (int)(bits >> 8 & 255U) + (int)(bits >> 16 & 255U) + (int)(bits >> 24);
    return (float)(sum - 510) * (1.0F / 147.8F);
}

static uint8_t to_byte(float value)
{
    return (uint8_t)float_clamp(value + 0.5F, 0.0F, 255.0F);
}

struct view {
    const struct scene *scene;
    const struct world *world;
    float width, height, focal_px, horizon_px;
};

/* Clouds are soft: every fourth row is enough, the others are interpolated. */
static void paint_sky(const struct view *view, float ray_x, float ray_z, int rows, vec4 *column)
{
    vec4 below = vec4_all(0.0F);
    for (int y = 0; y < rows; y += SKY_STEP_PX) {
        const float up = (view->horizon_px - (float)y) / view->focal_px;
        const vec4 above = y > 0 ? below : scene_sky(view->scene, view->world, ray_x, up, ray_z);
        const float next_up = up - (float)SKY_STEP_PX / view->focal_px;
        below = scene_sky(view->scene, view->world, ray_x, next_up, ray_z);
        for (int i = 0; i < SKY_STEP_PX && y + i < rows; i++)
            column[y + i] = vec4_mix(above, below, (float)i / (float)SKY_STEP_PX);
    }
}

static float step_after(const struct view *view, float distance, float ground)
{
    const float above = fmaxf(view->scene->eye_y - ground, 0.6F);
    const float rows = 1.6F * distance * distance / (view->focal_px * above);
    return fminf(rows, fmaxf(distance * 0.004F, distance * 3.0F / view->focal_px));
}

static void paint_column(const struct view *view, float centre_px, vec4 *column)
{
    const struct scene *scene = view->scene;
    const float side = (centre_px - 0.5F * view->width) / view->focal_px;
    const float ray_x = scene->forward_x - scene->forward_z * side;
    const float ray_z = scene->forward_z + scene->forward_x * side;
    int painted = (int)view->height; /* rows below this one are done */
    vec4 previous = vec4_all(0.0F);
    const float lowest = fmaxf(view->height - view->horizon_px, 1.0F);
    float distance = fmaxf(0.25F, 0.2F * view->focal_px / lowest);
    const float room = view->world->highest + 2.0F - scene->eye_y;
    while (distance < farthest && painted > 0) {
        const float texel = distance / view->focal_px;
        const struct ground_point point = scene_ground(scene, view->world, scene->eye_x + ray_x * distance,
                                                       scene->eye_z + ray_z * distance, distance, texel);
        const float row = view->horizon_px + (scene->eye_y - point.height) / texel;
        const int top = row > 0.0F ? (int)row : 0;
        if (top < painted) {
            const int gap = painted - top;
            for (int y = painted - 1; y >= top; y--)
                column[y] = gap > 6 ? point.colour
                                    : vec4_mix(previous, point.colour, (float)(painted - y) / (float)gap);
            painted = top;
        }
        previous = point.colour;
        if (room > 0.0F && view->horizon_px - room / texel > (float)painted)
            break;
        /* What is still below the picture is passed quickly. */
        distance += row > view->height + 8.0F ? distance * 0.015F : step_after(view, distance, point.height);
    }
    paint_sky(view, ray_x, ray_z, painted, column);
}

/* One pixel's light to sRGB, with the texture of what is seen and the noise of the sensor. */
static void expose(const struct view *view, const struct curve *curve, vec4 light, uint32_t x, uint32_t y,
                   uint8_t *pixel)
{
    const uint32_t id = (y * (uint32_t)view->width + x) * 2U ^ view->scene->seed;
    const float texture = fmaxf(1.0F + 0.25F * light[3] * grain(~id), 0.25F);
    const float luma = grain(id) * view->scene->noise;
    const float chroma = grain(id + 1U) * view->scene->noise * 0.6F;
    const float steps = (float)CURVE_STEPS / 2.0F * view->scene->exposure * texture;
    for (int c = 0; c < 3; c++) {
        const float value = curve->value[(int)float_clamp(light[c] * steps, 0.0F, (float)CURVE_STEPS)];
        const float strength = 1.9F + 0.012F * (255.0F - value);
        const float tint = c == 0 ? chroma : c == 2 ? -chroma : 0.0F;
        pixel[c] = to_byte(value + (luma + tint) * strength);
    }
}

/* The first and the last column of a strip are there only for the softening. */
static void develop(const struct view *view, const struct curve *curve, const vec4 *strip, uint32_t first,
                    uint32_t count, struct photo *photo)
{
    const size_t height = photo->height_px;
    for (size_t y = 0; y < height; y++) {
        const size_t above = y > 0 ? y - 1 : y;
        const size_t below = y + 1 < height ? y + 1 : y;
        for (uint32_t i = 0; i < count; i++) {
            const vec4 *left = &strip[i * height];
            const vec4 *here = left + height;
            const vec4 *right = here + height;
            const vec4 sum = here[y] * vec4_all(4.0F) + here[above] + here[below] + left[y] + right[y];
            expose(view, curve, sum * vec4_all(0.125F), first + i, (uint32_t)y,
                   &photo->rgb[(y * photo->width_px + first + i) * 3]);
        }
    }
}

static bool photo_init(uint32_t width_px, uint32_t height_px, struct photo *photo_out)
{
    *photo_out = (struct photo){.width_px = width_px, .height_px = height_px};
    photo_out->rgb = malloc((size_t)width_px * height_px * 3);
    return photo_out->rgb != NULL;
}

void photo_clear(struct photo *photo)
{
    free(photo->rgb);
    *photo = (struct photo){0};
}

static struct view view_of(const struct scene *scene, const struct world *world, uint32_t width_px,
                           uint32_t height_px)
{
    return (struct view){
        .scene = scene,
        .world = world,
        .width = (float)width_px,
        .height = (float)height_px,
        .focal_px = scene->focal * (float)width_px,
        .horizon_px = scene->horizon * (float)height_px,
    };
}

struct light {
    float mean, deviation;
};

/* Looks at a tiny picture first, as a camera does. */
static struct light meter(const struct scene *scene, const struct world *world)
{
    vec4 column[METER_PX] = {{0}};
    const struct view view = view_of(scene, world, METER_PX, METER_PX);
    float sum = 0.0F;
    float squares = 0.0F;
    for (int x = 0; x < METER_PX; x++) {
        paint_column(&view, (float)x + 0.5F, column);
        for (int y = 0; y < METER_PX; y++) {
            const float light = 0.3F * column[y][0] + 0.6F * column[y][1] + 0.1F * column[y][2];
            sum += light;
            squares += light * light;
        }
    }
    const float mean = sum / (float)(METER_PX * METER_PX);
    const float variance = squares / (float)(METER_PX * METER_PX) - mean * mean;
    return (struct light){mean, variance > 0.0F ? sqrtf(variance) : 0.0F};
}

/* Nobody keeps a photo of plain sea or plain snow: such a scene is passed over for another. Bright ones are
 * taken with less exposure. */
static void choose_scene(const struct world *world, uint32_t seed, struct scene *scene_out)
{
    for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        scene_make(world, seed + attempt * 0x632be5abU, scene_out);
        const struct light light = meter(scene_out, world);
        scene_out->exposure *= float_clamp(powf(0.42F / (light.mean + 0.01F), 0.75F), 0.35F, 1.35F);
        if (light.deviation > 0.24F * light.mean)
            return;
    }
}

bool photo_render(const struct world *world, uint32_t seed, uint32_t width_px, uint32_t height_px,
                  struct photo *photo_out)
{
    struct scene scene;
    choose_scene(world, seed, &scene);
    struct curve *curve = malloc(sizeof *curve);
    vec4 *strip = aligned_alloc(sizeof(vec4), sizeof(vec4) * height_px * (STRIP_PX + 2));
    const bool have = photo_init(width_px, height_px, photo_out) && curve != NULL && strip != NULL;
    if (have) {
        const struct view view = view_of(&scene, world, width_px, height_px);
        curve_make(scene.contrast, curve);
        for (uint32_t first = 0; first < width_px; first += STRIP_PX) {
            const uint32_t left = width_px - first;
            const uint32_t count = left < STRIP_PX ? left : STRIP_PX;
            for (uint32_t i = 0; i < count + 2; i++)
                paint_column(&view, (float)(first + i) - 0.5F, strip + (size_t)i * height_px);
            develop(&view, curve, strip, first, count, photo_out);
        }
    } else {
        photo_clear(photo_out);
    }
    free(strip);
    free(curve);
    return have;
}

bool photo_vary(const struct photo *base, uint32_t seed, uint32_t width_px, uint32_t height_px,
                struct photo *photo_out)
{
    if (base->width_px < width_px || base->height_px < height_px ||
        !photo_init(width_px, height_px, photo_out))
        return false;
    const uint32_t left = hash32(seed + 1U) % (base->width_px - width_px + 1U);
    const uint32_t top = hash32(seed + 2U) % (base->height_px - height_px + 1U);
    const bool mirrored = (hash32(seed + 3U) & 1U) != 0;
    uint8_t tone[3][256];
    for (uint32_t c = 0; c < 3; c++) {
        const float gain = 0.86F + 0.22F * hash_unit(seed + 4U) + 0.10F * hash_unit(seed + 5U + c);
        for (int value = 0; value < 256; value++)
            tone[c][value] = to_byte((float)value * gain);
    }
    for (uint32_t y = 0; y < height_px; y++) {
        const uint8_t *from = &base->rgb[((size_t)(top + y) * base->width_px + left) * 3];
        uint8_t *to = &photo_out->rgb[(size_t)y * width_px * 3];
        uint32_t noise = hash32(seed ^ (y * 0x9e3779b9U));
        for (uint32_t x = 0; x < width_px; x++) {
            const uint8_t *pixel = &from[(size_t)(mirrored ? width_px - 1 - x : x) * 3];
            noise = noise * 1664525U + 1013904223U;
            const int lift = (int)(noise >> 30) - 1; /* -1..2: enough to make every block its own */
            for (uint32_t c = 0; c < 3; c++) {
                const int value = tone[c][pixel[c]] + lift;
                to[x * 3 + c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
    }
    return true;
}
