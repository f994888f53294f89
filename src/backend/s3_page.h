// SPDX-License-Identifier: MIT
/*
 * One page of ListObjectsV2. Any name may be in it that S3 allows: "../../etc/passwd" and names with newlines
 * are only names; what cannot be one is refused with the whole page. Pure.
 */
#ifndef BACKEND_S3_PAGE_H
#define BACKEND_S3_PAGE_H

#include "backend/objects.h"

enum { S3_TOKEN_MAX_BYTES = 4096 };

struct s3_page_entry {
    size_t key_at; /* in `keys` */
    struct object_info info;
};

struct s3_page {
    struct bytes keys;             /* each terminated */
    struct s3_page_entry *entries; /* owned */
    size_t count, capacity;
    bool truncated;     /* there is a page after it, */
    struct bytes token; /* which this leads to; terminated */
};

/* *page_out is initialised here and the caller's to clear, also on failure. TESS_ERR_IO: not a page;
 * TESS_ERR_MEMORY. */
enum tess_status s3_page_read(const void *data, size_t size, struct s3_page *page_out,
                              struct tess_error *error);
void s3_page_clear(struct s3_page *page);

static inline const char *s3_page_key(const struct s3_page *page, size_t index)
{
    return (const char *)page->keys.data + page->entries[index].key_at;
}

#endif
