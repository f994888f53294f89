// SPDX-License-Identifier: MIT
/* The files of front/page/, in the program itself: the table is made by cmake/EmbedPage.cmake. */
#ifndef FRONT_PAGE_FILES_H
#define FRONT_PAGE_FILES_H

#include <stddef.h>

struct page_file {
    const char *path;       /* "/page.js"; "/" is index.html */
    const char *media_type; /* "text/javascript; charset=utf-8" */
    const unsigned char *bytes;
    size_t size;
    const char *etag; /* without quotes: changes with the bytes */
};

/* The file of that path; NULL: there is none. Static storage. */
const struct page_file *page_file_find(const char *path);

#endif
