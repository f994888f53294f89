// SPDX-License-Identifier: MIT
/*
 * The other end of the embedded store's presigned links: a server that receives such a request asks here
 * whether it is allowed, and gets the object. (Links to S3 lead to S3; a store on AWS answers
 * TESS_ERR_UNSUPPORTED.)
 */
#ifndef TESSERA_LINK_H
#define TESSERA_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>
#include <tessera/store.h>
#include <tessera/upload.h>

/* A request as it was received. All borrowed for the call. */
struct tess_link_request {
    const char *method; /* "GET", "HEAD" (a link for GET allows it) or "PUT" */
    const char *host;   /* the Host header */
    const char *path;   /* as received, percent-encoded: "/objects/grids/9e65….jpg" */
    const char *query;  /* as received, without the '?'; NULL or "": none */
    int64_t now_s;      /* Unix time */
    /* Further names that this server goes by, as in a Host header; NULL: none. A link for one of these is
     * good although it came under another: proxies may say in Host how they reach the server. */
    const char *const *other_hosts;
    size_t other_host_count;
};

enum { TESS_ETAG_BYTES = 96 };

struct tess_object {
    int fd; /* open for reading, at its beginning; the caller's to close() */
    uint64_t size_bytes;
    int64_t modified_s;         /* Unix time */
    char etag[TESS_ETAG_BYTES]; /* without quotes; changes whenever the content may have changed */
    /* "image/jpeg", by the key's ending, else by its first bytes; "application/octet-stream" for what is no
     * image that tessera reads, so never what a browser would run. Static storage. */
    const char *media_type;
};

/*
 * The object of a request for GET or HEAD, if a link of this store allows it now. TESS_ERR_DENIED (signature,
 * life), TESS_ERR_NOT_FOUND (no object's path, no such object), TESS_ERR_INVALID, TESS_ERR_IO,
 * TESS_ERR_UNSUPPORTED. Thread-safe.
 */
TESS_API enum tess_status tess_link_open(struct tess_store *store, const struct tess_link_request *request,
                                         struct tess_object *object_out, struct tess_error *error);

/*
 * The same for PUT: an upload of at most `max_bytes` that replaces or creates the link's object. It maps
 * nothing (tess_upload_link_create() did); its commit gives the link's own key. Errors as above. Thread-safe.
 */
TESS_API enum tess_status tess_link_put(struct tess_store *store, const struct tess_link_request *request,
                                        uint64_t max_bytes, struct tess_upload **upload_out,
                                        struct tess_error *error);

/*
 * The Unix time of an HTTP date, such as that of If-Modified-Since, in any of the three forms of RFC 9110,
 * section 5.6.7. False for anything else. Pure.
 */
TESS_API bool tess_link_date(const char *text, int64_t *unix_s_out);

#endif
