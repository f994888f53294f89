// SPDX-License-Identifier: MIT
/* Profiles as bytes, made with lcms2; the caller frees the data. */
#ifndef TESTS_ICC_FIXTURE_H
#define TESTS_ICC_FIXTURE_H

#include <lcms2.h>
#include <stddef.h>
#include <stdint.h>

struct icc {
    uint8_t *data;
    size_t size;
};

/* Takes the profile. */
struct icc icc_of(cmsHPROFILE profile);

/* Primaries at D65; gamma 0 stands for sRGB's curve. */
struct icc make_rgb(const cmsCIExyYTRIPLE *primaries, double gamma);

struct icc make_grey(double gamma);

/* Four inks of which each takes away from Lab alone: enough for a printer's profile. */
struct icc make_cmyk(void);

#endif
