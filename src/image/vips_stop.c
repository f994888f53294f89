// SPDX-License-Identifier: MIT
/*
 * Ending libvips' work early. libvips reports progress while it computes pixels, on an image that asked for
 * it. The handler marks the image that is being computed as killed, which its threads look at before each
 * tile.
 */
#include "image/vips_inside.h"

static void look(VipsImage *watched, VipsProgress *progress, const struct stop *stop)
{
    (void)watched;
    if (stop->must_stop(stop->context, NULL) != TESS_OK)
        vips_image_set_kill(progress->im, TRUE);
}

static void watch(VipsImage *image, const struct stop *stop)
{
    if (!stop || !stop->must_stop)
        return;
    vips_image_set_progress(image, TRUE);
    /* The handler only reads; GLib's signature has no const. */
    (void)g_signal_connect(image, "eval", G_CALLBACK(look), (gpointer)(uintptr_t)stop);
}

VipsImage *stop_or_compute(VipsImage *image, const struct stop *stop)
{
    watch(image, stop);
    return vips_image_copy_memory(image);
}
