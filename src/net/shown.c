// SPDX-License-Identifier: MIT
#include "net/shown.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static const char ellipsis[] = "…";

enum { ELLIPSIS_BYTES = sizeof ellipsis - 1, CHARACTER_MAX_BYTES = 4 };

/* Bytes of the printable character at `text`; 0: there is none. */
static size_t character_size(const char *text, size_t left)
{
    for (size_t size = 1; size <= CHARACTER_MAX_BYTES && size <= left; size++)
        if (utf8_printable(text, size))
            return size;
    return 0;
}

/* Copies what fits into `room` bytes; false when not all did. */
static bool copy(const char *text, size_t size, size_t room, char *out, size_t *used_out)
{
    size_t used = 0;
    while (size > 0) {
        const size_t step = character_size(text, size);
        if (used + (step ? step : 1) > room)
            break;
        if (step)
            memcpy(out + used, text, step);
        else
            out[used] = '?';
        used += step ? step : 1;
        text += step ? step : 1;
        size -= step ? step : 1;
    }
    *used_out = used;
    return size == 0;
}

static size_t within(size_t most)
{
    if (most > SHOWN_MAX_BYTES)
        return SHOWN_MAX_BYTES;
    return most < ELLIPSIS_BYTES ? ELLIPSIS_BYTES : most;
}

struct shown shown_text(const char *text, size_t most)
{
    struct shown shown = {{0}};
    size_t used = 0;
    most = within(most);
    if (!text || copy(text, strnlen(text, SHOWN_MAX_BYTES + 1), most, shown.text, &used))
        return shown;
    memset(shown.text, 0, sizeof shown.text);
    (void)copy(text, strnlen(text, SHOWN_MAX_BYTES + 1), most - ELLIPSIS_BYTES, shown.text, &used);
    memcpy(shown.text + used, ellipsis, ELLIPSIS_BYTES);
    return shown;
}

struct shown shown_path(const char *path, const char *home, size_t most)
{
    struct shown shown = {{0}};
    size_t used = 0;
    most = within(most);
    if (!path)
        return shown;
    const size_t home_size = home ? strlen(home) : 0;
    if (home_size > 1 && strncmp(path, home, home_size) == 0 && path[home_size] == '/') {
        shown.text[used++] = '~';
        path += home_size;
    }
    const size_t size = strlen(path);
    if (used + size > most) {
        memcpy(shown.text, ellipsis, ELLIPSIS_BYTES);
        used = ELLIPSIS_BYTES;
        path += size - (most - used);
        while (((unsigned char)*path & 0xC0) == 0x80) /* not from the middle of a character */
            path++;
    }
    size_t copied = 0;
    (void)copy(path, strlen(path), most - used, shown.text + used, &copied);
    return shown;
}
