// SPDX-License-Identifier: MIT
/*
 * Images into a store piece by piece, and links by which others put them there.
 *
 * An upload takes memory for one piece at a time, however large its image is (S3: up to 8 MiB, then a
 * nameless file). Nothing is visible before tess_upload_commit(), then all of it:
 *
 *     struct tess_upload *upload = NULL;
 *     status = tess_upload_open(store, "holiday", max_bytes, &upload, &error);
 *     while (status == TESS_OK && (size = receive(piece)) > 0)
 *         status = tess_upload_write(upload, piece, size, &error);
 *     if (status == TESS_OK)
 *         status = tess_upload_commit(upload, key, &error);
 *     else
 *         tess_upload_abort(upload);
 */
#ifndef TESSERA_UPLOAD_H
#define TESSERA_UPLOAD_H

#include <stddef.h>
#include <stdint.h>

#include <tessera/status.h>
#include <tessera/store.h>

struct tess_upload;

/*
 * Begins an image for a grid id, of at most `max_bytes`. On success *upload_out is the caller's and ends with
 * exactly one commit or abort. Its place in TESS_ORDER_ADDED is taken here, so uploads keep the order in
 * which they were begun. Errors: TESS_ERR_INVALID and TESS_ERR_LIMIT (the id), TESS_ERR_MEMORY. Thread-safe;
 * one upload belongs to one thread at a time.
 */
TESS_API enum tess_status tess_upload_open(struct tess_store *store, const char *grid_id, uint64_t max_bytes,
                                           struct tess_upload **upload_out, struct tess_error *error);

/*
 * Takes the next bytes; waits for nothing but a local disk. The first 1024 bytes (or the commit) show whether
 * it is an image: TESS_ERR_NOT_IMAGE, before anything is written; one byte too many: TESS_ERR_LIMIT
 * ("max-bytes"); TESS_ERR_NOT_FOUND (the bucket), TESS_ERR_IO, TESS_ERR_MEMORY.
 * After a failure only abort is left.
 */
TESS_API enum tess_status tess_upload_write(struct tess_upload *upload, const void *data, size_t size_bytes,
                                            struct tess_error *error);

/* How many bytes were taken. */
TESS_API uint64_t tess_upload_bytes(const struct tess_upload *upload);

/*
 * Stores the image and maps it to its grid id; both are durable when this returns TESS_OK, and `key_out` then
 * names it. Blocks for disk or server. Frees the upload, also when it fails: then nothing is left of it.
 * TESS_ERR_NOT_IMAGE (also of an empty one), and what the store says.
 */
TESS_API enum tess_status tess_upload_commit(struct tess_upload *upload, char key_out[TESS_KEY_MAX_BYTES + 1],
                                             struct tess_error *error);

/* Drops it. NULL is fine. */
TESS_API void tess_upload_abort(struct tess_upload *upload);

/* A link by which somebody without credentials puts one image. */
struct tess_upload_link_request {
    const char *grid_id;
    const char
        *media_type;    /* "image/jpeg", …: decides the key's ending; NULL: none is known, and no ending */
    uint32_t expires_s; /* 1..604800 */
    const char *link_base; /* embedded: start of the link; NULL: the store's. Borrowed, as all of these */
};

struct tess_upload_link {
    char key[TESS_KEY_MAX_BYTES + 1];
    char *url;            /* for tess_upload_link_clear() */
    int64_t expires_at_s; /* Unix time */
};

/*
 * Makes a link for PUT (SigV4 query) to a new random key, and maps the key to the grid id at once: a server
 * does not tell anybody when the bytes arrive. Until they have, the image is one that is missing, and a grid
 * shows its placeholder. TESS_ERR_INVALID (a media type that tessera does not read), and what the store says.
 * Thread-safe.
 */
TESS_API enum tess_status tess_upload_link_create(struct tess_store *store,
                                                  const struct tess_upload_link_request *request,
                                                  struct tess_upload_link *link_out,
                                                  struct tess_error *error);
TESS_API void tess_upload_link_clear(struct tess_upload_link *link);

#endif
