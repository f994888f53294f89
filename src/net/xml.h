// SPDX-License-Identifier: MIT
/*
 * XML answers of AWS services, hardened: expat without DTDs, entities beyond the five of XML, or external
 * anything; depth, number of elements and text are capped. What is refused, is refused whole.
 *
 * The reader reports each element that ends, by its path: for
 * <ListBucketResult><Contents><Key>a</Key></Contents>… the end of "Key" has the path
 * "ListBucketResult/Contents/Key" and the text "a", then that of "Contents" the path
 * "ListBucketResult/Contents" and no text. Namespaces are ignored (prefixes are cut off).
 */
#ifndef NET_XML_H
#define NET_XML_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

enum {
    XML_MAX_DEPTH = 32,
    XML_MAX_ELEMENTS = 200000,
    XML_MAX_TEXT_BYTES = 64 * 1024,
    XML_MAX_PATH_BYTES = 4096, /* names of all open elements */
    XML_MAX_BYTES = 16 << 20
};

struct xml_element {
    const char *path; /* without namespace prefixes */
    const char *text; /* its own characters, NUL-terminated; "" for an element that has others in it */
    size_t text_size; /* never holds a NUL: XML 1.0 has none */
};

/* `each` returns false to refuse (TESS_ERR_CORRUPT). TESS_ERR_CORRUPT: not well formed, cut short, a DTD,
 * over a limit; the message names the limit. TESS_ERR_MEMORY. Thread-safe. */
enum tess_status xml_read(const void *data, size_t size,
                          bool (*each)(void *context, const struct xml_element *element), void *context,
                          struct tess_error *error);

struct bytes;

/* Appends text with & < > " ' and control characters escaped, for what we write. */
enum tess_status xml_escape(struct bytes *out, const char *text);

#endif
