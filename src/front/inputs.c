// SPDX-License-Identifier: MIT
#include "front/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "front/interrupt.h"
#include "front/message.h"
#include "front/opening.h"
#include "front/xalloc.h"

enum { MAX_LIST_BYTES = 64 << 20, MAX_NAME_BYTES = 4095 };

static void add_path(struct inputs *inputs, char *path)
{
    inputs->paths = xgrow(inputs->paths, inputs->count, sizeof *inputs->paths);
    inputs->paths[inputs->count++] = path;
}

static void add_name(struct inputs *inputs, const char *name)
{
    add_path(inputs, xstrdup(strcmp(name, "null:") == 0 ? "" : name));
}

static bool looks_like_image(const char *name)
{
    static const char *const endings[] = {"jpg",  "jpeg", "jpe",  "jfif", "png",  "webp",
                                          "avif", "heic", "heif", "tif",  "tiff", "gif"};
    const char *dot = strrchr(name, '.');
    if (name[0] == '.' || !dot)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    }
    return false;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_folder(struct inputs *inputs, const struct settings *settings, const char *folder)
{
    DIR *stream = opendir(folder);
    if (!stream) {
        message_error(settings, "cannot open the folder %s: %s", folder, strerror(errno));
        return false;
    }
    size_t first = inputs->count;
    size_t length = strlen(folder);
    const char *slash = folder[length - 1] == '/' ? "" : "/";
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (!looks_like_image(entry->d_name))
            continue;
        char *path = xprintf("%s%s%s", folder, slash, entry->d_name);
        struct stat status;
        if (entry->d_type != DT_REG && (stat(path, &status) != 0 || !S_ISREG(status.st_mode)))
            free(path);
        else
            add_path(inputs, path);
    }
    (void)closedir(stream);
    if (inputs->count == first) {
        message_error(settings, "the folder %s holds no images", folder);
        message_advice(settings, "names must end in jpg, png, webp, avif, heic, tiff or gif; folders in it "
                                 "are not searched");
        return false;
    }
    qsort(inputs->paths + first, inputs->count - first, sizeof *inputs->paths, compare_paths);
    return true;
}

/* The whole stream with a NUL behind it; NULL after a message. */
static char *read_list(const struct settings *settings, FILE *stream, const char *name, size_t *size_out)
{
    size_t size = 0, capacity = 1 << 16;
    char *text = xcalloc(capacity, 1);
    for (;;) {
        size_t got = fread(text + size, 1, capacity - 1 - size, stream);
        size += got;
        if (got == 0)
            break;
        if (size > MAX_LIST_BYTES) {
            message_error(settings, "%s: the list is longer than %d MiB", name, MAX_LIST_BYTES >> 20);
            free(text);
            return NULL;
        }
        if (size == capacity - 1) {
            capacity *= 2;
            char *grown = realloc(text, capacity);
            if (!grown)
                out_of_memory();
            text = grown;
        }
    }
    if (ferror(stream)) {
        message_error(settings, "cannot read %s: %s", name, strerror(errno));
        free(text);
        return NULL;
    }
    text[size] = '\0';
    *size_out = size;
    return text;
}

static bool split_list(struct inputs *inputs, const struct settings *settings, char *text, size_t size,
                       const char *list)
{
    char separator = memchr(text, '\0', size) ? '\0' : '\n';
    size_t first = inputs->count;
    for (size_t start = 0; start < size;) {
        const char *end = memchr(text + start, separator, size - start);
        size_t length = end ? (size_t)(end - (text + start)) : size - start;
        char *name = text + start;
        start += length + 1;
        name[length] = '\0';
        if (separator == '\n' && length > 0 && name[length - 1] == '\r')
            name[--length] = '\0';
        if (length > MAX_NAME_BYTES) {
            message_error(settings, "%s: name %zu is longer than %d bytes", list, inputs->count - first + 1,
                          MAX_NAME_BYTES);
            return false;
        }
        if (length > 0)
            add_name(inputs, name);
    }
    if (inputs->count == first) {
        message_error(settings, "%s names no images", list);
        return false;
    }
    return true;
}

static bool read_list_file(struct inputs *inputs, const struct settings *settings, const char *path)
{
    bool from_stdin = strcmp(path, "-") == 0;
    const char *name = from_stdin ? "standard input" : path;
    FILE *stream = from_stdin ? stdin : fopen(path, "re");
    if (!stream) {
        message_error(settings, "cannot open the list %s: %s", path, strerror(errno));
        return false;
    }
    size_t size = 0;
    char *text = read_list(settings, stream, name, &size);
    bool good = text && split_list(inputs, settings, text, size, name);
    free(text);
    if (!from_stdin)
        (void)fclose(stream);
    return good;
}

/* Does it name more than a bucket: a key that an image could have? */
static bool names_key(const char *name)
{
    const char *slash = strchr(name + strlen("s3://"), '/');
    return slash && slash[1] != '\0';
}

/*
 * The names that one with a bucket stands for, moved over. One of several operands for which there is nothing
 * is an image that is missing, like any other: it does not sink the rest.
 */
