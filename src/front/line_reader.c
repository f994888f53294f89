// SPDX-License-Identifier: MIT
#include "front/line_reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/interrupt.h"
#include "front/xalloc.h"

enum { BLOCK_BYTES = 1 << 16 };

void line_reader_init(struct line_reader *reader, int descriptor)
{
    *reader = (struct line_reader){.descriptor = descriptor, .block = xcalloc(BLOCK_BYTES, 1)};
}

void line_reader_clear(struct line_reader *reader)
{
    free(reader->block);
    reader->block = NULL;
}

/* Fills the empty block. LINE_READ when there is something in it. */
static enum line_kind fill(struct line_reader *reader)
{
    for (;;) {
        struct pollfd waits[] = {{.fd = reader->descriptor, .events = POLLIN},
                                 {.fd = interrupt_descriptor(), .events = POLLIN}};
        if (poll(waits, 2, -1) < 0 && errno != EINTR)
            return LINE_FAILED;
        if (interrupt_seen())
            return LINE_STOPPED;
        if (waits[0].revents == 0)
            continue;
        ssize_t got = read(reader->descriptor, reader->block, BLOCK_BYTES);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return got < 0 ? LINE_FAILED : LINE_END;
        reader->block_at = 0;
        reader->block_size = (size_t)got;
        return LINE_READ;
    }
}

/* A line in the making: it grows by doubling up to the limit, and drops what is beyond. */
struct line {
    char *text;
    size_t size, capacity;
    bool too_long;
};

static void append(struct line *line, const char *bytes, size_t size)
{
    if (size > MAX_LINE_BYTES - line->size) {
        line->too_long = true;
        return;
    }
    if (line->size + size + 1 > line->capacity) {
        size_t capacity = (line->size + size + 1) * 2;
        char *grown = realloc(line->text, capacity);
        if (!grown)
            out_of_memory();
        line->text = grown;
        line->capacity = capacity;
    }
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
}

static enum line_kind finish(struct line_reader *reader, struct line *line, char **line_out, size_t *size_out)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    append(line, "", 0); /* makes room for the NUL of an empty line */
    reader->number++;
    if (line->too_long) {
        free(line->text);
        return LINE_TOO_LONG;
    }
    if (line->size > 0 && line->text[line->size - 1] == '\r')
        line->size--;
    if (reader->number == 1 && line->size >= 3 && memcmp(line->text, byte_order_mark, 3) == 0) {
        line->size -= 3;
        memmove(line->text, line->text + 3, line->size);
    }
    line->text[line->size] = '\0';
    *line_out = line->text;
    *size_out = line->size;
    return LINE_READ;
}

enum line_kind line_reader_next(struct line_reader *reader, char **line_out, size_t *size_out)
{
    struct line line = {0};
    *line_out = NULL;
    *size_out = 0;
    if (interrupt_seen())
        return LINE_STOPPED;
    for (bool begun = false;; begun = true) {
        if (reader->block_at == reader->block_size) {
            enum line_kind kind = fill(reader);
            if (kind == LINE_END && begun)
                return finish(reader, &line, line_out, size_out);
            if (kind != LINE_READ) {
                free(line.text);
                return kind;
            }
        }
        const char *start = reader->block + reader->block_at;
        size_t left = reader->block_size - reader->block_at;
        const char *end = memchr(start, '\n', left);
        append(&line, start, end ? (size_t)(end - start) : left);
        reader->block_at += end ? (size_t)(end - start) + 1 : left;
        if (end)
            return finish(reader, &line, line_out, size_out);
    }
}

bool line_is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    }
    return true;
}

uint64_t count_lines(int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    char *block = xcalloc(BLOCK_BYTES, 1);
    uint64_t lines = 0;
    bool blank = true;
    ssize_t got;
    for (off_t at = 0; (got = pread(descriptor, block, BLOCK_BYTES, at)) > 0; at += got) {
        for (ssize_t i = 0; i < got; i++) {
            if (block[i] == '\n') {
                lines += !blank;
                blank = true;
            } else if (!line_is_blank(&block[i], 1)) {
                blank = false;
            }
        }
    }
    free(block);
    return lines + !blank;
}
