// SPDX-License-Identifier: MIT
/*
 * An output never overwrites one of its inputs.
 *
 * Files are the same when device and inode are, whatever links lead to them. A file that is not there yet has
 * neither: it is known by its folder's and by its name, and an input that is to be written first is no input.
 */
#include "engine/output.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/backend.h"
#include "base/error.h"
#include "engine/source_any.h"
#include <tessera/engine.h>

/* The one %d of a page pattern, or NULL. */
static const char *page_mark(const char *output)
{
    const char *mark = strstr(output, "%d");
    return mark && !strstr(mark + 2, "%d") ? mark : NULL;
}

char *output_page_name(const char *output, uint32_t page, uint32_t pages)
{
    const char *mark = page_mark(output), *slash = strrchr(output, '/');
    const char *dot = strrchr(output, '.');
    char *name = NULL;
    int length;
    if (mark)
        length = asprintf(&name, "%.*s%u%s", (int)(mark - output), output, page + 1, mark + 2);
    else if (pages == 1)
        length = asprintf(&name, "%s", output);
    else if (dot && dot != output && (!slash || dot > slash + 1))
        length = asprintf(&name, "%.*s-%u%s", (int)(dot - output), output, page + 1, dot);
    else
        length = asprintf(&name, "%s-%u", output, page + 1);
    return length < 0 ? NULL : name;
}

/* What makes a file the same as another. */
struct identity {
    bool exists;
    dev_t device; /* of the file, or of its folder */
    ino_t inode;
    const char *name; /* last part of the path; "" where the file exists */
    char *path;       /* owned, of an output; else NULL */
};

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* False: there is not even a folder to write it to. */
static bool identify(const char *path, struct identity *identity_out)
{
    struct stat info;
    *identity_out = (struct identity){.exists = true, .name = ""};
    bool known = stat(path, &info) == 0;
    if (!known) {
        const char *name = last_part(path);
        char folder[PATH_MAX]; /* no allocation that could fail, and with it the check */
        const int length = name > path ? snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path)
                                       : snprintf(folder, sizeof folder, ".");
        known = length < (int)sizeof folder && stat(folder, &info) == 0;
        *identity_out = (struct identity){.exists = false, .name = name};
    }
    if (known) {
        identity_out->device = info.st_dev;
        identity_out->inode = info.st_ino;
    }
    return known;
}

static int compare(const void *left, const void *right)
{
    const struct identity *a = left, *b = right;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return a->exists != b->exists ? a->exists - b->exists : strcmp(a->name, b->name);
}

/* The files that will be written, in the order of compare(). */
struct outputs {
    struct identity *files;
    size_t count;
    bool any_exists;
};

static void outputs_clear(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        free(outputs->files[i].path);
    free(outputs->files);
}

/* Only the name differs. */
static bool same_folder(const char *a, const char *b)
{
    const size_t length = (size_t)(last_part(a) - a);
    return (size_t)(last_part(b) - b) == length && memcmp(a, b, length) == 0;
}

/* Takes `path`. A file for which there is no folder is nothing that could be overwritten. */
static enum tess_status add_output(struct outputs *outputs, char *path, struct tess_error *error)
{
    struct identity *file = &outputs->files[outputs->count];
    const char *before = outputs->count ? outputs->files[outputs->count - 1].path : NULL;
    if (!identify(path, file)) {
        free(path);
        return TESS_OK;
    }
    file->path = path;
    outputs->any_exists = outputs->any_exists || file->exists;
    outputs->count++;
    return before && !file->exists && same_folder(before, path) ? TESS_OK : backend_refuse_own(path, error);
}

static enum tess_status outputs_init(struct outputs *outputs, const char *output, uint32_t pages,
                                     struct tess_error *error)
{
    enum tess_status status = TESS_OK;
    *outputs = (struct outputs){.files = calloc(pages ? pages : 1, sizeof *outputs->files)};
    for (uint32_t page = 0; status == TESS_OK && page < pages; page++) {
        char *path = outputs->files ? output_page_name(output, page, pages) : NULL;
        status = path ? add_output(outputs, path, error)
                      : error_set(error, TESS_ERR_MEMORY, "no memory for the names of %u pages", pages);
    }
    if (outputs->files)
        qsort(outputs->files, outputs->count, sizeof *outputs->files, compare);
    return status;
}

static bool has_name(const struct outputs *outputs, const char *path)
{
    const char *name = last_part(path);
    for (size_t i = 0; i < outputs->count; i++)
        if (!outputs->files[i].exists && strcmp(outputs->files[i].name, name) == 0)
            return true;
    return false;
}

/* An input is looked at only where it may be one of the outputs. */
static const struct identity *find(const struct outputs *outputs, const char *input)
{
    struct identity identity;
    if (!outputs->any_exists && !has_name(outputs, input))
        return NULL;
    return identify(input, &identity)
               ? bsearch(&identity, outputs->files, outputs->count, sizeof *outputs->files, compare)
               : NULL;
}

static enum tess_status refuse(const char *output, const char *input, struct tess_error *error)
{
    if (strcmp(output, input) == 0)
        return error_set(error, TESS_ERR_INVALID,
                         "%s is read for the output and would be overwritten by it; name another output",
                         input);
    return error_set(error, TESS_ERR_INVALID,
                     "the output %s is the same file as %s, which is read for it; name another output",
                     output, input);
}

enum tess_status tess_output_check(const char *output, uint32_t pages, const char *const *inputs,
                                   size_t input_count, struct tess_error *error)
{
    struct outputs outputs;
    enum tess_status status = outputs_init(&outputs, output, pages, error);
    for (size_t i = 0; status == TESS_OK && i < input_count; i++) {
        const bool is_file = inputs[i][0] != '\0' && !source_is_remote(inputs[i]);
        const struct identity *same = is_file ? find(&outputs, inputs[i]) : NULL;
        if (same)
            status = refuse(same->path, inputs[i], error);
    }
    outputs_clear(&outputs);
    return status;
}
