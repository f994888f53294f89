// SPDX-License-Identifier: MIT
/*
 * The files below src/front/page/, within the program: what a browser loads from the service, and the API's
 * description. The source is made at build time by src/cmake/EmbedPage.cmake.
 *
 *     page_file_find("/")            → index.html, "text/html; charset=utf-8"
 *     page_file_find("/page.css")    → page.css
 */
#ifndef FRONT_PAGE_FILES_H
#define FRONT_PAGE_FILES_H

#include <stddef.h>

struct page_file {
    const char *path;           /* "/" is index.html */
    const char *media_type;     /* for Content-Type */
    const unsigned char *bytes; /* no NUL behind them */
    size_t size;
    const char *etag; /* of its content, without quotes */
};

/* NULL: no such file. Static storage. */
const struct page_file *page_file_find(const char *path);

#endif
