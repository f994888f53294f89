// SPDX-License-Identifier: MIT
/*
 * Listing, page by page, in whatever order the server has. That the listing gets on and ends is seen by its
 * tokens: one of them is kept, from ever further on, and must not come again (Brent's way to find a circle).
 */
#include <stdio.h>
#include <string.h>

#include "backend/objects_s3_parts.h"
#include "backend/s3_page.h"
#include "base/error.h"
#include "net/shown.h"
#include "net/uri.h"
#include "net/xml.h"
#include <tessera/store.h>

/* Pages without a key may come where many objects were removed. */
enum { EMPTY_PAGES = 1000, QUERY_MAX_BYTES = 32768 };

static enum tess_status write_query(const struct object_list *request, const struct bytes *token,
                                    struct bytes *query, struct tess_error *error)
{
    const char *prefix = request->prefix;
    enum tess_status status = TESS_OK;
    bytes_init(query, QUERY_MAX_BYTES);
    if (token->size > 0) {
        status = bytes_append_text(query, "continuation-token=");
        if (status == TESS_OK)
            status = uri_encode(query, (const char *)token->data, token->size - 1, false);
        if (status == TESS_OK)
            status = bytes_append_text(query, "&");
    }
    if (status == TESS_OK)
        status = bytes_append_text(query, "encoding-type=url&list-type=2&max-keys=1000");
    if (status == TESS_OK && prefix[0]) {
        status = bytes_append_text(query, "&prefix=");
        if (status == TESS_OK)
            status = uri_encode(query, prefix, strlen(prefix), false);
    }
    if (status == TESS_OK && !bytes_text(query))
        status = TESS_ERR_MEMORY;
    return status == TESS_OK
               ? TESS_OK
               : error_set(error, status, "no room to ask for a list of bucket %s", request->bucket);
}

static enum tess_status fetch_page(struct objects_s3 *s3, const struct object_list *request,
                                   const struct bytes *token, struct s3_page *page, struct tess_error *error)
{
    struct aws_response response = {0};
    struct bytes query;
    memset(page, 0, sizeof *page);
    enum tess_status status = write_query(request, token, &query, error);
    if (status == TESS_OK) {
        const struct s3_call call = {.method = "GET",
                                     .bucket = request->bucket,
                                     .doing = "list",
                                     .action = "s3:ListBucket",
                                     .answer = &s3_answer_list,
                                     .query = (const char *)query.data,
                                     .max_body_bytes = XML_MAX_BYTES,
                                     .stop = request->stop};
        status = objects_s3_call(s3, &call, &response, error);
    }
    if (status == TESS_OK)
        status = s3_page_read(response.http.body.data, response.http.body.size, page, error);
    aws_response_clear(&response);
    bytes_clear(&query);
    return status;
}

/* A listing on its way. */
struct listing {
    const struct object_list *request;
    bool (*each)(void *context, const char *key, const struct object_info *info);
    void *context;
    uint32_t empty_pages;
    struct bytes mark; /* the token that must not come again */
    uint64_t pages, pages_to_mark;
    bool done;
};

static enum tess_status wrong_list(const struct listing *listing, const char *why, struct tess_error *error)
{
    return error_set(error, TESS_ERR_IO, "the server's list of bucket %s is wrong: %s",
                     listing->request->bucket, why);
}

static enum tess_status hand_out(struct listing *listing, const struct s3_page *page,
                                 struct tess_error *error)
{
    const char *prefix = listing->request->prefix;
    for (size_t i = 0; i < page->count && !listing->done; i++) {
        const char *key = s3_page_key(page, i);
        if (key[0] == '\0') /* what some gateways make of a bucket that is a folder */
            continue;
        if (strncmp(key, prefix, strlen(prefix)) != 0)
            return wrong_list(listing, "a key that does not begin with the prefix", error);
        listing->done = !listing->each(listing->context, key, &page->entries[i].info);
    }
    listing->empty_pages = page->count ? 0 : listing->empty_pages + 1;
    if (listing->empty_pages > EMPTY_PAGES)
        return wrong_list(listing, "one empty page after the other", error);
    return TESS_OK;
}

static bool is_same(const struct bytes *left, const struct bytes *right)
{
    return left->size == right->size && (left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
}

/* On to the page that `token` leads to. */
static enum tess_status check_progress(struct listing *listing, const struct bytes *token,
                                       struct tess_error *error)
{
    if (listing->pages > 0 && is_same(token, &listing->mark))
        return wrong_list(listing, "pages that lead back to themselves", error);
    if (listing->pages++ < listing->pages_to_mark)
        return TESS_OK;
    listing->pages_to_mark = 2 * listing->pages;
    listing->mark.size = 0;
    return bytes_append(&listing->mark, token->data, token->size) == TESS_OK
               ? TESS_OK
               : error_set(error, TESS_ERR_MEMORY, "no memory for a list of objects");
}

enum tess_status objects_s3_list(struct objects *objects, const struct object_list *request,
                                 bool (*each)(void *context, const char *key, const struct object_info *info),
                                 void *context, struct tess_error *error)
{
    struct objects_s3 *s3 = (struct objects_s3 *)objects;
    struct listing listing = {.request = request, .each = each, .context = context};
    struct bytes token = {0};
    enum tess_status status =
        objects_s3_check_names(request->bucket, request->prefix[0] ? request->prefix : NULL, error);
    if (status != TESS_OK)
        return status;
    bytes_init(&listing.mark, S3_TOKEN_MAX_BYTES + 1);
    do {
        struct s3_page page;
        status = fetch_page(s3, request, &token, &page, error);
        if (status == TESS_OK)
            status = hand_out(&listing, &page, error);
        if (!page.truncated)
            listing.done = true;
        else if (status == TESS_OK && !listing.done)
            status = check_progress(&listing, &page.token, error);
        struct bytes used = token;
        token = page.token;
        page.token = used;
        s3_page_clear(&page);
    } while (status == TESS_OK && !listing.done);
    bytes_clear(&token);
    bytes_clear(&listing.mark);
    return status;
}
