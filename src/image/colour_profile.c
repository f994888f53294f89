// SPDX-License-Identifier: MIT
/*
 * Embedded ICC profiles through lcms2.
 *
 * Building a transform costs about as much as converting a few hundred tiles' pixels, so the last few are
 * kept, found by the profile's bytes. Each entry counts its users; a full cache drops the entry that was used
 * longest ago and is in nobody's hands.
 *
 * Who asks for a profile first builds it, outside the lock; who wants the same one meanwhile waits for that,
 * and nobody else does. lcms cannot be interrupted, so what building costs is bounded beforehand: by the
 * profile's size, and by leaving out the tags that may hold any number of processing elements, each to be
 * evaluated for every node of the table that lcms makes (measured: 0.55 s for 60 KB of them, growing with
 * their number; what is left takes 0.07 s). They are optional (ICC.1:2022, 9.2: a profile with DToB has AToB
 * too), and browsers know none.
 */
#include <lcms2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "image/colour.h"
#include "image/lengths.h"

/* CACHE_BYTES: of profiles' own bytes; the tables made of them have at most 2 MB each. */
enum { CACHE_ENTRIES = 8, CACHE_BYTES = COLOUR_PROFILE_MAX_BYTES, SRGB_TOLERANCE = 2 };

struct colour_transform {
    cmsContext context; /* of lcms; no error handler, nothing shared */
    cmsHTRANSFORM lcms; /* NULL: the profile is sRGB, broken, or for another kind of colour */
    enum colour_kind kind;
    uint8_t *icc;
    size_t icc_size_bytes;
    /* Under the cache's lock: */
    unsigned users; /* who builds it and who waits for that included */
    uint64_t last_used;
    bool building; /* `context` and `lcms` are the builder's until this is false */
    bool cached;   /* one that found no place, or no memory, dies with its last user */
    bool failed;   /* there was no memory to build it */
};

struct colour_profiles {
    pthread_mutex_t lock;
    pthread_cond_t built;
    uint64_t uses;
    struct colour_transform *entries[CACHE_ENTRIES];
};

struct colour_profiles *colour_profiles_create(void)
{
    struct colour_profiles *profiles = calloc(1, sizeof *profiles);
    if (!profiles)
        return NULL;
    if (pthread_mutex_init(&profiles->lock, NULL) != 0) {
        free(profiles);
        return NULL;
    }
    if (pthread_cond_init(&profiles->built, NULL) != 0) {
        pthread_mutex_destroy(&profiles->lock);
        free(profiles);
        return NULL;
    }
    return profiles;
}

static void transform_destroy(struct colour_transform *transform)
{
    if (!transform)
        return;
    if (transform->lcms)
        cmsDeleteTransform(transform->lcms);
    if (transform->context)
        cmsDeleteContext(transform->context);
    free(transform->icc);
    free(transform);
}

void colour_profiles_destroy(struct colour_profiles *profiles)
{
    if (!profiles)
        return;
    for (int i = 0; i < CACHE_ENTRIES; i++)
        transform_destroy(profiles->entries[i]);
    pthread_cond_destroy(&profiles->built);
    pthread_mutex_destroy(&profiles->lock);
    free(profiles);
}

static const struct kind_facts {
    cmsUInt32Number format;
    cmsColorSpaceSignature space;
    size_t pixel_bytes;
} kinds[] = {[COLOUR_GREY] = {TYPE_GRAY_8, cmsSigGrayData, 1},
             [COLOUR_RGB] = {TYPE_RGB_8, cmsSigRgbData, 3},
             [COLOUR_CMYK] = {TYPE_CMYK_8, cmsSigCmykData, 4},
             [COLOUR_GREY16] = {TYPE_GRAY_16, cmsSigGrayData, 2},
             [COLOUR_RGB16] = {TYPE_RGB_16, cmsSigRgbData, 6}};

static bool is_wide(enum colour_kind kind)
{
    return kind == COLOUR_GREY16 || kind == COLOUR_RGB16;
}

/* Whether RGB or grey comes out as it went in, over a lattice of the cube. */
static bool changes_nothing(cmsHTRANSFORM lcms, enum colour_kind kind)
{
    const bool grey = kind == COLOUR_GREY || kind == COLOUR_GREY16;
    if (kind == COLOUR_CMYK)
        return false;
    for (int i = 0; i < 6 * 6 * 6; i++) {
        const uint8_t narrow[3] = {(uint8_t)(i % 6 * 51), (uint8_t)(i / 6 % 6 * 51), (uint8_t)(i / 36 * 51)};
        const uint16_t wide[3] = {(uint16_t)(narrow[0] * 257), (uint16_t)(narrow[1] * 257),
                                  (uint16_t)(narrow[2] * 257)};
        uint8_t out[3];
        cmsDoTransform(lcms, is_wide(kind) ? (const void *)wide : narrow, out, 1);
        for (int channel = 0; channel < 3; channel++) {
            if (abs(out[channel] - narrow[grey ? 0 : channel]) > SRGB_TOLERANCE)
                return false;
        }
    }
    return true;
}

