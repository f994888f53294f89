// SPDX-License-Identifier: MIT
/*
 * Vertical first: whole rows are summed with one weight each, which vectorises without shuffles, and only as
 * many rows as the target has are left for the horizontal pass. Between the passes samples keep 6 more bits
 * than 8 and their overshoot, in int16.
 */
#include "image/resample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { LANCZOS_LOBES = 3, ROWS_BETWEEN_LOOKS = 64 };

static double lanczos3(double x)
{
    if (x == 0)
        return 1;
    if (fabs(x) >= LANCZOS_LOBES)
        return 0;
    double a = M_PI * x;
    return LANCZOS_LOBES * sin(a) * sin(a / LANCZOS_LOBES) / (a * a);
}

/*
 * Rounds to integers that sum to 1 << 14 exactly, carrying each rounding error into the next weight: even
 * thousands of weights below one half keep their sum, where rounding each alone would lose them all.
 */
static void quantise(const double *exact, uint32_t count, double sum, int16_t *weights)
{
    double carried = 0;
    for (uint32_t i = 0; i < count; i++) {
        double wanted = exact[i] / sum * (1 << RESAMPLE_WEIGHT_BITS) + carried;
        double rounded = nearbyint(wanted);
        carried = wanted - rounded;
        weights[i] = (int16_t)rounded;
    }
}

static void fill_axis(struct resample_axis *axis, const struct resample_span *span, double *exact)
{
    const double step = span->length / axis->out_px;
    const double stretch = fmax(step, 1); /* enlarging keeps the kernel at its own width */
    const double reach = LANCZOS_LOBES * stretch;
    for (uint32_t i = 0; i < axis->out_px; i++) {
        double centre = span->start + (i + 0.5) * step;
        double from = fmax(floor(centre - reach), span->low);
        double to = fmin(ceil(centre + reach), span->high);
        uint32_t first = (uint32_t)fmin(from, span->high - 1);
        uint32_t end = to > first ? (uint32_t)to : first + 1;
        uint32_t count = end - first < axis->taps ? end - first : axis->taps;
        double sum = 0;
        for (uint32_t k = 0; k < count; k++) {
            exact[k] = lanczos3((first + k + 0.5 - centre) / stretch);
            sum += exact[k];
        }
        if (fabs(sum) < 1e-9) { /* a sliver at the border: the nearest sample will do */
            exact[0] = sum = 1;
            count = 1;
        }
        /* Unused weights lie after the used ones; the window slides back so that it ends within the samples.
         */
        uint32_t slide = first + axis->taps > span->high ? first + axis->taps - span->high : 0;
        uint32_t room = first - span->low;
        slide = slide < room ? slide : room;
        int16_t *weights = axis->weights + (size_t)i * axis->padded_taps;
        slide = slide < axis->taps - count ? slide : axis->taps - count;
        axis->first[i] = first - slide;
        quantise(exact, count, sum, weights + slide);
    }
}

enum tess_status resample_axis_init(struct resample_axis *axis, const struct resample_span *span,
                                    uint32_t out_px, struct tess_error *error)
{
    const double stretch = fmax(span->length / out_px, 1);
    double reach = ceil(2 * LANCZOS_LOBES * stretch) + 2;
    uint32_t available = span->high - span->low;
    uint32_t taps = reach < available ? (uint32_t)reach : available;
    axis->out_px = out_px;
    axis->taps = taps;
    axis->padded_taps = (taps + RESAMPLE_TAPS_MULTIPLE - 1) / RESAMPLE_TAPS_MULTIPLE * RESAMPLE_TAPS_MULTIPLE;
    axis->first = calloc(out_px, sizeof *axis->first);
    axis->weights = calloc((size_t)out_px * axis->padded_taps, sizeof *axis->weights);
    double *exact = calloc(taps, sizeof *exact);
    if (!axis->first || !axis->weights || !exact) {
        free(exact);
        resample_axis_clear(axis);
        return error_set(error, TESS_ERR_MEMORY, "no memory for a filter of %u x %u weights", out_px, taps);
    }
    fill_axis(axis, span, exact);
    free(exact);
    return TESS_OK;
}

uint64_t resample_axis_peak_bytes(double length_px, uint32_t out_px)
{
    const uint64_t samples = (uint64_t)ceil(length_px) + 1;
    const uint64_t taps =
        (uint64_t)ceil(2 * LANCZOS_LOBES * fmax(length_px / out_px, 1)) + 2 + RESAMPLE_TAPS_MULTIPLE;
    /* The weights, and as doubles while they are made; where they begin, twice; a row between the passes. */
    return taps * (out_px * sizeof(int16_t) + sizeof(double)) + (uint64_t)out_px * 2 * sizeof(uint32_t) +
           (samples + RESAMPLE_TAPS_MULTIPLE) * sizeof(int16_t);
}

void resample_axis_clear(struct resample_axis *axis)
{
    free(axis->first);
    free(axis->weights);
    memset(axis, 0, sizeof *axis);
}

/* The columns that the horizontal filter reads. */
static void column_range(const struct resample_axis *horizontal, uint32_t *low_out, uint32_t *high_out)
{
    uint32_t low = UINT32_MAX, high = 0;
    for (uint32_t i = 0; i < horizontal->out_px; i++) {
        uint32_t first = horizontal->first[i];
        low = first < low ? first : low;
        high = first + horizontal->taps > high ? first + horizontal->taps : high;
    }
    *low_out = low;
    *high_out = high;
}

enum tess_status resample_plane(const uint8_t *source, size_t source_stride_bytes,
                                const struct resample_axis *horizontal, const struct resample_axis *vertical,
                                uint8_t *target, size_t target_stride_bytes, const struct stop *stop,
                                struct tess_error *error)
{
    const struct resample_kernels *kernels = resample_kernels_best();
    uint32_t low, high;
    column_range(horizontal, &low, &high);
    const uint32_t width = high - low;
    /* Padded weights reach beyond the last column: what they meet there counts nothing, but has to exist. */
    int16_t *middle = calloc((size_t)width + RESAMPLE_TAPS_MULTIPLE, sizeof *middle);
    uint32_t *first = malloc(horizontal->out_px * sizeof *first);
    enum tess_status status = TESS_OK;
    if (!middle || !first)
        status = error_set(error, TESS_ERR_MEMORY, "no memory to resample rows of %u samples", width);
    for (uint32_t i = 0; status == TESS_OK && i < horizontal->out_px; i++)
        first[i] = horizontal->first[i] - low;
    for (uint32_t y = 0; status == TESS_OK && y < vertical->out_px; y++) {
        kernels->sum_rows(source + vertical->first[y] * source_stride_bytes + low, source_stride_bytes,
                          vertical->weights + (size_t)y * vertical->padded_taps, vertical->taps, width,
                          middle);
        kernels->filter_row(middle, first, horizontal->weights, horizontal->padded_taps, horizontal->out_px,
                            target + y * target_stride_bytes);
        if (y % ROWS_BETWEEN_LOOKS == ROWS_BETWEEN_LOOKS - 1)
            status = stop_check(stop, error);
    }
    free(middle);
    free(first);
    return status;
}
