// SPDX-License-Identifier: MIT
/*
 * The CMYK profile describes an invented press: each ink takes away most of one primary, with dot gain, and
 * black takes away some of all three. The model can be inverted exactly, so that a picture put through it
 * comes back as it was when, and only when, the reader honours the profile; read as plain CMYK it is visibly
 * too light.
 */
#include "sample_profiles.h"

#include <math.h>
#include <stdlib.h>

#include <lcms2.h>

enum { CLUT_POINTS = 11 };

static const float ink_strength = 0.94F;
static const float black_strength = 0.96F;
static const float dot_gain = 0.75F; /* exponent: half the ink covers 0.59 of the paper */

static cmsHPROFILE rgb_profile(cmsContext context, const cmsCIExyYTRIPLE *primaries, cmsToneCurve *curve)
{
    const cmsCIExyY d65 = {0.3127, 0.3290, 1.0};
    cmsToneCurve *const curves[3] = {curve, curve, curve};
    return curve == NULL ? NULL : cmsCreateRGBProfileTHR(context, &d65, primaries, curves);
}

static cmsHPROFILE wide_profile(enum sample_profile which)
{
    static const cmsCIExyYTRIPLE p3 = {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}};
    static const cmsCIExyYTRIPLE adobe = {{0.640, 0.330, 1}, {0.210, 0.710, 1}, {0.150, 0.060, 1}};
    static const double srgb_curve[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    const bool is_p3 = which == PROFILE_DISPLAY_P3;
    cmsToneCurve *curve =
        is_p3 ? cmsBuildParametricToneCurve(NULL, 4, srgb_curve) : cmsBuildGamma(NULL, 563.0 / 256.0);
    const cmsHPROFILE profile = rgb_profile(NULL, is_p3 ? &p3 : &adobe, curve);
    cmsFreeToneCurve(curve);
    return profile;
}

static cmsHPROFILE grey_profile(void)
{
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1.8); /* not sRGB's curve: ignoring it shows */
    const cmsHPROFILE profile = curve == NULL ? NULL : cmsCreateGrayProfile(cmsD50_xyY(), curve);
    cmsFreeToneCurve(curve);
    return profile;
}

/* What covered paper leaves of each primary, in sRGB's own encoding. */
static void press(const float covered[4], float rgb_out[3])
{
    const float black = 1.0F - black_strength * covered[3];
    for (int c = 0; c < 3; c++)
        rgb_out[c] = (1.0F - ink_strength * covered[c]) * black;
}

static cmsInt32Number press_to_lab(const cmsUInt16Number in[], cmsUInt16Number out[], void *cargo)
{
    float inks[4];
    float rgb[3];
    for (int c = 0; c < 4; c++)
        inks[c] = (float)in[c] / 65535.0F; /* the curves before the table have added the dot gain */
    press(inks, rgb);
    double lab[3] = {0, 0, 0};
    cmsDoTransform(*(cmsHTRANSFORM *)cargo, rgb, lab, 1);
    const cmsCIELab colour = {lab[0], lab[1], lab[2]};
    cmsFloat2LabEncoded(out, &colour);
    return TRUE;
}

/* The pipeline owns a stage it took; a stage it refused is freed here. */
static bool append(cmsPipeline *pipeline, cmsStage *stage)
{
    const bool taken = stage != NULL && cmsPipelineInsertStage(pipeline, cmsAT_END, stage);
    if (!taken && stage != NULL)
        cmsStageFree(stage);
    return taken;
}

/* Dot gain as curves, which interpolate it better than the table would, then the table; the curves after it
 * do nothing, but version 4 wants them. */
static bool add_press_table(cmsHPROFILE profile)
{
    const cmsHPROFILE srgb = cmsCreate_sRGBProfile();
    const cmsHPROFILE lab = cmsCreateLab4Profile(NULL);
    cmsHTRANSFORM transform =
        cmsCreateTransform(srgb, TYPE_RGB_FLT, lab, TYPE_Lab_DBL, INTENT_RELATIVE_COLORIMETRIC, 0);
    cmsPipeline *pipeline = cmsPipelineAlloc(NULL, 4, 3);
    cmsStage *table = cmsStageAllocCLut16bit(NULL, CLUT_POINTS, 4, 3, NULL);
    cmsToneCurve *gain = cmsBuildGamma(NULL, (double)dot_gain);
    cmsToneCurve *const gains[4] = {gain, gain, gain, gain};
    bool good = transform != NULL && pipeline != NULL && table != NULL && gain != NULL &&
                cmsStageSampleCLut16bit(table, press_to_lab, &transform, 0);
    if (good) {
        good = append(pipeline, cmsStageAllocToneCurves(NULL, 4, gains)) && append(pipeline, table) &&
               append(pipeline, cmsStageAllocToneCurves(NULL, 3, NULL)) &&
               cmsWriteTag(profile, cmsSigAToB0Tag, pipeline) &&
               cmsLinkTag(profile, cmsSigAToB1Tag, cmsSigAToB0Tag) &&
               cmsLinkTag(profile, cmsSigAToB2Tag, cmsSigAToB0Tag); /* one table for all intents */
    } else if (table != NULL) {
        cmsStageFree(table);
    }
    if (gain != NULL)
        cmsFreeToneCurve(gain);
    if (pipeline != NULL)
        cmsPipelineFree(pipeline);
    if (transform != NULL)
        cmsDeleteTransform(transform);
    cmsCloseProfile(lab);
    cmsCloseProfile(srgb);
    return good;
}

