// SPDX-License-Identifier: MIT
/*
 * A JPEG in memory as libjpeg's source, which tells a file that merely lacks its end marker from one that is
 * cut.
 *
 * libjpeg's own memory source warns as soon as libjpeg reaches for a byte behind the end, and libjpeg reads
 * ahead: a whole picture without EOI would count as damaged. This one hands out an EOI instead, as the
 * decoder would find it in a whole file. Where data is missing, the Huffman decoder then says so itself
 * (JWRN_HIT_MARKER). Arithmetic decoding may not: there, zeros behind a marker are part of the format. So
 * those files need their EOI, as with libjpeg's own source.
 *
 * Between two scans nothing is missing to the decoder, so after the last scan jpeg_source_is_whole() says
 * whether the picture is.
 */
#ifndef IMAGE_JPEG_SOURCE_H
#define IMAGE_JPEG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* jpeglib.h needs FILE and size_t */

#include <jpeglib.h>

struct jpeg_source {
    struct jpeg_source_mgr manager; /* first: libjpeg hands this back to us */
    struct {
        const JOCTET *bytes;
        size_t size;
    } later[2];      /* what comes behind the bytes handed out first; a size of 0 is none */
    unsigned handed; /* of these */
    bool ended;      /* libjpeg has asked for more than there is */
};

/*
 * Makes `source` the one of `cinfo`; both it and the bytes are borrowed until cinfo is destroyed. The byte at
 * `mislabelled_at`, where that is not 0, is handed out as a progressive frame's marker.
 */
void jpeg_source_set(struct jpeg_decompress_struct *cinfo, struct jpeg_source *source, const uint8_t *bytes,
                     size_t size_bytes, size_t mislabelled_at);

/*
 * To be asked once all scans of a file with several have been read. True: it ended with EOI, or its scans
 * hold each component (progressive: each coefficient to its last bit). Precondition: jpeg_source_set() was
 * called for cinfo.
 */
bool jpeg_source_is_whole(const struct jpeg_decompress_struct *cinfo);

#endif
