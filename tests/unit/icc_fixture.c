// SPDX-License-Identifier: MIT
#include "icc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct icc icc_of(cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;
    assert_non_null(profile);
    assert_true(cmsSaveProfileToMem(profile, NULL, &size));
    struct icc icc = {malloc(size), size};
    assert_non_null(icc.data);
    assert_true(cmsSaveProfileToMem(profile, icc.data, &size));
    cmsCloseProfile(profile);
    return icc;
}

static cmsToneCurve *srgb_curve(void)
{
    const cmsFloat64Number parameters[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    return cmsBuildParametricToneCurve(NULL, 4, parameters);
}

struct icc make_rgb(const cmsCIExyYTRIPLE *primaries, double gamma)
{
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    cmsToneCurve *curve = gamma > 0 ? cmsBuildGamma(NULL, gamma) : srgb_curve();
    cmsToneCurve *const curves[3] = {curve, curve, curve};
    struct icc icc = icc_of(cmsCreateRGBProfile(&white, primaries, curves));
    cmsFreeToneCurve(curve);
    return icc;
}

struct icc make_grey(double gamma)
{
    const cmsCIExyY *white = cmsD50_xyY();
    cmsToneCurve *curve = cmsBuildGamma(NULL, gamma);
    struct icc icc = icc_of(cmsCreateGrayProfile(white, curve));
    cmsFreeToneCurve(curve);
    return icc;
}

struct icc make_cmyk(void)
{
    cmsUInt16Number table[16 * 3];
    for (int i = 0; i < 16; i++) {
        int cyan = i >> 3 & 1, magenta = i >> 2 & 1, yellow = i >> 1 & 1, black = i & 1;
        double share = black ? 0 : 1;
        cmsCIELab lab = {share * (100 - 25 * cyan - 30 * magenta - 5 * yellow),
                         share * (40 * magenta - 20 * cyan), share * (60 * yellow - 25 * cyan)};
        cmsFloat2LabEncoded(table + 3 * (size_t)i, &lab);
    }
    cmsHPROFILE profile = cmsCreateProfilePlaceholder(NULL);
    cmsSetProfileVersion(profile, 4.3);
    cmsSetDeviceClass(profile, cmsSigOutputClass);
    cmsSetColorSpace(profile, cmsSigCmykData);
    cmsSetPCS(profile, cmsSigLabData);
    cmsPipeline *pipeline = cmsPipelineAlloc(NULL, 4, 3);
    cmsStage *clut = cmsStageAllocCLut16bit(NULL, 2, 4, 3, table);
    /* A tag holds a table between curves only, be they straight. */
    assert_true(cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(NULL, 4, NULL)));
    assert_true(cmsPipelineInsertStage(pipeline, cmsAT_END, clut));
    assert_true(cmsPipelineInsertStage(pipeline, cmsAT_END, cmsStageAllocToneCurves(NULL, 3, NULL)));
    assert_true(cmsWriteTag(profile, cmsSigAToB0Tag, pipeline));
    assert_true(cmsWriteTag(profile, cmsSigAToB1Tag, pipeline));
    assert_true(cmsWriteTag(profile, cmsSigMediaWhitePointTag, cmsD50_XYZ()));
    cmsPipelineFree(pipeline);
    return icc_of(profile);
}
