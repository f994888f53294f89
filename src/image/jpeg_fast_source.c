// SPDX-License-Identifier: MIT
#include "image/jpeg_fast_source.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What the copying loops share: from the file to the window. */
struct copy {
    const uint8_t *from, *from_end;
    uint8_t *to, *to_end;
};

/* Copies whole groups of 16 while neither side is near its end; stops at an 0xFF. */
static void copy_plain(struct copy *copy)
{
#ifdef __SSE2__
    const __m128i all_ones = _mm_set1_epi8(-1);
    while (copy->from_end - copy->from >= 16 && copy->to_end - copy->to >= 16) {
        __m128i group = _mm_loadu_si128((const __m128i *)(const void *)copy->from);
        int found = _mm_movemask_epi8(_mm_cmpeq_epi8(group, all_ones));
        int plain = found ? __builtin_ctz((unsigned)found) : 16;
        _mm_storeu_si128((__m128i *)(void *)copy->to, group);
        copy->from += plain;
        copy->to += plain;
        if (found)
            return;
    }
#endif
    while (copy->from < copy->from_end && copy->to < copy->to_end && *copy->from != 0xFF)
        *copy->to++ = *copy->from++;
}

/*
 * At an 0xFF. Any number of them may stand before a marker; followed by 0 they are one data byte. True: the
 * data goes on.
 */
static bool copy_escape(struct fast_source *source, struct copy *copy)
{
    const uint8_t *next = copy->from;
    while (next < copy->from_end && *next == 0xFF)
        next++;
    if (next < copy->from_end && *next == 0) {
        *copy->to++ = 0xFF;
        copy->from = next + 1;
        return true;
    }
    source->complete = true;
    source->marker = next < copy->from_end ? *next : 0;
    copy->from = next < copy->from_end ? next + 1 : next;
    return false;
}

static void fill(struct fast_source *source)
{
    struct copy copy = {source->at, source->end, source->data + source->size,
                        source->data + source->capacity};
    bool more = !source->complete;
    while (more && copy.to < copy.to_end) {
        copy_plain(&copy);
        if (copy.from == copy.from_end) {
            source->complete = true;
            source->marker = 0;
            more = false;
        } else if (*copy.from == 0xFF && copy.to < copy.to_end) {
            more = copy_escape(source, &copy);
        }
    }
    source->at = copy.from;
    source->size = (size_t)(copy.to - source->data);
}

bool fast_source_init(struct fast_source *source, const uint8_t *bytes, size_t size, size_t capacity)
{
    memset(source, 0, sizeof *source);
    source->at = bytes;
    source->end = bytes + size;
    source->capacity = capacity;
    source->data = calloc(capacity + FAST_SOURCE_MARGIN, 1);
    return source->data != NULL;
}

void fast_source_clear(struct fast_source *source)
{
    free(source->data);
    memset(source, 0, sizeof *source);
}

void fast_source_advance(struct fast_source *source, size_t used)
{
    memmove(source->data, source->data + used, source->size - used);
    source->size -= used;
    fill(source);
}

bool fast_source_pass_marker(struct fast_source *source, uint8_t marker)
{
    while (!source->complete)
        fast_source_advance(source, source->size);
    if (source->marker != marker)
        return false;
    source->size = 0;
    source->complete = false;
    return true;
}
