// SPDX-License-Identifier: MIT
/*
 * One line of text in a box, as coverage, drawn by Pango and cairo (which libvips' own vips_text() is made
 * of; that hides the baseline, and another script's font moves it).
 *
 * A reference text with an accent above and a tail below, measured once, tells how large the font may be and
 * where the baseline goes, so that captions beside each other share both, whatever their letters are. A text
 * that reaches further, as other scripts' do, moves up or down by what is missing, and is made smaller where
 * that is not enough: nothing is ever cut above or below. A text that is too wide is made smaller first where
 * the caller wants that, down to LEAST_SHARE, then ends in an ellipsis.
 *
 * The caller's text is data: invalid UTF-8 becomes U+FFFD, control characters become spaces, and nothing is
 * markup.
 */
#include <limits.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "image/vips_inside.h"

/* Cairo draws nothing wider. */
enum { CAIRO_MAX_PX = 32767 };

static const char REFERENCE[] = "\xC3\x81y"; /* A with acute, y */

/* Share of the box's height that the reference fills. */
static const double FILL = 0.86;

/* How far a text may be made smaller to fit in width: to this share of its size, and these pixels. */
static const double LEAST_SHARE = 0.4, LEAST_PX = 8;

/* Of each try to fit, where sizes and widths do not follow each other exactly. */
static const double STEP = 0.97;

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

/* What a font's letters measure, in parts of its size. All zero where there is no font. */
struct metrics {
    double above, below; /* the baseline, of the reference's ink */
};

/* One for the process: a map finds its fonts once. Maps are not thread-safe. */
static struct {
    pthread_mutex_t lock;
    PangoFontMap *map;
    struct metrics metrics;
} fonts = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A text laid out on one line. Everything about it happens under the lock. */
struct line {
    PangoLayout *layout;
    double size_px;
    PangoRectangle ink; /* pixels; y counts down from the baseline */
};

static void measure(struct line *line)
{
    pango_layout_line_get_pixel_extents(pango_layout_get_line_readonly(line->layout, 0), &line->ink, NULL);
}

static void resize(struct line *line, double size_px)
{
    PangoFontDescription *font = pango_font_description_from_string("sans");
    pango_font_description_set_absolute_size(font, size_px * PANGO_SCALE);
    pango_layout_set_font_description(line->layout, font);
    pango_font_description_free(font);
    line->size_px = size_px;
    measure(line);
}

static struct line line_of(const char *text, double size_px)
{
    PangoContext *context = pango_font_map_create_context(fonts.map);
    cairo_font_options_t *options = cairo_font_options_create();
    struct line line = {.layout = pango_layout_new(context)};
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    /* Hinted outlines are larger than what Pango says of them. */
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    g_object_unref(context);
    pango_layout_set_single_paragraph_mode(line.layout, TRUE);
    pango_layout_set_text(line.layout, text, -1);
    resize(&line, size_px);
    return line;
}

static void line_clear(struct line *line)
{
    g_clear_object(&line->layout);
}

/* Without any font Pango draws the same empty box for every letter. */
static bool is_font(const struct line *narrow, const struct line *wide)
{
    return narrow->ink.width != wide->ink.width || narrow->ink.height != wide->ink.height;
}

/* False: no font. */
static bool find_fonts(void)
{
    enum { SIZE_PX = 200 };
    if (fonts.map)
        return fonts.metrics.above > 0;
    fonts.map = pango_cairo_font_map_new();
    struct line narrow = line_of("i", SIZE_PX), wide = line_of("W", SIZE_PX),
                reference = line_of(REFERENCE, SIZE_PX);
    if (is_font(&narrow, &wide)) {
        fonts.metrics.above = -(double)reference.ink.y / SIZE_PX;
        fonts.metrics.below = (double)(reference.ink.y + reference.ink.height) / SIZE_PX;
    }
    line_clear(&narrow);
    line_clear(&wide);
    line_clear(&reference);
    return fonts.metrics.above > 0;
}

/* Rows at each end of the box that stay clear. */
static int edge_of(int height_px)
{
    return height_px >= 8 ? 1 : 0;
}

