// SPDX-License-Identifier: MIT
#include "front/progress.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "front/machine.h"

enum {
    SHOW_AFTER_MS = 200,
    REDRAW_MS = 100,
    MAX_COLUMNS = 120,
    MIN_BAR = 8,
    MAX_BAR = 48,
    LINE_BYTES = 1024
};

static unsigned terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

void progress_begin(struct progress *progress, const struct settings *settings, const char *noun,
                    uint64_t total)
{
    memset(progress, 0, sizeof *progress);
    progress->noun = noun;
    progress->counts.total = total;
    progress->enabled =
        isatty(STDERR_FILENO) && !settings->quiet && !settings->json_log && !settings->plain_terminal;
    if (progress->enabled) {
        (void)setlocale(LC_CTYPE, "");
        progress->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        progress->colour = !settings->no_colour;
    }
    progress->started_ms = machine_now_ms();
    (void)pthread_mutex_init(&progress->lock, NULL);
}

/* "0:07", "12:34", "5:00:00" */
static void format_time(uint64_t seconds, char text_out[32])
{
    if (seconds >= 3600)
        (void)snprintf(text_out, 32, "%llu:%02u:%02u", (unsigned long long)(seconds / 3600),
                       (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    else
        (void)snprintf(text_out, 32, "%u:%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

/* Appends as much of the part as fits into `columns`; parts are ASCII, so bytes are columns. */
static void add_part(char *text, size_t size, unsigned *columns, const char *part)
{
    size_t length = strlen(part);
    if (length > *columns || strlen(text) + length >= size)
        return;
    strncat(text, part, size - strlen(text) - 1);
    *columns -= (unsigned)length;
}

static void add_bar(const struct progress *progress, double share, unsigned width, char *line, size_t size)
{
    unsigned full = (unsigned)(share * width);
    size_t used = strlen(line);
    const char *done = progress->unicode ? "━" : "#", *left = progress->unicode ? "─" : "-";
    int length = snprintf(line + used, size - used, "%s", progress->colour ? "\x1b[36m" : "");
    used += (size_t)length;
    for (unsigned i = 0; i < width && used + 16 < size; i++) {
        if (i == full && progress->colour)
            used += (size_t)snprintf(line + used, size - used, "\x1b[0;2m");
        used += (size_t)snprintf(line + used, size - used, "%s", i < full ? done : left);
    }
    (void)snprintf(line + used, size - used, "%s", progress->colour ? "\x1b[0m" : "");
}

static void format_tail(struct progress_counts counts, int64_t elapsed_ms, char parts[4][48])
{
    double seconds = (double)elapsed_ms / 1000;
    double rate = seconds > 0 ? (double)counts.done / seconds : 0;
    memset(parts, 0, 4 * sizeof *parts);
    if (counts.total > 0)
        (void)snprintf(parts[0], sizeof parts[0], " %3u %%",
                       (unsigned)((double)counts.done * 100 / (double)counts.total));
    if (counts.failed > 0)
        (void)snprintf(parts[1], sizeof parts[1], "  %llu failed", (unsigned long long)counts.failed);
    if (rate > 0 && counts.total > counts.done) {
        char left[32];
        format_time((uint64_t)((double)(counts.total - counts.done) / rate + 0.5), left);
        (void)snprintf(parts[2], sizeof parts[2], "  %s left", left);
    }
    if (rate > 0)
        (void)snprintf(parts[3], sizeof parts[3], rate < 10 ? "  %.1f/s" : "  %.0f/s", rate);
}

void progress_format(const struct progress *progress, struct progress_counts counts, int64_t elapsed_ms,
                     unsigned columns, char *line_out, size_t size)
{
    if (counts.total > 0 && counts.done > counts.total)
        counts.done = counts.total;
    /* One column stays free: writing into the last one wraps some terminals. */
    unsigned room = (columns < MAX_COLUMNS ? columns : MAX_COLUMNS) - (columns > 0);
    char head[64], parts[4][48], tail[256] = "";
    if (counts.total > 0)
        (void)snprintf(head, sizeof head, "%llu/%llu %s", (unsigned long long)counts.done,
                       (unsigned long long)counts.total, progress->noun);
    else
        (void)snprintf(head, sizeof head, "%llu %s", (unsigned long long)counts.done, progress->noun);
    line_out[0] = '\0';
    add_part(line_out, size, &room, head);
    format_tail(counts, elapsed_ms, parts);
    for (int i = 0; i < 4; i++) /* the most useful first: what does not fit is left out */
        add_part(tail, sizeof tail, &room, parts[i]);
    if (counts.total > 0 && room >= MIN_BAR + 1) {
        unsigned width = room - 1 < MAX_BAR ? room - 1 : MAX_BAR;
        strncat(line_out, " ", size - strlen(line_out) - 1);
        add_bar(progress, (double)counts.done / (double)counts.total, width, line_out, size);
    }
    strncat(line_out, tail, size - strlen(line_out) - 1);
}

static void draw_locked(struct progress *progress)
{
    int64_t now = machine_now_ms(), elapsed_ms = now - progress->started_ms;
    if (elapsed_ms < SHOW_AFTER_MS || now - progress->drawn_ms < REDRAW_MS)
        return;
    char line[LINE_BYTES];
    progress_format(progress, progress->counts, elapsed_ms, terminal_columns(), line, sizeof line);
    (void)fprintf(stderr, "\r%s\x1b[K", line);
    (void)fflush(stderr);
    progress->drawn_ms = now;
    progress->visible = true;
}

void progress_update(struct progress *progress, struct progress_counts counts)
{
    if (!progress->enabled)
        return;
    (void)pthread_mutex_lock(&progress->lock);
    progress->counts = counts;
    draw_locked(progress);
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_step(struct progress *progress, bool failed)
{
    if (!progress->enabled)
        return;
    (void)pthread_mutex_lock(&progress->lock);
    progress->counts.done++;
    progress->counts.failed += failed;
    draw_locked(progress);
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_hide(struct progress *progress)
{
    (void)pthread_mutex_lock(&progress->lock);
    if (progress->visible) {
        (void)fputs("\r\x1b[K", stderr);
        (void)fflush(stderr);
        progress->visible = false;
        progress->drawn_ms = 0;
    }
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress)
{
    progress_hide(progress);
    (void)pthread_mutex_destroy(&progress->lock);
}

void progress_on_cells(void *context, const struct tess_progress *cells)
{
    progress_update(context, (struct progress_counts){cells->done, cells->total, cells->failed});
}