/* The profile without its tags of unbounded cost; NULL: broken, or for another kind of colour. */
static cmsHPROFILE open_profile(cmsContext context, const uint8_t *icc, size_t icc_size_bytes,
                                enum colour_kind kind)
{
    static const cmsTagSignature elements[] = {cmsSigDToB0Tag, cmsSigDToB1Tag, cmsSigDToB2Tag,
                                               cmsSigDToB3Tag};
    cmsHPROFILE profile = cmsOpenProfileFromMemTHR(context, icc, (cmsUInt32Number)icc_size_bytes);
    if (profile && cmsGetColorSpace(profile) != kinds[kind].space) {
        cmsCloseProfile(profile);
        return NULL;
    }
    for (size_t i = 0; profile && i < sizeof elements / sizeof *elements; i++)
        (void)cmsWriteTag(profile, elements[i], NULL); /* deletes it; no such tag is no matter */
    return profile;
}

/* *lcms_out is NULL for a broken profile, one for another kind of colour, and sRGB. False: no memory, as far
 * as lcms lets that be told from a broken profile. */
static bool build_lcms(cmsContext context, const struct colour_transform *entry, cmsHTRANSFORM *lcms_out)
{
    /* A table of lcms' own would round the dark of 16 bits away. */
    const cmsUInt32Number precise = is_wide(entry->kind) ? cmsFLAGS_NOOPTIMIZE : 0;
    cmsHTRANSFORM lcms = NULL;
    cmsHPROFILE to = cmsCreate_sRGBProfileTHR(context);
    *lcms_out = NULL;
    if (!to)
        return false;
    cmsHPROFILE from = open_profile(context, entry->icc, entry->icc_size_bytes, entry->kind);
    if (from) {
        lcms = cmsCreateTransformTHR(context, from, kinds[entry->kind].format, to, TYPE_RGB_8,
                                     INTENT_RELATIVE_COLORIMETRIC,
                                     cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE | precise);
        cmsCloseProfile(from);
    }
    cmsCloseProfile(to);
    if (lcms && changes_nothing(lcms, entry->kind)) {
        cmsDeleteTransform(lcms);
        lcms = NULL;
    }
    *lcms_out = lcms;
    return true;
}

/* An entry that is yet to be built. */
static struct colour_transform *transform_create(const uint8_t *icc, size_t icc_size_bytes,
                                                 enum colour_kind kind)
{
    struct colour_transform *transform = calloc(1, sizeof *transform);
    uint8_t *copy = malloc(icc_size_bytes);
    if (!transform || !copy) {
        free(transform);
        free(copy);
        return NULL;
    }
    memcpy(copy, icc, icc_size_bytes);
    transform->icc = copy;
    transform->icc_size_bytes = icc_size_bytes;
    transform->kind = kind;
    transform->building = true;
    return transform;
}

static struct colour_transform *find_locked(struct colour_profiles *profiles, const uint8_t *icc, size_t size,
                                            enum colour_kind kind)
{
    for (int i = 0; i < CACHE_ENTRIES; i++) {
        struct colour_transform *entry = profiles->entries[i];
        if (entry && entry->kind == kind && entry->icc_size_bytes == size &&
            memcmp(entry->icc, icc, size) == 0)
            return entry;
    }
    return NULL;
}

/* The idle entry that was used longest ago; NULL while all are in use. */
static struct colour_transform **oldest_locked(struct colour_profiles *profiles)
{
    struct colour_transform **oldest = NULL;
    for (int i = 0; i < CACHE_ENTRIES; i++) {
        struct colour_transform **place = &profiles->entries[i];
        if (*place && (*place)->users == 0 && (!oldest || (*place)->last_used < (*oldest)->last_used))
            oldest = place;
    }
    return oldest;
}

/* A free place for an entry of `size` bytes, made if need be; NULL while too much is in use. */
static struct colour_transform **free_place_locked(struct colour_profiles *profiles, size_t size)
{
    for (;;) {
        struct colour_transform **place = NULL;
        size_t held = size;
        for (int i = 0; i < CACHE_ENTRIES; i++) {
            held += profiles->entries[i] ? profiles->entries[i]->icc_size_bytes : 0;
            if (!profiles->entries[i])
                place = &profiles->entries[i];
        }
        if (place && held <= CACHE_BYTES)
            return place;
        struct colour_transform **oldest = oldest_locked(profiles);
        if (!oldest)
            return NULL;
        transform_destroy(*oldest);
        *oldest = NULL;
    }
}

