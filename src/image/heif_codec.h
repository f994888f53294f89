// SPDX-License-Identifier: MIT
/*
 * The codecs of HEIC (libde265) and AVIF (dav1d), as decoders of libheif that start no thread.
 *
 * libheif's own start one for each picture or tile (libde265) or one a core (dav1d). tessera's workers decode
 * several pictures at once already, so those add nothing; and where the system has no thread to give,
 * libde265 waits for ever for the one that never came. These also know a bound of pixels before they
 * allocate, and look at cancel and deadline.
 *
 * libheif takes them by HEIF_CODEC_ID, and for tiles and alpha, where it knows no name, by their priority.
 * That is the highest while a task is decoded and the lowest else: whoever else uses libheif in this process
 * keeps its own.
 */
#ifndef IMAGE_HEIF_CODEC_H
#define IMAGE_HEIF_CODEC_H

#include <libheif/heif.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/stop.h"

#define HEIF_CODEC_ID "tessera"

/*
 * Makes them known to libheif, the first time; before any picture is opened. Not when the module starts: that
 * may be beside the process' end, when libheif's own tables are gone already. Thread-safe.
 */
struct heif_error heif_codec_register(void);

/* One call of heif_decode_image(), in the thread that makes it. */
struct heif_task {
    uint64_t max_pixels;     /* of one coded picture: that of the file, one of its tiles or its alpha */
    const struct stop *stop; /* NULL: none */
    /* What the first coded picture was, which is one of colour: alpha comes last. */
    bool is_known, is_grey, is_full_range;
};

/*
 * Every decoder made in this thread follows `task` (borrowed) until the next call; NULL: no bounds. libheif
 * hands no user data to its decoders, and with heif_context_set_max_decoding_threads(…, 0) calls them in the
 * thread that decodes.
 */
void heif_codec_begin(struct heif_task *task);

#endif
