// SPDX-License-Identifier: MIT
/* Captions below tiles and the heading above them. Text is drawn by libvips (Pango); jobs without any never
 * load it. */
#ifndef ENGINE_CAPTION_H
#define ENGINE_CAPTION_H

#include <stdint.h>

#include "base/bytes.h"
#include "image/picture.h"
#include <tessera/options.h>

/*
 * Expands a template: %f the source's name without its folders, %n its number counted from 1, %% a per cent
 * sign; another % stands for itself. `text_out` is initialised here and the caller's to clear.
 * What is too long is cut. TESS_ERR_MEMORY.
 */
enum tess_status caption_expand(const char *template_text, const char *source, uint64_t number,
                                struct bytes *text_out);

/*
 * Draws one line, centred, black or white (whichever stands out) on the background. A line that is too long
 * is made smaller as its kind allows (captions beside each other keep one size), then cut. The caller clears
 * *picture_out. TESS_ERR_UNSUPPORTED without libvips or fonts, TESS_ERR_MEMORY.
 */
enum caption_kind { CAPTION_LABEL, CAPTION_TITLE };
enum tess_status caption_render(const char *text, enum caption_kind kind, uint32_t width_px,
                                uint32_t height_px, struct tess_colour background, enum picture_layout layout,
                                struct picture *picture_out, struct tess_error *error);

#endif
