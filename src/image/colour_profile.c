// SPDX-License-Identifier: MIT
/*
 * Embedded ICC profiles through lcms2.
 *
 * Building a transform costs about as much as converting a few hundred tiles' pixels, so the last few are
 * kept, found by the profile's bytes. Each entry counts its users; a full cache drops the entry that was used
 * longest ago and is in nobody's hands.
 */
#include <lcms2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/colour.h"
#include "image/lengths.h"

enum { CACHE_ENTRIES = 8, SRGB_TOLERANCE = 2 };

struct colour_transform {
    cmsContext context; /* of lcms; no error handler, nothing shared */
    cmsHTRANSFORM lcms; /* NULL: the profile is sRGB, broken, or for another kind of colour */
    enum colour_kind kind;
    uint8_t *icc;
    size_t icc_size_bytes;
    unsigned users;     /* under the cache's lock */
    uint64_t last_used; /* under the cache's lock */
    bool cached;        /* under the cache's lock; one that found no place dies with its last user */
};

struct colour_profiles {
    pthread_mutex_t lock;
    uint64_t uses;
    struct colour_transform *entries[CACHE_ENTRIES];
};

struct colour_profiles *colour_profiles_create(void)
{
    struct colour_profiles *profiles = calloc(1, sizeof *profiles);
    if (profiles && pthread_mutex_init(&profiles->lock, NULL) != 0) {
        free(profiles);
        profiles = NULL;
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
    pthread_mutex_destroy(&profiles->lock);
    free(profiles);
}

static cmsUInt32Number input_format(enum colour_kind kind)
{
    return kind == COLOUR_GREY ? TYPE_GRAY_8 : kind == COLOUR_RGB ? TYPE_RGB_8 : TYPE_CMYK_8;
}

static cmsColorSpaceSignature signature_of(enum colour_kind kind)
{
    return kind == COLOUR_GREY ? cmsSigGrayData : kind == COLOUR_RGB ? cmsSigRgbData : cmsSigCmykData;
}

/* Whether RGB or grey comes out as it went in, over a lattice of the cube. */
static bool changes_nothing(cmsHTRANSFORM lcms, enum colour_kind kind)
{
    if (kind == COLOUR_CMYK)
        return false;
    for (int i = 0; i < 6 * 6 * 6; i++) {
        uint8_t in[3] = {(uint8_t)(i % 6 * 51), (uint8_t)(i / 6 % 6 * 51), (uint8_t)(i / 36 * 51)}, out[3];
        cmsDoTransform(lcms, in, out, 1);
        for (int channel = 0; channel < 3; channel++) {
            if (abs(out[channel] - in[kind == COLOUR_GREY ? 0 : channel]) > SRGB_TOLERANCE)
                return false;
        }
    }
    return true;
}

/* NULL for a broken profile, one for another kind of colour, and sRGB. */
static cmsHTRANSFORM build_lcms(cmsContext context, const uint8_t *icc, size_t icc_size_bytes,
                                enum colour_kind kind)
{
    cmsHTRANSFORM lcms = NULL;
    if (icc_size_bytes > UINT32_MAX)
        return NULL;
    cmsHPROFILE from = cmsOpenProfileFromMemTHR(context, icc, (cmsUInt32Number)icc_size_bytes);
    cmsHPROFILE to = cmsCreate_sRGBProfileTHR(context);
    if (from && to && cmsGetColorSpace(from) == signature_of(kind))
        lcms = cmsCreateTransformTHR(context, from, input_format(kind), to, TYPE_RGB_8,
                                     INTENT_RELATIVE_COLORIMETRIC,
                                     cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE);
    if (from)
        cmsCloseProfile(from);
    if (to)
        cmsCloseProfile(to);
    if (lcms && changes_nothing(lcms, kind)) {
        cmsDeleteTransform(lcms);
        lcms = NULL;
    }
    return lcms;
}

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
    transform->context = cmsCreateContext(NULL, NULL);
    if (!transform->context) {
        transform_destroy(transform);
        return NULL;
    }
    transform->lcms = build_lcms(transform->context, icc, icc_size_bytes, kind);
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

/* A place for a new entry, or NULL while all are in use. */
static struct colour_transform **free_place_locked(struct colour_profiles *profiles)
{
    struct colour_transform **oldest = NULL;
    for (int i = 0; i < CACHE_ENTRIES; i++) {
        struct colour_transform **place = &profiles->entries[i];
        if (!*place)
            return place;
        if ((*place)->users == 0 && (!oldest || (*place)->last_used < (*oldest)->last_used))
            oldest = place;
    }
    return oldest;
}

static struct colour_transform *insert_locked(struct colour_profiles *profiles, const uint8_t *icc,
                                              size_t size, enum colour_kind kind)
{
    struct colour_transform *entry = transform_create(icc, size, kind);
    struct colour_transform **place = entry ? free_place_locked(profiles) : NULL;
    if (place) {
        transform_destroy(*place);
        *place = entry;
        entry->cached = true;
    }
    return entry;
}

enum tess_status colour_profiles_acquire(struct colour_profiles *profiles, const uint8_t *icc,
                                         size_t icc_size_bytes, enum colour_kind kind,
                                         struct colour_transform **transform_out, struct tess_error *error)
{
    *transform_out = NULL;
    if (!icc || icc_size_bytes == 0 || !lengths_icc_fit(icc, icc_size_bytes))
        return TESS_OK;
    pthread_mutex_lock(&profiles->lock);
    struct colour_transform *entry = find_locked(profiles, icc, icc_size_bytes, kind);
    if (!entry)
        entry = insert_locked(profiles, icc, icc_size_bytes, kind);
    const bool found = entry != NULL;
    if (entry) {
        entry->last_used = ++profiles->uses;
        if (entry->lcms) {
            entry->users++;
            *transform_out = entry;
        } else if (!entry->cached) {
            transform_destroy(entry);
        }
    }
    pthread_mutex_unlock(&profiles->lock);
    return found ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for a colour profile");
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

void colour_transform_apply(const struct colour_transform *transform, const uint8_t *source, uint8_t *rgb,
                            size_t pixels)
{
    while (pixels > 0) {
        cmsUInt32Number count = pixels < UINT32_MAX ? (cmsUInt32Number)pixels : UINT32_MAX;
        cmsDoTransform(transform->lcms, source, rgb, count);
        size_t samples = transform->kind == COLOUR_GREY ? 1 : transform->kind == COLOUR_RGB ? 3 : 4;
        source += count * samples;
        rgb += (size_t)count * 3;
        pixels -= count;
    }
}
