// SPDX-License-Identifier: MIT
/* Rows of the catalog against objects of the bucket, for `tessera doctor`; see backend_finding.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend_finding.h"
#include "backend/objects.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/parallel.h"
#include "net/shown.h"

enum { PORTION_ROWS = 256, PORTION_MAX_BYTES = 4 << 20, SHOWN_ROWS = 10, SHOWN_BYTES = 160 };

struct row_portion {
    struct bytes text; /* grid id and key of each, terminated */
    size_t count;
    size_t grid_at[PORTION_ROWS], key_at[PORTION_ROWS];
    bool missing[PORTION_ROWS];
};

void rows_begin(struct rows *rows, struct findings *findings, struct objects *objects, const char *bucket)
{
    *rows = (struct rows){.findings = findings, .objects = objects, .bucket = bucket};
    rows->portion = calloc(1, sizeof *rows->portion);
    if (rows->portion)
        bytes_init(&rows->portion->text, PORTION_MAX_BYTES);
    else
        error_set(&rows->trouble, TESS_ERR_MEMORY, "no memory for the rows of the catalog");
}

static const char *text_at(const struct row_portion *portion, size_t at)
{
    return (const char *)portion->text.data + at;
}

static enum tess_status look(void *context, size_t index, struct tess_error *error)
{
    const struct rows *rows = context;
    struct row_portion *portion = rows->portion;
    struct object_info info;
    const enum tess_status status = rows->objects->ops->stat(
        rows->objects, rows->bucket, text_at(portion, portion->key_at[index]), NULL, &info, error);
    portion->missing[index] = status == TESS_ERR_NOT_FOUND;
    return status == TESS_ERR_NOT_FOUND ? TESS_OK : status;
}

static void tell_missing(struct rows *rows, const char *grid_id, const char *key)
{
    if (rows->missing++ < SHOWN_ROWS)
        finding_tell(rows->findings, "image",
                     "put the object back, or unmap it: `tessera remove --grid GRID KEY` with these two",
                     "grid %s has the key %s, and bucket %s has no such object",
                     shown_text(grid_id, SHOWN_BYTES).text, shown_text(key, SHOWN_BYTES).text, rows->bucket);
}

static void examine_portion(struct rows *rows)
{
    struct row_portion *portion = rows->portion;
    const uint32_t threads = rows->objects->remote ? rows->objects->fetches : 1;
    if (parallel_for(portion->count, threads, look, rows, &rows->trouble) == TESS_OK) {
        for (size_t i = 0; i < portion->count; i++)
            if (portion->missing[i])
                tell_missing(rows, text_at(portion, portion->grid_at[i]),
                             text_at(portion, portion->key_at[i]));
        rows->seen += portion->count;
    }
    portion->count = portion->text.size = 0;
    if (rows->findings->progress)
        rows->findings->progress(rows->findings->context, rows->seen);
}

bool rows_add(void *context, const char *grid_id, const char *key)
{
    struct rows *rows = context;
    struct row_portion *portion = rows->portion;
    if (rows->trouble.status != TESS_OK)
        return false;
    portion->grid_at[portion->count] = portion->text.size;
    enum tess_status status = bytes_append(&portion->text, grid_id, strlen(grid_id) + 1);
    portion->key_at[portion->count] = portion->text.size;
    if (status == TESS_OK)
        status = bytes_append(&portion->text, key, strlen(key) + 1);
    if (status != TESS_OK) {
        error_set(&rows->trouble, TESS_ERR_MEMORY, "no memory for the rows of the catalog");
        return false;
    }
    if (++portion->count == PORTION_ROWS)
        examine_portion(rows);
    return rows->trouble.status == TESS_OK;
}

void rows_end(struct rows *rows, enum tess_status listed, const struct tess_error *error)
{
    static const char subject[] = "images";
    if (rows->portion && rows->portion->count > 0 && rows->trouble.status == TESS_OK)
        examine_portion(rows);
    const struct tess_error *trouble = rows->trouble.status != TESS_OK ? &rows->trouble : error;
    const bool stopped = rows->trouble.status != TESS_OK || listed != TESS_OK;
    if (stopped && trouble->status == TESS_ERR_DENIED) /* one may well do without */
        finding_tell(rows->findings, subject, NULL,
                     "not all rows could be compared with bucket %s, which takes a permission: %s",
                     rows->bucket, trouble->message);
    else if (stopped)
        finding_tell(rows->findings, subject, "look again when that has been put right",
                     "not all rows could be compared with bucket %s: %s", rows->bucket, trouble->message);
    else if (rows->missing > 0)
        finding_tell(rows->findings, subject,
                     "put the objects back, or unmap them with `tessera remove --grid GRID KEY…`",
                     "%" PRIu64 " of %" PRIu64 " rows name an object that bucket %s does not have",
                     rows->missing, rows->seen, rows->bucket);
    else
        finding_tell(rows->findings, subject, NULL,
                     "each of the %" PRIu64 " rows has its object in bucket %s", rows->seen, rows->bucket);
    if (rows->portion)
        bytes_clear(&rows->portion->text);
    free(rows->portion);
}
