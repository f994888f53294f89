// SPDX-License-Identifier: MIT
/*
 * One line of text in a box, as coverage.
 *
 * vips_text() gives the ink of a text and where it stands in its line (Yoffset). A reference text with an
 * accent above and a tail below, measured once, tells how large the font may be and where the line goes, so
 * that captions beside each other share size and baseline whatever their letters are. A text that is too wide
 * is cut, with an ellipsis, at the longest beginning that fits; never inside a character with its marks.
 *
 * The caller's text is data: invalid UTF-8 becomes U+FFFD, control characters become spaces, markup is
 * escaped.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/vips_inside.h"

/* Cairo draws nothing wider; what libvips returns then must not be used. */
enum { CAIRO_MAX_PX = 32767 };

static const char REFERENCE[] = "\xC3\x81y"; /* A with acute, y */
static const char ELLIPSIS[] = "\xE2\x80\xA6";

/* Share of the box's height that the reference fills. */
static const double FILL = 0.86;

enum { ZERO_WIDTH_JOINER = 0x200D };

/* Plain UTF-8 on one line. g_free() it. */
static char *clean(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    GString *line = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        bool breaks = g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_LINE_SEPARATOR ||
                      g_unichar_type(c) == G_UNICODE_PARAGRAPH_SEPARATOR;
        g_string_append_unichar(line, breaks ? ' ' : c);
    }
    g_free(valid);
    return g_string_free(line, FALSE);
}

/* The ink of text[0, length) + tail. False where there is none: only spaces, or no font. */
static bool render(const char *text, size_t length, const char *tail, int size_px, VipsImage **ink_out)
{
    char font[32];
    (void)snprintf(font, sizeof font, "sans %dpx", size_px);
    char *part = g_strndup(text, length);
    char *escaped = g_markup_printf_escaped("%s%s", part, tail);
    int failed = vips_text(ink_out, escaped, "font", font, "dpi", 72, NULL);
    g_free(escaped);
    g_free(part);
    if (failed)
        vips_error_clear();
    return !failed;
}

/* May the text be cut before `at`? */
static bool is_boundary(const char *text, const char *at)
{
    if (at == text || *at == '\0')
        return true;
    gunichar next = g_utf8_get_char(at), previous = g_utf8_get_char(g_utf8_prev_char(at));
    return !g_unichar_ismark(next) && next != ZERO_WIDTH_JOINER && previous != ZERO_WIDTH_JOINER;
}

/* Bytes of the first `count` characters, less what belongs together with the next. */
static size_t cut_bytes(const char *text, glong count)
{
    const char *at = g_utf8_offset_to_pointer(text, count);
    while (!is_boundary(text, at))
        at = g_utf8_prev_char(at);
    while (at > text && at[-1] == ' ')
        at--;
    return (size_t)(at - text);
}

static bool fits(const VipsImage *ink, int width_px)
{
    return ink->Xsize <= width_px && ink->Xsize <= CAIRO_MAX_PX;
}

/*
 * Which cut to try next, between one that fits and one that does not: near the last one, then twice as far
 * each time, so that a good first guess costs a few tries and a bad one no more than halving.
 */
static glong next_cut(glong fitting, glong failing, glong last, glong *reach)
{
    glong middle = fitting + (failing - fitting) / 2;
    glong near = last == fitting ? fitting + *reach : failing - *reach;
    *reach *= 2;
    return last == fitting ? MIN(near, middle) : MAX(near, middle);
}

/* The longest beginning of a text that fits with an ellipsis; NULL where not even that does. */
static VipsImage *render_cut(const char *text, int size_px, int width_px, int whole_px)
{
    VipsImage *best = NULL, *ink = NULL;
    glong fitting = -1, failing = g_utf8_strlen(text, -1), reach = 2;
    glong cut = CLAMP((glong)((double)failing * width_px / whole_px) - 1, 0, failing - 1);
    while (failing - fitting > 1) {
        bool good = render(text, cut_bytes(text, cut), ELLIPSIS, size_px, &ink) && fits(ink, width_px);
        if (good) {
            fitting = cut;
            g_clear_object(&best);
            best = g_steal_pointer(&ink);
        } else {
            failing = cut;
            g_clear_object(&ink);
        }
        cut = next_cut(fitting, failing, cut, &reach);
    }
    return best;
}

