// SPDX-License-Identifier: MIT
/*
 * The image of add_image, from a request's body as it comes into an upload: the body itself, or the one file
 * of a multipart/form-data form. Of the body no more is kept than the upload keeps.
 *
 *     image = api_image_open(&api, &request, &error)
 *     while (status == TESS_OK && (size = receive(piece)) > 0)
 *         status = api_image_take(image, piece, size, &error);
 *     request.image = image; api_run(&api, &request, &answer);    or    api_image_abort(image);
 *
 * In a form the grid id may be a field "uniqueGridId", before the file; other fields are not looked at. What
 * is compressed or written as text ("data:…") is no image, and the answer says what to send. One thread at a
 * time.
 */
#ifndef FRONT_API_IMAGE_H
#define FRONT_API_IMAGE_H

#include "front/api.h"

enum { API_FORM_MAX_BYTES = 64 << 10 }; /* of a form, but for its file: boundaries, headers, fields */

struct api_image;

/* Checks what the headers and the query say. NULL: refused. Strings of the request are not needed afterwards.
 */
struct api_image *api_image_open(const struct api *api, const struct api_request *request,
                                 struct tess_error *error);

/* Waits for nothing but a local disk. After a failure only abort is left. */
enum tess_status api_image_take(struct api_image *image, const char *bytes, size_t size,
                                struct tess_error *error);

/* Stores and maps the image as tess_upload_commit() does, when the body is whole. Frees it, also when it
 * fails. */
enum tess_status api_image_commit(struct api_image *image, char key_out[TESS_KEY_MAX_BYTES + 1],
                                  uint64_t *size_bytes_out, struct tess_error *error);
void api_image_abort(struct api_image *image); /* NULL is fine */

/* Is a body with this Content-Encoding (NULL: none) as it is? TESS_ERR_NOT_IMAGE with words. */
enum tess_status api_check_encoding(const char *content_encoding, struct tess_error *error);

#endif
