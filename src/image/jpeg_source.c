// SPDX-License-Identifier: MIT
#include "image/jpeg_source.h"

#include <string.h>

#include <jerror.h>

static const JOCTET end_of_image[2] = {0xFF, JPEG_EOI};
static const JOCTET progressive_frame[1] = {0xC2};

static void nothing(j_decompress_ptr cinfo)
{
    (void)cinfo;
}

static boolean fill(j_decompress_ptr cinfo)
{
    struct jpeg_source *source = (struct jpeg_source *)cinfo->src;
    while (source->handed < 2) {
        const unsigned i = source->handed++;
        source->manager.next_input_byte = source->later[i].bytes;
        source->manager.bytes_in_buffer = source->later[i].size;
        if (source->later[i].size > 0)
            return TRUE;
    }
    source->ended = true;
    if (cinfo->arith_code)
        WARNMS(cinfo, JWRN_JPEG_EOF);
    source->manager.next_input_byte = end_of_image;
    source->manager.bytes_in_buffer = sizeof end_of_image;
    return TRUE;
}

static void skip(j_decompress_ptr cinfo, long count)
{
    struct jpeg_source_mgr *manager = cinfo->src;
    if (count <= 0)
        return;
    if ((size_t)count >
        manager->bytes_in_buffer) { /* what is skipped is a segment, and the file ends in it */
        ((struct jpeg_source *)manager)->handed = 2;
        (void)fill(cinfo);
        return;
    }
    manager->next_input_byte += count;
    manager->bytes_in_buffer -= (size_t)count;
}

void jpeg_source_set(struct jpeg_decompress_struct *cinfo, struct jpeg_source *source, const uint8_t *bytes,
                     size_t size_bytes, size_t mislabelled_at)
{
    memset(source, 0, sizeof *source);
    if (mislabelled_at > 0) {
        source->later[0].bytes = progressive_frame;
        source->later[0].size = sizeof progressive_frame;
        source->later[1].bytes = bytes + mislabelled_at + 1;
        source->later[1].size = size_bytes - mislabelled_at - 1;
    }
    source->manager =
        (struct jpeg_source_mgr){.next_input_byte = bytes,
                                 .bytes_in_buffer = mislabelled_at ? mislabelled_at : size_bytes,
                                 .init_source = nothing,
                                 .fill_input_buffer = fill,
                                 .skip_input_data = skip,
                                 .resync_to_restart = jpeg_resync_to_restart,
                                 .term_source = nothing};
    cinfo->src = &source->manager;
}

static bool has_all_bits(const int coef_bits[DCTSIZE2])
{
    for (int i = 0; i < DCTSIZE2; i++)
        if (coef_bits[i] != 0)
            return false;
    return true;
}

bool jpeg_source_is_whole(const struct jpeg_decompress_struct *cinfo)
{
    if (!((const struct jpeg_source *)cinfo->src)->ended)
        return true;
    for (int i = 0; i < cinfo->num_components; i++) {
        /* libjpeg keeps a component's table when its first scan begins. */
        if (!cinfo->comp_info[i].quant_table || (cinfo->coef_bits && !has_all_bits(cinfo->coef_bits[i])))
            return false;
    }
    return true;
}