/* Makes the line smaller until its ink is `width_px` wide and `height_px` high, but not below `least_px`. */
static void shrink(struct line *line, int width_px, int height_px, double least_px)
{
    while (line->size_px > least_px && (line->ink.width > width_px || line->ink.height > height_px)) {
        const double share = fmin((double)width_px / line->ink.width, (double)height_px / line->ink.height);
        resize(line, fmax(least_px, line->size_px * fmin(share, STEP)));
    }
}

/* Ends the line in an ellipsis where it is too wide. A last letter's ink may reach beyond its advance. */
static bool cut(struct line *line, int width_px)
{
    for (int tries = 0; line->ink.width > width_px && tries < 3; tries++) {
        const int room_px = tries == 0 ? width_px : width_px - (line->ink.width - width_px) - tries;
        pango_layout_set_ellipsize(line->layout, PANGO_ELLIPSIZE_END);
        pango_layout_set_width(line->layout, MAX(0, room_px) * PANGO_SCALE);
        measure(line);
    }
    return line->ink.width <= width_px; /* not even the ellipsis may fit */
}

static void fit(struct line *line, const struct vips_text_request *request)
{
    const int height_px = (int)request->height_px, width_px = (int)MIN(request->width_px, CAIRO_MAX_PX);
    const int room_px = height_px - 2 * edge_of(height_px);
    const int margin_px =
        MIN(height_px / 2, width_px / 8); /* a heading looks better off the picture's edges */
    if (request->shrink)
        shrink(line, width_px - margin_px, room_px,
               fmin(line->size_px, fmax(LEAST_PX, LEAST_SHARE * line->size_px)));
    shrink(line, INT_MAX, room_px, 1);
}

/* The row of the baseline: where the reference would stand in the middle, or as near as all ink is in the
 * box. */
static int baseline_of(const struct line *line, int height_px)
{
    const double above = fonts.metrics.above * line->size_px, below = fonts.metrics.below * line->size_px;
    const int edge = edge_of(height_px);
    const int lowest = height_px - edge - (line->ink.y + line->ink.height), highest = edge - line->ink.y;
    const int wanted = (int)lround((height_px - above - below) / 2 + above);
    return wanted > lowest ? lowest : wanted < highest ? highest : wanted;
}

/* The ink, centred, as coverage. */
static bool draw(const struct line *line, struct picture *mask)
{
    const int width = line->ink.width, height = (int)mask->height_px;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *cairo = cairo_create(surface);
    cairo_move_to(cairo, -line->ink.x, baseline_of(line, height));
    pango_cairo_show_layout_line(cairo, pango_layout_get_line_readonly(line->layout, 0));
    const bool drawn = cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cairo);
    cairo_surface_flush(surface);
    const struct plane *plane = &mask->planes[0];
    const size_t left = (mask->width_px - (size_t)width) / 2;
    const unsigned char *rows = cairo_image_surface_get_data(surface);
    const size_t row_bytes = (size_t)cairo_image_surface_get_stride(surface);
    for (size_t y = 0; drawn && y < (size_t)height; y++)
        memcpy(plane->data + y * plane->stride_bytes + left, rows + y * row_bytes, (size_t)width);
    cairo_surface_destroy(surface);
    return drawn;
}

static enum tess_status draw_text(const char *text, const struct vips_text_request *request,
                                  struct picture *mask, struct tess_error *error)
{
    if (!find_fonts())
        return error_set(
            error, TESS_ERR_UNSUPPORTED,
            "no font was found to draw text with: install one, such as the package fonts-dejavu-core");
    const double reference = fonts.metrics.above + fonts.metrics.below;
    struct line line = line_of(text, fmax(1, floor(request->height_px * FILL / reference)));
    bool drawn = true;
    fit(&line, request);
    if (cut(&line, (int)MIN(request->width_px, CAIRO_MAX_PX)) && line.ink.width > 0)
        drawn = draw(&line, mask);
    line_clear(&line);
    return drawn ? TESS_OK : error_set(error, TESS_ERR_MEMORY, "no memory for a text");
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
    char *text = clean(request->text);
    pthread_mutex_lock(&fonts.lock);
    status = draw_text(text, request, mask_out, error);
    pthread_mutex_unlock(&fonts.lock);
    g_free(text);
    if (status != TESS_OK)
        picture_clear(mask_out);
    return status;
}
