// SPDX-License-Identifier: MIT
/* An object handed on piece by piece, whatever its size: see objects_copy() in objects.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/objects.h"
#include "base/error.h"

static enum tess_status replaced(const struct object_copy *copy, struct tess_error *error)
{
    return error_set(error, TESS_ERR_NOT_FOUND, "object %s in bucket %s was replaced while it was read",
                     copy->key, copy->bucket);
}

static uint64_t least_of(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

/* One piece of a file that is open; *got_out is 0 at its end. */
static enum tess_status read_piece(int fd, uint8_t *piece, const struct object_copy *copy, size_t *got_out,
                                   struct tess_error *error)
{
    ssize_t got;
    do
        got = read(fd, piece, OBJECTS_PIECE_BYTES);
    while (got < 0 && errno == EINTR);
    *got_out = got > 0 ? (size_t)got : 0;
    return got >= 0
               ? TESS_OK
               : error_errno(error, errno, "cannot read object %s in bucket %s", copy->key, copy->bucket);
}

static enum tess_status copy_file(struct objects *objects, const struct object_copy *copy,
                                  struct tess_error *error)
{
    struct object_file file;
    uint64_t left = copy->info->size_bytes;
    enum tess_status status = objects->ops->open(objects, copy->bucket, copy->key, &file, error);
    if (status != TESS_OK)
        return status;
    uint8_t *piece = malloc(OBJECTS_PIECE_BYTES);
    if (!piece)
        status = error_set(error, TESS_ERR_MEMORY, "no memory to read object %s", copy->key);
    else if (strcmp(file.info.version, copy->info->version) != 0)
        status = replaced(copy, error);
    while (status == TESS_OK && left > 0) {
        size_t got = 0;
        status = stop_check(copy->stop, error);
        if (status == TESS_OK)
            status = read_piece(file.fd, piece, copy, &got, error);
        if (status == TESS_OK)
            status =
                got > 0 && got <= left ? copy->take(copy->context, piece, got, error) : replaced(copy, error);
        left -= got;
    }
    free(piece);
    (void)close(file.fd);
    return status;
}

/* In one request, which brings the object's checksum along. */
static enum tess_status copy_whole(struct objects *objects, const struct object_copy *copy,
                                   struct tess_error *error)
{
    const struct object_get request = {
        .bucket = copy->bucket, .key = copy->key, .max_bytes = copy->info->size_bytes, .stop = copy->stop};
    struct object_info info = {0};
    struct bytes whole;
    enum tess_status status = objects->ops->get(objects, &request, &whole, &info, error);
    if (status == TESS_OK && strcmp(info.version, copy->info->version) == 0)
        status = copy->take(copy->context, whole.data, whole.size, error);
    else if (status == TESS_OK || status == TESS_ERR_LIMIT) /* it has grown */
        status = replaced(copy, error);
    bytes_clear(&whole);
    return status;
}

enum tess_status objects_copy(struct objects *objects, const struct object_copy *copy,
                              struct tess_error *error)
{
    const uint64_t size = copy->info->size_bytes;
    enum tess_status status = TESS_OK;
    if (objects->ops->open)
        return copy_file(objects, copy, error);
    if (size <= OBJECTS_PIECE_BYTES)
        return copy_whole(objects, copy, error);
    for (uint64_t offset = 0; status == TESS_OK && offset < size; offset += OBJECTS_PIECE_BYTES) {
        const struct object_part part = {.bucket = copy->bucket,
                                         .key = copy->key,
                                         .version = copy->info->version,
                                         .offset = offset,
                                         .size_bytes = (size_t)least_of(size - offset, OBJECTS_PIECE_BYTES),
                                         .stop = copy->stop};
        struct bytes piece;
        status = objects->ops->get_part(objects, &part, &piece, error);
        if (status == TESS_OK)
            status = copy->take(copy->context, piece.data, piece.size, error);
        bytes_clear(&piece);
    }
    return status;
}
