// SPDX-License-Identifier: MIT
/*
 * One file of each kind that matters. All show the same photo, so that a kind read wrongly stands out among
 * its neighbours in a grid.
 */
#ifndef SAMPLES_SAMPLE_KINDS_H
#define SAMPLES_SAMPLE_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "photo_render.h"

/* JPEG: sampling, progressive, restarts, EXIF, profiles, grey, inks. False on failure. */
bool kinds_write_jpeg(const char *folder, const struct photo *photo);

/* PNG, WebP, GIF, TIFF, HEIF and AVIF through libvips, which the caller has started. A format that this
 * libvips cannot write is skipped with a line on stderr. False when a file could not be written. */
bool kinds_write_others(const char *folder, const struct photo *photo);

/* "folder/name" into `path`; false when too long. */
bool kinds_path(const char *folder, const char *name, char *path, size_t path_bytes);

#endif