/* The whole text, or as much of it as fits. NULL where nothing is to be seen. */
static VipsImage *render_fitting(const char *text, int size_px, int width_px)
{
    VipsImage *whole = NULL;
    if (!render(text, strlen(text), "", size_px, &whole) || fits(whole, width_px))
        return whole;
    const int whole_px = whole->Xsize;
    g_object_unref(whole);
    return render_cut(text, size_px, width_px, whole_px);
}

/* What a font's letters measure, in parts of its size. All zero where there is no font. */
struct metrics {
    double height, top; /* of the reference's ink; from the top of the line's layout */
};

/* Without any font Pango draws the same empty box for every letter. */
static bool is_font(const VipsImage *narrow, const VipsImage *wide)
{
    return narrow->Xsize != wide->Xsize || narrow->Ysize != wide->Ysize;
}

/* Measured once for the process: fontconfig too looks for fonts once. */
static struct metrics font_metrics;
static pthread_once_t font_once = PTHREAD_ONCE_INIT;

static void measure_font(void)
{
    enum { SIZE_PX = 200 };
    VipsImage *narrow = NULL, *wide = NULL, *reference = NULL;
    if (render("i", 1, "", SIZE_PX, &narrow) && render("W", 1, "", SIZE_PX, &wide) && is_font(narrow, wide) &&
        render(REFERENCE, strlen(REFERENCE), "", SIZE_PX, &reference)) {
        font_metrics.height = (double)reference->Ysize / SIZE_PX;
        font_metrics.top = (double)reference->Yoffset / SIZE_PX;
    }
    g_clear_object(&narrow);
    g_clear_object(&wide);
    g_clear_object(&reference);
}

/* Size of the font, and the top of the line's layout in the box. */
struct line {
    int size_px, top_px;
};

static bool fit_line(int height_px, struct line *line_out)
{
    (void)pthread_once(&font_once, measure_font);
    if (font_metrics.height <= 0)
        return false;
    line_out->size_px = MAX(1, (int)(height_px * FILL / font_metrics.height));
    line_out->top_px = (int)lround((height_px - line_out->size_px * font_metrics.height) / 2 -
                                   line_out->size_px * font_metrics.top);
    return true;
}

/* Copies the ink's coverage into the mask, centred, clipped to the box. */
static bool place(VipsImage *ink, const struct line *line, struct picture *mask)
{
    size_t size_bytes = 0;
    uint8_t *rows = vips_image_write_to_memory(ink, &size_bytes);
    if (!rows)
        return false;
    const struct plane *plane = &mask->planes[0];
    const int left = ((int)mask->width_px - ink->Xsize) / 2, top = line->top_px + ink->Yoffset;
    for (int y = 0; y < ink->Ysize; y++)
        if (top + y >= 0 && top + y < (int)mask->height_px)
            memcpy(plane->data + (size_t)(top + y) * plane->stride_bytes + left,
                   rows + (size_t)y * (size_t)ink->Xsize, (size_t)ink->Xsize);
    g_free(rows);
    return true;
}

enum tess_status text_mask(const struct vips_text_request *request, struct picture *mask_out,
                           struct tess_error *error)
{
    memset(mask_out, 0, sizeof *mask_out);
    if (request->width_px == 0 || request->height_px == 0)
        return error_set(error, TESS_ERR_INVALID, "a box of no pixels for a text");
    if (request->width_px > VIPS_MAX_COORD || request->height_px > CAIRO_MAX_PX)
        return error_set(error, TESS_ERR_INVALID, "a box of %u x %u pixels is too large for a text",
                         request->width_px, request->height_px);
    enum tess_status status =
        picture_init(mask_out, PICTURE_GREY, request->width_px, request->height_px, error);
    if (status != TESS_OK)
        return status;
    memset(mask_out->planes[0].data, 0, mask_out->planes[0].stride_bytes * mask_out->height_px);
    struct line line;
    if (!fit_line((int)request->height_px, &line)) {
        picture_clear(mask_out);
        return error_set(
            error, TESS_ERR_UNSUPPORTED,
            "no font was found to draw text with: install one, such as the package fonts-dejavu-core");
    }
    char *text = clean(request->text);
    VipsImage *ink = render_fitting(text, line.size_px, (int)request->width_px);
    g_free(text);
    if (ink && !place(ink, &line, mask_out)) {
        picture_clear(mask_out);
        status = words_fail(error, TESS_ERR_MEMORY, "no memory for a text");
    }
    g_clear_object(&ink);
    return status;
}
