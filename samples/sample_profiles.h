// SPDX-License-Identifier: MIT
/* Colour profiles for sample photos, made with lcms2, and pixels converted into them. */
#ifndef SAMPLES_SAMPLE_PROFILES_H
#define SAMPLES_SAMPLE_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sample_profile { PROFILE_SRGB, PROFILE_DISPLAY_P3, PROFILE_ADOBE_RGB, PROFILE_GREY, PROFILE_CMYK };

/* An ICC profile; free() it. NULL on failure. */
uint8_t *profile_make(enum sample_profile which, size_t *size_bytes_out);

/*
 * sRGB pixels to the profile's space (three bytes a pixel; one for PROFILE_GREY), so that the picture looks
 * the same under it. Not for PROFILE_CMYK. False on failure.
 */
bool profile_convert(enum sample_profile which, const uint8_t *srgb, size_t pixels, uint8_t *out);

/* sRGB to the inks of PROFILE_CMYK, by the inverse of the same model. 0 is no ink. */
void profile_to_inks(const uint8_t *srgb, size_t pixels, uint8_t *cmyk_out);

/* sRGB to the naive inks that a CMYK file without a profile is read by: C = 1 - R, with the grey part in K.
 */
void profile_to_plain_inks(const uint8_t *srgb, size_t pixels, uint8_t *cmyk_out);

#endif
