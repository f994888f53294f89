// SPDX-License-Identifier: MIT
/*
 * libvips' error text, caught where it arises.
 *
 * libvips appends lines "domain: words\n" to one buffer for the whole process. Each failing call here takes
 * the buffer and empties it at once, so what another thread may get is what failed in the few microseconds
 * between: when two threads fail together, one may carry both texts (of which the first line is shown) and
 * the other none (then the message does without words). Statuses never depend on it, save "unsupported",
 * which only refines. Least of all want of memory: files that claim too much are called that, too, and what
 * the machine lacks is found by asking it (base/shortage.h).
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/vips_inside.h"

/* One line, printable, valid UTF-8: file contents may be quoted in libraries' messages. */
static void sanitise(char *text)
{
    size_t length = strcspn(text, "\r\n");
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            text[i] = ' ';
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '.'))
        text[--length] = '\0';
}

void words_take(struct vips_words *words_out)
{
    char *buffer = vips_error_buffer_copy(); /* takes and clears under libvips' lock */
    char *valid = g_utf8_make_valid(buffer ? buffer : "", -1);
    sanitise(valid);
    /* Cut at a character's end: UTF-8 continuation bytes go with their lead. */
    size_t length = strlen(valid);
    if (length >= sizeof words_out->text) {
        length = sizeof words_out->text - 1;
        while (length > 0 && ((unsigned char)valid[length] & 0xC0) == 0x80)
            length--;
        valid[length] = '\0';
    }
    memcpy(words_out->text, valid, length + 1);
    g_free(valid);
    g_free(buffer);
}

static enum tess_status refine(const char *words, enum tess_status otherwise)
{
    static const char *const unsupported[] = {"unsupported", "not supported", "unimplemented",
                                              "not implemented", "not found"};
    if (otherwise != TESS_ERR_CORRUPT)
        return otherwise;
    for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++)
        if (strcasestr(words, unsupported[i]))
            return TESS_ERR_UNSUPPORTED;
    return otherwise;
}

enum tess_status words_fail(struct tess_error *error, enum tess_status otherwise, const char *format, ...)
{
    struct vips_words words;
    char what[128];
    va_list args;
    words_take(&words);
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(error, refine(words.text, otherwise), "%s%s%s", what, words.text[0] ? ": " : "",
                     words.text);
}
