// SPDX-License-Identifier: MIT
/*
 * NULs that a client sent, where libmicrohttpd 0.9.75 shows the text before them only. What ends there for it
 * does not for others, such as a proxy: "Content-Length: 5\0" has to be refused, not read as 5 (RFC 9110,
 * section 5.5). It leaves all texts where they came, one line behind the other, and puts its own NULs in the
 * place of what was between them. So what more there is came from the client.
 */
#ifndef FRONT_SERVE_RAW_H
#define FRONT_SERVE_RAW_H

#include <stdbool.h>

/* The texts of a request in the library's buffer. */
struct raw_request {
    const char *method, *target, *version;
    const char *target_end; /* as it was before anybody changed it */
    const char *end;        /* behind the empty line after the headers; NULL: not known */
};

enum { RAW_WORD_NULS = 1, RAW_LINE_NULS = 2 }; /* that the library writes: for a blank, for CR and LF */

/* Is there nothing but blanks, ends of lines and so many NULs from the end of one text to the next? Also true
 * where the two are not in one buffer. Pure. */
bool raw_is_clean(const char *from, const char *to, unsigned nuls);

bool raw_first_line_is_clean(const struct raw_request *raw);

#endif
