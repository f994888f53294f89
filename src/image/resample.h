// SPDX-License-Identifier: MIT
/*
 * One good resample: separable Lanczos 3 over one 8-bit plane.
 *
 * A filter (struct resample_axis) is made for each direction from where the crop begins and how long it is,
 * both in fractions of a sample, so a decode at a DCT scale needs no rounding of the crop. Samples outside
 * [low, high) do not count: the result is that of cropping first and scaling then. Arithmetic is integer
 * throughout: the same input gives the same bytes on every machine. Kernel: Turkowski, "Filters for common
 * resampling tasks", 1990.
 */
#ifndef IMAGE_RESAMPLE_H
#define IMAGE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include "image/resample_kernels.h"
#include <tessera/status.h>

struct resample_axis {
    uint32_t out_px;
    uint32_t taps;        /* weights of each output sample; unused ones are 0 */
    uint32_t padded_taps; /* taps rounded up to RESAMPLE_TAPS_MULTIPLE; the rest is 0 */
    uint32_t *first;      /* out_px entries: the source sample that the first weight belongs to */
    int16_t *weights;     /* out_px × padded_taps; each row sums to 1 << RESAMPLE_WEIGHT_BITS exactly */
};

/* A stretch of source samples: [low, high) exist and may be used, of which start, length (fractions allowed)
 * are wanted. */
struct resample_span {
    double start, length;
    uint32_t low, high;
};

/* Needs 0 < out_px, low < high and length > 0. TESS_ERR_MEMORY. The caller clears the axis. */
enum tess_status resample_axis_init(struct resample_axis *axis, const struct resample_span *span,
                                    uint32_t out_px, struct tess_error *error);
void resample_axis_clear(struct resample_axis *axis);

/* What an axis for `length_px` samples, and resampling by it, allocate at most. */
uint64_t resample_axis_peak_bytes(double length_px, uint32_t out_px);

/*
 * Resamples to vertical->out_px rows of horizontal->out_px bytes at `target`. `source` points at sample (0,
 * 0) of the coordinates that the axes were made for (it is only read where [low, high) allows).
 * TESS_ERR_MEMORY, or what `stop` (NULL: none) says. Thread-safe; the axes are only read.
 */
enum tess_status resample_plane(const uint8_t *source, size_t source_stride_bytes,
                                const struct resample_axis *horizontal, const struct resample_axis *vertical,
                                uint8_t *target, size_t target_stride_bytes, const struct stop *stop,
                                struct tess_error *error);

#endif
