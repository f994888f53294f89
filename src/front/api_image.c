// SPDX-License-Identifier: MIT
#include "front/api_image.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/api_parts.h"
#include "front/multipart.h"
#include "front/refuse.h"
#include "front/xalloc.h"

static const char id_name[] = "uniqueGridId", data_url[] = "data:";

struct api_image {
    const struct api *api;
    char *grid_id;              /* NULL: the form has not said it yet */
    struct tess_upload *upload; /* NULL: the form's file has not come yet */
    size_t url_matched;         /* of "data:", at the image's beginning */
    uint64_t image_bytes;

    /* of a form */
    struct multipart *form; /* NULL: the body is the image */
    enum { FIELD_FILE, FIELD_ID, FIELD_OTHER } field;
    bool id_in_query;
    uint64_t form_bytes; /* all but the file's */
    size_t id_size;
    char id[TESS_GRID_ID_MAX_BYTES + 1];
};

enum tess_status api_check_encoding(const char *content_encoding, struct tess_error *error)
{
    if (!content_encoding || content_encoding[0] == '\0' || strcasecmp(content_encoding, "identity") == 0)
        return TESS_OK;
    return tess_error_fill(error, TESS_ERR_NOT_IMAGE, NULL,
                           "the body is compressed (Content-Encoding: %.20s): send it as it is, as curl "
                           "--data-binary @FILE does",
                           content_encoding);
}

static enum tess_status open_upload(struct api_image *image, struct tess_error *error)
{
    return tess_upload_open(image->api->store, image->grid_id,
                            image->api->settings->engine.limits.max_input_bytes, &image->upload, error);
}

static enum tess_status take_image(struct api_image *image, const char *bytes, size_t size,
                                   struct tess_error *error)
{
    const size_t url_size = sizeof data_url - 1;
    for (size_t i = 0; i < size && image->url_matched == image->image_bytes + i; i++) {
        if (image->url_matched == url_size || strncasecmp(bytes + i, data_url + image->url_matched, 1) != 0)
            break;
        image->url_matched++;
    }
    image->image_bytes += size;
    if (image->url_matched < url_size)
        return tess_upload_write(image->upload, bytes, size, error);
    *error =
        (struct tess_error){.status = TESS_ERR_NOT_IMAGE,
                            .message = "the image is written as a data: URL: send its own bytes, as curl "
                                       "--data-binary @FILE does"};
    return TESS_ERR_NOT_IMAGE;
}

static enum tess_status begin_part(void *context, const struct multipart_part *part, struct tess_error *error)
{
    struct api_image *image = context;
    image->field = part->is_file ? FIELD_FILE : strcmp(part->name, id_name) == 0 ? FIELD_ID : FIELD_OTHER;
    if (image->field != FIELD_FILE)
        return TESS_OK;
    if (image->upload)
        return refuse_invalid(error, "the form has two files: send one image a request");
    if (!image->grid_id)
        return refuse_invalid(error, "which grid? Add ?%s=ID to the address, or a field %s before the file",
                              id_name, id_name);
    return open_upload(image, error);
}

static enum tess_status take_part(void *context, const char *bytes, size_t size, struct tess_error *error)
{
    struct api_image *image = context;
    if (image->field == FIELD_FILE)
        return take_image(image, bytes, size, error);
    if (image->field == FIELD_ID && size > sizeof image->id - 1 - image->id_size)
        return refuse_limit(error, "grid-id-bytes", "the form's %s is longer than %d bytes", id_name,
                            TESS_GRID_ID_MAX_BYTES);
    if (image->field == FIELD_ID) {
        memcpy(image->id + image->id_size, bytes, size);
        image->id_size += size;
    }
    return TESS_OK;
}

static enum tess_status end_part(void *context, struct tess_error *error)
{
    struct api_image *image = context;
    if (image->field != FIELD_ID)
        return TESS_OK;
    const size_t size = image->id_size;
    image->id_size = 0;
    if (image->grid_id && (strlen(image->grid_id) != size || memcmp(image->grid_id, image->id, size) != 0))
        return refuse_invalid(error, "the form's %s is another than %s", id_name,
                              image->id_in_query ? "the address's" : "one before it");
    if (image->grid_id)
        return TESS_OK;
    const enum tess_status status = tess_grid_id_check(image->id, size, error);
    if (status == TESS_OK) {
        image->id[size] = '\0';
        image->grid_id = xstrdup(image->id);
    }
    return status;
}

enum tess_status api_image_take(struct api_image *image, const char *bytes, size_t size,
                                struct tess_error *error)
{
    if (!image->form)
        return take_image(image, bytes, size, error);
    const struct multipart_parts parts = {image, begin_part, take_part, end_part};
    const uint64_t before = image->image_bytes;
    const enum tess_status status = multipart_feed(image->form, bytes, size, &parts, error);
    image->form_bytes += size - (image->image_bytes - before);
    if (status == TESS_OK && image->form_bytes > API_FORM_MAX_BYTES)
        return refuse_limit(error, "body-bytes", "the form has more than %d bytes beside its file",
                            API_FORM_MAX_BYTES);
    return status;
}

static enum tess_status read_id(const struct api_request *request, struct api_image *image,
                                struct tess_error *error)
{
    static const char *const names[] = {id_name, NULL};
    struct api_query query;
    const char *grid_id = NULL;
    enum tess_status status = api_query_read(&query, request->query, error);
    if (status == TESS_OK)
        status = api_check_query(&query, names, error);
    if (status == TESS_OK && (!image->form || api_query_get(&query, id_name)))
        status = api_find_grid_id(&query, &grid_id, error);
    if (status == TESS_OK && grid_id)
        image->grid_id = xstrdup(grid_id);
    image->id_in_query = grid_id != NULL;
    api_query_clear(&query);
    return status;
}

struct api_image *api_image_open(const struct api *api, const struct api_request *request,
                                 struct tess_error *error)
{
    struct api_image *image = xcalloc(1, sizeof *image);
    image->api = api;
    enum tess_status status = api_check_encoding(request->content_encoding, error);
    if (status == TESS_OK && multipart_is_form(request->content_type)) {
        image->form = xcalloc(1, sizeof *image->form);
        status = multipart_begin(image->form, request->content_type, error);
    }
    if (status == TESS_OK)
        status = read_id(request, image, error);
    if (status == TESS_OK && !image->form)
        status = open_upload(image, error);
    if (status == TESS_OK)
        return image;
    api_image_abort(image);
    return NULL;
}

static enum tess_status check_form(const struct api_image *image, struct tess_error *error)
{
    const enum tess_status status = multipart_end(image->form, error);
    if (status != TESS_OK || image->upload)
        return status;
    return refuse_invalid(error, "the form has no file: add one, as curl -F file=@FILE does");
}

enum tess_status api_image_commit(struct api_image *image, char key_out[TESS_KEY_MAX_BYTES + 1],
                                  uint64_t *size_bytes_out, struct tess_error *error)
{
    enum tess_status status = image->form ? check_form(image, error) : TESS_OK;
    if (status == TESS_OK) {
        struct tess_upload *upload = image->upload;
        *size_bytes_out = tess_upload_bytes(upload);
        image->upload = NULL; /* gone, whatever comes of it */
        status = tess_upload_commit(upload, key_out, error);
    }
    api_image_abort(image);
    return status;
}

void api_image_abort(struct api_image *image)
{
    if (!image)
        return;
    tess_upload_abort(image->upload);
    free(image->grid_id);
    free(image->form);
    free(image);
}