static cmsHPROFILE press_profile(void)
{
    const cmsHPROFILE profile = cmsCreateProfilePlaceholder(NULL);
    cmsMLU *name = cmsMLUalloc(NULL, 1);
    if (profile == NULL || name == NULL)
        return NULL;
    cmsSetProfileVersion(profile, 4.3);
    cmsSetDeviceClass(profile, cmsSigOutputClass);
    cmsSetColorSpace(profile, cmsSigCmykData);
    cmsSetPCS(profile, cmsSigLabData);
    const bool good = cmsMLUsetASCII(name, "en", "US", "tessera sample press") &&
                      cmsWriteTag(profile, cmsSigProfileDescriptionTag, name) &&
                      cmsWriteTag(profile, cmsSigMediaWhitePointTag, cmsD50_XYZ()) &&
                      add_press_table(profile);
    cmsMLUfree(name);
    if (!good) {
        cmsCloseProfile(profile);
        return NULL;
    }
    return profile;
}

static cmsHPROFILE open_profile(enum sample_profile which)
{
    switch (which) {
    case PROFILE_SRGB:
        return cmsCreate_sRGBProfile();
    case PROFILE_GREY:
        return grey_profile();
    case PROFILE_CMYK:
        return press_profile();
    case PROFILE_DISPLAY_P3:
    case PROFILE_ADOBE_RGB:
        break;
    }
    return wide_profile(which);
}

/* lcms2 stamps the hour of creation into the header; the same bytes each run are worth more. */
static void clear_date(uint8_t *icc, size_t size_bytes)
{
    static const uint8_t date[12] = {0x07, 0xe8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof date && 24 + i < size_bytes; i++)
        icc[24 + i] = date[i];
}

uint8_t *profile_make(enum sample_profile which, size_t *size_bytes_out)
{
    *size_bytes_out = 0;
    const cmsHPROFILE profile = open_profile(which);
    if (profile == NULL)
        return NULL;
    cmsUInt32Number size_bytes = 0;
    uint8_t *icc = NULL;
    if (cmsSaveProfileToMem(profile, NULL, &size_bytes) && size_bytes > 128)
        icc = malloc(size_bytes);
    if (icc != NULL && cmsSaveProfileToMem(profile, icc, &size_bytes)) {
        clear_date(icc, size_bytes);
        *size_bytes_out = size_bytes;
    } else {
        free(icc);
        icc = NULL;
    }
    cmsCloseProfile(profile);
    return icc;
}

bool profile_convert(enum sample_profile which, const uint8_t *srgb, size_t pixels, uint8_t *out)
{
    const cmsHPROFILE from = cmsCreate_sRGBProfile();
    const cmsHPROFILE to = open_profile(which);
    const cmsHTRANSFORM transform =
        to == NULL
            ? NULL
            : cmsCreateTransform(from, TYPE_RGB_8, to, which == PROFILE_GREY ? TYPE_GRAY_8 : TYPE_RGB_8,
                                 INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_HIGHRESPRECALC);
    if (transform != NULL) {
        cmsDoTransform(transform, srgb, out, (cmsUInt32Number)pixels);
        cmsDeleteTransform(transform);
    }
    if (to != NULL)
        cmsCloseProfile(to);
    cmsCloseProfile(from);
    return transform != NULL;
}

static uint8_t ink_byte(float covered)
{
    const float clamped = covered < 0.0F ? 0.0F : covered > 1.0F ? 1.0F : covered;
    return (uint8_t)(powf(clamped, 1.0F / dot_gain) * 255.0F + 0.5F);
}

void profile_to_inks(const uint8_t *srgb, size_t pixels, uint8_t *cmyk_out)
{
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *rgb = &srgb[i * 3];
        uint8_t *inks = &cmyk_out[i * 4];
        const int brightest =
            rgb[0] > rgb[1] ? (rgb[0] > rgb[2] ? rgb[0] : rgb[2]) : (rgb[1] > rgb[2] ? rgb[1] : rgb[2]);
        inks[3] = ink_byte(0.8F * (1.0F - (float)brightest / 255.0F) / black_strength);
        const float black = 1.0F - black_strength * powf((float)inks[3] / 255.0F, dot_gain);
        for (int c = 0; c < 3; c++)
            inks[c] = ink_byte((1.0F - (float)rgb[c] / 255.0F / black) / ink_strength);
    }
}

void profile_to_plain_inks(const uint8_t *srgb, size_t pixels, uint8_t *cmyk_out)
{
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *rgb = &srgb[i * 3];
        uint8_t *inks = &cmyk_out[i * 4];
        const int brightest =
            rgb[0] > rgb[1] ? (rgb[0] > rgb[2] ? rgb[0] : rgb[2]) : (rgb[1] > rgb[2] ? rgb[1] : rgb[2]);
        inks[3] = (uint8_t)(255 - brightest);
        for (int c = 0; c < 3; c++) {
            const int light = brightest == 0 ? 255 : (rgb[c] * 255 + brightest / 2) / brightest;
            inks[c] = (uint8_t)(255 - light);
        }
    }
}
