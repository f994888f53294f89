// SPDX-License-Identifier: MIT
#include "image/gif_frames.h"

#include "image/gif_lzw.h"
#include "image/numbers.h"

enum {
    HEADER = 13, /* signature and logical screen */
    DESCRIPTOR = 10,
    EXTENSION = 0x21,
    PICTURE = 0x2C,
    TRAILER = 0x3B
};

struct gif_walk {
    const uint8_t *bytes;
    size_t size, at;
    struct gif_frames frames;
};

static size_t colour_table_bytes(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Past blocks and their terminator. False when the file ends before it; `frames.last_block_at` then says
 * where. */
static bool pass_blocks(struct gif_walk *walk)
{
    while (walk->at < walk->size) {
        const size_t length = walk->bytes[walk->at];
        if (length > walk->size - walk->at - 1) {
            walk->frames.last_block_at = walk->at;
            return false;
        }
        walk->at += 1 + length;
        if (length == 0)
            return true;
    }
    return false;
}

/* At a picture's descriptor. False when the walk ends here. */
static bool pass_picture(struct gif_walk *walk)
{
    const uint8_t *descriptor = walk->bytes + walk->at;
    if (walk->size - walk->at < DESCRIPTOR)
        return false;
    const size_t head = DESCRIPTOR + colour_table_bytes(descriptor[9]) + 1;
    if (walk->size - walk->at < head)
        return false;
    walk->at += head;
    const size_t blocks_at = walk->at;
    walk->frames.pictures++;
    if (pass_blocks(walk))
        return true;
    const uint64_t pixels = number_le(descriptor + 5, 2) * number_le(descriptor + 7, 2);
    if (gif_lzw_fills(walk->bytes + blocks_at, walk->size - blocks_at, descriptor[head - 1], pixels))
        walk->frames.end = GIF_ENDS_IN_PIXELS;
    return false;
}

/* At an extension. False when the file ends in it. */
static bool pass_extension(struct gif_walk *walk)
{
    if (walk->size - walk->at < 2)
        return false;
    walk->at += 2;
    return pass_blocks(walk);
}

/* All pictures that begin are whole; what is cut is no picture. */
static void end_at_block(struct gif_walk *walk)
{
    if (walk->frames.pictures > 0)
        walk->frames.end = GIF_ENDS_AT_BLOCK;
}

struct gif_frames gif_frames_walk(const uint8_t *bytes, size_t size_bytes)
{
    struct gif_walk walk = {.bytes = bytes, .size = size_bytes, .frames = {.end = GIF_IS_CUT}};
    if (size_bytes < HEADER)
        return walk.frames;
    walk.at = HEADER + colour_table_bytes(bytes[10]);
    bool more = true;
    while (more && walk.at < size_bytes) {
        const uint8_t kind = bytes[walk.at];
        walk.frames.whole_bytes = walk.at;
        if (kind == PICTURE) {
            more = pass_picture(&walk);
        } else if (kind == EXTENSION) {
            if (!pass_extension(&walk)) {
                end_at_block(&walk);
                return walk.frames;
            }
        } else {
            walk.frames.end = GIF_ENDS; /* the trailer, or garbage */
            more = false;
        }
    }
    if (more) {
        walk.frames.whole_bytes = size_bytes;
        end_at_block(&walk);
    }
    return walk.frames;
}