static bool read_stored(struct inputs *inputs, const struct settings *settings, struct tess_store *store,
                        const char *operand, enum exit_status *status_out)
{
    struct tess_keys names;
    struct tess_error error = {0};
    interrupt_install();
    const enum tess_status status =
        tess_store_find(store, operand, settings->engine.limits.max_cells, interrupt_flag(), &names, &error);
    if (status == TESS_ERR_NOT_FOUND && settings->operand_count > 1 && names_key(operand)) {
        add_path(inputs, xstrdup(operand));
        return true;
    }
    if (status != TESS_OK) {
        *status_out = message_failure(settings, &error);
        return false;
    }
    for (size_t i = 0; i < names.count; i++)
        add_path(inputs, xstrdup(names.keys[i]));
    tess_keys_clear(&names);
    return true;
}

static bool is_address(const char *name)
{
    return strncasecmp(name, "https://", 8) == 0;
}

static bool read_operand(struct inputs *inputs, const struct settings *settings, const char *operand)
{
    struct stat status;
    if (operand[0] == '\0') {
        message_error(settings, "an image's name is empty");
        message_advice(settings, "null: leaves a cell blank");
        return false;
    }
    if (strcmp(operand, "-") == 0)
        return read_list_file(inputs, settings, operand);
    if (operand[0] == '@')
        return read_list_file(inputs, settings, operand + 1);
    /* What ends in a slash can only be a folder, also one that is not there: no image to leave a placeholder
     * for. Not so an address, whose path says nothing of what is behind it. */
    if (!is_address(operand) &&
        (operand[strlen(operand) - 1] == '/' || (stat(operand, &status) == 0 && S_ISDIR(status.st_mode))))
        return read_folder(inputs, settings, operand);
    add_name(inputs, operand);
    return true;
}

/* Addresses where they are not read: words that say so, instead of the disk's that there is no such file. */
static bool check_operand(const struct settings *settings, const char *operand, bool addresses,
                          enum exit_status *status_out)
{
    if (!addresses && tess_is_store_name(operand))
        *status_out =
            message_usage(settings,
                          "%s: only files are stored; what is in a bucket already becomes a grid by "
                          "tessera create-grid s3://BUCKET/PREFIX",
                          operand);
    else if (!addresses && is_address(operand))
        *status_out = message_usage(
            settings, "%s: only files are stored; tessera montage reads https:// images", operand);
    else if (strncasecmp(operand, "http://", 7) == 0)
        *status_out = message_usage(settings,
                                    "%s: http:// is not read, as anybody on the way could change "
                                    "the image%s",
                                    operand, addresses ? "; give an https:// address" : "");
    else
        return true;
    return false;
}

static bool read_operands(struct inputs *inputs, const struct settings *settings,
                          struct tess_store **store_out, enum exit_status *status_out)
{
    for (size_t i = 0; i < settings->operand_count; i++) {
        const char *operand = settings->operands[i];
        const bool stored = store_out && tess_is_store_name(operand);
        if (!check_operand(settings, operand, store_out != NULL, status_out))
            return false;
        if (stored && !*store_out && !open_store(settings, store_out, status_out))
            return false;
        if (stored ? !read_stored(inputs, settings, *store_out, operand, status_out)
                   : !read_operand(inputs, settings, operand))
            return false;
    }
    for (size_t i = 0; store_out && !*store_out && i < inputs->count; i++)
        if (tess_is_store_name(inputs->paths[i]) && !open_store(settings, store_out, status_out))
            return false;
    return true;
}

bool inputs_read(struct inputs *inputs, const struct settings *settings, struct tess_store **store_out,
                 enum exit_status *status_out)
{
    memset(inputs, 0, sizeof *inputs);
    *status_out = EXIT_FAILED;
    if (store_out)
        *store_out = NULL;
    if (read_operands(inputs, settings, store_out, status_out))
        return true;
    inputs_clear(inputs);
    if (store_out && *store_out) {
        tess_store_close(*store_out);
        *store_out = NULL;
    }
    return false;
}

void inputs_clear(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->paths[i]);
    free(inputs->paths);
    memset(inputs, 0, sizeof *inputs);
}

/* What one path is sorted by. */
struct sort_key {
    char *path;
    struct timespec changed;
    size_t index;
};

static int compare_index(const struct sort_key *a, const struct sort_key *b)
{
    return (a->index > b->index) - (a->index < b->index);
}

static int compare_name(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order ? order : compare_index(a, b);
}

static int compare_name_down(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    int order = strcmp(b->path, a->path);
    return order ? order : compare_index(a, b);
}

static int compare_changed(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    int order = (a->changed.tv_sec > b->changed.tv_sec) - (a->changed.tv_sec < b->changed.tv_sec);
    if (order == 0)
        order = (a->changed.tv_nsec > b->changed.tv_nsec) - (a->changed.tv_nsec < b->changed.tv_nsec);
    return order ? order : compare_index(a, b);
}

void inputs_sort(struct inputs *inputs, enum tess_order order)
{
    if (order == TESS_ORDER_DEFAULT || order == TESS_ORDER_GIVEN)
        return;
    struct sort_key *keys = xcalloc(inputs->count, sizeof *keys);
    for (size_t i = 0; i < inputs->count; i++) {
        struct stat status;
        keys[i] = (struct sort_key){.path = inputs->paths[i], .index = i};
        if (order == TESS_ORDER_ADDED && stat(inputs->paths[i], &status) == 0)
            keys[i].changed = status.st_mtim;
    }
    qsort(keys, inputs->count, sizeof *keys,
          order == TESS_ORDER_KEY        ? compare_name
          : order == TESS_ORDER_KEY_DESC ? compare_name_down
                                         : compare_changed);
    for (size_t i = 0; i < inputs->count; i++)
        inputs->paths[i] = keys[i].path;
    free(keys);
}