static struct colour_transform *insert_locked(struct colour_profiles *profiles, const uint8_t *icc,
                                              size_t size, enum colour_kind kind)
{
    struct colour_transform *entry = transform_create(icc, size, kind);
    struct colour_transform **place = entry ? free_place_locked(profiles, size) : NULL;
    if (place) {
        *place = entry;
        entry->cached = true;
    }
    return entry;
}

/* It is found no more; its users keep it until they release it. */
static void remove_locked(struct colour_profiles *profiles, struct colour_transform *entry)
{
    for (int i = 0; i < CACHE_ENTRIES; i++)
        if (profiles->entries[i] == entry)
            profiles->entries[i] = NULL;
    entry->cached = false;
}

static enum tess_status no_memory(struct tess_error *error)
{
    return error_set(error, TESS_ERR_MEMORY, "no memory for a colour profile");
}

/* Without the lock, by the thread that put the entry there. Without memory nothing is known of the profile,
 * so nothing is remembered. */
static enum tess_status build(struct colour_profiles *profiles, struct colour_transform *entry,
                              struct tess_error *error)
{
    cmsContext context = cmsCreateContext(NULL, NULL);
    cmsHTRANSFORM lcms = NULL;
    const bool failed = !context || !build_lcms(context, entry, &lcms);
    pthread_mutex_lock(&profiles->lock);
    entry->context = context;
    entry->lcms = lcms;
    entry->failed = failed;
    entry->building = false;
    if (failed)
        remove_locked(profiles, entry);
    pthread_cond_broadcast(&profiles->built);
    pthread_mutex_unlock(&profiles->lock);
    return failed ? no_memory(error) : TESS_OK;
}

static enum tess_status wait_until_built(struct colour_profiles *profiles, struct colour_transform *entry,
                                         const struct stop *stop, struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    pthread_mutex_lock(&profiles->lock);
    while (entry->building && status == TESS_OK) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += STOP_INTERVAL_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_clockwait(&profiles->built, &profiles->lock, CLOCK_MONOTONIC, &until);
        if (entry->building) {
            pthread_mutex_unlock(&profiles->lock);
            status = stop_check(stop, error);
            pthread_mutex_lock(&profiles->lock);
        }
    }
    const bool failed = !entry->building && entry->failed;
    pthread_mutex_unlock(&profiles->lock);
    return status == TESS_OK && failed ? no_memory(error) : status;
}

enum tess_status colour_profiles_acquire(struct colour_profiles *profiles, const uint8_t *icc,
                                         size_t icc_size_bytes, enum colour_kind kind,
                                         const struct stop *stop, struct colour_transform **transform_out,
                                         struct tess_error *error)
{
    *transform_out = NULL;
    if (!icc || icc_size_bytes == 0 || icc_size_bytes > COLOUR_PROFILE_MAX_BYTES ||
        !lengths_icc_fit(icc, icc_size_bytes))
        return TESS_OK;
    pthread_mutex_lock(&profiles->lock);
    struct colour_transform *entry = find_locked(profiles, icc, icc_size_bytes, kind);
    const bool is_new = !entry;
    if (is_new)
        entry = insert_locked(profiles, icc, icc_size_bytes, kind);
    if (entry) {
        entry->last_used = ++profiles->uses;
        entry->users++;
    }
    pthread_mutex_unlock(&profiles->lock);
    if (!entry)
        return no_memory(error);
    enum tess_status status =
        is_new ? build(profiles, entry, error) : wait_until_built(profiles, entry, stop, error);
    if (status == TESS_OK && entry->lcms)
        *transform_out = entry;
    else
        colour_profiles_release(profiles, entry);
    return status;
}

void colour_profiles_release(struct colour_profiles *profiles, struct colour_transform *transform)
{
    if (!transform)
        return;
    pthread_mutex_lock(&profiles->lock);
    transform->users--;
    bool orphan = !transform->cached && transform->users == 0;
    pthread_mutex_unlock(&profiles->lock);
    if (orphan)
        transform_destroy(transform);
}

void colour_transform_apply(const struct colour_transform *transform, const void *source, uint8_t *rgb,
                            size_t pixels)
{
    const uint8_t *bytes = source;
    while (pixels > 0) {
        cmsUInt32Number count = pixels < UINT32_MAX ? (cmsUInt32Number)pixels : UINT32_MAX;
        cmsDoTransform(transform->lcms, bytes, rgb, count);
        bytes += count * kinds[transform->kind].pixel_bytes;
        rgb += (size_t)count * 3;
        pixels -= count;
    }
}
