// SPDX-License-Identifier: MIT
/*
 * Lines from a descriptor, of bounded length, given up when a signal comes. It reads one block ahead and no
 * more, so a pipe that feeds a batch is throttled by the batch.
 */
#ifndef FRONT_LINE_READER_H
#define FRONT_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_LINE_BYTES = 1 << 20 };

enum line_kind {
    LINE_READ,
    LINE_TOO_LONG, /* skipped to its end */
    LINE_END,
    LINE_STOPPED, /* a signal came */
    LINE_FAILED   /* errno says why */
};

struct line_reader {
    int descriptor; /* borrowed */
    char *block;    /* owned */
    size_t block_at, block_size;
    uint64_t number; /* of the line read last, from 1 */
};

void line_reader_init(struct line_reader *reader, int descriptor);
void line_reader_clear(struct line_reader *reader);

/* The next line without its end ("\n" or "\r\n"), with a NUL behind it; *line_out is for free(). */
enum line_kind line_reader_next(struct line_reader *reader, char **line_out, size_t *size_out);

/* How many lines that are not blank a file holds; 0 for what is no regular file. Leaves the position. */
uint64_t count_lines(int descriptor);
bool line_is_blank(const char *line, size_t size);

#endif
