// SPDX-License-Identifier: MIT
/*
 * multipart/form-data (RFC 7578), as browsers' forms and `curl -F` send it, read as it comes: pieces of any
 * size, of which nothing is kept but the line that is being read.
 *
 *     multipart_begin(&reader, "multipart/form-data; boundary=x", &error)
 *     multipart_feed(&reader, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", size, &parts,
 * &error) → parts.begin({name "a"}), parts.data("b") multipart_feed(&reader, "\r\n--x--\r\n", 9, &parts,
 * &error)    → parts.end() multipart_end(&reader, &error)
 *
 * It is read strictly: what is cut off, has a part without a name, lines without CR or a content of its own
 * encoding is TESS_ERR_INVALID with words. Pure but for the callbacks.
 */
#ifndef FRONT_MULTIPART_H
#define FRONT_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

enum {
    MULTIPART_BOUNDARY_MAX_BYTES = 70,      /* RFC 2046, section 5.1.1 */
    MULTIPART_LINE_MAX_BYTES = 4096,        /* of a part's header */
    MULTIPART_HEADERS_MAX_BYTES = 16 << 10, /* of a part */
    MULTIPART_MAX_PARTS = 64,
    MULTIPART_NAME_MAX_BYTES = 255 /* longer ones are another name than any that is looked for, and cut */
};

struct multipart_part {
    char name[MULTIPART_NAME_MAX_BYTES + 1];
    bool is_file; /* has a file's name that is not empty */
};

/* What becomes of the parts, in their order. What one of these returns but TESS_OK ends the reading. */
struct multipart_parts {
    void *context;
    enum tess_status (*begin)(void *context, const struct multipart_part *part, struct tess_error *error);
    enum tess_status (*data)(void *context, const char *bytes, size_t size, struct tess_error *error);
    enum tess_status (*end)(void *context, struct tess_error *error);
};

struct multipart {
    char delimiter[MULTIPART_BOUNDARY_MAX_BYTES + 5]; /* "\r\n--" and the boundary */
    size_t delimiter_size, matched;                   /* of it so far */
    unsigned state, parts;
    struct multipart_part part;
    bool has_name;
    size_t line_size, header_bytes;
    char line[MULTIPART_LINE_MAX_BYTES + 1];
};

/* Does a Content-Type (NULL: none) say multipart/form-data? */
bool multipart_is_form(const char *content_type);

enum tess_status multipart_begin(struct multipart *reader, const char *content_type,
                                 struct tess_error *error);
enum tess_status multipart_feed(struct multipart *reader, const char *bytes, size_t size,
                                const struct multipart_parts *parts, struct tess_error *error);

/* After the last piece: was it all there? */
enum tess_status multipart_end(const struct multipart *reader, struct tess_error *error);

#endif
